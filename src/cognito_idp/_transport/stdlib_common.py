"""Shared parts of both halves of the library's own engine: ways to servers, errors, and socket polling."""

from __future__ import annotations

import select
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .._errors import (
    ConfigError,
    ConnectError,
    ConnectTimeoutError,
    DeadlineExceededError,
    ProtocolError,
    ProxyError,
    ReadError,
    ReadTimeoutError,
    TransportError,
    WriteError,
    WriteTimeoutError,
)
from .._protocol.redaction import Record
from .http1 import BadAnswerError, request_bytes
from .limits import MAX_CONNECTIONS
from .proxies import (
    DEFAULT_PORTS,
    PROXY_AUTHENTICATION_REQUIRED,
    Proxy,
    at_proxy,
    origin_of,
    refused_by_proxy,
    route_of,
    unusable_proxy,
)

if TYPE_CHECKING:
    from .._protocol.wire import HttpRequest, HttpResponse, Limits
    from .certificates import Authorities

_MOST_URLS = 256
CHUNK_BYTES: Final = 64 * 1024
_TUNNEL_IS_OPEN: Final = range(200, 300)


class Phase(Record):
    """What a wait is for: the limit that bounds it, its error classes, and the text for a timeout."""

    __slots__ = _fields = ("limit", "broken", "late", "what")

    def __init__(self, limit: str, broken: type[TransportError], late: type[TransportError], what: str) -> None:
        self.limit = limit
        self.broken = broken
        self.late = late
        self.what = what


PROXY: Final = Phase("connect", ProxyError, ConnectTimeoutError, "no connection")
CONNECT: Final = Phase("connect", ConnectError, ConnectTimeoutError, "no connection")
WRITE: Final = Phase("write", WriteError, WriteTimeoutError, "nothing more of the request was taken")
READ: Final = Phase("read", ReadError, ReadTimeoutError, "nothing more of the answer came")

# Failures below us: sockets and TLS, invalid host names, invalid answers.
FAILURES: Final = (OSError, ValueError)
NO_ADDRESS: Final = "the name has no address"


class Way:
    """How a server is reached. Connections belong to a way, and all URLs of an origin share one way object.

    `context` is None for plain http to the server, and `proxy_context` is None for plain http to the proxy.
    """

    __slots__ = ("connect_to", "context", "extra", "host", "is_tunnelled", "port", "proxy", "proxy_context", "shown")

    def __init__(self, url: str, authorities: Authorities) -> None:
        """Resolve the way of a URL; if it needs certificates, loading them blocks for about 20 ms.

        Raises:
            ConfigError: the certificates or the proxy that the environment names can't be used.
        """
        origin = origin_of(url)
        scheme, self.host = origin.scheme, origin.host
        self.shown = origin.shown
        self.port = origin.port or DEFAULT_PORTS[scheme]
        self.proxy: Proxy | None = route_of(url).proxy
        self.connect_to = (self.host, self.port)
        self.context = authorities.ssl_context() if scheme == "https" else None
        self.proxy_context: ssl.SSLContext | None = None
        self.is_tunnelled = False
        # Header lines for a proxy that forwards plain http.
        self.extra = ""
        if self.proxy is not None:
            if self.proxy.scheme not in DEFAULT_PORTS:
                problem = "transport='stdlib' doesn't support SOCKS proxies; use transport='httpx' with httpx[socks]"
                raise unusable_proxy(self.proxy.url, problem)
            self.connect_to = (self.proxy.host, self.proxy.port)
            self.proxy_context = authorities.ssl_context() if self.proxy.scheme == "https" else None
            self.is_tunnelled = self.context is not None
            if not self.is_tunnelled and self.proxy.authorization:
                self.extra = f"proxy-authorization: {self.proxy.authorization}\r\n"

    def tunnel_request(self) -> memoryview:
        """Return the CONNECT request that asks the proxy for a tunnel (RFC 9110, 9.3.6)."""
        assert self.proxy is not None  # noqa: S101
        host = f"[{self.host}]" if ":" in self.host else self.host
        line = f"proxy-authorization: {self.proxy.authorization}\r\n" if self.proxy.authorization else ""
        text = f"CONNECT {host}:{self.port} HTTP/1.1\r\nhost: {host}:{self.port}\r\n{line}\r\n"
        return memoryview(text.encode("ascii"))

    def check_tunnel(self, answer: HttpResponse, is_in_order: bool) -> None:
        """Check a proxy's answer to `tunnel_request`.

        Raises:
            ProxyError: there is no tunnel, or bytes that the server can't have sent follow the answer.
        """
        assert self.proxy is not None  # noqa: S101
        if answer.status_code not in _TUNNEL_IS_OPEN:
            raise refused_by_proxy(self.proxy, answer.status_code, self.shown)
        if not is_in_order:
            raise ProxyError(
                at_proxy(self.proxy, self.shown, "it sent more than its answer before the tunnel was used")
            )

    def check_forwarded(self, answer: HttpResponse) -> None:
        """Check that an answer is the server's, and not a proxy's refusal to forward plain http.

        Raises:
            ProxyError: the answer asks for a proxy user, which only proxies do.
        """
        if answer.status_code == PROXY_AUTHENTICATION_REQUIRED and self.proxy is not None and not self.is_tunnelled:
            raise refused_by_proxy(self.proxy, answer.status_code, self.shown)

    def failure(self, phase: Phase, error: Exception) -> TransportError:
        """Return our error for a failed exchange; raise it from the original."""
        problem = getattr(error, "strerror", None) or str(error) or type(error).__name__
        reason = self._at(phase, _CUT_OFF if _is_unannounced_end(error) else problem)
        if phase is PROXY:
            return ProxyError(reason)
        if isinstance(error, BadAnswerError) or (phase is READ and _is_unannounced_end(error)):
            return ProtocolError(reason)
        return phase.broken(reason)

    def late(self, phase: Phase, limits: Limits) -> TransportError:
        """Return the error for a wait that took too long."""
        return phase.late(self._at(phase, f"{phase.what} within {getattr(limits, phase.limit):g} s"))

    def _at(self, phase: Phase, problem: str) -> str:
        if phase is PROXY and self.proxy is not None:
            return at_proxy(self.proxy, self.shown, problem)
        return f"{self.shown}: {problem}"

    def too_late(self, limits: Limits) -> TransportError:
        """Return the error for an exchange that took too long as a whole."""
        return DeadlineExceededError(f"{self.shown}: no whole answer within {limits.total:g} s")

    def no_place(self, limits: Limits) -> TransportError:
        """Return the error for a call that got no free connection."""
        return ConnectTimeoutError(
            f"{self.shown}: all {MAX_CONNECTIONS} connections were busy for {limits.connect:g} s"
        )


