"""Every way in which an exchange fails, over every transport, with every part of it marked, in all that is left behind.

The other side sends parts of a good answer, and repeats what it was sent, wherever HTTP has room for it.
"""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import Timeout, to_wire
from cognito_idp.errors import CognitoIdpError
from tests.conformance.values import request_classes
from tests.support.answers import answer, head
from tests.support.kit import kit_of
from tests.transport.behaviour.wires import params

from .conftest import CREDENTIALS, MARKS
from .values import marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received
    from tests.support.tls import Authority
    from tests.transport.behaviour.wires import Wire

    from .search import Search

CLS = next(cls for cls in request_classes() if cls.operation.name == "AdminInitiateAuth")
BODY = json.dumps(to_wire(marked(CLS.operation.response_type, MARKS))).encode()
SECRET = MARKS(40).encode()
START = head(200, ("Content-Length", str(len(BODY) + 1000))) + BODY[:-20]
CHUNKS = head(200, ("Transfer-Encoding", "chunked"))
CHUNK = b"%x\r\n%s\r\n" % (len(BODY), BODY)


def sends(data: bytes, then: Callable[[Connection], object]) -> Handler:
    """Send some bytes, and then do something with the connection."""

    def handle(connection: Connection, _: Received) -> None:
        connection.send(data)
        then(connection)

    return handle


def stall(connection: Connection) -> None:
    """Say nothing for as long as the client waits."""
    connection.wait_for_close()


def close(connection: Connection) -> None:
    """Close the connection."""
    connection.close()


def reset(connection: Connection) -> None:
    """Break the connection off."""
    connection.reset()


def drip(connection: Connection) -> None:
    """Send one more byte now and then for as long as the client listens."""
    while not connection.wait_for_close(0.01):
        connection.send(b" ")


def stop(connection: Connection) -> None:
    """Do nothing more."""


def line(text: bytes) -> bytes:
    """Return the head of an answer with a line that need not be a header."""
    return head(200, ("Content-Length", "2"))[:-2] + text + b"\r\n\r\n{}"


FAILURES: dict[str, Handler] = {
    "closed in body": sends(START, close),
    "reset in body": sends(START, reset),
    "silent in body": sends(START, stall),
    "slow in body": sends(START, drip),
    "closed in chunks": sends(CHUNKS + CHUNK, close),
    "closed in a chunk": sends(CHUNKS + CHUNK[:-20], close),
    "reset in chunks": sends(CHUNKS + CHUNK, reset),
    "silent in chunks": sends(CHUNKS + CHUNK, stall),
    "slow in chunks": sends(CHUNKS + CHUNK + b"3e8\r\n", drip),
    "no chunk": sends(CHUNKS + CHUNK + SECRET + b"\r\n", stop),
    "bad trailer": sends(CHUNKS + CHUNK + b"0\r\n" + SECRET + b"\r\n\r\n", stop),
    "closed without length": sends(head(200) + BODY[:-20], close),
    "reset without length": sends(head(200) + BODY[:-20], reset),
    "silent in head": sends(b"HTTP/1.1 200 OK\r\nset-cookie: " + SECRET, stall),
    "closed in head": sends(b"HTTP/1.1 200 OK\r\nset-cookie: " + SECRET, close),
    "reset in head": sends(b"HTTP/1.1 200 OK\r\nset-cookie: " + SECRET, reset),
    "no status line": sends(SECRET + b"\r\n\r\n", close),
    "odd version": sends(b"HTTP/" + SECRET + b" 200 OK\r\n\r\n", close),
    "odd status": sends(b"HTTP/1.1 " + SECRET + b"\r\n\r\n", close),
    "odd reason": sends(b"HTTP/1.1 400 " + SECRET + b"\x00\r\n\r\n", close),
    "no colon": sends(line(SECRET), stop),
    "no name": sends(line(b": " + SECRET), stop),
    "odd name": sends(line(SECRET + b" x: 1"), stop),
    "odd value": sends(line(b"x: \x00" + SECRET), stop),
    "folded": sends(line(b" " + SECRET), stop),
    "bare line end": sends(line(b"x: " + SECRET + b"\n y"), stop),
    "long line": sends(line(b"x: " + SECRET * 4000), stop),
    "many lines": sends(line(b"\r\n".join([b"x: " + SECRET] * 2000)), stop),
    "odd length": sends(b"HTTP/1.1 200 OK\r\nContent-Length: " + SECRET + b"\r\n\r\n{}", close),
    "two lengths": sends(line(b"Content-Length: " + SECRET), stop),
    "odd coding": sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + SECRET + b"\r\n\r\n{}", close),
    "odd compression": sends(line(b"Content-Encoding: " + SECRET), stop),
    "odd upgrade": sends(b"HTTP/1.1 101 Switching\r\nUpgrade: " + SECRET + b"\r\n\r\n", stall),
    "too large": answer(BODY + b" " * 5000),
    "no JSON": answer(BODY[:-1]),
    "a page": answer(b"<html><body>you sent " + SECRET + b"</body></html>", status=502),
    "a redirect": answer(b"", status=302, headers=(("Location", f"https://x/?{SECRET.decode()}"),)),
}
LIMITS = Timeout(total=0.3, connect=5, read=0.15, write=0.15)


