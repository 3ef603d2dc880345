"""The time limit of a whole call: attempts, waits and the loading of credentials draw on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import DeadlineExceededError, TimeoutError_

if TYPE_CHECKING:
    from collections.abc import Callable

# What an attempt that begins at the last moment may still take; a limit of 0 would mean "none" to some transports.
_LEAST = 0.001


class Deadline:
    """A moment on a clock that never jumps, or no moment at all."""

    __slots__ = ("_at", "_monotonic", "_total")

    def __init__(self, total: float | None, monotonic: Callable[[], float]) -> None:
        """Begin to count; `total` is in seconds, None sets no limit."""
        self._total = total
        self._monotonic = monotonic
        self._at = None if total is None else monotonic() + total

    def remaining(self) -> float | None:
        """Return the seconds that are left, at least a millisecond; None where there is no limit."""
        return None if self._at is None else max(self._at - self._monotonic(), _LEAST)

    def check(self, operation: str, attempts: int, error: Exception, delay: float) -> None:
        """Raise if the attempt that just failed was the last in time: a retry after `delay` could not finish.

        An error that no more time would have helped (it came early, or is not about time) is left to the caller.

        Raises:
            DeadlineExceededError: with the attempt's error as its cause.
        """
        if self._at is None:
            return
        late = self._monotonic() + delay >= self._at
        if late and (delay > 0 or isinstance(error, TimeoutError_)):
            attempt = "1 attempt" if attempts == 1 else f"{attempts} attempts"
            msg = f"{operation} did not end within {self._total:g} s: {attempt}, the last error was: {error}"
            exceeded = DeadlineExceededError(msg)
            exceeded.attempts = attempts
            raise exceeded from error
