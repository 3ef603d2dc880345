"""Odd bodies: lengths, chunks, ends that only the connection shows, what comes behind, and cut-offs."""

from __future__ import annotations

from typing import Final

from .reading import CLOSED, FIVE, IN_CHUNKS, KEPT, LIMIT, Read, Row, chunks, framed, head, hello

_MANY: Final = "more than one Content-Length"
_NO_NUMBER: Final = "not a plain number"
_BOTH: Final = "both a Content-Length and a Transfer-Encoding"
_CODING: Final = "Transfer-Encoding is not 'chunked'"

_TWICE: Final = "stricter: the same length twice may be refused, and is not what the service sends (RFC 9112, 6.3)"
_BESIDE: Final = "stricter: a length beside chunks is how answers are smuggled (RFC 9112, 6.3)"
_BEHIND: Final = (
    "closes: what comes before the next request is not its answer; httpcore reads it as one (RFC 9112, 9.2)"
)


def _length(value: bytes) -> bytes:
    return framed(b"Content-Length: " + value)


def _coding(value: bytes) -> bytes:
    return framed(b"Transfer-Encoding: " + value, body=b"5\r\nhello\r\n0\r\n\r\n")


LENGTHS: Final = {
    "none, and nothing": Row(head(), Read(200, b"", is_kept=False)),
    "zero": Row(framed(b"Content-Length: 0", body=b""), Read(200, b"", is_kept=True)),
    "in other case": Row(framed(b"cOnTeNt-LeNgTh: 5"), KEPT),
    "without a blank": Row(framed(b"Content-Length:5"), KEPT),
    "with blanks around": Row(framed(b"Content-Length: \t 5 \t "), KEPT),
    "leading zeros": Row(_length(b"00005"), KEPT),
    "19 digits": Row(_length(b"0" * 18 + b"5"), KEPT),
    "20 digits": Row(_length(b"0" * 19 + b"5"), _NO_NUMBER, "stricter: no size has so many digits (RFC 9110, 8.6)"),
    "21 digits": Row(_length(b"0" * 20 + b"5"), _NO_NUMBER),
    "5,000 digits": Row(_length(b"9" * 5000), _NO_NUMBER),
    "larger than the limit": Row(_length(b"131073"), "larger than the limit"),
    "larger than any memory": Row(_length(b"9" * 19), "larger than the limit"),
    "twice the same": Row(framed(FIVE, FIVE), _MANY, _TWICE),
    "twice, in other case": Row(framed(FIVE, b"content-length: 5"), _MANY, _TWICE),
    "twice, written differently": Row(framed(FIVE, b"Content-Length: 05"), _MANY),
    "twice, different": Row(framed(FIVE, b"Content-Length: 4"), _MANY),
    "twice, one empty": Row(framed(FIVE, b"Content-Length:"), _MANY),
    "a list of the same": Row(_length(b"5, 5"), _NO_NUMBER, _TWICE),
    "a list": Row(_length(b"5, 6"), _NO_NUMBER),
    "a list with an end": Row(_length(b"5,"), _NO_NUMBER),
    "plus": Row(_length(b"+5"), _NO_NUMBER),
    "minus": Row(_length(b"-5"), _NO_NUMBER),
    "minus zero": Row(_length(b"-0"), _NO_NUMBER),
    "a blank within": Row(_length(b"0 5"), _NO_NUMBER),
    "hexadecimal": Row(_length(b"0x5"), _NO_NUMBER),
    "an underscore": Row(_length(b"0_5"), _NO_NUMBER),
    "a fraction": Row(_length(b"5.0"), _NO_NUMBER),
    "an exponent": Row(_length(b"5e0"), _NO_NUMBER),
    "quoted": Row(_length(b'"5"'), _NO_NUMBER),
    "a parameter": Row(_length(b"5;a=b"), _NO_NUMBER),
    "empty": Row(_length(b""), _NO_NUMBER),
    "blanks": Row(_length(b" \t"), _NO_NUMBER),
    "a word": Row(_length(b"five"), _NO_NUMBER),
    "other digits": Row(_length("\u0665".encode()), _NO_NUMBER),
    "a superscript": Row(_length(b"\xb2"), _NO_NUMBER),
    "a vertical tab before it": Row(_length(b"\x0b5"), _NO_NUMBER),
    "a no-break space behind it": Row(_length(b"5\xa0"), _NO_NUMBER),
    "a name with an underscore": Row(framed(b"Content_Length: 3", FIVE), KEPT),
    "shorter than the body": Row(_length(b"4"), Read(200, b"hell", is_kept=False), _BEHIND),
    "longer than the body": Row(_length(b"6"), "1 bytes before the end"),
    "before chunks": Row(framed(FIVE, IN_CHUNKS, body=b"5\r\nhello\r\n0\r\n\r\n"), _BOTH, _BESIDE),
    "behind chunks": Row(framed(IN_CHUNKS, FIVE, body=b"5\r\nhello\r\n0\r\n\r\n"), _BOTH, _BESIDE),
    "zero beside chunks": Row(framed(b"Content-Length: 0", IN_CHUNKS, body=b"5\r\nhello\r\n0\r\n\r\n"), _BOTH, _BESIDE),
    "beside another coding": Row(framed(FIVE, b"Transfer-Encoding: identity"), _BOTH),
    "of a 204": Row(head(FIVE, start=b"HTTP/1.1 204 X"), Read(204, b"", is_kept=True)),
    "of a 204 with a body": Row(head(FIVE, start=b"HTTP/1.1 204 X") + b"hello", Read(204, b"", is_kept=False), _BEHIND),
    "of a 304": Row(head(FIVE, start=b"HTTP/1.1 304 X"), Read(304, b"", is_kept=True)),
    "no number, of a 204": Row(head(b"Content-Length: x", start=b"HTTP/1.1 204 X"), _NO_NUMBER),
    "two, of a 304": Row(head(FIVE, b"Content-Length: 6", start=b"HTTP/1.1 304 X"), _MANY),
    "none, of a 204": Row(head(start=b"HTTP/1.1 204 X"), Read(204, b"", is_kept=True)),
    "chunks of a 304": Row(head(IN_CHUNKS, start=b"HTTP/1.1 304 X"), Read(304, b"", is_kept=True)),
    "chunks of a 204 with a body": Row(
        head(IN_CHUNKS, start=b"HTTP/1.1 204 X") + b"0\r\n\r\n", Read(204, b"", is_kept=False), _BEHIND
    ),
    "zero of a 205": Row(head(b"Content-Length: 0", start=b"HTTP/1.1 205 X"), Read(205, b"", is_kept=True)),
}

