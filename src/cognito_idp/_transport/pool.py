"""The connections of a sync transport, whatever makes them: each is used by one call at a time and then kept, or ended.

A signal handler may raise at any moment (Ctrl-C, Celery's soft time limit), between any two steps below. So nothing
here counts up and down: a connection that a call has lost is one that nobody refers to any more, and leaves its place
with that. Locks are held by `with` alone, whose entry no signal can split. No loop stands directly in such a block:
CPython 3.12 and newer leave its jump back to the head out of the block's cleanup, and a handler may raise just there.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import ref

from .._errors import ClientClosedError
from .._protocol.wire import KEEPALIVE_SECONDS
from .adapter import CLOSED
from .routes import MAX_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Pooled(Protocol):
    """What the pool needs of a connection. `since` is when it became idle, by `idle_clock`."""

    since: float
    closed: bool

    @property
    def way(self) -> Hashable:
        """Where it leads; connections of equal ways stand for each other."""
        ...

    def is_usable(self) -> bool:
        """Look at an idle connection: whether the peer still waits for a request on it."""
        ...

    def close(self) -> None:
        """Close it; called by whoever uses it, or by the pool while it is idle."""
        ...

    def break_off(self) -> None:
        """Make the thread that uses it fail soon; called by others."""
        ...


C = TypeVar("C", bound=Pooled)

# The time in seconds by which the age of an idle connection is measured. The clock goes on while the machine sleeps,
# where there is such a one: connections age then, too.
idle_clock: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)
# Who waits for a place looks for itself so often, in case that whoever should have woken it was interrupted.
_LOOK_AGAIN_SECONDS = 0.1


class Pool(Generic[C]):
    """At most `max_connections` connections, kept last-in-first-out. Threads share it, and a forked child may use it.

    `make` returns a connection for a way, which does nothing yet.
    """

    def __init__(self, make: Callable[[Any], C], max_connections: int = MAX_CONNECTIONS) -> None:
        self._make = make
        self._max_connections = max_connections
        self._closed = False
        self._outlived: list[object] = []
        self._begin()

    def _begin(self) -> None:
        # One that a signal handler can take again: it may make a call, too.
        self._lock = threading.RLock()
        self._all: list[ref[C]] = []
        self._idle: dict[Hashable, deque[C]] = {}
        self._waiting: deque[threading.Lock] = deque()
        # Last: a thread that sees this process's id takes the rest for this process's, too.
        self._process = os.getpid()

    def take(self, way: Hashable, max_idle: float, seconds: float | None) -> C | None:
        """Return a connection: one that has not been idle for longer than `max_idle` seconds, or a new one.

        None: all were busy for so many seconds.

        Raises:
            ClientClosedError: the pool was closed.
        """
        if os.getpid() != self._process:
            # Neither closed nor dropped: two processes that share a connection would read each other's answers, and
            # closing TLS says goodbye over a connection that is the parent's.
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
            if idle_clock() - connection.since > max_idle:
                # The others are older still. A call that minds less may have them.
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
            with suppress(ValueError):  # whoever woke it has taken it out
                self._waiting.remove(turn)
            if connection is not None or left <= 0:
                return connection

    def give_back(self, connection: C) -> None:
        """Keep a connection whose exchange came to its end, for the next call."""
        if self._closed or os.getpid() != self._process:
            connection.close()
            return
        now = idle_clock()
        idle = self._idle.get(connection.way)
        if idle is None:
            idle = self._idle.setdefault(connection.way, deque())
        # One after the other: by `since` a caller that is interrupted here knows whether it was given back.
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
        """End a connection that was not left in order."""
        connection.close()
        self._wake()

    def _wake(self) -> None:
        with suppress(IndexError):
            self._waiting.popleft().release()

    def close(self) -> None:
        """End all connections of this process, those that other threads use too, and take no more calls."""
        self._closed = True
        if os.getpid() != self._process:
            return
        self._end_idle()
        with self._lock:
            entries = list(self._all)
        for entry in entries:
            connection = entry()
            if connection is not None:
                connection.break_off()
        while self._waiting:
            self._wake()

    def _end_idle(self) -> None:
        for idle in list(self._idle.values()):
            while idle:
                try:
                    idle.pop().close()
                except IndexError:
                    break


def _left_of(entries: list[ref[C]]) -> list[ref[C]]:
    return [entry for entry in entries if (connection := entry()) is not None and not connection.closed]
