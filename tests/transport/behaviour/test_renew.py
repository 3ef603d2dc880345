"""A client in a copy of its process, restored from a snapshot: its connections lead nowhere, and it can't know."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp.errors import TransportError
from tests.support.answers import answer
from tests.support.kit import kit_of
from tests.support.marks import left_open
from tests.support.server import PATIENCE, Connection, Received

from .test_freeze import BODY, DEFAULT, SIGN_UP, age
from .wires import over

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.tls import Authority

    from .rig import Rig


class Lost:
    """A server whose connections lead nowhere once it is told so: what comes over them is never answered."""

    def __init__(self) -> None:
        self.first_good = 1

    def __call__(self, connection: Connection, request: Received) -> None:
        """Answer, or break off as the network does that knows nothing of the connection."""
        if connection.number < self.first_good:
            connection.reset()
        else:
            answer(BODY)(connection, request)


def sign_up(rig: Rig, client: Any) -> Any:
    """Make a call that must not be repeated."""
    return rig.kit.run(lambda: client.sign_up(**SIGN_UP))


@over(lambda wire: wire.is_default)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.usefixtures("trusted")
def test_what_must_not_be_repeated_succeeds(rig: Rig, serve: Serve, authority: Authority, scheme: str) -> None:
    """After `renew`, a call that must not be repeated takes a new connection; without it, it fails over the old one."""
    lost = Lost()
    server = serve(lost, tls=authority.server_context("127.0.0.1") if scheme == "https" else None)
    renewed, kept = rig.client(server.url), rig.client(server.url)
    for client in (renewed, kept):
        sign_up(rig, client)
    lost.first_good = 3
    rig.kit.run(renewed.renew)
    assert sign_up(rig, renewed).user_confirmed
    with pytest.raises(TransportError):
        sign_up(rig, kept)


@over(lambda wire: wire.is_default)
def test_every_idle_connection_is_closed(rig: Rig, serve: Serve) -> None:
    """`renew` closes what is idle at once, on a copy of the client as well, and the client goes on."""
    server = serve(answer(BODY))
    client = rig.client(server.url)
    rig.calls(client, 5)
    rig.kit.run(client.with_options(timeout=5).renew)
    server.wait_for(lambda: server.open == 0)
    assert {"Users"} <= set(rig.call(client))
    assert 1 == server.open


@over(lambda wire: wire.is_default)
def test_a_call_under_way_goes_on(rig: Rig, serve: Serve) -> None:
    """A call that is waiting for its answer during `renew` gets it, and its connection is not used again."""
    gate = threading.Event()

    def handle(connection: Connection, request: Received) -> None:
        gate.wait(PATIENCE)
        answer(BODY)(connection, request)

    server = serve(handle)
    client = rig.client(server.url)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(rig.call, client)
        server.wait_for(lambda: len(server.requests) == 1)
        rig.kit.run(client.renew)
        gate.set()
        assert {"Users"} <= set(waiting.result())
    server.wait_for(lambda: server.open == 0)
    rig.call(client)
    assert 2 == server.accepted


@over(lambda wire: wire.is_default)
def test_nothing_to_renew(rig: Rig, serve: Serve) -> None:
    """A client that has sent nothing yet, or is closed, can be renewed; it sends nothing for that."""
    server = serve(answer(BODY))
    client = rig.client(server.url)
    rig.kit.run(client.renew)
    rig.call(client)
    rig.kit.close(client)
    rig.kit.run(client.renew)
    assert 1 == len(server.requests)


@DEFAULT
def test_a_clock_that_began_anew(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that became idle at a time that is yet to come is not used: that was by another machine's clock."""
    server = serve(answer(BODY))
    client = rig.client(server.url)
    rig.call(client)
    age(monkeypatch, -1e6)
    rig.call(client)
    assert 2 == server.accepted
    rig.call(client)
    assert 2 == server.accepted


@pytest.mark.slow
@left_open
@pytest.mark.parametrize(("library", "kind"), [("httpx", "asyncio"), ("httpx", "trio"), ("stdlib", "asyncio")])
def test_connections_of_another_loop(serve: Serve, library: str, kind: str) -> None:
    """`renew` on one event loop reaches the connections of another, which are not used again either."""
    lost = Lost()
    server = serve(lost)
    with kit_of(kind) as there, kit_of("asyncio") as here:
        client = here.client(endpoint_url=server.url, transport=library, retry="off")
        there.run(client.sign_up, **SIGN_UP)
        lost.first_good = 2
        here.run(client.renew)
        assert there.run(client.sign_up, **SIGN_UP).user_confirmed
        there.run(client.renew)
