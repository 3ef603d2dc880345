"""The async half of the library's own engine: one connection pool per event loop."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING

from .._errors import ClientClosedError, ConfigError, DeadlineExceededError, TransportError
from .._flow.clock import age_clock
from .._protocol.wire import KEEPALIVE_SECONDS
from .adapter import CLOSED
from .http1 import answer_reader
from .limits import MAX_CONNECTIONS
from .proxies import origin_of
from .stdlib_common import CONNECT, Ways, bytes_of
from .stdlib_protocol import BROKEN, Connection, or_none

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from .._protocol.wire import HttpRequest, HttpResponse, Limits
    from .certificates import Authorities
    from .stdlib_common import Way


# The loop turns that asyncio (two) and uvloop take to pass on the end of a connection through two layers of TLS.
_TURNS = 4


class AsyncStdlibTransport:
    """Sends over asyncio. Tasks and event loops may share it; each loop has its own connections.

    A cancelled or failed call closes its connection.
    """

    name = "stdlib"

    def __init__(self, authorities: Authorities) -> None:
        self._ways = Ways(authorities)
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        self._inherited: list[Pool] = []
        self._closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return its response.

        Raises:
            TransportError: no answer came.
            InvalidResponseError: the answer is larger than the limit, or compressed.
            ClientClosedError: `close` was called.
            ConfigError: the request or its route can't be used, or the caller runs on trio.
        """
        if self._closed:
            raise ClientClosedError(CLOSED)
        loop = _running_loop()
        if loop is None:
            msg = "transport='stdlib' runs on asyncio only; on trio use transport='httpx'"
            raise ConfigError(msg)
        limits = request.limits
        end_by = inf if limits.total is None else loop.time() + limits.total
        pool = self._pools.get(loop)
        if pool is None or pool.is_inherited():
            pool = await self._new_pool(loop)
        way, target = self._ways.known(request.url) or await self._found(loop, request, end_by)
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
                if is_in_order and not self._closed and not connection.is_last:
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

    async def _found(self, loop: asyncio.AbstractEventLoop, request: HttpRequest, end_by: float) -> tuple[Way, str]:
        # A new way may need certificates, and loading them would block the event loop for too long.
        try:
            async with asyncio.timeout_at(or_none(end_by)):
                return await loop.run_in_executor(None, self._ways.find, request.url)
        except TimeoutError:
            msg = f"{origin_of(request.url).shown}: all threads of the event loop's executor were busy"
        raise DeadlineExceededError(msg)

    async def _new_pool(self, loop: asyncio.AbstractEventLoop) -> Pool:
        # Other threads may be doing the same for their loops.
        for old in list(self._pools):
            if old.is_closed():
                self._pools.pop(old, None)
        if loop in self._pools:
            # A parent's, in a child that goes on with its loop: closed by nobody here, the garbage collector included.
            self._inherited.append(self._pools[loop])
        pool = self._pools[loop] = Pool(loop)
        await anext(pool.guardian)
        return pool

    async def renew(self) -> None:
        """Use no connection again that there is now; connections on other running loops end a little later."""
        current = _running_loop()
        for loop, pool in list(self._pools.items()):
            if loop is current:
                pool.renew()
                # The loop closes the sockets on its next turn.
                await asyncio.sleep(0)
            elif not pool.is_inherited():
                with suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(pool.renew)

    async def close(self) -> None:
        """Close all connections; running calls get a `ClientClosedError`, on other running loops a little later."""
        self._closed = True
        current = _running_loop()
        for loop, pool in list(self._pools.items()):
            if loop is current:
                pool.abort()
                await pool.guardian.aclose()
                # The loop closes the sockets on its next turn.
                await asyncio.sleep(0)
            elif not pool.is_inherited():
                with suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(pool.abort)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Pool:
    """The connections of one event loop: at most 100, each used by one call at a time, reused last-in-first-out.

    One timer watches all of them, so giving a call more time only stores a number.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._process = os.getpid()
        self.connections: set[Connection] = set()
        self.places = MAX_CONNECTIONS
        # Before an event loop ends, it closes the async generators started on it. That closes the connections of
        # a client that nobody closed.
        self.guardian = self._ending_with_the_loop()
        self._idle: dict[Way, deque[Connection]] = {}
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    def is_inherited(self) -> bool:
        """Return whether its connections belong to a parent process, whose answers come over them."""
        return self._process != os.getpid()

    async def _ending_with_the_loop(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self.abort()

    async def wait_for_place(self, way: Way, limits: Limits, end_by: float) -> None:
        """Wait for a free slot; all are taken.

        Raises:
            TimeoutError_: no slot became free within the connect time.
        """
        by = inf if limits.connect is None else self.loop.time() + limits.connect
        turn = _Waiting(self.loop.create_future(), min(by, end_by))
        self._waiting.append(turn)
        self.look_by(turn.until)
        try:
            has_place = await turn.future
        except BaseException:
            # It may have been given a slot just before it was cancelled.
            if turn.future.done() and not turn.future.cancelled() and turn.future.result():
                self.give_back_place()
            raise
        if not has_place:
            if has_place is None:
                raise way.failure(CONNECT, ConnectionAbortedError(BROKEN))
            raise way.too_late(limits) if end_by <= by else way.no_place(limits)

    def give_back_place(self) -> None:
        """Free a slot, for the call that has waited longest."""
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.done():
                future.set_result(True)
                return
        self.places += 1

    async def kept(self, way: Way, max_idle: float) -> Connection | None:
        """Return a live connection that has been idle for at most `max_idle` seconds."""
        idle = self._idle.get(way)
        while idle:
            connection = idle.pop()
            if connection.closed:
                continue
            if not 0 <= age_clock() - connection.since <= max_idle:
                # The others are older still. A call that minds less may have them.
                idle.append(connection)
                return None
            if connection.has_news():
                try:
                    # A few turns of the loop let it see what came: the end, or just a session ticket.
                    for _ in range(_TURNS):
                        await asyncio.sleep(0)
                except BaseException:
                    connection.abort()
                    raise
                if connection.closed:
                    continue
            return connection
        return None

    def keep(self, connection: Connection) -> None:
        """Keep a connection for the next call."""
        connection.since = age_clock()
        connection.until = self.loop.time() + KEEPALIVE_SECONDS
        self.look_by(connection.until)
        idle = self._idle.get(connection.way)
        if idle is None:
            idle = self._idle[connection.way] = deque()
        idle.append(connection)
        while idle and idle[0].closed:
            idle.popleft()

    async def connected(self, way: Way, limits: Limits, end_by: float) -> Connection:
        """Return a new connection; if there are too many, close an idle one first."""
        if len(self.connections) >= MAX_CONNECTIONS:
            idle = [old for queue in self._idle.values() for old in queue if not old.closed]
            for oldest in sorted(idle, key=lambda old: old.since)[:1]:
                oldest.abort()
        by = inf if limits.connect is None else self.loop.time() + limits.connect
        connection = Connection(self, way)
        limit = connection.connecting = asyncio.timeout_at(or_none(min(by, end_by)))
        try:
            async with limit:
                await connection.connect(min(by, end_by))
        except BaseException as error:
            was_closed = connection.closed
            connection.abort()
            if not (limit.expired() and isinstance(error, TimeoutError)):
                raise
            if was_closed:
                raise way.failure(connection.phase, ConnectionAbortedError(BROKEN)) from None
            raise (way.too_late(limits) if end_by <= by else way.late(connection.phase, limits)) from None
        finally:
            connection.connecting = None
        return connection

    def look_by(self, when: float) -> None:
        """Schedule a check of the time limits, no later than `when`."""
        if when < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = when
            self._timer = self.loop.call_at(when, self._look)

    def _look(self) -> None:
        if self.is_inherited():
            return
        self._timer, self._timer_at = None, inf
        now = self.loop.time()
        waiters: list[Connection | _Waiting] = [*self.connections, *self._waiting]
        for waiter in waiters:
            if waiter.until <= now:
                waiter.expire(now)
        self.look_by(min((waiter.until for waiter in waiters), default=inf))

    def renew(self) -> None:
        """Close what is idle, and have the others closed after their exchange."""
        if self.is_inherited():
            return
        for connection in self.connections:
            connection.is_last = True
        for idle in self._idle.values():
            while idle:
                idle.pop().abort()

    def abort(self) -> None:
        """Close everything at once."""
        if self.is_inherited():
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, inf
        for connection in list(self.connections):
            connection.abort()
            if connection.connecting is not None and not connection.connecting.expired():
                connection.connecting.reschedule(0)
        self._idle.clear()
        while self._waiting:
            self._waiting.popleft().expire(inf)


class _Waiting:
    """A call that waits for a slot."""

    __slots__ = ("future", "until")

    def __init__(self, future: asyncio.Future[bool | None], until: float) -> None:
        self.future = future
        self.until = until

    def expire(self, now: float) -> None:
        """Let the call go without a slot: False at its time limit, None if all is closed."""
        self.until = inf
        if not self.future.done():
            self.future.set_result(None if now == inf else False)
