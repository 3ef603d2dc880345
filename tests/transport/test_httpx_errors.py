"""Every failure of httpx's, as one of ours, through both adapters."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

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
