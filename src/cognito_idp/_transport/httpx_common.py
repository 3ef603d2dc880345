"""Shared parts of the adapters over httpx and its successor httpx2: plain data in and out, and default settings."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from .._protocol.wire import KEEPALIVE_SECONDS
from .body import Incoming, check_outgoing
from .certificates import Authorities
from .limits import MAX_IDLE, TOTAL
from .proxies import Route, route_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx

    from .._protocol.wire import HttpRequest
    from .httpx_errors import Library

TransportT = TypeVar("TransportT", bound="httpx.HTTPTransport | httpx.AsyncHTTPTransport")


@lru_cache(maxsize=32)
def parsed_url(library: Library, url: str) -> Any:
    """Parse a URL, cached since a client uses only a few."""
    return library.URL(url)


def outgoing(library: Library, request: HttpRequest, stream: Any) -> Any:
    """Return the library's request for one of ours.

    Raises:
        ConfigError: a header would end its line early.
    """
    check_outgoing(request.headers)
    limits = request.limits
    return library.Request(
        request.method,
        parsed_url(library, request.url),
        headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in request.headers],
        stream=stream,
        extensions={
            "timeout": {
                "connect": limits.connect,
                "read": limits.read,
                "write": limits.write,
                "pool": limits.connect,
            },
            MAX_IDLE: limits.max_idle,
            TOTAL: limits.total,
        },
    )


def incoming(status_code: int, raw_headers: Iterable[tuple[bytes, bytes]], limit: int) -> Incoming:
    """Start an answer from the head that httpx has parsed.

    Raises:
        InvalidResponseError: the body is compressed, or its declared size is above the limit.
    """
    headers = tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw_headers])
    return Incoming(status_code, headers, limit)


# The attributes that lead from a stream, httpx's or ours, to the connection that it reads from.
_INWARDS = ("_stream", "_httpcore_stream", "_connection")


def forget_surplus(response: Any) -> None:
    """Make httpx close the connection if it received more than the answer.

    httpcore 1.0.9 keeps such bytes and takes them for the answer to the connection's next request, which may be
    another user's. It has no public way to see them, so this reads private attributes; without those it does nothing.
    """
    inner: Any = response.stream
    while inner is not None:
        state = getattr(inner, "_h11_state", None)
        if state is not None:
            if state.trailing_data[0]:
                # httpcore closes a connection that h11 reports as failed.
                state.send_failed()
            return
        inner = next((nearer for name in _INWARDS if (nearer := getattr(inner, name, None)) is not None), None)


class Routes:
    """Resolves the route of each URL, once per origin, and makes an httpx transport for it."""

    def __init__(self, authorities: Authorities | None = None) -> None:
        """Take the authorities to trust; None means those that the environment names."""
        self._routes: dict[tuple[str, bytes], Route] = {}
        self._authorities = authorities or Authorities()

    def route(self, url: Any) -> Route:
        """Return the route of an `httpx.URL`."""
        origin = (url.scheme, url.netloc)
        route = self._routes.get(origin)
        if route is None:
            route = self._routes[origin] = route_of(str(url))
        return route

    def transport(self, kind: type[TransportT], route: Route, max_connections: int) -> TransportT:
        """Return an `httpx.HTTPTransport` or `httpx.AsyncHTTPTransport` for a route.

        Raises:
            ConfigError: the certificates or the proxy that the environment names can't be used.
        """
        settings = self._settings(route, max_connections)
        if route.proxy is None:
            return kind(**settings)
        from .httpx_proxied import proxied

        transport: TransportT = proxied(kind, route.proxy, self._authorities, settings)
        return transport

    def _settings(self, route: Route, max_connections: int) -> dict[str, Any]:
        import httpx

        return {
            # A route is for one scheme, so a transport without certificates never sees an https URL.
            "verify": self._authorities.ssl_context() if route.scheme == "https" else False,
            "limits": httpx.Limits(
                max_connections=max_connections,
                max_keepalive_connections=max_connections,
                keepalive_expiry=KEEPALIVE_SECONDS,
            ),
        }
