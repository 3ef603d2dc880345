"""Whether and when to retry a failed attempt. Policies decide; `invoke.py` acts.

The standard mode is the one that the AWS SDKs share: full jitter over an exponential delay, and a quota that all calls
of a client share, so that a failing service is not flooded. Source: AWS SDKs and Tools Reference Guide, "Retry
behavior".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from .._errors import ConfigError
from .._flow.locks import new_lock
from .._protocol.arguments import CODES, WHOLE, check
from .._protocol.redaction import Record
from .._protocol.repeat import backoff, is_retryable, is_throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from .._protocol.repeat import Failure
    from .rate_limit import RateLimiter


RetryMode: TypeAlias = Literal["standard", "adaptive", "off"]


class Retry(Record):
    """The decision to retry: the delay in seconds, and the cost to the quota."""

    __slots__ = _fields = ("delay", "cost")

    def __init__(self, delay: float, cost: int) -> None:
        self.delay = delay
        self.cost = cost


class RetryPolicy(Protocol):
    """The protocol for your own `Client(retry=...)` policy. Threads and tasks share it.

    If it has a method `not_sent(retry)` as well, that is called with a retry that it decided on and that is not sent:
    the call was cancelled, or ran out of time. If it has a method `renew()`, the client's `renew` calls that.
    """

    name: str
    max_attempts: int

    def before_attempt(self, now: float) -> float:
        """Return the seconds to wait before an attempt; `now` is in seconds of a monotonic clock."""
        ...

    def after_failure(
        self, failure: Failure, attempt: int, retry_after: float | None, random: Callable[[], float], now: float
    ) -> Retry | None:
        """Decide what follows a failed attempt (counted from 1); return None to give up.

        `retry_after` is the delay in seconds that the service asked for; `random` returns a number in [0, 1).
        """
        ...

    def after_success(self, last: Retry | None, now: float) -> None:
        """Record a success, and the last retry that led to it."""


_RETRY_AFTER_MARGIN = 5.0
_QUOTA = 500
_COST = 14
_COST_THROTTLED = 5
_REFUND_WITHOUT_RETRY = 1


class StandardRetry:
    """The mode `standard`: at most `max_attempts` attempts, jittered delays of at most 20 s, and a shared quota.

    The delay before retry number i (from 0) is random x min(base x 2^i, 20 s). The base is 1 s after a throttle and
    0.05 s otherwise. If the service asks for a delay, it is used, but not below the computed delay nor above that plus
    5 s. A retry takes 14 (5 after a throttle) from a quota of 500; a success returns what its last retry took, or 1. A
    retry that is not sent returns what it took.
    """

    __module__ = "cognito_idp"

    name = "standard"

    def __init__(self, max_attempts: int = 3, *, also: Container[str] = ()) -> None:
        """Allow `max_attempts` attempts per call, including the first.

        `also` names more error codes to retry, such as `LimitExceededException`, which in this service is a limit on
        the user and not a throttle.

        Raises:
            ConfigError: `max_attempts` is not a whole number of 1 or more.
        """
        check(WHOLE, max_attempts=max_attempts)
        check(CODES, also=also)
        if max_attempts < 1:
            msg = f"max_attempts must be at least 1, not {max_attempts}"
            raise ConfigError(msg)
        self.max_attempts = max_attempts
        self._also = also
        self._quota = _QUOTA
        self._lock = new_lock()

    @property
    def limiter(self) -> RateLimiter | None:
        """The line in which attempts wait besides; None if they don't."""
        return None

    def before_attempt(self, now: float) -> float:  # noqa: ARG002 - the protocol's parameter
        """Return 0: every attempt starts at once, or when the rate limiter lets it."""
        return 0.0

    def after_failure(
        self,
        failure: Failure,
        attempt: int,
        retry_after: float | None,
        random: Callable[[], float],
        now: float,  # noqa: ARG002 - the adaptive mode looks at it
    ) -> Retry | None:
        """Decide by the kind of failure, the number of attempts so far, and the quota."""
        if attempt >= self.max_attempts or not is_retryable(failure, self._also):
            return None
        cost = _COST_THROTTLED if is_throttle(failure) else _COST
        with self._lock:
            if self._quota < cost:
                return None
            self._quota -= cost
        delay = backoff(failure, attempt, random)
        if retry_after is not None:
            delay = min(max(retry_after, delay), delay + _RETRY_AFTER_MARGIN)
        return Retry(delay, cost)

    def after_success(self, last: Retry | None, now: float) -> None:  # noqa: ARG002 - the adaptive mode looks at it
        """Return what the last retry took to the quota."""
        if last is None and self._quota >= _QUOTA:
            return
        self._refund(_REFUND_WITHOUT_RETRY if last is None else last.cost)

    def not_sent(self, retry: Retry) -> None:
        """Return what a retry took that is not sent to the quota."""
        self._refund(retry.cost)

    def renew(self) -> None:
        """Begin anew, with a full quota."""
        self._refund(_QUOTA)

    def _refund(self, cost: int) -> None:
        with self._lock:
            self._quota = min(_QUOTA, self._quota + cost)


