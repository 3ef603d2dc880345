"""Whatever fails, no frame of ours that an error reporter prints shows the request's password or the answer's token."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._protocol import tracebacks
from cognito_idp._transport import pool, stdlib_async
from cognito_idp.errors import CognitoIdpError
from tests.secrets.search import MARK_SIZE, Marks, Search
from tests.support.answers import answer, chunked, close, cut_off, hang, head, reset
from tests.support.hostile import MIB, deaf_port
from tests.transport.behaviour.rig import GENEROUS

from .peers import raw_server

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received
    from tests.support.tls import Authority
    from tests.transport.behaviour.rig import Rig

MARKS = Marks()
PASSWORD, TOKEN, HEADER, PROXY_PASSWORD = MARKS(), MARKS(), MARKS(), MARKS()
assert MARK_SIZE == len(TOKEN)
REQUEST = f'{{"AuthParameters": {{"PASSWORD": "{PASSWORD}"}}}}'.encode()
ANSWER = f'{{"AuthenticationResult": {{"AccessToken": "{TOKEN}"}}}}'.encode()
HEADERS = (("x-amz-security-token", HEADER),)


def raw(*pieces: bytes, ends: bool = True) -> Handler:
    """Answer with these bytes, and close or wait."""

    def handle(connection: Connection, _: Received) -> None:
        for piece in pieces:
            connection.send(piece)
        if ends:
            connection.close()
        else:
            connection.wait_for_close()

    return handle


CHUNKS = head(200, ("Transfer-Encoding", "chunked"))
LENGTH = head(200, ("Content-Length", "1000"))
NAMED = ("X-Token", TOKEN)
FAULTS: dict[str, Handler] = {
    "cut off": cut_off(ANSWER, len(ANSWER) - 1),
    "cut off in chunks": raw(CHUNKS + b"%x\r\n" % len(ANSWER) + ANSWER),
    "cut off in the head": raw(b"HTTP/1.1 200 OK\r\nX-Token: " + TOKEN.encode()),
    "malformed chunk": raw(CHUNKS + b"%x\r\n" % len(ANSWER) + ANSWER + b"xx\r\n"),
    "malformed size": raw(CHUNKS + ANSWER + b"\r\n"),
    "malformed trailer": raw(CHUNKS + b"%x\r\n" % len(ANSWER) + ANSWER + b"\r\n0\r\n" + TOKEN.encode() + b"\r\n\r\n"),
    "malformed status": raw(TOKEN.encode() + b" 200 OK\r\n\r\n" + ANSWER),
    "malformed header": raw(b"HTTP/1.1 200 OK\r\n" + TOKEN.encode() + b"\r\n\r\n" + ANSWER),
    "malformed length": raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + TOKEN.encode() + b"\r\n\r\n" + ANSWER),
    "two lengths": raw(head(200, ("Content-Length", "5"), ("Content-Length", "6"), NAMED) + ANSWER),
    "too large": answer(ANSWER + b" " * MIB, headers=(NAMED,)),
    "too large in chunks": chunked(ANSWER, b" " * MIB),
    "too large until close": raw(head(200, NAMED) + ANSWER + b" " * MIB),
    "compressed": answer(ANSWER, headers=(("Content-Encoding", "gzip"), NAMED)),
    "switched": raw(head(101, NAMED) + ANSWER),
    "late": raw(LENGTH + ANSWER, ends=False),
    "late in chunks": raw(CHUNKS + b"100\r\n" + ANSWER, ends=False),
    "closed": close,
    "reset": reset,
    "silent": hang,
}


def send(rig: Rig, client: Any, url: str, **changes: Any) -> Any:
    """Send the request that holds the secrets."""
    limits = GENEROUS._replace(**changes)
    return rig.exchange(url, headers=HEADERS, body=REQUEST, limits=limits, client=client)


def searched(rig: Rig, url: str, **changes: Any) -> CognitoIdpError:
    """Expect a failure that shows none of the marks."""
    search = Search()
    client = rig.client(url)
    with search.watching(), pytest.raises(CognitoIdpError) as caught:
        send(rig, client, url, **changes)
    search.error(caught.value)
    assert "" == search.report()
    return caught.value


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.usefixtures("trusted")
def test_an_answer_that_fails(rig: Rig, serve: Serve, authority: Authority, fault: str, secure: bool) -> None:
    """An answer that is cut off, malformed, too large or late."""
    server = serve(FAULTS[fault], tls=authority.server_context("127.0.0.1") if secure else None)
    searched(rig, server.url, read=0.05 if fault.startswith(("late", "silent")) else 20)
    server.wait_for(lambda: len(server.requests) == 1)
    assert HEADER == server.requests[0].header("x-amz-security-token")
    assert REQUEST == server.requests[0].body


def test_the_search_finds(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is searched would be found: where frames keep their variables, they show the request's body."""
    monkeypatch.setattr(tracebacks, "keep_locals", True)
    server, search = serve(close), Search()
    with pytest.raises(CognitoIdpError) as caught:
        send(rig, rig.client(server.url), server.url)
    search.error(caught.value)
    assert PASSWORD in search.report()


