"""Odd bodies in chunks: sizes, extensions, line ends, trailers."""

from __future__ import annotations

from typing import Final

from .reading import KEPT, LIMIT, Read, Row, chunks

_SIZE: Final = "the size of a chunk can't be read"
_LONGER: Final = "a chunk is longer than its size says"
_EXTENSIONS: Final = "the extensions of its chunks are longer"
_STRAY: Final = "bare CR or LF, or holds a NUL"

_BLANK: Final = "stricter: a blank may stand before an extension only (RFC 9112, 7.1)"
_BEFORE: Final = "more lenient: a blank may stand before an extension (RFC 9112, 7.1.1)"
_BARE: Final = "stricter: a lone CR or a NUL is no part of an extension (RFC 9112, 7.1.1)"
_BOUND: Final = "stricter: the length of all extensions ought to be bounded (RFC 9112, 7.1.1)"
_TRAILER: Final = "more lenient: trailers frame nothing, so what they say of it is passed over (RFC 9110, 6.5.1)"
_LF: Final = "stricter: a lone LF may be taken for a line end, and need not be (RFC 9112, 2.2)"


def _sized(line: bytes) -> bytes:
    """Return a body of one chunk of five bytes, whose size is written so."""
    return chunks(line + b"\r\nhello\r\n0\r\n\r\n")


def _last(line: bytes) -> bytes:
    """Return a body whose last chunk's size is written so."""
    return chunks(b"5\r\nhello\r\n" + line + b"\r\n\r\n")


def _trailing(trailers: bytes) -> bytes:
    return chunks(b"5\r\nhello\r\n0\r\n" + trailers + b"\r\n\r\n")


SIZES: Final = {
    "plain": Row(_sized(b"5"), KEPT),
    "two chunks": Row(chunks(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), KEPT),
    "a chunk for each byte": Row(chunks(b"".join(b"1\r\n%c\r\n" % byte for byte in b"hello") + b"0\r\n\r\n"), KEPT),
    "no chunk": Row(chunks(b"0\r\n\r\n"), Read(200, b"", is_kept=True)),
    "capitals": Row(chunks(b"A\r\n0123456789\r\n0\r\n\r\n"), Read(200, b"0123456789", is_kept=True)),
    "small letters": Row(chunks(b"a\r\n0123456789\r\n0\r\n\r\n"), Read(200, b"0123456789", is_kept=True)),
    "line ends in the data": Row(chunks(b"7\r\n0\r\n\r\nhi\r\n0\r\n\r\n"), Read(200, b"0\r\n\r\nhi", is_kept=True)),
    "leading zeros": Row(_sized(b"0005"), KEPT),
    "16 digits": Row(_sized(b"0" * 15 + b"5"), KEPT),
    "17 digits": Row(_sized(b"0" * 16 + b"5"), _SIZE, "stricter: no size has so many digits (RFC 9112, 7.1)"),
    "21 digits": Row(_sized(b"0" * 20 + b"5"), _SIZE),
    "2^64 and five": Row(_sized(b"10000000000000005"), _SIZE),
    "2^64 - 1": Row(_sized(b"f" * 16), "closed within"),
    "5,000 digits": Row(_sized(b"5" * 5000), _SIZE),
    "none": Row(_sized(b""), _SIZE),
    "plus": Row(_sized(b"+5"), _SIZE),
    "minus": Row(_sized(b"-5"), _SIZE),
    "minus zero": Row(_last(b"-0"), _SIZE),
    "0x": Row(_sized(b"0x5"), _SIZE),
    "an underscore": Row(_sized(b"0_5"), _SIZE),
    "a letter that is no digit": Row(_sized(b"5g"), _SIZE),
    "other digits": Row(_sized("\u0665".encode()), _SIZE),
    "a superscript": Row(_sized(b"\xb2"), _SIZE),
    "a blank before": Row(_sized(b" 5"), _SIZE),
    "a blank behind": Row(_sized(b"5 "), _SIZE, _BLANK),
    "a tab behind": Row(_sized(b"5\t"), _SIZE, _BLANK),
    "a blank within": Row(_sized(b"0 5"), _SIZE),
    "a vertical tab behind": Row(_sized(b"5\x0b"), _SIZE),
    "a CR behind": Row(_sized(b"5\r"), _SIZE),
    "a NUL behind": Row(_sized(b"5\0"), _SIZE),
    "an empty line before": Row(_sized(b"\r\n5"), _SIZE),
    "zeros for the last": Row(_last(b"000"), KEPT),
    "an LF": Row(chunks(b"5\nhello\r\n0\r\n\r\n"), _SIZE),
    "an LF for the last": Row(chunks(b"5\r\nhello\r\n0\n\r\n"), _SIZE),
    "LFs alone": Row(chunks(b"5\nhello\n0\n\n"), _SIZE),
    "a CR alone": Row(chunks(b"5\rhello\r\n0\r\n\r\n"), _SIZE),
    "smaller than the data": Row(_sized(b"4"), _LONGER),
    "larger than the data": Row(_sized(b"6"), _LONGER),
    "an LF behind the data": Row(chunks(b"5\r\nhello\n0\r\n\r\n"), _LONGER),
    "a CR behind the data": Row(chunks(b"5\r\nhello\r0\r\n\r\n"), _LONGER),
    "nothing behind the data": Row(chunks(b"5\r\nhello0\r\n\r\n"), _LONGER),
    "two line ends behind the data": Row(chunks(b"5\r\nhello\r\n\r\n0\r\n\r\n"), _SIZE),
    "over the limit": Row(
        chunks(b"%x\r\n" % (LIMIT + 1) + b"a" * (LIMIT + 1) + b"\r\n0\r\n\r\n"),
        "larger than the limit",
        "stricter: our caller bounds an answer (RFC 9110, 2.3)",
    ),
}

