"""One connection of the async half of the library's own engine: an `asyncio.Protocol`."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from math import inf
from typing import TYPE_CHECKING, Any, Protocol

from .._errors import InvalidResponseError, TransportError
from .http1 import BadAnswerError, tunnel_reader
from .stdlib_common import CONNECT, FAILURES, NO_ADDRESS, PROXY, READ, WRITE, is_ready

if TYPE_CHECKING:
    from .._protocol.wire import HttpResponse, Limits
    from .http1 import Reader
    from .stdlib_common import Phase, Way


class Owner(Protocol):
    """What a connection needs of its pool."""

    loop: asyncio.AbstractEventLoop
    connections: set[Connection]

    def look_by(self, when: float) -> None:
        """Schedule a check of the time limits, no later than `when`."""
        ...


class Connection(asyncio.Protocol):
    """One connection. While a call waits, `phase` says for what, and `until` is the time limit."""

    def __init__(self, pool: Owner, way: Way) -> None:
        self.way = way
        self.since = 0.0
        self.until = inf
        self.closed = False
        # Whether its exchange is its last one.
        self.is_last = False
        # The connect limit, until it is connected.
        self.connecting: asyncio.Timeout | None = None
        self._pool = pool
        # The innermost TLS layer, and the transport below all layers.
        self._transport: Any = None
        self._raw: Any = None
        self._fileno = -1
        self._reader: Reader | None = None
        self._waiter: asyncio.Future[tuple[HttpResponse, bool] | Exception] | None = None
        self.phase: Phase = CONNECT if way.proxy is None else PROXY
        self._unsent = 0
        self._limits: Limits | None = None
        self._end_by = inf
        pool.connections.add(self)

    async def connect(self, by: float) -> None:
        """Connect, through a proxy if the way has one."""
        way, loop = self.way, self._pool.loop
        try:
            reached = await _reached(loop, way, by)
            await loop.create_connection(lambda: self, sock=reached)
            if way.proxy is not None:
                if way.proxy_context is not None:
                    await self._start_tls(way.proxy_context, way.proxy.host)
                if way.is_tunnelled:
                    way.check_tunnel(*await self.exchange(way.tunnel_request(), tunnel_reader()))
                self.phase = CONNECT
            if way.context is not None:
                await self._start_tls(way.context, way.host)
            if self.closed:
                raise ConnectionAbortedError(BROKEN)
        except TransportError:
            raise
        except FAILURES as error:
            raise way.failure(self.phase, error) from error

    async def _start_tls(self, context: ssl.SSLContext, host: str) -> None:
        transport = await self._pool.loop.start_tls(self._transport, self, context, server_hostname=host)
        if transport is None:  # it was aborted meanwhile
            raise ConnectionAbortedError(BROKEN)
        self._transport = transport

    async def exchange(
        self, data: memoryview, reader: Reader, limits: Limits | None = None, end_by: float = inf
    ) -> tuple[HttpResponse, bool]:
        """Send a request; return its answer and whether the connection can be reused."""
        self._reader, self._limits, self._end_by = reader, limits, end_by
        self._waiter = waiter = self._pool.loop.create_future()
        self._transport.write(data)
        if limits is not None:
            self._unsent = self._raw.get_write_buffer_size()
            self._wait_for(WRITE if self._unsent else READ)
        outcome = await waiter
        if isinstance(outcome, tuple):
            return outcome
        # Drop the reader's frames, which hold the received bytes.
        if isinstance(outcome, TransportError | InvalidResponseError):
            raise outcome.with_traceback(None) from None
        raise self.way.failure(self.phase, outcome) from outcome.with_traceback(None)

    def _wait_for(self, phase: Phase) -> None:
        self.phase = phase
        seconds = getattr(self._limits, phase.limit)
        by = inf if seconds is None else self._pool.loop.time() + seconds
        self.until = min(by, self._end_by)
        self._pool.look_by(self.until)

    def _wake(self, outcome: tuple[HttpResponse, bool] | Exception) -> None:
        self._reader = None
        self.until = inf
        # Never `set_exception`: if the call was cancelled, nobody would retrieve it.
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(outcome)
        self._waiter = None

    def connection_made(self, transport: Any) -> None:
        """Keep the transport for writing; TLS comes later."""
        self._transport = self._raw = transport
        self._fileno = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        """Pass bytes to the reader; bytes that nobody awaits end the connection."""
        if self._reader is None:
            self.abort()
            return
        try:
            self._reader.send(data)
        except StopIteration as stop:
            self._wake(stop.value)
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            self._wake(error)
        else:
            if self._limits is not None:
                self._wait_for(READ)

    def eof_received(self) -> None:
        """Handle the peer's end of stream, which TLS must have announced; asyncio then closes the connection."""
        if self._reader is None or _was_announced(self._transport.get_extra_info("ssl_object")):
            self.data_received(b"")
        else:
            self._wake(BadAnswerError(_CUT_OFF))

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of the connection; uvloop gives no earlier sign of an end that TLS did not announce."""
        self._wake(exc or BadAnswerError(_CUT_OFF))
        self.abort()

    def has_news(self) -> bool:
        """Return whether it has input that the event loop has not seen yet, such as its end."""
        return is_ready(self._fileno, to_read=True, seconds=0)

    def expire(self, now: float) -> None:
        """Handle a time limit; a request that has made progress in sending gets more time."""
        if self._reader is None or self._limits is None:
            self.abort()
            return
        if now >= self._end_by:
            self._wake(self.way.too_late(self._limits))
        elif self.phase is WRITE and (unsent := self._raw.get_write_buffer_size()) < self._unsent:
            self._unsent = unsent
            self._wait_for(WRITE if unsent else READ)
        else:
            self._wake(self.way.late(self.phase, self._limits))

    def abort(self) -> None:
        """Close at once and wake the waiting call. A TLS close would have to wait for the peer's."""
        self.closed = True
        self._pool.connections.discard(self)
        if self._transport is not None:
            self._transport.abort()
        self._wake(ConnectionAbortedError(BROKEN))


BROKEN = "the connection was closed"
_CUT_OFF = "the connection closed without the end that TLS asks for"


async def _reached(loop: asyncio.AbstractEventLoop, way: Way, by: float) -> socket.socket:
    """Connect to the first address that answers; each gets a share of the time, so a dead one can't use it all."""
    addresses = await loop.getaddrinfo(*way.connect_to, type=socket.SOCK_STREAM)
    for others, (family, kind, protocol, _, address) in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
        raw = socket.socket(family, kind, protocol)
        now = loop.time()
        try:
            raw.setblocking(False)
            async with asyncio.timeout_at(or_none(now + (by - now) / (others + 1)) if others else None):
                await loop.sock_connect(raw, address)
        except BaseException as error:
            raw.close()
            if others == 0 and isinstance(error, OSError) and error.errno:
                # asyncio says only that it failed, and where.
                raise OSError(error.errno, os.strerror(error.errno)) from None
            if others == 0 or not isinstance(error, OSError):
                raise
        else:
            return raw
    raise OSError(NO_ADDRESS)


def _was_announced(tls: Any) -> bool:
    if tls is None:
        return True
    try:
        return bool(tls.read(1) == b"")
    except ssl.SSLError:
        return False


def or_none(moment: float) -> float | None:
    """Return a time as asyncio takes it: None for a time that never comes."""
    return None if moment == inf else moment
