"""The suite's relying party: it believes a right answer, and none that is wrong in one thing."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp._protocol.base64url import base64url

from . import cbor
from .passkeys import BACKED_UP, PRESENT, VERIFIED, Authenticator, Passkey, PasskeyError, RelyingParty

ORIGIN, RP_ID = "https://app.example.com", "example.com"
PARTY = RelyingParty(RP_ID, ORIGIN)
USER = b"mary"
CREATE = {"challenge": "Y3JlYXRl", "user": {"id": "bWFyeQ"}}
GET = {"challenge": "Z2V0"}


def registered(authenticator: Authenticator) -> Passkey:
    """Register a passkey."""
    return PARTY.registered(authenticator.create(CREATE), CREATE["challenge"])  # type: ignore[arg-type]


def authenticator(**lies: Any) -> Authenticator:
    """Return an authenticator that tells the truth, but for the lies."""
    return Authenticator(**{"origin": ORIGIN, "rp_id": RP_ID, **lies})


def test_right_answers_are_believed() -> None:
    """A passkey is registered, and proves itself with counts that grow, or with none."""
    for counts in (True, False):
        phone = authenticator(counts=counts)
        passkey = registered(phone)
        for _ in range(2):
            PARTY.check(phone.get(GET), GET["challenge"], [passkey], USER)
        assert 2 * counts == passkey.sign_count


LIES = [
    ({"origin": "https://evil.example.com"}, "another origin"),
    ({"rp_id": "evil.example.com"}, "another relying party"),
    ({"flags": VERIFIED}, "nobody present"),
    ({"flags": PRESENT}, "nobody verified"),
    ({"flags": PRESENT | VERIFIED | BACKED_UP}, "flags that can't be"),
    ({"client_data": {"challenge": "b3RoZXI"}}, "another challenge"),
    ({"client_data": {"type": "payment.get"}}, "another ceremony"),
    ({"client_data": {"crossOrigin": True}}, "a frame in another site"),
]


@pytest.mark.parametrize(
    ("lies", "problem"),
    [
        *LIES,
        ({"cose": {3: -257}}, "a key that is not for ES256"),
        ({"cose": {-2: b"short"}}, "a key of a wrong length"),
        ({"cose": {-2: bytes(32)}}, "a key that is not on the curve"),
        ({"credential_id": b""}, "an id of a wrong length"),
    ],
)
def test_a_registration_that_lies(lies: dict[str, Any], problem: str) -> None:
    """A registration that is wrong in one thing is refused for it."""
    with pytest.raises(PasskeyError, match=problem):
        registered(authenticator(**lies))


@pytest.mark.parametrize(
    ("lies", "problem"),
    [
        *LIES,
        ({"key": ec.generate_private_key(ec.SECP256R1())}, "a wrong signature"),
        ({"credential_id": b"another"}, "not registered"),
        ({"user_handle": b"nora"}, "another user"),
        ({"sign_count": -1}, "a signature count that did not grow"),
    ],
)
def test_an_assertion_that_lies(lies: dict[str, Any], problem: str) -> None:
    """An assertion that is wrong in one thing is refused for it, and leaves the count as it was."""
    phone = authenticator(sign_count=7)
    passkey = registered(phone)
    changes = {name: phone.sign_count + value if name == "sign_count" else value for name, value in lies.items()}
    with pytest.raises(PasskeyError, match=problem):
        PARTY.check(attrs.evolve(phone, **changes).get(GET), GET["challenge"], [passkey], USER)
    assert 7 == passkey.sign_count


@pytest.mark.parametrize("text", ["", "Z2V0=", "Z2V1", "Z2V", "Z", "é", 5, None])
def test_text_that_is_not_base64url(text: object) -> None:
    """A signature that is missing, padded, has spare bits, or is cut off, is refused."""
    phone = authenticator()
    passkey = registered(phone)
    credential = phone.get(GET)
    credential["response"]["signature"] = text
    with pytest.raises(PasskeyError):
        PARTY.check(credential, GET["challenge"], [passkey], USER)


@given(at=st.integers(0, 200), bit=st.integers(0, 7))
def test_a_bit_that_was_changed(at: int, bit: int) -> None:
    """No bit of what an authenticator signs can be changed."""
    phone = authenticator()
    passkey = registered(phone)
    credential = phone.get(GET)
    name = "authenticatorData" if at % 2 else "clientDataJSON"
    written = credential["response"][name]
    data = bytearray(urlsafe_b64decode(written + "=" * (-len(written) % 4)))
    data[at // 2 % len(data)] ^= 1 << bit
    credential["response"][name] = base64url(bytes(data))
    with pytest.raises(PasskeyError):
        PARTY.check(credential, GET["challenge"], [passkey], USER)


ITEMS = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=300),
    lambda items: st.dictionaries(st.integers(0, 23), items, max_size=5),
)


@pytest.mark.slow
@given(item=ITEMS)
def test_cbor_comes_back(item: Any) -> None:
    """What is written is read again, if the keys of maps are in order."""
    assert item == cbor.decoded(cbor.encoded(_in_order(item)))


@pytest.mark.parametrize(
    "data",
    ["", "18", "1817", "190018", "5f40ff", "41", "61ff", "a201000100", "a202000100", "a14000", "0000", "f7", "c000"],
)
def test_cbor_that_no_authenticator_writes(data: str) -> None:
    """Bytes that are cut off, too long, indefinite, out of order or of another type are refused."""
    with pytest.raises(cbor.CborError):
        cbor.decoded(bytes.fromhex(data))


def _in_order(item: Any) -> Any:
    return {key: _in_order(item[key]) for key in sorted(item)} if isinstance(item, dict) else item
