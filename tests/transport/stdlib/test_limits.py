"""Limits of time, at every wait that an exchange has; and how long connections stay."""

from __future__ import annotations

import select
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cognito_idp._protocol.wire import Limits
from cognito_idp._transport import pool, stdlib_async, stdlib_common
from cognito_idp.errors import DeadlineExceededError, ReadTimeoutError, WriteTimeoutError
from tests.support.answers import answer, drip, hang, hang_in_body, head
from tests.support.hostile import MIB, deaf_port, drip_head, hang_in_head
from tests.support.server import PATIENCE
from tests.transport.behaviour.rig import GENEROUS

from .peers import raw_server, until_closed

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from cognito_idp._transport.stdlib_protocol import Connection
    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.tls import Authority
    from tests.transport.behaviour.rig import Rig

SHORT = 0.05
ONLY_TOTAL = Limits(connect=None, read=None, write=None, total=SHORT, max_response_bytes=MIB)
# The kernel buffers 4 MB or so, and says that more can be taken when a third of that has been read.
LARGE = b"x" * (16 * MIB)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Close what a test opens."""
    with ExitStack() as opened:
        yield opened


def place_for_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clients that are made from now on have one connection only."""
    monkeypatch.setattr(stdlib_async, "MAX_CONNECTIONS", 1)
    monkeypatch.setattr(pool.Pool.__init__, "__defaults__", (1,))
    assert rig.wire.library == "stdlib"


def test_the_total_limit_in_the_queue(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that waits for another's connection ends with the total limit, and the other one goes on."""
    place_for_one(rig, monkeypatch)
    gate = threading.Event()

    def handle(connection: object, request: object) -> None:
        gate.wait()
        answer()(connection, request)  # type: ignore[arg-type]

    server = serve(handle)
    client = rig.client(server.url)
    answers: list[object] = []
    first = threading.Thread(target=lambda: answers.append(rig.call(client)))
    first.start()
    server.wait_for(lambda: len(server.requests) == 1)
    with pytest.raises(DeadlineExceededError, match=r"no whole answer within 0\.05 s"):
        rig.exchange(server.url, client=client, limits=ONLY_TOTAL)
    gate.set()
    first.join()
    assert [{}] == answers
    assert {} == rig.call(client)
    assert 1 == server.accepted


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.usefixtures("trusted")
def test_the_total_limit_while_connecting(rig: Rig, scheme: str) -> None:
    """A machine that doesn't answer an attempt to connect is given up after the total limit."""
    with deaf_port() as port, pytest.raises(DeadlineExceededError):
        rig.exchange(f"{scheme}://127.0.0.1:{port}", limits=ONLY_TOTAL)


@pytest.mark.slow
def test_a_limit_while_another_call_is_connecting(rig: Rig, serve: Serve) -> None:
    """A call ends at its limit while another is still connecting, and that one ends at its own."""
    server = serve(hang)
    client = rig.client(server.url)
    ended: list[type[BaseException]] = []

    def connect(port: int) -> None:
        with pytest.raises(DeadlineExceededError) as caught:
            rig.exchange(f"http://127.0.0.1:{port}", client=client, limits=GENEROUS._replace(total=0.5))
        ended.append(caught.type)

    with deaf_port() as port:
        connecting = threading.Thread(target=connect, args=(port,))
        connecting.start()
        with pytest.raises(ReadTimeoutError):
            rig.exchange(server.url, client=client, limits=GENEROUS._replace(read=0.2))
        connecting.join()
    assert [DeadlineExceededError] == ended


@pytest.mark.usefixtures("trusted")
def test_the_total_limit_in_a_handshake(rig: Rig) -> None:
    """So is a server that doesn't shake hands."""
    with raw_server(until_closed) as port, pytest.raises(DeadlineExceededError):
        rig.exchange(f"https://127.0.0.1:{port}", limits=ONLY_TOTAL)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("handler", [hang, drip_head()], ids=["silent", "drips"])
def test_the_total_limit_at_a_proxy(
    rig: Rig, serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch, scheme: str, handler: Handler
) -> None:
    """So is a proxy that doesn't answer, or begins an answer and sends byte after byte."""
    proxy = serve(handler, tls=authority.server_context("127.0.0.1") if scheme == "https" else None)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(DeadlineExceededError):
        rig.exchange("https://service.example", limits=ONLY_TOTAL)
    proxy.wait_for(lambda: proxy.open == 0)


@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
@pytest.mark.parametrize(
    "handler",
    [hang, hang_in_head, hang_in_body, drip_head(), drip(head(200, ("Content-Length", "100000")))],
    ids=["silent", "head", "body", "head drips", "body drips"],
)
@pytest.mark.usefixtures("trusted")
def test_the_total_limit_in_the_answer(
    rig: Rig, serve: Serve, authority: Authority, handler: Handler, secure: bool
) -> None:
    """So is a server that falls silent, or sends byte after byte, anywhere in its answer."""
    server = serve(handler, tls=authority.server_context("127.0.0.1") if secure else None)
    with pytest.raises(DeadlineExceededError):
        rig.exchange(server.url, limits=ONLY_TOTAL)
    server.wait_for(lambda: server.open == 0)


class Slow:
    """Reads a piece of the request now and then, and answers when `enough` bytes came; or stops reading there."""

    def __init__(self, enough: int, *, answers: bool) -> None:
        self.enough, self._answers = enough, answers
        self.over = threading.Event()

    def __call__(self, raw: socket.socket) -> None:
        """Serve a connection."""
        left = self.enough
        while left > 0:
            self.over.wait(0.01)
            piece = min(left, 256 * 1024)
            left -= piece
            while piece > 0:
                data = raw.recv(piece)
                if not data:
                    return
                piece -= len(data)
        if self._answers:
            raw.sendall(head(200, ("Content-Length", "2")) + b"{}")
        else:
            self.over.wait(PATIENCE)


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest, trusted: Authority) -> str:
    """Run a test over plain connections and over TLS."""
    assert trusted
    chosen: str = request.param
    return chosen


