"""The default sync transport of httpx's, with proxies and certificates as the environment says."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpx

from .httpx_common import Routes
from .routes import MAX_CONNECTIONS

if TYPE_CHECKING:
    from .routes import Route


class RoutedTransport(httpx.BaseTransport):
    """One `httpx.HTTPTransport` a route, made on first use."""

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
