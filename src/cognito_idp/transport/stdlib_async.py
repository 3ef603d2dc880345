"""The async half of the library's own engine: an `asyncio.Protocol` a connection, and a pool for each event loop."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections import deque
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any

from ..errors import ClientClosedError, ConfigError, InvalidResponseError, TransportError
from .adapter import CLOSED
from .http1 import BadAnswerError, answer_reader, tunnel_reader
from .pool import idle_clock
from .routes import KEEPALIVE_SECONDS, MAX_CONNECTIONS
from .stdlib_common import CONNECT, FAILURES, PROXY, READ, WRITE, Ways, bytes_of, is_ready

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..wire import HttpRequest, HttpResponse, Limits
    from .certificates import Authorities
    from .http1 import Reader
    from .stdlib_common import Phase, Way


class AsyncStdlibTransport:
    """Sends over asyncio. Tasks may share it, and so may event loops, each of which has connections of its own.

    A call that is cancelled, or fails, closes its connection.
    """

    name = "stdlib"

    def __init__(self, authorities: Authorities) -> None:
        self._ways = Ways(authorities)
        self._pools: dict[asyncio.AbstractEventLoop, _Pool] = {}
        self._closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange a request for its response.

        Raises:
            TransportError: no answer came.
            InvalidResponseError: the answer is larger than the limit, or compressed.
            ClientClosedError: `close` was called.
            ConfigError: the request, or the way to where it goes, can't be used; or this is trio.
        """
        if self._closed:
            raise ClientClosedError(CLOSED)
        loop = _running_loop()
        if loop is None:
            msg = "transport='stdlib' runs on asyncio only; on trio use transport='httpx'"
            raise ConfigError(msg)
        limits = request.limits
        end_by = inf if limits.total is None else loop.time() + limits.total
        pool = self._pools.get(loop) or await self._new_pool(loop)
        # A way that is not known yet may need certificates, which take too long to load for an event loop.
        if (entry := self._ways.known(request.url)) is None:
            entry = await loop.run_in_executor(None, self._ways.find, request.url)
        way, target = entry
        data = bytes_of(request, way, target)
        try:
            if pool.places:
                pool.places -= 1
            else:
                await pool.wait_for_place(way, limits, end_by)
            connection = None
            try:
                connection = await pool.kept(way, limits.max_idle) or await pool.connected(way, limits, end_by)
                if self._closed:
                    raise ClientClosedError(CLOSED)
                reader = answer_reader(limits.max_response_bytes)
                response, is_in_order = await connection.exchange(data, reader, limits, end_by)
                if is_in_order and not self._closed:
                    pool.keep(connection)
                    connection = None
            finally:
                if connection is not None:
                    connection.abort()
                pool.give_back_place()
            way.check_forwarded(response)
        except TransportError as error:
            if self._closed:
                raise ClientClosedError(CLOSED) from error
            raise
        return response

    async def _new_pool(self, loop: asyncio.AbstractEventLoop) -> _Pool:
        # Other threads may do the same for their loops.
        for old in list(self._pools):
            if old.is_closed():
                self._pools.pop(old, None)
        pool = self._pools[loop] = _Pool(loop)
        await anext(pool.guardian)
        return pool

    async def close(self) -> None:
        """Close all connections; calls under way get a `ClientClosedError`, those of other running loops soon."""
        self._closed = True
        current = _running_loop()
        for loop, pool in list(self._pools.items()):
            if loop is current:
                await pool.guardian.aclose()
                # The loop closes the sockets in its next turn.
                await asyncio.sleep(0)
            elif pool.process == os.getpid():
                with suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(pool.abort)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class _Pool:
    """The connections of one event loop: used by one call at a time, 100 at most, and kept last-in-first-out.

    One timer looks at all of them. To give a call more time is to store a number.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.process = os.getpid()
        self.connections: set[_Connection] = set()
        self.places = MAX_CONNECTIONS
        # An event loop closes the async generators that were begun under it, while it still runs: that ends the
        # connections of a client that nobody closed.
        self.guardian = self._ending_with_the_loop()
        self._idle: dict[Way, deque[_Connection]] = {}
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    async def _ending_with_the_loop(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self.abort()

    async def wait_for_place(self, way: Way, limits: Limits, end_by: float) -> None:
        """Wait for one of the places, all of which are taken.

        Raises:
            TimeoutError_: none came free in the time that there is for connecting.
        """
        by = inf if limits.connect is None else self.loop.time() + limits.connect
        turn = _Waiting(self.loop.create_future(), min(by, end_by))
        self._waiting.append(turn)
        self.look_by(turn.until)
        try:
            has_place = await turn.future
        except BaseException:
            # Its place may have come just before it was cancelled.
            if turn.future.done() and not turn.future.cancelled() and turn.future.result():
                self.give_back_place()
            raise
        if not has_place:
            raise way.too_late(limits) if end_by <= by else way.no_place(limits)

    def give_back_place(self) -> None:
        """Leave a place to who waits longest for one."""
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.done():
                future.set_result(True)
                return
        self.places += 1

    async def kept(self, way: Way, max_idle: float) -> _Connection | None:
        """Return an idle connection that still stands, and has not been idle for longer than `max_idle` seconds."""
        idle = self._idle.get(way)
        while idle:
            connection = idle.pop()
            if connection.closed:
                continue
            if idle_clock() - connection.since > max_idle:
                # The others are older still. A call that minds less may have them.
                idle.append(connection)
                return None
            if connection.has_news():
                try:
                    # Two turns of the loop let it see for itself what came: its end, or a mere session ticket.
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
                except BaseException:
                    connection.abort()
                    raise
                if connection.closed:
                    continue
            return connection
        return None

    def keep(self, connection: _Connection) -> None:
        """Keep a connection for the next call."""
        connection.since = idle_clock()
        connection.until = self.loop.time() + KEEPALIVE_SECONDS
        self.look_by(connection.until)
        idle = self._idle.get(connection.way)
        if idle is None:
            idle = self._idle[connection.way] = deque()
        idle.append(connection)
        while idle and idle[0].closed:
            idle.popleft()

    async def connected(self, way: Way, limits: Limits, end_by: float) -> _Connection:
        """Make a connection; if there are too many, an idle one gives way."""
        idle = [old for queue in self._idle.values() for old in queue if not old.closed]
        if idle and len(self.connections) >= MAX_CONNECTIONS:
            min(idle, key=lambda old: old.since).abort()
        by = inf if limits.connect is None else self.loop.time() + limits.connect
        connection = _Connection(self, way)
        limit = connection.connecting = asyncio.timeout_at(_or_none(min(by, end_by)))
        try:
            async with limit:
                await connection.connect(min(by, end_by))
        except BaseException as error:
            connection.connecting = None
            connection.abort()
            if limit.expired() and isinstance(error, TimeoutError):
                raise (way.too_late(limits) if end_by <= by else way.late(connection.phase, limits)) from None
            raise
        connection.connecting = None
        return connection

    def look_by(self, when: float) -> None:
        """Look at the time limits at a time at the latest."""
        if when < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = when
            self._timer = self.loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer, self._timer_at = None, inf
        now = self.loop.time()
        everything: list[_Connection | _Waiting] = [*self.connections, *self._waiting]
        for each in everything:
            if each.until <= now:
                each.expire(now)
        self.look_by(min((each.until for each in everything), default=inf))

    def abort(self) -> None:
        """End everything at once."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, inf
        for connection in list(self.connections):
            connection.abort()
        self._idle.clear()
        while self._waiting:
            self._waiting.popleft().expire(inf)


