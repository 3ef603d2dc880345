"""The time limit of a whole call, shared by attempts, waits and loading credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import DeadlineExceededError, TimeoutError_, WaitedTooLongError
from .._flow.effects import Call, Effect, Finish, Flow, Hold, Offload, Run, Send, Sleep
from .._protocol.wire import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

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

    def check_attempt(self, operation: str, attempts: int, error: Exception) -> None:
        """Raise if the time limit ended the last attempt. Other errors are the caller's to handle.

        Raises:
            DeadlineExceededError: with the last attempt's error as its cause.
        """
        if isinstance(error, TimeoutError_) and self.is_over():
            raise self._exceeded(operation, attempts, error) from error

    def check_wait(self, operation: str, attempts: int, error: Exception | None, seconds: float) -> None:
        """Raise if an attempt that waits for `seconds` would start too late.

        If the last attempt failed for another reason than time, that error is the last word. It gets a note.

        Raises:
            CognitoIdpError: `error`.
            DeadlineExceededError: there was no attempt, or it timed out; then its error is the cause.
        """
        if self._at is None or self._monotonic() + seconds < self._at:
            return
        if error is None or isinstance(error, TimeoutError_):
            raise self._exceeded(operation, attempts, error, seconds) from error
        error.add_note(f"The call's time limit of {self._total:g} s left no time for another attempt.")
        raise error

    def _exceeded(
        self, operation: str, attempts: int, error: Exception | None, wait: float = 0.0
    ) -> DeadlineExceededError:
        attempt = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        next_one = f", and the next one would have to wait for {wait:.3g} s" if wait > 0 else ""
        last = "" if error is None else f", the last error was: {error}"
        exceeded = DeadlineExceededError(f"{operation} did not end within {self._total:g} s: {attempt}{next_one}{last}")
        exceeded.attempts = attempts
        exceeded.operation = operation
        return exceeded

    def shortened(self, limits: Limits) -> Limits:
        """Return these limits, cut off at the deadline."""
        remaining = self.remaining()
        if remaining is None:
            return limits
        connect, read, write, total = limits.connect, limits.read, limits.write, limits.total
        # Not `_replace`: every call comes through here, and that is three times as slow.
        return Limits(
            remaining if connect is None or connect > remaining else connect,
            remaining if read is None or read > remaining else read,
            remaining if write is None or write > remaining else write,
            remaining if total is None or total > remaining else total,
            limits.max_response_bytes,
            limits.max_idle,
        )

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
            case Run(work, _):
                shortened = Run(work, remaining)
            case Call(function, _):
                shortened = Call(function, remaining)
            case Hold(lock, flow, _):
                shortened = Hold(lock, self._bounded(flow), remaining)
            case Finish(flow, _, _, True):
                shortened = effect._replace(flow=self._bounded(flow), seconds=remaining)
            case Finish():
                # Only the wait ends at the deadline: what replaces a secret is not broken off.
                shortened = effect._replace(seconds=remaining)
        return shortened