class AdaptiveRetry(StandardRetry):
    """The mode `adaptive`: the standard mode plus a rate limiter that slows the client down after throttles.

    All calls of the client share the limiter, so a throttle in one pool slows all pools. Use one client per user pool.
    """

    __module__ = "cognito_idp"

    name = "adaptive"

    def __init__(self, max_attempts: int = 3, *, also: Container[str] = ()) -> None:
        """Allow `max_attempts` attempts per call, including the first; `also` is as for `StandardRetry`.

        Raises:
            ConfigError: `max_attempts` is below 1.
        """
        super().__init__(max_attempts, also=also)
        self._limiter = self._new_limiter()

    @property
    def limiter(self) -> RateLimiter:
        """The line in which attempts wait after a throttle."""
        return self._limiter

    def after_failure(
        self, failure: Failure, attempt: int, retry_after: float | None, random: Callable[[], float], now: float
    ) -> Retry | None:
        """Update the limiter, then decide as the standard mode does."""
        self._limiter.update(now, throttled=is_throttle(failure))
        return super().after_failure(failure, attempt, retry_after, random, now)

    def after_success(self, last: Retry | None, now: float) -> None:
        """Update the limiter, and return what the last retry took to the quota."""
        self._limiter.update(now, throttled=False)
        super().after_success(last, now)

    def renew(self) -> None:
        """Begin anew, with a full quota and without a limit of the rate."""
        super().renew()
        # Attempts that wait keep their place in the old one.
        self._limiter = self._new_limiter()

    @staticmethod
    def _new_limiter() -> RateLimiter:
        from .rate_limit import RateLimiter

        return RateLimiter()


class NoRetry(StandardRetry):
    """The mode `off`: one attempt."""

    __module__ = "cognito_idp"

    name = "off"

    def __init__(self) -> None:
        super().__init__(max_attempts=1)


MODES: Mapping[str, type[StandardRetry]] = {"standard": StandardRetry, "adaptive": AdaptiveRetry}


def policy_of(retry: str | RetryPolicy | None, max_attempts: int | None = None) -> RetryPolicy:
    """Return the policy for a client's `retry=`: a mode, a policy object, or None for the standard mode.

    `max_attempts` applies to all modes but `off`; None means 3.

    Raises:
        ConfigError: it is neither a mode nor a policy object.
    """
    if retry is not None and not isinstance(retry, str):
        return _checked_policy(retry)
    if retry == "off":
        return NoRetry()
    mode = MODES.get(retry or "standard")
    if mode is None:
        msg = f"retry={retry!r} is not a retry mode; use 'standard', 'adaptive' or 'off'"
        raise ConfigError(msg)
    return mode() if max_attempts is None else mode(max_attempts)


_PARTS = ("name", "max_attempts", "before_attempt", "after_failure", "after_success")


def _checked_policy(retry: RetryPolicy) -> RetryPolicy:
    missing = [part for part in _PARTS if not hasattr(retry, part)]
    if not missing and not isinstance(retry, type):
        return retry
    if isinstance(retry, int) and not isinstance(retry, bool):
        hint = f"for up to {retry} attempts, pass StandardRetry({retry})"
    elif isinstance(retry, type):
        hint = f"the class {retry.__name__} is not an instance"
    else:
        hint = f"{type(retry).__name__} has no {', '.join(missing)}"
    msg = f"retry= takes 'standard', 'adaptive', 'off' or a retry policy; {hint}"
    raise ConfigError(msg)
