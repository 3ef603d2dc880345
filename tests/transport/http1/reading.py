"""One answer, read by our reader and by httpx's own (httpcore over h11), and the rows that hold the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import httpcore

from cognito_idp import InvalidResponseError
from cognito_idp._transport.http1 import BadAnswerError, answer_reader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cognito_idp._transport.http1 import Reader

LIMIT: Final = 1 << 17


class Stream(httpcore.MockStream):
    """Pieces to read, then the end of the connection, and whether that was read."""

    has_ended = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next piece."""
        data = super().read(max_bytes, timeout)
        self.has_ended = not data
        return data


class Read(NamedTuple):
    """An answer that was read, and whether its connection is used again."""

    status: int
    body: bytes
    is_kept: bool


class Row(NamedTuple):
    """An answer, then the end of the connection; what we read of it, or a part of our error's text.

    `differs` says how our decision differs from httpx's, why, and where the RFC leaves or gives us that choice.
    """

    data: bytes
    decision: Read | str
    differs: str = ""


KEPT: Final = Read(200, b"hello", is_kept=True)
CLOSED: Final = Read(200, b"hello", is_kept=False)
FIVE: Final = b"Content-Length: 5"
IN_CHUNKS: Final = b"Transfer-Encoding: chunked"


def head(*lines: bytes, start: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """Return the head of an answer."""
    return b"\r\n".join((start, *lines, b"", b""))


def started(start: bytes) -> bytes:
    """Return a good answer but for its first line."""
    return head(FIVE, start=start) + b"hello"


def hello(*lines: bytes) -> bytes:
    """Return a good answer with header lines before its length."""
    return head(*lines, FIVE) + b"hello"


def framed(*lines: bytes, body: bytes = b"hello") -> bytes:
    """Return an answer whose header lines are these."""
    return head(*lines) + body


def chunks(body: bytes) -> bytes:
    """Return an answer with a body in chunks."""
    return head(IN_CHUNKS) + body


def ours(pieces: Iterable[bytes], limit: int = LIMIT) -> Read | str:
    """Read an answer that comes in pieces, with our reader; return it, or the text of the error."""
    return decided(answer_reader(limit), pieces)


def decided(reader: Reader, pieces: Iterable[bytes]) -> Read | str:
    """Send pieces and the end of the connection to a reader; return the answer, or the text of the error."""
    waiting = iter((*filter(None, pieces), b""))
    try:
        for piece in waiting:
            reader.send(piece)
    except StopIteration as done:
        response, is_kept = done.value
        # Pieces that are left make an idle connection readable, which ends it.
        return Read(response.status_code, response.body, is_kept and not any(waiting))
    except BadAnswerError as error:
        return str(error)
    except InvalidResponseError as error:
        return error.problem
    msg = "the reader waits for more behind the end of the connection"
    raise AssertionError(msg)


def theirs(data: bytes) -> Read | None:
    """Read an answer to a POST as httpx does; None: it is refused."""
    size = httpcore.HTTP11Connection.READ_NUM_BYTES
    stream = Stream([data[at : at + size] for at in range(0, len(data), size)])
    connection = httpcore.HTTP11Connection(httpcore.Origin(b"http", b"example.com", 80), stream)
    request = httpcore.Request(
        "POST", "http://example.com/", headers={"host": "example.com", "content-length": "2"}, content=b"{}"
    )
    try:
        response = connection.handle_request(request)
        body = response.read()
        response.close()
    except httpcore.RemoteProtocolError:
        return None
    # The end, and what comes later, make an idle connection readable, which ends it.
    is_kept = connection.is_idle() and not stream.has_ended and not stream.read(size)
    return Read(response.status, body, is_kept)


def difference(mine: Read | str, other: Read | None) -> str:
    """Return in one word how two decisions differ; nothing if they don't, or both refuse."""
    if isinstance(mine, str):
        return "stricter" if other is not None else ""
    if other is None:
        return "more lenient"
    assert mine[:2] == other[:2], "both read an answer, and not the same one"
    if mine.is_kept == other.is_kept:
        return ""
    return "closes" if other.is_kept else "keeps"
