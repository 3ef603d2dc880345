"""HTTP/1.1 on the wire (RFC 9112), without I/O: the bytes of a request, and a reader of answers.

The reader refuses anything that two readers could interpret differently: if a proxy and we disagree about where an
answer ends, one user can get another user's answer. The reader is a generator: send it the bytes as they come.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from .._errors import ConfigError
from .._protocol.wire import HttpResponse, check_headers
from .body import Incoming

if TYPE_CHECKING:
    from .._protocol.wire import Headers, HttpRequest

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_HEADER_LINES: Final = 256
MAX_INTERIM_ANSWERS: Final = 8
# We ignore chunk extensions; this bounds their total length in one answer.
MAX_EXTENSION_BYTES: Final = 16 * 1024

# Takes bytes (empty: the connection has ended); returns the answer and whether the connection can be reused.
Reader: TypeAlias = Generator[None, bytes, tuple[HttpResponse, bool]]


class BadAnswerError(ValueError):
    """The bytes are not an HTTP answer, or an ambiguous one. The message shows none of them."""


def answer_reader(max_response_bytes: int) -> Reader:
    """Return a reader for one answer, ready to take bytes.

    It raises `BadAnswerError`, or `InvalidResponseError` if the body is compressed or larger than the limit.
    """
    reader = _read(max_response_bytes)
    next(reader)
    return reader


def tunnel_reader() -> Reader:
    """Return a reader for a proxy's answer to CONNECT, which ends with its head (RFC 9110, 9.3.6)."""
    reader = _read_head_only()
    next(reader)
    return reader


def _read_head_only() -> Reader:
    status, headers, rest, _ = yield from _final_head()
    return HttpResponse(status, headers, b""), not rest


def _read(max_response_bytes: int) -> Reader:
    status, headers, rest, is_http_1_0 = yield from _final_head()
    length, is_chunked, is_closing = _framing(status, headers, is_http_1_0=is_http_1_0)
    answer = Incoming(status, headers, max_response_bytes)
    if is_chunked:
        rest = yield from _read_chunks(rest, answer)
    elif length is None:
        is_closing = True
        answer.add(rest)
        while rest := (yield):
            answer.add(rest)
    else:
        while len(rest) < length:
            answer.add(rest)
            length -= len(rest)
            rest = yield
            if not rest:
                msg = f"the connection closed {length} bytes before the end of the answer"
                raise BadAnswerError(msg)
        answer.add(rest[:length])
        rest = rest[length:]
    return answer.finish(), not (is_closing or rest)


def _final_head() -> Generator[None, bytes, tuple[int, Headers, bytes, bool]]:
    """Skip interim answers; return the status, the headers, the bytes after them, and whether it is HTTP/1.0."""
    data = yield
    if not data:
        msg = "the connection closed without an answer"
        raise BadAnswerError(msg)
    for _ in range(MAX_INTERIM_ANSWERS + 1):
        end = data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
        if end < 0 or not data.startswith(_BEGINNING):
            data, end = yield from _until_empty_line(data)
        lines = _lines(data[:end])
        (status, is_http_1_0), headers = _status(lines[0]), _fields(lines[1:])
        data = data[end + 4 :]
        if status >= _FINAL:
            return status, headers, data, is_http_1_0
        if status == _SWITCHING_PROTOCOLS:
            msg = "it switches to another protocol, which was not asked for"
            raise BadAnswerError(msg)
    msg = f"more than {MAX_INTERIM_ANSWERS} interim answers came before it"
    raise BadAnswerError(msg)


_FINAL = 200
_SWITCHING_PROTOCOLS = 101
_WITHOUT_BODY = (204, 304)
_BEGINNING = b"HTTP/1."
_NO_STATUS = "it does not begin with a status line of HTTP/1.x"
# Of `HTTP/1.1 200`, without the reason, which may be missing.
_STATUS_LENGTH = 12


def _status(line: str) -> tuple[int, bool]:
    """Read the status line: return the status, and whether it is HTTP/1.0.

    Not a regular expression, like what else every exchange reads: compiling them would take a cold start a millisecond.
    """
    version, status, rest = line[7:8], line[9:_STATUS_LENGTH], line[_STATUS_LENGTH:]
    is_spaced = line[8:9] == " " and rest[:1] in {"", " "}
    if not (is_spaced and _is_digits(version) and _is_digits(status) and (number := int(status)) >= _SMALLEST):
        raise BadAnswerError(_NO_STATUS)
    return number, version == "0"


