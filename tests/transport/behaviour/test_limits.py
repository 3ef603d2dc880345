"""Limits of time and size, each with the server that only this limit can end."""

from __future__ import annotations

import gzip
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from cognito_idp import Timeout
from cognito_idp._protocol.wire import Limits
from cognito_idp._transport.limits import MAX_CONNECTIONS
from cognito_idp.errors import (
    ConnectTimeoutError,
    DeadlineExceededError,
    InvalidResponseError,
    ReadTimeoutError,
    TimeoutError_,
    TransportError,
)
from tests.support.answers import answer, chunked, drip, hang, hang_in_body, head
from tests.support.hostile import MIB, Flood, deaf_port, drip_body, drip_head, hang_in_head, page, shorter_than_said

from .rig import GENEROUS
from .wires import BLOCKS_IN_HEAD, FLOODED_HEAD, WRITE_LIMIT, over

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received

    from .rig import Rig

# Time enough to send over the loopback device, and all that a test waits for what never comes.
SHORT = 0.05
# Ten million bytes, once unpacked.
BOMB = b"".join([gzip.compress(b"[" * 100_000)] * 100)


@pytest.mark.parametrize("handler", [hang, hang_in_head, hang_in_body, shorter_than_said])
def test_the_read_limit(rig: Rig, serve: Serve, handler: Handler) -> None:
    """A server that falls silent, before its answer or anywhere in it, is given up after the read limit."""
    server = serve(handler)
    with pytest.raises(ReadTimeoutError) as caught:
        rig.call_once(server.url, timeout=Timeout(read=SHORT))
    assert type(caught.value) is ReadTimeoutError
    assert caught.value.sent
    server.wait_for(lambda: server.open == 0)


@pytest.mark.slow
def test_the_read_limit_is_for_one_wait(rig: Rig, serve: Serve) -> None:
    """A read limit counts from the last byte: a body that keeps coming may take longer in all."""
    assert {} == rig.call_once(serve(drip_body(60)).url, timeout=Timeout(read=0.5))  # takes 0.6 s at least


@pytest.mark.slow
def test_the_read_limit_in_a_head(rig: Rig, serve: Serve) -> None:
    """It does so within a head, too."""
    assert {} == rig.call_once(serve(drip_head(60)).url, timeout=Timeout(read=0.5))


def test_the_connect_limit(rig: Rig) -> None:
    """A machine that doesn't answer an attempt to connect is given up after the connect limit: nothing was sent."""
    with deaf_port() as port, pytest.raises(ConnectTimeoutError) as caught:
        rig.call_once(f"http://127.0.0.1:{port}", timeout=Timeout(connect=SHORT))
    assert not caught.value.sent


@pytest.mark.usefixtures("trusted")
def test_the_connect_limit_in_the_handshake(rig: Rig, serve: Serve) -> None:
    """A server that accepts and never shakes hands is given up after the connect limit: nothing was sent."""
    server = serve(hang)
    with pytest.raises(ConnectTimeoutError) as caught:
        rig.call_once(server.url.replace("http:", "https:"), timeout=Timeout(connect=SHORT))
    assert not caught.value.sent
    server.wait_for(lambda: server.open == 0)


def test_the_write_limit(rig: Rig) -> None:
    """A server that takes no bytes is given up after the write limit, or the limit that the library has instead."""
    expected, name = WRITE_LIMIT[rig.wire.library]
    limits = GENEROUS._replace(write=SHORT) if name == "write" else GENEROUS._replace(total=SHORT)
    # Never accepted: the kernel makes the connection all the same, and its buffers fill up.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(expected) as caught:
            rig.exchange(url, body=b"x" * 20_000_000, limits=limits)
    assert type(caught.value) is expected


@pytest.mark.parametrize("handler", [hang, hang_in_body, drip(head(200, ("Content-Length", "100000")))])
def test_the_limit_of_the_whole_call(rig: Rig, serve: Serve, handler: Handler) -> None:
    """A call that does not end within `timeout` fails with a DeadlineExceededError, and its connection closes."""
    server = serve(handler)
    with pytest.raises(DeadlineExceededError, match=r"ListUsers did not end within 0\.05 s: 1 attempt") as caught:
        rig.call_once(server.url, timeout=SHORT)
    assert 1 == caught.value.attempts
    assert isinstance(caught.value.__cause__, TransportError)
    server.wait_for(lambda: server.open == 0)


