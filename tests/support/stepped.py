"""Calls that are cancelled at each of their awaits, on asyncio and on trio."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from cognito_idp._flow.loops import on_trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator


class Stepped:
    """Awaits something, and calls `cancel` at its await number `cancel_at`.

    That is before what it waits for is there, or, with `after`, once it is there and before the task hears of it.
    """

    def __init__(self, inner: Coroutine[Any, Any, Any], cancel_at: int, *, after: bool) -> None:
        self.awaits = 0
        self.cancel: Callable[[], object]
        self._inner = inner
        self._cancel_at = cancel_at
        self._after = after

    def __await__(self) -> Generator[Any, Any, Any]:
        """Pass on, step by step."""
        steps = self._inner.__await__()
        step: Callable[[], Any] = lambda: steps.send(None)  # noqa: E731 - it is one of two
        while True:
            try:
                awaited = step()
            except StopIteration as stop:
                return stop.value
            if self.awaits == self._cancel_at:
                if self._after and awaited is not None:
                    # The result is there, and nobody takes it.
                    blocking, awaited._asyncio_future_blocking = awaited._asyncio_future_blocking, False
                    awaited.add_done_callback(lambda _: self.cancel())
                    awaited._asyncio_future_blocking = blocking
                else:
                    self.cancel()
            self.awaits += 1
            try:
                sent = yield awaited
            except BaseException as error:  # noqa: BLE001 - it goes on to where it belongs
                thrown = error
                step = lambda: steps.throw(thrown)  # noqa: B023, E731
            else:
                step = lambda: steps.send(sent)  # noqa: B023, E731


async def cancelled_at_each(
    call: Callable[[], Coroutine[Any, Any, Any]], check: Callable[[], Awaitable[None]] | None = None
) -> int:
    """Cancel calls at their first await, their second, and so on until a call has no more; check after each."""
    cancelled = 0
    # Only a future of asyncio can be looked at before the task that awaits it.
    for after in (False,) if on_trio() else (False, True):
        number = 0
        while True:
            stepped = Stepped(call(), number, after=after)
            await (_cancelled_scope if on_trio() else _cancelled_task)(stepped)
            if check is not None:
                await check()
            if stepped.awaits <= number:
                break
            cancelled += 1
            number += 1
    return cancelled


async def _cancelled_task(stepped: Stepped) -> None:
    async def run() -> None:
        stepped.cancel = asyncio.current_task().cancel  # type: ignore[union-attr]
        await stepped

    with suppress(asyncio.CancelledError):
        await asyncio.ensure_future(run())


async def _cancelled_scope(stepped: Stepped) -> None:
    with anyio.CancelScope() as scope:
        stepped.cancel = scope.cancel
        await stepped
