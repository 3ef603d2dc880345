"""The default async transport: a bounded number of connections, each used by one call at a time."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

from cognito_idp import AsyncClient, Timeout
from cognito_idp._protocol.wire import KEEPALIVE_SECONDS
from cognito_idp._transport import lanes
from cognito_idp._transport.lanes import LanePool
from cognito_idp.errors import (
    ConnectError,
    ConnectTimeoutError,
    InvalidResponseError,
    ReadError,
    ReadTimeoutError,
    TransportError,
)
from tests.support.answers import answer, compressed, gated, hang, in_turn, reset
from tests.support.kit import CREDENTIALS
from tests.support.marks import left_open

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.server import Server

SHORT = 0.1


def client_of(server: Server, max_connections: int = 1, **settings: Any) -> AsyncClient:
    """Make a client with a small pool, and without retries."""
    settings = {"credentials": CREDENTIALS, "endpoint_url": server.url, "retry": "off", **settings}
    return AsyncClient("us-east-1", transport=LanePool(max_connections), **settings)


async def wait_for(server: Server, condition: Callable[[], bool]) -> None:
    """Wait for the server while the loop goes on."""
    await anyio.to_thread.run_sync(server.wait_for, condition)


@pytest.mark.anyio
async def test_a_call_waits_for_a_connection(serve: Serve) -> None:
    """With all connections in use, further calls wait, and get their turn in the order in which they came."""
    gate = threading.Event()
    server = serve(gated(gate, answer()))
    ended: list[int] = []

    async def call(client: AsyncClient, number: int) -> None:
        await client.call("ListUsers", {"Limit": number})
        ended.append(number)

    async with client_of(server) as client, anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(call, client, number)
            await anyio.wait_all_tasks_blocked()
        await wait_for(server, lambda: len(server.requests) == 1)
        assert [] == ended
        gate.set()
    assert [0, 1, 2, 3, 4] == ended
    assert (5, 1) == (len(server.requests), server.accepted)


@pytest.mark.anyio
async def test_as_many_connections_as_allowed(serve: Serve) -> None:
    """Of 12 calls at once on 4 connections, 4 are on their way, and no more connections are made."""
    gate = threading.Event()
    server = serve(gated(gate, answer()))
    async with client_of(server, 4) as client, anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(client.call, "ListUsers")
        await wait_for(server, lambda: len(server.requests) == 4)
        await anyio.wait_all_tasks_blocked()
        assert (4, 4) == (len(server.requests), server.accepted)
        gate.set()
    assert (12, 4) == (len(server.requests), server.accepted)


@pytest.mark.anyio
async def test_waiting_too_long_for_a_connection(serve: Serve) -> None:
    """A call that finds no free connection within the connect limit fails; nothing of it was sent."""
    server = serve(hang)
    async with client_of(server, timeout=Timeout(connect=SHORT)) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.call, "ListUsers")
        await wait_for(server, lambda: len(server.requests) == 1)
        with pytest.raises(ConnectTimeoutError, match=r"all 1 connections were busy for 0\.1 s") as caught:
            await client.call("ListUsers")
        assert not caught.value.sent
        tasks.cancel_scope.cancel()
    assert 1 == len(server.requests)


@pytest.mark.anyio
async def test_a_connection_is_free_after_each_failure(serve: Serve) -> None:
    """Failures of all kinds give their place back: one connection serves call after call."""
    server = serve(in_turn(reset, compressed(), hang, answer()))
    async with client_of(server, timeout=Timeout(connect=5, read=SHORT)) as client:
        for failure in (ReadError, InvalidResponseError, ReadTimeoutError):
            with pytest.raises(failure):
                await client.call("ListUsers")
        assert {} == await client.call("ListUsers")
        await wait_for(server, lambda: server.open == 1)
        assert 4 == server.accepted


@pytest.mark.anyio
async def test_a_refused_connection_is_free_again() -> None:
    """A connection that can't be made leaves its place to the next call."""
    settings: dict[str, Any] = {"credentials": CREDENTIALS, "retry": "off", "timeout": 5}
    async with AsyncClient(
        "us-east-1", endpoint_url="http://127.0.0.1:1", transport=LanePool(max_connections=1), **settings
    ) as client:
        for _ in range(3):
            with pytest.raises(ConnectError):
                await client.call("ListUsers")


