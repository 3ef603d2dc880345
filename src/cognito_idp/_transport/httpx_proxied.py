"""httpx transports through a proxy, whose failures are distinguished from the service's.

httpx raises the same errors for both. The events of httpcore's `trace` extension show how far a request had come when
it failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from .._errors import ConnectTimeoutError, ProxyError
from .httpx_errors import reason_of, status_in
from .proxies import NO_PROXY_URL, PROXY_AUTHENTICATION_REQUIRED, at_proxy, origin_of, refused_by_proxy, unusable_proxy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._errors import TransportError
    from .certificates import Authorities
    from .proxies import Proxy


def proxied(kind: type[Any], proxy: Proxy, authorities: Authorities, settings: Mapping[str, Any]) -> Any:
    """Return an `httpx.HTTPTransport` or an `httpx.AsyncHTTPTransport` that sends through a proxy.

    Raises:
        ConfigError: the proxy or its certificates can't be used.
    """
    context = authorities.ssl_context() if proxy.scheme == "https" else None
    subclass = _ProxiedTransport if issubclass(kind, httpx.HTTPTransport) else _AsyncProxiedTransport
    try:
        if proxy.scheme.startswith("socks"):
            return subclass(proxy, proxy=httpx.Proxy(proxy.url), **settings)
        headers = {} if proxy.authorization is None else {"Proxy-Authorization": proxy.authorization}
        url = f"{proxy.scheme}://{proxy.shown}"
        return subclass(proxy, proxy=httpx.Proxy(url, ssl_context=context, headers=headers), **settings)
    except ImportError as error:
        problem = str(error)
    except (ValueError, httpx.InvalidURL):
        problem = NO_PROXY_URL if proxy.scheme != "socks4" else "of the SOCKS proxies httpx knows socks5 only"
    # Raised outside the `except` blocks, whose errors may show the password.
    raise unusable_proxy(proxy.url, problem)


# The handshake with the host, inside the tunnel.
_BEYOND = frozenset({"proxy.start_tls.started", "socks.start_tls.started"})
_SENDS = "http11.send_request_headers.started"


class _Way:
    """How far one request has come through a proxy."""

    def __init__(self, proxy: Proxy, url: httpx.URL) -> None:
        self._proxy = proxy
        self._url = url
        self._is_forwarded = url.scheme == "http"
        self._is_connecting = False
        self._is_beyond = False

    def _host(self) -> str:
        return origin_of(str(self._url)).shown

    def see(self, event: str, info: Mapping[str, Any]) -> None:
        """Record an event from httpcore."""
        self._is_connecting = True
        if event in _BEYOND or (event == _SENDS and info["request"].method != b"CONNECT"):
            self._is_beyond = True

    async def see_async(self, event: str, info: Mapping[str, Any]) -> None:
        """Record an event from httpcore; its async connections expect a coroutine."""
        self.see(event, info)

    @property
    def is_at_proxy(self) -> bool:
        """Whether the request has reached the proxy but not the host behind it."""
        return self._is_connecting and not self._is_beyond

    def failure(self, error: httpx.TransportError) -> TransportError:
        """Return our error for a failure at the proxy. Raise it outside the handler, or httpx's is its context."""
        text = reason_of(error)
        status_code = status_in(text) if isinstance(error, httpx.ProxyError) else None
        if status_code is None and not isinstance(error, httpx.ProtocolError):
            kind = ConnectTimeoutError if isinstance(error, httpx.TimeoutException) else ProxyError
            failure = kind(at_proxy(self._proxy, self._host(), text or type(error).__name__))
            failure.__cause__ = error
            return failure
        # httpx's error is not the cause: it quotes the proxy, which may repeat the password it was sent.
        if status_code is None:
            return ProxyError(at_proxy(self._proxy, self._host(), "it broke off or did not speak HTTP"))
        return self.refusal(status_code)

    def refusal(self, status_code: int) -> ProxyError:
        """Return the error for a proxy that refuses."""
        return refused_by_proxy(self._proxy, status_code, self._host())

    def is_refused(self, response: httpx.Response) -> bool:
        """Return whether the proxy answered instead of forwarding the request: only proxies answer with a 407."""
        return self._is_forwarded and response.status_code == PROXY_AUTHENTICATION_REQUIRED


class _ProxiedTransport(httpx.HTTPTransport):
    def __init__(self, through: Proxy, **settings: Any) -> None:
        super().__init__(**settings)
        self._through = through

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        way = _Way(self._through, request.url)
        request.extensions["trace"] = way.see
        try:
            response = super().handle_request(request)
        except httpx.TransportError as error:
            if not way.is_at_proxy:
                raise
            failure = way.failure(error)
        else:
            if not way.is_refused(response):
                return response
            response.close()
            failure = way.refusal(response.status_code)
        raise failure


class _AsyncProxiedTransport(httpx.AsyncHTTPTransport):
    def __init__(self, through: Proxy, **settings: Any) -> None:
        super().__init__(**settings)
        self._through = through

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        way = _Way(self._through, request.url)
        request.extensions["trace"] = way.see_async
        try:
            response = await super().handle_async_request(request)
        except httpx.TransportError as error:
            if not way.is_at_proxy:
                raise
            failure = way.failure(error)
        else:
            if not way.is_refused(response):
                return response
            await response.aclose()
            failure = way.refusal(response.status_code)
        raise failure
