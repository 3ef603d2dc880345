"""The async adapter over any async transport of httpx or httpx2: plain data in and out, and safe to cancel.

httpx's own async pool loses connections when calls are cancelled (httpcore 1.0.9), until none is left. So the default
transport here keeps one small pool per connection (`LanePool`) and discards it if its call was cancelled. A user's
transport, which may be that httpx pool or wrap it, is never cancelled midway (`detached.py`).
"""

from __future__ import annotations

import time
from functools import lru_cache
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Self

import anyio

from .._errors import ClientClosedError, ConfigError, DeadlineExceededError, TransportError
from .._flow.detached import Detached
from .._flow.loops import current_loop
from .adapter import CLOSED
from .httpx_common import forget_surplus, incoming, outgoing
from .httpx_errors import failures_of, first_of, translated
from .proxies import origin_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .._protocol.wire import HttpRequest, HttpResponse
    from .httpx_errors import Library


class AsyncHttpxTransport:
    """Sends through an async httpx transport, on asyncio or trio. Tasks may share it."""

    def __init__(self, transport: Any, library: Library) -> None:
        """Take a transport, and the module whose requests it takes: `httpx` or `httpx2`."""
        self._transport = transport
        self._library = library
        self._failures = failures_of(library)
        self._body = _body_class(library)
        self._detached = None if getattr(transport, "bears_cancellation", False) else Detached()
        self._closed = False
        self._loop: object = None
        self.name: str = library.__name__

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return its response.

        Raises:
            TransportError: no answer came.
            InvalidResponseError: the answer is larger than the limit, or compressed.
            ClientClosedError: `close` was called.
            ConfigError: the transport is the user's, and serves another event loop.
        """
        if self._closed:
            raise ClientClosedError(CLOSED)
        total = request.limits.total
        if total is None:
            return await self._exchange(request)
        with anyio.move_on_after(total):
            return await self._exchange(request)
        raise _too_late(request)

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        if self._detached is None:
            return await self._exchange_once(request, None)
        if self._loop is None:
            self._loop = current_loop()
        # Nobody cancels this exchange, so it checks the time itself.
        total = request.limits.total
        deadline = None if total is None else time.monotonic() + total
        return await self._detached.run(lambda: self._exchange_once(request, deadline))

    async def _exchange_once(self, request: HttpRequest, deadline: float | None) -> HttpResponse:
        try:
            sent = outgoing(self._library, request, self._body(request.body))
            response = await self._transport.handle_async_request(sent)
            try:
                answer = incoming(response.status_code, response.headers.raw, request.limits.max_response_bytes)
                async for chunk in response.stream:
                    answer.add(chunk)
                    del chunk  # a user's transport runs below
                    if deadline is not None and time.monotonic() > deadline:
                        raise _too_late(request)
                forget_surplus(response)
            finally:
                await response.aclose()
        except TransportError:
            # Already one of ours: a `TimeoutError_` is also an OSError.
            raise
        except ExceptionGroup as group:
            # anyio connects in a task group, which passes on in a group what is not an OSError.
            if self._detached is not None:
                raise
            failure = translated(self._library, first_of(group), origin_of(request.url).shown)
        except self._failures as error:
            failure = translated(self._library, error, origin_of(request.url).shown)
        except RuntimeError as error:
            # asyncio and anyio raise it where something of one loop is used on another.
            if self._detached is None or self._loop is current_loop():
                raise
            raise ConfigError(_OTHER_LOOP) from error
        else:
            return answer.finish()
        raise failure

    async def renew(self) -> None:
        """Use no connection again that there is now; a user's transport has to know how, by a method `renew`."""
        renew = getattr(self._transport, "renew", None)
        if renew is not None and isawaitable(result := renew()):
            await result

    async def close(self) -> None:
        """Close all connections, after ending the exchanges that a user's transport is making.

        Calls over a `LanePool` finish, and then their connections close.
        """
        self._closed = True
        if self._detached is not None:
            await self._detached.close()
        await self._transport.aclose()


_OTHER_LOOP = (
    "transport= has served another event loop, and fails on this one: make a client for each loop, or use 'httpx' or "
    "'stdlib', which keep connections for each"
)


def _too_late(request: HttpRequest) -> DeadlineExceededError:
    return DeadlineExceededError(f"{origin_of(request.url).shown}: no whole answer within {request.limits.total:g} s")


@lru_cache(maxsize=2)
def _body_class(library: Library) -> Callable[[bytes], Any]:
    """Return the class of a request's body.

    The library's own class leaves an async generator behind in a cancelled call, and trio warns about it.
    """

    class Body(library.ByteStream):  # type: ignore[misc]  # only the transport tells which library it is
        def __init__(self, body: bytes) -> None:
            super().__init__(body)
            self._body = body

        def __aiter__(self) -> AsyncIterator[bytes]:
            return _Parts(iter((self._body,)))

    return Body


class _Parts:
    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        for part in self._parts:
            return part
        raise StopAsyncIteration
