"""The plain data that everything passes around: one HTTP request, one HTTP response, and what an operation is.

Nothing here knows an HTTP library. A transport turns an `HttpRequest` into whatever its library wants and its library's
answer into an `HttpResponse`; all decisions are made on these two.
"""

from __future__ import annotations

import re
from typing import Any, Final, Generic, NamedTuple, TypeVar

from .._errors import ConfigError
from .redaction import Record

R = TypeVar("R")

Headers = tuple[tuple[str, str], ...]

# AWS JSON 1.1, as the service's model has it.
CONTENT_TYPE: Final = "application/x-amz-json-1.1"
TARGET_PREFIX: Final = "AWSCognitoIdentityProviderService"
OK: Final = 200

# How many seconds a kept connection may have been idle to be used again: for any request, and for one that must not be
# repeated. A machine that was frozen meanwhile may not have heard yet that the peer is gone.
KEEPALIVE_SECONDS = 60.0
FRESH_SECONDS = 5.0


class Limits(NamedTuple):
    """What one exchange may cost: seconds to connect, to wait for a read or a write, and in all; bytes of answer.

    `None` means no limit of that kind. `max_idle` is how many seconds a kept connection may have been idle to be used
    again: behind one that was idle for long, the peer may be gone.
    """

    connect: float | None
    read: float | None
    write: float | None
    total: float | None
    max_response_bytes: int
    max_idle: float = KEEPALIVE_SECONDS


class HttpRequest(Record):
    """One request as it goes on the wire: an absolute URL, headers in order with lower-case names, and the body.

    It is no tuple, and neither is `HttpResponse`: error reporters would show what is in it.
    """

    __slots__ = _fields = ("method", "url", "headers", "body", "limits")

    def __init__(self, method: str, url: str, headers: Headers, body: bytes, limits: Limits) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits

    def __repr__(self) -> str:
        """Name the call and its size; headers and body carry credentials, so they are not shown."""
        return f"HttpRequest({self.method} {self.url}, {len(self.body)} bytes)"


class HttpResponse(Record):
    """One response: the status, headers with lower-case names, and the whole body (bounded by `Limits`)."""

    __slots__ = _fields = ("status_code", "headers", "body")

    def __init__(self, status_code: int, headers: Headers, body: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.body = body

    def header(self, name: str) -> str | None:
        """Return the first value of a header, by its lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def __repr__(self) -> str:
        """Name the status and the size; the body may hold tokens, so it is not shown."""
        return f"HttpResponse({self.status_code}, {len(self.body)} bytes)"


class Pages(NamedTuple):
    """How the answers of a list operation follow on each other: the names of two token members, and of the items."""

    input_token: str
    output_token: str
    result: str


class Operation(Generic[R]):
    """What the model says of one operation; `R` is the struct that its answer becomes."""

    __slots__ = ("name", "pages", "response_type", "signed")

    def __init__(self, name: str, response_type: type[R], *, signed: bool = True, pages: Pages | None = None) -> None:
        """Tie a name such as `AdminInitiateAuth` to its response struct.

        `signed` is false for public operations; `pages` tells how the answers of a list operation follow on each other.
        """
        self.name = name
        self.response_type = response_type
        self.signed = signed
        self.pages = pages

    def items(self, page: R) -> tuple[Any, ...]:
        """Return the items of one page of a list operation."""
        return () if self.pages is None else getattr(page, self.pages.result) or ()

    def __repr__(self) -> str:
        """Show the name, whether it is signed, and the response struct."""
        kind = "signed" if self.signed else "unsigned"
        return f"Operation({self.name}, {kind}, -> {self.response_type.__name__})"


_UNSAFE = re.compile(r"[\r\n\0]|[^\x00-\x7f]")


def check_headers(headers: Headers) -> None:
    """Refuse header text that would end a line early or has no one meaning (RFC 9110, 5.5): CR, LF, NUL, non-ASCII.

    Raises:
        ConfigError: names the header, never its value.
    """
    for name, value in headers:
        if _UNSAFE.search(value) or _UNSAFE.search(name):
            msg = f"header {name!r} holds a line break or a NUL, or a character outside ASCII, and is not sent"
            raise ConfigError(msg)
