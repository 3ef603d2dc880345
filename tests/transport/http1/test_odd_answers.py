"""Odd answers: our decision for each, however it is cut into pieces, and how httpx decides."""

from __future__ import annotations

import re
from typing import Final

import pytest

from cognito_idp._transport.http1 import tunnel_reader
from tests.support.loop import for_each

from . import bodies, heads, pieces
from .reading import FIVE, Read, Row, decided, difference, head, ours, theirs

TABLES: Final = {
    "status line": heads.STATUS_LINES,
    "header line": heads.HEADER_LINES,
    "interim": heads.INTERIM,
    "length": bodies.LENGTHS,
    "coding": bodies.CODINGS,
    "until close": bodies.UNTIL_CLOSE,
    "behind": bodies.BEHIND,
    "cut off": bodies.CUT_OFF,
    "size": pieces.SIZES,
    "extension": pieces.EXTENSIONS,
    "trailer": pieces.TRAILERS,
}
ROWS: Final = {f"{table}: {name}": row for table, rows in TABLES.items() for name, row in rows.items()}
LONG: Final = 1000

each_row = for_each("row", ROWS)


def is_as_decided(row: Row, decision: Read | str) -> bool:
    """Return whether that is the row's decision: the same answer, or an error with its words."""
    if isinstance(row.decision, str):
        return isinstance(decision, str) and row.decision in decision
    return row.decision == decision


@each_row
def test_the_decision(row: Row) -> None:
    """An odd answer is read or refused as its row says, and as httpx does unless the row says why not."""
    decision = ours([row.data])
    assert is_as_decided(row, decision), decision
    assert row.differs.partition(":")[0] == difference(decision, theirs(row.data))
    assert not row.differs or re.fullmatch(r"[a-z ]+: .+ \(RFC 91\d\d, \d[\d.]*\)", row.differs)


@pytest.mark.slow
@each_row
def test_pieces_change_nothing(row: Row) -> None:
    """The decision, and the words of an error, are the same byte by byte, and cut in two at any place."""
    data = row.data
    expected = ours([data])
    assert expected == ours(bytes([byte]) for byte in data)
    step = 1 if len(data) <= LONG else len(data) // 50
    for at in {*range(0, len(data), step), *range(max(0, len(data) - 20), len(data))}:
        assert expected == ours((data[:at], data[at:])), at


TUNNELS: Final = {
    "a good answer": (head(start=b"HTTP/1.1 200 Connection established"), Read(200, b"", is_kept=True)),
    "HTTP/1.0": (head(start=b"HTTP/1.0 200 Connection established"), Read(200, b"", is_kept=True)),
    "a length": (head(FIVE), Read(200, b"", is_kept=True)),
    "a length that is none": (head(b"Content-Length: x", b"Transfer-Encoding: x"), Read(200, b"", is_kept=True)),
    "an interim answer": (head(start=b"HTTP/1.1 100 X") + head(), Read(200, b"", is_kept=True)),
    "bytes behind": (head() + b"x", Read(200, b"", is_kept=False)),
    "a refusal": (head(FIVE, start=b"HTTP/1.1 407 X") + b"hello", Read(407, b"", is_kept=False)),
    "an LF": (head().replace(b"OK\r\n", b"OK\n"), "bare CR or LF"),
    "nothing": (b"", "closed without an answer"),
    "half a head": (head()[:-2], "closed within the head"),
}


@pytest.mark.parametrize(("data", "decision"), TUNNELS.values(), ids=TUNNELS)
def test_a_tunnel(data: bytes, decision: Read | str) -> None:
    """A proxy's answer to CONNECT ends with its head, and a tunnel begins with silence (RFC 9110, 9.3.6)."""
    for pieces_of_it in ([data], [data[at : at + 1] for at in range(len(data))]):
        assert is_as_decided(Row(data, decision), decided(tunnel_reader(), pieces_of_it))
