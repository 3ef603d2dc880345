"""The default sync transport over httpx: many pools of one connection each, instead of one pool of many.

A signal handler that raises while httpx's own pool works (Ctrl-C, Celery's soft time limit) may leave a place taken or
a lock held there, and later calls wait for it for ever: within 300 to 10,000 calls, where a handler raises in each
(httpcore 1.0.9). A lane that is not left in order is thrown away, whatever state it is in.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from .._protocol.wire import KEEPALIVE_SECONDS
from .httpx_common import MAX_IDLE, Routes
from .pool import Pool
from .routes import MAX_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .certificates import Authorities
    from .routes import Route


class RoutedTransport(httpx.BaseTransport):
    """At most `max_connections` connections, each in a pool of its own, with proxies and certificates of its route.

    A forked process makes its own: two processes that talk over one connection would read each other's answers.
    """

    def __init__(self, max_connections: int = MAX_CONNECTIONS, authorities: Authorities | None = None) -> None:
        """Make no connection yet."""
        self._max_connections = max_connections
        self._routes = Routes(authorities)
        # Not a method of this object, which would be in a circle with its pool then, and be collected late.
        self._pool: Pool[Lane] = Pool(partial(Lane, self._routes), max_connections)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send over an idle connection, a new one, or the next that comes free.

        Raises:
            ClientClosedError: `close` was called.
        """
        extensions = request.extensions
        seconds = extensions.get("timeout", {}).get("pool")
        lane = self._pool.take(self._routes.route(request.url), extensions.get(MAX_IDLE, KEEPALIVE_SECONDS), seconds)
        if lane is None:
            msg = f"all {self._max_connections} connections were busy for {seconds:g} s"
            raise httpx.PoolTimeout(msg)
        try:
            response = lane.send(request)
            response.stream = _LaneStream(self._pool, lane, response.stream)
        except BaseException:
            self._pool.end(lane)
            raise
        return response

    def close(self) -> None:
        """Close all connections of this process, those that other threads use too."""
        self._pool.close()


class Lane:
    """One connection, as `Pool` knows it: a transport of httpx's that holds no more, and is made on first use."""

    def __init__(self, routes: Routes, way: Route) -> None:
        self.way = way
        self.since = 0.0
        self.closed = False
        self._routes = routes
        self._transport: httpx.HTTPTransport | None = None

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send, and return the answer with its body unread."""
        transport = self._transport
        if transport is None:
            transport = self._transport = self._routes.transport(httpx.HTTPTransport, self.way, 1)
            _set_free(transport)
        return transport.handle_request(request)

    def is_usable(self) -> bool:
        """Whether it may be used again; httpcore looks at the connection itself, and replaces one that is closed."""
        return not self.closed

    def close(self) -> None:
        """Close the connection."""
        self.closed = True
        if self._transport is not None:
            self._transport.close()

    def break_off(self) -> None:
        """End the connection under the thread that uses it, which gets an error then."""
        raw = _socket_of(self._transport)
        if raw is not None:
            with suppress(OSError):
                # Not `raw.shutdown`, which turns TLS off for the other thread first.
                socket.socket.shutdown(raw, socket.SHUT_RDWR)


def _set_free(transport: Any) -> None:
    """Replace the lock of httpcore's pool, which one thread uses at a time.

    httpcore's locks are entered in Python code, so that a signal handler can raise between the lock and its `with`
    block. The pool's own handler would take the lock again then, and so would closing it. The entry of an `RLock` can't
    be split. Without the private attribute nothing is done.
    """
    pool = getattr(transport, "_pool", None)
    for name, value in list(getattr(pool, "__dict__", {}).items()):
        if name.endswith("_lock") and hasattr(value, "__enter__"):
            setattr(pool, name, threading.RLock())


def _socket_of(transport: Any) -> socket.socket | None:
    """Return the socket of a transport of one connection, if it has one and private attributes lead to it."""
    inner: Any = next(iter(getattr(getattr(transport, "_pool", None), "_connections", ())), None)
    while inner is not None:
        stream = getattr(inner, "_network_stream", None)
        if stream is not None:
            raw = stream.get_extra_info("socket")
            return raw if isinstance(raw, socket.socket) else None
        inner = getattr(inner, "_connection", None)
    return None


class _LaneStream(httpx.SyncByteStream):
    """The body of an answer; when it is closed, its lane goes back to the pool, or ends if not all was read."""

    def __init__(self, pool: Pool[Lane], lane: Lane, stream: Any) -> None:
        self._pool = pool
        self._lane: Lane | None = lane
        self._stream = stream
        self._was_read = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream
        self._was_read = True

    def close(self) -> None:
        # First, so that no second `close` gives back a lane that another call has by then.
        lane, self._lane = self._lane, None
        if lane is None:
            return
        in_order = False
        try:
            if self._was_read:
                self._stream.close()
                in_order = True
        finally:
            if in_order:
                self._pool.give_back(lane)
            else:
                self._pool.end(lane)
