"""Retries for tests: the usual decisions without the waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._call.retry import StandardRetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._call.retry import Retry
    from .._protocol.repeat import Failure


class NoWaitRetry(StandardRetry):
    """The retry mode `standard`, without a wait between attempts."""

    def after_failure(
        self, failure: Failure, attempt: int, retry_after: float | None, random: Callable[[], float], now: float
    ) -> Retry | None:
        """Decide as the standard mode does, and retry at once."""
        retry = super().after_failure(failure, attempt, retry_after, random, now)
        return None if retry is None else retry._replace(delay=0.0)
