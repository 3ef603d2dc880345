"""One exchange over a real socket, with a server that behaves and with one that does not, through both clients."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import Timeout
from cognito_idp._protocol.wire import HttpRequest, Limits
from cognito_idp._transport import make_async_transport, make_transport
from cognito_idp.errors import (
    ConnectError,
    ConnectTimeoutError,
    DeadlineExceededError,
    InvalidResponseError,
    ProtocolError,
    ReadError,
    ReadTimeoutError,
    TransportError,
    WriteTimeoutError,
)
from tests.support.answers import (
    answer,
    answer_and_close,
    byte_by_byte,
    chunked,
    close,
    compressed,
    cut_off,
    drip,
    hang,
    hang_in_body,
    head,
    html_503,
    in_turn,
    reset,
)
from tests.support.hostile import MIB, Flood, garbage
from tests.support.marks import left_unread

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.kit import Kit

USERS = b'{"Users": [{"Username": "mary"}]}'
# Long enough to send a request over the loopback device, and all that a test waits for an answer that never comes.
SHORT = 0.1


def call(kit: Kit, url: str, **settings: Any) -> Any:
    """Make one call with a client of its own, without retries."""
    client = kit.client(endpoint_url=url, retry="off", **settings)
    try:
        return kit.run(client.call, "ListUsers", {"UserPoolId": "us-east-1_a"})
    finally:
        kit.close(client)


@pytest.mark.parametrize(
    "handler", [answer(USERS), chunked(USERS[:7], USERS[7:8], USERS[8:]), byte_by_byte(USERS), answer_and_close(USERS)]
)
def test_an_answer_may_come_in_any_pieces(kit: Kit, serve: Serve, handler: Handler) -> None:
    """A body of known length, one in chunks, and one that comes byte by byte are read alike."""
    assert {"Users": [{"Username": "mary"}]} == call(kit, serve(handler).url)


def test_a_connection_is_used_again(kit: Kit, serve: Serve) -> None:
    """Calls one after the other share one connection, which closes with the client."""
    server = serve(answer())
    client = kit.client(endpoint_url=server.url)
    for _ in range(5):
        kit.run(client.call, "ListUsers")
    assert 5 == len(server.requests)
    assert (1, 1) == (server.accepted, server.open)
    kit.close(client)
    server.wait_for(lambda: server.open == 0)


def test_a_connection_that_was_closed_while_idle(kit: Kit, serve: Serve) -> None:
    """A connection that the server closed between two calls is replaced by httpx, without a retry."""
    server = serve(answer_and_close())
    client = kit.client(endpoint_url=server.url, retry="off", transport="httpx")
    for number in range(1, 4):
        assert {} == kit.run(client.call, "ListUsers")
        server.wait_for(lambda: server.open == 0)
        assert number == server.accepted
    kit.close(client)


def test_a_connection_is_not_used_again_after_an_error(kit: Kit, serve: Serve) -> None:
    """An exchange that broke in the middle takes its connection along; the next call makes a new one."""
    server = serve(in_turn(hang_in_body, answer(USERS)))
    client = kit.client(endpoint_url=server.url, retry="off", timeout=Timeout(read=SHORT))
    with pytest.raises(ReadTimeoutError):
        kit.run(client.call, "ListUsers")
    server.wait_for(lambda: server.open == 0)
    kit.run(client.call, "ListUsers")
    assert 2 == server.accepted
    kit.close(client)


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (reset, ReadError),
        (close, ProtocolError),
        (cut_off(USERS, 10), ProtocolError),
        (lambda connection, _: connection.send(b"220 mail.example.com ESMTP\r\n\r\n"), ProtocolError),
        (garbage, ProtocolError),
    ],
    ids=["reset", "closed", "cut off", "mail server", "binary"],
)
def test_a_broken_exchange(kit: Kit, serve: Serve, handler: Handler, expected: type[TransportError]) -> None:
    """A connection that breaks, and an answer that is not HTTP, each have an error that names the host."""
    with pytest.raises(expected) as caught:
        call(kit, serve(handler).url)
    assert type(caught.value) is expected
    assert str(caught.value).startswith("127.0.0.1: ")
    assert caught.value.is_retryable
    assert caught.value.sent
    assert caught.value.__cause__ is not None


def test_nothing_listens(kit: Kit) -> None:
    """A refused connection is a ConnectError: nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectError) as caught:
        call(kit, f"http://127.0.0.1:{port}")
    assert type(caught.value) is ConnectError
    assert not caught.value.sent


@pytest.mark.parametrize("handler", [hang, hang_in_body], ids=["no answer", "half an answer"])
def test_the_read_limit(kit: Kit, serve: Serve, handler: Handler) -> None:
    """A server that says nothing for longer than the read limit is given up."""
    with pytest.raises(ReadTimeoutError) as caught:
        call(kit, serve(handler).url, timeout=Timeout(read=SHORT))
    assert isinstance(caught.value, TimeoutError)


def test_the_connect_limit(kit: Kit, serve: Serve) -> None:
    """A server that never shakes hands is given up after the connect limit: nothing was sent."""
    url = serve(hang).url.replace("http:", "https:")
    with pytest.raises(ConnectTimeoutError) as caught:
        call(kit, url, timeout=Timeout(connect=SHORT))
    assert not caught.value.sent


