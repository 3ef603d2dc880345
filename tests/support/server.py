"""A loopback HTTP/1.1 server on raw sockets, with a thread a connection, which does exactly what a test tells it to."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

# Long enough for a loaded machine; only a test that fails waits as long.
PATIENCE = 20.0


class Received(NamedTuple):
    """A request as it came over the wire."""

    connection: int
    request_line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Connection:
    """The server's end of one connection; `number` counts from 1."""

    def __init__(self, raw: socket.socket, number: int) -> None:
        self.number = number
        self._socket = raw
        self._buffer = b""

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Do the server's part of the handshake."""
        # In two steps, so that `wake` reaches a thread that is still shaking hands.
        self._socket = wrapped = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        wrapped.do_handshake()

    def read_request(self) -> Received | None:
        """Read one whole request; None when the client has closed the connection."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._fill():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        request_line, *lines = head.decode("ascii").split("\r\n")
        headers = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        while len(self._buffer) < length:
            if not self._fill():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Received(self.number, request_line, headers, body)

    def receive(self) -> bytes:
        """Return the next bytes, none at the end."""
        data, self._buffer = self._buffer, b""
        return data or self._socket.recv(65536)

    def send(self, data: bytes) -> None:
        """Send all of the bytes."""
        self._socket.sendall(data)

    def wait_for_close(self, seconds: float | None = None) -> bool:
        """Wait until the client has closed the connection, and return whether it has."""
        self._socket.settimeout(seconds)
        try:
            while self._socket.recv(65536):
                pass
        except TimeoutError:
            return False
        finally:
            self._socket.settimeout(None)
        return True

    def close(self) -> None:
        """Close the connection in an orderly way."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def reset(self) -> None:
        """Break the connection off, so that the client gets "connection reset by peer"."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def wake(self) -> None:
        """Make the thread that reads from this connection see its end."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _fill(self) -> bool:
        data = self._socket.recv(65536)
        self._buffer += data
        return bool(data)


class Server:
    """Listens while its `with` block lasts, and hands each request to `handler(connection, request)`.

    A handler may send anything, or nothing, and may close the connection; `greeting` is sent before anything is read.
    `requests` are those that came in whole, `accepted` counts the connections made so far, `open` those that are open
    now.
    """

    def __init__(
        self,
        handler: Callable[[Connection, Received], None],
        *,
        tls: ssl.SSLContext | None = None,
        greeting: bytes = b"",
    ) -> None:
        self.requests: list[Received] = []
        self.accepted = 0
        self.open = 0
        self._handler = handler
        self._tls = tls
        self._greeting = greeting
        self._changed = threading.Condition()
        self._connections: dict[Connection, threading.Thread] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name=f"server {self.port}")

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on the server's state holds."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), (
                f"after {PATIENCE} s: {len(self.requests)} requests, {self.accepted} connections, {self.open} open"
            )

    def end_connections(self) -> None:
        """Close every connection that waits for a request, as a server does with idle ones."""
        with self._changed:
            connections = list(self._connections)
        for connection in connections:
            connection.wake()
        self.wait_for(lambda: self.open == 0)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._acceptor.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close everything, and wait for all threads."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        with self._changed:
            connections = dict(self._connections)
        for connection, thread in connections.items():
            connection.wake()
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self.accepted += 1
                self.open += 1
                connection = Connection(raw, self.accepted)
                thread = threading.Thread(target=self._serve, args=(connection,), name=f"connection {self.accepted}")
                self._connections[connection] = thread
                self._changed.notify_all()
            thread.start()

    def _serve(self, connection: Connection) -> None:
        # What the client breaks off, and a handshake that it refuses, end the connection and nothing else.
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection.start_tls(self._tls)
            connection.send(self._greeting)
            while (request := connection.read_request()) is not None:
                with self._changed:
                    self.requests.append(request)
                    self._changed.notify_all()
                self._handler(connection, request)
        connection.close()
        with self._changed:
            del self._connections[connection]
            self.open -= 1
            self._changed.notify_all()
