"""Flows: generators that say what they need done, and leave it to a driver to do it.

A flow is written once and runs under a sync and an async driver. It yields *effects*, plain data such as "send this
request" or "sleep for two seconds". The driver resumes it with the effect's result, or with the exception that the
effect raised. The functions here (`send`, `sleep`, ...) wrap each effect so that
`response = yield from send(request)` is typed.

Everything else in a flow is computation on plain data: a flow reads no clock, draws no random numbers and does no I/O.
A `finally` block must not yield, since a cancelled flow is closed and can't have anything performed any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, overload
from weakref import WeakKeyDictionary

from .._protocol.redaction import Record
from .locks import new_lock

if TYPE_CHECKING:
    from .._protocol.wire import HttpRequest, HttpResponse

R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)


class Send(Record):
    """Send one HTTP request through the client's transport and get its response."""

    __slots__ = __match_args__ = _fields = ("request",)

    def __init__(self, request: HttpRequest) -> None:
        self.request = request


class Sleep(Record):
    """Wait for a number of seconds."""

    __slots__ = __match_args__ = _fields = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Offload(Record):
    """Call a function that blocks or computes for a long time; the async driver runs it in a worker thread.

    Where there are no threads (Pyodide) it is called in the event loop, so a long computation comes in slices.
    `seconds` is how long an async driver waits for it; a sync driver can't interrupt it, and a thread goes on with it.
    What may hang is a `Stoppable` instead.
    """

    __slots__ = __match_args__ = _fields = ("function", "seconds")

    def __init__(self, function: Callable[[], Any], seconds: float | None = None) -> None:
        self.function = function
        self.seconds = seconds


class Stoppable(Protocol[T_co]):
    """Work that ends in time, and that can be stopped on the way."""

    def run(self, seconds: float | None) -> T_co:
        """Do the work in the calling thread.

        Raises:
            WaitedTooLongError: `seconds` passed before it was done.
        """
        ...

    def stop(self) -> None:
        """End `run`, which another thread is in or about to be in, and wait until it has ended."""
        ...


class Run(Record):
    """Do some work; the async driver does so in a worker thread, and stops the work if its caller is cancelled.

    `seconds` is how long the work may take.
    """

    __slots__ = __match_args__ = _fields = ("work", "seconds")

    def __init__(self, work: Stoppable[Any], seconds: float | None = None) -> None:
        self.work = work
        self.seconds = seconds


class Call(Record):
    """Call a user's function, plain or async; a sync driver refuses a function that returns an awaitable.

    `seconds` is how long to wait for an async function.
    """

    __slots__ = __match_args__ = _fields = ("function", "seconds")

    def __init__(self, function: Callable[[], Any], seconds: float | None = None) -> None:
        self.function = function
        self.seconds = seconds


class Hold(Record):
    """Run another flow while holding a lock; `seconds` is how long to wait for the lock."""

    __slots__ = __match_args__ = _fields = ("lock", "flow", "seconds")

    def __init__(self, lock: Lock, flow: Flow[Any], seconds: float | None = None) -> None:
        self.lock = lock
        self.flow = flow
        self.seconds = seconds


class Finish(Record):
    """Run another flow to its end, apart from its caller, whatever breaks off the caller's wait.

    It is for exchanges whose answer replaces a secret that can't be had twice: the refresh token of a user's session
    (`tokens/refresh.py`), and those in the files of `aws sso login` and `aws login` (`credentials/`). What others bring
    can be asked for again: temporary credentials, tokens of a sign-in, a device's password, which its user has before
    the service hears of it.

    With `tasks_only` it is for what strangers can begin, by requests that they break off: the fetch of a verifier's
    keys (`tokens/jwks.py`), its question about a token (`tokens/revocation.py`). Each request would begin another one.
    Under a sync driver such a flow runs in the caller's thread, which no peer can break off.

    `seconds` is how long the caller waits; the flow itself needs limits of its own. Who comes with the same
    `under_way` while such a flow runs waits for that one instead, and gets its result or a copy of its error.
    """

    __slots__ = __match_args__ = _fields = ("flow", "under_way", "seconds", "tasks_only")

    def __init__(
        self,
        flow: Flow[Any],
        under_way: UnderWay | None = None,
        seconds: float | None = None,
        *,
        tasks_only: bool = False,
    ) -> None:
        self.flow = flow
        self.under_way = under_way
        self.seconds = seconds
        self.tasks_only = tasks_only


