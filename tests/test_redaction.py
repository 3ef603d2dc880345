"""What error reporters print: local variables, and the text of errors."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence

import httpx
import pytest

from cognito_idp import AppClient, Client, NotAuthorizedException, secret_hash
from cognito_idp._protocol.endpoint import checked_url
from cognito_idp._protocol.redaction import Opaque
from cognito_idp._transport.httpx_auth import check_encrypted
from cognito_idp._transport.proxies import Route, proxy_of
from cognito_idp.errors import ConfigError, InvalidResponseError, ServiceError, SignInAnswerError
from tests.support.kit import CREDENTIALS

MARK = "hunter2-the-password"
APP = AppClient("us-east-1_EXAMPLE", "1example23456789")


def refused(_: httpx.Request) -> httpx.Response:
    """Answer as the service does to a wrong password."""
    return httpx.Response(400, json={"__type": "NotAuthorizedException", "message": "Incorrect username or password."})


def by_operation(client: Client) -> object:
    """Send the password through an operation's method."""
    return client.admin_initiate_auth(
        user_pool_id=APP.user_pool_id,
        client_id=APP.client_id,
        auth_flow="ADMIN_USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": "mary", "PASSWORD": MARK},
    )


def by_sign_in(client: Client) -> object:
    """Send the password through a sign-in."""
    return client.sign_in(APP, username="mary", password=MARK, flow="ADMIN_USER_PASSWORD_AUTH", admin=True)


CALLS = {"operation": by_operation, "sign_in": by_sign_in}


@pytest.mark.parametrize("kind", list(CALLS))
def test_no_local_variable_of_ours_shows_a_password(kind: str) -> None:
    """A reporter that prints the locals of every frame of the library prints no password."""
    client = Client("us-east-1", credentials=CREDENTIALS, transport=httpx.MockTransport(refused))
    with client, pytest.raises(NotAuthorizedException) as caught:
        CALLS[kind](client)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [frame for frame in frames if "cognito_idp" in frame.f_globals.get("__name__", "")]
    shown = [
        f"{frame.f_code.co_qualname}.{name}"
        for frame in ours
        for name, value in frame.f_locals.items()
        if MARK in repr(value)
    ]
    assert ours
    assert [] == shown


def test_an_opaque_value_is_nothing_that_reporters_open() -> None:
    """The holder of a secret shows nothing, and is no mapping, no sequence, and has no dict."""
    held = Opaque({"PASSWORD": MARK})
    assert "'***'" == repr(held)
    assert MARK == held.value["PASSWORD"]
    assert not isinstance(held, Mapping | Sequence | str | bytes)
    assert not hasattr(held, "__dict__")


@pytest.mark.parametrize(
    "body",
    [
        '["hunter2"]',
        '{"a": ["hunter2", {"b": "hunter2"}]}',
        '"hunter2"',
        "{'Password':'hunter2'}",
        "Password=hunter2&x=1",
        '{"a": "hunter2',
        'x {"Session": "hunter2"}',
        r"{\u0022Password\u0022:\u0022hunter2\u0022}",
        """it's <p>{"Password":"hunter2"}</p>""",
        "<Password>hunter2</Password>",
        "<Error><Code>hunter2</Code></Error>",
        "Password: hunter2",
        "your password hunter2 is wrong",
        "hunter2",
        "<hunter2>",
    ],
)
def test_a_body_shows_no_value(body: str) -> None:
    """Of a body that can't be read, no value is shown, in whatever form it stands there."""
    error = InvalidResponseError("the body is not JSON", body=body.encode(), content_type="text/html")
    assert "hunter2" not in f"{error} {error!r} {vars(error)}"


def test_a_service_error_is_one_line() -> None:
    """What somebody put into a message can't look like a line of its own in a log."""
    error = ServiceError("bad\nFAKE LOG LINE\x1b[31m", code="X")
    assert "X: bad FAKE LOG LINE [31m" == str(error)
    assert "bad\nFAKE LOG LINE\x1b[31m" == error.message


def test_a_route_shows_no_proxy_password() -> None:
    """The name of a proxy is shown without user name and password."""
    expected = "Route(scheme='https', proxy=Proxy('http://p:1'))"
    assert expected == repr(Route("https", proxy_of("http://user:secret@p:1")))


def test_a_name_that_can_not_be_encoded() -> None:
    """Half a surrogate pair in a user name is an error of ours that does not carry the name along."""
    with pytest.raises(SignInAnswerError) as caught:
        secret_hash("\ud800bob", "client", "secret")
    assert "bob" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("url", ["http://[::1].example.com", "http://[::1]x", "http://[::1]example.com:80"])
def test_something_after_brackets(url: str) -> None:
    """What stands between a bracket and the port could be taken for the host by another reader, so it is refused."""
    with pytest.raises(ConfigError):
        checked_url(url)


def test_tokens_are_sent_encrypted() -> None:
    """The `httpx.Auth` of a session puts no token on a plain-http request to another machine."""
    check_encrypted(httpx.URL("https://api.example.com"))
    check_encrypted(httpx.URL("http://127.0.0.1:8000"))
    with pytest.raises(ConfigError):
        check_encrypted(httpx.URL("http://api.example.com"))
