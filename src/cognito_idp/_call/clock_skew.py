"""A machine whose clock is wrong: signatures carry the time, and the service refuses those far from its own.

The service's answers say what time it is there. The difference is learned from a refusal and added to every later
signature of the client.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from .._errors import ServiceError

if TYPE_CHECKING:
    from .._protocol.wire import HttpResponse

# Codes that a wrong clock causes; the signature ones have other causes, too, so the Date header must agree.
_CODES = frozenset(
    {"InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignature"}
)
_TOLERANCE = 4 * 60


class ClockSkew:
    """The service's clock minus ours, in seconds, as last learned. Threads and tasks may share it."""

    __slots__ = ("offset",)

    def __init__(self) -> None:
        """Trust the clock until told otherwise."""
        self.offset = 0.0

    def learn(self, error: Exception, response: HttpResponse | None, sent: float, received: float, used: float) -> bool:
        """Look whether a wrong clock explains a refusal; if so, correct the offset and return true.

        `sent` and `received` are the times of our uncorrected clock before and after the exchange, `used` the offset
        that the refused attempt was signed with: another call may have learned a new one meanwhile, which then is worth
        another attempt, too. An answer with an `Age` comes from a cache, and its `Date` says nothing about now.
        """
        if response is None or not isinstance(error, ServiceError) or error.code not in _CODES:
            return False
        date = response.header("date")
        if date is None or response.header("age") is not None:
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
    from email.utils import parsedate_to_datetime

    try:
        parsed = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return (parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)).timestamp()