EXTENSIONS: Final = {
    "a name": Row(_sized(b"5;a"), KEPT),
    "a value": Row(_sized(b"5;a=b"), KEPT),
    "a quoted value": Row(_sized(b'5;a="b;c"'), KEPT),
    "an open quote": Row(_sized(b'5;a="b'), KEPT),
    "empty": Row(_sized(b"5;"), KEPT),
    "a size": Row(_sized(b"5;6"), KEPT),
    "Latin-1": Row(_sized(b"5;\xe4"), KEPT),
    "of the last": Row(_last(b"0;a=b"), KEPT),
    "a blank before": Row(_sized(b"5 ;a"), KEPT, _BEFORE),
    "a tab before": Row(_sized(b"5\t;a"), KEPT, _BEFORE),
    "a blank behind": Row(_sized(b"5;a "), KEPT),
    "another sign": Row(_sized(b"5,a"), _SIZE),
    "a CR": Row(_sized(b"5;a\rb"), _SIZE, _BARE),
    "a CR behind": Row(_sized(b"5;a\r"), _SIZE, _BARE),
    "an LF": Row(_sized(b"5;a\n0"), _SIZE),
    "a NUL": Row(_sized(b"5;a\0"), _SIZE, _BARE),
    "a line of 4 KiB": Row(_sized(b"5;" + b"a" * 4092), KEPT),
    "a line of 4 KiB and a byte": Row(_sized(b"5;" + b"a" * 4093), _SIZE, _BOUND),
    "without an end": Row(chunks(b"5;" + b"a" * 200_000), _SIZE),
    "16 KiB in all": Row(
        chunks((b"1;" + b"a" * 4047 + b"\r\nx\r\n") * 4 + b"1;" + b"a" * 191 + b"\r\nx\r\n0\r\n\r\n"),
        Read(200, b"xxxxx", is_kept=True),
    ),
    "16 KiB in all and a byte": Row(
        chunks((b"1;" + b"a" * 4047 + b"\r\nx\r\n") * 4 + b"1;" + b"a" * 192 + b"\r\nx\r\n0\r\n\r\n"),
        _EXTENSIONS,
        _BOUND,
    ),
    "a short one for each of many chunks": Row(
        chunks((b"1;" + b"a" * 63 + b"\r\nx\r\n") * 257 + b"0\r\n\r\n"), _EXTENSIONS, _BOUND
    ),
}

TRAILERS: Final = {
    "one": Row(_trailing(b"X: y"), KEPT),
    "two": Row(_trailing(b"X: y\r\nX: z"), KEPT),
    "a length": Row(_trailing(b"Content-Length: 3"), KEPT),
    "a length that is none": Row(_trailing(b"Content-Length: x"), KEPT, _TRAILER),
    "two lengths": Row(_trailing(b"Content-Length: 3\r\nContent-Length: 4"), KEPT, _TRAILER),
    "a coding": Row(_trailing(b"Transfer-Encoding: chunked"), KEPT),
    "an unknown coding": Row(_trailing(b"Transfer-Encoding: gzip"), KEPT, _TRAILER),
    "close": Row(_trailing(b"Connection: close"), KEPT),
    "no colon": Row(_trailing(b"X"), "no colon"),
    "no token": Row(_trailing(b"X Y: z"), "not a token"),
    "another answer": Row(_trailing(b"HTTP/1.1 200 OK\r\nContent-Length: 5"), "no colon"),
    "folded": Row(_trailing(b"X: y\r\n z"), "folded", "stricter: a proxy may not unfold it (RFC 9112, 5.2)"),
    "a fold first": Row(_trailing(b" X: y"), "folded"),
    "an LF between": Row(_trailing(b"X: y\nY: z"), _STRAY, _LF),
    "an LF for the empty line": Row(chunks(b"5\r\nhello\r\n0\r\n\n"), _STRAY, _LF),
    "an LF at the end": Row(chunks(b"5\r\nhello\r\n0\r\nX: y\r\n\n"), _STRAY, _LF),
    "a CR": Row(_trailing(b"X: y\rY: z"), _STRAY),
    "a CR at the end": Row(_trailing(b"X: y\r"), _STRAY),
    "a NUL": Row(_trailing(b"X: y\0"), _STRAY),
    "256": Row(_trailing(b"\r\n".join([b"X: y"] * 256)), KEPT),
    "257": Row(
        _trailing(b"\r\n".join([b"X: y"] * 257)), "more than 256", "stricter: no number must be taken (RFC 9110, 5.4)"
    ),
    "64 KiB": Row(_trailing(b"X: " + b"a" * (65536 - 9)), KEPT),
    "64 KiB and a byte": Row(
        _trailing(b"X: " + b"a" * (65536 - 8)), "larger than", "stricter: no length must be taken (RFC 9110, 5.4)"
    ),
}
