"""What a driver needs of a transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .._protocol.wire import HttpRequest, HttpResponse


class Transport(Protocol):
    """Carries requests in the calling thread."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange a request for its response, or raise a `TransportError`."""
        ...


class AsyncTransport(Protocol):
    """Carries requests without blocking the event loop."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange a request for its response, or raise a `TransportError`."""
        ...
