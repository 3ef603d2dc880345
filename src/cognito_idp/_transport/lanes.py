"""The default async transport: many pools of one connection each, instead of one pool of many.

Two faults of httpx's async pool end here (both measured with httpcore 1.0.9): a cancelled call leaves a connection
behind that nobody gets again, and each call walks over all connections, so that its cost grows with them. A lane that
is not left in order is closed and forgotten; the next call makes a new one.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from .._flow.loops import current_loop
from .httpx_common import Routes
from .routes import KEEPALIVE_SECONDS, MAX_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .certificates import Authorities
    from .routes import Route

_CLOSE_SECONDS = 2.0


class LanePool(httpx.AsyncBaseTransport):
    """An async transport that holds at most `max_connections` connections, each in a pool of its own.

    Connections belong to an event loop. A pool that is used from a new one (as `asyncio.run` makes with each call)
    begins anew there.
    """

    # For the adapter: a call through it may be cancelled in the middle.
    bears_cancellation = True

    def __init__(self, max_connections: int = MAX_CONNECTIONS, authorities: Authorities | None = None) -> None:
        """Make no connection yet."""
        self._max_connections = max_connections
        self._routes = Routes(authorities)
        self._loop: object = None
        self._slots: anyio.Semaphore | None = None
        self._idle: dict[Route, deque[tuple[float, httpx.AsyncHTTPTransport]]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send over an idle connection, a new one, or the next that comes free."""
        slots = self._slots_of_current_loop()
        await self._acquire(slots, request)
        try:
            route = self._routes.route(request.url)
            lane = self._take(route)
        except BaseException:
            slots.release()
            raise
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            await self._end(route, lane, slots, in_order=False)
            raise
        response.stream = _LaneStream(self, route, lane, slots, response)
        return response

    async def _acquire(self, slots: anyio.Semaphore, request: httpx.Request) -> None:
        try:
            slots.acquire_nowait()
        except anyio.WouldBlock:
            seconds = request.extensions.get("timeout", {}).get("pool")
            with anyio.move_on_after(seconds) as scope:
                await slots.acquire()
            if scope.cancelled_caught:
                msg = f"all {self._max_connections} connections were busy for {seconds:g} s"
                raise httpx.PoolTimeout(msg) from None

    def _slots_of_current_loop(self) -> anyio.Semaphore:
        loop = current_loop()
        if self._slots is None or loop is not self._loop:
            # The old loop's connections can't be used, nor closed, from this one; the garbage collector closes them.
            self._loop = loop
            self._idle = {}
            self._slots = anyio.Semaphore(self._max_connections)
        return self._slots

    def _take(self, route: Route) -> httpx.AsyncHTTPTransport:
        idle = self._idle.get(route)
        if idle:
            # The connection used last is the likeliest to be alive still.
            return idle.pop()[1]
        return self._routes.transport(httpx.AsyncHTTPTransport, route, 1)

    async def _end(
        self, route: Route, lane: httpx.AsyncHTTPTransport, slots: anyio.Semaphore, *, in_order: bool
    ) -> None:
        """Take back a lane: keep it for the next call if its exchange came to its end, and close it otherwise."""
        try:
            if not in_order or slots is not self._slots:
                await _close(lane)
                return
            idle = self._idle.setdefault(route, deque())
            now = time.monotonic()
            idle.append((now, lane))
            if idle[0][0] < now - KEEPALIVE_SECONDS:
                await _close(idle.popleft()[1])
        finally:
            slots.release()

    async def aclose(self) -> None:
        """Close all idle connections; those in use close when their call ends."""
        lanes = [lane for idle in self._idle.values() for _, lane in idle]
        self._idle = {}
        self._slots = None
        if current_loop() is self._loop:
            for lane in lanes:
                await _close(lane)


async def _close(lane: httpx.AsyncHTTPTransport) -> None:
    # Shielded: closing must come to its end even when the call was cancelled, or the socket would stay open.
    with anyio.move_on_after(_CLOSE_SECONDS, shield=True):
        await lane.aclose()


class _LaneStream(httpx.AsyncByteStream):
    """The body of an answer; when it is closed, its lane goes back to the pool."""

    def __init__(
        self,
        pool: LanePool,
        route: Route,
        lane: httpx.AsyncHTTPTransport,
        slots: anyio.Semaphore,
        response: httpx.Response,
    ) -> None:
        self._pool = pool
        self._route = route
        self._lane = lane
        self._slots = slots
        self._stream: Any = response.stream
        self._chunks: AsyncIterator[bytes]
        self._was_read = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._chunks = aiter(self._stream)
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            self._was_read = True
            raise

    async def aclose(self) -> None:
        in_order = False
        try:
            if self._was_read:
                await self._stream.aclose()
                in_order = True
        finally:
            await self._pool._end(self._route, self._lane, self._slots, in_order=in_order)  # noqa: SLF001 - its other half
