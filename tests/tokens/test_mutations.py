"""Random changes to a good token are never accepted, and never end in anything but a `TokenError`."""

from __future__ import annotations

import json
import string
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp.errors import TokenError, TokenFormatError
from cognito_idp.tokens.jws import read_object, split

from .issuing import ACCESS, CLIENT, ID, ISSUER, MISSING, NOW, REASON, SUB, base64url, claims, offline, signed, token

pytest.importorskip("jwt", reason=REASON)

# A loaded machine takes its time.
unhurried = settings(deadline=None)

GOOD = token()
VERIFIER = offline()
BASE64URL = string.ascii_letters + string.digits + "-_"

characters = st.sampled_from(BASE64URL + ".+/= \n\0é") | st.characters()
places = st.integers(0, len(GOOD) - 1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def accepted(token: Any) -> bool:
    """Return whether a token is accepted; whatever is raised must be a `TokenError`."""
    try:
        VERIFIER.verify(token)
    except TokenError:
        return False
    return True


def test_the_token_is_good() -> None:
    """What is changed below is accepted unchanged."""
    assert accepted(GOOD)


@unhurried
@given(places, characters)
def test_another_character(place: int, character: str) -> None:
    """A token with one other character is refused, wherever it stands: there is one spelling of a token."""
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    assert accepted(changed) == (changed == GOOD)


def test_another_last_digit() -> None:
    """None of the other 63 digits may end a part, although some of them encode the same bytes."""
    parts = GOOD.split(".")
    for number, part in enumerate(parts):
        for digit in BASE64URL.replace(part[-1], ""):
            assert not accepted(".".join([*parts[:number], part[:-1] + digit, *parts[number + 1 :]]))


@unhurried
@given(places, st.text(characters, min_size=1, max_size=4))
def test_more_characters(place: int, more: str) -> None:
    """A token with characters put in is refused."""
    assert not accepted(GOOD[:place] + more + GOOD[place:])


@unhurried
@given(places, st.integers(1, 10))
def test_fewer_characters(place: int, length: int) -> None:
    """A token with characters taken away is refused."""
    assert not accepted(GOOD[:place] + GOOD[place + length :])


@unhurried
@given(places, st.integers(0, 7))
def test_a_flipped_bit(place: int, bit: int) -> None:
    """A token in whose decoded bytes one bit is another is refused."""
    parts = [urlsafe_b64decode(part + "==") for part in GOOD.split(".")]
    number = place % 3
    changed = bytearray(parts[number])
    changed[place % len(changed)] ^= 1 << bit
    parts[number] = bytes(changed)
    assert not accepted(".".join(map(base64url, parts)))


@unhurried
@given(st.permutations(GOOD.split(".") + token(ID).split(".")), st.integers(1, 5))
def test_parts_in_another_order(parts: list[str], count: int) -> None:
    """Parts of two good tokens in any order and number are refused, except as they belong together."""
    mixed = ".".join(parts[:count])
    assert accepted(mixed) == (mixed in (GOOD, token(ID)))


@unhurried
@given(st.text() | st.text(BASE64URL + "."))
def test_any_text(text: str) -> None:
    """No text that nobody signed is accepted, and none breaks the reader."""
    assert not accepted(text)


@pytest.mark.slow
@unhurried
@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_signed_header(header: bytes) -> None:
    """Whatever stands in a signed header, nothing but a TokenError comes of it."""
    assert not accepted(signed(header, ACCESS))


@pytest.mark.slow
@unhurried
@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_signed_payload(payload: bytes) -> None:
    """Whatever stands in a signed payload, nothing but a TokenError comes of it."""
    assert not accepted(signed({"kid": "first", "alg": "RS256"}, payload))


@pytest.mark.slow
@unhurried
@given(st.sampled_from([*ACCESS, *ID, "nbf", "aud"]), json_values | st.just(MISSING))
def test_any_value_of_a_claim(claim: str, value: Any) -> None:
    """Whatever a signed claim holds, the token is refused, or its claims have the types that they say they have."""
    for base in (ACCESS, ID):
        try:
            found = VERIFIER.verify(token(claims(base, **{claim: value})))
        except TokenError:
            continue
        assert (SUB if claim != "sub" else value, ISSUER) == (found.sub, found.iss)
        assert CLIENT in (found.all.get("client_id"), found.all.get("aud"))
        assert found.exp.timestamp() > NOW
        assert all(type(group) is str for group in found.groups)
        assert {type(found.username), type(found.jti), type(found.event_id)} <= {str, type(None)}


@pytest.mark.slow
@unhurried
@given(st.dictionaries(st.text(), json_values))
def test_json_objects_are_read_as_they_were_written(value: dict[str, Any]) -> None:
    """An object in a part of a token is what `json` reads from it; with a NaN or an infinity in it, it is no JSON."""
    text = json.dumps(value)
    part = base64url(text.encode())
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        with pytest.raises(TokenFormatError):
            read_object(part, "payload")
    else:
        assert json.loads(text) == read_object(part, "payload")


@unhurried
@given(st.binary(min_size=1), st.binary(min_size=1), st.binary())
def test_every_form_of_a_token_is_taken_apart(header: bytes, payload: bytes, signature: bytes) -> None:
    """Any bytes in base64url make parts, and the parts are what was put together."""
    parts = tuple(map(base64url, (header, payload, signature)))
    assert parts == split(".".join(parts), 10_000)
    assert all(part not in repr(split(".".join(parts), 10_000)) for part in parts if len(part) > 3)
