"""The plain data that the rest of the package uses: an HTTP request, an HTTP response, and an operation.

This module doesn't know any HTTP library. A transport turns an `HttpRequest` into a request of its library, and the
library's response into an `HttpResponse`. All decisions are made on these two.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

from .._errors import ConfigError
from .redaction import Record

R = TypeVar("R")

Headers = tuple[tuple[str, str], ...]

# AWS JSON 1.1, as in the service's model.
CONTENT_TYPE: Final = "application/x-amz-json-1.1"
TARGET_PREFIX: Final = "AWSCognitoIdentityProviderService"
OK: Final = 200

# How many seconds a connection may have been idle and still be reused: for any request, and for one that must not be
# repeated. A machine that was frozen meanwhile may not know yet that the peer is gone.
KEEPALIVE_SECONDS = 60.0
FRESH_SECONDS = 5.0


class Limits(Record):
    """The limits of one exchange: seconds to connect, for a read, for a write and in all, and bytes of the answer.

    `None` means no such limit. `max_idle` is how many seconds a connection may have been idle and still be reused: the
    longer it was idle, the likelier the peer is gone.
    """

    __slots__ = _fields = ("connect", "read", "write", "total", "max_response_bytes", "max_idle")

    def __init__(
        self,
        connect: float | None,
        read: float | None,
        write: float | None,
        total: float | None,
        max_response_bytes: int,
        max_idle: float = KEEPALIVE_SECONDS,
    ) -> None:
        self.connect = connect
        self.read = read
        self.write = write
        self.total = total
        self.max_response_bytes = max_response_bytes
        self.max_idle = max_idle

    def fresh(self) -> Limits:
        """Return the limits for a request that must not be repeated: no connection that was idle for long."""
        return self._replace(max_idle=FRESH_SECONDS)

    def up_to(self, max_response_bytes: int) -> Limits:
        """Return the limits for an answer of at most so many bytes."""
        # Not `_replace`, which is three times as slow: each page of a list comes through here.
        return Limits(self.connect, self.read, self.write, self.total, max_response_bytes, self.max_idle)


class HttpRequest(Record):
    """One HTTP request as sent: an absolute URL, headers in order with lower-case names, and the body.

    Neither this nor `HttpResponse` is a tuple: error reporters would show its contents.
    """

    __slots__ = _fields = ("method", "url", "headers", "body", "limits")

    def __init__(self, method: str, url: str, headers: Headers, body: bytes, limits: Limits) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits

    def __repr__(self) -> str:
        # Headers and body may hold credentials, so they are not shown.
        return f"HttpRequest({self.method} {self.url}, {len(self.body)} bytes)"


class HttpResponse(Record):
    """One HTTP response: the status, headers with lower-case names, and the whole body (bounded by `Limits`)."""

    __slots__ = _fields = ("status_code", "headers", "body")

    def __init__(self, status_code: int, headers: Headers, body: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.body = body

    def header(self, name: str) -> str | None:
        """Return the first value of a header by its lower-case name, or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def __repr__(self) -> str:
        # The body may hold tokens, so it is not shown.
        return f"HttpResponse({self.status_code}, {len(self.body)} bytes)"


class Pages(Record):
    """How a list operation is paginated: the names of its two token members and of the member with the items."""

    __slots__ = _fields = ("input_token", "output_token", "result")

    def __init__(self, input_token: str, output_token: str, result: str) -> None:
        self.input_token = input_token
        self.output_token = output_token
        self.result = result


class Operation(Generic[R]):
    """One operation of the model; `R` is its response struct."""

    __slots__ = ("name", "pages", "response_type", "signed")

    def __init__(self, name: str, response_type: type[R], *, signed: bool = True, pages: Pages | None = None) -> None:
        """Create an operation with a name such as `AdminInitiateAuth`.

        `signed` is false for operations that need no AWS credentials. `pages` says how a list operation is paginated.
        """
        self.name = name
        self.response_type = response_type
        self.signed = signed
        self.pages = pages

    def items(self, page: R) -> tuple[Any, ...]:
        """Return the items of one page of a list operation."""
        return () if self.pages is None else getattr(page, self.pages.result) or ()

    def __repr__(self) -> str:
        kind = "signed" if self.signed else "unsigned"
        return f"Operation({self.name}, {kind}, -> {self.response_type.__name__})"


def check_headers(headers: Headers) -> None:
    """Refuse header text that would end a line early or is ambiguous (RFC 9110, 5.5): CR, LF, NUL, non-ASCII.

    Raises:
        ConfigError: a header has such text. The message names the header but doesn't show its value.
    """
    for name, value in headers:
        text = f"{name}{value}"
        if not text.isascii() or "\r" in text or "\n" in text or "\0" in text:
            msg = f"header {name!r} has a line break, a NUL or a character outside ASCII, so it is not sent"
            raise ConfigError(msg)
