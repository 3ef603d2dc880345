"""Exchanges that outlive the call that began them, for transports that can't stand being cancelled in the middle."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from .loops import on_trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

R = TypeVar("R")


class Detached:
    """Runs each exchange in a task of its own, which goes on to its end when the caller is cancelled."""

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self._under_way: set[Any] = set()

    async def run(self, exchange: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Run an exchange and return its result; a cancellation leaves it to itself."""
        if on_trio():
            return await self._run_on_trio(exchange)
        task = asyncio.ensure_future(exchange())
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            # Asked for, so that asyncio does not report the failure of an exchange that nobody waits for any more.
            task.exception()

    async def _run_on_trio(self, exchange: Callable[[], Awaitable[R]]) -> R:
        import outcome
        import trio

        done = trio.Event()
        scope = trio.CancelScope()
        results: list[outcome.Outcome[R]] = []

        async def run() -> None:
            with scope:
                results.append(await outcome.acapture(exchange))
            self._under_way.discard(scope)
            done.set()

        self._under_way.add(scope)
        trio.lowlevel.spawn_system_task(run)
        await done.wait()
        return results[0].unwrap()

    async def close(self) -> None:
        """Break off what is under way."""
        under_way = list(self._under_way)
        for exchange in under_way:
            exchange.cancel()
        if not on_trio():
            await asyncio.gather(*under_way, return_exceptions=True)
