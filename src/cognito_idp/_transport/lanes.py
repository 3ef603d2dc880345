"""The default async transport: many pools of one connection each, instead of one pool of many.

This avoids two faults of httpx's async pool (both measured with httpcore 1.0.9): a cancelled call leaks a connection,
and each call walks all connections, so its cost grows with their number. A lane that is not left in order is closed
and forgotten; the next call makes a new one.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Any

import anyio
import httpcore
import httpx

from .._flow.clock import age_clock
from .._flow.loops import current_loop, is_over
from .._protocol.wire import KEEPALIVE_SECONDS
from .httpx_common import Routes
from .limits import MAX_CONNECTIONS, MAX_IDLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .certificates import Authorities
    from .proxies import Route

_CLOSE_SECONDS = 2.0


class LanePool(httpx.AsyncBaseTransport):
    """An async transport of at most `max_connections` connections per event loop, each in its own pool.

    Connections belong to the event loop and the process that made them. Each loop has its own until it closes.
    """

    # Tells the adapter that a call through it may be cancelled midway.
    bears_cancellation = True

    def __init__(self, max_connections: int = MAX_CONNECTIONS, authorities: Authorities | None = None) -> None:
        self._max_connections = max_connections
        self._routes = Routes(authorities)
        self._lanes: dict[tuple[object, int], _Lanes] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send over an idle connection, a new one, or the next one that becomes free."""
        lanes = self._lanes_of_current_loop()
        await self._acquire(lanes.slots, request)
        try:
            route = self._routes.route(request.url)
            lane = await lanes.take(route, request.extensions.get(MAX_IDLE, KEEPALIVE_SECONDS))
            if lane is None:
                lane = _Lane(self._routes.transport(httpx.AsyncHTTPTransport, route, 1))
        except BaseException:
            lanes.slots.release()
            raise
        try:
            response = await lane.transport.handle_async_request(request)
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
                    # This loop can't close what another loop left behind; the garbage collector does.
                    self._lanes.pop(other, None)
            lanes = self._lanes[key] = _Lanes(self._max_connections)
        return lanes

    async def renew(self) -> None:
        """Use no connection again that there is now: close the idle ones of this loop, and the others after their call.

        What is idle on another loop is left to the garbage collector.
        """
        await self.aclose()

    async def aclose(self) -> None:
        """Close all idle connections of this loop; connections in use, on any loop, close when their call ends."""
        here = current_loop(), os.getpid()
        for key in list(self._lanes):
            # Connections of another process are neither closed nor dropped.
            if key[1] == here[1] and (lanes := self._lanes.pop(key, None)) is not None:
                await lanes.close(is_here=key == here)


class _Lanes:
    """The connections of one event loop in one process: slots for those in use, and idle ones by route."""

    def __init__(self, max_connections: int) -> None:
        self.slots = anyio.Semaphore(max_connections)
        self._idle: dict[Route, deque[tuple[float, _Lane]]] = {}
        self._closed = False

    async def take(self, route: Route, max_idle: float) -> _Lane | None:
        """Return the most recently used lane, the likeliest to be alive; None if the caller must make one."""
        idle = self._idle.get(route)
        if idle and 0 <= age_clock() - idle[-1][0] <= max_idle:
            return idle.pop()[1]
        kept = [lanes for lanes in self._idle.values() if lanes]
        if sum(map(len, kept)) > self.slots.value:
            await min(kept, key=lambda lanes: lanes[0][0]).popleft()[1].close()
        return None

    async def end(self, route: Route, lane: _Lane, *, in_order: bool) -> None:
        """Keep a lane for the next call if its exchange was completed; close it otherwise."""
        try:
            if not in_order or self._closed:
                await lane.close()
                return
            idle = self._idle.setdefault(route, deque())
            now = age_clock()
            idle.append((now, lane))
            if idle[0][0] < now - KEEPALIVE_SECONDS:
                await idle.popleft()[1].close()
        finally:
            self.slots.release()

    async def close(self, *, is_here: bool) -> None:
        """Stop keeping lanes; close the idle ones if this is their loop."""
        self._closed = True
        idle, self._idle = self._idle, {}
        if is_here:
            for lanes in idle.values():
                for _, lane in lanes:
                    await lane.close()


class _Lane:
    """One connection: an httpx transport of at most one, and the connection below it."""

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self.transport = transport
        self._backend: _Backend | None = None
        # httpx has no setting for this. Without the private attributes, what httpcore closes is all that is closed.
        pool: Any = getattr(transport, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if isinstance(backend, httpcore.AsyncNetworkBackend):
            self._backend = pool._network_backend = _Backend(backend)  # noqa: SLF001 - see above

    async def close(self) -> None:
        """Close the connection."""
        # Shielded: closing must finish even if the call was cancelled, or the socket would stay open.
        with anyio.move_on_after(_CLOSE_SECONDS, shield=True):
            try:
                await self.transport.aclose()
            finally:
                if self._backend is not None and self._backend.stream is not None:
                    await self._backend.stream.aclose()


class _Backend(httpcore.AsyncNetworkBackend):
    """Makes a lane's connection, and keeps it until the lane closes.

    httpcore 1.0.9 itself forgets a connection whose TLS handshake is cancelled.
    """

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self.stream: httpcore.AsyncNetworkStream | None = None
        self._inner = inner

    async def connect_tcp(self, *arguments: Any, **settings: Any) -> httpcore.AsyncNetworkStream:
        self.stream = stream = await self._inner.connect_tcp(*arguments, **settings)
        return stream

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _LaneStream(httpx.AsyncByteStream):
    """The body of an answer; closing it returns its lane to the pool."""

    def __init__(self, lanes: _Lanes, route: Route, lane: _Lane, response: httpx.Response) -> None:
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