_SMALLEST = 100


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


# Compiled for the first answer that comes in pieces, or in chunks.
@cache
def _stray() -> re.Pattern[bytes]:
    """Return the pattern of a line end that is not CRLF, or a NUL. A CR at the very end may be half of a CRLF."""
    return re.compile(rb"(?<!\r)\n|\r(?=[^\n])|\0")


@cache
def _chunk_line() -> re.Pattern[bytes]:
    """Return the pattern of a size, and an ignored extension, before which white space is allowed (RFC 9112, 7.1.1)."""
    return re.compile(rb"([0-9a-fA-F]{1,16})(?:[ \t]*;[^\r\n\0]*)?")


def _until_empty_line(data: bytes, what: str = "head") -> Generator[None, bytes, tuple[bytes, int]]:
    """Take bytes up to an empty line; return all bytes, and the position where the end of that line starts.

    Each byte is checked as it comes: a head that can't become valid is refused at once, and a head that comes in tiny
    pieces costs no more than any other.
    """
    buffer = bytearray(data)
    seen = 0
    while True:
        if what == "head" and not _BEGINNING.startswith(bytes(buffer[: len(_BEGINNING)])):
            raise BadAnswerError(_NO_STATUS)
        end = buffer.find(b"\r\n\r\n", max(seen - 3, 0), MAX_HEAD_BYTES)
        if _stray().search(buffer, max(seen - 1, 0), MAX_HEAD_BYTES if end < 0 else end + 1):
            msg = f"a line of its {what} ends with a bare CR or LF, or holds a NUL"
            raise BadAnswerError(msg)
        if end >= 0:
            return bytes(buffer), end
        if len(buffer) >= MAX_HEAD_BYTES:
            msg = f"its {what} is larger than {MAX_HEAD_BYTES} bytes"
            raise BadAnswerError(msg)
        seen = len(buffer)
        more = yield
        if not more:
            msg = f"the connection closed within the {what} of the answer"
            raise BadAnswerError(msg)
        buffer += more


def _lines(block: bytes) -> list[str]:
    text = block.decode("latin-1")
    lines = text.split("\r\n")
    line_ends = len(lines) - 1
    if text.count("\n") != line_ends or text.count("\r") != line_ends or "\0" in text:
        msg = "a line of its head ends with a bare CR or LF, or holds a NUL"
        raise BadAnswerError(msg)
    if line_ends > MAX_HEADER_LINES:
        msg = f"its head has more than {MAX_HEADER_LINES} header lines"
        raise BadAnswerError(msg)
    return lines


def _fields(lines: list[str]) -> Headers:
    fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        fields.append(((colon and _USUAL_NAMES.get(name)) or _checked_name(name, colon), value.strip(" \t")))
    return tuple(fields)


# The characters of a token (RFC 9110, 5.6.2).
_OF_A_NAME = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# The headers of every answer of the service; all others are checked one by one.
_USUAL_NAMES: Final[Mapping[str, str]] = {
    name: name.lower()
    for name in ("Date", "Content-Type", "Content-Length", "Connection", "x-amzn-RequestId", "x-amzn-ErrorType")
}


def _is_token(name: str) -> bool:
    return name != "" and not name.strip(_OF_A_NAME)


def _checked_name(name: str, colon: str) -> str:
    if colon and _is_token(name):
        return name.lower()
    problem = "the name of a header is not a token" if colon else "a header line has no colon"
    raise BadAnswerError("a header line is folded" if name[:1] in {" ", "\t"} else problem)


def _framing(status: int, headers: Headers, *, is_http_1_0: bool) -> tuple[int | None, bool, bool]:
    """Return how the body ends (RFC 9112, 6.3): its length or None; whether it is chunked; whether to close then."""
    lengths, codings, is_closing = [], [], is_http_1_0
    for name, value in headers:
        if name == "content-length":
            lengths.append(value)
        elif name == "transfer-encoding":
            codings.append(value)
        elif name == "connection" and "close" in value.lower():
            is_closing = True
    if (problem := _problem(lengths, codings, is_http_1_0=is_http_1_0)) is not None:
        raise BadAnswerError(problem)
    if status in _WITHOUT_BODY:
        return 0, False, is_closing
    return int(lengths[0]) if lengths else None, bool(codings), is_closing


