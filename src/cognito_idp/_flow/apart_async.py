"""Flows that outlive the wait for them, under an async driver: each runs in a task of its own (see `apart.py`)."""

from __future__ import annotations

import os
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._errors import CognitoIdpError, DeadlineExceededError
from .ending import GOES_ON, ITSELF, report
from .locks import new_lock
from .loops import current_loop, is_over
from .tasks import start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from .effects import UnderWay
    from .tasks import Task

R = TypeVar("R")


class AsyncApart:
    """Runs flows in tasks of their own; each comes to its end even if its caller leaves, or the event loop ends."""

    def __init__(self) -> None:
        # Event loops in several threads may run flows and close.
        self._lock = new_lock()
        self._jobs: set[_Job[Any]] = set()
        self._closings: list[Callable[[], Awaitable[None]]] = []

    async def run(self, work: Callable[[], Coroutine[Any, Any, R]], under_way: UnderWay, seconds: float | None) -> R:
        """Run `work`, or wait for what is under way in this event loop; wait at most `seconds`.

        Raises:
            DeadlineExceededError: the time is over; the work goes on.
        """
        job: _Job[R] | None = under_way.for_tasks
        if job is not None and not job.task.is_done():
            if job.task.is_current():
                raise RuntimeError(ITSELF)
            await job.wait(seconds)
            try:
                return job.task.result()
            except CognitoIdpError as error:
                raise copy(error) from error  # each of those that share it gets a traceback of its own
        job = _Job(self, under_way)
        try:
            job.start(work)
            await job.wait(seconds)
            return job.task.result()
        finally:
            job.is_left = True

    async def once_idle(self, close: Callable[[], Awaitable[None]]) -> None:
        """Call a function now, or leave that to the last of the tasks."""
        with self._lock:
            is_idle = self._is_idle()
            if not is_idle:
                self._closings.append(close)
        if is_idle:
            await close()

    def started(self, job: _Job[Any]) -> None:
        """Note a piece of work."""
        with self._lock:
            self._jobs.add(job)

    async def ended(self, job: _Job[Any]) -> None:
        """Forget a piece of work, and close what was to be closed after the last one."""
        closings: list[Callable[[], Awaitable[None]]] = []
        with self._lock:
            self._jobs.discard(job)
            if self._is_idle():
                closings, self._closings = self._closings, closings
        for close in closings:
            with suppress(Exception):  # nobody waits for it
                await close()

    def _is_idle(self) -> bool:
        return not any(job.can_end() for job in self._jobs)


class _Job(Generic[R]):
    """One piece of work in its task."""

    task: Task[R]

    def __init__(self, apart: AsyncApart, under_way: UnderWay) -> None:
        self.is_left = False
        self._apart = apart
        self._under_way = under_way
        self._loop = current_loop()
        self._process = os.getpid()

    def start(self, work: Callable[[], Coroutine[Any, Any, R]]) -> None:
        """Start the task."""
        self._apart.started(self)
        self._under_way.for_tasks = self
        self.task = start(lambda: self._run(work), outlives_loop=True)

    async def _run(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        try:
            return await work()
        except Exception as error:
            if self.is_left:
                report(error)
            raise
        finally:
            self._under_way.for_tasks = None
            await self._apart.ended(self)

    async def wait(self, seconds: float | None) -> None:
        """Wait for the end."""
        if not await self.task.wait(seconds):
            raise DeadlineExceededError(GOES_ON)

    def can_end(self) -> bool:
        """Return whether its event loop still runs, in this process."""
        return self._process == os.getpid() and not is_over(self._loop)
