"""Flows that outlive the wait for them, under a sync driver: each runs in a thread of its own.

A signal handler may raise in the main thread at any moment (Ctrl-C, Celery's soft time limit), but never in these
threads. They are not daemons, so the interpreter waits for them when it ends. The limits of what they run bound this
wait.
"""

from __future__ import annotations

import signal
import threading
from _thread import start_new_thread
from contextlib import suppress
from contextvars import copy_context
from copy import copy
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._errors import CognitoIdpError, DeadlineExceededError
from .ending import GOES_ON, ITSELF, report
from .locks import new_lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from .effects import UnderWay

    # Calls a user's function, in this thread or in another one.
    Perform: TypeAlias = Callable[[Callable[[], Any]], Any]

R = TypeVar("R")

# How often a thread looks whether its caller has left.
_LOOK_AGAIN_SECONDS = 0.1
# How long a caller waits without a break. A signal that comes just before the wait doesn't end it, but the handler runs
# after it.
_SLICE = 1.0


class Apart:
    """Runs flows in threads of their own; each comes to its end even if its caller leaves."""

    def __init__(self) -> None:
        self._lock = new_lock()
        self._threads: set[threading.Thread] = set()
        self._closings: list[Callable[[], None]] = []

    def run(self, work: Callable[[Perform], R], under_way: UnderWay, seconds: float | None) -> R:
        """Run `work`, or wait for what is under way; wait at most `seconds`.

        `work` gets a function that calls a user's function: in the thread of the caller as long as that waits, since
        connections to databases and the like belong to a thread, and in the thread of `work` once the caller is gone.

        Raises:
            DeadlineExceededError: the time is over; the work goes on.
        """
        own: _Job[R] = _Job(work, self, under_way)
        try:
            with under_way.lock:
                job: _Job[R] = under_way.for_threads
                if job is None or not job.is_under_way():
                    job = under_way.for_threads = own
                    own.has_thread = own.start()
            if job is own and own.has_thread is False:
                return work(_at_once)
            return job.result(own.inbox, seconds, is_own=job is own)
        finally:
            # A plain store: no signal handler can come before it.
            own.is_left = True

    def once_idle(self, close: Callable[[], None]) -> None:
        """Call a function now, or when the last of the threads has ended."""
        with self._lock:
            if self._is_idle():
                closings = [close]
            else:
                closings = []
                self._closings.append(close)
        for each in closings:
            each()

    def started(self, thread: threading.Thread) -> None:
        """Note a thread; it is about to start."""
        with self._lock:
            self._threads.add(thread)

    def ended(self, thread: threading.Thread) -> None:
        """Forget a thread, and close what was to be closed after the last one."""
        closings = []
        with self._lock:
            self._threads.discard(thread)
            if self._is_idle():
                closings, self._closings = self._closings, closings
        for close in closings:
            with suppress(Exception):  # nobody waits for it
                close()

    def _is_idle(self) -> bool:
        # In a forked child no thread of the parent is alive.
        return not any(thread.is_alive() for thread in self._threads)


class _Job(Generic[R]):
    """One piece of work, its thread, and the callers that wait for it."""

    def __init__(self, work: Callable[[Perform], R], apart: Apart, under_way: UnderWay) -> None:
        self.inbox: SimpleQueue[_Errand | None] = SimpleQueue()
        self.is_left = False
        self.has_thread: bool | None = None
        self._work = work
        self._apart = apart
        self._under_way = under_way
        self._thread = threading.Thread(target=copy_context().run, args=(self._run,), name="cognito_idp", daemon=False)
        self._errand: _Errand | None = None
        self._inboxes = [self.inbox]
        self._is_done = False
        self._value: R
        self._error: BaseException | None = None

    def start(self) -> bool:
        """Start the thread, and return whether there is one: not on emscripten, nor when the interpreter ends.

        In functions of `atexit` threads can be started still, but the interpreter waits for none of them.

        `Thread.start` is written in Python, and a signal handler that raises in the middle of it leaves a thread that
        can't run. So it is called in a thread that no handler reaches; what starts that one is a single step.
        """
        launched: SimpleQueue[bool] = SimpleQueue()
        if not threading.main_thread().is_alive():
            return False
        try:
            start_new_thread(self._launch, (launched,))
        except RuntimeError:
            return False
        return launched.get()

    def _launch(self, launched: SimpleQueue[bool]) -> None:
        self._apart.started(self._thread)
        try:
            self._thread.start()
        except RuntimeError:
            self._apart.ended(self._thread)
            launched.put(False)
        else:
            launched.put(True)

    def is_under_way(self) -> bool:
        """Return whether its thread runs: not if there could be none, nor in a forked child."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._value = self._work(self._perform)
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            self._error = error
            if self.is_left:
                report(error)
        with self._under_way.lock:
            self._under_way.for_threads = None
            self._is_done = True
        for inbox in list(self._inboxes):
            inbox.put(None)
        self._apart.ended(self._thread)

    def _perform(self, function: Callable[[], Any]) -> Any:
        errand = self._errand = _Errand(function)
        self.inbox.put(errand)
        while not errand.is_done and not self.is_left:
            with suppress(Empty):
                errand.back.get(timeout=_LOOK_AGAIN_SECONDS)
        self._errand = None
        # The caller may have left in the middle of it.
        return errand.outcome() if errand.is_done else function()

    def result(self, inbox: SimpleQueue[_Errand | None], seconds: float | None, *, is_own: bool) -> R:
        """Wait for the end, run errands meanwhile, and return the result or raise the error."""
        if not is_own:
            self._check_caller()
            self._inboxes.append(inbox)
        until = None if seconds is None else monotonic() + seconds
        while not self._is_done:
            remaining = _SLICE if until is None else until - monotonic()
            try:
                errand = inbox.get(timeout=max(min(remaining, _SLICE), 0.0))
            except Empty:
                if remaining > _SLICE or until is None:
                    continue
                raise DeadlineExceededError(GOES_ON) from None
            if errand is not None:
                errand.run()
                # What took the time was the user's function, which comes near the end.
                until = None
        if self._error is None:
            return self._value
        if is_own or not isinstance(self._error, CognitoIdpError):
            raise self._error
        raise copy(self._error) from self._error  # each of those that share it gets a traceback of its own

    def _check_caller(self) -> None:
        here, errand = threading.current_thread(), self._errand
        if here is self._thread or (errand is not None and errand.thread is here):
            raise RuntimeError(ITSELF)


class _Errand:
    """A call of a user's function, which a thread asks its caller for."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.is_done = False
        self.back: SimpleQueue[None] = SimpleQueue()
        self.thread: threading.Thread | None = None
        self._function = function
        self._value: Any = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Call the function; only what isn't its own error comes out, such as Ctrl-C, and then it is not done."""
        try:
            self.thread = threading.current_thread()
            self._value = self._function()
        except Exception as error:
            if _is_of_a_signal(error):
                raise
            self._error = error  # the thread that asked for it gets it
        finally:
            self.thread = None
        self.is_done = True
        self.back.put(None)

    def outcome(self) -> Any:
        """Return what the function returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._value


def _is_of_a_signal(error: Exception) -> bool:
    """Whether a signal handler raised an error: Celery's soft time limit is an `Exception`, unlike Ctrl-C."""
    handlers = (signal.getsignal(number) for number in signal.valid_signals())
    codes = {getattr(getattr(handler, "__func__", handler), "__code__", None) for handler in handlers}
    entry = error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code in codes:
            return True
        entry = entry.tb_next
    return False


def _at_once(function: Callable[[], Any]) -> Any:
    return function()
