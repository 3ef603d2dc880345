"""The sync driver: performs the effects of a flow one after another, in the calling thread."""

from __future__ import annotations

import inspect
import sys
import time
from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import ConfigError, WaitedTooLongError
from .._protocol.tracebacks import clear_frames
from .effects import Call, Effect, Finish, Flow, Hold, Offload, Send, Sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    from .transport import Transport

R = TypeVar("R")

_LOCK = "the call's time limit passed while it waited for another call"


class Driver:
    """Runs flows over one transport. It has no state, so threads may share it."""

    def __init__(self, transport: Transport, sleep: Callable[[float], None] = time.sleep) -> None:
        self._transport = transport
        self._sleep = sleep

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
            case Call(function, _):
                return _refuse_awaitable(function())
            case Hold(lock, flow, seconds):
                held = lock.for_threads
                if not held.acquire(timeout=-1 if seconds is None else seconds):
                    raise WaitedTooLongError(_LOCK)
                try:
                    return self.run(flow)
                finally:
                    held.release()
            case Finish(flow):
                return self.run(flow)
        msg = f"a flow yielded {effect!r}, which is not an effect"
        raise TypeError(msg)


def _refuse_awaitable(result: Any) -> Any:
    if not inspect.isawaitable(result):
        return result
    if inspect.iscoroutine(result):
        result.close()
    name = getattr(result, "__qualname__", type(result).__qualname__)
    msg = f"a sync client got an async function ({name}); use AsyncClient, or pass a plain function"
    raise ConfigError(msg)
