"""Whether and when a failed attempt is repeated. Policies decide; `invoke.py` acts.

The standard mode is the one that the AWS SDKs share: full jitter over an exponential delay, and a quota that all calls
of a client draw on, so that a failing service is not flooded. Source: AWS SDKs and Tools Reference Guide, "Retry
behavior".
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from .exception_base import ConfigError, InvalidResponseError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .errors import TransportError

    Failure: TypeAlias = ServiceError | TransportError | InvalidResponseError


class Retry(NamedTuple):
    """The decision to try again: after how many seconds, and what that took from the quota."""

    delay: float
    cost: int


class RetryPolicy(Protocol):
    """What a policy must do; write one for `Client(retry=...)`. Threads and tasks share it."""

    name: str
    max_attempts: int

    def after_failure(
        self, failure: Failure, attempt: int, retry_after: float | None, random: Callable[[], float]
    ) -> Retry | None:
        """Decide after a failed attempt (counted from 1); None gives up.

        `retry_after` is the delay in seconds that the service asked for, `random` returns a number in [0, 1).
        """

    def after_success(self, last: Retry | None) -> None:
        """Take note of a success, and of the last retry that led to it."""


class NoRetry:
    """The mode `off`: one attempt."""

    name = "off"
    max_attempts = 1

    def after_failure(
        self,
        failure: Failure,  # noqa: ARG002 - the protocol's parameters
        attempt: int,  # noqa: ARG002
        retry_after: float | None,  # noqa: ARG002
        random: Callable[[], float],  # noqa: ARG002
    ) -> Retry | None:
        """Give up."""
        return None

    def after_success(self, last: Retry | None) -> None:
        """Do nothing."""


_MAX_DELAY = 20.0
_BASE_DELAY = 0.05
_BASE_DELAY_THROTTLED = 1.0
_RETRY_AFTER_MARGIN = 5.0
_QUOTA = 500
_COST = 14
_COST_THROTTLED = 5
_REFUND_WITHOUT_RETRY = 1


class StandardRetry:
    """The mode `standard`: up to `max_attempts` attempts in all, jittered delays of at most 20 s, and a shared quota.

    The delay before retry number i (from 0) is random x min(base x 2^i, 20 s), the base being 1 s after a throttle and
    0.05 s otherwise. A delay that the service asks for is taken, within the computed delay and 5 s more. A retry takes
    14 (after a throttle 5) from a quota of 500; a success gives back what its last retry took, or 1.
    """

    name = "standard"

    def __init__(self, max_attempts: int = 3) -> None:
        """Allow `max_attempts` attempts a call, the first one included.

        Raises:
            ConfigError: `max_attempts` is below 1.
        """
        if max_attempts < 1:
            msg = f"max_attempts must be at least 1, is {max_attempts}"
            raise ConfigError(msg)
        self.max_attempts = max_attempts
        self._quota = _QUOTA
        self._lock = threading.Lock()

    def after_failure(
        self, failure: Failure, attempt: int, retry_after: float | None, random: Callable[[], float]
    ) -> Retry | None:
        """Decide by the failure's kind, the number of attempts so far, and the quota."""
        if attempt >= self.max_attempts or not failure.is_retryable:
            return None
        throttled = isinstance(failure, ServiceError) and failure.is_throttle
        cost = _COST_THROTTLED if throttled else _COST
        with self._lock:
            if self._quota < cost:
                return None
            self._quota -= cost
        base = _BASE_DELAY_THROTTLED if throttled else _BASE_DELAY
        delay = random() * min(base * 2 ** (attempt - 1), _MAX_DELAY)
        if retry_after is not None:
            delay = min(max(retry_after, delay), delay + _RETRY_AFTER_MARGIN)
        return Retry(delay, cost)

    def after_success(self, last: Retry | None) -> None:
        """Give back to the quota."""
        if last is None and self._quota >= _QUOTA:
            return
        refund = _REFUND_WITHOUT_RETRY if last is None else last.cost
        with self._lock:
            self._quota = min(_QUOTA, self._quota + refund)


_MODES: Mapping[str, Callable[[], RetryPolicy]] = {"standard": StandardRetry, "off": NoRetry}


def policy_of(retry: str | RetryPolicy | None) -> RetryPolicy:
    """Return the policy that a client's `retry=` names: a mode, a policy object, or None for the standard mode.

    Raises:
        ConfigError: there is no such mode.
    """
    if retry is None:
        return StandardRetry()
    if not isinstance(retry, str):
        return retry
    if retry not in _MODES:
        msg = f"retry={retry!r} is no retry mode; there are {', '.join(sorted(_MODES))}"
        raise ConfigError(msg)
    return _MODES[retry]()
