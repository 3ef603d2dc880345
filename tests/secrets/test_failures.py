"""Every way in which an exchange fails, over every transport, with secrets in every part of it.

The other side sends parts of a good answer, and repeats what it was sent, wherever HTTP has room for it.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from cognito_idp import AppClient, AsyncUserSession, Timeout, Tokens, UserSession, to_wire
from cognito_idp.errors import CognitoIdpError, ProtocolError, ProxyError
from tests.conformance.values import request_classes
from tests.support.answers import answer, head
from tests.support.hostile import deaf_port
from tests.support.kit import kit_of
from tests.support.server import PATIENCE
from tests.transport.behaviour.wires import WIRES, params

from .conftest import CREDENTIALS, MARKS
from .values import marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.kit import Kit
    from tests.support.server import Connection, Received
    from tests.support.tls import Authority
    from tests.transport.behaviour.wires import Wire

    from .search import Search

CLS = next(cls for cls in request_classes() if cls.operation.name == "AdminInitiateAuth")
BODY = json.dumps(to_wire(marked(CLS.operation.response_type, MARKS))).encode()
SECRET = MARKS(40).encode()
START = head(200, ("Content-Length", str(len(BODY) + 1000))) + BODY[:-20]
CHUNKS = head(200, ("Transfer-Encoding", "chunked"))
CHUNK = b"%x\r\n%s\r\n" % (len(BODY), BODY)


def sends(data: bytes, then: Callable[[Connection], object] = lambda _: None) -> Handler:
    """Send some bytes, and then do something with the connection."""

    def handle(connection: Connection, _: Received) -> None:
        connection.send(data)
        then(connection)

    return handle


def stall(connection: Connection) -> None:
    """Say nothing for as long as the client waits."""
    connection.wait_for_close()


def close(connection: Connection) -> None:
    """Close the connection."""
    connection.close()


def reset(connection: Connection) -> None:
    """Break the connection off."""
    connection.reset()


def drip(connection: Connection) -> None:
    """Send one more byte now and then for as long as the client listens."""
    while not connection.wait_for_close(0.01):
        connection.send(b" ")


def line(text: bytes) -> bytes:
    """Return an answer with a line in its head that need not be a header."""
    return head(200, ("Content-Length", "3"))[:-2] + text + b"\r\n\r\n{} "


IN_BODY: dict[str, Handler] = {
    "closed in body": sends(START, close),
    "reset in body": sends(START, reset),
    "silent in body": sends(START, stall),
    "slow in body": sends(START, drip),
    "closed in chunks": sends(CHUNKS + CHUNK, close),
    "closed in a chunk": sends(CHUNKS + CHUNK[:-20], close),
    "reset in chunks": sends(CHUNKS + CHUNK, reset),
    "silent in chunks": sends(CHUNKS + CHUNK, stall),
    "slow in chunks": sends(CHUNKS + CHUNK + b"3e8\r\n", drip),
    "closed without length": sends(head(200) + BODY[:-20], close),
    "reset without length": sends(head(200) + BODY[:-20], reset),
    "too large": answer(BODY + b" " * 5000),
    "no JSON": answer(BODY[:-1]),
    "a page": answer(b"<html><body>you sent " + SECRET + b"</body></html>", status=502),
}
# More than h11 keeps of a head that isn't whole (100 KiB) and one read of httpcore's (64 KiB) together.
# So it is too long before it is whole, however the reads are cut.
TOO_LONG = SECRET * (200 * 1024 // len(SECRET))
# httpcore's debug log quotes heads, and lines that are none, so there these marks are no find.
IN_HEAD: dict[str, Handler] = {
    "no chunk": sends(CHUNKS + CHUNK + SECRET + b"\r\n"),
    "bad trailer": sends(CHUNKS + CHUNK + b"0\r\n" + SECRET + b"\r\n\r\n"),
    "silent in head": sends(b"HTTP/1.1 200 OK\r\nset-cookie: " + SECRET, stall),
    "closed in head": sends(b"HTTP/1.1 200 OK\r\nset-cookie: " + SECRET, close),
    "reset in head": sends(b"HTTP/1.1 200 OK\r\nset-cookie: " + SECRET, reset),
    "no status line": sends(SECRET + b"\r\n\r\n", close),
    "odd version": sends(b"HTTP/" + SECRET + b" 200 OK\r\n\r\n", close),
    "odd status": sends(b"HTTP/1.1 " + SECRET + b"\r\n\r\n", close),
    "odd reason": sends(b"HTTP/1.1 400 " + SECRET + b"\x00\r\n\r\n", close),
    "no colon": sends(line(SECRET)),
    "no name": sends(line(b": " + SECRET)),
    "odd name": sends(line(SECRET + b" x: 1")),
    "odd value": sends(line(b"x: \x00" + SECRET)),
    "folded": sends(b"HTTP/1.1 200 OK\r\n " + SECRET + b"\r\nContent-Length: 1\r\n\r\n{"),
    "long line": sends(line(b"x: " + TOO_LONG)),
    "odd length": sends(b"HTTP/1.1 200 OK\r\nContent-Length: " + SECRET + b"\r\n\r\n{", close),
    "two lengths": sends(line(b"Content-Length: " + SECRET)),
    "odd coding": sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + SECRET + b"\r\n\r\n{", close),
    "odd compression": sends(line(b"Content-Encoding: " + SECRET)),
    "odd type": sends(b"HTTP/1.1 200 OK\r\nContent-Type: " + SECRET + b"\r\nContent-Length: 1\r\n\r\n{"),
    "odd upgrade": sends(b"HTTP/1.1 101 Switching\r\nUpgrade: " + SECRET + b"\r\n\r\n", stall),
    "a redirect": answer(b"", status=302, headers=(("Location", f"https://x/?{SECRET.decode()}"),)),
}
FAILED = "it failed"
LIMITS = Timeout(total=0.3, connect=5, read=0.15, write=0.15)


def ends(kit: Kit, search: Search, case: str, function: Any, *arguments: Any, **named: Any) -> None:
    """Call what must fail, and look at all that is left of it."""
    with pytest.raises(CognitoIdpError) as caught:
        kit.run(function, *arguments, **named)
    search.error(caught.value, case)


def fail(wire: Wire, search: Search, case: str, url: str, *, verify: Any = False, **settings: Any) -> None:
    """Make a call that fails, over some transport; `padding` makes it a large one."""
    padding = settings.pop("padding", None)
    settings = {"transport": wire.make(verify), "timeout": LIMITS, "max_response_bytes": 5000, **settings}
    with kit_of(wire.kind) as kit:
        client = kit.client(endpoint_url=url, allow_http=True, credentials=CREDENTIALS, retry="off", **settings)
        if padding is None:
            ends(kit, search, case, client.send, marked(CLS, MARKS))
        else:
            ends(kit, search, case, client.call, "AdminInitiateAuth", {"Padding": padding})
        kit.close(client)


def leave_debug_logs(search: Search) -> None:
    """Take out what httpcore's debug log says of the heads of answers."""
    for place in [place for place in search.found if place.startswith("log record of httpcore")]:
        del search.found[place]


