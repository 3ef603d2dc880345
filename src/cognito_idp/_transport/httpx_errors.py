"""What httpx and httpx2 raise, as our own exceptions: one table for all adapters over them."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from .._errors import (
    ConnectError,
    ConnectTimeoutError,
    ProtocolError,
    ProxyError,
    ReadError,
    ReadTimeoutError,
    TransportError,
    WriteError,
    WriteTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .httpx_common import Library

# The first entry that fits counts, so subclasses stand before their bases.
_TABLE: Final[tuple[tuple[str, type[TransportError]], ...]] = (
    ("ConnectTimeout", ConnectTimeoutError),
    ("PoolTimeout", ConnectTimeoutError),
    ("ReadTimeout", ReadTimeoutError),
    ("WriteTimeout", WriteTimeoutError),
    ("ConnectError", ConnectError),
    ("ProxyError", ProxyError),
    ("ReadError", ReadError),
    ("WriteError", WriteError),
    ("ProtocolError", ProtocolError),
)


def failures_of(library: Library) -> tuple[type[Exception], ...]:
    """Return what may come out of a transport.

    `OSError` covers `ssl.SSLError`, and transports that let their sockets' errors through. httpx_aiohttp lets through
    what aiohttp says of answers that are not HTTP.
    """
    aiohttp: Any = sys.modules.get("aiohttp")
    failures: tuple[type[Exception], ...] = (library.TransportError, library.StreamError, OSError)
    return failures if aiohttp is None else (*failures, aiohttp.ClientError)


@lru_cache(maxsize=2)
def _table_of(library: Library) -> tuple[tuple[Any, type[TransportError]], ...]:
    return (*((getattr(library, name), ours) for name, ours in _TABLE), (TimeoutError, ReadTimeoutError))


# httpx_aiohttp takes most of aiohttp's failures for a connection that took too long to make, so that a request which
# the service may have carried out would seem to be unsent. What aiohttp itself said stands behind each.
_AIOHTTP: Final[Mapping[str, type[TransportError]]] = {
    "ConnectionTimeoutError": ConnectTimeoutError,
    "ServerTimeoutError": ReadTimeoutError,
    "ClientConnectorError": ConnectError,
    "ClientHttpProxyError": ProxyError,
    "ClientPayloadError": ReadError,
    "ServerDisconnectedError": ProtocolError,
    "ClientResponseError": ProtocolError,
    "ClientConnectionResetError": WriteError,
    "ClientConnectionError": ReadError,
}


def translated(library: Library, error: Exception, host: str) -> TransportError:
    """Return our exception for one of the library's, which becomes its cause."""
    cls = _by_aiohttp(error) or _by_aiohttp(error.__cause__)
    if cls is None:
        cls = next((ours for theirs, ours in _table_of(library) if isinstance(error, theirs)), TransportError)
    reason = reason_of(error)
    text = f"{host}: {reason or type(error).__name__}"
    return ProxyError(text, status_code=status_in(reason)) if cls is ProxyError else cls(text)


def _by_aiohttp(error: BaseException | None) -> type[TransportError] | None:
    names = [cls.__name__ for cls in type(error).__mro__ if cls.__module__.startswith("aiohttp.")]
    return next((_AIOHTTP[name] for name in names if name in _AIOHTTP), None)


def status_in(reason: str) -> int | None:
    """Return the HTTP status with which a proxy refused, if the text of an error begins with one: `407 No`."""
    match = re.match(r"[1-5][0-9]{2}\b", reason, re.ASCII)
    return None if match is None else int(match[0])


def reason_of(error: BaseException | None) -> str:
    """Return the first text in a chain of exceptions: on trio, what TLS says stands two behind an empty one."""
    while isinstance(error, Exception):
        if text := str(error):
            return text
        error = error.__cause__ or error.__context__
    return ""
