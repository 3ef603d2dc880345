"""A transport that a user brings along is never cancelled in the middle: its exchanges go on by themselves."""

from __future__ import annotations

import asyncio
import gc
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import httpx
import pytest

from cognito_idp import AsyncClient
from cognito_idp._flow.detached import Detached
from cognito_idp.errors import ClientClosedError, ConfigError, DeadlineExceededError
from tests.support.answers import answer, gated, hang, reset
from tests.support.kit import CREDENTIALS
from tests.support.marks import left_unread

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.server import Server


def client_of(server: Server, **settings: Any) -> AsyncClient:
    """Make a client over httpx's own pool, with one connection and without retries."""
    transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=1))
    settings = {"credentials": CREDENTIALS, "endpoint_url": server.url, "retry": "off", **settings}
    return AsyncClient("us-east-1", transport=transport, **settings)


async def wait_for(server: Server, condition: Callable[[], bool]) -> None:
    """Wait for the server while the loop goes on."""
    await anyio.to_thread.run_sync(server.wait_for, condition)


@pytest.mark.anyio
async def test_a_cancelled_exchange_goes_on(serve: Serve) -> None:
    """The exchange of a cancelled call comes to its end, and the next call uses its connection."""
    gate = threading.Event()
    server = serve(gated(gate, answer()))
    async with client_of(server) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call, "ListUsers")
            await wait_for(server, lambda: len(server.requests) == 1)
            tasks.cancel_scope.cancel()
        gate.set()
        assert {} == await client.call("ListUsers")
    assert (2, 1) == (len(server.requests), server.accepted)


@pytest.mark.slow
@left_unread
@pytest.mark.anyio
async def test_a_call_that_took_too_long_leaves_its_exchange_behind(serve: Serve) -> None:
    """The limit of the whole call ends the call in time; its exchange goes on until it sees how late it is."""
    gate = threading.Event()
    server = serve(gated(gate, answer()))
    async with client_of(server) as client:
        with pytest.raises(DeadlineExceededError):
            await client.with_options(timeout=0.1).call("ListUsers")
        gate.set()
        assert {} == await client.call("ListUsers")
    await wait_for(server, lambda: server.open == 0)


@pytest.mark.anyio
async def test_closing_breaks_off_what_is_under_way(serve: Serve) -> None:
    """Closing a client ends its calls with an error that says so, and closes their connections."""
    server = serve(hang)
    client = client_of(server)

    async def call() -> None:
        with pytest.raises(ClientClosedError, match="this client was closed before the answer came"):
            await client.call("ListUsers")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await wait_for(server, lambda: len(server.requests) == 1)
        await client.aclose()
    await wait_for(server, lambda: server.open == 0)


@pytest.mark.anyio
async def test_closing_breaks_off_what_nobody_waits_for(serve: Serve) -> None:
    """Closing a client ends the exchanges of cancelled calls, too."""
    server = serve(hang)
    client = client_of(server)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.call, "ListUsers")
        await wait_for(server, lambda: len(server.requests) == 1)
        tasks.cancel_scope.cancel()
    assert 1 == server.open
    await client.aclose()
    await wait_for(server, lambda: server.open == 0)


def test_a_transport_that_belongs_to_another_event_loop(serve: Serve) -> None:
    """Httpx's own transport serves one event loop; what goes wrong on another is said, with what to do."""
    server = serve(answer())
    client = client_of(server)
    loops = [asyncio.new_event_loop() for _ in range(2)]
    assert {} == loops[0].run_until_complete(client.call("ListUsers"))
    with pytest.raises(ConfigError, match="make a client for each loop"):
        loops[1].run_until_complete(client.call("ListUsers"))
    loops[0].run_until_complete(client.aclose())
    for loop in loops:
        loop.close()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closing_from_another_event_loop(serve: Serve, backend: str) -> None:
    """Closing a client ends the calls of other event loops too, and comes back."""
    server = serve(hang)
    client = client_of(server)
    errors: list[Exception] = []

    async def call() -> None:
        try:
            await client.call("ListUsers")
        except ClientClosedError as error:
            errors.append(error)

    other = threading.Thread(target=lambda: anyio.run(call, backend=backend))
    other.start()
    server.wait_for(lambda: len(server.requests) == 1)
    anyio.run(client.aclose)
    other.join()
    assert 1 == len(errors)
    server.wait_for(lambda: server.open == 0)


@pytest.mark.slow
def test_closing_during_a_call_of_a_loop_that_stands_still(serve: Serve) -> None:
    """Closing a client comes back although the event loop of one of its calls doesn't run just now."""
    server = serve(hang)
    client = client_of(server)
    other = asyncio.new_event_loop()
    task = other.create_task(client.call("ListUsers"))
    other.run_until_complete(wait_for(server, lambda: len(server.requests) == 1))
    anyio.run(client.aclose)
    with pytest.raises(ClientClosedError):
        other.run_until_complete(task)
    other.run_until_complete(other.shutdown_default_executor())
    other.close()


@pytest.mark.slow
def test_nobody_complains_of_a_failure_that_nobody_waits_for(serve: Serve) -> None:
    """An exchange that fails after its call was cancelled is not reported by asyncio."""
    gate = threading.Event()
    server = serve(gated(gate, reset))
    complaints: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with client_of(server) as client:
            task = asyncio.ensure_future(client.call("ListUsers"))
            await wait_for(server, lambda: len(server.requests) == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            gate.set()
            await wait_for(server, lambda: server.open == 0)
            # The exchange before this one holds the only connection until it has failed.
            with pytest.raises(Exception, match=r"127\.0\.0\.1"):
                await client.call("ListUsers")
        del task
        gc.collect()

    asyncio.run(main())
    assert [] == complaints


@pytest.mark.anyio
async def test_the_end_of_the_loop_ends_all_exchanges(serve: Serve) -> None:
    """A program that ends with exchanges under way does not hang on them."""
    server = serve(hang)

    async def main() -> None:
        client = client_of(server)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.call, "ListUsers")
                await wait_for(server, lambda: len(server.requests) == 1)
                scope.cancel()

    for number, backend in enumerate(("asyncio", "trio"), 1):
        server.requests.clear()
        await anyio.to_thread.run_sync(lambda backend=backend: anyio.run(main, backend=backend))  # type: ignore[misc]
        await wait_for(server, lambda: server.open == 0)
        assert number == server.accepted


VARIABLE: ContextVar[str] = ContextVar("VARIABLE")


@pytest.mark.anyio
async def test_context_variables_reach_the_exchange() -> None:
    """A transport sees the context variables of the call that it serves."""
    VARIABLE.set("from the call")

    async def exchange() -> str:
        return VARIABLE.get()

    assert "from the call" == await Detached().run(exchange)


@pytest.mark.anyio
async def test_what_an_exchange_returns_and_raises() -> None:
    """The result and the failure of an exchange reach the call as they are."""

    async def works() -> str:
        await anyio.lowlevel.checkpoint()
        return "result"

    async def fails() -> str:
        await anyio.lowlevel.checkpoint()
        raise LookupError

    detached = Detached()
    assert "result" == await detached.run(works)
    with pytest.raises(LookupError):
        await detached.run(fails)
    await detached.close()
