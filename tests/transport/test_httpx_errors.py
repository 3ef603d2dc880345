"""Every failure of httpx's, as one of ours, through both adapters."""

from __future__ import annotations

import ssl
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import anyio
import httpx
import pytest

from cognito_idp import AsyncClient
from cognito_idp._transport.httpx_errors import failures_of, translated
from cognito_idp.errors import (
    ConnectError,
    ConnectTimeoutError,
    ProtocolError,
    ProxyError,
    ReadError,
    ReadTimeoutError,
    TimeoutError_,
    TransportError,
    WriteError,
    WriteTimeoutError,
)
from tests.support.kit import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kit import Kit

TABLE: list[tuple[Exception, type[TransportError]]] = [
    (httpx.ConnectTimeout("text"), ConnectTimeoutError),
    (httpx.PoolTimeout("text"), ConnectTimeoutError),
    (httpx.ReadTimeout("text"), ReadTimeoutError),
    (httpx.WriteTimeout("text"), WriteTimeoutError),
    (httpx.ConnectError("text"), ConnectError),
    (httpx.ProxyError("text"), ProxyError),
    (httpx.ReadError("text"), ReadError),
    (httpx.WriteError("text"), WriteError),
    (httpx.RemoteProtocolError("text"), ProtocolError),
    (httpx.LocalProtocolError("text"), ProtocolError),
    (httpx.CloseError("text"), TransportError),
    (httpx.UnsupportedProtocol("text"), TransportError),
    (httpx.StreamError("text"), TransportError),
    (TimeoutError("text"), ReadTimeoutError),
    (ConnectionResetError("text"), TransportError),
    (ssl.SSLError(1, "text"), TransportError),
    (OSError("text"), TransportError),
]
BY_CLASS = pytest.mark.parametrize(("theirs", "ours"), TABLE, ids=[type(theirs).__name__ for theirs, _ in TABLE])


def leaves(cls: type[Exception]) -> Iterator[type[Exception]]:
    """Return the classes that have no subclass in httpx."""
    below = [sub for sub in cls.__subclasses__() if sub.__module__ == "httpx"]
    if not below:
        yield cls
    for sub in below:
        yield from leaves(sub)


def test_the_table_knows_all_of_httpx() -> None:
    """Every kind of transport failure that httpx has is in the table above."""
    assert set(leaves(httpx.TransportError)) <= {type(theirs) for theirs, _ in TABLE}


@BY_CLASS
def test_a_failure_before_the_answer(kit: Kit, theirs: Exception, ours: type[TransportError]) -> None:
    """A failure while sending becomes ours, with the host in its text and theirs, or a copy of it, as its cause."""

    def respond(_: httpx.Request) -> httpx.Response:
        raise theirs

    with pytest.raises(TransportError) as caught:
        kit.run(kit.client(respond=respond, retry="off").call, "ListUsers")
    assert type(caught.value) is ours
    if ours in (ProtocolError, ProxyError):
        # Their words may be the peer's.
        name = type(theirs).__name__
        assert f"cognito-idp.us-east-1.amazonaws.com: {name}" == str(caught.value)
        assert f"{name}('{name}')" == repr(caught.value.__cause__)
    else:
        assert "cognito-idp.us-east-1.amazonaws.com: text" == str(caught.value)
        assert theirs is caught.value.__cause__
    assert None is caught.value.__context__
    assert issubclass(ours, ConnectError) is not caught.value.sent


class BrokenStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks in the middle; `closed` counts how often it was closed."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        """Break in the middle."""
        yield b'{"Us'
        raise self._failure

    async def __aiter__(self) -> Any:
        """Break in the middle."""
        yield b'{"Us'
        raise self._failure

    def close(self) -> None:
        """Count."""
        self.closed += 1

    async def aclose(self) -> None:
        """Count."""
        self.closed += 1


class StreamingTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that hands a stream over unread, as network ones do."""

    def __init__(self, stream: BrokenStream) -> None:
        self._stream = stream

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - the base's parameter
        """Answer."""
        return httpx.Response(200, stream=self._stream)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        return self.handle_request(request)


@BY_CLASS
def test_a_failure_in_the_answer(kit: Kit, theirs: Exception, ours: type[TransportError]) -> None:
    """A failure while reading becomes ours just so, and the answer is closed, once."""
    stream = BrokenStream(theirs)
    client = kit.client(transport=StreamingTransport(stream), retry="off")
    with pytest.raises(TransportError) as caught:
        kit.run(client.call, "ListUsers")
    assert type(caught.value) is ours
    assert 1 == stream.closed
    kit.close(client)


