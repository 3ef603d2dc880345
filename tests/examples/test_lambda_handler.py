"""The example Lambda function, as Lambda runs it: imported once, then called for each event."""

from __future__ import annotations

import base64
import importlib
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from cognito_idp import Client
from tests.integration.ministack import PASSWORD, Pool, add_user, new_pool, settings
from tests.support.answers import answer, close

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cognito_idp.testing import CognitoServer
    from tests.conftest import Serve

    Load = Callable[..., Any]

MODULE = "examples.lambda_handler"
TOKEN = "a-token-that-nobody-must-see-0123456789"


class LambdaContext:
    """What Lambda hands over beside the event."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left."""
        return 20_000


def http_event(route: str, body: Any = None, **headers: str) -> dict[str, Any]:
    """Return an event of an HTTP API."""
    text = None if body is None else json.dumps(body)
    return {"version": "2.0", "routeKey": route, "headers": headers, "body": text, "isBase64Encoded": False}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import the function anew with an environment, as a cold start does; close it at the end."""
    made: list[Any] = []

    def start(endpoint_url: str, pool_id: str = "us-east-1_EXAMPLE", client_id: str = "1example", **more: str) -> Any:
        environ = {
            "USER_POOL_ID": pool_id,
            "CLIENT_ID": client_id,
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": endpoint_url,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret-of-the-role",
            "AWS_MAX_ATTEMPTS": "1",
            **more,
        }
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        sys.modules.pop(MODULE, None)
        made.append(importlib.import_module(MODULE))
        return made[-1]

    yield start
    for module in made:
        module.CLIENT.close()
        module.RUNNER.run(module.ASYNC_CLIENT.aclose())
        module.RUNNER.close()
    sys.modules.pop(MODULE, None)


@attrs.frozen
class Mary:
    """A user of a pool on a running server."""

    server: CognitoServer
    client: Client
    pool: Pool

    @property
    def environ(self) -> dict[str, str]:
        """What the function is to be started with."""
        return {
            "endpoint_url": self.server.endpoint_url,
            "pool_id": self.pool.id,
            "client_id": self.pool.client_id,
            "AWS_ACCESS_KEY_ID": self.server.credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.server.credentials.secret_access_key,
        }


@pytest.fixture(scope="module")
def mary(cognito_server: CognitoServer) -> Iterator[Mary]:
    """A user who can sign in."""
    with Client(**settings(cognito_server)) as client, new_pool(client) as pool:
        add_user(client, pool, "mary", email="mary@example.com")
        yield Mary(cognito_server, client, pool)


def test_signing_in(load: Load, mary: Mary, caplog: pytest.LogCaptureFixture) -> None:
    """A right password gives tokens, with which the user's attributes are read; nothing secret is logged."""
    caplog.set_level(logging.DEBUG)
    function = load(**mary.environ)
    given = {"username": "mary", "password": PASSWORD}
    signed_in = function.handler(http_event("POST /sign-in", given), LambdaContext())
    tokens = json.loads(signed_in["body"])
    bearer = f"Bearer {tokens['access_token']}"
    me = function.handler(http_event("GET /me", authorization=bearer), LambdaContext())

    assert (200, "no-store") == (signed_in["statusCode"], signed_in["headers"]["cache-control"])
    assert {"access_token", "id_token", "refresh_token", "expires_at"} == set(tokens)
    assert (200, "mary@example.com") == (me["statusCode"], json.loads(me["body"])["email"])
    for secret in (PASSWORD, *list(tokens.values())[:3], mary.server.credentials.secret_access_key):
        assert secret not in caplog.text


def test_refusals(load: Load, mary: Mary) -> None:
    """A wrong password and an unknown user get the same 401, bad bodies 400, a bad token 401, another path 404."""
    function = load(**mary.environ)

    def status(event: dict[str, Any]) -> tuple[int, str]:
        answered = function.handler(event, LambdaContext())
        return answered["statusCode"], json.loads(answered["body"])["error"]

    for name in ("mary", "nobody"):
        event = http_event("POST /sign-in", {"username": name, "password": "Wrong-Horse-9"})
        assert (401, "NotAuthorizedException") == status(event)
    bodies: tuple[Any, ...] = (None, [], {"username": "mary"}, {"username": 1, "password": 2})
    for body in bodies:
        assert (400, "BadRequest") == status(http_event("POST /sign-in", body))
    for headers in ({}, {"authorization": "Bearer "}, {"authorization": "Bearer nonsense"}):
        assert (401, "NotAuthorizedException") == status(http_event("GET /me", **headers))
    assert (404, "NotFound") == status(http_event("GET /nowhere"))


