"""The default sync transport over httpx: what becomes of each of its connections."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import Client, Timeout
from cognito_idp._transport.httpx_default import RoutedTransport, _set_free, _socket_of
from cognito_idp.errors import ConnectTimeoutError, InvalidResponseError, ReadError, ReadTimeoutError, TransportError
from tests.support.answers import answer, compressed, gated, hang, in_turn, reset
from tests.support.kit import CREDENTIALS
from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.server import Server
    from tests.support.tls import Authority

SHORT = 0.1


def client_of(server: Server, max_connections: int = 1, **settings: Any) -> Client:
    """Make a client with few connections, and without retries."""
    settings = {"credentials": CREDENTIALS, "endpoint_url": server.url, "retry": "off", **settings}
    return Client("us-east-1", transport=RoutedTransport(max_connections), **settings)


def test_waiting_for_a_connection(serve: Serve) -> None:
    """A call that finds no free connection within the connect limit fails, and nothing of it was sent."""
    gate = threading.Event()
    server = serve(gated(gate, answer()))
    with client_of(server, timeout=Timeout(connect=SHORT)) as client:
        thread = threading.Thread(target=client.call, args=("ListUsers",))
        thread.start()
        server.wait_for(lambda: len(server.requests) == 1)
        with pytest.raises(ConnectTimeoutError, match=r"all 1 connections were busy for 0\.1 s") as caught:
            client.call("ListUsers")
        assert not caught.value.sent
        gate.set()
        thread.join()
        assert {} == client.call("ListUsers")
    assert (2, 1) == (len(server.requests), server.accepted)


def test_a_connection_is_free_after_each_failure(serve: Serve) -> None:
    """Failures of all kinds give their place back: one connection serves call after call."""
    server = serve(in_turn(reset, compressed(), hang, answer()))
    with client_of(server, timeout=Timeout(connect=5, read=SHORT)) as client:
        for failure in (ReadError, InvalidResponseError, ReadTimeoutError):
            with pytest.raises(failure):
                client.call("ListUsers")
        assert {} == client.call("ListUsers")
        server.wait_for(lambda: server.open == 1)
        assert 4 == server.accepted


def test_an_answer_that_was_not_read(serve: Serve) -> None:
    """A connection whose answer was left unread ends; another is kept once, however often its answer is closed."""
    server = serve(answer())
    with RoutedTransport() as transport:
        for expected, is_read in ((0, False), (1, True)):
            response = transport.handle_request(httpx.Request("POST", server.url, content=b"{}"))
            if is_read:
                response.read()
            for _ in range(2):
                response.stream.close()  # type: ignore[union-attr]
            server.wait_for(lambda expected=expected: server.open == expected)  # type: ignore[misc]
            assert expected == sum(map(len, transport._pool._idle.values()))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_closing_under_a_call(serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """A call that waits for a silent server ends when another thread closes the client."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    server = serve(hang, tls=authority.server_context("127.0.0.1") if scheme == "https" else None)
    client = client_of(server)
    outcomes: list[object] = []

    def work() -> None:
        try:
            outcomes.append(client.call("ListUsers"))
        except TransportError as error:
            outcomes.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    server.wait_for(lambda: len(server.requests) == 1)
    client.close()
    thread.join(PATIENCE)
    assert [True] == [isinstance(outcome, TransportError) for outcome in outcomes]
    server.wait_for(lambda: server.open == 0)


def test_no_lock_that_a_signal_can_leave_held() -> None:
    """Of httpcore's own locks, which are entered in Python code, the pool of a lane has none left."""
    transport: Any = httpx.HTTPTransport()
    locks = [name for name, value in vars(transport._pool).items() if type(value).__name__ in {"Lock", "ThreadLock"}]
    assert 1 == len(locks)  # if there is none, httpcore has changed, and so must the code
    _set_free(transport)
    assert isinstance(getattr(transport._pool, locks[0]), type(threading.RLock()))
    transport.close()


def test_another_httpcore() -> None:
    """Where private attributes are missing, nothing is done, and nothing fails."""
    for transport in (SimpleNamespace(), SimpleNamespace(_pool=SimpleNamespace()), None):
        _set_free(transport)
        assert _socket_of(transport) is None
