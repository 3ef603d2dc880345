"""Calls that wait outside of Python, made so that Ctrl-C and other signals get through.

Python runs signal handlers in the main thread, between two of its own instructions. A library that waits in native code
keeps them waiting until it returns. So a call of the main thread's runs in another one, while the main thread waits for
a lock, which signals do interrupt; it costs about 10 µs.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

_IDLE_SECONDS = 60.0


class Interruptible:
    """Runs functions; those of the main thread in threads of its own, which end when they have been idle for long."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._main = threading.main_thread().ident
        self._idle: deque[_Worker] = deque()

    def run(self, function: Callable[[Any], R], argument: Any) -> R:
        """Return what the function returns. If a signal's handler raises, the call goes on to its end by itself."""
        if threading.get_ident() != self._main:
            return function(argument)
        job: _Job[R] = _Job(function, argument)
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker(self._idle)
            try:
                worker.start()
            except RuntimeError:
                # The interpreter is about to exit and starts no more threads.
                return function(argument)
        worker.do(job)
        return job.result()


class _Job(Generic[R]):
    """One call, and what came of it."""

    __slots__ = ("_argument", "_done", "_error", "_function", "_value")

    def __init__(self, function: Callable[[Any], R], argument: Any) -> None:
        self._function = function
        self._argument = argument
        self._value: Any = None
        self._error: BaseException | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def run(self) -> None:
        try:
            self._value = self._function(self._argument)
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            self._error = error

    def end(self) -> None:
        self._done.release()

    def result(self) -> R:
        self._done.acquire()
        error, self._error = self._error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # it would be in a circle with its own traceback
        value: R = self._value
        return value


class _Worker:
    """A thread that runs one call after the other. The interpreter doesn't wait for it when it exits."""

    __slots__ = ("_idle", "_job", "_work")

    def __init__(self, idle: deque[_Worker]) -> None:
        self._idle = idle
        self._job: _Job[Any] | None = None
        self._work = threading.Lock()
        self._work.acquire()

    def start(self) -> None:
        threading.Thread(target=self._run, name="cognito-idp call", daemon=True).start()

    def do(self, job: _Job[Any]) -> None:
        self._job = job
        self._work.release()

    def _run(self) -> None:
        while self._has_work():
            job, self._job = self._job, None
            assert job is not None  # noqa: S101
            job.run()
            # First idle, then done: the next call finds this thread again.
            self._idle.append(self)
            job.end()
            del job

    def _has_work(self) -> bool:
        if self._work.acquire(timeout=_IDLE_SECONDS):
            return True
        try:
            self._idle.remove(self)
        except ValueError:
            # Somebody has just taken it, and has work for it.
            return self._work.acquire()
        return False
