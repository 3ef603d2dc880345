"""Bounds of an answer: cut off anywhere, larger than the limit, and what reading costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from cognito_idp import InvalidResponseError
from cognito_idp._transport import http1

from .reading import CLOSED, KEPT, Read, chunks, framed, head, hello, ours, theirs

if TYPE_CHECKING:
    import re

GOOD: Final = {
    "with a length": hello(b"Date: today"),
    "in chunks": chunks(b"2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nX: y\r\n\r\n"),
    "behind an interim answer": head(start=b"HTTP/1.1 100 Continue") + hello(),
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_an_answer_cut_off_at_any_byte(data: bytes) -> None:
    """An answer that shows its end is refused wherever it is cut off, by us and by httpx."""
    assert KEPT == ours([data]) == theirs(data)
    for end in range(len(data)):
        decision = ours([data[:end]])
        assert isinstance(decision, str), end
        assert "closed" in decision
        assert theirs(data[:end]) is None


def test_an_answer_until_close_cut_off_at_any_byte() -> None:
    """An answer that ends with its connection is refused within its head, and later read as far as it came."""
    data, start = framed(), len(head())
    assert CLOSED == ours([data]) == theirs(data)
    for end in range(len(data)):
        decision = ours([data[:end]])
        if end < start:
            assert isinstance(decision, str)
            assert theirs(data[:end]) is None
        else:
            assert Read(200, data[start:end], is_kept=False) == decision == theirs(data[:end])


BODIES: Final = {
    "with a length": lambda body: framed(b"Content-Length: %d" % len(body), body=body),
    "in one chunk": lambda body: chunks(b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"),
    "in many chunks": lambda body: chunks(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"),
    "until close": lambda body: framed(body=body),
}


@pytest.mark.parametrize("make", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("size", [1, 2, 16, 1000])
def test_the_limit_of_a_body(make: Any, size: int) -> None:
    """A body as large as the limit is read, and one byte more is refused, in one piece and byte by byte."""
    good, large = make(b"a" * size), make(b"a" * (size + 1))
    for pieces in ([good], [bytes([byte]) for byte in good]):
        decision = ours(pieces, size)
        assert not isinstance(decision, str)
        assert b"a" * size == decision.body
    for pieces in ([large], [bytes([byte]) for byte in large]):
        assert f"it is larger than the limit of {size:,} bytes" == ours(pieces, size)


def test_a_body_announced_as_too_large() -> None:
    """A body that is announced as too large is refused by the head alone."""
    reader = http1.answer_reader(1000)
    with pytest.raises(InvalidResponseError, match="larger than the limit of 1,000 bytes"):
        reader.send(head(b"Content-Length: 1001"))


def test_a_chunk_that_is_too_large() -> None:
    """A chunk is refused when more of it than the limit has come, however large it says it is."""
    reader = http1.answer_reader(1000)
    reader.send(chunks(b"ffffffffffffffff\r\n" + b"a" * 1000))
    with pytest.raises(InvalidResponseError, match="larger than the limit of 1,000 bytes"):
        reader.send(b"a")


STARTS: Final = {
    "another protocol": b"S",
    "another version": b"HTTP/2",
    "an LF": b"HTTP/1.1 200 OK\n",
    "a CR": b"HTTP/1.1 200 OK\rX",
    "a NUL": b"HTTP/1.1 200 OK\r\nX: \0",
    "an LF for a size": chunks(b"5\n"),
    "an LF in a trailer": chunks(b"0\r\nX: y\n"),
    "64 KiB without an end": head()[:-2] + b"a" * (65536 - len(head()[:-2])),
    "a CR in a size": chunks(b"5\rx"),
    "an endless extension": chunks(b"5;" + b"a" * 4094),
    "a ninth interim answer": head(start=b"HTTP/1.1 100 X") * 9,
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_refused_at_once(start: bytes) -> None:
    """What can't become a good answer is refused when it comes, not when the peer closes or a time limit ends."""
    for size in (len(start), 1):
        reader = http1.answer_reader(1000)
        pieces = [start[at : at + size] for at in range(0, len(start), size)]
        with pytest.raises(http1.BadAnswerError):
            _ = [reader.send(piece) for piece in pieces]


class Work:
    """Counts the bytes that are searched or copied."""

    bytes = 0


class CountingBytes(bytes):
    """Bytes from the network whose searches and copies are counted."""

    def find(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        """Search."""
        found = super().find(sub, start, end)
        Work.bytes += (min(end, len(self)) if found < 0 else found) - start
        return found

    def __getitem__(self, key: Any) -> Any:
        """Copy a part."""
        part = CountingBytes(super().__getitem__(key))
        Work.bytes += len(part)
        return part

    def __add__(self, other: Any) -> CountingBytes:
        """Copy both."""
        Work.bytes += len(self) + len(other)
        return CountingBytes(super().__add__(other))


class CountingBuffer(bytearray):
    """A buffer whose searches and copies are counted."""

    def find(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        """Search."""
        found = super().find(sub, start, end)
        Work.bytes += (min(end, len(self)) if found < 0 else found) - start
        return found

    def __getitem__(self, key: Any) -> Any:
        """Copy a part."""
        part = super().__getitem__(key)
        Work.bytes += len(part)
        return part


class CountingPattern:
    """A pattern whose searches are counted."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern

    def search(self, data: bytes | bytearray, start: int, end: int | None = None) -> re.Match[bytes] | None:
        """Search."""
        end = len(data) if end is None else min(end, len(data))
        Work.bytes += end - start
        return self._pattern.search(data, start, end)


ENDLESS: Final = head()[:-2] + b"X: " + b"a" * 60_000
DRIPPED: Final = {
    "a header": (ENDLESS, 1),
    "header lines": (head(*[b"X: " + b"a" * 234] * 250), 1),
    "a trailer": (chunks(b"0\r\nX: " + b"a" * 60_000), 1),
    "chunks of a byte": (chunks(b"1\r\na\r\n" * 8_000 + b"0\r\n\r\n"), 1),
    "256 KiB of chunks of a byte, at once": (chunks(b"1\r\na\r\n" * 43_690), 1 << 30),
    "256 KiB of chunks of a byte, in packets": (chunks(b"1\r\na\r\n" * 43_690), 1460),
    "a body": (framed(b"Content-Length: 60000", body=b"a" * 60_000), 1),
    "a chunk": (chunks(b"ea60\r\n" + b"a" * 60_000), 1),
    "interim answers": (head(b"X: " + b"a" * 5_000, start=b"HTTP/1.1 100 X") * 8, 1),
}


@pytest.mark.slow
@pytest.mark.parametrize(("data", "size"), DRIPPED.values(), ids=DRIPPED)
def test_work_grows_with_the_answer(data: bytes, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte is searched or copied 13 times at most, in whatever pieces an answer comes."""
    monkeypatch.setattr(http1, "bytearray", CountingBuffer, raising=False)
    pattern = CountingPattern(http1._stray())
    monkeypatch.setattr(http1, "_stray", lambda: pattern)
    monkeypatch.setattr(Work, "bytes", 0)
    ours((CountingBytes(data[at : at + size]) for at in range(0, len(data), size)), 1 << 30)
    assert Work.bytes < 14 * len(data)
