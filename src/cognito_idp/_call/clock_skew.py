"""Correction of a wrong local clock: the service refuses signatures whose time is far from its own.

The service's answers carry its time. The client learns the difference from a refusal and adds it to every later
signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import ServiceError

if TYPE_CHECKING:
    from .._protocol.wire import HttpResponse

# A wrong clock causes these codes. The signature codes have other causes too, so the Date header must agree.
_CODES = frozenset(
    {"InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignature"}
)
_TOLERANCE = 4 * 60
# The longest round trip to learn from. In a longer one the machine may have slept, or its clock was set.
_ROUND_TRIP = 15 * 60


class ClockSkew:
    """The service's clock minus ours in seconds, as last learned. Threads and tasks may share it."""

    __slots__ = ("offset",)

    def __init__(self) -> None:
        self.offset = 0.0

    def forget(self) -> None:
        """Trust our own clock again."""
        self.offset = 0.0

    def learn(self, error: Exception, response: HttpResponse | None, sent: float, received: float, used: float) -> bool:
        """Check whether a wrong clock explains a refusal; if so, correct the offset and return True.

        `sent` and `received` are our uncorrected clock's times before and after the exchange. `used` is the offset that
        the refused attempt was signed with: if another call has learned a new one since, that justifies another attempt
        too. An answer with an `Age` header comes from a cache, so its `Date` says nothing about the current time. After
        a round trip of more than 15 minutes, nobody knows which of our times belongs to that `Date`.
        """
        if response is None or not isinstance(error, ServiceError) or error.code not in _CODES:
            return False
        date = response.header("date")
        if abs(received - sent) > _ROUND_TRIP or date is None or response.header("age") is not None:
            return False
        theirs = _seconds(date)
        if theirs is None:
            return False
        offset = theirs - (sent + received) / 2
        if abs(offset - used) <= _TOLERANCE:
            return False
        self.offset = offset
        return True


def _seconds(date: str) -> float | None:
    """Read an HTTP date (RFC 9110, 5.6.7)."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        parsed = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return (parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)).timestamp()
