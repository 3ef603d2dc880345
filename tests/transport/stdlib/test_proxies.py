"""Proxies: large bodies through tunnels, TLS within TLS, and proxies that misbehave."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp.errors import ConfigError, ProxyError
from tests.support.answers import answer, chunked, head, tunnel
from tests.support.hostile import MIB
from tests.transport.behaviour.rig import GENEROUS

from .peers import raw_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received, Server
    from tests.support.tls import Authority
    from tests.transport.behaviour.rig import Rig

HOST = "192.0.2.1"  # which nobody has
URL = f"https://{HOST}"
pytestmark = pytest.mark.usefixtures("trusted")
LIMITS = GENEROUS._replace(max_response_bytes=2 * MIB)


@pytest.fixture
def target(serve: Serve, trusted: Authority) -> Server:
    """Start a server with TLS that answers with what it was sent."""
    return serve(echo, tls=trusted.server_context(HOST))


@pytest.fixture(params=["http", "https"])
def proxied(
    request: pytest.FixtureRequest, serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Handler], Server]:
    """Start proxies, http ones and https ones, that all calls go through."""

    def start(handler: Handler) -> Server:
        proxy = serve(handler, tls=authority.server_context("127.0.0.1") if request.param == "https" else None)
        for variable in ("HTTPS_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(variable, proxy.url.replace("://", "://mary:secret@"))
        return proxy

    return start


def echo(connection: Connection, request: Received) -> None:
    """Answer with what came, by length, or in chunks if the request says so."""
    if request.header("x-chunked"):
        pieces = [request.body[at : at + 10_000] for at in range(0, len(request.body), 10_000)]
        chunked(*pieces)(connection, request)
    else:
        answer(request.body)(connection, request)


def body_of(size: int) -> bytes:
    """Return bytes that show when some are missing or in another order."""
    return b"".join(b"%08x" % number for number in range(size // 8))


@pytest.mark.slow
def test_large_bodies_through_a_tunnel(rig: Rig, target: Server, proxied: Callable[[Handler], Server]) -> None:
    """1 MB each way, by length and in chunks, through http and https proxies, over one connection."""
    proxy = proxied(tunnel(target.port))
    client = rig.client(URL)
    for size in (0, 8, 16_384, MIB, 160_000):
        for headers in ((), (("x-chunked", "yes"),)):
            body = body_of(size)
            assert body == rig.exchange(URL, headers=headers, body=body, limits=LIMITS, client=client).body
    assert (1, 1, 10) == (proxy.accepted, target.accepted, len(target.requests))


@pytest.mark.parametrize("turns", [True, False])
def test_a_tunnel_that_ended(rig: Rig, target: Server, proxied: Callable[[Handler], Server], turns: bool) -> None:
    """A kept tunnel whose far end has closed is replaced, also if no event loop has seen the end before the call."""
    proxy = proxied(tunnel(target.port))
    client = rig.client(URL)

    def end() -> None:
        for connection in list(target._connections):
            connection.wake()
        target.wait_for(lambda: target.open == 0)
        # The tunnel's end is on its way through two more threads.
        proxy.wait_for(lambda: proxy.open == 0)

    async def main() -> None:
        await client.call("ListUsers")
        end()
        await client.call("ListUsers")

    if rig.wire.is_async and not turns:
        rig.kit.run(main)
    else:
        rig.call(client)
        end()
        rig.call(client)
    assert (2, 2) == (proxy.accepted, target.accepted)


def test_requests_are_forwarded(rig: Rig, proxied: Callable[[Handler], Server]) -> None:
    """Plain http goes to the proxy with the whole URL and the proxy's user, over one connection."""
    proxy = proxied(echo)
    url = "http://service.example:8080/path"
    client = rig.client(url)
    for _ in range(3):
        assert b"{}" == rig.exchange(url, client=client).body
    assert {f"POST {url} HTTP/1.1"} == {request.request_line for request in proxy.requests}
    assert {("service.example:8080", "Basic bWFyeTpzZWNyZXQ=")} == {
        (request.header("host"), request.header("proxy-authorization")) for request in proxy.requests
    }
    assert 1 == proxy.accepted


def spoken(*pieces: bytes, port: int | None) -> Handler:
    """Be a proxy that says its answer in pieces; without a port to tunnel to, it closes then."""

    def handle(connection: Connection, _: Received) -> None:
        for piece in pieces:
            connection.send(piece)
        if port is not None:
            with socket.create_connection(("127.0.0.1", port)) as far:
                back = threading.Thread(target=pump, args=(far.recv, connection.send, connection.wake))
                back.start()
                pump(lambda _: connection.receive(), far.sendall, lambda: far.shutdown(socket.SHUT_RDWR))
                back.join()
        connection.close()

    return handle


