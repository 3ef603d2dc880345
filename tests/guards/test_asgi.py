"""The ASGI middleware: WebSockets, lifespan, exempt paths, and what the application finds."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from cognito_idp import ConfigError
from cognito_idp.guards.asgi import TokenMiddleware
from tests.tokens.issuing import REASON
from tests.tokens.refused import GOOD

from .asked import BAD, FAR, SETTINGS, verifier

if TYPE_CHECKING:
    from .asked import Asked

pytest.importorskip("jwt", reason=REASON)

EXTENSIONS: Any = {"websocket.http.response": {}}


class Application:
    """An ASGI application that notes what it is called with."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, _: Any, __: Any) -> None:
        """Note the scope."""
        self.scopes.append(scope)


def ask(app: Any, **scope: Any) -> list[Any]:
    """Call an application once, and return what it sends."""
    sent: list[Any] = []

    async def receive() -> Any:
        msg = "a refusal needs nothing of the body, nor the event of a WebSocket, which Quart's test client leaves out"
        raise AssertionError(msg)

    async def send(message: Any) -> None:
        sent.append(message)

    asked = {"type": "http", "method": "GET", "path": "/orders", "headers": [], **scope}
    anyio.run(app, asked, receive, send)
    return sent


def headers_of(asked: Asked) -> list[tuple[bytes, bytes]]:
    """Return headers as a server hands them over."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in asked.headers]


AUTHORIZED = [(b"authorization", f"Bearer {GOOD}".encode())]


def guarded(**settings: Any) -> tuple[Application, TokenMiddleware]:
    """Return an application and its guard."""
    app = Application()
    return app, TokenMiddleware(app, verifier(is_async=True), **settings)


@pytest.mark.parametrize("case", list(BAD))
def test_websockets_are_refused_before_they_are_accepted(case: str) -> None:
    """A WebSocket with a bad request is answered with its status where the server can do that, or else closed."""
    asked = BAD[case]
    app, guard = guarded(**SETTINGS)
    (closed,) = ask(guard, type="websocket", headers=headers_of(asked))
    assert ("websocket.close", 1008, asked.error) == (closed["type"], closed["code"], closed["reason"])
    start, body = ask(guard, type="websocket", headers=headers_of(asked), extensions=EXTENSIONS)
    assert ("websocket.http.response.start", asked.status) == (start["type"], start["status"])
    assert ("websocket.http.response.body", asked.error) == (body["type"], json.loads(body["body"])["error"])
    assert [] == app.scopes


def test_a_websocket_with_a_token() -> None:
    """A WebSocket with a good token reaches the application, with the claims in its state, and nothing was sent."""
    app, guard = guarded()
    assert [] == ask(guard, type="websocket", headers=AUTHORIZED)
    assert "mary" == app.scopes[0]["state"]["claims"].username


def test_other_scopes_pass_through() -> None:
    """The lifespan, and whatever a server may invent, reaches the application as it is."""
    app, guard = guarded()
    for kind in ("lifespan", "webtransport"):
        assert [] == ask(guard, type=kind)
        assert {"type", "method", "path", "headers"} == set(app.scopes[-1])


def test_the_state_keeps_what_is_there() -> None:
    """Claims join the state that the server or other middleware has made, and replace what had their name."""
    app, guard = guarded()
    ask(guard, headers=AUTHORIZED, state={"database": "db", "claims": "forged"})
    assert ("db", "mary") == (app.scopes[0]["state"]["database"], app.scopes[0]["state"]["claims"].username)


def test_no_token_where_none_is_required() -> None:
    """On exempt paths, and where a token is not required, the claims are None, and the header is not read there."""
    app, guard = guarded(exempt="/health")
    ask(guard, path="/health", headers=[(b"authorization", b"Bearer x")], state={"claims": "forged"})
    optional, guard = guarded(required=False)
    ask(guard)
    assert [None, None] == [each.scopes[0]["state"]["claims"] for each in (app, optional)]


@pytest.mark.parametrize(
    ("scope", "is_exempt"),
    [
        ({"path": "/api/health", "root_path": "/api"}, True),
        ({"path": "/health", "root_path": "/api"}, True),
        ({"path": "/health", "root_path": "/api/"}, True),
        ({"path": "/apihealth", "root_path": "/api"}, False),
        ({"path": "/api/health", "root_path": ""}, False),
        ({"path": "/api/api/health", "root_path": "/api"}, False),
        ({"path": "/static/app.js", "root_path": "/api"}, True),
        ({"path": "/static/api/orders", "root_path": "/api"}, False),
        ({"path": "/static/apiorders", "root_path": "/api"}, False),
        ({"path": "/api/static/api/orders", "root_path": "/api"}, True),
        ({"path": "/api/health", "root_path": "/api/"}, False),
        ({"path": "/api/health", "root_path": "/api//"}, False),
        ({"path": "/api", "root_path": "/api"}, False),
        # A server may strip the mount, and versions of Starlette before 0.33 do.
        ({"path": "/api/health", "root_path": "/api", "raw_path": b"/api/health"}, True),
        ({"path": "/health", "root_path": "/api", "raw_path": b"/health"}, True),
        ({"path": "/health", "root_path": "/api", "raw_path": b"/api/health"}, True),
        ({"path": "/health", "root_path": "/api", "raw_path": b"/admin/health"}, False),
        ({"path": "/health", "root_path": "/api", "raw_path": b"/api/admin/health"}, False),
        ({"path": "/health", "root_path": "/health", "raw_path": b"/health/health"}, False),
        ({"path": "/health", "raw_path": b"/admin/health"}, False),
        ({"path": "/health", "raw_path": b"/health/"}, True),
        ({"path": "/health", "raw_path": b"/health?query"}, True),
        ({"path": "/health", "raw_path": None}, True),
        ({"path": "/static/\u00fc?", "raw_path": b"/static/%C3%BC%3F"}, True),
        ({"path": "/static/\ufffd", "raw_path": b"/static/%FF"}, True),
    ],
)
def test_exempt_paths_below_a_mount(scope: dict[str, Any], *, is_exempt: bool) -> None:
    """An exempt path is relative to the mount, and none is exempt that frameworks would cut in different places."""
    app, guard = guarded(exempt=["/health", "/static/*"])
    assert is_exempt == (ask(guard, **scope) == [])
    assert is_exempt == bool(app.scopes)


@pytest.mark.parametrize("framework", ["litestar", "starlette"])
@pytest.mark.parametrize("root_path", ["", "/x", "/x/", "/static", "/static/x"])
@pytest.mark.parametrize("path", ["/orders", "/static/x/orders", "/static/orders", "/static/x/x/orders", "/x/orders"])
def test_no_mount_leads_from_an_exempt_path(framework: str, root_path: str, path: str) -> None:
    """Wherever the server or a client's header says that the mount is, no framework finds a guarded route unguarded."""
    app = {"litestar": _litestar_orders, "starlette": _starlette_orders}[framework]()
    guard = TokenMiddleware(app, verifier(is_async=True), exempt="/static/*")

    async def visit() -> httpx.Response:
        transport = httpx.ASGITransport(guard, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get(path)

    assert anyio.run(visit).status_code in (401, 404)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("has_raw_path", [True, False])
@pytest.mark.parametrize("place", ["inside", "outside"])
def test_no_exempt_path_lets_into_a_mount_of_litestar(place: str, kind: str, *, has_raw_path: bool) -> None:
    """Litestar shows a guard inside it the path below the mount, and that one is not taken for an exempt path."""
    pytest.importorskip("litestar")
    mounted = Application()
    app = _litestar_mounts(mounted, place)

    def sent(path: str) -> Any:
        raw_path = f"{path}?query".encode() if has_raw_path else None
        first = ask(app, type=kind, path=path, raw_path=raw_path, root_path="", query_string=b"query")[0]
        return first.get("status", first.get("code"))

    for path in ("/admin", "/admin/", "/admin/health", "/admin/public/export", "/admin/public/admin"):
        assert (401 if kind == "http" else 1008) == sent(path)
    assert [] == mounted.scopes
    if kind == "http":
        assert [200] * 3 == [sent(path) for path in ("/", "/health", "/public/export")]


def _litestar_mounts(mounted: Application, place: str) -> Any:
    from litestar import Litestar, asgi, get
    from litestar.middleware import DefineMiddleware

    async def admin(scope: Any, receive: Any, send: Any) -> None:
        await mounted(scope, receive, send)

    async def public() -> None:
        pass

    public.__annotations__["return"] = None  # which Litestar reads at run time
    settings: Any = {"verifier": verifier(is_async=True), "exempt": ["/", "/health", "/public/*"]}
    app = Litestar(
        [asgi("/admin", is_mount=True, copy_scope=True)(admin), get(["/", "/health", "/public/export"])(public)],
        middleware=[DefineMiddleware(TokenMiddleware, **settings)] if place == "inside" else [],
        openapi_config=None,
        logging_config=None,
    )
    return app if place == "inside" else TokenMiddleware(app, **settings)


@cache
def _litestar_orders() -> Any:
    from litestar import Litestar, get

    async def orders() -> str:
        return "orders"

    orders.__annotations__["return"] = str  # which Litestar reads at run time
    return Litestar([get("/orders")(orders)], openapi_config=None, logging_config=None)


@cache
def _starlette_orders() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def orders(_: Any) -> PlainTextResponse:
        return PlainTextResponse("orders")

    return Starlette(routes=[Route("/orders", orders)])


def test_names_of_headers_in_capitals() -> None:
    """A header counts even if the server left its name in capitals, so that a second one can't hide."""
    app, guard = guarded()
    twice = [(b"Authorization", f"Bearer {GOOD}".encode()), *AUTHORIZED]
    assert 400 == ask(guard, headers=twice)[0]["status"]
    assert [] == app.scopes


def test_the_answer_to_head() -> None:
    """The answer to HEAD has the length of the body, and no body."""
    _, guard = guarded()
    start, body = ask(guard, method="HEAD")
    _, whole = ask(guard)
    assert (b"", str(len(whole["body"])).encode()) == (body["body"], dict(start["headers"])[b"content-length"])


def test_keys_out_of_reach_are_not_the_callers_fault() -> None:
    """A 503 asks for another try and has no challenge."""
    _, guard = guarded()
    start, _ = ask(guard, headers=[(b"authorization", f"Bearer {FAR}".encode())])
    headers = dict(start["headers"])
    assert (503, b"5", None) == (start["status"], headers[b"retry-after"], headers.get(b"www-authenticate"))


def test_a_sync_verifier() -> None:
    """A `TokenVerifier`, which would block the event loop, is refused with the class to use."""
    with pytest.raises(ConfigError, match=r"^verifier= takes an AsyncTokenVerifier, not TokenVerifier$"):
        TokenMiddleware(Application(), verifier(is_async=False))
    with pytest.raises(ConfigError, match=r"^verifier= takes an AsyncTokenVerifier, not NoneType$"):
        TokenMiddleware(Application(), None)  # type: ignore[arg-type]


def test_starlette() -> None:
    """Under Starlette, a mounted guard covers what is mounted, WebSockets too, and the state of the lifespan stays."""
    from contextlib import asynccontextmanager

    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.testclient import TestClient, WebSocketDenialResponse

    async def me(request: Any) -> PlainTextResponse:
        return PlainTextResponse(f"{request.state.claims.username} {request.state.database}")

    async def feed(websocket: Any) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.state.claims.username)
        await websocket.close()

    async def health(request: Any) -> PlainTextResponse:
        return PlainTextResponse(str(request.state.claims))

    @asynccontextmanager
    async def lifespan(_: Any) -> Any:
        yield {"database": "db"}

    inner = Starlette(routes=[Route("/me", me), WebSocketRoute("/feed", feed), Route("/health", health)])
    app = Starlette(
        routes=[Mount("/api", TokenMiddleware(inner, verifier(is_async=True), exempt="/health"))],
        lifespan=lifespan,
    )
    headers = {"Authorization": f"Bearer {GOOD}"}
    with TestClient(app) as client:
        assert "mary db" == client.get("/api/me", headers=headers).text
        assert 401 == client.get("/api/me").status_code
        assert "None" == client.get("/api/health").text
        with client.websocket_connect("/api/feed", headers=headers) as websocket:
            assert "mary" == websocket.receive_text()
        with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/api/feed"):
            pass
        assert 'Bearer realm="api"' == caught.value.headers["www-authenticate"]


