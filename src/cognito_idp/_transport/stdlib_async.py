"""The async half of the library's own engine: an `asyncio.Protocol` a connection, and a pool for each event loop."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any

from .._errors import ClientClosedError, ConfigError, InvalidResponseError, TransportError
from .adapter import CLOSED
from .http1 import BadAnswerError, answer_reader, tunnel_reader
from .pool import idle_clock
from .routes import KEEPALIVE_SECONDS, MAX_CONNECTIONS, refused_by_proxy
from .stdlib_common import CONNECT, FAILURES, PROXY, READ, TUNNEL_IS_OPEN, WRITE, Ways, bytes_of, is_ready

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from .._protocol.wire import HttpRequest, HttpResponse, Limits
    from .certificates import Authorities
    from .http1 import Reader
    from .stdlib_common import Phase, Way


class AsyncStdlibTransport:
    """Sends over asyncio. Tasks may share it, and so may event loops, each of which has connections of its own.

    A call that is cancelled, or fails, closes its connection.
    """

    name = "stdlib"

    def __init__(self, authorities: Authorities) -> None:
        """Open nothing yet."""
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
        limits = request.limits
        end_by = inf if limits.total is None else loop.time() + limits.total
        pool = self._pools.get(loop) or await self._new_pool(loop)
        # A way that is not known yet may need certificates, which take too long to load for an event loop.
        way, target = self._ways.known(request.url) or await loop.run_in_executor(None, self._ways.find, request.url)
        data = bytes_of(request, way, target)
        try:
            if pool.places:
                pool.places -= 1
            else:
                await pool.wait_for_place(way, limits, end_by)
            connection = None
            try:
                connection = await pool.kept(way, limits.max_idle) or await pool.connected(way, limits, end_by)
                response, is_in_order = await connection.exchange(data, limits, end_by)
                if is_in_order and not self._closed:
                    pool.keep(connection)
                    connection = None
            finally:
                if connection is not None:
                    connection.abort()
                pool.give_back_place()
        except TransportError as error:
            if self._closed:
                raise ClientClosedError(CLOSED) from error
            raise
        return response

    async def _new_pool(self, loop: asyncio.AbstractEventLoop) -> _Pool:
        for old in [old for old in self._pools if old.is_closed()]:
            del self._pools[old]
        pool = self._pools[loop] = _Pool(loop)
        await pool.guard()
        return pool

    async def close(self) -> None:
        """Close all connections; calls under way get a `ClientClosedError`, those of other running loops soon."""
        self._closed = True
        current = _running_loop() if self._pools else None
        for loop, pool in list(self._pools.items()):
            if loop is current:
                await pool.close()
            elif pool.process == os.getpid() and not loop.is_closed():
                loop.call_soon_threadsafe(pool.abort)


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        msg = "transport='stdlib' runs on asyncio only; on trio use transport='httpx'"
    raise ConfigError(msg)


class _Pool:
    """The connections of one event loop: used by one call at a time, 100 at most, and kept last-in-first-out.

    One timer looks at all of them. To give a call more time is to store a number.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.process = os.getpid()
        self.connections: set[_Connection] = set()
        self._idle: dict[Way, deque[_Connection]] = {}
        self.places = MAX_CONNECTIONS
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf
        self._guardian = self._ending_with_the_loop()

    async def guard(self) -> None:
        """Have the connections closed when `asyncio.run` ends, if nobody closes the client before.

        An event loop closes the async generators that were begun under it, while it still runs.
        """
        await anext(self._guardian)

    async def _ending_with_the_loop(self) -> AsyncGenerator[None]:
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
                # Two turns of the loop let the connection see for itself: its end, or a mere session ticket.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
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
        if len(self.connections) > MAX_CONNECTIONS:
            next(queue for queue in self._idle.values() if queue).popleft().abort()

    async def connected(self, way: Way, limits: Limits, end_by: float) -> _Connection:
        """Make a connection."""
        loop = self.loop
        connection = _Connection(self, way)
        by = inf if limits.connect is None else loop.time() + limits.connect
        limit = asyncio.timeout_at(_or_none(min(by, end_by)))
        try:
            async with limit:
                await connection.connect(by)
        except BaseException as error:
            connection.abort()
            if limit.expired() and isinstance(error, TimeoutError):
                phase = CONNECT if way.proxy is None else PROXY
                raise (way.too_late(limits) if end_by <= by else way.late(phase, limits)) from None
            raise
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
        nearest = inf
        for waiting in (*self.connections, *self._waiting):
            if waiting.until <= now:
                waiting.expire(now)
            nearest = min(nearest, waiting.until)
        if nearest < inf:
            self.look_by(nearest)

    def abort(self) -> None:
        """End everything at once."""
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self.connections):
            connection.abort()
        self._idle.clear()
        while self._waiting:
            self._waiting.popleft().expire(inf)

    async def close(self) -> None:
        """End everything, and let the loop close the sockets."""
        await self._guardian.aclose()
        await asyncio.sleep(0)


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
    """One connection. `until` is when something must have happened: `_phase` says what, while a call waits."""

    def __init__(self, pool: _Pool, way: Way) -> None:
        self.way = way
        self.since = 0.0
        self.until = inf
        self.closed = False
        self._pool = pool
        self._transport: Any = None
        self._fileno = -1
        self._reader: Reader | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._answer: tuple[HttpResponse, bool] | None = None
        self._error: Exception | None = None
        self._phase: Phase = READ
        self._unsent = 0
        self._limits: Limits | None = None
        self._end_by = inf
        pool.connections.add(self)

    async def exchange(self, data: memoryview, limits: Limits, end_by: float) -> tuple[HttpResponse, bool]:
        """Send a request, and return its answer and whether the connection can be used again."""
        self._limits, self._end_by = limits, end_by
        transport = self._transport
        waiter = self._expect(answer_reader(limits.max_response_bytes))
        transport.write(data)
        self._unsent = transport.get_write_buffer_size()
        self._phase = WRITE if self._unsent else READ
        self._more_time(limits.write if self._unsent else limits.read)
        self._pool.look_by(self.until)
        await waiter
        return self._result(READ)

    def _expect(self, reader: Reader) -> asyncio.Future[None]:
        self._reader = reader
        self._waiter = waiter = self._pool.loop.create_future()
        return waiter

    def _result(self, phase: Phase) -> tuple[HttpResponse, bool]:
        error, answer = self._error, self._answer
        self._error = self._answer = None
        if answer is not None:
            return answer
        # Without the frames of the reader, which hold what came.
        if isinstance(error, TransportError | InvalidResponseError):
            raise error.with_traceback(None) from None
        if error is None:
            error = ConnectionAbortedError("the connection was closed")
        raise self.way.failure(phase, error) from error.with_traceback(None)

    def _more_time(self, seconds: float | None) -> None:
        by = inf if seconds is None else self._pool.loop.time() + seconds
        self.until = min(by, self._end_by)

    def _wake(self) -> None:
        self._reader = None
        self.until = inf
        waiter, self._waiter = self._waiter, None
        # Never `set_exception`: where the call was cancelled, nobody would ask for it.
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def connection_made(self, transport: Any) -> None:
        """Remember how to write, and what to look at."""
        self._transport = transport
        self._fileno = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the reader; what comes while nothing is awaited ends the connection."""
        if self._reader is None:
            self.abort()
            return
        self._feed(data)
        if self._reader is not None and self._limits is not None:
            self._phase = READ
            self._more_time(self._limits.read)
            self._pool.look_by(self.until)

    def _feed(self, data: bytes) -> None:
        assert self._reader is not None  # noqa: S101
        try:
            self._reader.send(data)
        except StopIteration as stop:
            self._answer = stop.value
            self._wake()
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            self._error = error
            self._wake()

    def eof_received(self) -> None:
        """Take the end of what the peer sends, which TLS must have announced; asyncio closes the connection then."""
        if self._reader is None:
            self.abort()
        elif _was_announced(self._transport.get_extra_info("ssl_object")):
            self._feed(b"")
        else:
            self._error = BadAnswerError("the connection closed without the end that TLS asks for")
            self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Take the end of the connection."""
        self.closed = True
        self._pool.connections.discard(self)
        if self._reader is not None:
            self._error = error
            self._wake()

    def has_news(self) -> bool:
        """Whether something can be read from it that the event loop has not seen yet, its end for example."""
        return is_ready(self._fileno, to_read=True, seconds=0)

    def expire(self, now: float) -> None:
        """Take note that the time is over; a request that was taken a bit more of gets more."""
        if self._reader is None or self._limits is None:
            self.until = inf
            self.abort()
            return
        if now < self._end_by and self._phase is WRITE:
            unsent = self._transport.get_write_buffer_size()
            if unsent < self._unsent:
                self._unsent = unsent
                self._phase = WRITE if unsent else READ
                self._more_time(self._limits.write if unsent else self._limits.read)
                return
        is_over = now >= self._end_by
        self._error = self.way.too_late(self._limits) if is_over else self.way.late(self._phase, self._limits)
        self._wake()

    def abort(self) -> None:
        """Close it at once. A goodbye of TLS would have to wait for the peer's."""
        self.closed = True
        self._pool.connections.discard(self)
        if self._transport is not None:
            self._transport.abort()
        if self._reader is not None:
            self._wake()

    async def connect(self, by: float) -> None:
        """Make the connection, through a proxy where the way has one."""
        way, loop = self.way, self._pool.loop
        phase = CONNECT if way.proxy is None else PROXY
        try:
            if way.proxy is None:
                await self._reach(way.context, way.host, by)
            else:
                await self._reach(way.proxy_context, way.proxy.host, by)
                if way.is_tunnelled:
                    waiter = self._expect(tunnel_reader())
                    self._transport.write(way.tunnel_request())
                    await waiter
                    answer, is_in_order = self._result(phase)
                    if answer.status_code not in TUNNEL_IS_OPEN or not is_in_order:
                        raise refused_by_proxy(way.proxy, answer.status_code, way.host)
                    phase = CONNECT
                    assert way.context is not None  # noqa: S101
                    self._transport = await loop.start_tls(self._transport, self, way.context, server_hostname=way.host)
        except TransportError:
            raise
        except FAILURES as error:
            raise way.failure(phase, error) from error

    async def _reach(self, context: ssl.SSLContext | None, host: str, by: float) -> None:
        loop = self._pool.loop
        addresses = await loop.getaddrinfo(*self.way.connect_to, type=socket.SOCK_STREAM)
        raw = await _connected(loop, addresses, by)
        await loop.create_connection(lambda: self, sock=raw, ssl=context, server_hostname=context and host)


async def _connected(loop: asyncio.AbstractEventLoop, addresses: list[Any], by: float) -> socket.socket:
    """Connect to the first address that answers; each may take its share of the time, so that a dead one ends none."""
    for others, (family, kind, protocol, _, address) in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
        now = loop.time()
        try:
            async with asyncio.timeout_at(_or_none(now + (by - now) / (others + 1)) if others else None):
                return await _connected_to(loop, socket.socket(family, kind, protocol), address)
        except OSError:
            if others == 0:
                raise
    msg = "the name has no address"
    raise OSError(msg)


async def _connected_to(loop: asyncio.AbstractEventLoop, raw: socket.socket, address: Any) -> socket.socket:
    try:
        raw.setblocking(False)  # noqa: FBT003 - its only parameter
        await loop.sock_connect(raw, address)
    except BaseException:
        raw.close()
        raise
    return raw


def _or_none(moment: float) -> float | None:
    return None if moment == inf else moment


def _was_announced(tls: Any) -> bool:
    if tls is None:
        return True
    try:
        return tls.read(1) == b""
    except ssl.SSLError:
        return False
