"""Connecting: dead addresses, sockets that must not be left behind, and a client that is closed meanwhile."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import socket
import threading
from asyncio.selector_events import BaseSelectorEventLoop
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import AsyncClient, Timeout
from cognito_idp._protocol.wire import HttpRequest
from cognito_idp._transport import make_async_transport, stdlib_common, stdlib_protocol, stdlib_sync
from cognito_idp.errors import ClientClosedError, ConnectError, ConnectTimeoutError, DeadlineExceededError, ReadError
from tests.faults.census import grown, open_files
from tests.support.answers import answer, reset
from tests.support.hostile import deaf_port
from tests.support.kit import CREDENTIALS
from tests.support.server import PATIENCE
from tests.transport.behaviour.rig import GENEROUS

from .peers import raw_server, resolve_to, until_closed

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.tls import Authority
    from tests.transport.behaviour.rig import Rig

URL = "http://service.example"
SHORT = 0.2
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc to count descriptors in")


def refusing_port() -> int:
    """Return a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.slow
@pytest.mark.parametrize("limits", [{"connect": 2 * SHORT}, {"total": 2 * SHORT}, {"connect": 9, "total": 2 * SHORT}])
def test_the_first_address_is_dead(
    rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch, limits: dict[str, float]
) -> None:
    """An address that doesn't answer takes only its share of the time, whichever limit that is."""
    with deaf_port() as port:
        resolve_to(monkeypatch, [port, serve(answer()).port])
        assert {} == rig.call_once(URL, timeout=Timeout(**limits))


