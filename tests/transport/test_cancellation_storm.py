"""A cancelled async call never harms the pool: after thousands of them, at any moment, every call succeeds."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
import pytest

from cognito_idp import AsyncClient
from cognito_idp._transport.lanes import LanePool
from tests.support.answers import answer
from tests.support.kit import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.server import Server

pytestmark = pytest.mark.slow

CONNECTIONS = 10
TASKS = 30
# Calls cancelled in the default run; more of the same are a matter of the long one, as in `behaviour`.
CALLS = 300


def lane_pool() -> httpx.AsyncBaseTransport:
    """Return the default transport, with fewer connections."""
    return LanePool(max_connections=CONNECTIONS)


def pool_of_httpx() -> httpx.AsyncBaseTransport:
    """Return what a user may bring along."""
    return httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=CONNECTIONS))


class Wrapper(httpx.AsyncBaseTransport):
    """A transport of a user's own around httpx's."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on."""
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Pass on."""
        await self._inner.aclose()


def wrapped_pool() -> httpx.AsyncBaseTransport:
    """Return httpx's pool inside a transport of a user's own."""
    return Wrapper(pool_of_httpx())


async def cancelled_by_task(call: Callable[[], Any], ticks: int) -> str:
    """Cancel a call after a number of turns of the loop, as asyncio programs do."""
    task = asyncio.ensure_future(call())
    for _ in range(ticks):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait((task,))
    return "CancelledError" if task.cancelled() else type(task.result()).__name__


async def cancelled_by_scope(call: Callable[[], Any], ticks: int) -> str:
    """Cancel a call after a number of turns of the loop, as anyio and trio programs do."""
    results = ["CancelledError"]

    async def run() -> None:
        results.append(type(await call()).__name__)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        for _ in range(ticks):
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    return results[-1]


async def storm(server: Server, transport: httpx.AsyncBaseTransport, cancelled: Callable[..., Any], calls: int) -> None:
    """Cancel so many calls at random moments, then look whether everything still works."""
    moments = random.Random(20_260_101)  # always the same ones
    results: Counter[str] = Counter()
    settings: dict[str, Any] = {"credentials": CREDENTIALS, "endpoint_url": server.url, "retry": "off"}
    async with AsyncClient("us-east-1", transport=transport, **settings) as client:

        def call() -> Any:
            return client.call("ListUsers", {"UserPoolId": "us-east-1_a"})

        async def work() -> None:
            # A call that came to its end before its moment did does not count.
            while results["CancelledError"] < calls:
                results[await cancelled(call, int(2 ** moments.uniform(0, 6)))] += 1

        async with anyio.create_task_group() as tasks:
            for _ in range(TASKS):
                tasks.start_soon(work)
        assert {"CancelledError", "dict"} == set(results)

        # First one after the other, then all at once.
        for _ in range(10):
            assert {"Users": []} == await call()
        answers: list[Any] = []

        async def last() -> None:
            answers.append(await call())

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(last)
        assert [{"Users": []}] * 10 == answers
        await anyio.to_thread.run_sync(server.wait_for, lambda: server.open <= CONNECTIONS)
    await anyio.to_thread.run_sync(server.wait_for, lambda: server.open == 0)


@pytest.mark.parametrize("make", [lane_pool, pool_of_httpx])
@pytest.mark.parametrize("calls", [CALLS, pytest.param(1800, marks=pytest.mark.long)])
def test_cancelled_tasks_on_asyncio(serve: Serve, make: Callable[[], httpx.AsyncBaseTransport], calls: int) -> None:
    """After so many tasks cancelled at random moments on 10 connections, the next 20 calls succeed; none leaks."""
    asyncio.run(storm(serve(answer(b'{"Users": []}')), make(), cancelled_by_task, calls))


@pytest.mark.anyio
@pytest.mark.parametrize("make", [lane_pool, pool_of_httpx, wrapped_pool])
async def test_cancelled_scopes(serve: Serve, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
    """The same holds for cancelled scopes, on asyncio and on trio."""
    await storm(serve(answer(b'{"Users": []}')), make(), cancelled_by_scope, CALLS)