def slow_server(stack: ExitStack, scheme: str, authority: Authority, slow: Slow) -> str:
    """Start a server that reads slowly, and return its URL."""
    if scheme == "http":
        url = f"http://127.0.0.1:{stack.enter_context(raw_server(slow))}"
        stack.callback(slow.over.set)
        return url
    context = authority.server_context("127.0.0.1")

    def script(raw: socket.socket) -> None:
        with context.wrap_socket(raw, server_side=True) as wrapped:
            slow(wrapped)

    url = f"https://127.0.0.1:{stack.enter_context(raw_server(script))}"
    stack.callback(slow.over.set)
    return url


@pytest.mark.slow
def test_the_write_limit_is_for_one_wait(rig: Rig, authority: Authority, scheme: str, stack: ExitStack) -> None:
    """A server that takes a little of the request now and then gets all of it, which takes longer than the limit."""
    url = slow_server(stack, scheme, authority, Slow(len(LARGE), answers=True))
    limits = GENEROUS._replace(write=0.5)
    assert b"{}" == rig.exchange(url, body=LARGE, limits=limits).body


@pytest.mark.slow
def test_the_write_limit(rig: Rig, authority: Authority, scheme: str, stack: ExitStack) -> None:
    """A server that has taken a part of the request, and takes no more, is given up after the write limit."""
    url = slow_server(stack, scheme, authority, Slow(MIB, answers=False))
    with pytest.raises(WriteTimeoutError, match=r"nothing more of the request was taken within 0\.2 s"):
        rig.exchange(url, body=LARGE, limits=GENEROUS._replace(write=0.2))


def test_the_total_limit_while_writing(rig: Rig, authority: Authority, scheme: str, stack: ExitStack) -> None:
    """Progress or not, the total limit ends the sending of a request."""
    url = slow_server(stack, scheme, authority, Slow(len(LARGE), answers=True))
    with pytest.raises(DeadlineExceededError):
        rig.exchange(url, body=LARGE, limits=ONLY_TOTAL)


@pytest.mark.long
def test_the_read_limit_begins_when_the_request_is_sent(
    rig: Rig, authority: Authority, scheme: str, stack: ExitStack
) -> None:
    """Time that a server takes over a request does not count as silence."""
    url = slow_server(stack, scheme, authority, Slow(len(LARGE), answers=True))
    assert b"{}" == rig.exchange(url, body=LARGE, limits=GENEROUS._replace(read=0.5)).body


