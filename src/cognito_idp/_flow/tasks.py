"""Tasks that nobody's cancellation ends, on asyncio and trio. They are what `apart_async.py` and `detached.py` run."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from .._errors import ClientClosedError
from .loops import current_loop, on_trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

_BROKEN_OFF = "this client was closed before the answer came"
# Whether the running task is to be finished. The tasks that such a task starts here are, too.
_OUTLIVES_LOOP: Final = ContextVar("_OUTLIVES_LOOP", default=False)


class Task(Protocol[R_co]):
    """A running exchange."""

    loop: object

    def is_done(self) -> bool:
        """Return whether it has ended."""
        ...

    def is_current(self) -> bool:
        """Return whether the caller runs in it."""
        ...

    async def wait(self, seconds: float | None) -> bool:
        """Wait for its end, at most some seconds, and return whether it has ended. Leaving doesn't cancel it."""
        ...

    def result(self) -> R_co:
        """Return what came of it.

        Raises:
            ClientClosedError: it was cancelled.
        """
        ...

    def cancel(self) -> None:
        """Cancel it; called from its loop."""
        ...

    def cancel_from_elsewhere(self) -> None:
        """Have its loop cancel it, if that still runs; called from anywhere."""
        ...


def start(exchange: Callable[[], Coroutine[Any, Any, R]], *, outlives_loop: bool = False) -> Task[R]:
    """Start an exchange in a task of its own.

    A task that `outlives_loop` goes on when the program's main task ends, and the event loop waits for it.
    """
    outlives_loop = outlives_loop or _OUTLIVES_LOOP.get()

    async def run() -> R:
        _OUTLIVES_LOOP.set(outlives_loop)
        return await exchange()

    if on_trio():
        return _TrioTask(run, outlives_loop=outlives_loop)
    return _AsyncioTask(run, outlives_loop=outlives_loop)


class _AsyncioTask(Generic[R]):
    def __init__(self, run: Callable[[], Coroutine[Any, Any, R]], *, outlives_loop: bool) -> None:
        self.loop: object = asyncio.get_running_loop()
        self._task = asyncio.ensure_future(run())
        self._task.add_done_callback(_read)
        if outlives_loop:
            # `asyncio.run` cancels all tasks that it knows, and waits for them. So it doesn't know this one, but one
            # that waits for it and can't be cancelled.
            asyncio.tasks._unregister_task(self._task)  # noqa: SLF001 - documented under "Extending asyncio"
            self._guard = asyncio.ensure_future(self._last())

    async def _last(self) -> None:
        while not self._task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait((self._task,))

    def is_done(self) -> bool:
        return self._task.done()

    def is_current(self) -> bool:
        return asyncio.current_task() is self._task

    async def wait(self, seconds: float | None) -> bool:
        # Unlike `await task`, this doesn't cancel the task when the waiting is cancelled.
        await asyncio.wait((self._task,), timeout=seconds)
        return self._task.done()

    def result(self) -> R:
        if self._task.cancelled():
            raise ClientClosedError(_BROKEN_OFF)
        return self._task.result()

    def cancel(self) -> None:
        self._task.cancel()

    def cancel_from_elsewhere(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)


def _read(task: asyncio.Task[Any]) -> None:
    # Otherwise asyncio would report the failure of an exchange that nobody waits for any more.
    if not task.cancelled():
        task.exception()


class _TrioTask(Generic[R]):
    """The parts of `asyncio.Task` that are needed here, since you can't wait for a trio task."""

    def __init__(self, run: Callable[[], Awaitable[R]], *, outlives_loop: bool) -> None:
        import trio

        self._run = run
        # At the end of its run, trio cancels its system tasks, and waits for them.
        self._scope = trio.CancelScope(shield=outlives_loop)
        self._result: list[R] = []
        self._error: Exception | None = None
        self._has_ended = trio.Event()
        self.loop: Any = current_loop()
        self._task = trio.lowlevel.spawn_system_task(self._to_its_end, context=copy_context())

    async def _to_its_end(self) -> None:
        try:
            with self._scope:
                try:
                    self._result.append(await self._run())
                except Exception as error:  # noqa: BLE001 - whoever waits gets it
                    self._error = error
        finally:
            self._has_ended.set()

    def is_done(self) -> bool:
        return self._has_ended.is_set()

    def is_current(self) -> bool:
        import trio

        return trio.lowlevel.current_task() is self._task

    async def wait(self, seconds: float | None) -> bool:
        import trio

        with trio.move_on_after(sys.float_info.max if seconds is None else seconds):
            await self._has_ended.wait()
        return self._has_ended.is_set()

    def result(self) -> R:
        if self._error is not None:
            raise self._error
        if not self._result:
            raise ClientClosedError(_BROKEN_OFF)
        return self._result[0]

    def cancel(self) -> None:
        self._scope.cancel()

    def cancel_from_elsewhere(self) -> None:
        import trio

        with suppress(trio.RunFinishedError):
            self.loop.run_sync_soon(self._scope.cancel)
