"""Handlers for `Server` that misbehave in more ways than `answers.py` has, and a listener that accepts nobody."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from .answers import JSON, answer, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .answers import Handler
    from .server import Connection, Received

MIB = 1024 * 1024
# The member of a request by which it asks for a behaviour.
BEHAVIOUR = "Behaviour"


def as_asked(behaviours: Mapping[str, Handler]) -> Handler:
    """Behave as each request asks in its member `Behaviour`; one that asks for nothing is answered properly."""
    properly = answer()

    def handle(connection: Connection, request: Received) -> None:
        name = json.loads(request.body or b"{}").get(BEHAVIOUR)
        (properly if name is None else behaviours[name])(connection, request)

    return handle


def hang_in_head(connection: Connection, _: Received) -> None:
    """Begin the head of an answer, and say nothing more for as long as the client waits."""
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    connection.wait_for_close()


def drip_head(times: int | None = None) -> Handler:
    """Send the head of a good answer byte by byte: so many bytes, or as long as the client listens."""

    def handle(connection: Connection, _: Received) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Long: ")
        sent = 0
        while (times is None or sent < times) and not connection.wait_for_close(0.01):
            connection.send(b"x")
            sent += 1
        if sent == times:
            connection.send(b"\r\n\r\n{}")

    return handle


def drip_body(times: int) -> Handler:
    """Send the head of a good answer, and then its body, `{}` and white space, in so many pieces 10 ms apart."""

    def handle(connection: Connection, _: Received) -> None:
        connection.send(head(200, ("Content-Length", str(2 + times))) + b"{}")
        for _piece in range(times):
            if connection.wait_for_close(0.01):
                return
            connection.send(b" ")

    return handle


def slowly(body: bytes = b"{}") -> Handler:
    """Send a good answer byte by byte, with a pause before each."""

    def handle(connection: Connection, _: Received) -> None:
        for byte in head(200, ("Content-Length", str(len(body)))) + body:
            if connection.wait_for_close(0.001):
                return
            connection.send(bytes((byte,)))

    return handle


def reset_in_body(connection: Connection, _: Received) -> None:
    """Begin a body, and break the connection off."""
    connection.send(head(200, ("Content-Length", "1000")) + b"{")
    connection.reset()


def chunks_cut_off(connection: Connection, _: Received) -> None:
    """Send a chunk, and close before the last one."""
    connection.send(head(200, ("Transfer-Encoding", "chunked")) + b"2\r\n{}\r\n")
    connection.close()


def shorter_than_said(connection: Connection, _: Received) -> None:
    """Send less than was announced, and go on listening, so that the client waits for the rest."""
    connection.send(head(200, ("Content-Type", JSON), ("Content-Length", "3")) + b"{}")
    connection.wait_for_close()


def longer_than_said(connection: Connection, _: Received) -> None:
    """Send more than was announced: what stands behind looks like the answer to a request that has not come yet."""
    smuggled = head(200, ("Content-Length", "18")) + b'{"Smuggled": true}'
    connection.send(head(200, ("Content-Type", JSON), ("Content-Length", "2")) + b"{}" + smuggled)


def page(size: int, *, status: int = 500) -> Handler:
    """Answer with an HTML page of so many bytes."""
    return answer(b"<html>" + b"x" * (size - 6), status=status, headers=(("X-Page", "1"),))


class Flood:
    """Sends without end, in the body or (`head=True`) in the head; `sent` counts the bytes that left.

    `framing` are the headers that say how the body ends.
    """

    def __init__(
        self, *, head: bool = False, framing: tuple[tuple[str, str], ...] = (("Transfer-Encoding", "chunked"),)
    ) -> None:
        self.sent = 0
        self._head = head
        self._framing = framing

    def __call__(self, connection: Connection, _: Received) -> None:
        """Send until the client has had enough."""
        if self._head:
            start, piece = b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"x" * 4000 + b"\r\n"
        else:
            start, piece = head(200, *self._framing), b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        connection.send(start)
        while True:
            connection.send(piece)
            self.sent += len(piece)


def garbage(connection: Connection, _: Received) -> None:
    """Answer with bytes that are not HTTP."""
    connection.send(b"\x16\x03\x01\x02\x00" * 100)
    connection.close()


def informed(handler: Handler) -> Handler:
    """Send two answers of the 100s first, which are not the answer."""

    def handle(connection: Connection, request: Received) -> None:
        connection.send(head(100) + head(103, ("Link", "</style.css>; rel=preload")))
        handler(connection, request)

    return handle


def redirect(url: str, status: int) -> Handler:
    """Send the client somewhere else."""
    return answer(b'{"__type": "Moved"}', status=status, headers=(("Location", url),))


class OnceAConnection:
    """Answers the first request of each connection, and closes when a second comes: closed while the client thought so.

    That is the race between an idle timeout of the server and the client's next call, with the same outcome each time.
    """

    def __init__(self) -> None:
        self._used: set[int] = set()
        self._lock = threading.Lock()

    def __call__(self, connection: Connection, request: Received) -> None:
        """Answer or close."""
        with self._lock:
            first = connection.number not in self._used
            self._used.add(connection.number)
        if first:
            answer()(connection, request)
        else:
            connection.close()


@contextmanager
def deaf_port() -> Iterator[int]:
    """Yield a port whose queue is full and never emptied, so that the kernel answers no further attempt to connect."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port
