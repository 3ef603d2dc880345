"""The async adapter over any `httpx.AsyncBaseTransport`: a plain request in, a plain response out, and safe to cancel.

httpx's own async pool loses connections when calls are cancelled (httpcore 1.0.9), until none is left. So the default
transport here keeps one small pool a connection (`LanePool`) and throws away the one whose call was cancelled; and a
transport that a user brings along, which may be that pool or wrap it, is never cancelled in the middle (`detached.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import anyio
import httpx

from ..errors import ClientClosedError, DeadlineExceededError
from ..flow.detached import Detached
from .httpx_common import Incoming, outgoing, parsed_url
from .httpx_errors import FAILURES, translated
from .lanes import LanePool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ..wire import HttpRequest, HttpResponse


class AsyncHttpxTransport:
    """Sends through an async transport of httpx's, on asyncio or trio. Tasks may share it."""

    name = "httpx"

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Take a transport to send through; None makes the default one, with proxies and certificates as configured."""
        self._transport = LanePool() if transport is None else transport
        self._detached = None if isinstance(self._transport, LanePool) else Detached()
        self._closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
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
        if total is None:
            return await self._exchange(request)
        with anyio.move_on_after(total):
            return await self._exchange(request)
        msg = f"{parsed_url(request.url).host}: no whole answer within {total:g} s"
        raise DeadlineExceededError(msg)

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        if self._detached is not None:
            return await self._detached.run(lambda: self._exchange_once(request))
        return await self._exchange_once(request)

    async def _exchange_once(self, request: HttpRequest) -> HttpResponse:
        try:
            response = await self._transport.handle_async_request(outgoing(request, Body(request.body)))
            try:
                incoming = Incoming(response.status_code, response.headers.raw, request.limits.max_response_bytes)
                async for chunk in response.stream:  # type: ignore[union-attr]  # an async transport has an async stream
                    incoming.add(chunk)
            finally:
                await response.aclose()
        except FAILURES as error:
            raise translated(error, parsed_url(request.url).host) from error
        return incoming.finish()

    async def close(self) -> None:
        """Close all connections, after breaking off what is still under way."""
        self._closed = True
        if self._detached is not None:
            await self._detached.close()
        await self._transport.aclose()


class Body(httpx.ByteStream):
    """The body of a request. httpx's own leaves an async generator behind in a cancelled call, of which trio warns."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Parts(iter((self._body,)))


class _Parts:
    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        for part in self._parts:
            return part
        raise StopAsyncIteration
