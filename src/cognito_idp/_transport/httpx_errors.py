"""The exceptions of httpx and httpx2, mapped to ours: one table for all adapters over them.

Some of theirs hold what may be secret: the request, lines of an answer that isn't HTTP, a proxy's password. So an error
that quotes the peer becomes the cause of ours as a copy without the quotation, and the others lose the request.
"""

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
    TimeoutError_,
    TransportError,
    WriteError,
    WriteTimeoutError,
)
from .._flow.platform import on_emscripten
from .limits import MAX_IDLE

if TYPE_CHECKING:
    from collections.abc import Mapping

# The module `httpx` or `httpx2`; both define the same names.
Library = Any

# The first match counts, so subclasses come before their bases.
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
    aiohttp's errors for answers that are not HTTP, and a transport over `fetch` may pass on JavaScript's.
    """
    failures: tuple[type[Exception], ...] = (library.TransportError, library.StreamError, OSError)
    for module, name in (("aiohttp", "ClientError"), ("pyodide.ffi", "JsException")):
        if (passed_on := getattr(sys.modules.get(module), name, None)) is not None:
            failures = (*failures, passed_on)
    return failures


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


# What httpcore, h11 and aiohttp say about a peer that breaks off or doesn't speak HTTP, up to where they quote it.
_KNOWN_WORDS: Final = re.compile(
    r"Server disconnected(?: without sending a response)?"
    r"|peer closed connection without sending complete message body"
    r"(?: \((?:received [0-9]+ bytes, expected [0-9]+|incomplete chunked read)\))?"
    r"|illegal (?:status line|header line|chunk header)|malformed chunk footer|Receive buffer too long"
    r"|(?:bad|conflicting) Content-Length(?: headers)?|multiple Transfer-Encoding headers"
    r"|Only Transfer-Encoding: chunked is supported"
    r"|Response payload is not completed|Proxy Server could not connect"
)


def translated(library: Library, error: Exception, host: str) -> TransportError:
    """Return our exception for one of the library's, with that or a copy of it as its cause.

    Raise it outside the handler: in there, the library's own exception would become its context.
    """
    aiohttps = next((link for link in (error, error.__cause__) if _by_aiohttp(link)), None)
    by_aiohttp = _by_aiohttp(aiohttps)
    cls = by_aiohttp or next((ours for theirs, ours in _table_of(library) if isinstance(error, theirs)), TransportError)
    if on_emscripten() and (cls is TransportError or not cls.sent):
        # What fails over `fetch` may have been sent, whatever the transport calls it.
        cls = ReadTimeoutError if issubclass(cls, TimeoutError_) else ReadError
    reason = reason_of(error)
    status_code = status_in(reason) if cls is ProxyError else None
    if status_code is not None:
        reason = f"the proxy refused with status {status_code}"
    elif cls is ProxyError or cls is ProtocolError or not isinstance(aiohttps, OSError | None):
        # Others of aiohttp's quote the peer, too; an OSError has the words of the operating system.
        words = _KNOWN_WORDS.match(reason)
        reason = "" if words is None else words[0]
    reason = reason or type(error).__name__
    text = f"{host}: {reason}"
    failure = ProxyError(text, status_code=status_code) if cls is ProxyError else cls(text)
    if by_aiohttp or cls is ProxyError or cls is ProtocolError:
        failure.__cause__ = _copy(library, error, cls, reason)
    else:
        forget_request(error)
        failure.__cause__ = error
    return failure


def first_of(group: BaseExceptionGroup[Exception]) -> Exception:
    """Return the first exception of a group that is none itself."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


def _copy(library: Library, error: Exception, cls: type[TransportError], text: str) -> Exception:
    """Return an exception of the library's that shows `text`, with the traceback of `error` and nothing else of it."""
    kind: Any = type(error)
    if kind is not getattr(library, kind.__name__, None):
        kind = getattr(library, next((theirs for theirs, ours in _TABLE if ours is cls), "TransportError"))
    copy: Exception = kind(text)
    return copy.with_traceback(error.__traceback__)


def forget_request(error: Exception) -> None:
    """Take our request off an exception of httpx's and those behind it: mocks and wrapping transports put it there."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and not any(link is other for other in links):
        links.append(link)
        request = getattr(link, "_request", None)
        if request is not None and (link is error or MAX_IDLE in getattr(request, "extensions", ())):
            link._request = None  # type: ignore[attr-defined]  # noqa: SLF001 - the public name can't be deleted
        link = link.__cause__ or link.__context__


def _by_aiohttp(error: BaseException | None) -> type[TransportError] | None:
    names = [cls.__name__ for cls in type(error).__mro__ if cls.__module__.startswith("aiohttp.")]
    return next((_AIOHTTP[name] for name in names if name in _AIOHTTP), None)


def status_in(reason: str) -> int | None:
    """Return the status of a proxy's refusal, if an error's text starts with one: `407 No`."""
    match = re.match(r"[1-5][0-9]{2}\b", reason, re.ASCII)
    return None if match is None else int(match[0])


def reason_of(error: BaseException | None) -> str:
    """Return the first text in a chain of exceptions: on trio, TLS errors are two links behind an empty one.

    The chain may end in an exception that the caller is handling, whose text is not ours to show.
    """
    while isinstance(error, Exception):
        if text := str(error):
            return text
        error = error.__cause__ or error.__context__
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _LIBRARIES:
            break
    return ""


_LIBRARIES: Final = frozenset({"httpx", "httpcore", "httpx2", "httpcore2", "httpx_aiohttp", "aiohttp", "anyio", "trio"})
