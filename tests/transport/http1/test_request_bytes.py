"""The bytes of a request: nothing that a caller passes can change where it ends."""

from __future__ import annotations

from typing import Final

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cognito_idp._protocol.wire import Headers, HttpRequest, Limits
from cognito_idp._transport.http1 import request_bytes
from cognito_idp.errors import ConfigError

SECRET: Final = "SecretMark-0123456789-abcdef"
GOOD: Final = (("host", "example.com"), ("content-length", "2"))


def request(headers: Headers = GOOD, *, method: str = "POST", body: bytes = b"{}") -> HttpRequest:
    """Return a request."""
    return HttpRequest(method, "https://example.com/", headers, body, Limits(None, None, None, None, 1000))


_BAD_HEADERS: Final[dict[str, tuple[str, str]]] = {
    "a CRLF in a value": ("x", f"{SECRET}\r\ny: z"),
    "an LF in a value": ("x", f"{SECRET}\ny: z"),
    "a CR in a value": ("x", f"{SECRET}\ry: z"),
    "a CRLF behind a value": ("x", f"{SECRET}\r\n"),
    "two line ends in a value": ("x", f"{SECRET}\r\n\r\nGET / HTTP/1.1"),
    "a NUL in a value": ("x", f"{SECRET}\0"),
    "a value outside ASCII": ("x", f"{SECRET}\xe9"),
    "a value that other encodings end a line in": ("x", f"{SECRET}\u010d\u010a"),
    "a next-line character": ("x", f"{SECRET}\x85y: z"),
    "a line separator": ("x", f"{SECRET}\u2028y: z"),
    "a lone surrogate": ("x", f"{SECRET}\ud800"),
    "a line end in a name": ("x\r\ny", SECRET),
    "an LF in a name": ("x\n", SECRET),
    "a NUL in a name": ("x\0", SECRET),
    "a name outside ASCII": ("\xe9", SECRET),
    "a name that is a letter only when lower": ("\u212aey", SECRET),
    "a colon in a name": ("name: x", SECRET),
    "a colon behind a name": ("name:", SECRET),
    "a blank in a name": ("na me", SECRET),
    "a blank behind a name": ("content-length ", SECRET),
    "a fold": (" x", SECRET),
    "no name": ("", SECRET),
    "a name in capitals": ("Content-Length", SECRET),
    "a coding": ("transfer-encoding", SECRET),
    "a coding in capitals": ("Transfer-Encoding", SECRET),
    "connection": ("connection", SECRET),
    "keep-alive": ("keep-alive", SECRET),
    "upgrade": ("upgrade", SECRET),
    "expect": ("expect", SECRET),
    "te": ("te", SECRET),
    "trailer": ("trailer", SECRET),
}


@pytest.mark.parametrize("header", _BAD_HEADERS.values(), ids=_BAD_HEADERS)
def test_a_header_that_would_change_the_framing(header: tuple[str, str]) -> None:
    """A header that would end its line early, or that says how a request ends, is refused; no value is shown."""
    for headers in ((*GOOD, header), (header, *GOOD)):
        with pytest.raises(ConfigError, match="header ") as caught:
            request_bytes(request(headers), "/")
        assert SECRET not in f"{caught.value}{caught.value.__context__!r}"


_BAD_LENGTHS: Final[dict[str, tuple[str, ...]]] = {
    "none": (),
    "too small": ("1",),
    "too large": ("3",),
    "twice": ("2", "2"),
    "twice, one wrong": ("2", "3"),
    "a list": ("2, 2",),
    "a zero before it": ("02",),
    "plus": ("+2",),
    "a blank": (" 2",),
    "other digits": ("\u0662",),
    "empty": ("",),
    "a word": (SECRET,),
}


@pytest.mark.parametrize("lengths", _BAD_LENGTHS.values(), ids=_BAD_LENGTHS)
def test_a_length_that_is_not_the_bodys(lengths: tuple[str, ...]) -> None:
    """A body has its length beside it, once and as a plain number."""
    headers = (("host", "example.com"), *(("content-length", length) for length in lengths))
    with pytest.raises(ConfigError, match="header 'content-length'") as caught:
        request_bytes(request(headers), "/")
    assert SECRET not in f"{caught.value}{caught.value.__context__!r}"


