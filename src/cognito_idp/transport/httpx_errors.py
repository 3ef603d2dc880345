"""What httpx raises, as our own exceptions: one table for both adapters."""

from __future__ import annotations

from typing import Final

import httpx

from ..errors import (
    ConnectError,
    ConnectTimeoutError,
    ProtocolError,
    ReadError,
    ReadTimeoutError,
    TransportError,
    WriteError,
    WriteTimeoutError,
)

# What may come out of an adapter. OSError covers ssl.SSLError, and transports that let their sockets' errors through.
FAILURES: Final = (httpx.TransportError, httpx.StreamError, OSError)

# The first entry that fits counts, so subclasses stand before their bases.
_TABLE: Final[tuple[tuple[type[Exception], type[TransportError]], ...]] = (
    (httpx.ConnectTimeout, ConnectTimeoutError),
    (httpx.PoolTimeout, ConnectTimeoutError),
    (httpx.ReadTimeout, ReadTimeoutError),
    (httpx.WriteTimeout, WriteTimeoutError),
    (httpx.ConnectError, ConnectError),
    (httpx.ProxyError, ConnectError),
    (httpx.ReadError, ReadError),
    (httpx.WriteError, WriteError),
    (httpx.ProtocolError, ProtocolError),
    (TimeoutError, ReadTimeoutError),
)


def translated(error: Exception, host: str) -> TransportError:
    """Return our exception for one of httpx's, which becomes its cause."""
    cls = next((ours for theirs, ours in _TABLE if isinstance(error, theirs)), TransportError)
    return cls(f"{host}: {_reason(error) or type(error).__name__}")


def _reason(error: BaseException | None) -> str:
    """Return the first text in a chain of exceptions: on trio, what TLS says stands two behind an empty one."""
    while isinstance(error, Exception):
        if text := str(error):
            return text
        error = error.__cause__ or error.__context__
    return ""