def test_the_first_address_refuses(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that refuses, as IPv6's often does, costs nothing; without limits, too."""
    resolve_to(monkeypatch, [refusing_port(), refusing_port(), serve(answer()).port])
    assert {} == rig.call_once(URL, timeout=Timeout(connect=None, read=None, write=None))


@pytest.mark.slow
def test_all_addresses_are_dead(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """If no address answers there is one error, when the limit has passed; if they refuse, at once."""
    with deaf_port() as one, deaf_port() as other:
        resolve_to(monkeypatch, [one, refusing_port(), other])
        with pytest.raises(ConnectTimeoutError, match=r"service\.example: no connection within 0\.2 s"):
            rig.call_once(URL, timeout=Timeout(connect=SHORT))
        with pytest.raises(DeadlineExceededError):
            rig.call_once(URL, timeout=Timeout(total=SHORT))
    resolve_to(monkeypatch, [refusing_port(), refusing_port()])
    with pytest.raises(ConnectError, match=r"service\.example: Connection refused") as caught:
        rig.call_once(URL)
    assert ConnectError is type(caught.value)


def test_a_call_that_is_cancelled_while_connecting(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is cancelled while an address doesn't answer ends, and tries no other address."""
    server = serve(answer())
    settings: Any = {"credentials": CREDENTIALS, "endpoint_url": URL, "allow_http": True, "transport": "stdlib"}
    tried: list[object] = []
    original = BaseSelectorEventLoop.sock_connect

    async def main() -> None:
        begun = asyncio.Event()

        async def sock_connect(loop: Any, *arguments: Any) -> None:
            tried.append(arguments)
            begun.set()
            await original(loop, *arguments)

        monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", sock_connect)
        async with AsyncClient("us-east-1", **settings) as client:
            call = asyncio.create_task(client.call("ListUsers"))
            await begun.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    with deaf_port() as port:
        resolve_to(monkeypatch, [port, server.port])
        asyncio.run(main())
    assert 1 == len(tried)
    assert 0 == server.accepted


def test_a_connection_that_is_reset(rig: Rig, serve: Serve) -> None:
    """The error of a connection that the server breaks off has the system's own words for it."""
    error = rig.failure(serve(reset).url)
    assert ReadError is type(error)
    assert str(error).endswith(f": {os.strerror(errno.ECONNRESET)}")


def test_broken_connections_are_forgotten(rig: Rig, serve: Serve) -> None:
    """A client holds nothing of connections that broke, however many there were."""

    def held() -> int:
        gc.collect()
        kinds = (stdlib_protocol.Connection, stdlib_sync._Connection)
        return sum(isinstance(each, kinds) for each in gc.get_objects())

    client = rig.client(serve(reset).url)
    before = held()
    for _ in range(3):
        with pytest.raises(ReadError):
            rig.call(client)
    assert before >= held()


def test_a_name_that_is_unknown(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that can't be resolved, or can't be a name, is a failed connection."""

    def fail(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    original = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(ConnectError, match=r"service\.example: Name or service not known"):
        rig.call_once(URL)
    monkeypatch.setattr(socket, "getaddrinfo", original)
    with pytest.raises(ConnectError, match=r"x{64}\.example: "):
        rig.call_once(f"http://{'x' * 64}.example")


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("way", ["deaf", "refuses", "no handshake", "no TLS", "stranger", "silent"])
def test_no_socket_is_left_behind(
    rig: Rig, serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A connection that can't be made, at whatever step, leaves no socket open."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    wrong = authority.server_context("192.0.2.1")
    scheme = "http" if way in {"deaf", "refuses", "silent"} else "https"
    with (
        deaf_port() as deaf,
        raw_server(until_closed) as silent,
        raw_server(lambda raw: raw.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")) as plain,
    ):
        ports = {"deaf": deaf, "refuses": refusing_port(), "no TLS": plain, "no handshake": silent, "silent": silent}
        port = ports.get(way) or serve(answer(), tls=wrong).port
        client = rig.client(f"{scheme}://127.0.0.1:{port}", timeout=Timeout(connect=0.05, read=0.05))
        before = open_files()
        for _ in range(4):
            with pytest.raises((ConnectError, TimeoutError)):
                rig.call(client)
        # The peers' ends are in this process, too, and may be a moment behind, which `grown` waits for.
        assert {} == grown(before, open_files)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Return an event that is set when the sync engine begins to wait for a socket."""
    waits = threading.Event()
    original = stdlib_common.is_ready

    def is_ready(fileno: int, *, to_read: bool, seconds: float | None) -> bool:
        if seconds != 0:
            waits.set()
        return original(fileno, to_read=to_read, seconds=seconds)

    monkeypatch.setattr("cognito_idp._transport.stdlib_sync.is_ready", is_ready)
    return waits


def closed_meanwhile(rig: Rig, url: str, waits: threading.Event) -> None:
    """Call without limits, close the client when the call waits for its socket, and expect the call to end."""
    client = rig.client(url, timeout=Timeout(connect=None, read=None, write=None))
    outcomes: list[object] = []
    if rig.wire.is_async:

        async def main() -> None:
            task = asyncio.ensure_future(client.call("ListUsers"))
            pools = None
            while not pools or not next(iter(pools.values())).connections:
                await asyncio.sleep(0)
                pools = client._link.transport and client._link.transport._pools
            for _ in range(100):
                await asyncio.sleep(0)
            await client.aclose()
            await asyncio.wait((task,))
            outcomes.append(type(task.exception()))

        rig.kit.run(main)
    else:

        def work() -> None:
            try:
                client.call("ListUsers")
            except Exception as error:  # noqa: BLE001 - the test looks at it
                outcomes.append(type(error))

        thread = threading.Thread(target=work)
        thread.start()
        assert waits.wait(PATIENCE)
        client.close()
        thread.join(PATIENCE)
    assert [ClientClosedError] == outcomes


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_closing_while_an_address_is_deaf(rig: Rig, watched: threading.Event, scheme: str) -> None:
    """Closing the client ends a call whose connection is being made, although nothing else would."""
    with deaf_port() as port:
        closed_meanwhile(rig, f"{scheme}://127.0.0.1:{port}", watched)


@pytest.mark.usefixtures("trusted")
def test_closing_during_a_handshake(rig: Rig, watched: threading.Event) -> None:
    """Closing the client ends a call whose server never shakes hands."""
    with raw_server(until_closed) as port:
        closed_meanwhile(rig, f"https://127.0.0.1:{port}", watched)


@pytest.mark.usefixtures("trusted")
def test_closing_while_a_proxy_is_asked(rig: Rig, watched: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing the client ends a call whose proxy does not answer."""
    with raw_server(until_closed) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        closed_meanwhile(rig, "https://service.example", watched)


def test_a_closed_client_sends_nothing_more(serve: Serve) -> None:
    """A call that waited for something else while its client was closed does not go out."""
    server = serve(answer())

    async def main() -> None:
        transport = make_async_transport("stdlib")
        headers = (("host", "127.0.0.1"), ("content-length", "2"))
        task = asyncio.ensure_future(transport.send(HttpRequest("POST", server.url, headers, b"{}", GENEROUS)))
        await asyncio.sleep(0)  # it waits for the thread that finds the way
        await transport.close()
        with pytest.raises(ClientClosedError):
            await task

    asyncio.run(main())
    assert [] == server.requests


@pytest.mark.usefixtures("trusted")
def test_a_handshake_that_is_broken_off(rig: Rig) -> None:
    """A server that closes during the handshake is a failed connection, not one that took too long."""
    with (
        raw_server(lambda raw: raw.recv(65536)) as port,
        pytest.raises(ConnectError) as caught,
    ):
        rig.call_once(f"https://127.0.0.1:{port}")
    assert ConnectError is type(caught.value)
    assert not caught.value.sent