@pytest.mark.anyio
async def test_idle_connections_close_after_a_while(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that nobody used for a minute is closed when another one comes back."""
    now = [1000.0]
    monkeypatch.setattr(lanes, "age_clock", lambda: now[0])
    gate = threading.Event()
    server = serve(gated(gate, answer()))
    async with client_of(server, 3) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(client.call, "ListUsers")
            await wait_for(server, lambda: len(server.requests) == 3)
            gate.set()
        now[0] += KEEPALIVE_SECONDS
        await client.call("ListUsers")
        assert 3 == server.open
        now[0] += 0.5
        for left in (2, 1, 1):
            await client.call("ListUsers")
            await wait_for(server, lambda left=left: server.open == left)  # type: ignore[misc]
    assert 3 == server.accepted


@pytest.mark.anyio
async def test_a_fresh_connection_where_there_is_no_room(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that needs a fresh connection has the one closed that was idle for the longest, if there is no room."""
    now = [1000.0]
    monkeypatch.setattr(lanes, "age_clock", lambda: now[0])
    gate = threading.Event()
    server = serve(gated(gate, answer()))
    async with client_of(server, 2) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(client.call, "ListUsers")
            await wait_for(server, lambda: len(server.requests) == 2)
            gate.set()
        now[0] += 5.1
        await client.call("SignUp")
        assert 3 == server.accepted
        await wait_for(server, lambda: server.open == 2)
        await client.call("SignUp")
        assert 3 == server.accepted


@pytest.mark.anyio
async def test_closing_with_a_call_under_way(serve: Serve) -> None:
    """A call under way when its client is closed gets its answer, and its connection closes then."""
    gate = threading.Event()
    server = serve(in_turn(answer(), gated(gate, answer(b'{"Late": true}'))))
    client = client_of(server, 2)
    await client.call("ListUsers")
    answers: list[dict[str, Any]] = []

    async def call() -> None:
        answers.append(await client.call("ListUsers"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await wait_for(server, lambda: len(server.requests) == 2)
        await client.aclose()
        gate.set()
    assert [{"Late": True}] == answers
    await wait_for(server, lambda: server.open == 0)


@pytest.mark.slow
@left_open
def test_one_asyncio_run_after_the_other(serve: Serve) -> None:
    """A client outlives the event loop that it was used on: on the next one it begins anew."""
    server = serve(answer())
    client = client_of(server)
    for number in range(1, 4):
        assert [{}, {}] == asyncio.run(two_calls(client))
        assert number == server.accepted
    asyncio.run(client.aclose())


async def two_calls(client: AsyncClient) -> list[dict[str, Any]]:
    """Call twice."""
    return [await client.call("ListUsers"), await client.call("ListUsers")]


@pytest.mark.slow
@left_open
def test_a_loop_that_ended_in_the_middle_of_calls(serve: Serve) -> None:
    """Calls that were cancelled by the end of their loop take no place on the next loop."""
    server = serve(in_turn(hang, hang, answer()))
    client = client_of(server, 2)

    async def abandon() -> None:
        tasks = [asyncio.ensure_future(client.call("ListUsers")) for _ in range(2)]
        await wait_for(server, lambda: len(server.requests) == 2)
        assert not any(task.done() for task in tasks)

    asyncio.run(abandon())
    assert [{}, {}] == asyncio.run(two_calls(client))
    asyncio.run(client.aclose())


@pytest.mark.slow
@left_open
def test_two_loops_in_turn(serve: Serve) -> None:
    """A client that two event loops use in turn keeps a connection for each, until the loop is closed."""
    server = serve(answer())
    client = client_of(server)
    pool: Any = client._link.given
    loops = [asyncio.new_event_loop() for _ in range(2)]
    for _ in range(3):
        for loop in loops:
            assert {} == loop.run_until_complete(client.call("ListUsers"))
    assert (2, 2) == (server.accepted, server.open)
    loops[0].close()
    assert 2 == len(pool._lanes)
    assert [{}, {}] == asyncio.run(two_calls(client))  # a third loop, which sweeps up
    assert 2 == len(pool._lanes)
    assert {} == loops[1].run_until_complete(client.call("ListUsers"))
    assert 3 == server.accepted
    loops[1].run_until_complete(client.aclose())
    assert {} == pool._lanes
    loops[1].close()


@pytest.mark.slow
@left_open
def test_two_loops_at_once(serve: Serve) -> None:
    """A client closed on one loop closes the connections that calls on another one use, when these calls end."""
    gate = threading.Event()
    server = serve(in_turn(gated(gate, answer(b'{"Late": true}')), answer()))
    client = client_of(server)
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(asyncio.run(client.call("ListUsers"))))
    thread.start()
    server.wait_for(lambda: len(server.requests) == 1)

    async def main() -> None:
        await client.call("ListUsers")
        await client.aclose()

    asyncio.run(main())
    server.wait_for(lambda: server.open == 1)
    gate.set()
    thread.join()
    assert [{"Late": True}] == answers
    server.wait_for(lambda: server.open == 0)


@pytest.mark.slow
@left_open
def test_a_forked_child_on_its_parents_loop(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child makes a connection of its own, even on the same loop, and closes only this one."""
    server = serve(answer())
    client = client_of(server)
    pool: Any = client._link.given

    async def main() -> None:
        await client.call("ListUsers")
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: -1)
            assert [{}, {}] == await two_calls(client)
            assert (2, 2) == (server.accepted, server.open)
            await pool.aclose()
            await wait_for(server, lambda: server.open == 1)
        await client.call("ListUsers")
        assert (2, 1) == (server.accepted, server.open)
        await client.aclose()

    asyncio.run(main())
    server.wait_for(lambda: server.open == 0)


def test_closing_on_another_loop(serve: Serve) -> None:
    """Closing a client whose loop is gone does not fail, though nothing can be closed in an orderly way any more."""
    client = client_of(serve(answer()))

    async def main() -> None:
        await client.call("ListUsers")
        await client.aclose()

    asyncio.run(main())
    asyncio.run(client.aclose())


@pytest.mark.anyio
async def test_every_failure_of_a_connection_is_ours(serve: Serve) -> None:
    """Of many calls at once to a server that resets half of them, each ends in its answer or in our error."""
    server = serve(lambda connection, request: (reset if b"1" in request.body else answer())(connection, request))
    outcomes: list[str] = []

    async def call(client: AsyncClient, number: int) -> None:
        try:
            await client.call("ListUsers", {"Limit": number % 2})
            outcomes.append("answer")
        except TransportError as error:
            outcomes.append(type(error).__name__)

    async with client_of(server, 5) as client, anyio.create_task_group() as tasks:
        for number in range(40):
            tasks.start_soon(call, client, number)
    assert 20 == outcomes.count("answer")
    assert 20 == outcomes.count(ReadError.__name__)
    await wait_for(server, lambda: server.open == 0)