def _problem(lengths: list[str], codings: list[str], *, is_http_1_0: bool) -> str | None:
    if len(lengths) > 1:
        return "it has more than one Content-Length"
    if lengths and not (_is_digits(lengths[0]) and len(lengths[0]) <= _LENGTH_DIGITS):
        return "its Content-Length is not a plain number"
    if lengths and codings:
        return "it has both a Content-Length and a Transfer-Encoding"
    if codings and (len(codings) > 1 or codings[0].lower() != "chunked"):
        return "its Transfer-Encoding is not 'chunked'"
    if codings and is_http_1_0:
        return "it is in chunks, which HTTP/1.0 does not have"
    return None


# More digits than any real size has; int() would be slow on thousands of them.
_LENGTH_DIGITS = 19
_CHUNK_LINE_BYTES = 4096


def _read_chunks(data: bytes, answer: Incoming) -> Generator[None, bytes, bytes]:
    """Read a chunked body and skip its trailers; return the bytes that follow."""
    at, extensions = 0, 0
    while True:
        seen = at
        while (end := data.find(b"\r\n", at, at + _CHUNK_LINE_BYTES)) < 0:
            if len(data) - at >= _CHUNK_LINE_BYTES or _stray().search(data, seen):
                raise BadAnswerError(_NO_SIZE)
            seen = max(len(data) - at - 1, 0)
            data, at = data[at:] + (yield from _more()), 0
        line = _chunk_line().fullmatch(data, at, end)
        if line is None:
            raise BadAnswerError(_NO_SIZE)
        extensions += end - line.end(1)
        if extensions > MAX_EXTENSION_BYTES:
            msg = f"the extensions of its chunks are longer than {MAX_EXTENSION_BYTES} bytes"
            raise BadAnswerError(msg)
        size = int(line[1], 16)
        if size == 0:
            break
        at = end + 2
        while len(data) - at < size:
            answer.add(data[at:])
            size -= len(data) - at
            data, at = (yield from _more()), 0
        answer.add(data[at : at + size])
        at += size
        while len(data) - at < 2:  # noqa: PLR2004 - CRLF
            data, at = data[at:] + (yield from _more()), 0
        if data[at : at + 2] != b"\r\n":
            msg = "a chunk is longer than its size says"
            raise BadAnswerError(msg)
        at += 2
    # Start at the end of the last chunk's line: without trailers, an empty line follows at once.
    data, end = yield from _until_empty_line(data[end:], "trailers")
    _fields(_lines(data[:end])[1:])
    return data[end + 4 :]


_NO_SIZE = "the size of a chunk can't be read"


def _more() -> Generator[None, bytes, bytes]:
    data = yield
    if not data:
        msg = "the connection closed within a body in chunks"
        raise BadAnswerError(msg)
    return data


def request_bytes(request: HttpRequest, target: str, more: str = "") -> bytes:
    """Return a request as wire bytes; `more` holds extra header lines that the route needs.

    Nothing in a request can change where it ends: header text is checked, and the length is the body's.

    Raises:
        ConfigError: a header would end its line early, or says how a request ends; the message never shows a value.
    """
    headers, body = request.headers, request.body
    method = request.method
    start = f"{method} {target}"
    if not (method.isalpha() and method.isupper() and target and start.isascii() and start.isprintable()) or (
        " " in target
    ):
        msg = "the method or the URL of a request holds something other than printable ASCII"
        raise ConfigError(msg)
    lines = "".join([f"{_field(name)}{value}\r\n" for name, value in headers])
    line_ends = len(headers)
    if lines.count("\n") != line_ends or lines.count("\r") != line_ends or "\0" in lines or not lines.isascii():
        check_headers(headers)  # says which one
    lengths = [value for name, value in headers if name == "content-length"]
    if lengths != [str(len(body))] and (lengths or body):
        msg = "the header 'content-length' of a request must be there once, with the length of its body"
        raise ConfigError(msg)
    return f"{start} HTTP/1.1\r\n{lines}{more}\r\n".encode("ascii") + body


# The engine sets these itself, or they belong to a connection and not to a request (RFC 9110, 7.6.1).
_NOT_FOR_CALLERS = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect"})


@lru_cache(maxsize=256)
def _field(name: str) -> str:
    if not _is_token(name) or name != name.lower() or name in _NOT_FOR_CALLERS:
        msg = f"header {name!r} can't be sent: not a token in lower case, or one for a connection, not for a request"
        raise ConfigError(msg)
    return f"{name}: "