def test_a_body_in_base64(load: Load, mary: Mary) -> None:
    """A body that API Gateway encoded is decoded; a temporary password gives the challenge that comes next."""
    mary.client.admin_create_user(
        user_pool_id=mary.pool.id, username="john", temporary_password=PASSWORD, message_action="SUPPRESS"
    )
    function = load(**mary.environ)
    body = base64.b64encode(json.dumps({"username": "john", "password": PASSWORD}).encode()).decode()
    event = {**http_event("POST /sign-in"), "body": body, "isBase64Encoded": True}
    answered = function.handler(event, LambdaContext())
    assert "NEW_PASSWORD_REQUIRED" == json.loads(answered["body"])["challenge"]


def test_a_queue(load: Load, mary: Mary) -> None:
    """Users named by a queue are signed out everywhere at once; one that nobody knows does not come again."""
    function = load(**mary.environ)
    given = {"username": "mary", "password": PASSWORD}
    tokens = json.loads(function.handler(http_event("POST /sign-in", given), LambdaContext())["body"])
    records = [{"messageId": f"m{number}", "body": name} for number, name in enumerate(("mary", "nobody", "mary"))]
    for _ in range(2):  # The event loop stays, so that a second invocation goes well, too.
        assert {"batchItemFailures": []} == function.queue_handler({"Records": records}, LambdaContext())
    me = http_event("GET /me", authorization=f"Bearer {tokens['access_token']}")
    assert 401 == function.handler(me, LambdaContext())["statusCode"]


def test_warm_up(load: Load, serve: Serve) -> None:
    """The import opens the connections that the first calls go over, and calls nothing."""
    with_tokens = {"AuthenticationResult": {"AccessToken": TOKEN, "ExpiresIn": 60}}
    server = serve(answer(json.dumps(with_tokens).encode()))
    function = load(server.url)
    assert ["GET / HTTP/1.1"] * 2 == [request.request_line for request in server.requests]
    given = {"username": "mary", "password": PASSWORD}
    answered = function.handler(http_event("POST /sign-in", given), LambdaContext())
    function.queue_handler({"Records": [{"messageId": "m", "body": "mary"}]}, LambdaContext())

    assert (200, TOKEN) == (answered["statusCode"], json.loads(answered["body"])["access_token"])
    assert (4, 2) == (len(server.requests), server.accepted)
    assert all("AKIDEXAMPLE" in (request.header("authorization") or "") for request in server.requests[2:])


@pytest.mark.parametrize(
    ("code", "http_status", "expected", "retry_after"),
    [
        ("TooManyRequestsException", 400, (429, "TooManyRequestsException"), "5"),
        ("UserNotConfirmedException", 400, (403, "UserNotConfirmedException"), None),
        ("InternalErrorException", 500, (503, "Unavailable"), "1"),
        ("ResourceNotFoundException", 400, (502, "Unavailable"), None),
        ("AccessDeniedException", 400, (502, "Unavailable"), None),
    ],
)
def test_errors(  # noqa: PLR0917 - two of them are the columns of a table
    load: Load,
    serve: Serve,
    caplog: pytest.LogCaptureFixture,
    code: str,
    http_status: int,
    expected: tuple[int, str],
    retry_after: str | None,
) -> None:
    """An error of the service becomes a status and a name that tells nothing of our side; the log tells why."""
    caplog.set_level(logging.DEBUG)
    body = json.dumps({"__type": code, "message": "a reason"}).encode()
    function = load(serve(answer(body, status=http_status)).url)
    given = {"username": "mary", "password": PASSWORD}
    answered = function.handler(http_event("POST /sign-in", given), LambdaContext())
    failures = function.queue_handler({"Records": [{"messageId": "m", "body": "mary"}]}, LambdaContext())

    assert expected == (answered["statusCode"], json.loads(answered["body"])["error"])
    assert retry_after == answered["headers"].get("retry-after")
    assert "a reason" not in answered["body"]
    assert f"{code}: " in caplog.text
    assert PASSWORD not in caplog.text
    assert (expected[0] == 429 or expected[0] >= 500) == bool(failures["batchItemFailures"])


def test_no_service(load: Load, serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """A service that breaks off at the start only costs the warm-up, and a call is answered with 503."""
    function = load(serve(close).url)
    answered = function.handler(http_event("GET /me", authorization=f"Bearer {TOKEN}"), LambdaContext())
    assert (503, "1") == (answered["statusCode"], answered["headers"]["retry-after"])
    assert "not warmed up: " in caplog.text
    assert TOKEN not in caplog.text
