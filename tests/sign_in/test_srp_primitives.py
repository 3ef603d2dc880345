from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

import pytest

from cognito_idp.sign_in import srp
from cognito_idp.sign_in.srp_math import group, run
from tests.sign_in.rfc5054_server import public_value, session_key
from tests.vectors import vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def scrambler(given: Mapping[str, str]) -> str:
    """Compute u."""
    return f"{srp._hash(b''.join(srp._padded(int(given[name], 16)) for name in 'AB')):x}"


def hkdf(given: Mapping[str, str]) -> str:
    """Derive a key of bytes."""
    return srp._hkdf(bytes.fromhex(given["ikm_hex"]), salt=bytes.fromhex(given["salt_hex"])).hex()


def hkdf_of_numbers(given: Mapping[str, str]) -> str:
    """Derive a key of S and u."""
    secret, u = (srp._padded(int(given[name], 16)) for name in ("S", "u"))
    return srp._hkdf(secret, salt=u).hex()


def password_hash(given: Mapping[str, str]) -> bytes:
    """Hash a user's or a device's password."""
    pool, user = ("device_group_key", "device_key") if "device_key" in given else ("pool_name", "user")
    return srp._password_hash(given[pool] + given[user], given["password"])


def verifier(given: Mapping[str, str]) -> str:
    """Compute a user's verifier."""
    x = srp._private_key(given["pool_name"] + given["user"], given["password"], int(given["salt"], 16))
    return f"{run(group().power_of_g(x)):x}"


def signature(given: Mapping[str, str]) -> str:
    """Sign a claim with a key that the vector has."""
    signed = srp._signed(given["pool_name"] + given["user"], given["secret_block"], given["timestamp"])
    return srp._signature(bytes.fromhex(given["key_bytes_hex"]), signed)


# By the beginning of what the vectors call a function; the two of a server are those of the tests' own server.
FUNCTIONS: Final[dict[str, Callable[[Any], str]]] = {
    "sha256(device_group_key": lambda given: b64encode(password_hash(given)).decode(),
    "sha256hex(pool_name": lambda given: password_hash(given).hex(),
    "sha256hex(fromhex": lambda given: f"{srp._hash(bytes.fromhex(given)):x}",
    "base64(HMAC-SHA256(key_bytes": signature,
    "u = H(": scrambler,
    "k = H(": lambda _: f"{srp._MULTIPLIER:x}",
    "hkdf16 of pad(S)": hkdf_of_numbers,
    "hkdf16": hkdf,
    "pad_hex": lambda given: srp._padded(int(given, 16)).hex(),
    "v = g^x": verifier,
    "server B": lambda given: f"{public_value(int(given['verifier'], 16), int(given['b'], 16)):x}",
    "server key": lambda given: session_key(*(int(given[name], 16) for name in ("A", "verifier", "b"))).hex(),
}


@pytest.mark.parametrize("case", vectors("srp", "id", 36, cases="primitives"))
def test_primitives_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    """Each step, taken by itself, gives what other implementations' published cases say."""
    if case["input"] == "table":
        padded = {text: srp._padded(int(text)).hex().upper() for text in case["expected"]}
        assert case["expected"] == padded
    else:
        function = next(found for name, found in FUNCTIONS.items() if case["fn"].startswith(name))
        assert case["expected"] == function(case["input"])