def test_the_limit_of_a_whole_exchange(rig: Rig, serve: Serve) -> None:
    """The adapters keep the total limit themselves, which no retry may mend."""
    server = serve(drip(head(200, ("Content-Length", "100000"))))
    with pytest.raises(DeadlineExceededError, match=r"^127\.0\.0\.1:[0-9]+: .* 0\.05 s") as caught:
        rig.exchange(server.url, limits=GENEROUS._replace(total=SHORT))
    assert not caught.value.is_retryable
    server.wait_for(lambda: server.open == 0)


def test_a_head_that_drips(rig: Rig, serve: Serve) -> None:
    """A head that comes byte by byte ends with the total limit, or, where a library blocks in it, with the head."""
    times = 30 if rig.wire.name in BLOCKS_IN_HEAD else None
    with pytest.raises(DeadlineExceededError):
        rig.exchange(serve(drip_head(times)).url, limits=GENEROUS._replace(total=SHORT))


def padded(size: int) -> bytes:
    """Return a JSON object of so many bytes."""
    return b'{"Padding": "' + b"x" * (size - 15) + b'"}'


@pytest.mark.parametrize("handler", [answer, chunked])
def test_the_size_limit(rig: Rig, serve: Serve, handler: Callable[[bytes], Handler]) -> None:
    """With a limit of 1 MiB, an answer of as much is read; of one byte more, refused, and its connection closed."""
    assert MIB - 15 == len(rig.call_once(serve(handler(padded(MIB))).url, max_response_bytes=MIB)["Padding"])
    server = serve(handler(padded(MIB + 1)))
    error = rig.failure(server.url, max_response_bytes=MIB)
    assert (InvalidResponseError, 200) == (type(error), error.status_code)
    assert "it is larger than the limit of 1,048,576 bytes" in str(error)
    server.wait_for(lambda: server.open == 0)


@pytest.mark.parametrize("handler", [answer, chunked])
def test_a_size_limit_of_ones_own(rig: Rig, serve: Serve, handler: Callable[[bytes], Handler]) -> None:
    """`max_response_bytes` counts the bytes of the body, also for a copy of a client that has another limit."""
    body = b'{"Users": []}'
    server = serve(handler(body))
    client = rig.client(server.url, max_response_bytes=len(body))
    assert {"Users": []} == rig.call(client)
    with pytest.raises(InvalidResponseError, match=f"larger than the limit of {len(body) - 1} bytes"):
        rig.call(client.with_options(max_response_bytes=len(body) - 1))
    rig.kit.close(client)
    server.wait_for(lambda: server.open == 0)


def test_a_size_that_is_announced_is_refused_at_once(rig: Rig, serve: Serve) -> None:
    """A head that announces a byte too many is enough to refuse the answer: the body never comes, and is not read."""

    def announce(connection: Connection, _: Received) -> None:
        connection.send(head(200, ("Content-Length", str(MIB + 1))))
        connection.wait_for_close()

    server = serve(announce)
    error = rig.failure(server.url, timeout=Timeout(read=5), max_response_bytes=MIB)
    assert InvalidResponseError is type(error)
    assert "larger than the limit" in str(error)
    server.wait_for(lambda: server.open == 0)


@pytest.mark.parametrize(
    "framing",
    [
        (("Content-Length", f"{'0' * 20}{100 * MIB}"),),
        (("Content-Length", f"{100 * MIB}, {100 * MIB}"),),
        (("Content-Length", "2"), ("Transfer-Encoding", "chunked")),
        (("Transfer-Encoding", "chunked"), ("Content-Length", "2")),
    ],
    ids=["zeros", "twice", "length and chunks", "chunks and length"],
)
def test_a_length_that_says_too_little(rig: Rig, serve: Serve, framing: tuple[tuple[str, str], ...]) -> None:
    """However a length is written, and whatever a library makes of it, a body is left soon after the limit."""
    flood = Flood(framing=framing)
    server = serve(flood)
    rig.failure(server.url, max_response_bytes=MIB)
    server.wait_for(lambda: server.open == 0)
    assert flood.sent < 32 * MIB