def test_idle_connections_end(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that has been idle for too long is closed: async by a timer, sync by the next call."""
    monkeypatch.setattr(stdlib_async, "KEEPALIVE_SECONDS", 0.05)
    monkeypatch.setattr(pool, "KEEPALIVE_SECONDS", -1.0)
    server = serve(answer())
    client = rig.client(server.url)
    rig.call(client)
    if not rig.wire.is_async:
        rig.call(client)
    server.wait_for(lambda: server.open == 0)
    assert {} == rig.call(client)


class Clock:
    """Stands for `age_clock`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        for module in (pool, stdlib_async):
            monkeypatch.setattr(module, "age_clock", lambda: self.now)


def test_how_long_a_connection_may_have_been_idle(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that wants a connection of less than 5 s makes a new one; the old one is there for others."""
    clock = Clock(monkeypatch)
    server = serve(answer())
    client = rig.client(server.url)
    rig.call(client)
    clock.now += 6
    fresh = GENEROUS._replace(max_idle=5.0)
    rig.exchange(server.url, client=client, limits=fresh)
    assert 2 == server.accepted
    clock.now += 4
    rig.exchange(server.url, client=client, limits=fresh)
    rig.call(client)
    assert 2 == server.accepted
    clock.now += 61
    rig.call(client)
    assert 3 == server.accepted


@pytest.mark.usefixtures("trusted")
def test_connections_that_nobody_wants_do_not_pile_up(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that always want a fresh connection leave the old ones behind, but not for longer than 60 s."""
    clock = Clock(monkeypatch)
    server = serve(answer())
    client = rig.client(server.url)
    limits = GENEROUS._replace(max_idle=5.0)
    for _ in range(20):
        rig.exchange(server.url, client=client, limits=limits)
        clock.now += 30
        if rig.wire.is_async:
            # What the timer does after 60 s.
            connections = next(iter(client._link.transport._pools.values())).connections
            old = [connection for connection in connections if clock.now - connection.since >= 60]
            rig.kit.run(end_all, old)
    transport = client._link.transport
    keeper = next(iter(transport._pools.values())) if rig.wire.is_async else transport._pool
    kept = [connection for idle in keeper._idle.values() for connection in idle]
    assert len(kept) <= 4
    server.wait_for(lambda: server.open <= 4)


async def end_all(connections: list[Connection]) -> None:
    """Let the time of some connections be over."""
    for connection in connections:
        connection.expire(0)


def test_at_most_so_many_connections(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle connection to one server gives way before one to another is made: there are never more than the limit."""
    place_for_one(rig, monkeypatch)
    one, other = serve(answer()), serve(answer())
    client = rig.client(one.url)
    for _ in range(2):
        rig.exchange(one.url, client=client)
        other.wait_for(lambda: other.open == 0)
        rig.exchange(other.url, client=client)
        one.wait_for(lambda: one.open == 0)
    assert (2, 2) == (one.accepted, other.accepted)


@pytest.mark.slow
@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
@pytest.mark.usefixtures("trusted")
def test_without_poll(
    rig: Rig, serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch, secure: bool
) -> None:
    """Where the system has no `poll`, as Windows, calls are answered, connections kept and watched, and limits hold."""
    monkeypatch.setattr(stdlib_common, "_HAS_POLL", False)
    monkeypatch.delattr(select, "poll")
    tls = authority.server_context("127.0.0.1") if secure else None
    server = serve(answer(), tls=tls)
    client = rig.client(server.url)
    for _ in range(3):
        assert {} == rig.call(client)
    assert 1 == server.accepted
    for connection in list(server._connections):
        connection.wake()
    server.wait_for(lambda: server.open == 0)
    assert {} == rig.call(client)
    with pytest.raises(ReadTimeoutError):
        rig.exchange(serve(hang, tls=tls).url, limits=GENEROUS._replace(read=0.05))
    with deaf_port() as port, pytest.raises(DeadlineExceededError):
        rig.exchange(f"http://127.0.0.1:{port}", limits=ONLY_TOTAL)
    assert b"{}" == rig.exchange(server.url, body=LARGE[: 2 * MIB]).body
