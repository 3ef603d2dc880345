"""Exchanges that outlive the call that started them, for transports that break if cancelled midway."""

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
    """Runs each exchange in its own task, which finishes even if the caller is cancelled."""

    def __init__(self) -> None:
        self._under_way: set[Any] = set()

    async def run(self, exchange: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Run an exchange and return its result; cancelling the caller does not cancel the exchange.

        Raises:
            ClientClosedError: `close` ended the exchange.
        """
        if on_trio():
            return await self._run_on_trio(exchange)
        task = asyncio.ensure_future(exchange())
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        # Unlike `await task`, this doesn't cancel the task when the waiting is cancelled.
        await asyncio.wait((task,))
        if task.cancelled():
            raise ClientClosedError(_BROKEN_OFF)
        return task.result()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            # Read the exception, or asyncio would report the failure of an exchange that nobody waits for any more.
            task.exception()

    async def _run_on_trio(self, exchange: Callable[[], Awaitable[R]]) -> R:
        import trio

        task: _TrioTask[R] = _TrioTask(exchange, self._under_way.discard)
        self._under_way.add(task)
        trio.lowlevel.spawn_system_task(task.run, context=copy_context())
        return await task.result()

    async def close(self) -> None:
        """Cancel all running exchanges, and wait until they have ended."""
        under_way = list(self._under_way)
        for task in under_way:
            task.cancel()
        if on_trio():
            for task in under_way:
                await task.ended.wait()
        elif under_way:
            await asyncio.wait(under_way)


class _TrioTask(Generic[R]):
    """The parts of `asyncio.Task` that are needed here, since you can't wait for a trio task."""

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
