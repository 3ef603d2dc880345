"""The default sync transport over httpx: many pools of one connection each, instead of one pool of many.

If a signal handler (Ctrl-C, Celery's soft time limit) raises inside httpx's own pool, it may leave a slot taken or a
lock held, and later calls wait forever. With a handler that raises in every call, this happens within 300 to 10,000
calls (httpcore 1.0.9). A lane that is not left in order is discarded, whatever state it is in.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import httpx

from .._protocol.wire import KEEPALIVE_SECONDS
from .httpx_common import Routes
from .httpx_timed import EndOfExchange, keep_time
from .limits import MAX_CONNECTIONS, MAX_IDLE, TOTAL
from .pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .certificates import Authorities
    from .proxies import Route


class RoutedTransport(httpx.BaseTransport):
    """At most `max_connections` connections, each in its own pool, with the proxy and certificates of its route.

    A forked process makes its own connections: two processes on one connection would read each other's answers.
    """

    def __init__(self, max_connections: int = MAX_CONNECTIONS, authorities: Authorities | None = None) -> None:
        self._max_connections = max_connections
        self._routes = Routes(authorities)
        # Not a method: a reference cycle with the pool would delay garbage collection.
        self._pool: Pool[Lane] = Pool(partial(Lane, self._routes), max_connections)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send over an idle connection, a new one, or the next one that becomes free.

        Raises:
            ClientClosedError: `close` was called.
        """
        extensions = request.extensions
        seconds = extensions.get("timeout", {}).get("pool")
        total = extensions.get(TOTAL)
        end = inf if total is None else time.monotonic() + total
        lane = self._pool.take(self._routes.route(request.url), extensions.get(MAX_IDLE, KEEPALIVE_SECONDS), seconds)
        if lane is None:
            msg = f"all {self._max_connections} connections were busy for {seconds:g} s"
            raise httpx.PoolTimeout(msg)
        try:
            response = lane.send(request, end)
            response.stream = _LaneStream(self._pool, lane, response.stream)
        except BaseException:
            self._pool.end(lane)
            raise
        return response

    def renew(self) -> None:
        """Use no connection again that there is now."""
        self._pool.renew()

    def close(self) -> None:
        """Close all connections of this process, including those that other threads are using."""
        self._pool.close()


class Lane:
    """One connection, as `Pool` sees it: an httpx transport of at most one connection, made on first use."""

    def __init__(self, routes: Routes, way: Route) -> None:
        self.way = way
        self.since = 0.0
        self.closed = False
        self.is_last = False
        self._routes = routes
        self._end = EndOfExchange()
        self._transport: httpx.HTTPTransport | None = None

    def send(self, request: httpx.Request, end: float = inf) -> httpx.Response:
        """Send a request, and return the answer with its body unread; all must end by `end` of a monotonic clock."""
        self._end.at = end
        transport = self._transport
        if transport is None:
            transport = self._transport = self._routes.transport(httpx.HTTPTransport, self.way, 1)
            _set_free(transport)
            keep_time(transport, self._end)
        return transport.handle_request(request)

    def is_usable(self) -> bool:
        """Return whether it may be reused; httpcore checks the connection itself and replaces a closed one."""
        return not self.closed

    def close(self) -> None:
        """Close the connection."""
        self.closed = True
        if self._transport is not None:
            self._transport.close()

    def break_off(self) -> None:
        """Shut the connection down; the thread that is using it gets an error."""
        raw = _socket_of(self._transport)
        if raw is not None:
            with suppress(OSError):
                # Not `raw.shutdown`, which first turns TLS off for the other thread.
                socket.socket.shutdown(raw, socket.SHUT_RDWR)


def _set_free(transport: Any) -> None:
    """Replace the lock of httpcore's pool, which only one thread uses at a time.

    httpcore's locks are entered in Python code, so a signal handler can raise between the lock and its `with` block.
    The pool's own error handler, and closing the pool, would then wait for the lock again. Entering an `RLock` is
    atomic. Without the private attribute, this does nothing.
    """
    pool = getattr(transport, "_pool", None)
    for name, value in list(getattr(pool, "__dict__", {}).items()):
        if name.endswith("_lock") and hasattr(value, "__enter__"):
            setattr(pool, name, threading.RLock())


def _socket_of(transport: Any) -> socket.socket | None:
    """Return the socket of a one-connection transport, if it has one and private attributes lead to it."""
    inner: Any = next(iter(getattr(getattr(transport, "_pool", None), "_connections", ())), None)
    while inner is not None:
        stream = getattr(inner, "_network_stream", None)
        if stream is not None:
            raw = stream.get_extra_info("socket")
            return raw if isinstance(raw, socket.socket) else None
        inner = getattr(inner, "_connection", None)
    return None


class _LaneStream(httpx.SyncByteStream):
    """The body of an answer; closing it returns its lane to the pool, or ends the lane if not all was read."""

    def __init__(self, pool: Pool[Lane], lane: Lane, stream: Any) -> None:
        self._pool = pool
        self._lane: Lane | None = lane
        self._stream = stream
        self._was_read = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream
        self._was_read = True

    def close(self) -> None:
        # Done first, so that a second `close` can't return a lane that another call is using by then.
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