@pytest.mark.parametrize("limit", ["write", "total"])
@pytest.mark.usefixtures("trusted")
def test_a_request_that_is_not_taken(rig: Rig, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """A request that the server doesn't take, or only a part of it."""
    monkeypatch.setattr(f"{__name__}.REQUEST", REQUEST * 200_000)
    over = threading.Event()
    with raw_server(lambda _: over.wait()) as port:
        try:
            searched(rig, f"http://127.0.0.1:{port}", **{limit: 0.05})
        finally:
            over.set()


@pytest.mark.slow
@pytest.mark.usefixtures("trusted")
def test_a_connection_that_is_not_made(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that can't be reached, and proxies that refuse."""
    with deaf_port() as port:
        searched(rig, f"http://127.0.0.1:{port}", connect=0.05)
    searched(rig, "http://127.0.0.1:1")
    for handler in (answer(b"no", status=407), close, hang, raw(PROXY_PASSWORD.encode() * 9)):
        proxy = serve(handler)
        for variable in ("HTTPS_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(variable, proxy.url.replace("://", f"://mary:{PROXY_PASSWORD}@"))
        searched(rig, "https://service.example", connect=0.05)
        searched(rig, "http://service.example", read=0.05)


def test_no_place(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that gets no connection."""
    monkeypatch.setattr(stdlib_async, "MAX_CONNECTIONS", 0)
    monkeypatch.setattr(pool.Pool.__init__, "__defaults__", (0,))
    searched(rig, serve(answer()).url, connect=0.05)


@pytest.mark.parametrize("fault", ["late", "late in chunks", "silent"])
def test_a_call_that_is_cancelled(rig: Rig, serve: Serve, fault: str) -> None:
    """A call that is cancelled, or whose client is closed, in the middle of its answer."""
    server = serve(FAULTS[fault])
    search = Search()
    client = rig.client(server.url)
    errors: list[BaseException] = []

    def closing() -> None:
        server.wait_for(lambda: len(server.requests) == 1)
        rig.kit.close(client)

    def work() -> None:
        try:
            send(rig, client, server.url)
        except CognitoIdpError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    closing()
    thread.join()
    if rig.wire.is_async:
        errors.append(rig.kit.run(cancelled, rig, partial(rig.client, server.url), server))
    for error in errors:
        search.error(error)
    assert (1 + rig.wire.is_async) == len(errors)
    assert "" == search.report()


async def cancelled(rig: Rig, make: Any, server: Any) -> BaseException:
    """Cancel a call when its request was received, and return what it raises."""
    client = make()
    client._link.open()
    number = len(server.requests)
    task = asyncio.ensure_future(client.call("AdminInitiateAuth", {"AuthParameters": {"PASSWORD": PASSWORD}}))
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, server.wait_for, lambda: len(server.requests) > number)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError as error:
        return error
    raise AssertionError(rig)
