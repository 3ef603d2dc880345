"""The time limit of a whole call, shared by attempts, waits and loading credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import DeadlineExceededError, TimeoutError_, WaitedTooLongError
from .._flow.effects import Call, Effect, Finish, Flow, Hold, Offload, Send, Sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._protocol.wire import Limits

R = TypeVar("R")

# How long an attempt that starts at the last moment may take; some transports take a limit of 0 to mean "none".
_LEAST = 0.001
_OVER = "the call's time limit passed during a wait"


class Deadline:
    """A point on a monotonic clock, or no limit."""

    __slots__ = ("_at", "_monotonic", "_total")

    def __init__(self, total: float | None, monotonic: Callable[[], float]) -> None:
        """Start the clock; `total` is in seconds, and None sets no limit."""
        self._total = total
        self._monotonic = monotonic
        self._at = None if total is None else monotonic() + total

    def remaining(self) -> float | None:
        """Return the seconds left, at least a millisecond, or None if there is no limit."""
        return None if self._at is None else max(self._at - self._monotonic(), _LEAST)

    def is_over(self) -> bool:
        """Return whether no time is left."""
        return self._at is not None and self._monotonic() >= self._at

    def check(self, operation: str, attempts: int, error: Exception | None, delay: float) -> None:
        """Raise if an attempt after `delay` seconds would start too late, or if the time limit ended the last attempt.

        If more time would not have helped (the error came early, or is not about time), the caller handles the error.

        Raises:
            DeadlineExceededError: with the last attempt's error as its cause.
        """
        if self._at is None or self._monotonic() + delay < self._at:
            return
        if delay > 0 or isinstance(error, TimeoutError_):
            attempt = "1 attempt" if attempts == 1 else f"{attempts} attempts"
            last = "" if error is None else f", the last error was: {error}"
            msg = f"{operation} did not end within {self._total:g} s: {attempt}{last}"
            exceeded = DeadlineExceededError(msg)
            exceeded.attempts = attempts
            exceeded.operation = operation
            raise exceeded from error

    def shortened(self, limits: Limits) -> Limits:
        """Return these limits, cut off at the deadline."""
        remaining = self.remaining()
        if remaining is None:
            return limits
        connect, read, write, total = (
            remaining if limit is None else min(limit, remaining)
            for limit in (limits.connect, limits.read, limits.write, limits.total)
        )
        return limits._replace(connect=connect, read=read, write=write, total=total)

    def bound(self, flow: Flow[R]) -> Flow[R]:
        """Return a flow whose requests and waits end at the deadline.

        A flow that runs out of time is closed without being resumed: it would mistake this limit for a failure of
        whatever it was waiting for, and might remember that failure for other calls.

        Raises:
            WaitedTooLongError: a wait reached the deadline.
        """
        return flow if self._at is None else self._bounded(flow)

    def _bounded(self, flow: Flow[R]) -> Flow[R]:
        try:
            effect = flow.send(None)
            while True:
                try:
                    result: Any = yield self._shortened(effect)
                except Exception as error:
                    if isinstance(error, TimeoutError_) and self.is_over():
                        raise WaitedTooLongError(_OVER) from error
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            flow.close()

    def _shortened(self, effect: Effect) -> Effect:
        remaining = self.remaining()
        shortened = effect
        match effect:
            case Send(request):
                shortened = Send(request._replace(limits=self.shortened(request.limits)))
            case Sleep(seconds):
                shortened = effect if remaining is None else Sleep(min(seconds, remaining))
            case Offload(function, _):
                shortened = Offload(function, remaining)
            case Call(function, _):
                shortened = Call(function, remaining)
            case Hold(lock, flow, _):
                shortened = Hold(lock, self._bounded(flow), remaining)
            case Finish():
                # Only the wait ends at the deadline: what replaces a secret is not broken off.
                shortened = effect._replace(seconds=remaining)
        return shortened
