"""The default async transport: many pools of one connection each, instead of one pool of many.

Two faults of httpx's async pool end here (both measured with httpcore 1.0.9): a cancelled call leaves a connection
behind that nobody gets again, and each call walks over all connections, so that its cost grows with them. A lane that
is not left in order is closed and forgotten; the next call makes a new one.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from .._flow.loops import current_loop, is_over
from .._protocol.wire import KEEPALIVE_SECONDS
from .httpx_common import MAX_IDLE, Routes
from .pool import idle_clock
from .routes import MAX_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .certificates import Authorities
    from .routes import Route

_CLOSE_SECONDS = 2.0


class LanePool(httpx.AsyncBaseTransport):
    """An async transport that holds at most `max_connections` connections a loop, each in a pool of its own.

    Connections belong to the event loop and the process that made them. Each loop has its own, until it is closed.
    """

    # For the adapter: a call through it may be cancelled in the middle.
    bears_cancellation = True

    def __init__(self, max_connections: int = MAX_CONNECTIONS, authorities: Authorities | None = None) -> None:
        """Make no connection yet."""
        self._max_connections = max_connections
        self._routes = Routes(authorities)
        self._lanes: dict[tuple[object, int], _Lanes] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send over an idle connection, a new one, or the next that comes free."""
        lanes = self._lanes_of_current_loop()
        await self._acquire(lanes.slots, request)
        try:
            route = self._routes.route(request.url)
            lane = await lanes.take(route, request.extensions.get(MAX_IDLE, KEEPALIVE_SECONDS))
            if lane is None:
                lane = self._routes.transport(httpx.AsyncHTTPTransport, route, 1)
        except BaseException:
            lanes.slots.release()
            raise
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            await lanes.end(route, lane, in_order=False)
            raise
        response.stream = _LaneStream(lanes, route, lane, response)
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

    def _lanes_of_current_loop(self) -> _Lanes:
        key = current_loop(), os.getpid()
        lanes = self._lanes.get(key)
        if lanes is None:
            for other in list(self._lanes):
                if other[1] == key[1] and is_over(other[0]):
                    # What it left can't be closed from this loop; the garbage collector does that.
                    self._lanes.pop(other, None)
            lanes = self._lanes[key] = _Lanes(self._max_connections)
        return lanes

    async def aclose(self) -> None:
        """Close all idle connections of this loop; those in use, on any loop, close when their call ends."""
        here = current_loop(), os.getpid()
        for key in list(self._lanes):
            # What belongs to another process is neither closed nor dropped.
            if key[1] == here[1] and (lanes := self._lanes.pop(key, None)) is not None:
                await lanes.close(is_here=key == here)


class _Lanes:
    """The connections of one event loop in one process: places to use one in, and those that are idle, by route."""

    def __init__(self, max_connections: int) -> None:
        self.slots = anyio.Semaphore(max_connections)
        self._idle: dict[Route, deque[tuple[float, httpx.AsyncHTTPTransport]]] = {}
        self._closed = False

    async def take(self, route: Route, max_idle: float) -> httpx.AsyncHTTPTransport | None:
        """Return the lane used last, the likeliest to be alive still; None if one has to be made, for which is room."""
        idle = self._idle.get(route)
        if idle and idle_clock() - idle[-1][0] <= max_idle:
            return idle.pop()[1]
        kept = [lanes for lanes in self._idle.values() if lanes]
        if sum(map(len, kept)) > self.slots.value:
            await _close(min(kept, key=lambda lanes: lanes[0][0]).popleft()[1])
        return None

    async def end(self, route: Route, lane: httpx.AsyncHTTPTransport, *, in_order: bool) -> None:
        """Take back a lane: keep it for the next call if its exchange came to its end, and close it otherwise."""
        try:
            if not in_order or self._closed:
                await _close(lane)
                return
            idle = self._idle.setdefault(route, deque())
            now = idle_clock()
            idle.append((now, lane))
            if idle[0][0] < now - KEEPALIVE_SECONDS:
                await _close(idle.popleft()[1])
        finally:
            self.slots.release()

    async def close(self, *, is_here: bool) -> None:
        """Keep no lane any more; close the idle ones if this is their loop."""
        self._closed = True
        idle, self._idle = self._idle, {}
        if is_here:
            for lanes in idle.values():
                for _, lane in lanes:
                    await _close(lane)


async def _close(lane: httpx.AsyncHTTPTransport) -> None:
    # Shielded: closing must come to its end even when the call was cancelled, or the socket would stay open.
    with anyio.move_on_after(_CLOSE_SECONDS, shield=True):
        await lane.aclose()


class _LaneStream(httpx.AsyncByteStream):
    """The body of an answer; when it is closed, its lane goes back to the pool."""

    def __init__(self, lanes: _Lanes, route: Route, lane: httpx.AsyncHTTPTransport, response: httpx.Response) -> None:
        self._lanes = lanes
        self._route = route
        self._lane = lane
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
            await self._lanes.end(self._route, self._lane, in_order=in_order)