@pytest.mark.parametrize("wire", params())
@pytest.mark.parametrize("way", list(IN_BODY))
def test_a_body_that_fails(wire: Wire, serve: Serve, search: Search, way: str) -> None:
    """Whatever breaks off a body, and over whatever transport, nothing holds the request or what came of the answer."""
    fail(wire, search, way, serve(IN_BODY[way]).url)


@pytest.mark.parametrize("wire", params())
@pytest.mark.parametrize("way", list(IN_HEAD))
def test_a_head_that_fails(wire: Wire, serve: Serve, search: Search, way: str) -> None:
    """No line of an answer that is not HTTP, and no value of a header, gets into an error of any library's."""
    fail(wire, search, way, serve(IN_HEAD[way]).url)
    leave_debug_logs(search)


@pytest.fixture
def context(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Trust the tests' authority; return the context for transports that a user brings along."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    return ssl.create_default_context(cafile=authority.bundle)


@pytest.mark.parametrize("wire", params())
@pytest.mark.parametrize("way", ["closed in body", "reset in body", "silent in body", "closed in chunks"])
def test_a_body_over_tls_that_fails(
    wire: Wire, serve: Serve, search: Search, way: str, authority: Authority, context: ssl.SSLContext
) -> None:
    """Under TLS, whose layers have buffers of their own, nothing holds a secret either."""
    server = serve(IN_BODY[way], tls=authority.server_context("127.0.0.1"))
    fail(wire, search, way, server.url, verify=not wire.is_default and context)


@pytest.mark.parametrize("wire", params())
def test_a_certificate_that_is_not_trusted(
    wire: Wire, serve: Serve, search: Search, authority: Authority, context: ssl.SSLContext
) -> None:
    """A handshake that fails leaves the request in no frame."""
    server = serve(answer(), tls=authority.server_context("127.0.0.2"))
    fail(wire, search, "certificate", server.url, verify=not wire.is_default and context)


@contextmanager
def taking(connection: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """Accept one connection on a port, and do something with it that ends with an event."""
    done = threading.Event()

    def take() -> None:
        raw, _ = listener.accept()
        with raw:
            connection(raw, done)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            thread.join()


def take_nothing(_: socket.socket, done: threading.Event) -> None:
    """Read nothing, until the kernel's buffers are full and after."""
    done.wait(PATIENCE)


def break_off(raw: socket.socket, _: threading.Event) -> None:
    """Read a little, and break off."""
    raw.recv(1000)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.slow
@pytest.mark.parametrize("wire", params())
@pytest.mark.parametrize("take", [take_nothing, break_off])
@pytest.mark.parametrize("tls", [False, True])
def test_a_request_that_is_not_taken(
    wire: Wire, search: Search, take: Any, tls: bool, authority: Authority, context: ssl.SSLContext
) -> None:
    """A server that takes only the beginning of a large request leaves no part of it in any frame."""
    server_context = authority.server_context("127.0.0.1")

    def connection(raw: socket.socket, done: threading.Event) -> None:
        if tls:
            with server_context.wrap_socket(raw, server_side=True) as wrapped:
                take(wrapped, done)
        else:
            take(raw, done)

    with taking(connection) as port:
        url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
        fail(wire, search, take.__name__, url, verify=not wire.is_default and context, padding=MARKS(8_000_000))


@pytest.mark.slow
@pytest.mark.parametrize("wire", params())
def test_a_request_that_nobody_takes(wire: Wire, search: Search) -> None:
    """A server that takes no connection leaves the request in no frame."""
    with deaf_port() as port:
        fail(wire, search, "deaf", f"http://127.0.0.1:{port}", timeout=Timeout(total=0.5, connect=0.2))


APP = AppClient("us-east-1_EXAMPLE", "1example23456789", MARKS(40))


@pytest.mark.slow
@pytest.mark.parametrize("wire", params())
@pytest.mark.parametrize("way", ["closed in body", "silent in body", "no JSON"])
def test_sessions_and_sign_ins(
    wire: Wire, serve: Serve, search: Search, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A sign-out, a refresh or a sign-in that fails shows no token, no password and no client secret."""
    monkeypatch.setattr("cognito_idp.tokens.refresh._LEAST_SECONDS", 0.3)  # a refresh has limits of its own
    tokens = Tokens(access_token=MARKS(60), id_token=MARKS(60), refresh_token=MARKS(60), token_type="Bearer")
    url = serve(IN_BODY[way]).url
    with kit_of(wire.kind) as kit:
        settings: dict[str, Any] = {"transport": wire.make(False), "retry": "off", "timeout": LIMITS}
        client = kit.client(endpoint_url=url, credentials=CREDENTIALS, **settings)
        session: Any = (UserSession if kit.kind == "sync" else AsyncUserSession)(client, APP, tokens)
        for function in (session.sign_out, session.global_sign_out, session.refresh):
            ends(kit, search, way, function)
        for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH"):
            ends(kit, search, way, client.sign_in, APP, username="mary", password=MARKS(20), flow=flow)
        kit.close(client)


def echo(connection: Connection, request: Received) -> None:
    """Be a proxy that refuses, and repeats its user's password in the reason and a header."""
    password = request.header("proxy-authorization")
    connection.send(f"HTTP/1.1 403 {password}\r\nx: {password}\r\nContent-Length: 0\r\n\r\n".encode())


def echo_407(connection: Connection, request: Received) -> None:
    """Be a proxy that asks for another password, and repeats the one it got."""
    password = request.header("proxy-authorization")
    connection.send(f"HTTP/1.1 407 {password}\r\nContent-Length: 0\r\n\r\n".encode())


def echo_garbage(connection: Connection, request: Received) -> None:
    """Be a proxy that repeats its user's password in place of an answer."""
    connection.send(f"{request.header('proxy-authorization')}\r\n\r\n".encode())
    connection.close()


PROXIES = {"403": echo, "407": echo_407, "garbage": echo_garbage, "silent": sends(b"", stall)}


@pytest.mark.parametrize("wire", params(lambda wire: wire.is_default))
@pytest.mark.parametrize("way", list(PROXIES))
def test_a_proxy_that_refuses(
    wire: Wire, serve: Serve, search: Search, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A proxy that makes no tunnel has its password in no frame, message or attribute, though it repeats it."""
    proxy = serve(PROXIES[way])
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", f"http://mary:{MARKS(20)}@"))
    fail(wire, search, way, "https://192.0.2.1:8443")
    leave_debug_logs(search)


@pytest.mark.parametrize("wire", params(lambda wire: wire.is_default))
@pytest.mark.parametrize("scheme", ["gopher", "socks4", "socks5", "https", "http"])
@pytest.mark.parametrize("function", ["send", "warm_up"])
def test_a_proxy_that_can_not_be_used(
    wire: Wire, serve: Serve, search: Search, monkeypatch: pytest.MonkeyPatch, scheme: str, function: str
) -> None:
    """A proxy of an unknown scheme, or whose password should have been quoted, is named without its password."""
    host = serve(sends(b"", close)).url.removeprefix("http://")
    slash = "/" if scheme == "http" else ""
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://mary:{slash}{MARKS(20)}@{host}")
    with kit_of(wire.kind) as kit:
        client = kit.client(endpoint_url="https://192.0.2.1:8443", transport=wire.make(False), timeout=LIMITS)
        ends(kit, search, scheme, getattr(client, function), *([marked(CLS, MARKS)] if function == "send" else []))
        kit.close(client)


@pytest.mark.parametrize("way", ["403", "407", "garbage"])
def test_a_proxy_of_a_users_transport(kit: Kit, serve: Serve, search: Search, way: str) -> None:
    """What the proxy of a transport of one's own says stands in no error either; its status does."""
    url = serve(PROXIES[way]).url.replace("http://", f"http://mary:{MARKS(20)}@")
    transport = (httpx.HTTPTransport if kit.kind == "sync" else httpx.AsyncHTTPTransport)(proxy=url)
    client = kit.client(endpoint_url="https://192.0.2.1:8443", transport=transport, retry="off", timeout=LIMITS)
    with pytest.raises((ProxyError, ProtocolError)) as caught:
        kit.run(client.send, marked(CLS, MARKS))
    search.error(caught.value, way)
    assert way == "garbage" or str(caught.value) == f"192.0.2.1:8443: the proxy refused with status {way}"
    kit.close(client)
    leave_debug_logs(search)


def first_way(request: httpx.Request) -> httpx.Response:
    """Fail."""
    raise httpx.ConnectError(FAILED, request=request)


def fails_over(request: httpx.Request) -> httpx.Response:
    """Be a transport that tries another way when one fails, and has the request in both failures."""
    try:
        return first_way(request)
    except httpx.ConnectError:
        raise httpx.ReadError(FAILED, request=request)  # noqa: B904 - the context is what is tested


def wraps(request: httpx.Request) -> httpx.Response:
    """Be a transport that raises its own error from another, each with the request."""
    try:
        return fails_over(request)
    except httpx.ReadError as error:
        raise httpx.WriteTimeout(FAILED, request=request) from error


@pytest.mark.parametrize("respond", [fails_over, wraps])
def test_the_request_of_an_exception(kit: Kit, search: Search, respond: Any) -> None:
    """The exceptions of httpx behind ours don't have the request, however many there are."""
    client = kit.client(respond=respond, credentials=CREDENTIALS, retry="off")
    ends(kit, search, respond.__name__, client.send, marked(CLS, MARKS))
    kit.close(client)


def test_the_request_of_a_users_own_exception_is_left_alone(kit: Kit) -> None:
    """An exception of httpx that the caller handles, of a request of its own, keeps that request."""
    own = httpx.ConnectError("theirs", request=httpx.Request("GET", "https://api.example.com"))

    client = kit.client(respond=first_way, retry="off")
    try:
        raise own
    except httpx.ConnectError:
        with pytest.raises(CognitoIdpError):
            kit.run(client.call, "ListUsers")
    assert "https://api.example.com" == str(own.request.url)
    kit.close(client)


@pytest.mark.parametrize("effect", [httpx.ConnectError, httpx.ReadError("text"), fails_over, None])
def test_a_mock_between_us_and_the_network(kit: Kit, search: Search, effect: Any) -> None:
    """The frames of respx, which stand between httpx and the user's function, lose their variables, too."""
    if kit.kind == "trio":
        pytest.skip("respx needs asyncio here")
    client = kit.client(credentials=CREDENTIALS, retry="off")
    with respx.mock(assert_all_called=False) as router:
        if effect is not None:
            router.post().mock(side_effect=effect)
        with pytest.raises((CognitoIdpError, AssertionError)) as caught:
            kit.run(client.send, marked(CLS, MARKS))
    search.error(caught.value, str(effect))
    # respx's own exception refers to its route, which keeps all calls for the test to look at.
    for name in ("route", "args"):
        search.found.pop(f"attribute {name} of SideEffectError", None)
    kit.close(client)


def test_the_wires_are_all_there() -> None:
    """The transports that are searched are those of the behaviour suite."""
    assert {"httpx", "stdlib", "httpx2", "httpx_aiohttp"} == {wire.library for wire in WIRES}
