"""What a client needs of a transport, whatever the library below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from .._protocol.wire import HttpRequest, HttpResponse

CLOSED: Final = "this client was closed during the call"


class Adapter(Protocol):
    """A sync transport."""

    @property
    def name(self) -> str:
        """What sends: `httpx`, `httpx2` or `stdlib`."""
        ...

    def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange a request for its response, or raise a `TransportError`."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class AsyncAdapter(Protocol):
    """An async transport."""

    @property
    def name(self) -> str:
        """What sends: `httpx`, `httpx2` or `stdlib`."""
        ...

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange a request for its response, or raise a `TransportError`."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