def test_an_endless_body(rig: Rig, serve: Serve) -> None:
    """A body without end is left soon after the limit: what the server could send fits into buffers."""
    flood = Flood()
    server = serve(flood)
    error = rig.failure(server.url, max_response_bytes=MIB)
    assert InvalidResponseError is type(error)
    assert "larger than the limit" in str(error)
    server.wait_for(lambda: server.open == 0)
    assert flood.sent < 32 * MIB


def test_an_endless_head(rig: Rig, serve: Serve) -> None:
    """A head without end is left soon: what the server could send fits into buffers."""
    flood = Flood(head=True)
    server = serve(flood)
    assert isinstance(rig.failure(server.url), FLOODED_HEAD)
    server.wait_for(lambda: server.open == 0)
    assert flood.sent < 32 * MIB


def test_an_error_page_of_10_megabytes(rig: Rig, serve: Serve) -> None:
    """A huge page with status 500 is an answer that can't be read, and keeps its status."""
    with pytest.raises(InvalidResponseError, match="larger than the limit") as caught:
        rig.call_once(serve(page(10_000_000)).url)
    assert 500 == caught.value.status_code
    assert caught.value.is_retryable


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_compressed_answer(rig: Rig, serve: Serve, encoding: str) -> None:
    """Compression was not asked for: an answer that claims it is refused, and nothing is unpacked."""
    server = serve(answer(BOMB, headers=(("Content-Encoding", encoding),)))
    with pytest.raises(InvalidResponseError, match=rf"it is compressed \('{encoding}'\), which was not asked for"):
        rig.call_once(server.url)
    assert "identity" == server.requests[0].header("accept-encoding")


def test_a_body_that_looks_compressed(rig: Rig, serve: Serve) -> None:
    """A body is handed on as it came: `identity` changes nothing, and nobody guesses at compression."""
    packed = gzip.compress(b"{}")
    server = serve(answer(packed, headers=(("Content-Encoding", "identity"),)))
    assert packed == rig.exchange(server.url).body


@pytest.mark.long
def test_the_pool_limit(rig: Rig, serve: Serve) -> None:
    """Of 130 calls at once, 100 have a connection, and the others wait for theirs: all succeed over 100 connections."""
    limit, gate = MAX_CONNECTIONS, threading.Event()

    def handle(connection: Connection, request: Received) -> None:
        if len(server.requests) >= limit:
            gate.set()
        gate.wait()
        answer()(connection, request)

    server = serve(handle)
    assert [{}] * (limit + 30) == rig.calls(rig.client(server.url, timeout=Timeout(connect=20)), limit + 30)
    assert limit == server.accepted


@over(lambda wire: wire.is_default)
@pytest.mark.long
def test_a_pool_that_stays_full(rig: Rig, serve: Serve) -> None:
    """A call that gets no connection within the connect limit says so, and was not sent."""
    server = serve(hang)
    outcomes = rig.calls(rig.client(server.url, timeout=Timeout(connect=0.5, read=2)), MAX_CONNECTIONS + 1)
    assert {ConnectTimeoutError: 1, ReadTimeoutError: MAX_CONNECTIONS} == {
        cls: sum(type(outcome) is cls for outcome in outcomes) for cls in (ConnectTimeoutError, ReadTimeoutError)
    }


def test_every_time_limit_is_a_timeout(rig: Rig, serve: Serve) -> None:
    """Whatever limit ends a call, its error is a builtin TimeoutError and one of ours, and names host and port."""
    limits = Limits(connect=5, read=SHORT, write=5, total=None, max_response_bytes=MIB)
    with pytest.raises(TimeoutError, match=r"^127\.0\.0\.1:[0-9]+: ") as caught:
        rig.exchange(serve(hang).url, limits=limits)
    assert isinstance(caught.value, TimeoutError_)
