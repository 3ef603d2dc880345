"""FastAPI's dependency: its schema, its scopes, WebSockets, and what does not block the event loop."""

import threading
from typing import Annotated, Any, assert_type

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Security, WebSocket
from fastapi.requests import HTTPConnection
from fastapi.responses import PlainTextResponse
from fastapi.security import OAuth2AuthorizationCodeBearer, SecurityScopes
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import WebSocketDenialResponse

from cognito_idp import (
    AccessTokenClaims,
    AsyncTokenVerifier,
    ConfigError,
    IdTokenClaims,
    TokenVerifier,
    TrustedPool,
)
from cognito_idp.guards import Guard, Presented, Refusal
from cognito_idp.guards.asgi import TokenMiddleware
from cognito_idp.guards.aws_lambda import api_gateway_authorizer
from cognito_idp.guards.fastapi import require
from tests.tokens.issuing import CLIENT, POOL, REASON, Clock, jwks
from tests.tokens.refused import GOOD

from .asked import EXPIRED, verifier
from .test_asgi import EXTENSIONS, ask

pytest.importorskip("jwt", reason=REASON)

HEADERS = {"Authorization": f"Bearer {GOOD}"}


def app_of(dependency: Any) -> FastAPI:
    """Return an application with one route, which needs a token."""
    app = FastAPI()

    @app.get("/me")
    async def me(claims: Annotated[AccessTokenClaims | None, dependency]) -> str | None:
        return None if claims is None else claims.username

    @app.websocket("/feed")
    async def feed(websocket: WebSocket, claims: Annotated[AccessTokenClaims, dependency]) -> None:
        await websocket.accept()
        await websocket.send_text(claims.username or "")
        await websocket.close()

    return app


def test_the_schema() -> None:
    """OpenAPI shows a bearer token in the form of a JWT for the route, or the scheme that was passed."""
    schema = app_of(Depends(require(verifier(is_async=True)))).openapi()
    assert [{"HTTPBearer": []}] == schema["paths"]["/me"]["get"]["security"]
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert {"HTTPBearer": scheme} == schema["components"]["securitySchemes"]

    code = OAuth2AuthorizationCodeBearer("https://example.com/authorize", "https://example.com/token")
    schema = app_of(Security(require(verifier(is_async=True), scheme=code), scopes=["orders/read"])).openapi()
    assert [{"OAuth2AuthorizationCodeBearer": ["orders/read"]}] == schema["paths"]["/me"]["get"]["security"]
    (scheme,) = schema["components"]["securitySchemes"].values()
    assert "https://example.com/authorize" == scheme["flows"]["authorizationCode"]["authorizationUrl"]


def test_scopes_of_security() -> None:
    """Scopes that stand in `Security` are demanded, too: a route that names them must not be open without."""
    guard = require(verifier(is_async=True), scopes="openid")
    with TestClient(app_of(Security(guard, scopes=["orders/write"]))) as client:
        answer = client.get("/me", headers=HEADERS)
    assert 403 == answer.status_code
    assert 'scope="openid orders/write"' in answer.headers["www-authenticate"]


def test_scopes_of_a_router() -> None:
    """Scopes of a router are demanded of each route in it, beside what the route's own guard demands."""
    guard = require(verifier(is_async=True))
    router = APIRouter(dependencies=[Security(guard, scopes=["orders/write"])])

    @router.get("/me")
    async def me(claims: Annotated[AccessTokenClaims, Depends(guard)]) -> str | None:
        return claims.username

    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as client:
        assert 403 == client.get("/me", headers=HEADERS).status_code


def test_an_optional_token() -> None:
    """Without a required token, the route gets None, and a bad token is refused all the same."""
    with TestClient(app_of(Depends(require(verifier(is_async=True), required=False)))) as client:
        assert client.get("/me").json() is None
        assert "mary" == client.get("/me", headers=HEADERS).json()
        assert 401 == client.get("/me", headers={"Authorization": f"Bearer {EXPIRED}"}).status_code


def test_tests_can_replace_it() -> None:
    """A guard that is kept in a variable can be overridden in tests, as any dependency can."""
    guard = require(verifier(is_async=True))
    app = app_of(Depends(guard))
    claims = verifier(is_async=False).verify(GOOD)
    app.dependency_overrides[guard] = lambda: claims
    with TestClient(app) as client:
        assert "mary" == client.get("/me").json()


def test_a_handler_of_ones_own() -> None:
    """The application's handler of `HTTPException` chooses the body and its type, and has the status and challenge."""
    app = app_of(Depends(require(verifier(is_async=True))))

    @app.exception_handler(HTTPException)
    async def shaped(_: Any, error: HTTPException) -> PlainTextResponse:
        return PlainTextResponse(f"Sorry. {error.detail}", error.status_code, error.headers)

    with TestClient(app) as client:
        answer = client.get("/me")
    assert (401, "Sorry. A bearer token is needed.") == (answer.status_code, answer.text)
    assert 'Bearer realm="api"' == answer.headers["www-authenticate"]
    assert "text/plain; charset=utf-8" == answer.headers["content-type"]