def test_the_write_limit(kit: Kit) -> None:
    """A server that takes no bytes is given up after the write limit."""
    # Never accepted: the kernel makes the connection all the same, and its buffers fill up.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = kit.client(endpoint_url=url, retry="off", timeout=Timeout(write=SHORT))
        with pytest.raises(WriteTimeoutError):
            kit.run(client.call, "ListUsers", {"Filter": "x" * 30_000_000})
        kit.close(client)


@pytest.mark.parametrize(
    "handler",
    [hang, hang_in_body, drip(head(200, ("Content-Length", "100000")))],
    ids=["no answer", "half an answer", "an answer that never ends"],
)
def test_the_limit_of_the_whole_call(kit: Kit, serve: Serve, handler: Handler) -> None:
    """A call that does not end within `timeout` fails with a DeadlineExceededError, however the server delays it."""
    server = serve(handler)
    with pytest.raises(DeadlineExceededError, match=r"ListUsers did not end within 0.1 s: 1 attempt") as caught:
        call(kit, server.url, timeout=SHORT)
    assert 1 == caught.value.attempts
    assert isinstance(caught.value.__cause__, TransportError)
    server.wait_for(lambda: server.open == 0)


def test_the_limit_of_the_whole_exchange(kit: Kit, serve: Serve) -> None:
    """The adapters say so themselves when an exchange takes longer than its limit in all."""
    url = serve(drip(head(200, ("Content-Length", "100000")))).url
    limits = Limits(connect=5, read=5, write=5, total=SHORT, max_response_bytes=MIB)
    adapter: Any = make_transport(None) if kit.kind == "sync" else make_async_transport(None)
    with pytest.raises(DeadlineExceededError, match=r"127\.0\.0\.1: .* 0\.1 s") as caught:
        kit.run(adapter.send, HttpRequest("POST", url, (("host", "127.0.0.1"),), b"", limits))
    assert not caught.value.is_retryable
    kit.run(adapter.close)


def test_a_page_of_a_proxy(kit: Kit, serve: Serve) -> None:
    """An HTML page with status 503 is an answer that can't be read, and may be retried."""
    with pytest.raises(InvalidResponseError, match="not JSON") as caught:
        call(kit, serve(html_503()).url)
    assert 503 == caught.value.status_code
    assert caught.value.is_retryable
    assert "503 Service Unavailable" in caught.value.body_start


def test_a_compressed_answer(kit: Kit, serve: Serve) -> None:
    """Compression was not asked for, so a compressed answer is refused, unread."""
    server = serve(compressed(b"[" * 1000))
    with pytest.raises(InvalidResponseError, match=r"it is compressed \('gzip'\), which was not asked for"):
        call(kit, server.url)
    assert "identity" == server.requests[0].header("accept-encoding")


def padded(size: int) -> bytes:
    """Return a JSON object of so many bytes."""
    return b'{"Padding": "' + b"x" * (size - 15) + b'"}'


@left_unread
def test_the_default_size_limit(fresh_kit: Kit, serve: Serve) -> None:
    """An answer of 1 MiB is read; one byte more is refused."""
    server = serve(in_turn(answer(padded(MIB)), answer(padded(MIB + 1))))
    assert MIB - 15 == len(call(fresh_kit, server.url)["Padding"])
    with pytest.raises(InvalidResponseError, match=r"it is larger than the limit of 1,048,576 bytes") as caught:
        call(fresh_kit, server.url)
    assert 200 == caught.value.status_code


@left_unread
@pytest.mark.parametrize("handler", [answer, chunked])
def test_a_size_limit_of_ones_own(fresh_kit: Kit, serve: Serve, handler: Callable[[bytes], Handler]) -> None:
    """`max_response_bytes` is counted in bytes of the body, and what is refused closes its connection."""
    server = serve(handler(USERS))
    client = fresh_kit.client(endpoint_url=server.url, max_response_bytes=len(USERS), transport="httpx")
    assert "Users" in fresh_kit.run(client.call, "ListUsers")
    smaller = client.with_options(max_response_bytes=len(USERS) - 1)
    with pytest.raises(InvalidResponseError, match=f"larger than the limit of {len(USERS) - 1} bytes"):
        fresh_kit.run(smaller.call, "ListUsers")
    server.wait_for(lambda: server.open == 0)
    fresh_kit.close(client)


@left_unread
def test_an_endless_answer_is_not_read_to_its_end(fresh_kit: Kit, serve: Serve) -> None:
    """A server that never stops sending is left as soon as the limit is passed."""
    server = serve(Flood())
    with pytest.raises(InvalidResponseError, match="larger than the limit"):
        call(fresh_kit, server.url)
    server.wait_for(lambda: server.open == 0)


def test_a_size_that_is_announced_is_refused_at_once(kit: Kit, serve: Serve) -> None:
    """An answer whose head says that it is too large is refused by that: its body, which never comes, is not read."""

    def announce(connection: Any, _: Any) -> None:
        connection.send(head(200, ("Content-Length", str(MIB + 1))))
        connection.wait_for_close()

    server = serve(announce)
    with pytest.raises(InvalidResponseError, match="larger than the limit"):
        call(kit, server.url, transport="httpx")
    server.wait_for(lambda: server.open == 0)


def test_an_empty_answer(kit: Kit, serve: Serve) -> None:
    """Operations without members answer with nothing at all, which counts as an empty object."""
    assert {} == call(kit, serve(answer(b"")).url)
