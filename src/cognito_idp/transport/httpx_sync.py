"""The sync adapter over any `httpx.BaseTransport`: a plain request in, a plain response out."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import httpx

from ..errors import ClientClosedError, DeadlineExceededError, TransportError
from .httpx_common import MAX_CONNECTIONS, Incoming, Routes, outgoing, parsed_url
from .httpx_errors import FAILURES, translated

if TYPE_CHECKING:
    from ..wire import HttpRequest, HttpResponse
    from .httpx_common import Route


class HttpxTransport:
    """Sends through a transport of httpx's. Threads may share it as far as they may share that transport."""

    name = "httpx"

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        """Take a transport to send through; None makes the default one, with proxies and certificates as configured."""
        self._transport = RoutedTransport() if transport is None else transport
        self._closed = False

    def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange a request for its response.

        Raises:
            TransportError: no answer came.
            InvalidResponseError: the answer is larger than the limit, or compressed.
            ClientClosedError: `close` was called.
        """
        if self._closed:
            msg = "this client was closed during the call"
            raise ClientClosedError(msg)
        total = request.limits.total
        deadline = None if total is None else time.monotonic() + total
        try:
            response = self._transport.handle_request(outgoing(request, httpx.ByteStream(request.body)))
            try:
                incoming = Incoming(response.status_code, response.headers.raw, request.limits.max_response_bytes)
                for chunk in response.stream:  # type: ignore[union-attr]  # a sync transport has a sync stream
                    incoming.add(chunk)
                    if deadline is not None and time.monotonic() > deadline:
                        msg = f"{parsed_url(request.url).host}: the answer was still coming after {total:g} s"
                        raise DeadlineExceededError(msg)
            finally:
                response.close()
        except TransportError:
            # Ours already: a `TimeoutError_` is an OSError, too.
            raise
        except FAILURES as error:
            raise translated(error, parsed_url(request.url).host) from error
        return incoming.finish()

    def close(self) -> None:
        """Close all connections, those that other threads use too."""
        self._closed = True
        self._transport.close()


class RoutedTransport(httpx.BaseTransport):
    """The default: one `httpx.HTTPTransport` a route, made on first use."""

    def __init__(self) -> None:
        """Make nothing yet."""
        self._routes = Routes()
        self._lock = threading.Lock()
        self._transports: dict[Route, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send through the transport of the URL's route."""
        route = self._routes.route(request.url)
        transport = self._transports.get(route)
        if transport is None:
            with self._lock:
                transport = self._transports.get(route)
                if transport is None:
                    transport = self._routes.transport(httpx.HTTPTransport, route, MAX_CONNECTIONS)
                    self._transports[route] = transport
        return transport.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for transport in self._transports.values():
                transport.close()
