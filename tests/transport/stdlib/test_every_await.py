"""A call that is cancelled at any await gives back its place and its connection: no await is left out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._protocol.wire import HttpRequest
from cognito_idp._transport import make_async_transport, stdlib_async
from tests.support.answers import answer, tunnel
from tests.transport.behaviour.rig import GENEROUS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

    from cognito_idp._transport.stdlib_async import Pool
    from tests.conftest import Serve
    from tests.support.server import Server
    from tests.support.tls import Authority

PLACES = 3


class Stepped:
    """Awaits something, and cancels the task at its await number `cancel_at`: before or `after` what it waits for."""

    def __init__(self, inner: Coroutine[Any, Any, Any], cancel_at: int, *, after: bool) -> None:
        self._inner = inner
        self._cancel_at = cancel_at
        self._after = after
        self.awaits = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        """Pass on, step by step."""
        task = asyncio.current_task()
        assert task is not None
        steps = self._inner.__await__()
        step: Callable[[], Any] = lambda: steps.send(None)  # noqa: E731 - it is one of two
        while True:
            try:
                future = step()
            except StopIteration as stop:
                return stop.value
            if self.awaits == self._cancel_at:
                if self._after and future is not None:
                    # Before the task hears of it: the result is there, and nobody takes it.
                    blocking, future._asyncio_future_blocking = future._asyncio_future_blocking, False
                    future.add_done_callback(lambda _: task.cancel())
                    future._asyncio_future_blocking = blocking
                else:
                    task.cancel()
            self.awaits += 1
            try:
                yield future
            except BaseException as error:  # noqa: BLE001 - it goes on to where it belongs
                thrown = error
                step = lambda: steps.throw(thrown)  # noqa: B023, E731
            else:
                step = lambda: steps.send(None)  # noqa: E731


async def cancelled_at_each(call: Callable[[], Coroutine[Any, Any, Any]], check: Callable[[], Awaitable[None]]) -> int:
    """Cancel calls at their first await, their second, and so on until a call has no more; check after each."""
    cancelled = 0
    for after in (False, True):
        number = 0
        while True:
            stepped = Stepped(call(), number, after=after)
            task = asyncio.ensure_future(_awaited(stepped))
            with suppress(asyncio.CancelledError):
                await task
            await check()
            if stepped.awaits <= number:
                break
            cancelled += 1
            number += 1
    return cancelled


async def _awaited(stepped: Stepped) -> Any:
    return await stepped


class Scene:
    """A transport, and what must be true of it when no call is under way."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.transport: Any = make_async_transport("stdlib")

    def call(self) -> Any:
        """Return a call that was not begun."""
        host = self.url.split("/")[2]
        return self.transport.send(
            HttpRequest("POST", self.url, (("host", host), ("content-length", "2")), b"{}", GENEROUS)
        )

    @property
    def pool(self) -> Pool | None:
        """The pool of this loop."""
        pool: Pool | None = self.transport._pools.get(asyncio.get_running_loop())
        return pool

    async def check(self) -> None:
        """Expect that all places are free, and that every connection that stands is idle, or ends."""
        pool = self.pool
        if pool is not None:
            idle = {connection for queue in pool._idle.values() for connection in queue}
            assert pool.connections <= idle
            assert PLACES == pool.places
            assert not any(not waiting.future.done() for waiting in pool._waiting)

    async def forget(self) -> None:
        """End all connections, so that the next call makes one."""
        await self.check()
        if self.pool is not None:
            self.pool.abort()

    async def end(self, server: Server) -> None:
        """Expect that calls go on working, and that nothing is left at the server's end."""
        assert {b"{}"} == {response.body for response in await asyncio.gather(*(self.call() for _ in range(30)))}
        await self.check()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, server.wait_for, lambda: server.open <= PLACES)
        await self.transport.close()
        await loop.run_in_executor(None, server.wait_for, lambda: server.open == 0)


@pytest.fixture(autouse=True)
def _few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdlib_async, "MAX_CONNECTIONS", PLACES)


@pytest.fixture(params=["http", "https", "tunnel", "TLS in TLS"])
def servers(
    request: pytest.FixtureRequest, serve: Serve, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Server]:
    """Return a URL and the server that a connection to it reaches first."""
    context = trusted.server_context("127.0.0.1", "192.0.2.1")
    target = serve(answer(), tls=None if request.param == "http" else context)
    if request.param in {"http", "https"}:
        return target.url, target
    proxy = serve(tunnel(target.port), tls=context if request.param == "TLS in TLS" else None)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    return "https://192.0.2.1", proxy


def test_a_call_that_connects(servers: tuple[str, Server]) -> None:
    """A call on a new connection can be cancelled anywhere: in name, connection, tunnel, handshake and answer."""
    url, server = servers

    async def main() -> None:
        scene = Scene(url)
        assert await cancelled_at_each(scene.call, scene.forget) >= 6
        await scene.end(server)

    asyncio.run(main())


def test_a_call_on_a_kept_connection(servers: tuple[str, Server]) -> None:
    """So can a call on a kept connection, which is closed then."""
    url, server = servers

    async def main() -> None:
        scene = Scene(url)

        async def prepare() -> None:
            await scene.check()
            await scene.call()

        await prepare()
        assert await cancelled_at_each(scene.call, prepare) >= 2
        await scene.end(server)

    asyncio.run(main())


def test_a_call_that_finds_its_connection_ended(serve: Serve) -> None:
    """So can a call that looks at a connection which the server has closed."""
    server = serve(answer())

    async def main() -> None:
        scene = Scene(server.url)

        async def prepare() -> None:
            await scene.check()
            await scene.call()
            for connection in list(server._connections):
                connection.wake()
            server.wait_for(lambda: server.open == 0)  # the loop stands still meanwhile

        await prepare()
        assert await cancelled_at_each(scene.call, prepare) >= 6
        await scene.end(server)

    asyncio.run(main())


def test_a_call_that_waits_for_a_place(serve: Serve) -> None:
    """So can a call that waits for its turn, also when its turn has just come."""
    server = serve(answer())

    async def main() -> None:
        scene = Scene(server.url)

        others: list[Any] = []

        async def queue() -> None:
            await asyncio.gather(*others)
            await scene.check()
            # They take all places before the call that is cancelled begins.
            others[:] = [asyncio.ensure_future(scene.call()) for _ in range(2 * PLACES)]
            await asyncio.sleep(0)

        await scene.call()
        await queue()
        assert await cancelled_at_each(scene.call, queue) >= 4
        await asyncio.gather(*others)
        await scene.end(server)

    asyncio.run(main())
