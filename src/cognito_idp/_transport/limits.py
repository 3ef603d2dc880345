"""Time and size limits of a call."""

from __future__ import annotations

import math

import attrs

from .._errors import ConfigError
from .._protocol.redaction import Record
from .._protocol.wire import Limits

# Long enough for three attempts that each end by their own limits, and for the waits between them.
TOTAL_SECONDS = 120.0
# Of an answer, unless its operation's bounds allow for more.
MAX_RESPONSE_BYTES = 1024 * 1024
# Of one transport; of an async one, for each event loop.
MAX_CONNECTIONS = 100
# The extensions of an httpx request that hold `Limits.max_idle` and `Limits.total` for the default transports. The
# first also marks a request as ours.
MAX_IDLE = "cognito_idp.max_idle"
TOTAL = "cognito_idp.total"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Timeout(Record):
    """Time limits of a call in seconds; None means no limit of that kind.

    `total` bounds the whole call: all attempts, the waits between them, and loading credentials. Without it, a server
    that sends its answer byte by byte could hold a call for ever, since `read` and `write` bound a single wait within
    one attempt. `connect` bounds everything before a connection is ready, including the wait for a free one.

    A sync client over an httpx transport of your own can't interrupt a response head once it has started: a server that
    sends it byte by byte can hold the call past `total`.

    Raises:
        ConfigError: a limit is not a positive number.
    """

    __module__ = "cognito_idp"

    _fields = ("total", "connect", "read", "write")

    total: float | None = TOTAL_SECONDS
    connect: float | None = 5.0
    read: float | None = 30.0
    write: float | None = 30.0

    def __attrs_post_init__(self) -> None:
        for name in self._fields:
            value = getattr(self, name)
            if value is not None and not is_seconds(value):
                msg = f"timeout {name}={value!r} must be a number of seconds above 0, or None"
                raise ConfigError(msg)

    def limits(self, max_response_bytes: int) -> Limits:
        """Return the limits of one exchange, without the time limit of the whole call."""
        return Limits(self.connect, self.read, self.write, None, max_response_bytes)


def is_seconds(value: object) -> bool:
    """Return whether a value is a finite number above 0."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


def timeout_of(timeout: float | Timeout | None) -> Timeout:
    """Return the limits for a client's `timeout=`: a number bounds the whole call; None means the defaults of all."""
    if timeout is None:
        return Timeout()
    return timeout if isinstance(timeout, Timeout) else Timeout(total=timeout)
