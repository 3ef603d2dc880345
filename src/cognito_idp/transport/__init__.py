"""How requests reach the network: short adapters over HTTP libraries, which only this folder imports, on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from .httpx_async import AsyncHttpxTransport
    from .httpx_sync import HttpxTransport


def make_transport(transport: httpx.BaseTransport | None) -> HttpxTransport:
    """Return an adapter over the given transport, or over the default one."""
    from .httpx_sync import HttpxTransport

    return HttpxTransport(transport)


def make_async_transport(transport: httpx.AsyncBaseTransport | None) -> AsyncHttpxTransport:
    """Return an adapter over the given async transport, or over the default one."""
    from .httpx_async import AsyncHttpxTransport

    return AsyncHttpxTransport(transport)