class UnderWay:
    """What runs for a `Finish` now: at most one flow among threads, and one in each event loop."""

    __slots__ = ("_in_loops", "for_threads", "lock")

    def __init__(self) -> None:
        self.lock = new_lock()
        self.for_threads: Any = None
        self._in_loops: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    @property
    def for_tasks(self) -> Any:
        """What runs in the running loop."""
        return self._in_loops.get(_current_loop())

    @for_tasks.setter
    def for_tasks(self, task: Any) -> None:
        self._in_loops[_current_loop()] = task


LOCK_NOT_FREE: Final = "the call's time limit passed while it waited for another call"


class Lock:
    """Mutual exclusion for flows: under each kind of driver, one flow at a time holds it.

    Sync drivers use a `threading.Lock`; async drivers use one `anyio.Lock` per event loop, made on first use (tasks of
    two loops can't wait for each other). So sync clients exclude only each other, and so do the tasks of each loop.
    """

    __slots__ = ("_for_tasks", "for_threads")

    def __init__(self) -> None:
        self.for_threads = new_lock()
        self._for_tasks: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    @property
    def for_tasks(self) -> Any:
        """The running loop's `anyio.Lock`."""
        loop = _current_loop()
        lock = self._for_tasks.get(loop)
        if lock is None:
            import anyio

            lock = self._for_tasks[loop] = anyio.Lock()
        return lock


def _current_loop() -> object:
    # Imported here, as anyio above: an async driver has loaded them already, and a sync one needs neither.
    from .loops import current_loop

    return current_loop()


Effect = Send | Sleep | Offload | Run | Call | Hold | Finish
Flow = Generator[Effect, Any, R]


def send(request: HttpRequest) -> Flow[HttpResponse]:
    """Send a request and return its response; raises a `TransportError` if none came."""
    response: HttpResponse = yield Send(request)
    return response


def sleep(seconds: float) -> Flow[None]:
    """Wait."""
    yield Sleep(seconds)


def offload(function: Callable[[], R]) -> Flow[R]:
    """Run a function that blocks or computes for a long time, off the event loop if there is one."""
    result: R = yield Offload(function)
    return result


def run(work: Stoppable[R]) -> Flow[R]:
    """Do some work, off the event loop if there is one, and stop it if the caller is cancelled."""
    result: R = yield Run(work)
    return result


@overload
def call(function: Callable[[], Awaitable[R]]) -> Flow[R]: ...
@overload
def call(function: Callable[[], R | Awaitable[R]]) -> Flow[R]: ...
def call(function: Callable[[], Any]) -> Flow[Any]:
    """Call a user's function; an async driver awaits what it returns."""
    result = yield Call(function)
    return result


def hold(lock: Lock, flow: Flow[R], seconds: float | None = None) -> Flow[R]:
    """Run `flow` while holding `lock`; wait for the lock at most `seconds`."""
    result: R = yield Hold(lock, flow, seconds)
    return result


def finish(
    flow: Flow[R], under_way: UnderWay | None = None, seconds: float | None = None, *, tasks_only: bool = False
) -> Flow[R]:
    """Run `flow` to its end even if the caller leaves, so that its result is not lost; wait at most `seconds`.

    Raises:
        DeadlineExceededError: the wait is over, and the flow goes on.
    """
    result: R = yield Finish(flow, under_way, seconds, tasks_only=tasks_only)
    return result
