"""A failure of any library's, as one of ours."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from cognito_idp.errors import ConnectError, InvalidResponseError, ProtocolError, ReadError, TransportError
from tests.support.answers import answer, close, cut_off, head, html_503, in_turn, reset
from tests.support.hostile import chunks_cut_off, garbage, longer_than_said, reset_in_body

from .wires import expected_error, over

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received

    from .rig import Rig

pytestmark = over(lambda _: True, always=True)

BROKEN: dict[str, tuple[Handler, type[TransportError]]] = {
    "reset": (reset, ReadError),
    "reset in body": (reset_in_body, ReadError),
    "closed": (close, ProtocolError),
    "cut off": (cut_off(b"{" * 100, 10), ProtocolError),
    "cut off in chunks": (chunks_cut_off, ProtocolError),
    "mail server": (lambda connection, _: connection.send(b"220 mail.example.com ESMTP\r\n\r\n"), ProtocolError),
    "binary": (garbage, ProtocolError),
    "two lengths": (
        lambda connection, _: connection.send(head(200, ("Content-Length", "2"), ("Content-Length", "3")) + b"{} "),
        ProtocolError,
    ),
    "no length": (lambda connection, _: connection.send(head(200, ("Content-Length", "x")) + b"{}"), ProtocolError),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_exchange(rig: Rig, serve: Serve, fault: str) -> None:
    """A connection that breaks, and an answer that is not HTTP, have an error that names the host and the port."""
    handler, expected = BROKEN[fault]
    server = serve(handler)
    error = rig.failure(server.url)
    assert expected_error(rig.wire, fault, expected) is type(error)
    assert str(error).startswith(f"127.0.0.1:{urlsplit(server.url).port}: ")
    # The server got the request, and may have carried it out.
    assert (True, True) == (error.is_retryable, error.sent)
    assert None is not error.__cause__
    server.wait_for(lambda: server.open == 0)


def test_nothing_listens(rig: Rig) -> None:
    """A refused connection is a ConnectError that names the host and the port: nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectError, match=rf"^127\.0\.0\.1:{port}: ") as caught:
        rig.call_once(f"http://127.0.0.1:{port}")
    assert ConnectError is type(caught.value)
    assert not caught.value.sent


def test_a_name_that_nobody_knows(rig: Rig) -> None:
    """A host that can't be resolved is a ConnectError: nothing was sent."""
    with pytest.raises(ConnectError, match=r"^cognito-idp\.example\.invalid: ") as caught:
        rig.call_once("http://cognito-idp.example.invalid")
    assert not caught.value.sent


def test_a_page_of_a_proxy(rig: Rig, serve: Serve) -> None:
    """An HTML page with status 503 is an answer that can't be read, is described, and may be retried."""
    error = rig.failure(serve(html_503()).url)
    assert (InvalidResponseError, 503, True) == (type(error), error.status_code, error.is_retryable)
    assert "not JSON" in str(error)
    assert "application/x-amz-json-1.1, 49 bytes, <html>" == error.body_summary


def test_more_than_was_said(rig: Rig, serve: Serve) -> None:
    """Bytes behind the end of an answer never become the answer to the next call."""
    server = serve(in_turn(longer_than_said, answer(b'{"Users": []}')))
    client = rig.client(server.url, retry="standard")
    assert {} == rig.call(client)
    assert {"Users": []} == rig.call(client)


def test_a_body_where_there_can_be_none(rig: Rig, serve: Serve) -> None:
    """A body behind a status that has none (204) is not taken for the answer to the next call."""

    def handle(connection: Connection, _: Received) -> None:
        connection.send(head(204) + head(200, ("Content-Length", "18")) + b'{"Smuggled": true}')

    server = serve(in_turn(handle, answer(b'{"Users": []}')))
    client = rig.client(server.url, retry="standard")
    rig.exchange(server.url, client=client)
    assert {"Users": []} == rig.call(client)
