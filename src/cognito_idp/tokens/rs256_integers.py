"""Verification of RSASSA-PKCS1-v1_5 signatures with SHA-256 (RFC 8017, 8.2.2) by Python's integers.

It is for Pyodide without PyJWT and cryptography, and used nowhere else. It only verifies: all that it touches is
public, so it need not take constant time. The block that a signature holds is not parsed, which is where such code goes
wrong; the only block that is right is made and compared as a whole.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import Final, NamedTuple

from .jws import MIN_KEY_BITS

# What a key of a hostile set may cost: 8192 bits with 32 of `e` take Pyodide a few milliseconds.
_KEY_BITS: Final = range(MIN_KEY_BITS, 8192 + 1)
_EXPONENT_BITS: Final = 32
_LEAST_EXPONENT: Final = 3
# A number of 8192 bits has 1366 digits.
_DIGITS: Final = re.compile("[A-Za-z0-9_-]{1,1400}")
# The DER of `DigestInfo` for SHA-256, up to the hash itself (RFC 8017, 9.2, note 1).
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")


class PublicKey(NamedTuple):
    """An RSA public key."""

    n: int
    e: int

    @property
    def key_size(self) -> int:
        """The bits of the modulus."""
        return self.n.bit_length()


def from_jwk(jwk: dict[str, str]) -> PublicKey:
    """Return the key of a JWK's `n` and `e` (RFC 7518, 6.3.1).

    Raises:
        ValueError: it is not a key: `n` is even or has fewer than 2048 or more than 8192 bits; or `e` is even, below 3,
            or has more than 32 bits.
    """
    key = PublicKey(_number(jwk["n"]), _number(jwk["e"]))
    is_exponent = key.e & 1 and key.e >= _LEAST_EXPONENT and key.e.bit_length() <= _EXPONENT_BITS
    if key.key_size not in _KEY_BITS or not key.n & 1 or not is_exponent:
        sizes = f"{_KEY_BITS[0]} to {_KEY_BITS[-1]} bits"
        msg = f"not an RSA key of {sizes} with an odd exponent of at most {_EXPONENT_BITS} bits"
        raise ValueError(msg)
    return key


def fits(message: bytes, key: PublicKey, signature: bytes) -> bool:
    """Return whether the key's owner signed the message."""
    size = (key.key_size + 7) // 8
    number = int.from_bytes(signature)
    if len(signature) != size or number >= key.n:
        return False
    hashed = _DIGEST_INFO + sha256(message).digest()
    expected = b"\0\1" + b"\xff" * (size - len(hashed) - 3) + b"\0" + hashed
    return pow(number, key.e, key.n).to_bytes(size) == expected


def _number(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        msg = "not a number in base64url"
        raise ValueError(msg)
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
