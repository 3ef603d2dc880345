"""Guards: a token that gets through, one that is refused, and one that nobody can check show nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from cognito_idp import AsyncTokenVerifier, TokenVerifier
from cognito_idp.guards import Guard, Presented
from cognito_idp.guards.asgi import TokenMiddleware as AsgiMiddleware
from cognito_idp.guards.aws_lambda import api_gateway_authorizer, appsync_authorizer
from cognito_idp.guards.wsgi import TokenMiddleware as WsgiMiddleware
from cognito_idp.tokens.pools import TrustedPool
from tests.guards.asked import BAD, EXPIRED, FAR, SETTINGS, verifier
from tests.guards.doors import ARN, rest_request, rest_token
from tests.tokens.issuing import CLIENT, POOL, REASON, Clock, jwks
from tests.tokens.refused import GOOD

if TYPE_CHECKING:
    from collections.abc import Callable

    from .search import Search

pytest.importorskip("jwt", reason=REASON)

TOKENS = {"good": GOOD, "expired": EXPIRED, "far": FAR, "malformed": "x" * 60}


class AppError(Exception):
    """What an application raises."""


async def failing(_: Any, __: Any, ___: Any) -> None:
    """Stand for an ASGI application with a bug."""
    raise AppError


def failing_wsgi(_: Any, __: Any) -> Any:
    """Stand for a WSGI application with a bug."""
    raise AppError


def headers_of(text: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request."""
    return [(b"authorization", f"Bearer {text}".encode())]


async def receive() -> Any:
    """Stand for a server with nothing to say."""


async def send(_: Any) -> None:
    """Stand for a server that sends."""


def through_asgi(checker: Any, text: str) -> None:
    """Send a token through the ASGI middleware."""
    guard = AsgiMiddleware(failing, checker(is_async=True))
    anyio.run(guard, {"type": "http", "path": "/", "headers": headers_of(text)}, receive, send)


def through_wsgi(checker: Any, text: str) -> None:
    """Send a token through the WSGI middleware."""
    guard = WsgiMiddleware(failing_wsgi, checker(is_async=False))
    guard({"PATH_INFO": "/", "HTTP_AUTHORIZATION": f"Bearer {text}"}, lambda *_: lambda _: None)


def through_fastapi(checker: Any, text: str, *, is_async: bool = True) -> None:
    """Send a token through FastAPI's dependency, without FastAPI, whose frames hold the request."""
    from fastapi.requests import HTTPConnection
    from fastapi.security import SecurityScopes

    from cognito_idp.guards.fastapi import require

    guard: Any = require(checker(is_async=is_async))
    anyio.run(guard, HTTPConnection({"type": "http", "headers": headers_of(text)}), SecurityScopes())


def through_fastapi_in_a_thread(checker: Any, text: str) -> None:
    """Send a token through FastAPI's dependency with a sync verifier."""
    through_fastapi(checker, text, is_async=False)


def through_rest(checker: Any, text: str) -> None:
    """Send a token through an authorizer of API Gateway."""
    event = {"type": "REQUEST", "headers": {"Authorization": f"Bearer {text}"}, "methodArn": ARN}
    api_gateway_authorizer(checker(is_async=False))(event, None)


def through_appsync(checker: Any, text: str) -> None:
    """Send a token through an authorizer of AppSync."""
    appsync_authorizer(checker(is_async=False))({"authorizationToken": text}, None)


DOORS: list[Callable[[Any, str], None]] = [
    through_asgi,
    through_wsgi,
    through_fastapi,
    through_fastapi_in_a_thread,
    through_rest,
    through_appsync,
]


@pytest.mark.parametrize("case", list(TOKENS))
@pytest.mark.parametrize("door", DOORS)
def test_errors_of_doors(search: Search, door: Callable[[Any, str], None], case: str) -> None:
    """What a door raises, or lets through of an application's errors, shows no token in any frame."""
    search.also(TOKENS[case])
    search.text("case", case)
    try:
        door(verifier, TOKENS[case])
    except Exception as error:  # noqa: BLE001 - whatever it is
        search.error(error, case)


@pytest.mark.parametrize("door", DOORS)
def test_live_frames_of_doors(search: Search, door: Callable[[Any, str], None]) -> None:
    """While a user's transport fetches keys, and a user's rule decides, no frame of a door above shows the token."""
    search.also(GOOD)

    def rule(_: Any) -> bool:
        search.live("while a rule decides")
        return True

    def respond(_: httpx.Request) -> httpx.Response:
        search.live("while keys are fetched")
        return httpx.Response(200, json=jwks())

    def checker(*, is_async: bool) -> Any:
        make: Any = AsyncTokenVerifier if is_async else TokenVerifier
        pool = TrustedPool(POOL, client_ids=CLIENT)
        return make(pool, token_use="access", clock=Clock(), check=rule, transport=httpx.MockTransport(respond))

    try:
        door(checker, GOOD)
    except AppError as error:
        search.error(error, "from the application")
    assert search.live_frames > 0


@pytest.mark.parametrize("case", list(BAD))
def test_refusals(search: Search, case: str) -> None:
    """Neither a refusal nor what an authorizer raises has anything of a bad request."""
    asked = BAD[case]
    texts = [*asked.values("authorization"), *asked.values("cookie")]
    search.also(*(text[:40] for value in texts for text in value.replace("=", " ").split() if len(text) > 40))
    refusal = Guard(**SETTINGS).check(
        verifier(is_async=False), Presented(asked.values("authorization"), asked.values("cookie"))
    )
    search.value(refusal, case)
    for make in (rest_token, rest_request):
        answer = make()(asked)
        search.text("answer", repr(answer), case)


def breaks(_: httpx.Request) -> httpx.Response:
    """Stand for a transport with a bug."""
    raise AppError


def test_an_error_that_is_no_refusal(search: Search) -> None:
    """An error of a user's transport leaves the guard without the token."""
    search.also(GOOD)
    broken = TokenVerifier(POOL, client_ids=CLIENT, token_use="access", transport=httpx.MockTransport(breaks))
    with pytest.raises(AppError) as caught:
        Guard().check(broken, Presented([f"Bearer {GOOD}"]))
    search.error(caught.value)
