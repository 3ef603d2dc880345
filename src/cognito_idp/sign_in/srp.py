"""Cognito's variant of Secure Remote Password (RFC 5054): the proof that a user or a device knows its password.

The group is the 3072-bit one of RFC 5054, the hash is SHA-256. Cognito differs in two ways: it hashes a number as the
shortest two's complement bytes that hold it, and it derives the session key with HKDF and signs the claim with it. The
user is the challenge's `USER_ID_FOR_SRP`, both in the hash of the password and in the signature.

Nothing here compares secrets: the client makes a claim, and the service checks it.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from base64 import b64decode, b64encode
from functools import cache
from hashlib import sha256
from time import gmtime
from typing import TYPE_CHECKING, Final, TypeVar

from .._errors import SrpError
from .._flow.effects import Lock, hold, offload
from .._protocol.client_secret import utf8
from .._protocol.tracebacks import clears_frames
from .srp_math import G, N, advance, group, run

if TYPE_CHECKING:
    from typing import Self

    from .._flow.effects import Flow
    from .srp_math import Steps

R = TypeVar("R")

# RFC 5054, 2.5.4, asks for at least 256 bits; more would only cost time.
_LARGEST_SECRET: Final = 2**256 - 1
_KEY_BYTES: Final = 16
# Handing over a slice costs about 0.1 ms, so shorter slices would noticeably slow down the whole computation.
_SLICE_SECONDS: Final = 0.001
_INFO: Final = b"Caldera Derived Key"
_HEX: Final = re.compile("-?[0-9a-fA-F]+")


class SrpSession:
    """One SRP exchange, from `SRP_A` to the claim.

    The plain methods compute at once. Those that return flows do the same without blocking an event loop.
    """

    __module__ = "cognito_idp"

    __slots__ = ("_public", "_secret")

    @clears_frames
    def __init__(self, secret_a: int | None = None) -> None:
        """Set the ephemeral secret; None draws a random one of 256 bits.

        Raises:
            ValueError: the secret is not positive.
        """
        self._secret = 1 + secrets.randbelow(_LARGEST_SECRET) if secret_a is None else secret_a
        if self._secret < 1:
            msg = "secret_a must be positive"
            raise ValueError(msg)
        self._public = 0

    @classmethod
    def begin(cls, secret_a: int | None = None) -> Flow[Self]:
        """Return a session whose `srp_a` is ready."""
        return in_turn(cls._begun(secret_a))

    @classmethod
    def _begun(cls, secret_a: int | None) -> Steps[Self]:
        session = cls(secret_a)
        yield from session._publish()
        return session

    @property
    def srp_a(self) -> str:
        """The public value `SRP_A`, hexadecimal."""
        return f"{run(self._publish()):x}"

    def _publish(self) -> Steps[int]:
        if not self._public:
            self._public = yield from group().power_of_g(self._secret)
        return self._public

    @clears_frames
    def claim(
        self,
        *,
        pool_name: str,
        user_id: str,
        password: str,
        srp_b: str,
        salt: str,
        secret_block: str,
        timestamp: str,
    ) -> str:
        """Return `PASSWORD_CLAIM_SIGNATURE` for a `PASSWORD_VERIFIER` or `DEVICE_PASSWORD_VERIFIER` challenge.

        Args:
            pool_name: the part of the pool's id after `_`; for a device, its group key.
            user_id: `USER_ID_FOR_SRP` of the challenge; for a device, its key.
            password: the user's, or the device's.
            srp_b: `SRP_B` of the challenge, hexadecimal. Like `salt`, it may have any length and may be negative.
            salt: `SALT` of the challenge, hexadecimal.
            secret_block: `SECRET_BLOCK` of the challenge, as it came.
            timestamp: `TIMESTAMP` of the answer, in the form of `timestamp_of`.

        Raises:
            SrpError: the challenge or the password can't be used.
        """
        return run(self._claim(pool_name + user_id, password, srp_b, salt, secret_block, timestamp))

    def claim_flow(
        self,
        *,
        pool_name: str,
        user_id: str,
        password: str,
        srp_b: str,
        salt: str,
        secret_block: str,
        timestamp: str,
    ) -> Flow[str]:
        """Return the same as `claim`, without blocking an event loop."""
        return in_turn(self._claim(pool_name + user_id, password, srp_b, salt, secret_block, timestamp))

    def _claim(
        self, identity: str, password: str, srp_b: str, salt: str, secret_block: str, timestamp: str
    ) -> Steps[str]:
        server = _integer("SRP_B", srp_b)
        if server % N == 0:
            msg = (
                "SRP_B of the challenge is a multiple of the group's modulus (RFC 5054, 2.5.3): the sender doesn't "
                "know the password but wants a proof; no proof was made"
            )
            raise SrpError(msg)
        signed = _signed(identity, secret_block, timestamp)
        u = _hash(_padded((yield from self._publish())) + _padded(server))
        if u == 0:
            msg = "the hash of SRP_A and SRP_B (u) is 0, so SRP would prove nothing; no proof was made"
            raise SrpError(msg)
        x = _private_key(identity, password, _integer("SALT", salt))
        verifier = yield from group().power_of_g(x)
        secret = yield from group().power(server - _MULTIPLIER * verifier, self._secret + u * x)
        return _signature(_hkdf(_padded(secret), salt=_padded(u)), signed)

    def __repr__(self) -> str:
        return "SrpSession(***)"


@clears_frames
def device_verifier(*, device_group_key: str, device_key: str, device_password: str, salt: bytes) -> tuple[str, str]:
    """Return `Salt` and `PasswordVerifier` for ConfirmDevice, both base64.

    The salt is encoded as the shortest two's complement bytes of its number. The service reads it as a number, so it
    hashes the same bytes.

    Raises:
        SrpError: the salt is empty, or the password can't be used.
    """
    return run(_device_verifier(device_group_key + device_key, device_password, salt))


def device_verifier_flow(
    *, device_group_key: str, device_key: str, device_password: str, salt: bytes
) -> Flow[tuple[str, str]]:
    """Return the same as `device_verifier`, without blocking an event loop."""
    return in_turn(_device_verifier(device_group_key + device_key, device_password, salt))


def _device_verifier(identity: str, password: str, salt: bytes) -> Steps[tuple[str, str]]:
    if not salt:
        msg = "the salt of a device's verifier is empty; pass random bytes, for example 16"
        raise SrpError(msg)
    number = int.from_bytes(salt, "big")
    verifier = yield from group().power_of_g(_private_key(identity, password, number))
    return b64encode(_padded(number)).decode(), b64encode(_padded(verifier)).decode()


_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def timestamp_of(seconds: float) -> str:
    """Return a claim's `TIMESTAMP` for a Unix time, in English, the day unpadded: `Mon Feb 10 18:30:12 UTC 2025`."""
    year, month, day, hour, minute, second, weekday, *_ = gmtime(seconds)
    return f"{_DAYS[weekday]} {_MONTHS[month - 1]} {day} {hour:02}:{minute:02}:{second:02} UTC {year}"


