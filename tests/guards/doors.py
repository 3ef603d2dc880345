"""The doors: the guard in real frameworks, each asked in-process as its server would ask it."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import attrs
import httpx
import pytest

from cognito_idp import AccessTokenClaims
from cognito_idp.guards.asgi import TokenMiddleware as AsgiMiddleware
from cognito_idp.guards.aws_lambda import AuthorizerError, api_gateway_authorizer, appsync_authorizer
from cognito_idp.guards.fastapi import require
from cognito_idp.guards.wsgi import TokenMiddleware as WsgiMiddleware

from .asked import SETTINGS, verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .asked import Asked

ARN: Final = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders"


@attrs.frozen
class Answer:
    """What a door answers; `body` has the user's name for a request that got through."""

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = b""


Door: TypeAlias = "Callable[[Asked], Answer | None]"


def over_asgi(app: Any) -> Door:
    """Return the door of an ASGI application."""

    async def send(asked: Asked) -> Answer:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            headers = [(name.encode(), value.encode("latin-1")) for name, value in asked.headers]
            method = "POST" if asked.body else "GET"
            answer = await client.request(method, asked.path, headers=headers, content=asked.body)
            return Answer(answer.status_code, {**answer.headers}, answer.content)

    return lambda asked: asyncio.run(send(asked))


def over_wsgi(app: Any) -> Door:
    """Return the door of a WSGI application. The server joins headers of one name, as all of them do."""

    def send(asked: Asked) -> Answer:
        path, _, query = asked.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST" if asked.body else "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(asked.body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(asked.body),
            "wsgi.errors": BytesIO(),
        }
        for name, value in asked.headers:
            key = name.upper().replace("-", "_")
            key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        started: list[Any] = []
        chunks = app(environ, lambda *arguments: started.extend(arguments))
        body = b"".join(chunks)
        getattr(chunks, "close", lambda: None)()
        status, headers = started[:2]
        return Answer(int(status.split()[0]), {name.lower(): value for name, value in headers}, body)

    return send


