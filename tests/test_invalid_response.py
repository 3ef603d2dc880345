"""Answers that are not what the protocol allows, through both clients: one error, which shows no secret."""

from __future__ import annotations

import pickle
import traceback
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import AdminInitiateAuthRequest
from cognito_idp.errors import InvalidResponseError
from cognito_idp.observability import MemberUnreadable
from tests.support.marks import left_unread
from tests.support.responder import Responder

if TYPE_CHECKING:
    from cognito_idp.observability import Event
    from tests.support.kit import Kit

SIGN_IN = AdminInitiateAuthRequest(user_pool_id="us-east-1_a", client_id="c", auth_flow="ADMIN_USER_PASSWORD_AUTH")
TOKEN = "eyJraWQiOiJzZWNyZXQta2V5LWlkIn0.c2VjcmV0LWNsYWltcw.c2VjcmV0LXNpZ25hdHVyZQ"
TOKENS = b'{"AuthenticationResult": {"AccessToken": "%s", "ExpiresIn": 3600, "IdToken": "short' % TOKEN.encode()


def fails(kit: Kit, answer: httpx.Response, **settings: Any) -> InvalidResponseError:
    """Sign in, and return the error that it ends in."""
    with pytest.raises(InvalidResponseError) as caught:
        kit.run(kit.client(respond=Responder(answer), retry="off", **settings).send, SIGN_IN)
    return caught.value


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html><body>Welcome to the captive portal</body></html>", "the body is not JSON"),
        (b'{"Session": "cut o', "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b"\xff\xfe{\x00}\x00", "the body is not UTF-8"),
        (b'{"Session": "\xe9"}', "the body is not UTF-8"),
        (b"\xef\xbb\xbf{}", "the body is not JSON"),
        (b"[]", "the body is a JSON array, not an object"),
        (b'"text"', "the body is a JSON string, not an object"),
        (b"null", "the body is a JSON null, not an object"),
        (b"true", "the body is a JSON boolean, not an object"),
        (b"42", "the body is a JSON number, not an object"),
        (b"4.2", "the body is a JSON number, not an object"),
        (b"{'Session': 's'}", "the body is not JSON"),
        (b'{"Session": "s"} and more', "the body is not JSON"),
        (b" ", "the body is not JSON"),
        (b"[" * 100_000, "the body is nested too deeply"),
        (b'{"a":' * 100_000, "the body is nested too deeply"),
        (b'{"Session": ' + b"9" * 100_000 + b"}", "the body is not JSON"),
    ],
    ids=lambda value: str(value[:30]),
)
def test_an_answer_that_can_not_be_read(kit: Kit, body: bytes, problem: str) -> None:
    """Whatever a 200 holds instead of the operation's members, the error says what, from where, and which request."""
    error = fails(kit, httpx.Response(200, content=body, headers={"x-amzn-requestid": "request-3"}))
    assert error.problem.startswith(problem)
    assert ("AdminInitiateAuth", 200, "request-3", 1) == (
        error.operation,
        error.status_code,
        error.request_id,
        error.attempts,
    )
    assert str(error).startswith(f"the answer from AdminInitiateAuth can't be read (HTTP status 200): {error.problem}")
    assert not error.is_retryable


@pytest.mark.parametrize("status", [301, 400, 403, 404, 500, 503])
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html></html>", "the body is not JSON"),
        (b"", "the body is not JSON"),
        (b"{}", "an error without a code"),
        (b'{"message": "no code"}', "an error without a code"),
        (b'{"__type": 5, "code": []}', "an error without a code"),
        (b"[]", "the body is a JSON array, not an object"),
    ],
)
def test_an_error_that_can_not_be_read(kit: Kit, status: int, body: bytes, problem: str) -> None:
    """An error answer without a code is no error of the service, and keeps its status, which says whether it passes."""
    error = fails(kit, httpx.Response(status, content=body))
    assert (problem, status) == (error.problem, error.status_code)
    assert (status in (500, 503)) is error.is_retryable


def test_what_came_is_said_but_not_shown(kit: Kit) -> None:
    """Content type, size and first tag of a page are shown, so that one sees who answered."""
    error = fails(kit, httpx.Response(502, html="<html>\n<title>502 Bad Gateway</title>\n" + "x " * 500))
    assert "text/html, 1,038 bytes, <html>" == error.body_summary
    assert str(error).endswith(": the body is not JSON (text/html, 1,038 bytes, <html>)")


@pytest.mark.parametrize(
    "body",
    [
        TOKENS,
        TOKENS + b'"}} and more',
        b"[" + TOKENS,
        TOKEN.encode(),
        b"<html>" + TOKEN.encode() + b"</html>",
        b'\xff{"Session": "short"}',
        b'\n {"Session": "short", \n',
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_secrets_are_left_out(kit: Kit, body: bytes, status: int) -> None:
    """Nothing of a body that can't be read stands in anything that an error shows or keeps."""
    error = fails(kit, httpx.Response(status, content=body))
    shown = [str(error), repr(error), error.body_summary, repr(vars(error)), "".join(traceback.format_exception(error))]
    shown.append(repr(pickle.loads(pickle.dumps(error)).__dict__))
    for text in shown:
        for secret in ("c2VjcmV0", TOKEN[:20], "short"):
            assert secret not in text


def test_no_other_exception_carries_the_answer(kit: Kit) -> None:
    """Neither cause nor context of the error is an exception that holds the whole body."""
    for body in (TOKENS, b"\xff" + TOKENS, b'["short"]'):
        error = fails(kit, httpx.Response(200, content=body))
        assert None is error.__cause__ is error.__context__


@pytest.mark.parametrize("key", ["short", "sh'ort", 'sh"ort', "short'].x['short", "\nshort\n"])
def test_keys_of_maps_are_not_shown(kit: Kit, key: str) -> None:
    """The keys of a map come from the answer as its values do, so what can't be read is reported without its key."""
    seen: list[Event] = []
    answer = httpx.Response(200, json={"ChallengeParameters": {"A": "b", key: 5}})
    client = kit.client(respond=lambda _: answer, observer=seen.append)
    assert {"A": "b"} == kit.run(client.send, SIGN_IN).challenge_parameters
    (unreadable,) = (event for event in seen if isinstance(event, MemberUnreadable))
    assert "short" not in repr(unreadable)


@pytest.mark.parametrize("length", ["\xb2", "-1", "1e9", "9" * 5000, "", "two"])
def test_a_length_that_is_no_number(kit: Kit, length: str) -> None:
    """What a foreign transport lets through as a length, though it is none, is ignored: the body is counted anyway."""
    answer = httpx.Response(200, content=b"{}")
    answer.headers = httpx.Headers([(b"content-length", length.encode("latin-1"))])
    kit.run(kit.client(respond=Responder(answer)).send, SIGN_IN)


@left_unread
def test_an_answer_that_is_too_large(fresh_kit: Kit) -> None:
    """An answer above the limit is refused with its status and request id, and is retryable as its status says."""
    for status in (200, 503):
        answer = httpx.Response(status, content=b"x" * 101, headers={"x-amzn-requestid": "request-4"})
        error = fails(fresh_kit, answer, max_response_bytes=100)
        assert "it is larger than the limit of 100 bytes" == error.problem
        assert (status, "request-4", "AdminInitiateAuth") == (error.status_code, error.request_id, error.operation)
        assert (status == 503) is error.is_retryable
