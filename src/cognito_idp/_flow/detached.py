"""Exchanges that outlive the call that started them, for transports that break if cancelled midway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .loops import current_loop
from .tasks import start

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .tasks import Task

R = TypeVar("R")


class Detached:
    """Runs each exchange in its own task, which finishes even if the caller is cancelled."""

    def __init__(self) -> None:
        self._under_way: dict[object, Task[Any]] = {}

    async def run(self, exchange: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Run an exchange and return its result; cancelling the caller does not cancel the exchange.

        Raises:
            ClientClosedError: `close` ended the exchange.
        """
        key = object()

        async def run() -> R:
            try:
                return await exchange()
            finally:
                self._under_way.pop(key, None)

        task = start(run)
        if not task.is_done():
            self._under_way[key] = task
            await task.wait(None)
        return task.result()

    async def close(self) -> None:
        """Cancel all running exchanges, and wait until those of this event loop have ended."""
        here = current_loop()
        under_way = list(self._under_way.values())
        for task in under_way:
            if task.loop is here:
                task.cancel()
            else:
                # Only its own loop may cancel it, and might not run while this one waits.
                task.cancel_from_elsewhere()
        for task in under_way:
            if task.loop is here:
                await task.wait(None)
