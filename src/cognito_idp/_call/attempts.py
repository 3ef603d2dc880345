"""The attempts of one call: when each may be sent, what follows a failure, and what is given back if none is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import TimeoutError_, WaitedTooLongError
from .retry import StandardRetry

if TYPE_CHECKING:
    from .._protocol.repeat import Failure
    from .deadline import Deadline
    from .options import Options
    from .rate_limit import Place, RateLimiter
    from .retry import Retry


class Attempts:
    """The attempts of one call, as its retry policy, the rate limiter and its time limit allow them."""

    __slots__ = (
        "_deadline",
        "_error",
        "_has_paused",
        "_is_repeatable",
        "_last",
        "_limiter",
        "_operation",
        "_options",
        "_place",
        "_policy",
        "_unsent",
        "number",
    )

    def __init__(self, operation: str, options: Options, deadline: Deadline, *, is_repeatable: bool) -> None:
        self._operation = operation
        self._options = options
        self._policy = options.retry
        self._deadline = deadline
        self._is_repeatable = is_repeatable
        # Only our own policies have one; an attribute of this name in a user's policy may be anything.
        self._limiter: RateLimiter | None = options.retry.limiter if isinstance(options.retry, StandardRetry) else None
        self._place: Place | None = None
        # The last retry that was decided on, for as long as it is not sent, and for the end of the call.
        self._unsent: Retry | None = None
        self._last: Retry | None = None
        # What the attempt before ended with. The call's end forgets it, or it would be in a circle with its traceback.
        self._error: Failure | None = None
        self._has_paused = False
        self.number = 0

    def wait(self) -> float:
        """Return how many seconds to sleep before you ask again; 0 once, when the next attempt may be sent.

        Raises:
            CognitoIdpError: there is no time left for this wait (`Deadline.check_wait`).
        """
        if not self._has_paused:
            self._has_paused = True
            pause = self._policy.before_attempt(self._options.monotonic())
            if self._unsent is not None:
                pause += self._unsent.delay
            if pause > 0:
                self._deadline.check_wait(self._operation, self.number, self._error, pause)
                return pause
        if self._limiter is not None:
            if self._place is None:
                self._place = self._limiter.place()
            seconds = self._limiter.wait(self._place, self._options.monotonic())
            if seconds > 0:
                self._deadline.check_wait(self._operation, self.number, self._error, seconds)
                return min(seconds, self._limiter.look_seconds)
        self._has_paused = False
        self.number += 1
        return 0.0

    def sent(self) -> None:
        """Use up what the attempt took, since it is being sent."""
        self._place = self._unsent = None

    def failed(self, failure: Failure) -> None:
        """Describe an attempt's failure by its call."""
        self._give_back()
        failure.attempts = self.number
        failure.operation = self._operation
        failure.is_repeatable = self._is_repeatable

    def check_time(self, failure: Failure) -> None:
        """Raise if the call's time limit ended the attempt.

        Raises:
            CognitoIdpError: what the attempt before ended with, if this one was not sent and that was not about time.
            DeadlineExceededError: in all other cases.
        """
        before = self._error
        if isinstance(failure, WaitedTooLongError) and before is not None and not isinstance(before, TimeoutError_):
            self._deadline.check_wait(self._operation, self.number, before, 0.0)
        self._deadline.check_attempt(self._operation, self.number, failure)

    def again(self, failure: Failure, retry_after: float | None) -> float | None:
        """Decide what follows a failure: return the seconds until the next attempt, or None to give up.

        Raises:
            CognitoIdpError: there is no time left for another attempt (`Deadline.check_wait`).
        """
        options = self._options
        retry = self._policy.after_failure(failure, self.number, retry_after, options.random, options.monotonic())
        if retry is None:
            return None
        self._unsent = self._last = retry
        self._deadline.check_wait(self._operation, self.number, failure, retry.delay)
        self._error = failure
        return retry.delay

    def again_at_once(self, failure: Failure) -> None:
        """Follow a failure that was remedied by another attempt. The quota is still owed what the last retry took."""
        self._error = failure

    def succeeded(self) -> None:
        """Tell the policy about the answer, which is not lost if the policy fails: it may hold new tokens."""
        try:
            self._policy.after_success(self._last, self._options.monotonic())
        except Exception as error:  # noqa: BLE001 - a policy of the user's own may raise anything
            import logging

            logging.getLogger(__name__).warning("the retry policy raised %s; the call goes on", type(error).__name__)

    def end(self) -> None:
        """Give back what was taken for an attempt that is not sent any more, and forget the last error."""
        self._error = None
        if self._place is not None or self._unsent is not None:
            self._give_back()

    def _give_back(self) -> None:
        place, self._place = self._place, None
        if place is not None and self._limiter is not None:
            self._limiter.leave(place)
        retry, self._unsent = self._unsent, None
        not_sent = None if retry is None else getattr(self._policy, "not_sent", None)
        if not_sent is not None:
            not_sent(retry)
