"""What the sync and the async adapter over httpx share: plain data in and out, and the settings of a connection."""

from __future__ import annotations

import os
import ssl
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import httpx

from ..errors import ConfigError, InvalidResponseError
from ..wire import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire import HttpRequest

MAX_CONNECTIONS = 100
KEEPALIVE_SECONDS = 60.0


@lru_cache(maxsize=32)
def parsed_url(url: str) -> httpx.URL:
    """Parse a URL once; a client has few of them."""
    return httpx.URL(url)


def outgoing(request: HttpRequest, stream: httpx.ByteStream) -> httpx.Request:
    """Turn our request into httpx's."""
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

    def __init__(self, response: httpx.Response, limit: int) -> None:
        """Begin with the answer's status and headers; `limit` is in bytes."""
        self._response = response
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0
        encoding = response.headers.get("content-encoding", "identity")
        if encoding.lower() != "identity":
            # We asked for none. Unpacking what a stranger packed could fill the memory from a few bytes.
            self._refuse(f"it is compressed ({encoding!r}), which was not asked for")

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
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self._response.headers.raw
        )
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        return HttpResponse(self._response.status_code, headers, body)

    def _refuse(self, problem: str) -> None:
        raise InvalidResponseError(
            problem,
            status_code=self._response.status_code,
            body=self._chunks[0] if self._chunks else b"",
            request_id=self._response.headers.get("x-amzn-requestid"),
        )


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
    proxies = getproxies_environment()
    target = parsed_url(url)
    proxy = proxies.get(target.scheme) or proxies.get("all")
    if not proxy or proxy_bypass_environment(target.host, proxies):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


class Route(NamedTuple):
    """How a URL is reached. URLs with equal routes can share connections' settings."""

    scheme: str
    proxy: str | None


class Routes:
    """Finds the route of each URL, once an origin, and the keyword arguments that make an httpx transport for it."""

    def __init__(self) -> None:
        """Read nothing yet: TLS settings cost 20 ms, and a plain-http endpoint needs none."""
        self._routes: dict[tuple[str, str], Route] = {}
        self._ssl_context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def route(self, url: httpx.URL) -> Route:
        """Return the route of a URL."""
        origin = (url.scheme, url.host)
        route = self._routes.get(origin)
        if route is None:
            route = self._routes[origin] = Route(url.scheme, proxy_for(str(url)))
        return route

    def settings(self, route: Route, max_connections: int) -> dict[str, Any]:
        """Return what to pass to `httpx.HTTPTransport` or `httpx.AsyncHTTPTransport`."""
        settings: dict[str, Any] = {
            # A route is for one scheme, so a transport without certificates never sees an https URL.
            "verify": self._certificates() if route.scheme == "https" else False,
            "limits": httpx.Limits(
                max_connections=max_connections,
                max_keepalive_connections=max_connections,
                keepalive_expiry=KEEPALIVE_SECONDS,
            ),
        }
        if route.proxy is not None:
            context = self._certificates() if route.proxy.startswith("https:") else None
            settings["proxy"] = httpx.Proxy(route.proxy, ssl_context=context)
        return settings

    def _certificates(self) -> ssl.SSLContext:
        with self._lock:
            if self._ssl_context is None:
                self._ssl_context = ssl_context()
            return self._ssl_context
