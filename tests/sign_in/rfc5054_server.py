"""The service's side of SRP, written from RFC 5054 for tests: it keeps a verifier, and never a password.

It shares nothing with the library: the modulus is computed from its definition (RFC 3526, 5), powers come from `pow`,
and numbers are padded as hexadecimal text. Who signs in is one text: the pool's name and `USER_ID_FOR_SRP` joined, or
the device's group key and the device's key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cache

G = 2


def arctangent_of_inverse(number: int, unit: int) -> int:
    """Compute `unit * arctan(1 / number)` by its power series."""
    term = unit // number
    total, divisor, sign = term, 1, 1
    while term:
        term //= number * number
        divisor, sign = divisor + 2, -sign
        total += sign * (term // divisor)
    return total


@cache
def modulus() -> int:
    """Return 2^3072 - 2^3008 - 1 + 2^64 * ([2^2942 pi] + 1690314), with pi by Machin's formula."""
    spare = 64
    unit = 1 << (2942 + spare)
    pi = 4 * (4 * arctangent_of_inverse(5, unit) - arctangent_of_inverse(239, unit))
    return 2**3072 - 2**3008 - 1 + 2**64 * ((pi >> spare) + 1690314)


def padded(number: int) -> bytes:
    """Write whole bytes, with a zero byte before a first one of 0x80 and above; below 0 in two's complement."""
    if number < 0:
        size = len(padded(-number - 1))
        return bytes.fromhex(f"{256**size + number:x}")
    text = f"{number:x}"
    text = text.zfill(len(text) + len(text) % 2)
    return bytes.fromhex("00" + text if text[0] in "89abcdef" else text)


def hashed(*parts: bytes) -> bytes:
    """Hash with SHA-256."""
    return hashlib.sha256(b"".join(parts)).digest()


def number(data: bytes) -> int:
    """Read an unsigned big-endian number."""
    return int.from_bytes(data, "big")


@dataclass(frozen=True)
class Account:
    """What the service keeps of a user or a device."""

    identity: str
    salt: int
    verifier: int


def enrol(identity: str, password: str, salt: int) -> Account:
    """Make the account of a user who chooses a password (RFC 5054, 2.4)."""
    x = number(hashed(padded(salt), hashed(f"{identity}:{password}".encode())))
    return Account(identity, salt, pow(G, x, modulus()))


def enrol_device(identity: str, salt: str, verifier: str) -> Account:
    """Make the account of a device from the `Salt` and the `PasswordVerifier` that ConfirmDevice sends."""
    return Account(identity, number(base64.b64decode(salt)), number(base64.b64decode(verifier)))


def public_value(verifier: int, secret_b: int, shift: int = 0) -> int:
    """Compute B = k*v + g^b (RFC 5054, 2.5.3), plus `shift` times N, which means the same but hashes otherwise."""
    k = number(hashed(padded(modulus()), padded(G)))
    return (k * verifier + pow(G, secret_b, modulus())) % modulus() + shift * modulus()


def session_key(public_a: int, verifier: int, secret_b: int, shift: int = 0) -> bytes:
    """Compute HKDF (RFC 5869) of (A * v^u)^b (RFC 5054, 2.6), salted with u, to 16 bytes."""
    u = number(hashed(padded(public_a), padded(public_value(verifier, secret_b, shift))))
    secret = pow(public_a * pow(verifier, u, modulus()), secret_b, modulus())
    extracted = hmac.new(padded(u), padded(secret), hashlib.sha256).digest()
    return hmac.new(extracted, b"Caldera Derived Key\x01", hashlib.sha256).digest()[:16]


@dataclass(frozen=True)
class Exchange:
    """One sign-in, from the client's `SRP_A` on.

    Raises:
        ValueError: `SRP_A` is unsafe (RFC 5054, 2.5.4).
    """

    account: Account
    srp_a: str
    secret_b: int = field(repr=False)
    shift: int = 0
    secret_block: str = "c2VjcmV0IGJsb2Nr"

    def __post_init__(self) -> None:
        if int(self.srp_a, 16) % modulus() == 0:
            msg = "SRP_A is a multiple of N"
            raise ValueError(msg)

    @property
    def salt(self) -> str:
        """`SALT` of the challenge."""
        return f"{self.account.salt:x}"

    @property
    def srp_b(self) -> str:
        """`SRP_B` of the challenge."""
        return f"{public_value(self.account.verifier, self.secret_b, self.shift):x}"

    def accepts(self, signature: str, timestamp: str) -> bool:
        """Say whether `PASSWORD_CLAIM_SIGNATURE` proves that the client knows the password."""
        key = session_key(int(self.srp_a, 16), self.account.verifier, self.secret_b, self.shift)
        signed = self.account.identity.encode() + base64.b64decode(self.secret_block) + timestamp.encode()
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        return hmac.compare_digest(expected, signature.encode())