CODINGS: Final = {
    "chunked": Row(_coding(b"chunked"), KEPT),
    "in capitals": Row(_coding(b"CHUNKED"), KEPT),
    "with blanks around": Row(_coding(b"\t chunked\t "), KEPT),
    "behind gzip": Row(_coding(b"gzip, chunked"), _CODING),
    "before gzip": Row(_coding(b"chunked, gzip"), _CODING),
    "gzip": Row(_coding(b"gzip"), _CODING),
    "identity": Row(_coding(b"identity"), _CODING),
    "twice in a list": Row(_coding(b"chunked, chunked"), _CODING),
    "twice": Row(_coding(b"chunked\r\nTransfer-Encoding: chunked"), _CODING),
    "in two lines": Row(_coding(b"gzip\r\nTransfer-Encoding: chunked"), _CODING),
    "behind a comma": Row(_coding(b", chunked"), _CODING),
    "before a comma": Row(_coding(b"chunked,"), _CODING),
    "with a parameter": Row(_coding(b"chunked;a=b"), _CODING),
    "quoted": Row(_coding(b'"chunked"'), _CODING),
    "another word": Row(_coding(b"xchunked"), _CODING),
    "behind a vertical tab": Row(_coding(b"\x0bchunked"), _CODING),
    "with a NUL": Row(_coding(b"chunked\0"), "holds a NUL"),
    "empty": Row(_coding(b""), _CODING),
    "a name with an underscore": Row(framed(b"Transfer_Encoding: chunked", FIVE), KEPT),
    "of HTTP/1.0": Row(
        head(IN_CHUNKS, start=b"HTTP/1.0 200 OK") + b"5\r\nhello\r\n0\r\n\r\n",
        "which HTTP/1.0 does not have",
        "stricter: its framing is faulty even where the chunks look good (RFC 9112, 6.1)",
    ),
    "and close": Row(framed(IN_CHUNKS, b"Connection: close", body=b"5\r\nhello\r\n0\r\n\r\n"), CLOSED),
}

