"""The strict reader of signed tokens, part by part."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from string import ascii_letters, digits
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp.errors import TokenAlgorithmError, TokenError, TokenFormatError, TokenKeyError, TokenTooLargeError
from cognito_idp.tokens.jws import MAX_TOKEN_BYTES, Parts, decode, read_key_id, read_object, shown, split

ALPHABET = f"{ascii_letters}{digits}-_"


def encoded(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize("digit", ALPHABET)
def test_each_part_may_hold_every_digit(digit: str) -> None:
    """All 64 digits may stand in each part, and the signature may be missing."""
    assert Parts(digit, digit, digit) == split(f"{digit}.{digit}.{digit}", 10)
    assert Parts(digit, digit, "") == split(f"{digit}.{digit}.", 10)


CHARACTERS = "^the token has characters outside base64url, or lacks its header or payload"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Bearer a.b.c", "^the token begins with 'Bearer '; pass what follows that$"),
        ("bearer a.b.c", "^the token begins with 'Bearer '"),
        ("BEARER a.b.c", "^the token begins with 'Bearer '"),
        ("Bearer  a.b.c", "^the token begins with 'Bearer '"),
        ("Bearer-a.b.c ", CHARACTERS),
        ("a.b.c.d.e", r"^the token is encrypted \(5 parts\): it may be a refresh token"),
        ("", "^a signed token has 3 parts separated by dots; this one has 1$"),
        ("abc", "^a signed token has 3 parts separated by dots; this one has 1$"),
        ("abc.def", "^a signed token has 3 parts separated by dots; this one has 2$"),
        ("a.b.c.d", "^a signed token has 3 parts separated by dots; this one has 4$"),
        ("a.b.c.d.e.f", "^a signed token has 3 parts separated by dots; this one has 6$"),
        (".b.c", CHARACTERS),
        ("a..c", CHARACTERS),
        ("a.b.c=", CHARACTERS),
    ],
)
def test_what_has_another_form_is_told_why(text: str, problem: str) -> None:
    """The refusal says which mistake was made: the header's scheme, an encrypted token, parts, characters."""
    with pytest.raises(TokenFormatError, match=problem):
        split(text, 100)


@pytest.mark.parametrize("character", [*sorted({chr(code) for code in range(128)} - {*ALPHABET, "."}), "é", "\u0660"])
def test_no_part_may_hold_another_character(character: str) -> None:
    """Whatever is not one of the 64 digits is refused in each part: some readers of base64 skip it."""
    for text in (f"a{character}.b.c", f"a.b{character}.c", f"a.b.c{character}"):
        with pytest.raises(TokenFormatError, match=CHARACTERS):
            split(text, 10)


def test_the_limit_is_the_last_size_that_is_read() -> None:
    """A token of exactly the limit is read, and one character more is refused with both sizes; 16 KiB is usual."""
    assert 16_384 == MAX_TOKEN_BYTES
    assert Parts("a", "b", "c" * 1_996) == split(f"a.b.{'c' * 1_996}", 2_000)
    with pytest.raises(TokenTooLargeError, match=r"^the token is 2,001 characters long; the limit is 2,000$"):
        split(f"a.b.{'c' * 1_997}", 2_000)


@pytest.mark.parametrize("token", [b"a.b.c", None, 7, ["a.b.c"]])
def test_what_is_no_string_is_refused_by_its_type(token: Any) -> None:
    """The refusal names the type, and never shows the value."""
    with pytest.raises(TokenFormatError, match=f"^a token is a string, not {type(token).__name__}$"):
        split(token, 100)


def test_parts_show_their_sizes() -> None:
    """The `repr` of the parts has the size of each, and nothing of the token."""
    assert "Parts(header=3 characters, payload=2 characters, signature=0 characters)" == repr(Parts("zzz", "zz", ""))


@given(st.binary(max_size=40))
def test_bytes_have_one_spelling(data: bytes) -> None:
    """Bytes are read from their base64url; with any other last digit they are other bytes, or refused."""
    text = encoded(data)
    assert data == decode(text, "part")
    for digit in ALPHABET if text else "":
        other = text[:-1] + digit
        try:
            read = decode(other, "part")
        except TokenFormatError as error:
            assert "the token's part is not valid base64url (RFC 7515)" == str(error)  # noqa: PT017 - it may be read
        else:
            assert other == encoded(read)


@pytest.mark.parametrize("digit", ALPHABET)
def test_a_digit_that_begins_no_byte_is_refused(digit: str) -> None:
    """One digit after the last group of four holds too few bits for a byte."""
    for text in (digit, f"AAAA{digit}"):
        with pytest.raises(TokenFormatError, match="the token's part is not valid base64url"):
            decode(text, "part")


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_constants_that_json_does_not_have(constant: str) -> None:
    """What Python's reader adds to JSON is refused, wherever it stands."""
    for text in (f'{{"a": {constant}}}', f'{{"a": [{{"b": {constant}}}]}}'):
        with pytest.raises(TokenFormatError, match="the token's payload is not a JSON object in UTF-8"):
            read_object(encoded(text.encode()), "payload")


@pytest.mark.parametrize(
    ("header", "error", "problem"),
    [
        (
            b"[]",
            TokenFormatError,
            "the token's header is not a JSON object in UTF-8, has a duplicate member, or is nested",
        ),
        (b'{"kid": "k"}', TokenAlgorithmError, "the token's alg is None; Cognito signs with RS256, and nothing else"),
        (b'{"alg": "none"}', TokenAlgorithmError, "the token's alg is 'none'; Cognito signs with RS256"),
        (b'{"alg": "RS256", "crit": []}', TokenFormatError, "has 'crit', an extension that Cognito doesn't use"),
        (b'{"alg": "RS256", "b64": true}', TokenFormatError, "has 'b64', an extension that Cognito doesn't use"),
        (b'{"alg": "RS256"}', TokenKeyError, "the token's header has no kid"),
    ],
)
def test_a_header_is_refused_with_its_fault(header: bytes, error: type[TokenError], problem: str) -> None:
    """The refusal names the member of the header that is wrong, and what stands there if it may be shown."""
    with pytest.raises(error, match=problem):
        read_key_id(encoded(header))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a" * 118, f"'{'a' * 118}'"),
        ("a" * 119, f"'{'a' * 119}..."),
        ("é\n", r"'\xe9\n'"),
        (["x"] * 100, str(["x"] * 100)[:120] + "..."),
        (None, "None"),
    ],
)
def test_what_is_shown_is_short_ascii(value: object, expected: str) -> None:
    """120 characters of a value may be shown; a longer one is cut there, and its end marked."""
    assert expected == shown(value)
