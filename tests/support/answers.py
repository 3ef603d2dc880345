"""Handlers for `Server`: the ways in which a server answers, and those in which it misbehaves."""

from __future__ import annotations

import gzip
import threading
from itertools import count
from typing import TYPE_CHECKING

from .server import PATIENCE, Connection, Received

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[Connection, Received], None]

JSON = "application/x-amz-json-1.1"


def head(status: int, *headers: tuple[str, str]) -> bytes:
    """Return the head of an answer, up to the empty line."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} Any Reason\r\n{lines}\r\n".encode()


def answer(body: bytes = b"{}", *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Handler:
    """Answer with a body of known length."""
    data = head(status, ("Content-Type", JSON), ("Content-Length", str(len(body))), *headers) + body
    return lambda connection, _: connection.send(data)


def answer_and_close(body: bytes = b"{}") -> Handler:
    """Answer as if the connection could be used again, and close it."""

    def handle(connection: Connection, request: Received) -> None:
        answer(body)(connection, request)
        connection.close()

    return handle


def html_503() -> Handler:
    """Answer as a load balancer does that has no server left."""
    return answer(b"<html><body>503 Service Unavailable</body></html>", status=503)


def chunked(*chunks: bytes) -> Handler:
    """Answer with a body in chunks."""
    parts = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    data = head(200, ("Transfer-Encoding", "chunked")) + parts + b"0\r\n\r\n"
    return lambda connection, _: connection.send(data)


def compressed(body: bytes = b"{}") -> Handler:
    """Answer with a body that is packed, although nobody asked for it."""
    return answer(gzip.compress(body), headers=(("Content-Encoding", "gzip"),))


def byte_by_byte(body: bytes = b"{}") -> Handler:
    """Answer with one packet for each byte."""

    def handle(connection: Connection, _: Received) -> None:
        for byte in head(200, ("Content-Length", str(len(body)))) + body:
            connection.send(bytes((byte,)))

    return handle


def drip(start: bytes) -> Handler:
    """Send a beginning, and then one more byte now and then for as long as the client listens."""

    def handle(connection: Connection, _: Received) -> None:
        connection.send(start)
        while not connection.wait_for_close(0.01):
            connection.send(b" ")

    return handle


def cut_off(body: bytes, sent: int) -> Handler:
    """Promise a whole body, send the first bytes of it, and close."""

    def handle(connection: Connection, _: Received) -> None:
        connection.send(head(200, ("Content-Length", str(len(body)))) + body[:sent])
        connection.close()

    return handle


def hang(connection: Connection, _: Received) -> None:
    """Say nothing for as long as the client waits."""
    connection.wait_for_close()


def hang_in_body(connection: Connection, _: Received) -> None:
    """Begin an answer, and say nothing more for as long as the client waits."""
    connection.send(head(200, ("Content-Length", "1000")) + b"{")
    connection.wait_for_close()


def reset(connection: Connection, _: Received) -> None:
    """Break the connection off."""
    connection.reset()


def close(connection: Connection, _: Received) -> None:
    """Close the connection without a word."""
    connection.close()


def gated(gate: threading.Event, handler: Handler) -> Handler:
    """Wait for an event before answering."""

    def handle(connection: Connection, request: Received) -> None:
        gate.wait(PATIENCE)
        handler(connection, request)

    return handle


def in_turn(*handlers: Handler) -> Handler:
    """Handle the first request, over whichever connection, with the first handler, and so on; the last one stays."""
    numbers = count()
    lock = threading.Lock()

    def handle(connection: Connection, request: Received) -> None:
        with lock:
            number = next(numbers)
        handlers[min(number, len(handlers) - 1)](connection, request)

    return handle


def tunnel(port: int) -> Handler:
    """Be a proxy that takes CONNECT: whatever host is asked for, tunnel to a port of this machine."""
    import socket

    def handle(connection: Connection, request: Received) -> None:
        assert request.request_line.startswith("CONNECT "), request.request_line
        with socket.create_connection(("127.0.0.1", port)) as target:
            connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(lambda: target.recv(65536), connection.send, connection.wake))
            back.start()
            _pump(connection.receive, target.sendall, lambda: target.shutdown(socket.SHUT_RDWR))
            back.join()

    return handle


def _pump(receive: Callable[[], bytes], send: Callable[[bytes], None], end: Callable[[], None]) -> None:
    import contextlib

    with contextlib.suppress(OSError):
        while data := receive():
            send(data)
    with contextlib.suppress(OSError):
        end()
