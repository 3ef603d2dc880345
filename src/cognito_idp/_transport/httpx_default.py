"""The default sync transport of httpx's, with proxies and certificates as the environment says."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import httpx

from .httpx_common import Routes
from .routes import MAX_CONNECTIONS

if TYPE_CHECKING:
    from .certificates import Authorities
    from .routes import Route


class RoutedTransport(httpx.BaseTransport):
    """One `httpx.HTTPTransport` a route, made on first use.

    A forked process makes its own: two processes that talk over one connection would read each other's answers.
    """

    def __init__(self, authorities: Authorities | None = None) -> None:
        """Make nothing yet."""
        self._authorities = authorities
        self._outlived: list[object] = []
        self._begin()

    def _begin(self) -> None:
        self._routes = Routes(self._authorities)
        self._lock = threading.Lock()
        self._transports: dict[Route, httpx.HTTPTransport] = {}
        # Last: a thread that sees this process's id takes the rest for this process's, too.
        self._process = os.getpid()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send through the transport of the URL's route."""
        if os.getpid() != self._process:
            # Neither closed nor dropped: closing TLS says goodbye over a connection that is the parent's.
            self._outlived.append(self._transports)
            self._begin()
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
        """Close all connections of this process."""
        if os.getpid() != self._process:
            return
        with self._lock:
            for transport in self._transports.values():
                transport.close()
