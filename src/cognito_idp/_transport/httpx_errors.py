"""The exceptions of httpx and httpx2, mapped to ours: one table for all adapters over them."""

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


# The first match counts, so subclasses come before their bases.
# The module `httpx` or `httpx2`; both define the same names.
Library = Any

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
    """Return the exceptions that a transport may raise.

    `OSError` covers `ssl.SSLError`, and transports that pass on their sockets' errors. httpx_aiohttp passes on
    aiohttp's errors for answers that are not HTTP.
    """
    aiohttp: Any = sys.modules.get("aiohttp")
    failures: tuple[type[Exception], ...] = (library.TransportError, library.StreamError, OSError)
    return failures if aiohttp is None else (*failures, aiohttp.ClientError)


@lru_cache(maxsize=2)
def _table_of(library: Library) -> tuple[tuple[Any, type[TransportError]], ...]:
    return (*((getattr(library, name), ours) for name, ours in _TABLE), (TimeoutError, ReadTimeoutError))


# httpx_aiohttp reports most of aiohttp's failures as connect timeouts, so a request that the service may have carried
# out would look unsent. aiohttp's own error is further down the chain.
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
    """Return our exception for one of the library's; the caller makes that its cause."""
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
    """Return the status of a proxy's refusal, if an error's text starts with one: `407 No`."""
    match = re.match(r"[1-5][0-9]{2}\b", reason, re.ASCII)
    return None if match is None else int(match[0])


def reason_of(error: BaseException | None) -> str:
    """Return the first text in a chain of exceptions: on trio, TLS errors are two links behind an empty one."""
    while isinstance(error, Exception):
        if text := str(error):
            return text
        error = error.__cause__ or error.__context__
    return ""
