"""What goes out is what was signed, and what comes in is what was sent, byte for byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cognito_idp._protocol.sigv4 import sign
from cognito_idp.errors import InvalidResponseError, ServiceError
from tests.support.answers import answer, answer_and_close, byte_by_byte, chunked, head
from tests.support.hostile import informed, redirect
from tests.support.kit import CREDENTIALS

from .wires import ADDED_HEADERS, over

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received

    from .rig import Rig

pytestmark = over(lambda _: True, always=True)

EVERY_BYTE = bytes(range(256))
USERS = b'{"Users": [{"Username": "mary"}]}'


def test_the_signature_covers_what_arrives(rig: Rig, serve: Serve) -> None:
    """Signing what the server received, header by header, gives the signature that it received."""
    server = serve(answer())
    rig.call(rig.client(server.url), UserPoolId="us-east-1_a", Filter='name = "Jürgen"')
    received = server.requests[0]
    names = {name.lower() for name, _ in received.headers}
    assert "POST / HTTP/1.1" == received.request_line
    assert len(names) == len(received.headers)  # none came twice
    authorization = received.header("authorization") or ""
    signed = re.search(r"SignedHeaders=([^,]+)", authorization)
    assert signed is not None
    again = sign(
        "POST",
        "/",
        "",
        tuple((name, received.header(name) or "") for name in signed[1].split(";") if name != "x-amz-date"),
        received.body,
        credentials=CREDENTIALS,
        amz_date=received.header("x-amz-date") or "",
        region="us-east-1",
        service="cognito-idp",
    )
    assert authorization == dict(again)["authorization"]


def test_no_header_is_added_dropped_or_changed(rig: Rig, serve: Serve) -> None:
    """The server gets the headers of the request once each, and at most harmless ones beside them."""
    server = serve(answer())
    sent = (
        ("content-type", "application/x-amz-json-1.1"),
        ("accept-encoding", "identity"),
        ("user-agent", "a/1 b#c"),
        ("x-spaced", 'a  b; c="d"'),
    )
    rig.exchange(server.url, headers=sent)
    received = [(name.lower(), value) for name, value in server.requests[0].headers]
    expected = [("host", f"127.0.0.1:{server.port}"), ("content-length", "2"), *sent]
    assert sorted(expected) == sorted(header for header in received if header not in ADDED_HEADERS)


@pytest.mark.parametrize("body", [b"", EVERY_BYTE, b"x" * 300_000], ids=["empty", "every byte", "300 kB"])
def test_a_body_arrives_as_it_is(rig: Rig, serve: Serve, body: bytes) -> None:
    """A body of any bytes arrives whole, with its length and not in chunks."""
    server = serve(answer())
    rig.exchange(server.url, body=body)
    received = server.requests[0]
    assert body == received.body
    assert [str(len(body))] == [value for name, value in received.headers if name.lower() == "content-length"]
    assert None is received.header("transfer-encoding")


@pytest.mark.parametrize("path", ["/", "/a/b", "/a%20b/%2Fc", "/a//b/"])
def test_a_path_is_not_rewritten(rig: Rig, serve: Serve, path: str) -> None:
    """The path goes on the wire as it was signed."""
    server = serve(answer())
    rig.exchange(server.url + path)
    assert f"POST {path} HTTP/1.1" == server.requests[0].request_line


@pytest.mark.parametrize(
    "handler",
    [
        answer(EVERY_BYTE),
        chunked(EVERY_BYTE[:1], EVERY_BYTE[1:]),
        byte_by_byte(EVERY_BYTE),
        informed(answer(EVERY_BYTE)),
    ],
    ids=["whole", "in chunks", "byte by byte", "after answers of the 100s"],
)
def test_an_answer_is_read_as_it_is(rig: Rig, serve: Serve, handler: Handler) -> None:
    """An answer of any bytes is read whole, in whatever pieces it comes."""
    response = rig.exchange(serve(handler).url)
    assert (200, EVERY_BYTE) == (response.status_code, response.body)


def test_an_empty_answer(rig: Rig, serve: Serve) -> None:
    """Operations without members answer with nothing at all, which counts as an empty object."""
    assert {} == rig.call_once(serve(answer(b"")).url)


def test_an_answer_that_ends_with_the_connection(rig: Rig, serve: Serve) -> None:
    """An answer without a length goes on to the end of the connection."""

    def handle(connection: Connection, _: Received) -> None:
        connection.send(head(200) + USERS)
        connection.close()

    assert {"Users": [{"Username": "mary"}]} == rig.call_once(serve(handler=handle).url)


def test_the_headers_of_an_answer(rig: Rig, serve: Serve) -> None:
    """Names are in lower case, values as they came, repeated ones kept in order."""
    headers = (("X-Amzn-RequestId", "id-1"), ("X-Twice", "b"), ("X-Twice", "a"), ("X-Empty", ""))
    response = rig.exchange(serve(answer(b"", status=403, headers=headers)).url)
    assert 403 == response.status_code
    assert "id-1" == response.header("x-amzn-requestid")
    assert ["b", "a"] == [value for name, value in response.headers if name == "x-twice"]
    assert "" == response.header("x-empty")


def test_a_header_that_is_not_ascii(rig: Rig, serve: Serve) -> None:
    """A value beyond ASCII is read as Latin-1."""
    data = head(200, ("X-Name", "Jurgen"), ("X-Other", "1"), ("Content-Length", "0")).replace(b"Ju", b"J\xfc")
    response = rig.exchange(serve(lambda connection, _: connection.send(data)).url)
    assert ("J\xfcrgen", "1") == (response.header("x-name"), response.header("x-other"))


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_status_is_an_answer(rig: Rig, serve: Serve, status: int) -> None:
    """No status is a failure of the transport: the answer comes back with its body."""
    response = rig.exchange(serve(answer(USERS, status=status)).url)
    assert (status, USERS) == (response.status_code, response.body)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(rig: Rig, serve: Serve, status: int) -> None:
    """Whoever a redirect points to gets nothing: neither a signed request nor a password."""
    elsewhere = serve(answer())
    error = rig.failure(serve(redirect(elsewhere.url, status)).url)
    assert isinstance(error, ServiceError | InvalidResponseError)
    assert status == error.status_code
    assert 0 == elsewhere.accepted


def test_no_cookie_is_kept(rig: Rig, serve: Serve) -> None:
    """A cookie that an answer sets is not sent with the next call."""
    server = serve(answer(headers=(("Set-Cookie", "session=1; Path=/"),)))
    client = rig.client(server.url)
    for _ in range(2):
        rig.call(client)
    assert [None, None] == [request.header("cookie") for request in server.requests]


def test_an_answer_that_closes_its_connection(rig: Rig, serve: Serve) -> None:
    """A whole answer counts, whatever becomes of the connection behind it."""
    assert {"Users": [{"Username": "mary"}]} == rig.call_once(serve(answer_and_close(USERS)).url)
