"""What waits and ends of flows that run apart from their callers have in common, in threads and in tasks."""

from __future__ import annotations

from typing import Final

from .._errors import CognitoIdpError

GOES_ON: Final = "the call's time limit passed; the exchange goes on, and what it brings is kept"
ITSELF: Final = "a function that a refresh calls can't wait for that refresh"


def report(error: BaseException) -> None:
    """Log an error that nobody waits for any more; only a text of the library's own is shown."""
    import logging

    logging.getLogger(__name__).warning(
        "an exchange failed after its caller had left: %s: %s",
        type(error).__name__,
        error if isinstance(error, CognitoIdpError) else "",
    )
