"""The sync half of the library's own engine: a non-blocking socket per connection, and one `poll` per wait."""

from __future__ import annotations

import os
import socket
import ssl
from contextlib import suppress
from errno import EINPROGRESS, EWOULDBLOCK
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import ClientClosedError, DeadlineExceededError, InvalidResponseError, TransportError
from .adapter import CLOSED
from .http1 import answer_reader, tunnel_reader
from .pool import Pool
from .stdlib_common import CHUNK_BYTES, CONNECT, FAILURES, NO_ADDRESS, PROXY, READ, WRITE, Ways, bytes_of, is_ready

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._protocol.wire import HttpRequest, HttpResponse, Limits
    from .certificates import Authorities
    from .http1 import Reader
    from .stdlib_common import Phase, Way

R = TypeVar("R")


class StdlibTransport:
    """Sends over its own sockets. Threads may share it, and a forked child opens its own connections."""

    name = "stdlib"

    def __init__(self, authorities: Authorities) -> None:
        self._ways = Ways(authorities)
        self._pool: Pool[_Connection] = Pool(_Connection)
        self._closed = False

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return its response.

        Raises:
            TransportError: no answer came.
            InvalidResponseError: the answer is larger than the limit, or compressed.
            ClientClosedError: `close` was called.
            ConfigError: the request or its route can't be used.
        """
        way, target = self._ways.find(request.url)
        data = bytes_of(request, way, target)
        clock = _Clock(way, request.limits)
        connection = self._pool.take(way, request.limits.max_idle, clock.seconds_to_connect())
        if connection is None:
            raise clock.no_place()
        since = connection.since
        try:
            response, is_in_order = connection.exchange(data, clock)
            if is_in_order:
                self._pool.give_back(connection)
            else:
                self._pool.end(connection)
            way.check_forwarded(response)
        except BaseException as error:
            # A signal handler may raise after the connection was given back; another thread may be using it by then.
            if connection.since == since:
                self._pool.end(connection)
            if self._closed and isinstance(error, TransportError):
                raise ClientClosedError(CLOSED) from error
            raise
        return response

    def renew(self) -> None:
        """Use no connection again that there is now."""
        self._pool.renew()

    def close(self) -> None:
        """Close all connections; threads that are using one get a `ClientClosedError`."""
        self._closed = True
        self._pool.close()


class _Clock:
    """The time limits of one exchange. The total limit applies to every wait."""

    __slots__ = ("_connect_by", "_end_by", "_way", "limits")

    def __init__(self, way: Way, limits: Limits) -> None:
        self._way = way
        self.limits = limits
        now = monotonic()
        self._connect_by = inf if limits.connect is None else now + limits.connect
        self._end_by = inf if limits.total is None else now + limits.total

    def seconds_to_connect(self) -> float | None:
        """Return the seconds left to connect; None means no limit."""
        left = min(self._connect_by, self._end_by) - monotonic()
        return None if left == inf else left

    def no_place(self) -> TransportError:
        """Return the error for a call that no connection came free for."""
        is_over = self._end_by <= self._connect_by
        return self._way.too_late(self.limits) if is_over else self._way.no_place(self.limits)

    def wait(self, fileno: int, phase: Phase, *, to_read: bool, by: float = inf) -> None:
        """Wait until a socket is ready; `by` may set an earlier time limit than the phase's.

        Raises:
            TimeoutError_: the subclass says which limit passed.
        """
        now = monotonic()
        if phase is CONNECT or phase is PROXY:
            by = min(by, self._connect_by)
        elif (seconds := getattr(self.limits, phase.limit)) is not None:
            by = now + seconds
        left = min(by, self._end_by) - now
        if left > 0 and is_ready(fileno, to_read=to_read, seconds=None if left == inf else left):
            return
        raise self._way.too_late(self.limits) if self._end_by <= by else self._way.late(phase, self.limits)


class _Connection:
    """One connection, opened by its first exchange; `_socket` has the innermost TLS layer, `_raw` the outermost."""

    __slots__ = ("__weakref__", "_raw", "_socket", "closed", "is_last", "since", "way")

    def __init__(self, way: Any) -> None:
        self.way: Way = way
        self.since = 0.0
        self.closed = False
        self.is_last = False
        self._raw: socket.socket | None = None
        self._socket: Any = None

    def exchange(self, data: memoryview, clock: _Clock) -> tuple[HttpResponse, bool]:
        """Send a request, and return its answer and whether the connection can be used again."""
        if self._raw is None:
            self._connect(clock)
        self._send(data, WRITE, clock)
        return self._receive(answer_reader(clock.limits.max_response_bytes), READ, clock)

    def is_usable(self) -> bool:
        """Return whether an idle connection is usable: anything to read is its end, or an answer to no request."""
        if self.closed:
            return False
        is_tls = (self.way.context or self.way.proxy_context) is not None
        if not is_ready(self._fileno(), to_read=True, seconds=0):
            return not (is_tls and self._socket.pending())
        if is_tls:
            # It may be just a session ticket.
            with suppress(OSError):
                try:
                    self._socket.recv(1)
                except ssl.SSLWantReadError:
                    return True
        return False

    def close(self) -> None:
        """Close the socket, without a TLS close, which would have to wait for the peer."""
        self.closed = True
        if self._raw is not None:
            self._raw.close()

    def break_off(self) -> None:
        """Wake the thread that waits for the socket; `SSLSocket.shutdown` would make it read plain text."""
        self.closed = True
        if self._raw is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._raw, socket.SHUT_RDWR)

    def _fileno(self) -> int:
        assert self._raw is not None  # noqa: S101
        return self._raw.fileno()

    def _use(self, raw: socket.socket) -> None:
        self._socket = self._raw = raw
        if self.closed:  # `break_off` closed it without seeing this socket
            raise ConnectionAbortedError(CLOSED)

    def _connect(self, clock: _Clock) -> None:
        way = self.way
        phase = CONNECT if way.proxy is None else PROXY
        try:
            self._reach(phase, clock)
            if way.proxy is not None:
                if way.proxy_context is not None:
                    self._start_tls(way.proxy_context, way.proxy.host, phase, clock)
                if way.is_tunnelled:
                    self._send(way.tunnel_request(), phase, clock)
                    way.check_tunnel(*self._receive(tunnel_reader(), phase, clock))
                phase = CONNECT
            if way.context is not None:
                self._start_tls(way.context, way.host, phase, clock)
        except TransportError:
            raise
        except FAILURES as error:
            raise way.failure(phase, error) from error

    def _reach(self, phase: Phase, clock: _Clock) -> None:
        """Connect to the first address that answers; each gets its share of the time, so that a dead one ends none."""
        addresses = socket.getaddrinfo(*self.way.connect_to, type=socket.SOCK_STREAM)
        for others, (family, kind, protocol, _, address) in zip(
            range(len(addresses) - 1, -1, -1), addresses, strict=True
        ):
            raw = socket.socket(family, kind, protocol)
            try:
                self._use(raw)
                _connect_to(raw, address, phase, clock, others)
            except OSError as error:
                raw.close()
                if others == 0 or isinstance(error, DeadlineExceededError):
                    raise
            else:
                return
        raise OSError(NO_ADDRESS)

    def _start_tls(self, context: ssl.SSLContext, host: str, phase: Phase, clock: _Clock) -> None:
        if isinstance(self._raw, ssl.SSLSocket):
            self._socket = _TlsInTls(self._raw, context, host)
        else:
            assert self._raw is not None  # noqa: S101
            settings: Any = {"do_handshake_on_connect": False, "suppress_ragged_eofs": False}
            self._use(context.wrap_socket(self._raw, server_hostname=host, **settings))
        self._do(self._socket.do_handshake, phase, clock)

    def _send(self, data: memoryview, phase: Phase, clock: _Clock) -> None:
        while data:
            data = data[self._do(self._socket.send, phase, clock, data, to_read=False) :]

    def _receive(self, reader: Reader, phase: Phase, clock: _Clock) -> tuple[HttpResponse, bool]:
        # Don't try to read first: nothing comes before the request is sent.
        clock.wait(self._fileno(), phase, to_read=True)
        try:
            while True:
                reader.send(self._do(self._socket.recv, phase, clock, CHUNK_BYTES))
        except StopIteration as stop:
            answer: tuple[HttpResponse, bool] = stop.value
            return answer
        except InvalidResponseError as error:
            # Without the frames of the reader, which hold what came.
            raise error.with_traceback(None) from None
        except ValueError as error:
            raise self.way.failure(phase, error) from error.with_traceback(None)

    def _do(
        self, function: Callable[..., R], phase: Phase, clock: _Clock, *arguments: object, to_read: bool = True
    ) -> R:
        """Repeat a socket operation until it no longer has to wait."""
        try:
            while True:
                try:
                    return function(*arguments)
                except ssl.SSLWantReadError:
                    clock.wait(self._fileno(), phase, to_read=True)
                except ssl.SSLWantWriteError:
                    clock.wait(self._fileno(), phase, to_read=False)
                except BlockingIOError:
                    clock.wait(self._fileno(), phase, to_read=to_read)
        except TransportError:
            raise
        except OSError as error:
            raise self.way.failure(phase, error) from error


def _connect_to(raw: socket.socket, address: Any, phase: Phase, clock: _Clock, others: int) -> None:
    seconds = clock.seconds_to_connect()
    raw.setblocking(False)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    code = raw.connect_ex(address)
    if code in {EINPROGRESS, EWOULDBLOCK}:
        by = inf if seconds is None else monotonic() + seconds / (others + 1)
        clock.wait(raw.fileno(), phase, to_read=False, by=by)
        code = raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


class _TlsInTls:
    """TLS to a server inside TLS to a proxy, which `ssl` only supports over buffers; used like an `SSLSocket`."""

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, host: str) -> None:
        self._outer = outer
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_hostname=host)
        self._unsent = b""
        self._taken = 0

    def do_handshake(self) -> None:
        self._through(self._tls.do_handshake)
        self._flush()

    def recv(self, size: int) -> bytes:
        return self._through(self._tls.read, size)

    def send(self, data: memoryview) -> int:
        # Once the inner layer has taken the data, waiting for the outer one must not make it take the data again.
        self._taken = self._taken or self._through(self._tls.write, data)
        self._flush()
        taken, self._taken = self._taken, 0
        return taken

    def pending(self) -> int:
        return self._tls.pending() + self._received.pending + self._outer.pending()

    def _through(self, function: Callable[..., R], *arguments: object) -> R:
        while True:
            try:
                return function(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
                data = self._outer.recv(CHUNK_BYTES)
                if data:
                    self._received.write(data)
                else:
                    self._received.write_eof()

    def _flush(self) -> None:
        self._unsent += self._to_send.read()
        while self._unsent:
            self._unsent = self._unsent[self._outer.send(self._unsent) :]