def in_turn(steps: Steps[R]) -> Flow[R]:
    """Compute off the event loop, in slices, one computation per process at a time.

    A slice holds the interpreter lock, so the event loop waits for one slice at most: the worker thread then rests
    until the loop hands it the next one. If the slices were one job with sleeps in between, the worker would often take
    the lock again before the loop's thread woke up. Two computations at a time would be no faster, since each needs the
    lock, but the loop would have to wait for both.
    """
    return hold(_turn(), _in_slices(steps))


def _in_slices(steps: Steps[R]) -> Flow[R]:
    done = None
    while done is None:
        done = yield from offload(lambda: advance(steps, _SLICE_SECONDS))
    return done.result


@cache
def _turn() -> Lock:
    # A computation that runs during a fork doesn't continue in the child, so it would never release the lock there.
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_turn.cache_clear)
    return Lock()


def _padded(number: int) -> bytes:
    """Return the shortest two's complement bytes. A number whose highest bit is set gets a leading zero byte."""
    bits = (number if number >= 0 else ~number).bit_length()
    return number.to_bytes(bits // 8 + 1, "big", signed=True)


def _hash(data: bytes) -> int:
    return int.from_bytes(sha256(data).digest(), "big")


_MULTIPLIER: Final = _hash(_padded(N) + _padded(G))


def _private_key(identity: str, password: str, salt: int) -> int:
    return _hash(_padded(salt) + _password_hash(identity, password))


def _password_hash(identity: str, password: str) -> bytes:
    return sha256(utf8("user id", identity, SrpError) + b":" + utf8("password", password, SrpError)).digest()


def _hkdf(secret: bytes, *, salt: bytes) -> bytes:
    """Derive a key (RFC 5869). The first block is longer than the key, so one block is enough."""
    extracted = hmac.digest(salt, secret, "sha256")
    return hmac.digest(extracted, _INFO + b"\x01", "sha256")[:_KEY_BYTES]


def _integer(name: str, text: str) -> int:
    if not _HEX.fullmatch(text):
        msg = f"{name} of the challenge is not a hexadecimal number; was it changed on its way here?"
        raise SrpError(msg)
    return int(text, 16)


def _signed(identity: str, secret_block: str, timestamp: str) -> bytes:
    return utf8("user id", identity, SrpError) + _block(secret_block) + timestamp.encode()


def _block(secret_block: str) -> bytes:
    """Return the bytes of a secret block, which only the service can judge.

    Cognito's is base64. Local servers send other text, such as a UUID. It is decoded as leniently as pycognito does, or
    taken as it is.
    """
    try:
        return b64decode(secret_block)
    except ValueError:
        return secret_block.encode("utf-8", "surrogatepass")


def _signature(key: bytes, signed: bytes) -> str:
    return b64encode(hmac.digest(key, signed, "sha256")).decode()
