"""How long connections live, and that they end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from cognito_idp import Timeout
from cognito_idp.errors import ClientClosedError, ReadTimeoutError, TransportError
from tests.support.answers import answer, answer_and_close, gated, hang_in_body, in_turn
from tests.support.hostile import OnceAConnection
from tests.support.kit import link_of

from .wires import over

if TYPE_CHECKING:
    from tests.conftest import Serve

    from .rig import Rig


def test_a_connection_is_used_again(rig: Rig, serve: Serve) -> None:
    """Calls one after the other share one connection, which closes with the client."""
    server = serve(answer())
    client = rig.client(server.url)
    for _ in range(5):
        rig.call(client)
    assert (5, 1, 1) == (len(server.requests), server.accepted, server.open)
    rig.kit.close(client)
    server.wait_for(lambda: server.open == 0)


def test_an_error_of_the_service_keeps_its_connection(rig: Rig, serve: Serve) -> None:
    """An error answer that was read to its end leaves a good connection behind."""
    server = serve(answer(b'{"__type": "UserNotFoundException"}', status=400))
    client = rig.client(server.url)
    for _ in range(3):
        with pytest.raises(Exception, match="UserNotFoundException"):
            rig.call(client)
    assert (3, 1) == (len(server.requests), server.accepted)


def test_calls_at_once_keep_their_connections(rig: Rig, serve: Serve) -> None:
    """Ten calls at once make at most ten connections, and ten more use these."""
    server = serve(answer())
    client = rig.client(server.url)
    for _ in range(3):
        assert [{}] * 10 == rig.calls(client, 10)
    assert (30, True) == (len(server.requests), server.accepted <= 10)


def test_a_connection_that_was_closed_while_idle(rig: Rig, serve: Serve) -> None:
    """A connection that the server closed between two calls is replaced, within the client's retries."""
    server = serve(answer_and_close())
    client = rig.client(server.url, retry="standard")
    for number in range(1, 4):
        assert {} == rig.call(client)
        server.wait_for(lambda: server.open == 0)
        assert number == server.accepted


@over(lambda wire: wire.library == "httpx")
def test_httpx_replaces_a_connection_without_a_retry(rig: Rig, serve: Serve) -> None:
    """Httpx sees that a connection was closed while idle, and replaces it within the same attempt."""
    server = serve(answer_and_close())
    client = rig.client(server.url)
    for number in range(1, 4):
        assert {} == rig.call(client)
        server.wait_for(lambda: server.open == 0)
        assert number == server.accepted


def test_a_connection_that_closes_as_it_is_used(rig: Rig, serve: Serve) -> None:
    """A connection that the server gives up just when the next call comes is replaced, within the client's retries."""
    server = serve(OnceAConnection())
    client = rig.client(server.url, retry="standard")
    for _ in range(3):
        assert {} == rig.call(client)


def test_an_answer_that_says_close(rig: Rig, serve: Serve) -> None:
    """After `Connection: close` the next call has a connection of its own, though the server left this one open."""
    server = serve(answer(headers=(("Connection", "close"),)))
    client = rig.client(server.url)
    for _ in range(3):
        assert {} == rig.call(client)
    assert 3 == server.accepted


@pytest.mark.slow
def test_a_connection_is_not_used_again_after_a_failure(rig: Rig, serve: Serve) -> None:
    """An exchange that was given up in the middle takes its connection along; the next call makes a new one."""
    server = serve(in_turn(hang_in_body, answer(b'{"Users": []}')))
    client = rig.client(server.url, timeout=Timeout(read=0.1))
    with pytest.raises(ReadTimeoutError):
        rig.call(client)
    server.wait_for(lambda: server.open == 0)
    assert {"Users": []} == rig.call(client.with_options(timeout=None))
    assert 2 == server.accepted


def test_a_closed_client(rig: Rig, serve: Serve) -> None:
    """A closed client refuses to call, and so do its copies; closing it again does no harm."""
    server = serve(answer())
    client = rig.client(server.url)
    rig.call(client)
    rig.kit.close(client)
    rig.kit.close(client)
    for closed in (client, client.with_options(timeout=1)):
        with pytest.raises(ClientClosedError):
            rig.call(closed)
    assert 1 == len(server.requests)


def test_a_client_that_never_called(rig: Rig) -> None:
    """A client that was never used can be closed."""
    client = rig.client("http://127.0.0.1:1")
    rig.kit.close(client)
    with pytest.raises(ClientClosedError):
        rig.call(client)


def test_an_adapter_that_is_closed(rig: Rig, serve: Serve) -> None:
    """A call that comes to a closed transport, as one may whose client is closed meanwhile, has our error."""
    server = serve(answer())
    client = rig.client(server.url)
    rig.kit.run(link_of(client).open)
    adapter = link_of(client).transport
    rig.kit.run(adapter.close)
    with pytest.raises(ClientClosedError):
        rig.exchange(server.url, client=client)
    assert 0 == server.accepted


@over(lambda wire: not wire.is_async)
def test_closing_while_another_thread_calls(rig: Rig, serve: Serve) -> None:
    """A thread whose client is closed under its hands gets its answer or one of our errors, and nothing stays open."""
    gate = threading.Event()
    server = serve(gated(gate, answer()))
    client = rig.client(server.url)
    outcomes: list[object] = []

    def work() -> None:
        try:
            outcomes.append(client.call("ListUsers"))
        except (ClientClosedError, TransportError) as error:
            outcomes.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    server.wait_for(lambda: len(server.requests) == 1)
    rig.kit.close(client)
    gate.set()
    thread.join()
    assert 1 == len(outcomes)
    server.wait_for(lambda: server.open == 0)
    assert 1 == server.accepted
    with pytest.raises(ClientClosedError):
        rig.call(client)


@over(lambda wire: wire.is_async)
def test_closing_while_another_task_calls(rig: Rig, serve: Serve) -> None:
    """A task whose client is closed under its hands gets its answer or one of our errors, and nothing stays open."""
    import anyio
    import anyio.to_thread

    gate = threading.Event()
    server = serve(gated(gate, answer()))
    client = rig.client(server.url)
    outcomes: list[object] = []

    async def work() -> None:
        try:
            outcomes.append(await client.call("ListUsers"))
        except (ClientClosedError, TransportError) as error:
            outcomes.append(type(error))

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work)
            await anyio.to_thread.run_sync(server.wait_for, lambda: len(server.requests) == 1)
            await client.aclose()
            gate.set()

    rig.kit.run(main)
    assert 1 == len(outcomes)
    server.wait_for(lambda: server.open == 0)
