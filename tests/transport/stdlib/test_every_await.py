"""A call that is cancelled at any await gives back its place and its connection: no await is left out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._protocol.wire import HttpRequest
from cognito_idp._transport import make_async_transport, stdlib_async
from tests.support.answers import answer
from tests.support.stepped import cancelled_at_each
from tests.transport.behaviour.rig import GENEROUS

if TYPE_CHECKING:
    from cognito_idp._transport.stdlib_async import Pool
    from tests.conftest import Serve
    from tests.support.server import Server

PLACES = 3


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


def test_a_call_that_connects(reached: tuple[str, Server]) -> None:
    """A call on a new connection can be cancelled anywhere: in name, connection, tunnel, handshake and answer."""
    url, server = reached

    async def main() -> None:
        scene = Scene(url)
        assert await cancelled_at_each(scene.call, scene.forget) >= 6
        await scene.end(server)

    asyncio.run(main())


def test_a_call_on_a_kept_connection(reached: tuple[str, Server]) -> None:
    """So can a call on a kept connection, which is closed then."""
    url, server = reached

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
