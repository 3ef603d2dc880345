"""JSON of foreign origin: answers, tokens, files, stored states. Its depth is bounded before `json` reads it.

`json` calls itself for each level. How deep it gets before it raises differs between versions of Python, and under
WebAssembly it doesn't raise: 8,000 brackets in a token of 10 KB end the interpreter. What the service, the AWS CLI and
identity providers write has fewer than ten levels.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any, Final

MAX_DEPTH: Final = 100

# Only quotes and brackets count, and one kind of bracket as the other: a reader gives up where they don't match.
_ONE_KIND: Final = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b'"[]{}')
# What a byte adds to the depth.
_STEPS: Final = tuple(1 if byte == ord("[") else -1 for byte in range(256))
# So many levels are taken off as a whole, which is faster; only what is deeper is counted bracket by bracket.
_LEVELS_TAKEN_OFF: Final = 8


class NestedTooDeepError(ValueError):
    """The text has more than `MAX_DEPTH` levels. The message shows nothing of it."""


def parsed_json(text: str | bytes) -> Any:
    """Return the value that a JSON text stands for; bytes are UTF-8.

    Raises:
        NestedTooDeepError: it has too many levels.
        ValueError: it is not JSON, or not UTF-8. The error holds the text.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    check_depth(text)
    return json.loads(text)


def check_depth(text: str) -> None:
    """Refuse a text with more than `MAX_DEPTH` levels of brackets; it need not be JSON.

    A text with fewer brackets than that is only searched for them, which takes less than a microsecond.

    Raises:
        NestedTooDeepError: it has too many levels.
    """
    # For a few brackets in a long text, `find` is far faster than `count`.
    count = 0
    for bracket in "[{":
        at = text.find(bracket)
        while at >= 0 and count <= MAX_DEPTH:
            count += 1
            at = text.find(bracket, at + 1)
    if count > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        msg = f"more than {MAX_DEPTH} levels of brackets"
        raise NestedTooDeepError(msg)


def _depth(text: str) -> int:
    """Return how deep a JSON text is nested; what no reader gets to, behind a fault, may count too."""
    data = text.encode("utf-8", "surrogatepass")
    if b"\\" in data:
        # Pairs of backslashes first: a quote behind a pair ends its string, and a quote behind a single one doesn't.
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Strings without a bracket leave two quotes. Between the other quotes, every second piece is within a string.
    pieces = data.translate(_ONE_KIND, _ALL_BUT_BRACKETS).replace(b'""', b"").split(b'"')
    brackets = b"".join(pieces[::2])
    for level in range(_LEVELS_TAKEN_OFF):
        if not brackets:
            return level
        brackets = brackets.replace(b"[]", b"")
    return _LEVELS_TAKEN_OFF + max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)
