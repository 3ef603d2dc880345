"""Exchanges that outlive the call that began them, for transports that can't stand being cancelled in the middle."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._errors import ClientClosedError
from .loops import on_trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    import outcome

R = TypeVar("R")

_BROKEN_OFF = "this client was closed before the answer came"


class Detached:
    """Runs each exchange in a task of its own, which goes on to its end when the caller is cancelled."""

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self._under_way: set[Any] = set()

    async def run(self, exchange: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Run an exchange and return its result; a cancellation leaves it to itself.

        Raises:
            ClientClosedError: `close` broke it off.
        """
        if on_trio():
            return await self._run_on_trio(exchange)
        task = asyncio.ensure_future(exchange())
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        # To wait for a task is not to cancel it when the waiting is cancelled, as `await task` would.
        await asyncio.wait((task,))
        if task.cancelled():
            raise ClientClosedError(_BROKEN_OFF)
        return task.result()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            # Asked for, so that asyncio does not report the failure of an exchange that nobody waits for any more.
            task.exception()

    async def _run_on_trio(self, exchange: Callable[[], Awaitable[R]]) -> R:
        import trio

        task: _TrioTask[R] = _TrioTask(exchange, self._under_way.discard)
        self._under_way.add(task)
        trio.lowlevel.spawn_system_task(task.run, context=copy_context())
        return await task.result()

    async def close(self) -> None:
        """Break off what is under way, and wait until it has ended."""
        under_way = list(self._under_way)
        for task in under_way:
            task.cancel()
        if on_trio():
            for task in under_way:
                await task.ended.wait()
        elif under_way:
            await asyncio.wait(under_way)


class _TrioTask(Generic[R]):
    """As much of an `asyncio.Task` as is needed here: trio has no tasks that one could wait for."""

    def __init__(self, exchange: Callable[[], Awaitable[R]], when_ended: Callable[[object], None]) -> None:
        import trio

        self._exchange = exchange
        self._when_ended = when_ended
        self._scope = trio.CancelScope()
        self._outcome: outcome.Outcome[R] | None = None
        self.ended = trio.Event()

    async def run(self) -> None:
        import outcome

        try:
            with self._scope:
                try:
                    self._outcome = outcome.Value(await self._exchange())
                except Exception as error:  # noqa: BLE001 - whoever waits gets it
                    self._outcome = outcome.Error(error)
        finally:
            self._when_ended(self)
            self.ended.set()

    async def result(self) -> R:
        await self.ended.wait()
        if self._outcome is None:
            raise ClientClosedError(_BROKEN_OFF)
        return self._outcome.unwrap()

    def cancel(self) -> None:
        self._scope.cancel()
