"""The async adapter over pyreqwest's own async client: a plain request in, a plain response out, on asyncio."""

from __future__ import annotations

import asyncio
import atexit
import os
import time
from types import coroutine
from typing import TYPE_CHECKING, Any

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from ..errors import ClientClosedError, ConfigError, ConnectTimeoutError
from ..flow.loops import on_trio
from .adapter import CLOSED
from .pyreqwest_common import Clients, ForkedError, builder_of, incoming
from .pyreqwest_errors import translated
from .routes import MAX_CONNECTIONS, origin_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyreqwest.request import StreamRequest

    from ..wire import HttpRequest, HttpResponse
    from .adapter import AsyncAdapter
    from .pyreqwest_common import Made


_SETTLE_SECONDS = 0.01
# A limit of 0 would be none.
_LEAST_SECONDS = 0.001


class AsyncPyreqwestTransport:
    """Sends through pyreqwest. Tasks may share it, and event loops too.

    A call that is cancelled ends at once and leaves its place to others; its exchange goes on by itself until its
    answer or one of its limits, since pyreqwest breaks nothing off.

    pyreqwest knows nothing of trio, and its threads don't outlive a fork: there httpx is used instead.
    """

    def __init__(self, *, is_named: bool) -> None:
        """Make no client yet; `is_named` says that somebody asked for pyreqwest, and not just for the default."""
        self._is_named = is_named
        self._closed = False
        self._outlived: list[Any] = []
        self._begin()

    def _begin(self) -> None:
        self._clients: Clients[Client] = Clients(ClientBuilder, None)
        self._places: tuple[object, asyncio.Semaphore] = (None, asyncio.Semaphore(0))
        self._instead: AsyncAdapter | None = None
        # Last but for what follows: a thread that sees this process's id takes the rest for this process's, too.
        self._process = os.getpid()
        # Once, however many transports there are.
        atexit.unregister(_settle)
        atexit.register(_settle)

    @property
    def name(self) -> str:
        """The library in use."""
        return "pyreqwest" if self._instead is None else self._instead.name

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange a request for its response.

        Raises:
            TransportError: no answer came.
            InvalidResponseError: the answer is larger than the limit, or compressed.
            ClientClosedError: `close` was called.
            ConfigError: pyreqwest was asked for, and this is trio.
        """
        if self._closed:
            raise ClientClosedError(CLOSED)
        if os.getpid() != self._process:
            # Never dropped: what they hold belongs to threads that are not there.
            self._outlived.append((self._clients, self._instead))
            self._begin()
        if self._instead is None:
            made = self._client_for(request)
            if made is not None:
                return await self._send(made, request)
        assert self._instead is not None  # noqa: S101
        return await self._instead.send(request)

    def _client_for(self, request: HttpRequest) -> Made[Client] | None:
        if on_trio():
            if self._is_named:
                msg = 'pyreqwest runs on asyncio only; on trio use transport=None or transport="httpx"'
                raise ConfigError(msg)
        else:
            try:
                return self._clients.for_request(request)
            except ForkedError:
                pass
        from . import make_async_transport

        self._instead = make_async_transport("httpx")
        return None

    async def _send(self, made: Made[Client], request: HttpRequest) -> HttpResponse:
        # pyreqwest has such a limit, too, but a cancelled exchange that goes on there would keep its place.
        loop = asyncio.get_running_loop()
        owner, free = self._places
        if owner is not loop:
            # Another thread may run another loop, so both are set at once.
            free = asyncio.Semaphore(MAX_CONNECTIONS)
            self._places = (loop, free)
        if free.locked():
            request = await _wait(free, request)
        else:
            await free.acquire()
        try:
            return await _exchange(made, request)
        finally:
            free.release()

    async def close(self) -> None:
        """Fail all calls, and close all idle connections; an exchange under way goes on to its answer or a limit."""
        self._closed = True
        if os.getpid() != self._process:
            return
        clients = self._clients.drop()
        while clients:
            await clients.pop().close()
        if self._instead is not None:
            await self._instead.close()


def _settle() -> None:
    """Let pyreqwest's thread come to rest before the interpreter exits.

    It may be in the middle of waking an event loop that has ended meanwhile. There Python would end the thread, and
    Rust the process, with an abort.
    """
    time.sleep(_SETTLE_SECONDS)


async def _wait(free: asyncio.Semaphore, request: HttpRequest) -> HttpRequest:
    """Wait for a place, and return the request with what is left of its time."""
    limits = request.limits
    seconds, total = limits.connect, limits.total
    began = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            await free.acquire()
    except TimeoutError:
        host = origin_of(request.url).host
        msg = f"{host}: all {MAX_CONNECTIONS} connections were busy for {seconds:g} s"
        raise ConnectTimeoutError(msg) from None
    if total is None:
        return request
    left = max(total - (time.monotonic() - began), _LEAST_SECONDS)
    return request._replace(limits=limits._replace(total=left))


async def _exchange(made: Made[Client], request: HttpRequest) -> HttpResponse:
    limits = request.limits
    started = 0.0 if limits.total is None else time.monotonic()
    try:
        enter, leave = _ends(builder_of(made, request).build_streamed())
        response = await _faithful(enter())
        try:
            answer = incoming(response, limits.max_response_bytes)
            if answer.is_bounded:
                answer.add((await _faithful(response.bytes())).to_bytes())
            else:
                read = response.body_reader.read_chunk
                while (chunk := await _faithful(read())) is not None:
                    answer.add(chunk.to_bytes())
        except BaseException:
            await leave(None, None, None)
            raise
    except PyreqwestError as error:
        raise translated(error, request, started) from error
    return answer.finish()


@coroutine
def _faithful(native: Any) -> Generator[Any, Any, Any]:
    """Await a coroutine of pyreqwest's.

    Cancelled, it would raise a cancellation of its own, which no scope (anyio's, `asyncio.timeout`'s) takes for its.
    """
    try:
        while True:
            yield native.send(None)
    except StopIteration as stop:
        return stop.value
    except BaseException:
        native.close()
        raise


def _ends(exchange: StreamRequest) -> tuple[Any, Any]:
    """Return how an exchange begins and ends.

    The object itself is let go of: error reporters print the local variables of every frame, and it shows its headers.
    """
    return exchange.__aenter__, exchange.__aexit__
