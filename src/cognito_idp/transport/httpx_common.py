"""What the sync and the async adapter over httpx share: plain data in and out, and the settings of a connection."""

from __future__ import annotations

import os
import ssl
import threading
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import httpx

from ..endpoint import is_loopback
from ..errors import ConfigError, InvalidResponseError
from ..wire import HttpResponse, check_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..wire import HttpRequest

T = TypeVar("T")
# More digits than any size has; int() would take long over thousands of them.
_DIGITS = 20

MAX_CONNECTIONS = 100
KEEPALIVE_SECONDS = 60.0


@lru_cache(maxsize=32)
def parsed_url(url: str) -> httpx.URL:
    """Parse a URL once; a client has few of them."""
    return httpx.URL(url)


def outgoing(request: HttpRequest, stream: httpx.ByteStream) -> httpx.Request:
    """Turn our request into httpx's.

    Raises:
        ConfigError: a header would end its line early.
    """
    text = "".join([value for _, value in request.headers])
    if "\r" in text or "\n" in text or "\0" in text or not text.isascii():
        check_headers(request.headers)  # says which one
    limits = request.limits
    return httpx.Request(
        request.method,
        parsed_url(request.url),
        headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in request.headers],
        stream=stream,
        extensions={
            "timeout": {
                "connect": limits.connect,
                "read": limits.read,
                "write": limits.write,
                "pool": limits.connect,
            }
        },
    )


class Incoming:
    """Collects an answer piece by piece and refuses one that is too large or compressed."""

    __slots__ = ("_chunks", "_limit", "_response", "_size")

    def __init__(self, status_code: int, raw_headers: Iterable[tuple[bytes, bytes]], limit: int) -> None:
        """Begin with the answer's status and headers; `limit` is in bytes.

        Raises:
            InvalidResponseError: the body is compressed, or said to be larger than the limit.
        """
        headers = tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw_headers])
        self._response = HttpResponse(status_code, headers, b"")
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0
        for name, value in headers:
            if name == "content-encoding" and value.lower() != "identity":
                # We asked for none. Unpacking what a stranger packed could fill the memory from a few bytes.
                self._refuse(f"it is compressed ({value!r}), which was not asked for")
            if name == "content-length" and _is_above(value, limit):
                self._refuse(f"it is larger than the limit of {limit:,} bytes")

    def add(self, chunk: bytes) -> None:
        """Take a piece of the body.

        Raises:
            InvalidResponseError: the body is larger than the limit.
        """
        self._size += len(chunk)
        self._chunks.append(chunk)
        if self._size > self._limit:
            self._refuse(f"it is larger than the limit of {self._limit:,} bytes")

    def finish(self) -> HttpResponse:
        """Return the whole answer."""
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        return HttpResponse(self._response.status_code, self._response.headers, body)

    def _refuse(self, problem: str) -> None:
        raise InvalidResponseError(
            problem,
            status_code=self._response.status_code,
            body=self._chunks[0] if self._chunks else b"",
            request_id=self._response.header("x-amzn-requestid"),
        )


def _is_above(number: str, limit: int) -> bool:
    # ASCII, since isdigit() takes superscripts for digits, and int() does not.
    return number.isascii() and number.isdigit() and len(number) < _DIGITS and int(number) > limit


def ssl_context(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Return the TLS settings: certificates from `AWS_CA_BUNDLE`, `SSL_CERT_FILE` or `SSL_CERT_DIR`, else httpx's own.

    Raises:
        ConfigError: the file or folder that a variable names can't be read.
    """
    for variable in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        path = environ.get(variable)
        if not path:
            continue
        try:
            if os.path.isdir(path):  # noqa: PTH112 - pathlib would cost the cold start 2 ms
                return ssl.create_default_context(capath=path)
            return ssl.create_default_context(cafile=path)
        except (OSError, ssl.SSLError) as error:
            msg = f"{variable}={path!r}: no certificates can be read from it: {error}"
            raise ConfigError(msg) from error
    return httpx.create_ssl_context(trust_env=False)


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for a URL (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`)."""
    target = parsed_url(url)
    if target.scheme == "http" and _is_local(target.host):
        return None
    proxies = getproxies_environment()
    proxy = proxies.get(target.scheme) or proxies.get("all")
    # With the port and without: an entry may name one, and an IPv6 address stands in brackets only beside a port.
    names = (target.host, target.netloc.decode("ascii"))
    if not proxy or any(proxy_bypass_environment(name, proxies) for name in names):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_local(host: str) -> bool:
    """Whether plain http may be spoken to a host because it stays on the machine, which a proxy would end.

    That is the machine itself, and the link-local addresses of the container and instance metadata services.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return is_loopback(host)
    return address.is_loopback or any(address in network for network in _METADATA_NETWORKS)


_METADATA_NETWORKS = (ip_network("169.254.0.0/16"), ip_network("fd00:ec2::/32"))


class Route(NamedTuple):
    """How a URL is reached. URLs with equal routes can share connections' settings."""

    scheme: str
    proxy: str | None

    def __repr__(self) -> str:
        """Leave out what may be a password."""
        return f"Route({self.scheme!r}, proxy={self.proxy and self.proxy.rpartition('@')[2]!r})"


class Routes:
    """Finds the route of each URL, once an origin, and the keyword arguments that make an httpx transport for it."""

    def __init__(self) -> None:
        """Read nothing yet: TLS settings cost 20 ms, and a plain-http endpoint needs none."""
        self._routes: dict[tuple[str, bytes], Route] = {}
        self._ssl_context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def route(self, url: httpx.URL) -> Route:
        """Return the route of a URL."""
        origin = (url.scheme, url.netloc)
        route = self._routes.get(origin)
        if route is None:
            route = self._routes[origin] = Route(url.scheme, proxy_for(str(url)))
        return route

    def transport(self, kind: Callable[..., T], route: Route, max_connections: int) -> T:
        """Make an `httpx.HTTPTransport` or `httpx.AsyncHTTPTransport` for a route.

        Raises:
            ConfigError: the certificates or the proxy that the environment names can't be used.
        """
        settings = self._settings(route, max_connections)
        if route.proxy is None:
            return kind(**settings)
        context = self._certificates() if route.proxy.startswith("https:") else None
        try:
            return kind(proxy=httpx.Proxy(route.proxy, ssl_context=context), **settings)
        except ImportError as error:
            problem = str(error)
        except (ValueError, httpx.InvalidURL):
            problem = "it is not a URL such as http://host:port"
        # Raised outside the handlers and without what stands before an @: a proxy's URL may hold a password.
        msg = f"the proxy {route.proxy.rpartition('@')[2]!r} that the environment names can't be used: {problem}"
        raise ConfigError(msg)

    def _settings(self, route: Route, max_connections: int) -> dict[str, Any]:
        return {
            # A route is for one scheme, so a transport without certificates never sees an https URL.
            "verify": self._certificates() if route.scheme == "https" else False,
            "limits": httpx.Limits(
                max_connections=max_connections,
                max_keepalive_connections=max_connections,
                keepalive_expiry=KEEPALIVE_SECONDS,
            ),
        }

    def _certificates(self) -> ssl.SSLContext:
        with self._lock:
            if self._ssl_context is None:
                self._ssl_context = ssl_context()
            return self._ssl_context
