"""Time limits and size limits of a call."""

from __future__ import annotations

import math

import attrs

from .._errors import ConfigError
from .._protocol.wire import Limits

MAX_RESPONSE_BYTES = 1024 * 1024


@attrs.frozen(kw_only=True)
class Timeout:
    """How long a call may take, in seconds; None means no limit of that kind.

    `total` bounds the whole call: all attempts, the waits between them and the loading of credentials. `connect`,
    `read` and `write` bound a single wait within one attempt, and `connect` all that comes before a connection can be
    used, the wait for a free one included. A sync client over httpx can't break off a head that has begun: a server
    that sends it byte by byte can hold the call past `total`. The engine `stdlib` keeps `total` there, too.

    Raises:
        ConfigError: a limit is not a positive number.
    """

    __module__ = "cognito_idp"

    total: float | None = None
    connect: float | None = 5.0
    read: float | None = 30.0
    write: float | None = 30.0

    def __attrs_post_init__(self) -> None:
        """Refuse zero, negative, infinite and non-numeric limits."""
        for name in ("total", "connect", "read", "write"):
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not (0 < value < math.inf):
                msg = f"timeout {name}={value!r} must be a number of seconds above 0, or None"
                raise ConfigError(msg)

    def limits(self, max_response_bytes: int) -> Limits:
        """Return the limits of one exchange in a call without a time limit as a whole."""
        return Limits(self.connect, self.read, self.write, None, max_response_bytes)


def timeout_of(timeout: float | Timeout | None) -> Timeout:
    """Return the limits that a client's `timeout=` means: a number bounds the whole call; None is the default."""
    if timeout is None:
        return Timeout()
    return timeout if isinstance(timeout, Timeout) else Timeout(total=timeout)