def test_websockets() -> None:
    """A WebSocket needs a token, too: it is refused before it is accepted, with an answer where the server can."""
    app = app_of(Depends(require(verifier(is_async=True))))
    with TestClient(app) as client:
        with client.websocket_connect("/feed", headers=HEADERS) as websocket:
            assert "mary" == websocket.receive_text()
        with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/feed"):
            pass
    assert (401, 'Bearer realm="api"') == (caught.value.status_code, caught.value.headers["www-authenticate"])
    feed: Any = {"type": "websocket", "path": "/feed", "query_string": b"", "subprotocols": []}
    (closed,) = ask(app, **feed)
    assert ("websocket.close", 1008) == (closed["type"], closed["code"])
    assert 401 == ask(app, **feed, extensions=EXTENSIONS)[0]["status"]


def test_one_check_for_a_request() -> None:
    """A guard that a route and its router share verifies the token once."""
    checked: list[str] = []

    def rule(claims: AccessTokenClaims) -> bool:
        checked.append(claims.username or "")
        return True

    guard = require(verifier(is_async=True, check=rule))
    app = app_of(Depends(guard))
    app.router.dependencies.append(Depends(guard))

    @app.get("/twice", dependencies=[Depends(guard)])
    async def twice(claims: Annotated[AccessTokenClaims, Depends(guard)]) -> str | None:
        return claims.username

    with TestClient(app) as client:
        assert "mary" == client.get("/twice", headers=HEADERS).json()
    assert ["mary"] == checked


def test_a_sync_verifier_fetches_keys_in_a_thread() -> None:
    """The event loop answers other requests while a sync verifier fetches keys."""
    fetching, answered = threading.Event(), threading.Event()

    def respond(_: httpx.Request) -> httpx.Response:
        fetching.set()
        assert answered.wait(60), "the event loop was blocked"
        return httpx.Response(200, json=jwks())

    pool = TrustedPool(POOL, client_ids=CLIENT)
    slow = TokenVerifier(pool, token_use="access", clock=Clock(), transport=httpx.MockTransport(respond))
    app = app_of(Depends(require(slow)))

    @app.get("/health")
    async def health() -> None:
        answered.set()

    with TestClient(app) as client:
        names: list[Any] = []
        thread = threading.Thread(target=lambda: names.append(client.get("/me", headers=HEADERS).json()))
        thread.start()
        assert fetching.wait(60)
        assert 200 == client.get("/health").status_code
        thread.join()
    assert ["mary"] == names


async def typed(
    access: AsyncTokenVerifier[AccessTokenClaims], both: TokenVerifier[AccessTokenClaims | IdTokenClaims]
) -> None:
    """Show type checkers what they must infer: the claims are those of the verifier. Nothing here is run."""
    connection, scopes = HTTPConnection({"type": "http", "headers": []}), SecurityScopes()
    assert_type(await require(access, scopes="orders/read")(connection, scopes), AccessTokenClaims)
    assert_type(await require(access, required=False)(connection, scopes), AccessTokenClaims | None)
    assert_type(await require(both)(connection, scopes), AccessTokenClaims | IdTokenClaims)
    assert_type(Guard().check(both, Presented()), AccessTokenClaims | IdTokenClaims | Refusal | None)
    api_gateway_authorizer(both, groups=["admins"], context=lambda claims: {"user": claims.username})
    Starlette(middleware=[Middleware(TokenMiddleware, verifier=access, exempt="/health")])
    require(access, scope="x")  # type: ignore[call-overload]
    TokenMiddleware(Starlette(), both)  # type: ignore[arg-type]


def test_what_is_not_a_verifier() -> None:
    """Anything else than a verifier is refused when the route is made."""
    with pytest.raises(ConfigError, match=r"^verifier= takes a TokenVerifier or an AsyncTokenVerifier, not str$"):
        require("eu-west-1_EXAMPLE")  # type: ignore[call-overload]


def test_a_sync_wrapper_of_an_async_verifier() -> None:
    """A wrapper whose `verify` only looks sync lets nobody in: its verification would never be awaited."""

    class NeverAwaited:
        def verify(self, *_: Any, **__: Any) -> Any:
            return self

    wrapper: Any = NeverAwaited()
    app = app_of(Depends(require(wrapper)))
    with TestClient(app, raise_server_exceptions=False) as client:
        assert 500 == client.get("/me", headers={"Authorization": "Bearer forged"}).status_code