def fail(wire: Wire, search: Search, case: str, url: str, *, verify: Any = False, big: bool = False) -> None:
    """Make a call that fails, over some transport, and look at what is left of it."""
    with kit_of(wire.kind) as kit:
        client = kit.client(
            endpoint_url=url,
            allow_http=True,
            transport=wire.make(verify),
            credentials=CREDENTIALS,
            retry="off",
            timeout=LIMITS,
            max_response_bytes=5000,
        )
        with pytest.raises(CognitoIdpError) as caught:
            if big:
                kit.run(client.call, "AdminInitiateAuth", {"Padding": MARKS(8_000_000)})
            else:
                kit.run(client.send, marked(CLS, MARKS))
        search.error(caught.value, case)
        kit.close(client)


@pytest.mark.parametrize("wire", params(always=True))
@pytest.mark.parametrize("way", list(FAILURES))
def test_an_answer_that_fails(wire: Wire, serve: Serve, search: Search, way: str) -> None:
    """x"""
    fail(wire, search, way, serve(FAILURES[way]).url)


@pytest.mark.parametrize("wire", params(always=True))
@pytest.mark.parametrize("way", ["closed in body", "silent in body", "closed in chunks", "reset in body", "slow in body"])
def test_an_answer_that_fails_tls(wire: Wire, serve: Serve, search: Search, way: str, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """x"""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    import ssl
    verify = not wire.is_default and ssl.create_default_context(cafile=authority.bundle)
    fail(wire, search, way, serve(FAILURES[way], tls=authority.server_context("127.0.0.1")).url, verify=verify)


@pytest.mark.parametrize("wire", params(always=True))
@pytest.mark.parametrize("way", ["deaf", "reset"])
@pytest.mark.parametrize("tls", [False, True])
def test_a_request_that_is_not_taken(wire: Wire, serve: Serve, search: Search, way: str, tls: bool, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """x"""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    import ssl, threading
    verify = not wire.is_default and ssl.create_default_context(cafile=authority.bundle)
    ctx = authority.server_context("127.0.0.1")
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def take():
            raw, _ = listener.accept()
            try:
                if tls:
                    raw = ctx.wrap_socket(raw, server_side=True)
                if way == "reset":
                    import struct
                    raw.recv(1000)
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    done.wait(10)
            except OSError:
                pass
            raw.close()
        t = threading.Thread(target=take); t.start()
        try:
            fail(wire, search, way, f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}", verify=verify, big=True)
        finally:
            done.set()
            t.join()
