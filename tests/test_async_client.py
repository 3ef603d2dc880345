"""What only the async client does: many calls on one loop, cancelled ones, and functions that are async themselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import httpx
import pytest

from cognito_idp import AsyncClient, Credentials, ListUsersRequest
from cognito_idp.errors import DeadlineExceededError
from tests.support.answers import answer, hang, in_turn
from tests.support.kit import CREDENTIALS
from tests.support.responder import Responder, success

if TYPE_CHECKING:
    from cognito_idp._flow.effects import Flow
    from tests.conftest import Serve
    from tests.support.server import Connection, Received

pytestmark = pytest.mark.anyio
LIST_USERS = ListUsersRequest(user_pool_id="us-east-1_a")


def echo(connection: Connection, request: Received) -> None:
    """Answer with what came."""
    answer(request.body)(connection, request)


@pytest.mark.slow
async def test_many_calls_at_once(serve: Serve) -> None:
    """Of 300 calls at once on one loop each gets its own answer, and httpx makes no more than 100 connections."""
    server = serve(echo)
    answers: dict[int, Any] = {}
    async with AsyncClient(
        "us-east-1", credentials=CREDENTIALS, endpoint_url=server.url, retry="off", transport="httpx"
    ) as client:

        async def call(number: int) -> None:
            answers[number] = await client.call("ListUsers", {"Limit": number})

        async with anyio.create_task_group() as tasks:
            for number in range(300):
                tasks.start_soon(call, number)
        assert server.accepted <= 100
    assert {number: {"Limit": number} for number in range(300)} == answers
    await anyio.to_thread.run_sync(server.wait_for, lambda: server.open == 0)


async def test_a_cancelled_call(serve: Serve) -> None:
    """A cancelled call ends at once and, over httpx, closes its connection; the client goes on."""
    server = serve(in_turn(hang, answer()))
    async with AsyncClient("us-east-1", credentials=CREDENTIALS, endpoint_url=server.url, transport="httpx") as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call, "ListUsers")
            await anyio.to_thread.run_sync(server.wait_for, lambda: len(server.requests) == 1)
            tasks.cancel_scope.cancel()
        await anyio.to_thread.run_sync(server.wait_for, lambda: server.open == 0)
        assert {} == await client.call("ListUsers")
    assert 2 == len(server.requests)


async def test_a_scope_of_the_users_own_is_no_error_of_ours(serve: Serve) -> None:
    """A time limit that the caller sets around a call is the caller's: it is not retried, nor turned into our error."""
    server = serve(hang)
    async with AsyncClient("us-east-1", credentials=CREDENTIALS, endpoint_url=server.url, timeout=60) as client:
        with anyio.move_on_after(0.1) as scope:
            await client.call("ListUsers")
    assert scope.cancelled_caught
    assert 1 == len(server.requests)


async def test_a_limit_of_our_own_inside_one_of_the_users(serve: Serve) -> None:
    """Our own time limit is told from a caller's longer one."""
    server = serve(hang)
    async with AsyncClient("us-east-1", credentials=CREDENTIALS, endpoint_url=server.url, timeout=0.1) as client:
        with anyio.move_on_after(60) as scope, pytest.raises(DeadlineExceededError):
            await client.call("ListUsers")
    assert not scope.cancelled_caught


async def test_the_loop_is_free_while_a_call_waits() -> None:
    """While the answer to a call is awaited, other tasks run: one of them is what lets the answer come."""
    asked, may_answer = anyio.Event(), anyio.Event()

    class Waiting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - the base's parameter
            asked.set()
            await may_answer.wait()
            return success({"Users": []})

    async def other() -> None:
        await asked.wait()
        may_answer.set()

    client = AsyncClient("us-east-1", credentials=CREDENTIALS, transport=Waiting())
    async with client, anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        response = await client.send(LIST_USERS)
    assert () == response.users


async def test_credentials_that_are_awaited() -> None:
    """A source of credentials may call async functions of its user's."""

    class Source:
        def get(self) -> Flow[Credentials]:
            from cognito_idp._flow.effects import call

            return (yield from call(self._load))

        async def _load(self) -> Credentials:
            await anyio.lowlevel.checkpoint()
            return Credentials("AKIDASYNC", "secret")

        replace: Any = None

    service = Responder()
    async with AsyncClient("us-east-1", credentials=Source(), transport=httpx.MockTransport(service)) as client:
        await client.send(LIST_USERS)
    assert "Credential=AKIDASYNC/" in service.requests[0].headers["authorization"]


async def test_a_method_sends_nothing_until_it_is_awaited() -> None:
    """An operation's method is a coroutine function: made and closed, it has sent nothing."""
    service = Responder()
    async with AsyncClient("us-east-1", credentials=CREDENTIALS, transport=httpx.MockTransport(service)) as client:
        coroutine: Any = client.list_users(user_pool_id="us-east-1_a")
        assert asyncio.iscoroutine(coroutine)
        coroutine.close()
    assert [] == service.requests
