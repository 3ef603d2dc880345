"""TLS: where an answer ends, what an idle connection may receive, what is negotiated, and handshakes that stall."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp.errors import ConnectError, ProtocolError
from tests.support.answers import answer, head
from tests.support.server import PATIENCE

from .records import APPLICATION_DATA, HANDSHAKE, SESSION_TICKET, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received
    from tests.support.tls import Authority
    from tests.transport.behaviour.rig import Rig

pytestmark = pytest.mark.usefixtures("trusted")


def tls_of(connection: Connection) -> Any:
    """Return the server's end of TLS."""
    wrapped: Any = connection._socket
    return wrapped


def say_goodbye(connection: Connection) -> None:
    """Send TLS's close_notify, and don't wait for the client's, which never comes."""
    sends = tls_of(connection)
    sends.setblocking(False)
    # It would read then; or the client, which had enough, is gone.
    with suppress(OSError):
        sends.unwrap()
    sends.setblocking(True)


def saying(data: bytes, *, goodbye: bool) -> Handler:
    """Send some bytes and close, after TLS's close_notify or without one."""

    def handle(connection: Connection, _: Received) -> None:
        connection.send(data)
        if goodbye:
            say_goodbye(connection)
        connection.close()

    return handle


@pytest.mark.parametrize("body", [b"{}", b'{"Padding": "' + b"x" * 200_000 + b'"}'], ids=["short", "long"])
def test_an_answer_until_close(rig: Rig, serve: Serve, authority: Authority, body: bytes) -> None:
    """An answer that only the end of the connection ends is read if TLS announces that end."""
    server = serve(saying(head(200) + body, goodbye=True), tls=authority.server_context("127.0.0.1"))
    assert body == rig.exchange(server.url).body
    server.wait_for(lambda: server.open == 0)


def test_an_answer_until_close_that_is_cut_off(rig: Rig, serve: Serve, authority: Authority) -> None:
    """Without the announcement somebody may have cut it off: it is refused."""
    server = serve(saying(head(200) + b"{}", goodbye=False), tls=authority.server_context("127.0.0.1"))
    with pytest.raises(ProtocolError):
        rig.exchange(server.url)
    server.wait_for(lambda: server.open == 0)


@pytest.mark.parametrize("goodbye", [True, False])
@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 20", head(200, ("Content-Length", "5")) + b"{}"], ids=["none", "head", "body"]
)
def test_an_answer_that_is_too_short(rig: Rig, serve: Serve, authority: Authority, data: bytes, goodbye: bool) -> None:
    """An answer of which a part is missing is refused, however the connection ends."""
    server = serve(saying(data, goodbye=goodbye), tls=authority.server_context("127.0.0.1"))
    with pytest.raises(ProtocolError):
        rig.exchange(server.url)


class Afterwards:
    """Answers, and sends something more on the same socket once `go` is set; it is on its way when `sent` is set."""

    def __init__(self) -> None:
        self.go, self.sent = threading.Event(), threading.Event()
        self.more: Callable[[Connection], object] = lambda connection: connection.send(b"x")  # within TLS

    def __call__(self, connection: Connection, request: Received) -> None:
        """Answer."""
        answer()(connection, request)
        if connection.number == 1 and not self.sent.is_set():
            self.go.wait(PATIENCE)
            self.more(connection)
            self.sent.set()

    def now(self) -> None:
        """Have it sent."""
        self.go.set()
        assert self.sent.wait(PATIENCE)


def call_twice(rig: Rig, url: str, between: Any, *, turns: bool) -> None:
    """Call, do something, and call again; if not `turns`, no event loop sees before the second call what came."""
    client = rig.client(url)
    if turns or not rig.wire.is_async:
        rig.call(client)
        between()
        rig.call(client)
        return

    async def main() -> None:
        await client.call("ListUsers")
        between()
        await client.call("ListUsers")

    rig.kit.run(main)