def test_a_failure_of_nobodys_kind_comes_out_as_it_is(kit: Kit) -> None:
    """What is no failure of a transport, such as a mistake in a user's own one, is not dressed up as one."""

    def respond(_: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    assert not issubclass(ZeroDivisionError, failures_of(httpx))
    with pytest.raises(ZeroDivisionError):
        kit.run(kit.client(respond=respond).call, "ListUsers")


def test_timeouts_are_timeouts() -> None:
    """Every error about time is one of ours and the builtin one, so that either may be caught."""
    for theirs, ours in TABLE:
        if issubclass(ours, TimeoutError_):
            assert isinstance(translated(httpx, theirs, "host"), TimeoutError)


def test_a_failure_without_a_text_shows_the_one_behind_it() -> None:
    """What a library leaves unsaid is taken from the exceptions behind it, and from the class in the end."""
    silent = httpx.ConnectError("")
    silent.__cause__ = OSError()
    assert "host: ConnectError" == str(translated(httpx, silent, "host"))
    silent.__cause__.__context__ = ssl.SSLError(1, "certificate verify failed")
    assert "host: certificate verify failed" == str(translated(httpx, silent, "host"))


def test_a_failure_without_a_text_does_not_show_the_callers(kit: Kit) -> None:
    """What the caller is handling while it calls is behind the library's exceptions, and its text is not shown."""
    client = kit.client(respond=silently, retry="off")
    try:
        int("the caller's")
    except ValueError:
        with pytest.raises(ReadError) as caught:
            kit.run(client.call, "ListUsers")
    assert "cognito-idp.us-east-1.amazonaws.com: ReadError" == str(caught.value)


def silently(_: httpx.Request) -> httpx.Response:
    """Fail without a text."""
    text = ""
    raise httpx.ReadError(text)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("ServerDisconnectedError", ProtocolError),
        ("ClientOSError", ReadError),
        ("ConnectionTimeoutError", ConnectTimeoutError),
        ("SocketTimeoutError", ReadTimeoutError),
        ("ClientPayloadError", ReadError),
    ],
)
def test_what_aiohttp_says_counts(name: str, ours: type[TransportError]) -> None:
    """What httpx_aiohttp takes for a slow connection is what aiohttp says: a request may have been sent."""
    aiohttp = pytest.importorskip("aiohttp")
    error = httpx.ConnectTimeout("text")
    error.__cause__ = getattr(aiohttp, name)()
    assert type(translated(httpx, error, "host")) is ours


class JsError(Exception):
    """An exception of JavaScript's."""


def under_pyodide(patch: pytest.MonkeyPatch) -> None:
    """Make the platform Pyodide's."""
    ffi: Any = ModuleType("pyodide.ffi")
    ffi.JsException = JsError
    patch.setitem(sys.modules, "pyodide.ffi", ffi)
    patch.setattr(sys, "platform", "emscripten")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (httpx.ConnectError("text"), ReadError),
        (httpx.ProxyError("text"), ReadError),
        (httpx.ConnectTimeout("text"), ReadTimeoutError),
        (httpx.PoolTimeout("text"), ReadTimeoutError),
        (httpx.ReadError("text"), ReadError),
        (httpx.WriteTimeout("text"), WriteTimeoutError),
        (httpx.UnsupportedProtocol("text"), ReadError),
        (OSError("text"), ReadError),
        (JsError("TypeError: fetch failed"), ReadError),
    ],
)
def test_failures_over_fetch(
    kit: Kit, theirs: Exception, ours: type[TransportError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under Pyodide every failure of a user's transport may have been sent, so a SignUp isn't sent again."""
    under_pyodide(monkeypatch)
    sent = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise theirs

    with pytest.raises(TransportError) as caught:
        kit.run(kit.client(respond=respond).sign_up, client_id="c", username="u", password="p")
    assert (ours, True, False) == (type(caught.value), caught.value.sent, caught.value.is_repeatable)
    assert 1 == len(sent)


class Views(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes as views, as `fetch` brings it."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[Any]:
        """Yield the pieces."""
        for piece in self._pieces:
            yield memoryview(piece)

    async def __aiter__(self) -> Any:
        """Yield the pieces."""
        for piece in self._pieces:
            yield memoryview(piece)


@pytest.mark.parametrize("pieces", [(b'{"A": 1}',), (b'{"A"', b": 1}")], ids=["one", "two"])
def test_answers_that_come_as_memoryviews(kit: Kit, pieces: tuple[bytes, ...]) -> None:
    """A body of memoryviews is read like one of bytes."""
    client = kit.client(respond=lambda _: httpx.Response(200, stream=Views(*pieces)))
    assert {"A": 1} == kit.run(client.call, "ListUsers")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_no_group_of_exceptions_escapes(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is raised in a group while the default transport connects becomes our error; the first is its cause."""
    text = "no sockets here"
    cause = NotImplementedError(text)

    async def connect(*_: object, **__: object) -> NoReturn:
        raise ExceptionGroup(text, [ExceptionGroup(text, [cause]), OSError("another")])

    async def call() -> None:
        async with AsyncClient("us-east-1", credentials=CREDENTIALS, endpoint_url="http://127.0.0.1:9") as client:
            await client.call("ListUsers")

    monkeypatch.setattr("anyio.connect_tcp", connect)
    monkeypatch.setattr("trio.open_tcp_stream", connect)
    with pytest.raises(TransportError, match=r"^127\.0\.0\.1:9: no sockets here$") as caught:
        anyio.run(call, backend=backend)
    assert cause is caught.value.__cause__
