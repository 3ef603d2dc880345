"""Exchanges that outlive the call that started them, for transports that break if cancelled midway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from .loops import current_loop
from .tasks import start

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .tasks import Task

R = TypeVar("R")

_ELSEWHERE_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = 0.01


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
        """Cancel all running exchanges, and wait until they have ended."""
        here, elsewhere = current_loop(), []
        under_way = list(self._under_way.values())
        for task in under_way:
            if task.loop is here:
                task.cancel()
            else:
                task.cancel_from_elsewhere()
                elsewhere.append(task)
        for task in under_way:
            if task.loop is here:
                await task.wait(None)
        # Another event loop may not be running just now, so this doesn't wait for ever.
        with anyio.move_on_after(_ELSEWHERE_SECONDS):
            while not all(task.is_done() for task in elsewhere):  # noqa: ASYNC110 - events belong to one loop
                await anyio.sleep(_LOOK_AGAIN_SECONDS)
