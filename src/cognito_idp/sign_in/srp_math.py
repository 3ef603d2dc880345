"""Powers in RFC 5054's 3072-bit group, computed in short steps so that other code can run in between.

A power of 3072-bit numbers takes Python 5 to 25 ms. `pow()` holds the interpreter lock (GIL) throughout, so even in a
worker thread it would block an event loop. Here a computation is a generator that pauses after every few
multiplications (*steps*): `advance` computes for a while, `run` to the end.

If gmpy2 is installed, its integers are used. Neither they nor Python's integers compute in constant time.
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
    """The result of a finished computation."""

    result: R


def advance(steps: Steps[R], seconds: float, clock: Callable[[], float] = perf_counter) -> Done[R] | None:
    """Compute for `seconds`, at least one step. Return None while there is more to compute."""
    started = clock()
    try:
        next(steps)
        while clock() - started < seconds:
            next(steps)
    except StopIteration as stop:
        return Done(stop.value)
    return None


def run(steps: Steps[R]) -> R:
    """Run a computation to the end and return its result."""
    done = None
    while done is None:
        done = advance(steps, math.inf)
    return done.result


class Group:
    """The group over one type of integers, given by a constructor and a function that reduces a product modulo N."""

    def __init__(self, integer: Callable[[int], int], reduce: Callable[[int], int]) -> None:
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
        # A window starts and ends with a one. For zeros between windows the result is only squared.
        for window in re.findall("1[01]{0,3}1|1|0{1,5}", f"{exponent:b}"):
            for _ in window:
                result = reduce(result * result)
            if window[0] == "1":
                result = reduce(result * odd_powers[int(window, 2) >> 1])
            yield
        return int(result)

    def power_of_g(self, exponent: int) -> Steps[int]:
        """Compute `G ** exponent % N`. Up to 256 bits it uses a table, and takes 74 multiplications on average.

        The table holds G ** (16 ** i). A power whose hexadecimal digit in the exponent is 15 counts 15 times in the
        result, and so on down to 1. With running products (Yao's method) that takes one multiplication for each power
        and one for each digit.
        """
        digits = f"{exponent:x}"[::-1]
        if len(digits) > _TABLE_SIZE:
            return (yield from self.power(G, exponent))
        table = yield from self._powers_of_g()
        reduce = self._reduce
        result = product = self._integer(1)
        for digit in "fedcba987654321":
            for exponent_digit, power in zip(digits, table, strict=False):
                if exponent_digit == digit:
                    product = reduce(product * power)
            result = reduce(result * product)
            yield
        return int(result)

    def _powers_of_g(self) -> Steps[tuple[int, ...]]:
        # Two threads may build the table at the same time; the results are equal.
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
    """Return the group over the fastest integers installed."""
    try:
        integer = import_module("gmpy2").mpz
    except ImportError:
        return Group(int, reduced)
    modulus = integer(N)
    return Group(integer, lambda product: product % modulus)


# 2 ** bits modulo N, to fold the part of a number above its lowest `bits` into them.
_FOLDS: Final = tuple((bits, (1 << bits) - 1, (1 << bits) % N) for bits in (4608, 3840, 3456))
(_BITS_1, _MASK_1, _FOLD_1), (_BITS_2, _MASK_2, _FOLD_2), (_BITS_3, _MASK_3, _FOLD_3) = _FOLDS


def reduced(product: int) -> int:
    """Compute `product % N` for a product of two numbers below N.

    Each fold is one multiplication that halves the excess over N's length. Python multiplies faster than it divides, so
    this takes two thirds of the time of `%` alone.
    """
    product = (product & _MASK_1) + (product >> _BITS_1) * _FOLD_1
    product = (product & _MASK_2) + (product >> _BITS_2) * _FOLD_2
    product = (product & _MASK_3) + (product >> _BITS_3) * _FOLD_3
    return product % N
