"""Signatures verified with Python's integers: as strictly as cryptography does, and under Pyodide only."""

from __future__ import annotations

import random
import sys
from functools import cache
from hashlib import sha1, sha256, sha512
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateNumbers,
    RSAPublicNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

from cognito_idp.errors import JwtNotInstalledError, TokenSignatureError
from cognito_idp.tokens.rs256 import Rs256
from cognito_idp.tokens.rs256_integers import PublicKey, fits, from_jwk

from .issuing import jwk, jwks, number, offline, private_key, token

if TYPE_CHECKING:
    from collections.abc import Iterator

if find_spec("gmpy2"):
    from gmpy2 import powmod
else:
    powmod = pow

MESSAGE = b"header.payload"
PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


@cache
def numbers(bits: int, exponent: int, seed: int = 0) -> RSAPrivateNumbers:  # noqa: ARG001 - one key for each seed
    """Return a key."""
    return generate_private_key(exponent, bits).private_numbers()


def public(key: RSAPrivateNumbers) -> PublicKey:
    """Return the public part of a key."""
    return PublicKey(key.public_numbers.n, key.public_numbers.e)


def hold(key: RSAPrivateNumbers, block: bytes) -> bytes:
    """Return the signature that holds a block, whatever that is."""
    number = int.from_bytes(block)
    by_p, by_q = powmod(number, key.dmp1, key.p), powmod(number, key.dmq1, key.q)
    held = by_q + key.q * ((by_p - by_q) * key.iqmp % key.p)  # RFC 8017, 5.1.2
    return int(held).to_bytes((key.public_numbers.n.bit_length() + 7) // 8)


def block(
    size: int, info: bytes, *, start: bytes = b"\0\1", fill: bytes = b"\xff", padding: int | None = None
) -> bytes:
    """Return a block of PKCS #1 v1.5 around a `DigestInfo`; shorter padding leaves room behind it for garbage."""
    count = size - len(start) - 1 - len(info) if padding is None else padding
    made = start + fill * count + b"\0" + info
    return made + b"\x55" * (size - len(made))


def by_cryptography(key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Return whether cryptography accepts a signature; a key that it refuses accepts nothing."""
    try:
        RSAPublicNumbers(key.e, key.n).public_key().verify(signature, message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def forged(key: RSAPrivateNumbers) -> Iterator[tuple[str, bytes]]:
    """Yield signatures that no reader may accept, of the kinds that Project Wycheproof has for PKCS #1 v1.5."""
    n = key.public_numbers.n
    size = (n.bit_length() + 7) // 8
    digest = sha256(MESSAGE).digest()
    info = PREFIX + digest
    good = int.from_bytes(hold(key, block(size, info)))
    infos = {
        "no NULL behind the algorithm": bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + digest,
        "a NULL with content": bytes.fromhex("3033300f0609608648016503040201") + b"\x05\x02\0\0\x04\x20" + digest,
        "a long form of the outer length": bytes.fromhex("308131") + info[2:],
        "a long form of the inner length": bytes.fromhex("303230810d") + info[4:],
        "a long form of the digest's length": bytes.fromhex("3032300d06096086480165030402010500048120") + digest,
        "a length that never ends": bytes.fromhex("3080300d060960864801650304020105000420") + digest + b"\0\0",
        "the digest's length one too large": info[:18] + b"\x21" + digest,
        "a digest cut short": PREFIX + digest[:-1],
        "a digest and more": info + b"\0",
        "the OID of SHA-512": bytes.fromhex("3031300d060960864801650304020305000420") + digest,
        "SHA-1": bytes.fromhex("3021300906052b0e03021a05000414") + sha1(MESSAGE, usedforsecurity=False).digest(),
        "SHA-512": bytes.fromhex("3051300d060960864801650304020305000440") + sha512(MESSAGE).digest(),
        "the digest alone": digest,
        "an OCTET STRING alone": b"\x04\x20" + digest,
        "nothing": b"",
        "the digest of another message": PREFIX + sha256(b"another").digest(),
        "an all-zero digest": PREFIX + bytes(32),
    }
    for name, each in infos.items():
        yield name, hold(key, block(size, each))
    blocks = {
        "block type 2": block(size, info, start=b"\0\2"),
        "block type 0": block(size, info, start=b"\0\0"),
        "no leading zero": block(size, info, start=b"\1"),
        "padding of zeros": block(size, info, fill=b"\0"),
        "padding of 0xfe": block(size, info, fill=b"\xfe"),
        "garbage behind the digest": block(size, info, padding=8),
        "no padding, and garbage behind the digest": block(size, info, padding=0),
        "garbage in place of the padding": b"\0\1" + b"\x55" * (size - 3 - len(info)) + b"\0" + info,
        "one wrong byte of padding": block(size, info).replace(b"\xff", b"\xfd", 1),
        "no zero before the digest": b"\0\1" + b"\xff" * (size - 2 - len(info)) + info,
        "two zeros before the digest": b"\0\1" + b"\xff" * (size - 4 - len(info)) + b"\0\0" + info,
        "the digest first": info + b"\xff" * (size - len(info)),
    }
    for name, each in blocks.items():
        yield name, hold(key, each)
    yield "0", bytes(size)
    yield "1", (1).to_bytes(size)
    yield "n", n.to_bytes(size)
    yield "n - 1", (n - 1).to_bytes(size)
    if (good + n).bit_length() <= size * 8:
        yield "the right number and n", (good + n).to_bytes(size)
    yield "n - the right number", (n - good).to_bytes(size)
    yield "the right number, a zero longer", good.to_bytes(size + 1)
    yield "the right number, and a zero behind it", good.to_bytes(size) + b"\0"
    yield "the right number from the other end", good.to_bytes(size, "little")
    yield "a byte short", good.to_bytes(size)[1:]
    yield "empty", b""
    yield "all ones", b"\xff" * size


@pytest.mark.slow
@pytest.mark.parametrize(("bits", "exponent"), [(2048, 65537), (2048, 3), (2056, 65537), (3072, 65537)])
def test_signatures_that_nobody_may_accept(bits: int, exponent: int) -> None:
    """The right signature is accepted, and no form that lenient readers have taken; cryptography agrees."""
    key = numbers(bits, exponent)
    size = bits // 8
    right = hold(key, block(size, PREFIX + sha256(MESSAGE).digest()))
    assert fits(MESSAGE, public(key), right)
    assert by_cryptography(public(key), MESSAGE, right)
    for name, signature in forged(key):
        assert not fits(MESSAGE, public(key), signature), name
        assert not by_cryptography(public(key), MESSAGE, signature), name


def test_a_cube_root() -> None:
    """A number whose cube begins like the right block, which needs no private key where `e` is 3, is refused."""
    key = public(numbers(2048, 3))
    wanted = int.from_bytes(block(256, PREFIX + sha256(MESSAGE).digest(), padding=8))
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= wanted else (low, middle - 1)
    beginning = 2 + 8 + 1 + len(PREFIX) + 32
    assert wanted.to_bytes(256)[:beginning] == (low**3).to_bytes(256)[:beginning]
    assert not fits(MESSAGE, key, low.to_bytes(256))


def changes(dice: random.Random, key: PublicKey, message: bytes, signature: bytes) -> tuple[PublicKey, bytes, bytes]:
    """Change one thing, or nothing."""
    size, number = len(signature), int.from_bytes(signature)
    at = dice.randrange(size)
    changed = (
        (key, message, signature),
        (key, message, (number ^ (1 << dice.randrange(8 * size))).to_bytes(size)),
        (key, message, dice.randbytes(size)),
        (key, message[: dice.randrange(len(message))], signature),
        (key, dice.randbytes(30), signature),
        (key._replace(n=key.n ^ (1 << dice.randrange(1, key.key_size - 1))), message, signature),
        (key._replace(e=dice.choice((3, 5, 17, 257, 65539, 2**31 - 1))), message, signature),
        (key, message, signature[:at] + signature[at + 1 :]),
        (key, message, (number * dice.randrange(2, 9) % key.n).to_bytes(size)),
    )
    return dice.choice(changed)


def compare(keys: list[RSAPrivateNumbers], number: int) -> None:
    """Hold so many signatures, most of them changed, against cryptography."""
    dice = random.Random(20_261_129)
    accepted = 0
    for index in range(number):
        private = keys[index % len(keys)]
        key = public(private)
        message = dice.randbytes(dice.randrange(1, 80))
        size = (key.key_size + 7) // 8
        right = hold(private, block(size, PREFIX + sha256(message).digest()))
        changed = changes(dice, key, message, right)
        expected = by_cryptography(*changed)
        assert expected == fits(changed[1], changed[0], changed[2]), (index, changed)
        accepted += expected
    assert number / 12 < accepted < number / 6


@pytest.mark.slow
def test_some_changes() -> None:
    """What cryptography accepts is accepted, and nothing else."""
    compare([numbers(2048, 65537), numbers(2048, 3), numbers(2056, 65537)], 300)


@pytest.mark.long
def test_ten_thousand_changes() -> None:
    """The same for 10,000 signatures by 28 keys of many sizes."""
    sizes = [2048] * 12 + [2049, 2055, 2056, 2064, 2304, 2560, 3071, 3072, 3073, 4096] + [2048] * 6
    compare([numbers(bits, 3 if seed % 4 == 0 else 65537, seed) for seed, bits in enumerate(sizes)], 10_000)


GOOD = numbers(2048, 65537).public_numbers
BAD_KEYS = {
    "too small": (GOOD.n >> 1 | 1, 65537),
    "too large": (1 << 8192 | 1, 65537),
    "even": (GOOD.n - 1, 65537),
    "exponent 1": (GOOD.n, 1),
    "exponent 2": (GOOD.n, 2),
    "even exponent": (GOOD.n, 65536),
    "large exponent": (GOOD.n, 2**32 + 1),
    "exponent as long as the key": (GOOD.n, GOOD.n - 2),
    "no modulus": (0, 65537),
    "no exponent": (GOOD.n, 0),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_keys_that_are_none(name: str) -> None:
    """A modulus or an exponent out of bounds is refused, as what can't be safe or takes too long."""
    n, e = BAD_KEYS[name]
    with pytest.raises(
        ValueError, match=r"not an RSA key of 2048 to 8192 bits with an odd exponent of at most 32 bits|not a number"
    ):
        from_jwk({"n": number(n), "e": number(e)})


@pytest.mark.parametrize("text", ["", "A", "AQAB=", "AQ AB", "AQAB\n", "AQ+B", "\u0661QAB", "A" * 2000])
def test_numbers_that_are_none(text: str) -> None:
    """A number that is not base64url, or longer than any key, is refused."""
    with pytest.raises(ValueError, match=r"number|base64|padded|RSA key"):
        from_jwk({"n": text, "e": "AQAB"})


@pytest.mark.parametrize("e", [3, 65537, 2**32 - 1])
def test_the_bounds_of_keys(e: int) -> None:
    """Keys at the bounds are taken; zeros before a number, which some write, change nothing."""
    for n in (1 << 2047 | 1, (1 << 8192) - 1):
        assert (n, e) == from_jwk({"n": number(n), "e": number(e)})
        assert (n, e) == from_jwk({"n": "AAAA" + number(n), "e": "AAAA" + number(e)}) or n.bit_length() % 24


@pytest.fixture
def _without_pyjwt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide PyJWT."""
    for name in ("jwt", "jwt.algorithms"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("_without_pyjwt")
def test_it_stands_in_under_pyodide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyJWT a verifier works under Pyodide, with the same keys of a set; elsewhere it names the extra."""
    with pytest.raises(JwtNotInstalledError):
        Rs256()
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert "mary" == offline().verify(token()).username
    with pytest.raises(TokenSignatureError):
        offline().verify(token(kid="second").replace(token(kid="second").split(".")[0], token().split(".")[0]))
    small: dict[str, Any] = {"keys": [jwk("small", bits=1024), *jwks("first", "second")["keys"]]}
    assert ["first", "second"] == list(Rs256().public_keys(small))


def test_pyjwt_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyJWT is installed, it verifies, under Pyodide too."""
    pytest.importorskip("jwt")
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert Rs256().fits is not fits
    assert private_key("first").key_size == 2048