class _Waiting:
    """A call that waits for a place."""

    __slots__ = ("future", "until")

    def __init__(self, future: asyncio.Future[bool], until: float) -> None:
        self.future = future
        self.until = until

    def expire(self, _: float) -> None:
        self.until = inf
        if not self.future.done():
            self.future.set_result(False)


class _Connection(asyncio.Protocol):
    """One connection. `until` is when something must have happened; `phase` says what, while a call waits."""

    def __init__(self, pool: _Pool, way: Way) -> None:
        self.way = way
        self.since = 0.0
        self.until = inf
        self.closed = False
        # The limit of the time to connect in, until it is connected.
        self.connecting: asyncio.Timeout | None = None
        self._pool = pool
        # The innermost layer of TLS, and what is below all of them.
        self._transport: Any = None
        self._raw: Any = None
        self._reader: Reader | None = None
        self._waiter: asyncio.Future[tuple[HttpResponse, bool] | Exception] | None = None
        self.phase: Phase = CONNECT if way.proxy is None else PROXY
        self._unsent = 0
        self._limits: Limits | None = None
        self._end_by = inf
        pool.connections.add(self)

    async def connect(self, by: float) -> None:
        """Make the connection, through a proxy where the way has one."""
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
                raise ConnectionAbortedError(_BROKEN)
        except TransportError:
            raise
        except FAILURES as error:
            raise way.failure(self.phase, error) from error

    async def _start_tls(self, context: ssl.SSLContext, host: str) -> None:
        transport = await self._pool.loop.start_tls(self._transport, self, context, server_hostname=host)
        if transport is None:  # it was aborted meanwhile
            raise ConnectionAbortedError(_BROKEN)
        self._transport = transport

    async def exchange(
        self, data: memoryview, reader: Reader, limits: Limits | None = None, end_by: float = inf
    ) -> tuple[HttpResponse, bool]:
        """Send a request, and return its answer and whether the connection can be used again."""
        self._reader, self._limits, self._end_by = reader, limits, end_by
        self._waiter = waiter = self._pool.loop.create_future()
        self._transport.write(data)
        if limits is not None:
            self._unsent = self._raw.get_write_buffer_size()
            self._wait_for(WRITE if self._unsent else READ)
        outcome = await waiter
        if isinstance(outcome, tuple):
            return outcome
        # Without the frames of the reader, which hold what came.
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
        # Never `set_exception`: where the call was cancelled, nobody would ask for it.
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(outcome)
        self._waiter = None

    def connection_made(self, transport: Any) -> None:
        """Remember how to write; TLS comes later."""
        self._transport = self._raw = transport

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the reader; what comes while nothing is awaited ends the connection."""
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
        """Take the end of what the peer sends, which TLS must have announced; asyncio closes the connection then."""
        if self._reader is None or _was_announced(self._transport.get_extra_info("ssl_object")):
            self.data_received(b"")
        else:
            self._wake(BadAnswerError("the connection closed without the end that TLS asks for"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection."""
        if exc is not None:
            self._wake(exc)
        self.abort()

    def has_news(self) -> bool:
        """Whether something can be read from it that the event loop has not seen yet, its end for example."""
        return is_ready(self._raw.get_extra_info("socket").fileno(), to_read=True, seconds=0)

    def expire(self, now: float) -> None:
        """Take note that the time is over; a request that was taken a bit more of gets more."""
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
        """Close it at once, and wake the call that waits. A goodbye of TLS would have to wait for the peer's."""
        self.closed = True
        self._pool.connections.discard(self)
        if self.connecting is not None and not self.connecting.expired():
            self.connecting.reschedule(0)
        if self._transport is not None:
            self._transport.abort()
        self._wake(ConnectionAbortedError(_BROKEN))


_BROKEN = "the connection was closed"


async def _reached(loop: asyncio.AbstractEventLoop, way: Way, by: float) -> socket.socket:
    """Connect to the first address that answers; each gets its share of the time, so that a dead one ends none."""
    addresses = await loop.getaddrinfo(*way.connect_to, type=socket.SOCK_STREAM)
    for others, (family, kind, protocol, _, address) in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
        raw = socket.socket(family, kind, protocol)
        now = loop.time()
        try:
            raw.setblocking(False)
            async with asyncio.timeout_at(_or_none(now + (by - now) / (others + 1)) if others else None):
                await loop.sock_connect(raw, address)
        except BaseException as error:
            raw.close()
            if others == 0 or not isinstance(error, OSError):
                raise
        else:
            return raw
    msg = "the name has no address"
    raise OSError(msg)


def _or_none(moment: float) -> float | None:
    return None if moment == inf else moment


def _was_announced(tls: Any) -> bool:
    if tls is None:
        return True
    try:
        return bool(tls.read(1) == b"")
    except ssl.SSLError:
        return False
