"""What the adapters over httpx and its successor httpx2 share: plain data in and out, and settings of the default."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from .._protocol.wire import KEEPALIVE_SECONDS
from .certificates import Authorities
from .incoming import Incoming, check_outgoing
from .routes import Route, route_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx

    from .._protocol.wire import HttpRequest

TransportT = TypeVar("TransportT", bound="httpx.HTTPTransport | httpx.AsyncHTTPTransport")

# The extension of a request that holds `Limits.max_idle`; the default transports read it.
MAX_IDLE = "cognito_idp.max_idle"

# The module `httpx` or `httpx2`, which have the same names.
Library = Any


@lru_cache(maxsize=32)
def parsed_url(library: Library, url: str) -> Any:
    """Parse a URL once; a client has few of them."""
    return library.URL(url)


def outgoing(library: Library, request: HttpRequest, stream: Any) -> Any:
    """Turn our request into the library's.

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
        },
    )


def incoming(status_code: int, raw_headers: Iterable[tuple[bytes, bytes]], limit: int) -> Incoming:
    """Begin an answer from what httpx knows of its head.

    Raises:
        InvalidResponseError: the body is compressed, or said to be larger than the limit.
    """
    headers = tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw_headers])
    return Incoming(status_code, headers, limit)


# How a stream of httpx's, or of ours, leads to the connection that it reads from.
_INWARDS = ("_stream", "_httpcore_stream", "_connection")


def forget_surplus(response: Any) -> None:
    """Have the connection closed if more than the answer was received with it.

    httpcore 1.0.9 keeps such bytes, and takes them for the answer to the next request over the connection, which may be
    another user's. It shows them to nobody, so private attributes are looked at; without them nothing is done.
    """
    inner: Any = response.stream
    while inner is not None:
        state = getattr(inner, "_h11_state", None)
        if state is not None:
            if state.trailing_data[0]:
                # What h11 calls a failure, httpcore ends the connection for.
                state.send_failed()
            return
        inner = next((found for name in _INWARDS if (found := getattr(inner, name, None)) is not None), None)


class Routes:
    """Finds the route of each URL, once an origin, and makes an httpx transport for it."""

    def __init__(self, authorities: Authorities | None = None) -> None:
        """Take the authorities to trust; None means those that the environment alone names."""
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
        """Make an `httpx.HTTPTransport` or `httpx.AsyncHTTPTransport` for a route.

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