UNTIL_CLOSE: Final = {
    "a body": Row(framed(), CLOSED),
    "a body that looks like chunks": Row(framed(body=b"5\r\nhello"), Read(200, b"5\r\nhello", is_kept=False)),
    "a body that looks like an answer": Row(framed(body=hello()), Read(200, hello(), is_kept=False)),
    "kept alive": Row(framed(b"Connection: keep-alive"), CLOSED),
    "HTTP/1.0": Row(head(start=b"HTTP/1.0 200 OK") + b"hello", CLOSED),
    "a status that fails": Row(head(start=b"HTTP/1.1 503 X") + b"hello", Read(503, b"hello", is_kept=False)),
    "larger than the limit": Row(
        framed(body=b"a" * (LIMIT + 1)),
        "larger than the limit",
        "stricter: our caller bounds an answer (RFC 9110, 2.3)",
    ),
}

BEHIND: Final = {
    "another answer": Row(hello() + hello(), CLOSED, _BEHIND),
    "a byte": Row(hello() + b"x", CLOSED, _BEHIND),
    "an empty line": Row(hello() + b"\r\n", CLOSED, _BEHIND),
    "a NUL": Row(hello() + b"\0", CLOSED, _BEHIND),
    "another answer, behind chunks": Row(chunks(b"5\r\nhello\r\n0\r\n\r\n") + hello(), CLOSED, _BEHIND),
    "an empty line, behind chunks": Row(chunks(b"5\r\nhello\r\n0\r\n\r\n\r\n"), CLOSED, _BEHIND),
    "another answer, behind a 204": Row(
        head(start=b"HTTP/1.1 204 X") + hello(), Read(204, b"", is_kept=False), _BEHIND
    ),
    "an interim answer": Row(hello() + head(start=b"HTTP/1.1 100 X"), CLOSED, _BEHIND),
    "another answer, after close": Row(hello(b"Connection: close") + hello(), CLOSED),
}

_NOT_ALL: Final = "closed within"

CUT_OFF: Final = {
    "nothing": Row(b"", "closed without an answer"),
    "a byte": Row(b"H", _NOT_ALL),
    "the status line": Row(b"HTTP/1.1 200 OK", _NOT_ALL),
    "the status line and its end": Row(b"HTTP/1.1 200 OK\r\n", _NOT_ALL),
    "within a length": Row(head(b"Content-Length: 1")[:-4], _NOT_ALL),
    "within the empty line": Row(head(FIVE)[:-1], _NOT_ALL),
    "before the body": Row(head(FIVE), "5 bytes before the end"),
    "before the chunks": Row(head(IN_CHUNKS), _NOT_ALL),
    "within a size": Row(chunks(b"5"), _NOT_ALL),
    "behind a size": Row(chunks(b"5\r\n"), _NOT_ALL),
    "within a chunk": Row(chunks(b"5\r\nhel"), _NOT_ALL),
    "behind a chunk": Row(chunks(b"5\r\nhello"), _NOT_ALL),
    "between chunks": Row(chunks(b"5\r\nhello\r\n"), _NOT_ALL),
    "behind the last size": Row(chunks(b"5\r\nhello\r\n0\r\n"), _NOT_ALL),
    "within the last empty line": Row(chunks(b"5\r\nhello\r\n0\r\n\r"), _NOT_ALL),
    "within a trailer": Row(chunks(b"5\r\nhello\r\n0\r\nX: y"), _NOT_ALL),
    "behind a trailer": Row(chunks(b"5\r\nhello\r\n0\r\nX: y\r\n"), _NOT_ALL),
}