_CUT_OFF = "EOF: the connection was closed without TLS's announcement"


def _is_unannounced_end(error: Exception) -> bool:
    # Before Python 3.11.4 it has no class of its own.
    return isinstance(error, ssl.SSLError) and (
        isinstance(error, ssl.SSLEOFError) or error.reason == "UNEXPECTED_EOF_WHILE_READING"
    )


class Ways:
    """The known ways of a transport, by URL. Threads may share them."""

    def __init__(self, authorities: Authorities) -> None:
        self._authorities = authorities
        self._by_origin: dict[object, Way] = {}
        self._by_url: dict[str, tuple[Way, str]] = {}

    def known(self, url: str) -> tuple[Way, str] | None:
        """Return the way of a URL and the target of its requests, if already resolved."""
        return self._by_url.get(url)

    def find(self, url: str) -> tuple[Way, str]:
        """Return the way of a URL and the target of its requests (RFC 9112, 3.2). This may block.

        Raises:
            ConfigError: the URL, the certificates or the proxy can't be used.
        """
        entry = self._by_url.get(url)
        if entry is not None:
            return entry
        target = _target(url)
        origin = origin_of(url)
        way = self._by_origin.get(origin) or self._by_origin.setdefault(origin, Way(url, self._authorities))
        if way.proxy is not None and not way.is_tunnelled:
            target = f"{url.partition('//')[0]}//{_authority(url)}{target}"
        if len(self._by_url) >= _MOST_URLS:
            self._by_url.clear()
        self._by_url[url] = way, target
        return way, target


def _authority(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _target(url: str) -> str:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if (
        parts.scheme not in DEFAULT_PORTS
        or not parts.hostname
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        msg = "a URL to send to must begin with https:// or http://, name a host, and hold printable ASCII only"
        raise ConfigError(msg)
    return target


def bytes_of(request: HttpRequest, way: Way, target: str) -> memoryview:
    """Return a request as wire bytes, in a type whose `repr` shows none of them.

    Raises:
        ConfigError: a header can't be sent.
    """
    return memoryview(request_bytes(request, target, way.extra))


def is_ready(fileno: int, *, to_read: bool, seconds: float | None) -> bool:
    """Wait up to `seconds` for a socket to be readable or writable; return whether it is. An error counts as ready."""
    if _HAS_POLL:
        poll = select.poll()
        poll.register(fileno, select.POLLIN if to_read else select.POLLOUT)
        return bool(poll.poll(None if seconds is None else seconds * 1000))
    wanted, both = [fileno], [fileno]
    return any(select.select(wanted if to_read else [], [] if to_read else wanted, both, seconds))


_HAS_POLL = hasattr(select, "poll")
