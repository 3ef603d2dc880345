"""JSON that others wrote is refused when it is nested too deep, before `json` reads it, on every Python alike."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import AppClient
from cognito_idp._errors import CognitoIdpError, ConfigError, JwksError, SignInStateError, TokenFormatError
from cognito_idp._protocol.foreign_json import MAX_DEPTH, NestedTooDeepError, _depth, check_depth, parsed_json
from cognito_idp._protocol.response import parse
from cognito_idp._protocol.wire import HttpResponse, Limits
from cognito_idp._structs.shapes import json_object
from cognito_idp.credentials.process import _credentials
from cognito_idp.credentials.token_file import TokenFileError, read_token
from cognito_idp.errors import InvalidResponseError
from cognito_idp.model.exceptions import service_error
from cognito_idp.sign_in.outcomes import _json
from cognito_idp.sign_in.packing import packed, unpacked
from cognito_idp.tokens.jwks import fetch
from cognito_idp.tokens.jws import read_object

from .support.kit import Kit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = '{"a":' * 8_000 + "1" + "}" * 8_000


def nested(levels: int) -> Any:
    """Return a list within a list, so many in all."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def depth_of(value: Any) -> int:
    """Return how many lists and mappings are within each other."""
    match value:
        case dict():
            return 1 + max(map(depth_of, value.values()), default=0)
        case list():
            return 1 + max(map(depth_of, value), default=0)
    return 0


texts = st.text(st.sampled_from('[]{}"\\/:,ab\n\u00e9\ud7ff'), max_size=12)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=40,
)


@given(values, st.booleans(), st.integers(0, 12))
def test_the_depth_is_that_of_the_document(value: Any, ensure_ascii: bool, more: int) -> None:
    """The depth that is measured is the document's own, whatever brackets, quotes and backslashes its strings hold."""
    for _ in range(more):
        value = [value, '[{\\"']
    text = json.dumps(value, ensure_ascii=ensure_ascii)
    assert depth_of(value) == _depth(text)
    assert value == parsed_json(text) == parsed_json(text.encode())


@given(st.text(st.sampled_from('[]{}"\\a,:1'), max_size=60))
def test_what_is_not_json_is_no_deeper_than_a_reader_gets(text: str) -> None:
    """Of a text that is not JSON, at least the brackets count that a reader meets before it gives up."""
    met, level, in_string, escaped = 0, 0, False, False
    for character in text:
        if escaped:
            escaped = False
        elif in_string:
            in_string, escaped = character != '"', character == "\\"
        elif character == '"':
            in_string = True
        elif character in "[{":
            level += 1
            met = max(met, level)
        elif character in "]}":
            level -= 1
            if level < 0:
                break
        elif character == "\\":
            break
    assert _depth(text) >= met


@pytest.mark.parametrize("more", ["", '["', "[[]" * 200])
def test_the_bound(more: str) -> None:
    """The deepest text that is read has `MAX_DEPTH` levels; with one more it is refused, whatever follows."""
    check_depth(json.dumps(nested(MAX_DEPTH)))
    check_depth(json.dumps([nested(MAX_DEPTH - 1)] * 300))
    with pytest.raises(NestedTooDeepError):
        check_depth(json.dumps(nested(MAX_DEPTH + 1)) + more)


def test_many_brackets_on_few_levels() -> None:
    """A long list is no deep one."""
    users = {"Users": [{"Username": "[" * 200, "Attributes": [{"Name": "n", "Value": "}\\"}] * 8}] * 60}
    assert users == parsed_json(json.dumps(users))


@pytest.mark.parametrize("text", ["[" * 2_000_000, '{"a":' * 400_000, "[" + "[]," * 500_000 + "[" * MAX_DEPTH])
def test_a_hostile_text(text: str) -> None:
    """Of megabytes of brackets, the refusal shows none."""
    with pytest.raises(NestedTooDeepError) as caught:
        check_depth(text)
    assert "[" not in str(caught.value)


def refused_jwks(body: str, kit: Kit) -> None:
    """Fetch a key set."""
    kit.flow(
        fetch("https://keys.example", lambda _: {}, Limits(1.0, 1.0, 1.0, 1.0, 1_000_000)),
        respond=lambda _: HttpResponse(200, (), body.encode()),
    )


READERS: dict[str, tuple[Callable[[str], object], type[Exception], str]] = {
    "answer": (
        lambda text: parse(HttpResponse(200, (), text.encode()), "ListUsers", service_error),
        InvalidResponseError,
        "nested too deeply",
    ),
    "error": (
        lambda text: parse(HttpResponse(400, (), text.encode()), "ListUsers", service_error),
        InvalidResponseError,
        "nested too deeply",
    ),
    "token": (
        lambda text: read_object(b64encode(text.encode()).decode().rstrip("="), "payload"),
        TokenFormatError,
        "payload is not a JSON object .* nested too deeply",
    ),
    "key set": (lambda text: refused_jwks(text, Kit("sync", None)), JwksError, "not a JWK set"),
    "secret of an app client": (AppClient.from_secret, ConfigError, "is not JSON"),
    "output of a credential process": (lambda text: _credentials(text.encode(), "here"), CognitoIdpError, "not a JSON"),
}


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_refuses_it(reader: str) -> None:
    """Whoever reads JSON of foreign origin refuses 8,000 levels with its own error, which shows nothing of the text."""
    read, error, expected = READERS[reader]
    with pytest.raises(error, match=expected) as caught:
        read(HOSTILE)
    assert "RecursionError" not in repr(caught.value.__context__)
    assert "{" not in str(caught.value)


def test_a_token_file(tmp_path: Path) -> None:
    """So does the reader of the AWS CLI's token files."""
    file = tmp_path / "token.json"
    file.write_text(HOSTILE)
    with pytest.raises(TokenFileError, match="is not a complete JSON object"):
        read_token(str(file))


def test_a_stored_challenge(monkeypatch: pytest.MonkeyPatch) -> None:
    """So does the reader of stored challenges."""
    with monkeypatch.context() as patch:
        patch.setattr("json.dumps", lambda *_, **__: HOSTILE)
        state = packed("SMS_MFA", {})
    with pytest.raises(SignInStateError, match="truncated or changed"):
        unpacked(state)


def test_what_need_not_be_json() -> None:
    """A parameter of a challenge that is too deep counts as none, and a browser's document as a text."""
    assert None is _json(HOSTILE)
    assert None is json_object(HOSTILE)
