"""The transport protocols that clients use, whatever the library underneath."""

from __future__ import annotations

from typing import Final, Protocol

from .._flow.transport import AsyncTransport, Transport

CLOSED: Final = "this client was closed during the call"


class Adapter(Transport, Protocol):
    """A sync transport."""

    @property
    def name(self) -> str:
        """What sends: `httpx`, `httpx2`, `stdlib` or `fetch`."""
        ...

    def renew(self) -> None:
        """Use no connection again that there is now; exchanges under way go on."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class AsyncAdapter(AsyncTransport, Protocol):
    """An async transport."""

    @property
    def name(self) -> str:
        """What sends: `httpx`, `httpx2`, `stdlib` or `fetch`."""
        ...

    async def renew(self) -> None:
        """Use no connection again that there is now; exchanges under way go on."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