@pytest.mark.parametrize("framework", ["litestar", "quart"])
def test_websockets_of_other_frameworks(framework: str) -> None:
    """Litestar and Quart find the claims of a WebSocket, and their server is told to refuse one without a token."""
    pytest.importorskip(framework)
    assert "mary" == {"litestar": _litestar, "quart": _quart}[framework]()


def _litestar() -> str:
    from litestar import Litestar, WebSocket, websocket
    from litestar.exceptions import WebSocketDisconnect
    from litestar.middleware import DefineMiddleware
    from litestar.testing import TestClient

    async def feed(socket: Any) -> None:
        await socket.accept()
        await socket.send_text(socket.state.claims.username)
        await socket.close()

    feed.__annotations__["socket"] = WebSocket[Any, Any, Any]  # which Litestar reads at run time
    guard = DefineMiddleware(TokenMiddleware, verifier=verifier(is_async=True))
    with TestClient(
        Litestar([websocket("/feed")(feed)], middleware=[guard], openapi_config=None, logging_config=None)
    ) as client:
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/feed") as socket:
            socket.receive_text()
        with client.websocket_connect("/feed", headers={"Authorization": f"Bearer {GOOD}"}) as socket:
            return socket.receive_text()


def _quart() -> str:
    from quart import Quart, websocket
    from quart.testing import WebsocketResponseError

    app = Quart("feed")

    @app.websocket("/feed")
    async def feed() -> None:
        await websocket.send(websocket.scope["state"]["claims"].username)

    app.asgi_app = TokenMiddleware(app.asgi_app, verifier(is_async=True))  # type: ignore[method-assign]

    async def visit() -> str:
        client = app.test_client()
        with pytest.raises(WebsocketResponseError) as caught:
            async with client.websocket("/feed") as socket:
                await socket.receive()
        assert 401 == caught.value.response.status_code
        async with client.websocket("/feed", headers={"Authorization": f"Bearer {GOOD}"}) as socket:
            return str(await socket.receive())

    return anyio.run(visit)
