"""The transport protocols that the drivers use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .._protocol.wire import HttpRequest, HttpResponse


class Transport(Protocol):
    """Carries requests in the calling thread."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return its response, or raise a `TransportError`."""
        ...


class AsyncTransport(Protocol):
    """Carries requests without blocking the event loop."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return its response, or raise a `TransportError`."""
        ...
