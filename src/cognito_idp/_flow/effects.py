"""Flows: generators that say what they need done, and leave the doing to a driver.

A flow is written once and runs under a sync and an async driver. It yields *effects*, plain data such as "send this
request" or "sleep so long", and is resumed with the effect's result, or with the exception that performing it raised.
The functions here (`send`, `sleep`, ...) wrap each effect so that `response = yield from send(request)` is typed.

Rules for flows: everything else they do is computation on plain data. They read no clock, draw no random number and do
no I/O of their own. A `finally` block must not yield, since a cancelled flow is closed and nothing can be performed any
more.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from .._protocol.wire import HttpRequest, HttpResponse

R = TypeVar("R")


class Send(NamedTuple):
    """Exchange one HTTP request for its response, through the client's transport."""

    request: HttpRequest


class Sleep(NamedTuple):
    """Wait for a number of seconds."""

    seconds: float


class Offload(NamedTuple):
    """Call a function that blocks or computes for long; the async driver runs it in a worker thread.

    `seconds` is how long an async driver waits for it; a sync one can't break it off.
    """

    function: Callable[[], Any]
    seconds: float | None = None


class Call(NamedTuple):
    """Call a function of the user's, plain or async; a sync driver refuses one that returns an awaitable.

    `seconds` is how long to wait for an async one.
    """

    function: Callable[[], Any]
    seconds: float | None = None


class Hold(NamedTuple):
    """Run another flow while holding a lock; `seconds` is how long to wait for it."""

    lock: Lock
    flow: Flow[Any]
    seconds: float | None = None


class Finish(NamedTuple):
    """Run another flow to its end, even if whoever waits for it is cancelled."""

    flow: Flow[Any]


class Lock:
    """Mutual exclusion for flows: of the flows that hold it, one at a time runs under each driver.

    It is a `threading.Lock` for sync drivers and, for async ones, an `anyio.Lock` an event loop, made when first needed
    (tasks of two loops can't wait for each other). So sync clients and several loops that share one object exclude each
    other only among themselves.
    """

    __slots__ = ("_for_tasks", "_for_threads")

    def __init__(self) -> None:
        """Make an unlocked lock."""
        self._for_threads = (os.getpid(), threading.Lock())
        self._for_tasks: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    @property
    def for_threads(self) -> threading.Lock:
        """This process's lock: in a forked child, a thread that held the parent's does not go on to release it."""
        process, lock = self._for_threads
        if process != os.getpid():
            lock = threading.Lock()
            self._for_threads = (os.getpid(), lock)
        return lock

    @property
    def for_tasks(self) -> Any:
        """The running loop's `anyio.Lock`; anyio is imported here, where an async driver has loaded it anyway."""
        from .loops import current_loop

        loop = current_loop()
        lock = self._for_tasks.get(loop)
        if lock is None:
            import anyio

            lock = self._for_tasks[loop] = anyio.Lock()
        return lock


Effect = Send | Sleep | Offload | Call | Hold | Finish
Flow = Generator[Effect, Any, R]


def send(request: HttpRequest) -> Flow[HttpResponse]:
    """Send a request and return its response; raises a `TransportError` where none came."""
    response: HttpResponse = yield Send(request)
    return response


def sleep(seconds: float) -> Flow[None]:
    """Wait."""
    yield Sleep(seconds)


def offload(function: Callable[[], R]) -> Flow[R]:
    """Run a function that blocks or computes for long, off the event loop where there is one."""
    result: R = yield Offload(function)
    return result


@overload
def call(function: Callable[[], Awaitable[R]]) -> Flow[R]: ...
@overload
def call(function: Callable[[], R | Awaitable[R]]) -> Flow[R]: ...
def call(function: Callable[[], Any]) -> Flow[Any]:
    """Call a function of the user's, awaiting what it returns under an async driver."""
    result = yield Call(function)
    return result


def hold(lock: Lock, flow: Flow[R]) -> Flow[R]:
    """Run `flow` while holding `lock`."""
    result: R = yield Hold(lock, flow)
    return result


def finish(flow: Flow[R]) -> Flow[R]:
    """Run `flow` to its end even if the caller is cancelled, so that what it learns is not lost."""
    result: R = yield Finish(flow)
    return result
