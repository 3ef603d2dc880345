"""The sync driver: performs the effects of a flow one after another, in the calling thread."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import ConfigError, WaitedTooLongError
from .._protocol.tracebacks import clear_frames
from .effects import LOCK_NOT_FREE, Call, Effect, Finish, Flow, Hold, Offload, Run, Send, Sleep, UnderWay
from .locks import take
from .platform import pause

if TYPE_CHECKING:
    from collections.abc import Callable

    from .apart import Apart, Perform
    from .transport import Transport

R = TypeVar("R")


class Driver:
    """Runs flows over one transport. Threads may share it."""

    _apart: Apart | None = None

    def __init__(self, transport: Transport, sleep: Callable[[float], None] = pause) -> None:
        self._transport = transport
        self._sleep = sleep
        self._call: Perform | None = None

    def run(self, flow: Flow[R]) -> R:
        """Run a flow to its end and return its result.

        If an effect raises an `Exception`, it is thrown into the flow, which may handle it. Anything else (Ctrl-C)
        closes the flow and propagates. Before anyone gets an error, the frames it passed through are cleared.
        """
        handled = sys.exception()
        effect: Effect | None = None
        # Drop the result before resuming the flow, which may call a function that looks at this frame.
        results: list[Any] = []
        try:
            effect = flow.send(None)
            while True:
                try:
                    results.append(
                        self._transport.send(effect.request) if type(effect) is Send else self._perform(effect)
                    )
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

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case Sleep(seconds):
                return self._sleep(seconds)
            case Offload(function, _):
                return function()
            case Run(work, seconds):
                return work.run(seconds)
            case Call(function, _):
                return _refuse_awaitable(function() if self._call is None else self._call(function))
            case Hold(lock, flow, seconds):
                held = lock.for_threads
                taken: list[bool] = []
                try:
                    if not take(held, seconds, taken):
                        raise WaitedTooLongError(LOCK_NOT_FREE)
                    return self.run(flow)
                finally:
                    if True in taken:
                        held.release()
            case Finish(flow, under_way, seconds, tasks_only):
                return self.run(flow) if tasks_only else self._finished(flow, under_way, seconds)
        msg = f"a flow yielded {effect!r}, which is not an effect"
        raise TypeError(msg)

    def _finished(self, flow: Flow[R], under_way: UnderWay | None, seconds: float | None) -> R:
        if self._call is not None:  # it runs apart already
            return self.run(flow)
        apart = self._apart
        if apart is None:
            from .apart import Apart

            # In one step: `once_idle` has to know of all that runs, and the first flows may come at the same time.
            apart = vars(self).setdefault("_apart", Apart())

        def work(call: Perform) -> R:
            inner = Driver(self._transport, self._sleep)
            inner._call = call
            return inner.run(flow)

        return apart.run(work, under_way or UnderWay(), seconds)

    def once_idle(self, close: Callable[[], None]) -> None:
        """Close the transport, after the flows to be finished if any are running. This doesn't wait for them."""
        if self._apart is None:
            close()
        else:
            self._apart.once_idle(close)


def _refuse_awaitable(result: Any) -> Any:
    if not inspect.isawaitable(result):
        return result
    if inspect.iscoroutine(result):
        result.close()
    name = getattr(result, "__qualname__", type(result).__qualname__)
    msg = f"a sync client got an async function ({name}); use AsyncClient, or pass a plain function"
    raise ConfigError(msg)