def pump(receive: Any, send: Any, end: Any) -> None:
    """Pass bytes on until their end."""
    with suppress(OSError):
        while data := receive(65536):
            send(data)
    with suppress(OSError):
        end()


OPEN = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [OPEN[at : at + 1] for at in range(len(OPEN))],
        [b"HTTP/1.1 100 Continue\r\n\r\n" + OPEN],
        [b"HTTP/1.0 200 OK\r\n\r\n"],
        # A length means nothing in the answer to CONNECT (RFC 9110, 9.3.6).
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"],
        [b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"],
    ],
    ids=["in pieces", "after a 100", "1.0", "with a length", "204"],
)
def test_answers_that_open_a_tunnel(
    rig: Rig,
    target: Server,
    proxied: Callable[[Handler], Server],
    pieces: list[bytes],
) -> None:
    """Any 2xx opens the tunnel, however it is written and in whatever pieces it comes."""
    proxied(spoken(*pieces, port=target.port))
    assert b"{}" == rig.exchange(URL).body


@pytest.mark.parametrize(
    ("pieces", "problem"),
    [
        ([OPEN + b"x"], "it sent more than its answer"),
        ([OPEN + head(200, ("Content-Length", "2")) + b"{}"], "it sent more than its answer"),
        ([], "closed"),
        ([b"HTTP/1.1 200 OK\r\n"], "closed"),
        ([b"SSH-2.0-OpenSSH_9.6\r\n"], "it does not begin with a status line"),
        ([b"HTTP/1.1 200 OK\nVia: x\n\n"], "bare CR or LF"),
        ([head(302, ("Location", "http://elsewhere.example"))], "status 302"),
        ([head(407) + b"words"], "status 407: it doesn't accept the user"),
        ([head(503) + b"words"], "status 503"),
    ],
    ids=["a byte behind", "an answer behind", "closes", "half a head", "ssh", "bare LF", "302", "407", "503"],
)
def test_answers_that_open_none(
    rig: Rig,
    proxied: Callable[[Handler], Server],
    pieces: list[bytes],
    problem: str,
) -> None:
    """Anything else is a `ProxyError` that names the proxy, and nothing is sent through it."""
    proxy = proxied(spoken(*pieces, port=None))
    with pytest.raises(ProxyError) as caught:
        rig.exchange(URL)
    assert f"{HOST}: proxy '127.0.0.1:{proxy.port}': " in str(caught.value)
    assert problem in str(caught.value)
    assert not caught.value.sent
    proxy.wait_for(lambda: proxy.open == 0)
    assert 1 == len(proxy.requests)


@pytest.mark.parametrize(
    ("url", "status", "expected"), [(URL, 407, 1), (URL, 503, 3), ("http://service.example", 407, 1)]
)
def test_a_407_is_not_tried_again(
    rig: Rig,
    proxied: Callable[[Handler], Server],
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    status: int,
    expected: int,
) -> None:
    """A proxy that doesn't accept the user is asked once, for a tunnel or to forward; a 503 is tried again."""
    monkeypatch.setattr("cognito_idp._call.retry.backoff", lambda *_: 0.0)
    proxy = proxied(answer(b"no", status=status))
    with pytest.raises(ProxyError) as caught:
        rig.call(rig.client(url, retry="standard"))
    assert status == caught.value.status_code
    assert f"proxy '127.0.0.1:{proxy.port}': it refused" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert expected == len(proxy.requests)


def test_a_proxy_that_closes_during_the_handshake(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that should speak TLS and closes instead is a `ProxyError`."""
    with raw_server(lambda raw: raw.recv(65536)) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{port}")
        with pytest.raises(ProxyError, match=rf"{HOST}: proxy '127\.0\.0\.1:{port}': "):
            rig.exchange(URL)


def test_a_proxy_that_is_late(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that takes too long is a timeout that names it."""
    over = threading.Event()
    with raw_server(lambda _: over.wait()) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(TimeoutError, match=rf"proxy '127\.0\.0\.1:{port}': no connection within 0\.05 s"):
            rig.exchange(URL, limits=GENEROUS._replace(connect=0.05))
        over.set()


@pytest.mark.parametrize("scheme", ["socks4", "socks5", "socks5h"])
@pytest.mark.parametrize("url", [URL, "http://service.example"])
def test_socks(rig: Rig, monkeypatch: pytest.MonkeyPatch, scheme: str, url: str) -> None:
    """A SOCKS proxy is an error in the settings that says what to use instead."""
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://mary:secret@proxy.example.com")
    with pytest.raises(ConfigError, match=r"use transport='httpx' with httpx\[socks\]") as caught:
        rig.exchange(url)
    assert "'proxy.example.com'" in str(caught.value)
    assert "secret" not in str(caught.value)
