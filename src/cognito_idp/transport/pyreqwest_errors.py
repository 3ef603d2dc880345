"""What pyreqwest raises, as our own exceptions.

pyreqwest's classes say less than what stands behind them: a wait for an answer that took too long and a connection that
was closed are both "connect" errors there. So the texts of its causes decide, which come from hyper and from Rust.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from pyreqwest.exceptions import (
    ClientClosedError as TheirClientClosedError,
)
from pyreqwest.exceptions import (
    DetailedPyreqwestError,
    PoolTimeoutError,
    RequestTimeoutError,
)

from ..errors import (
    ClientClosedError,
    ConnectError,
    ConnectTimeoutError,
    DeadlineExceededError,
    ProtocolError,
    ReadError,
    ReadTimeoutError,
    TransportError,
    WriteError,
    WriteTimeoutError,
)
from .adapter import CLOSED
from .routes import MAX_CONNECTIONS, origin_of

if TYPE_CHECKING:
    from pyreqwest.exceptions import PyreqwestError

    from ..errors import CognitoIdpError
    from ..wire import HttpRequest

# Nothing of the request was sent where hyper was still making the connection.
_CONNECTING = "client error (Connect)"
_TIMED_OUT = re.compile(r"timed out|deadline has elapsed")

# What an exchange broke on: the first pattern that fits the innermost cause counts.
_BROKEN: Final[tuple[tuple[re.Pattern[str], type[TransportError]], ...]] = (
    # The kernel's limit for bytes that the other side doesn't take (see `TCP_USER_TIMEOUT` in `pyreqwest_common`).
    (re.compile(r"timed out \(os error"), WriteTimeoutError),
    (re.compile(r"broken pipe", re.IGNORECASE), WriteError),
    (re.compile(r"\(os error|close_notify"), ReadError),
)


def translated(error: PyreqwestError, request: HttpRequest, started: float) -> CognitoIdpError:
    """Return our exception for one of pyreqwest's, which becomes its cause.

    `started` is the monotonic time at which the exchange began; it counts where there is a limit for the whole.
    """
    if isinstance(error, TheirClientClosedError):
        return ClientClosedError(CLOSED)
    host, limits = origin_of(request.url).host, request.limits
    total = limits.total
    causes = causes_of(error)
    reason = causes[-1]
    timed_out = isinstance(error, RequestTimeoutError) and "(os error" not in reason
    if timed_out and total is not None and time.monotonic() - started >= total:
        return DeadlineExceededError(f"{host}: no whole answer within {total:g} s")
    if isinstance(error, PoolTimeoutError):
        return ConnectTimeoutError(f"{host}: all {MAX_CONNECTIONS} connections were busy for {limits.connect:g} s")
    if _CONNECTING in causes:
        timed_out = timed_out or _TIMED_OUT.search(reason) is not None
        return (ConnectTimeoutError if timed_out else ConnectError)(f"{host}: {reason}")
    if timed_out:
        return ReadTimeoutError(f"{host}: {reason}")
    cls = next((ours for pattern, ours in _BROKEN if pattern.search(reason)), ProtocolError)
    return cls(f"{host}: {reason}")


def causes_of(error: PyreqwestError) -> list[str]:
    """Return the texts behind an error, the innermost last; there is at least one."""
    details = error.details if isinstance(error, DetailedPyreqwestError) else None
    causes = [cause["message"] for cause in (details and details.get("causes")) or ()]
    return causes or [error.message]
