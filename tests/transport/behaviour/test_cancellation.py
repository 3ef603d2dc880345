"""A cancelled async call never harms a transport: after hundreds of them, at any moment, every call succeeds."""

from __future__ import annotations

import asyncio
import gc
import random
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from tests.support.answers import answer, hang
from tests.support.stepped import cancelled_at_each

from .wires import over

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from tests.conftest import Serve
    from tests.support.server import Server

    from .rig import Rig

ASYNC = over(lambda wire: wire.is_async)
# A user's own transport is never cancelled midway.
DEFAULT = over(lambda wire: wire.is_async and wire.is_default)
# Only asyncio has tasks that can be cancelled from outside.
ASYNCIO = over(lambda wire: wire.kind == "asyncio")
TASKS = 30
# Calls cancelled in each of three waves: on new connections, on used ones, and after a wave of 20 calls that succeed.
WAVE = 100


async def turns(number: int) -> None:
    """Let the loop turn so often."""
    for _ in range(number):
        await anyio.lowlevel.checkpoint()


async def cancelled(call: Callable[[], Awaitable[Any]], moment: int) -> bool:
    """Cancel a call after a number of turns of the loop, and return whether that came before its end."""
    was_cancelled = True

    async def run() -> None:
        nonlocal was_cancelled
        assert {"Users": []} == await call()
        was_cancelled = False

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await turns(moment)
        tasks.cancel_scope.cancel()
    return was_cancelled


async def cancelled_task(call: Callable[[], Awaitable[Any]], moment: int) -> bool:
    """Do the same as asyncio programs do it."""
    task = asyncio.ensure_future(call())
    await turns(moment)
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        assert {"Users": []} == task.result()
    return task.cancelled()


async def wave(call: Callable[[], Awaitable[Any]], how: Callable[..., Awaitable[bool]], number: int) -> None:
    """Cancel so many calls at moments that spread from before the first byte to after the last."""
    moments = random.Random(number)
    left = number

    async def work() -> None:
        nonlocal left
        while left > 0:
            # A call that came to its end before its moment did does not count.
            was_cancelled = await how(call, int(2 ** moments.uniform(0, 6)))
            left -= was_cancelled

    async with anyio.create_task_group() as tasks:
        for _ in range(TASKS):
            tasks.start_soon(work)


async def storm(call: Callable[[], Coroutine[Any, Any, Any]], how: Callable[..., Awaitable[bool]], number: int) -> None:
    """Cancel three waves of calls, and make 20 calls after each, ten of them at once."""
    for _ in range(3):
        await wave(call, how, number)
        for _ in range(10):
            assert {"Users": []} == await call()
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(call)


def survives(rig: Rig, serve: Serve, how: Callable[..., Awaitable[bool]], number: int) -> None:
    """Brew a storm over a client, and close it: no connection may stay."""
    server = serve(answer(b'{"Users": []}'))
    client = rig.client(server.url, timeout=20)
    rig.kit.run(storm, lambda: client.call("ListUsers"), how, number)
    rig.kit.close(client)
    # Cancelled scopes leave circles behind.
    gc.collect()
    server.wait_for(lambda: server.open == 0)


@pytest.mark.slow
@ASYNCIO
@pytest.mark.parametrize("number", [WAVE, pytest.param(2000, marks=pytest.mark.long)])
def test_a_storm(rig: Rig, serve: Serve, number: int) -> None:
    """After each of three waves of cancelled calls the next 20 calls succeed, and no connection outlives the client."""
    survives(rig, serve, cancelled_task, number)


@ASYNC
@pytest.mark.long
def test_a_storm_of_scopes(rig: Rig, serve: Serve) -> None:
    """The same holds for cancelled scopes, on every event loop."""
    survives(rig, serve, cancelled, WAVE)


@ASYNC
def test_a_cancelled_call_lets_go(rig: Rig, serve: Serve) -> None:
    """Calls cancelled while the server is silent end at once, and closing the client ends their connections."""
    server = serve(hang)
    client = rig.client(server.url)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(client.call, "ListUsers")
            await anyio.to_thread.run_sync(server.wait_for, lambda: len(server.requests) == 20)
            tasks.cancel_scope.cancel()

    rig.kit.run(main)
    rig.kit.close(client)
    server.wait_for(lambda: server.open == 0)


@DEFAULT
@pytest.mark.usefixtures("no_garbage_collection")
def test_a_call_that_is_cancelled_at_any_await(rig: Rig, reached: tuple[str, Server]) -> None:
    """Wherever a call is cancelled while it connects, sends or reads, its connection closes without the collector."""
    url, server = reached
    client = rig.client(url)

    async def main() -> None:
        assert await cancelled_at_each(lambda: client.call("ListUsers")) >= 4

    rig.kit.run(main)
    rig.kit.close(client)
    server.wait_for(lambda: server.open == 0)


@ASYNC
def test_the_loop_turns_while_a_server_is_silent(rig: Rig, serve: Serve) -> None:
    """A call that waits doesn't hold up other tasks."""
    server = serve(hang)
    client = rig.client(server.url)
    ticks = 0

    async def main() -> None:
        nonlocal ticks
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call, "ListUsers")
            await anyio.to_thread.run_sync(server.wait_for, lambda: len(server.requests) == 1)
            for _ in range(100):
                await anyio.lowlevel.checkpoint()
                ticks += 1
            tasks.cancel_scope.cancel()

    rig.kit.run(main)
    assert 100 == ticks