def starlette() -> Door:
    """Starlette, with the middleware before all routes."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def orders(request: Any) -> PlainTextResponse:
        return PlainTextResponse(request.state.claims.username)

    routes = [Route("/orders", orders, methods=["GET", "POST"])]
    guard = Middleware(AsgiMiddleware, verifier=verifier(is_async=True), **SETTINGS)
    return over_asgi(Starlette(routes=routes, middleware=[guard]))


def litestar() -> Door:
    """Litestar, with the middleware of its application."""
    from litestar import Litestar, Request, route
    from litestar.middleware import DefineMiddleware

    async def orders(request: Any) -> str:
        name: str = request.state.claims.username
        return name

    orders.__annotations__.update({"request": Request[Any, Any, Any], "return": str})  # which Litestar reads
    handler = route("/orders", http_method=["GET", "POST"], status_code=200)(orders)
    guard = DefineMiddleware(AsgiMiddleware, verifier=verifier(is_async=True), **SETTINGS)
    return over_asgi(Litestar([handler], middleware=[guard], openapi_config=None, logging_config=None))


def quart() -> Door:
    """Quart, with the middleware around its ASGI application."""
    from quart import Quart, request

    app = Quart("orders")

    @app.route("/orders", methods=["GET", "POST"])
    async def orders() -> str:
        name: str = request.scope["state"]["claims"].username
        return name

    app.asgi_app = AsgiMiddleware(app.asgi_app, verifier(is_async=True), **SETTINGS)  # type: ignore[method-assign]
    return over_asgi(app)


def fastapi(*, is_async: bool) -> Door:
    """FastAPI, with the dependency and either verifier."""
    from fastapi import Depends, FastAPI

    guard = require(verifier(is_async=is_async), **SETTINGS)

    async def orders(claims: Any) -> str:
        return str(claims.username)

    orders.__annotations__["claims"] = Annotated[AccessTokenClaims, Depends(guard)]
    app = FastAPI()
    app.add_api_route("/orders", orders, methods=["GET", "POST"])
    return over_asgi(app)


def configure_django() -> None:
    """Configure Django, which has one configuration in a process."""
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"], ROOT_URLCONF="tests.guards.django_urls", SECRET_KEY="of the tests", LOGGING_CONFIG=None
        )
        django.setup(set_prefix=False)


def django_asgi() -> Door:
    """Django under ASGI."""
    configure_django()
    from django.core.asgi import get_asgi_application

    return over_asgi(AsgiMiddleware(get_asgi_application(), verifier(is_async=True), **SETTINGS))


def django_wsgi() -> Door:
    """Django under WSGI."""
    configure_django()
    from django.core.wsgi import get_wsgi_application

    return over_wsgi(WsgiMiddleware(get_wsgi_application(), verifier(is_async=False), **SETTINGS))


def flask() -> Door:
    """Flask, with the middleware around its WSGI application."""
    from flask import Flask, request

    app = Flask("orders")

    @app.route("/orders", methods=["GET", "POST"])
    def orders() -> str:
        name: str = request.environ["cognito_idp.claims"].username
        return name

    app.wsgi_app = WsgiMiddleware(app.wsgi_app, verifier(is_async=False), **SETTINGS)  # type: ignore[method-assign]
    return over_wsgi(app)


def _authorized(answer: Callable[[], dict[str, Any]]) -> Answer:
    """Return the status that AWS makes of what an authorizer answers or raises; the texts are for the leak test."""
    try:
        result = answer()
    except AuthorizerError as error:
        return Answer({"Unauthorized": 401, "Unavailable": 503}[str(error)], {}, str(error).encode())
    text = json.dumps(result).encode()
    if "policyDocument" in result:
        (statement,) = result["policyDocument"]["Statement"]
        allowed = statement["Effect"] == "Allow"
    else:
        allowed = result["isAuthorized"]
    context = result.get("resolverContext", result.get("context", {}))
    return Answer(200, {}, context["username"].encode()) if allowed else Answer(403, {}, text)


def _joined(asked: Asked) -> dict[str, str]:
    names = {name.lower() for name, _ in asked.headers}
    return {name: ",".join(asked.values(name)) for name in names}


def rest_token() -> Door:
    """A REST API with an authorizer of type TOKEN, which sees one header."""
    handler = api_gateway_authorizer(verifier(is_async=False), scopes="orders/read", groups="admins")

    def send(asked: Asked) -> Answer | None:
        if asked.values("cookie"):
            return None
        event = {
            "type": "TOKEN",
            "authorizationToken": ",".join(asked.values("authorization")) or None,
            "methodArn": ARN,
        }
        return _authorized(lambda: handler(event, None))

    return send


def rest_request() -> Door:
    """A REST API with an authorizer of type REQUEST."""
    handler = api_gateway_authorizer(verifier(is_async=False), **SETTINGS)

    def send(asked: Asked) -> Answer:
        names = dict.fromkeys(name for name, _ in asked.headers)
        several = {name: [value for key, value in asked.headers if key == name] for name in names}
        one = {name: values[-1] for name, values in several.items()}
        event = {
            "type": "REQUEST",
            "methodArn": ARN,
            "headers": one or None,
            "multiValueHeaders": several or None,
            "queryStringParameters": dict(httpx.URL(asked.path).params) or None,
        }
        return _authorized(lambda: handler(event, None))

    return send


def http_1() -> Door:
    """An HTTP API with payload format 1.0."""
    handler = api_gateway_authorizer(verifier(is_async=False), **SETTINGS)

    def send(asked: Asked) -> Answer:
        event = {"version": "1.0", "type": "REQUEST", "methodArn": ARN, "headers": _joined(asked)}
        return _authorized(lambda: handler(event, None))

    return send


def http_2() -> Door:
    """An HTTP API with payload format 2.0, which has cookies apart."""
    handler = api_gateway_authorizer(verifier(is_async=False), **SETTINGS)

    def send(asked: Asked) -> Answer:
        headers = _joined(asked)
        headers.pop("cookie", "")
        event: dict[str, Any] = {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "headers": headers}
        pieces = [piece.strip() for value in asked.values("cookie") for piece in value.split(";")]
        if pieces:
            event["cookies"] = pieces
        return _authorized(lambda: handler(event, None))

    return send


def appsync() -> Door:
    """AppSync, whose header has the token with or without the scheme."""
    handler = appsync_authorizer(verifier(is_async=False), scopes="orders/read", groups="admins")

    def send(asked: Asked) -> Answer | None:
        if asked.values("cookie"):
            return None
        event = {"authorizationToken": ",".join(asked.values("authorization")), "requestHeaders": _joined(asked)}
        return _authorized(lambda: handler(event, None))

    return send


HTTP_DOORS: Final[Mapping[str, Callable[[], Door]]] = {
    "starlette": starlette,
    "litestar": litestar,
    "quart": quart,
    "django-asgi": django_asgi,
    "django-wsgi": django_wsgi,
    "flask": flask,
    "fastapi": lambda: fastapi(is_async=True),
    "fastapi-sync-verifier": lambda: fastapi(is_async=False),
}
LAMBDA_DOORS: Final[Mapping[str, Callable[[], Door]]] = {
    "rest-token": rest_token,
    "rest-request": rest_request,
    "http-1.0": http_1,
    "http-2.0": http_2,
    "appsync": appsync,
}


@cache
def door(name: str) -> Door:
    """Return a door, opened on first use; skip the test if its framework is not installed."""
    if name in HTTP_DOORS:
        pytest.importorskip(name.partition("-")[0])
    return {**HTTP_DOORS, **LAMBDA_DOORS}[name]()
