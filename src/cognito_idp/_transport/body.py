"""Checks that every library needs: safe headers going out, answers of bounded size coming in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._errors import InvalidResponseError
from .._protocol.response import SUCCESS
from .._protocol.wire import HttpResponse, check_headers
from .limits import MAX_RESPONSE_BYTES

if TYPE_CHECKING:
    from .._protocol.wire import Headers

# More digits than any real size has; int() would be slow on thousands of them.
_DIGITS = 20
_CODINGS = r"(?:(?:gzip|deflate|br|zstd|compress)(?:, ?|$)){1,5}"


def check_outgoing(headers: Headers) -> None:
    """Reject headers that would end their line early.

    Raises:
        ConfigError: the message names the header, never its value.
    """
    text = "".join([value for _, value in headers])
    if "\r" in text or "\n" in text or "\0" in text or not text.isascii():
        check_headers(headers)  # says which one


class Incoming:
    """Collects an answer piece by piece, and refuses one that is too large or compressed."""

    __slots__ = ("_chunks", "_headers", "_limit", "_size", "_status_code")

    def __init__(self, status_code: int, headers: Headers, limit: int) -> None:
        """Take the answer's status and headers, with names in lower case; `limit` is in bytes.

        An answer that is not a success is one error, whatever its operation, so it has 1 MiB at most.

        Raises:
            InvalidResponseError: the body is compressed, or its declared size is above the limit.
        """
        if status_code not in SUCCESS:
            limit = min(limit, MAX_RESPONSE_BYTES)
        self._status_code = status_code
        self._headers = headers
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0
        for name, value in headers:
            if name == "content-length":
                if _is_above(value, limit):
                    self._refuse_size()
            elif name == "content-encoding" and value.lower() != "identity":
                # We asked for none, and unpacking untrusted data could fill the memory from a few bytes.
                shown = repr(value) if re.fullmatch(_CODINGS, value) else "in an unknown way"
                self._refuse(f"it is compressed ({shown}), which was not asked for")

    def add(self, chunk: bytes) -> None:
        """Add a piece of the body; over `fetch`, a user's transport may bring it as a memoryview.

        Raises:
            InvalidResponseError: the body is larger than the limit.
        """
        self._size += len(chunk)
        self._chunks.append(chunk if type(chunk) is bytes else bytes(chunk))
        if self._size > self._limit:
            self._refuse_size()

    def finish(self) -> HttpResponse:
        """Return the whole answer."""
        chunks = self._chunks
        return HttpResponse(self._status_code, self._headers, chunks[0] if len(chunks) == 1 else b"".join(chunks))

    def _refuse_size(self) -> None:
        self._refuse(f"it is larger than the limit of {self._limit:,} bytes")

    def _refuse(self, problem: str) -> None:
        head = HttpResponse(self._status_code, self._headers, b"")
        raise InvalidResponseError(
            problem,
            status_code=self._status_code,
            content_type=head.header("content-type"),
            request_id=head.header("x-amzn-requestid"),
        )


def _is_above(number: str, limit: int) -> bool:
    return _is_plain(number) and int(number) > limit


def _is_plain(number: str) -> bool:
    # ASCII only: isdigit() accepts superscripts, and int() does not.
    return number.isascii() and number.isdigit() and len(number) < _DIGITS
