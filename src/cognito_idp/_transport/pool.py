"""The connections of a sync transport: one call at a time uses each of them, and then it is kept or closed.

A signal handler may raise at any moment (Ctrl-C, Celery's soft time limit), between any two steps below. So nothing
here counts up and down: when a call loses a connection, nobody refers to it any more, and that frees its slot. Locks
are only held by `with`, which no signal can split on entry. No loop is directly inside such a block: CPython 3.12 and
newer leave the loop's backward jump out of the block's cleanup, and a handler may raise right there.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import ref

from .._errors import ClientClosedError
from .._flow.clock import age_clock
from .._protocol.wire import KEEPALIVE_SECONDS
from .adapter import CLOSED
from .limits import MAX_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Pooled(Protocol):
    """The connection protocol of the pool.

    `since` is when the connection became idle, by `age_clock`. `is_last` is true if its exchange is its last one.
    """

    since: float
    closed: bool
    is_last: bool

    @property
    def way(self) -> Hashable:
        """Where the connection leads; connections with equal ways are interchangeable."""
        ...

    def is_usable(self) -> bool:
        """Return whether the peer of an idle connection still waits for a request."""
        ...

    def close(self) -> None:
        """Close the connection; called by its user, or by the pool while it is idle."""
        ...

    def break_off(self) -> None:
        """Make the thread that is using it fail soon; called by other threads."""
        ...


C = TypeVar("C", bound=Pooled)

# How often a waiting call checks for a slot itself, in case the thread that should have woken it was interrupted.
_LOOK_AGAIN_SECONDS = 0.1


class Pool(Generic[C]):
    """At most `max_connections` connections, reused last-in-first-out. Threads and forked children may use it.

    `make` returns a connection for a way, not yet opened.
    """

    def __init__(self, make: Callable[[Any], C], max_connections: int = MAX_CONNECTIONS) -> None:
        self._make = make
        self._max_connections = max_connections
        self._closed = False
        self._outlived: list[object] = []
        self._begin()

    def _begin(self) -> None:
        # Reentrant: a signal handler may make a call too.
        self._lock = threading.RLock()
        self._all: list[ref[C]] = []
        self._idle: dict[Hashable, deque[C]] = {}
        self._waiting: deque[threading.Lock] = deque()
        # Set last: a thread that sees this process's id assumes that the rest belongs to this process too.
        self._process = os.getpid()

    def take(self, way: Hashable, max_idle: float, seconds: float | None) -> C | None:
        """Return a connection that has been idle for at most `max_idle` seconds, or a new one.

        Return None if all were busy for `seconds`.

        Raises:
            ClientClosedError: the pool was closed.
        """
        if os.getpid() != self._process:
            # Neither closed nor dropped: two processes on one connection would read each other's answers, and closing
            # TLS would end a connection that belongs to the parent.
            self._outlived.append(self._idle)
            self._begin()
        if self._closed:
            raise ClientClosedError(CLOSED)
        connection = self._kept(way, max_idle) or self._new(way)
        if connection is not None:
            return connection
        return self._waited(way, max_idle, None if seconds is None else time.monotonic() + seconds)

    def _kept(self, way: Hashable, max_idle: float) -> C | None:
        idle = self._idle.get(way)
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread was quicker
                return None
            if not 0 <= age_clock() - connection.since <= max_idle:
                # The others are older still. A call with a larger `max_idle` may use them.
                idle.append(connection)
                return None
            if connection.is_usable():
                return connection
            connection.close()
        return None

    def _new(self, way: Hashable) -> C | None:
        with self._lock:
            if len(self._all) >= self._max_connections:
                self._all = _left_of(self._all)
            if len(self._all) >= self._max_connections and not self._end_an_idle_one():
                return None
            connection = self._make(way)
            self._all.append(ref(connection))
            return connection

    def _end_an_idle_one(self) -> bool:
        for idle in list(self._idle.values()):
            try:
                idle.popleft().close()
            except IndexError:
                continue
            self._all = _left_of(self._all)
            return True
        return False

    def _waited(self, way: Hashable, max_idle: float, until: float | None) -> C | None:
        while True:
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
            if self._closed:
                raise ClientClosedError(CLOSED)
            connection = self._kept(way, max_idle) or self._new(way)
            left = _LOOK_AGAIN_SECONDS if until is None else min(until - time.monotonic(), _LOOK_AGAIN_SECONDS)
            if connection is None and left > 0:
                turn.acquire(timeout=left)
            with suppress(ValueError):  # the thread that woke it has removed it
                self._waiting.remove(turn)
            if connection is not None or left <= 0:
                return connection

    def give_back(self, connection: C) -> None:
        """Keep a connection for the next call; its exchange was completed."""
        if self._closed or os.getpid() != self._process:
            connection.close()
            return
        if connection.is_last:
            self.end(connection)
            return
        now = age_clock()
        idle = self._idle.get(connection.way)
        if idle is None:
            idle = self._idle.setdefault(connection.way, deque())
        # In this order, so that `since` tells an interrupted caller whether the connection was given back.
        connection.since = now
        idle.append(connection)
        with suppress(IndexError):  # other threads have taken them all
            if idle[0].since < now - KEEPALIVE_SECONDS:
                idle.popleft().close()
        if self._waiting:
            self._wake()
        if self._closed:
            self._end_idle()

    def end(self, connection: C) -> None:
        """Close a connection that was not left in order."""
        connection.close()
        self._wake()

    def _wake(self) -> None:
        with suppress(IndexError):
            self._waiting.popleft().release()

    def renew(self) -> None:
        """Use no connection again that there is now: close the idle ones, and the others after their exchange."""
        if os.getpid() != self._process:
            return  # the parent's; the next call begins anew
        for connection in self._alive():
            connection.is_last = True
        self._end_idle()

    def close(self) -> None:
        """Close all connections of this process, including those that other threads are using, and refuse new calls."""
        self._closed = True
        if os.getpid() != self._process:
            return
        self._end_idle()
        for connection in self._alive():
            connection.break_off()
        while self._waiting:
            self._wake()

    def _alive(self) -> list[C]:
        with self._lock:
            entries = list(self._all)
        return [connection for entry in entries if (connection := entry()) is not None]

    def _end_idle(self) -> None:
        for idle in list(self._idle.values()):
            while idle:
                try:
                    idle.pop().close()
                except IndexError:
                    break


def _left_of(entries: list[ref[C]]) -> list[ref[C]]:
    return [entry for entry in entries if (connection := entry()) is not None and not connection.closed]
