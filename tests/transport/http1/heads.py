"""Odd heads: status lines, header lines, interim answers."""

from __future__ import annotations

from typing import Final

from .reading import CLOSED, FIVE, KEPT, Read, Row, framed, head, hello, started

_NO_START: Final = "does not begin with a status line"
_STRAY: Final = "bare CR or LF, or holds a NUL"
_FOLDED: Final = "a header line is folded"
_NO_TOKEN: Final = "not a token"
_NO_COLON: Final = "no colon"

_VERSION: Final = "stricter: HTTP/1.x is all that we speak (RFC 9110, 2.5)"
_LF: Final = "stricter: a lone LF may be taken for a line end, and need not be (RFC 9112, 2.2)"
_FOLD: Final = "stricter: a proxy that doesn't unfold sees another header (RFC 9112, 5.2)"
_CONTROL: Final = "more lenient: control characters other than CR, LF and NUL may be kept (RFC 9110, 5.5)"
_MANY: Final = "stricter: there is no length that must be taken (RFC 9110, 5.4)"
_CLOSE: Final = "closes: a value that only holds the word is no reason to trust the connection (RFC 9110, 7.6.1)"
_INTERIM: Final = "more lenient: an interim answer ends with its head, whatever it says (RFC 9112, 6.3)"

STATUS_LINES: Final = {
    "a good answer": Row(started(b"HTTP/1.1 200 OK"), KEPT),
    "HTTP/1.0": Row(started(b"HTTP/1.0 200 OK"), CLOSED),
    "HTTP/1.0 that wants to be kept": Row(
        head(b"Connection: keep-alive", FIVE, start=b"HTTP/1.0 200 OK") + b"hello", CLOSED
    ),
    "HTTP/1.2": Row(started(b"HTTP/1.2 200 OK"), KEPT),
    "HTTP/1.9": Row(started(b"HTTP/1.9 200 OK"), KEPT),
    "HTTP/2.0": Row(started(b"HTTP/2.0 200 OK"), _NO_START, _VERSION),
    "HTTP/0.9 in a status line": Row(started(b"HTTP/0.9 200 OK"), _NO_START, _VERSION),
    "HTTP/2 without a minor version": Row(started(b"HTTP/2 200 OK"), _NO_START),
    "two digits of a minor version": Row(started(b"HTTP/1.10 200 OK"), _NO_START),
    "no minor version": Row(started(b"HTTP/1. 200 OK"), _NO_START),
    "a minor version that is no ASCII digit": Row(started(b"HTTP/1.\xb9 200 OK"), _NO_START),
    "a lower-case name": Row(started(b"http/1.1 200 OK"), _NO_START),
    "another protocol": Row(started(b"ICY 200 OK"), _NO_START),
    "HTTP/0.9: a page without a head": Row(b"<html><body>hello</body></html>", _NO_START),
    "a greeting of SSH": Row(b"SSH-2.0-OpenSSH_9.6\r\n", _NO_START),
    "a record of TLS": Row(b"\x15\x03\x01\x00\x02\x02\x46", _NO_START),
    "a frame of HTTP/2": Row(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64", _NO_START),
    "a request": Row(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", _NO_START),
    "a byte-order mark": Row(started(b"\xef\xbb\xbfHTTP/1.1 200 OK"), _NO_START),
    "a NUL first": Row(started(b"\0HTTP/1.1 200 OK"), _NO_START),
    "a blank first": Row(started(b" HTTP/1.1 200 OK"), _NO_START),
    "an empty line first": Row(started(b"\r\nHTTP/1.1 200 OK"), _NO_START),
    "two empty lines first": Row(started(b"\r\n\r\nHTTP/1.1 200 OK"), _NO_START),
    "an LF first": Row(started(b"\nHTTP/1.1 200 OK"), _NO_START),
    "a header line first": Row(started(b"Server: x\r\nHTTP/1.1 200 OK"), _NO_START),
    "the status line twice": Row(started(b"HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK"), _NO_COLON),
    "no reason": Row(started(b"HTTP/1.1 200 "), KEPT),
    "no reason and no blank": Row(started(b"HTTP/1.1 200"), KEPT),
    "a reason in Latin-1": Row(started(b"HTTP/1.1 200 D\xe9j\xe0 vu"), KEPT),
    "a reason with a tab": Row(started(b"HTTP/1.1 200 O\tK"), KEPT),
    "a reason with a control character": Row(started(b"HTTP/1.1 200 O\x01K"), KEPT),
    "a reason with a vertical tab": Row(started(b"HTTP/1.1 200 O\x0bK"), KEPT, _CONTROL),
    "a reason with a CR": Row(started(b"HTTP/1.1 200 O\rK"), _STRAY),
    "a reason with a NUL": Row(started(b"HTTP/1.1 200 O\0K"), _STRAY),
    "two blanks before the status": Row(started(b"HTTP/1.1  200 OK"), _NO_START),
    "a tab before the status": Row(started(b"HTTP/1.1\t200 OK"), _NO_START),
    "a tab behind the status": Row(started(b"HTTP/1.1 200\tOK"), _NO_START),
    "no blank before the status": Row(started(b"HTTP/1.1200 OK"), _NO_START),
    "no status": Row(started(b"HTTP/1.1 "), _NO_START),
    "nothing but a version": Row(started(b"HTTP/1.1"), _NO_START),
    "a status of two digits": Row(started(b"HTTP/1.1 20 OK"), _NO_START),
    "a status of four digits": Row(started(b"HTTP/1.1 2000 OK"), _NO_START),
    "a status with letters": Row(started(b"HTTP/1.1 2OO OK"), _NO_START),
    "a status with a sign": Row(started(b"HTTP/1.1 +20 OK"), _NO_START),
    "a status with other digits": Row(started("HTTP/1.1 \u0662\u0660\u0660 OK".encode()), _NO_START),
    "a status with superscripts": Row(started(b"HTTP/1.1 20\xb2 OK"), _NO_START),
    "status 000": Row(started(b"HTTP/1.1 000 OK"), _NO_START),
    "status 099": Row(started(b"HTTP/1.1 099 OK"), _NO_START),
    "status 600": Row(started(b"HTTP/1.1 600 OK"), Read(600, b"hello", is_kept=True)),
    "status 999": Row(started(b"HTTP/1.1 999 OK"), Read(999, b"hello", is_kept=True)),
}

_LINES: Final = [b"X-%d: %d" % (at, at) for at in range(255)]

HEADER_LINES: Final = {
    "every line end an LF": Row(hello(b"X: y").replace(b"\r\n", b"\n"), _STRAY, _LF),
    "an LF behind the status line": Row(hello().replace(b"OK\r\n", b"OK\n"), _STRAY, _LF),
    "an LF in a value": Row(hello(b"X: a\nY: b"), _STRAY, _LF),
    "an LF and a length in a value": Row(hello(b"X: a\nContent-Length: 3"), _STRAY),
    "an LF for the empty line": Row(hello().replace(b"\r\n\r\n", b"\r\n\n"), _STRAY, _LF),
    "an LF behind the last header line": Row(hello().replace(b"5\r\n\r\n", b"5\n\r\n"), _STRAY, _LF),
    "a CR in a value": Row(hello(b"X: a\rY: b"), _STRAY),
    "a CR for a line end": Row(hello(b"X: a").replace(b"a\r\n", b"a\r"), _STRAY),
    "a CR before a line end": Row(hello(b"X: a\r"), _STRAY),
    "a CR before the empty line": Row(framed(FIVE + b"\r"), _STRAY),
    "a CR for the empty line": Row(head(FIVE)[:-1] + b"hello", _STRAY),
    "LF and CR": Row(hello(b"X: a").replace(b"a\r\n", b"a\n\r"), _STRAY),
    "a NUL in a value": Row(hello(b"X: a\0b"), _STRAY),
    "a NUL in a name": Row(hello(b"X\0: a"), _STRAY),
    "a NUL behind a length": Row(framed(FIVE + b"\0"), _STRAY),
    "a line folded with a blank": Row(hello(b"X: a", b" b"), _FOLDED, _FOLD),
    "a line folded with a tab": Row(hello(b"X: a", b"\tb: c"), _FOLDED, _FOLD),
    "a folded length": Row(framed(b"Content-Length:", b" 5"), _FOLDED, _FOLD),
    "a length behind a fold": Row(hello(b"X: a", b" Content-Length: 3"), _FOLDED, _FOLD),
    "a line of one blank": Row(hello(b"X: a", b" "), _FOLDED, _FOLD),
    "a fold behind the status line": Row(hello(b" X: a"), _FOLDED),
    "a blank before the colon": Row(framed(b"Content-Length : 5"), _NO_TOKEN),
    "a tab before the colon": Row(framed(b"Transfer-Encoding\t: chunked", FIVE), _NO_TOKEN),
    "a blank in a name": Row(hello(b"X Y: a"), _NO_TOKEN),
    "no colon": Row(hello(b"X"), _NO_COLON),
    "a usual name without a colon": Row(hello(b"Date"), _NO_COLON),
    "no name": Row(hello(b": a"), _NO_TOKEN),
    "a colon alone": Row(hello(b":"), _NO_TOKEN),
    "a bracket in a name": Row(hello(b"X(: a"), _NO_TOKEN),
    "quotes around a name": Row(hello(b'"X": a'), _NO_TOKEN),
    "a name in Latin-1": Row(hello(b"\xd6: a"), _NO_TOKEN),
    "a name with a control character": Row(hello(b"X\x7f: a"), _NO_TOKEN),
    "a name with a vertical tab": Row(framed(b"\x0bContent-Length: 5"), _NO_TOKEN),
    "every character of a token": Row(hello(b"!#$%&'*+-.^_`|~09azAZ: a"), KEPT),
    "an empty value": Row(hello(b"X:"), KEPT),
    "a value of blanks": Row(hello(b"X:  \t "), KEPT),
    "colons in a value": Row(hello(b"X: a: b::"), KEPT),
    "a value in Latin-1": Row(hello(b"X: \xe4\x85"), KEPT),
    "a value with a control character": Row(hello(b"X: a\x01\x1c\x7f"), KEPT),
    "a value with a form feed": Row(hello(b"X: a\x0cb"), KEPT, _CONTROL),
    "a length behind a vertical tab": Row(hello(b"X: a\x0bContent-Length: 3"), KEPT, _CONTROL),
    "a length behind a next-line character": Row(hello(b"X: a\x85Content-Length: 3"), KEPT),
    "a name twice": Row(hello(b"X: a", b"x: b"), KEPT),
    "256 header lines": Row(hello(*_LINES), KEPT),
    "257 header lines": Row(hello(*_LINES, b"X: y"), "more than 256 header lines", _MANY),
    "a head of 64 KiB": Row(hello(b"X: " + b"a" * (65536 - len(head(FIVE)) - 5)), KEPT),
    "a head of 64 KiB and a byte": Row(
        hello(b"X: " + b"a" * (65536 - len(head(FIVE)) - 4)), "larger than 65536 bytes", _MANY
    ),
    "a head of 256 KiB": Row(hello(b"X: " + b"a" * (1 << 18)), "larger than 65536 bytes"),
    "a head without an end": Row(head() + b"X: y\r\n" * 20_000, Read(200, b"X: y\r\n" * 20_000, is_kept=False)),
    "header lines without an end": Row(head()[:-2] + b"X: y\r\n" * 20_000, "larger than 65536 bytes"),
    "close": Row(hello(b"Connection: close"), CLOSED),
    "close in capitals": Row(hello(b"CONNECTION: CLOSE"), CLOSED),
    "close in a list": Row(hello(b"Connection: keep-alive, close"), CLOSED),
    "close in a second line": Row(hello(b"Connection: keep-alive", b"Connection: close"), CLOSED),
    "close within a word": Row(hello(b"Connection: x-closed"), CLOSED, _CLOSE),
    "close for a proxy": Row(hello(b"Proxy-Connection: close"), KEPT),
    "compressed": Row(
        hello(b"Content-Encoding: gzip"),
        "it is compressed",
        "stricter: we ask for no coding, and unpacking has no bound (RFC 9110, 12.5.3)",
    ),
    "not compressed": Row(hello(b"Content-Encoding: Identity"), KEPT),
}

_CONTINUE: Final = head(start=b"HTTP/1.1 100 Continue")
_MORE: Final = "more than 8 interim answers"

INTERIM: Final = {
    "100": Row(_CONTINUE + hello(), KEPT),
    "103 with headers": Row(head(b"Link: </a>", start=b"HTTP/1.1 103 Early Hints") + hello(), KEPT),
    "199": Row(head(start=b"HTTP/1.1 199 X") + hello(), KEPT),
    "100 of HTTP/1.0": Row(head(start=b"HTTP/1.0 100 Continue") + hello(), KEPT),
    "eight": Row(_CONTINUE * 8 + hello(), KEPT),
    "nine": Row(_CONTINUE * 9 + hello(), _MORE, "stricter: nothing asked for one (RFC 9110, 15.2)"),
    "a thousand": Row(_CONTINUE * 1000, _MORE),
    "and no answer": Row(_CONTINUE, "closed within the head"),
    "099 before it": Row(head(start=b"HTTP/1.1 099 X") + hello(), _NO_START),
    "half of one": Row(_CONTINUE[:-2], "closed within the head"),
    "101": Row(head(b"Upgrade: h2c", b"Connection: Upgrade", start=b"HTTP/1.1 101 X") + hello(), "another protocol"),
    "with a length and no body": Row(head(FIVE, start=b"HTTP/1.1 100 X") + hello(), KEPT),
    "with a length and a body": Row(head(FIVE, start=b"HTTP/1.1 100 X") + b"hello" + hello(), _NO_START),
    "with a body in chunks": Row(
        head(b"Transfer-Encoding: chunked", start=b"HTTP/1.1 100 X") + b"0\r\n\r\n" + hello(), _NO_START
    ),
    "with a length that is none": Row(head(b"Content-Length: x", start=b"HTTP/1.1 100 X") + hello(), KEPT, _INTERIM),
    "with two lengths": Row(head(FIVE, b"Content-Length: 6", start=b"HTTP/1.1 100 X") + hello(), KEPT, _INTERIM),
    "with an unknown coding": Row(head(b"Transfer-Encoding: gzip", start=b"HTTP/1.1 100 X") + hello(), KEPT, _INTERIM),
    "with a bad header line": Row(head(b"X", start=b"HTTP/1.1 100 X") + hello(), _NO_COLON),
    "with a folded line": Row(head(b"X: a", b" b", start=b"HTTP/1.1 100 X") + hello(), _FOLDED, _FOLD),
    "with LF": Row(b"HTTP/1.1 100 Continue\n\n" + hello(), _STRAY, _LF),
    "that closes": Row(head(b"Connection: close", start=b"HTTP/1.1 100 X") + hello(), KEPT),
    "an LF between": Row(_CONTINUE + b"\n" + hello(), _NO_START),
    "an empty line between": Row(_CONTINUE + b"\r\n" + hello(), _NO_START),
}
