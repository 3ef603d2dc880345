"""The async driver: performs the effects of a flow without blocking the event loop, on asyncio or trio."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from .._errors import WaitedTooLongError
from .._protocol.tracebacks import clear_frames
from .apart_async import AsyncApart
from .effects import LOCK_NOT_FREE, Call, Effect, Finish, Flow, Hold, Offload, Run, Send, Sleep, UnderWay
from .platform import on_emscripten

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .effects import Stoppable
    from .transport import AsyncTransport

R = TypeVar("R")

_GRACE = 0.1
# In each event loop, as many as anyio's own default.
_MOST_THREADS = 40
_FUNCTION = "the call's time limit passed while it awaited a function"


class AsyncDriver:
    """Runs flows over one transport. Tasks may share it."""

    def __init__(self, transport: AsyncTransport, sleep: Callable[[float], Awaitable[None]] | None = None) -> None:
        """Use `anyio.sleep` to wait unless `sleep` is passed."""
        self._transport = transport
        self._sleep = sleep
        self._apart = AsyncApart()

    async def run(self, flow: Flow[R]) -> R:
        """Run a flow to its end and return its result.

        If an effect raises an `Exception`, it is thrown into the flow, which may handle it. Anything else (a
        cancellation) closes the flow and propagates. Before anyone gets an error, the frames it passed through are
        cleared.
        """
        handled = sys.exception()
        effect: Effect | None = None
        # Drop the result before resuming the flow, which may call a function that looks at this frame.
        results: list[Any] = []
        try:
            effect = flow.send(None)
            while True:
                try:
                    if type(effect) is Send:
                        results.append(await self._transport.send(effect.request))
                    else:
                        results.append(await self._perform(effect))
                except Exception as error:  # noqa: BLE001 - the flow decides what it can handle
                    clear_frames(error, handled)
                    effect = flow.throw(error)
                else:
                    effect = flow.send(results.pop())
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        except BaseException as error:
            flow.close()
            del flow, effect, results
            clear_frames(error, handled)
            raise

    async def _perform(self, effect: Effect) -> Any:
        import anyio

        match effect:
            case Sleep(seconds):
                return await (self._sleep or anyio.sleep)(seconds)
            case Offload(function, seconds):
                return await _offloaded(function, seconds)
            case Run(work, seconds):
                return await _run(work, seconds)
            case Call(function, seconds):
                result = function()
                return await _awaited(result, seconds) if inspect.isawaitable(result) else result
            case Hold(lock, flow, seconds):
                held = lock.for_tasks
                with anyio.move_on_after(seconds) as scope:
                    await held.acquire()
                if scope.cancelled_caught:
                    raise WaitedTooLongError(LOCK_NOT_FREE)
                try:
                    return await self.run(flow)
                finally:
                    held.release()
            case Finish(flow, under_way, seconds, _):
                return await self._apart.run(lambda: self.run(flow), under_way or UnderWay(), seconds)
        msg = f"a flow yielded {effect!r}, which is not an effect"
        raise TypeError(msg)

    async def once_idle(self, close: Callable[[], Awaitable[None]]) -> None:
        """Close the transport, after the flows to be finished if any are running. This doesn't wait for them."""
        await self._apart.once_idle(close)


async def _offloaded(function: Callable[[], R], seconds: float | None) -> R:
    import anyio
    import anyio.to_thread

    if on_emscripten():
        # There are no threads, so the loop gets its turn before each slice of a long computation.
        await anyio.lowlevel.checkpoint()
        return function()
    with anyio.move_on_after(seconds):
        return await anyio.to_thread.run_sync(function, abandon_on_cancel=seconds is not None, limiter=_own_threads())
    raise WaitedTooLongError(_FUNCTION)


async def _awaited(result: Awaitable[R], seconds: float | None) -> R:
    import anyio

    with anyio.move_on_after(seconds):
        return await result
    raise WaitedTooLongError(_FUNCTION)


async def _run(work: Stoppable[R], seconds: float | None) -> R:
    import anyio
    import anyio.to_thread

    if on_emscripten():
        return work.run(seconds)
    # The work itself ends after these seconds. The scope is for work that gets no thread, and lets the other end first.
    with anyio.move_on_after(None if seconds is None else seconds + _GRACE):
        try:
            return await anyio.to_thread.run_sync(work.run, seconds, abandon_on_cancel=True, limiter=_own_threads())
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                # All threads may be taken, by this task itself among others.
                await anyio.to_thread.run_sync(work.stop, limiter=anyio.CapacityLimiter(1))
            raise
    raise WaitedTooLongError(_FUNCTION)


_limiters: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def _own_threads() -> Any:
    """Return the limiter of the library's own threads in the running loop.

    All those of anyio's default may be taken by functions of the program that wait for a call of ours.
    """
    import anyio

    from .loops import current_loop

    loop = current_loop()
    limiter = _limiters.get(loop)
    if limiter is None:
        limiter = _limiters[loop] = anyio.CapacityLimiter(_MOST_THREADS)
    return limiter