def test_a_length_without_a_body() -> None:
    """Without a body, the length may be left out, or is zero."""
    host = ("host", "example.com")
    assert b"GET / HTTP/1.1\r\nhost: example.com\r\n\r\n" == request_bytes(
        request((host,), method="GET", body=b""), "/"
    )
    headers = (host, ("content-length", "0"))
    expected = b"POST / HTTP/1.1\r\nhost: example.com\r\ncontent-length: 0\r\n\r\n"
    assert expected == request_bytes(request(headers, body=b""), "/")
    with pytest.raises(ConfigError, match="header 'content-length'"):
        request_bytes(request(body=b""), "/")


def test_no_headers() -> None:
    """A request without headers is one head all the same, and the lines of the way belong to it."""
    assert b"GET / HTTP/1.1\r\na: b\r\n\r\n" == request_bytes(request((), method="GET", body=b""), "/", "a: b\r\n")


_BAD_TARGETS: Final = {
    "a blank": f"/{SECRET} HTTP/1.1",
    "a line end": f"/{SECRET} HTTP/1.1\r\nx: y\r\n\r\n",
    "an LF": f"/{SECRET}\n",
    "a CR": f"/{SECRET}\r",
    "a NUL": f"/{SECRET}\0",
    "a tab": f"/{SECRET}\t",
    "outside ASCII": f"/{SECRET}\xe9",
    "a surrogate": f"/{SECRET}\ud800",
    "a DEL": f"/{SECRET}\x7f",
    "empty": "",
}


@pytest.mark.parametrize("target", _BAD_TARGETS.values(), ids=_BAD_TARGETS)
def test_a_target_that_would_end_the_line(target: str) -> None:
    """A target of anything but printable ASCII is refused, and not shown."""
    with pytest.raises(ConfigError, match="the URL of a request") as caught:
        request_bytes(request(), target)
    assert SECRET not in f"{caught.value}{caught.value.__context__!r}"


@pytest.mark.parametrize("method", ["", "GET /other HTTP/1.1\r\n\r\nPOST", "G\0T", "G\xc9T", "get"])
def test_a_method_that_is_none(method: str) -> None:
    """A method is a word in capitals."""
    with pytest.raises(ConfigError, match="the method"):
        request_bytes(request(method=method), "/")


_TOKEN: Final = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
_OWN: Final = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
_names = st.text(_TOKEN, min_size=1, max_size=20).filter(lambda name: name not in {*_OWN, "content-length", "host"})
# A receiver takes away blanks around a value, and h11 refuses control characters that are white space to it.
_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=50).map(str.strip)


@pytest.mark.slow
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=50),
    st.lists(st.tuples(_names, _values), max_size=8),
    st.binary(max_size=200),
)
@example("POST", "/", [], b"\r\n\r\nGET / HTTP/1.1\r\n\r\n")
def test_a_server_reads_what_was_meant(method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> None:
    """A server reads one request with the method, target, headers and body that were given, and nothing behind it."""
    all_headers = (("host", "example.com"), *headers, ("content-length", str(len(body))))
    server = h11.Connection(h11.SERVER)
    server.receive_data(request_bytes(request(all_headers, method=method, body=body), target))
    found = server.next_event()
    assert isinstance(found, h11.Request)
    assert (method.encode(), target.encode(), b"1.1") == (found.method, found.target, found.http_version)
    assert [(name.encode(), value.encode()) for name, value in all_headers] == list(found.headers)
    received = b""
    while isinstance(event := server.next_event(), h11.Data):
        received += event.data
    assert body == received
    assert isinstance(event, h11.EndOfMessage)
    assert (b"", False) == server.trailing_data


@given(st.text(max_size=20), st.text(max_size=20))
@example("x", "y\r\nz: a")
@example("Content-Length", "0")
def test_any_header_is_one_line(name: str, value: str) -> None:
    """Any header is one line of the head, or refused."""
    try:
        data = request_bytes(request((*GOOD, (name, value))), "/")
    except ConfigError:
        return
    line = f"{name}: {value}".encode("ascii")
    assert not {*b"\r\n\0"} & {*line}
    assert [b"POST / HTTP/1.1", b"host: example.com", b"content-length: 2", line, b"", b"{}"] == data.split(b"\r\n")