@pytest.mark.parametrize("turns", [True, False])
def test_a_session_ticket_on_an_idle_connection(
    rig: Rig, serve: Serve, authority: Authority, tmp_path: Path, turns: bool
) -> None:
    """A connection stays in use when a ticket of TLS 1.3 comes while it is idle: that is not an end, nor an answer."""
    context = authority.server_context("127.0.0.1")
    context.num_tickets = 0
    context.keylog_filename = key_log = str(tmp_path / "keys")
    after = Afterwards()

    def send(connection: Connection, number: int, kind: bytes, data: bytes) -> None:
        assert ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256) == tls_of(connection).cipher()
        socket.socket.sendall(tls_of(connection), record(Path(key_log), number, kind, data))

    def handle(connection: Connection, request: Received) -> None:
        if after.sent.is_set():
            send(connection, 2, APPLICATION_DATA, head(200, ("Content-Length", "2")) + b"{}")
        else:
            after(connection, request)

    after.more = lambda connection: send(connection, 1, HANDSHAKE, SESSION_TICKET)
    server = serve(handle, tls=context)
    call_twice(rig, server.url, after.now, turns=turns)
    assert (1, 2) == (server.accepted, len(server.requests))


@pytest.mark.parametrize("turns", [True, False])
@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
def test_bytes_on_an_idle_connection(rig: Rig, serve: Serve, authority: Authority, secure: bool, turns: bool) -> None:
    """A connection on which something comes that nobody asked for is not used again."""
    after = Afterwards()
    server = serve(after, tls=authority.server_context("127.0.0.1") if secure else None)
    call_twice(rig, server.url, after.now, turns=turns)
    assert 2 == server.accepted


@pytest.mark.parametrize("turns", [True, False])
@pytest.mark.parametrize("goodbye", [True, False])
def test_an_idle_connection_that_ends(rig: Rig, serve: Serve, authority: Authority, goodbye: bool, turns: bool) -> None:
    """A connection that the peer has closed is not used again, whether TLS announces its end or not."""
    after = Afterwards()

    def end(connection: Connection) -> None:
        if goodbye:
            say_goodbye(connection)
        else:
            connection.close()

    after.more = end
    server = serve(after, tls=authority.server_context("127.0.0.1"))
    call_twice(rig, server.url, after.now, turns=turns)
    assert 2 == server.accepted


def test_tls_1_2(rig: Rig, serve: Serve, authority: Authority) -> None:
    """A server that has nothing newer than TLS 1.2 is spoken to, over one connection."""
    context = authority.server_context("127.0.0.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    server = serve(answer(), tls=context)
    client = rig.client(server.url)
    for _ in range(3):
        assert {} == rig.call(client)
    assert 1 == server.accepted


def old(context: ssl.SSLContext) -> ssl.SSLContext:
    """Let a context speak TLS 1.1 and nothing newer, as nobody should."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def test_tls_1_1(rig: Rig, serve: Serve, authority: Authority) -> None:
    """A server that has nothing newer than TLS 1.1 gets no request."""
    server = serve(answer(), tls=old(authority.server_context("127.0.0.1")))
    careless = old(ssl.create_default_context(cafile=authority.bundle))
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        try:
            careless.wrap_socket(raw, server_hostname="127.0.0.1").close()
        except ssl.SSLError as error:
            pytest.skip(f"this OpenSSL has no TLS 1.1 to refuse: {error}")
    with pytest.raises(ConnectError) as caught:
        rig.call_once(server.url)
    assert ConnectError is type(caught.value)
    assert [] == server.requests


def test_what_is_negotiated(rig: Rig, serve: Serve, authority: Authority) -> None:
    """The server hears the host's name, and that HTTP/1.1 is all we speak."""
    context = authority.server_context("localhost")
    context.set_alpn_protocols(["h2", "http/1.1"])
    names: list[str | None] = []
    protocols: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def handle(connection: Connection, request: Received) -> None:
        protocols.append(tls_of(connection).selected_alpn_protocol())
        answer()(connection, request)

    server = serve(handle, tls=context)
    assert {} == rig.call_once(server.url.replace("127.0.0.1", "localhost"))
    assert (["localhost"], ["http/1.1"]) == (names, protocols)
