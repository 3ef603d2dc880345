"""Powers in RFC 5054's 3072-bit group, computed in short steps so that others can run in between.

A power of 3072-bit numbers takes Python 5 to 25 ms, and `pow()` holds the interpreter lock (GIL) all the while, so
that a worker thread alone doesn't keep an event loop free. Here a computation is a generator that pauses after every
few multiplications (*steps*): `advance` computes for a while, `run` to the end.

gmpy2's integers are used where gmpy2 is installed. Neither they nor Python's compute in constant time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator
from functools import cache
from importlib import import_module
from time import perf_counter
from typing import Final, Generic, NamedTuple, TypeVar

R = TypeVar("R")

Steps = Generator[None, None, R]

# RFC 5054, appendix A.
N: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G: Final = 2


class Done(NamedTuple, Generic[R]):
    """The end of a computation, with its result."""

    result: R


def advance(steps: Steps[R], seconds: float, clock: Callable[[], float] = perf_counter) -> Done[R] | None:
    """Compute for so long, one step at least; return None while there is more to compute."""
    started = clock()
    try:
        next(steps)
        while clock() - started < seconds:
            next(steps)
    except StopIteration as stop:
        return Done(stop.value)
    return None


def run(steps: Steps[R]) -> R:
    """Compute to the end and return the result."""
    done = None
    while done is None:
        done = advance(steps, math.inf)
    return done.result


class Group:
    """The group, over one type of integers: how they are made, and how a product of two is brought below N again."""

    def __init__(self, integer: Callable[[int], int], reduce: Callable[[int], int]) -> None:
        """Take the two functions."""
        self._integer = integer
        self._reduce = reduce
        self._table: tuple[int, ...] = ()

    def power(self, base: int, exponent: int) -> Steps[int]:
        """Compute `base ** exponent % N` by sliding windows of five bits."""
        reduce = self._reduce
        base = self._integer(base % N)
        square = reduce(base * base)
        odd_powers = [base]
        for _ in range(15):
            odd_powers.append(reduce(odd_powers[-1] * square))
            yield
        result = self._integer(1)
        # A window starts and ends with a one; zeros between two windows are only squared.
        for window in re.findall("1[01]{0,3}1|1|0{1,5}", f"{exponent:b}"):
            for _ in window:
                result = reduce(result * result)
            if window[0] == "1":
                result = reduce(result * odd_powers[int(window, 2) >> 1])
            yield
        return int(result)

    def power_of_g(self, exponent: int) -> Steps[int]:
        """Compute `G ** exponent % N`; up to 256 bits with a table, in 74 multiplications on average.

        The table holds G ** (16 ** i). Powers whose hexadecimal digit in the exponent is 15 are multiplied into the
        result 15 times, and so on down to 1; running products (Yao's method) make that one multiplication a power and
        one a digit.
        """
        digits = f"{exponent:x}"[::-1]
        if len(digits) > _TABLE_SIZE:
            return (yield from self.power(G, exponent))
        table = yield from self._powers_of_g()
        reduce = self._reduce
        result = product = self._integer(1)
        for digit in "fedcba987654321":
            for found, power in zip(digits, table, strict=False):
                if found == digit:
                    product = reduce(product * power)
            result = reduce(result * product)
            yield
        return int(result)

    def _powers_of_g(self) -> Steps[tuple[int, ...]]:
        # Two threads may make the table at the same time; they make the same.
        if not self._table:
            power = self._integer(G)
            table = [power]
            while len(table) < _TABLE_SIZE:
                for _ in range(4):
                    power = self._reduce(power * power)
                table.append(power)
                yield
            self._table = tuple(table)
        return self._table


_TABLE_SIZE: Final = 64


@cache
def group() -> Group:
    """Return the group over the fastest integers that are installed."""
    try:
        integer = import_module("gmpy2").mpz
    except ImportError:
        return Group(int, reduced)
    modulus = integer(N)
    return Group(integer, lambda product: product % modulus)


# What 2 ** bits is modulo N, to fold what lies above a number's lowest `bits` into them.
_FOLDS: Final = tuple((bits, (1 << bits) - 1, (1 << bits) % N) for bits in (4608, 3840, 3456))
(_BITS_1, _MASK_1, _FOLD_1), (_BITS_2, _MASK_2, _FOLD_2), (_BITS_3, _MASK_3, _FOLD_3) = _FOLDS


def reduced(product: int) -> int:
    """Compute `product % N` for a product of two numbers below N.

    Each fold halves what is above N's length, by a multiplication; Python multiplies faster than it divides, so that
    this takes two thirds of the time of `%` alone.
    """
    product = (product & _MASK_1) + (product >> _BITS_1) * _FOLD_1
    product = (product & _MASK_2) + (product >> _BITS_2) * _FOLD_2
    product = (product & _MASK_3) + (product >> _BITS_3) * _FOLD_3
    return product % N
