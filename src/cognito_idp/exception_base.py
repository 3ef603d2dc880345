"""The roots of the exception tree. `errors.py` holds the rest and the exception-factory table.

Every exception pickles, so that it survives a process pool or a task queue, and none shows a value that was sent.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from .redaction import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .shapes import Fault


class CognitoIdpError(Exception):
    """The base of everything that this library raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild without calling `__init__`, whose parameters differ from class to class."""
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(cls: type[CognitoIdpError], args: tuple[Any, ...], state: dict[str, Any]) -> CognitoIdpError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class RequestValidationError(CognitoIdpError, ValueError):
    """A request can't be sent as it is: something is missing, of the wrong type, or out of bounds.

    Raised before any byte is sent. `struct` names the request, `faults` lists every fault with `member`
    (`Struct.member`), `path` (where in the request) and `problem` (with the bound).
    """

    def __init__(self, struct: str, faults: tuple[Fault, ...]) -> None:
        """Take all the faults of one request."""
        super().__init__(f"{struct} is not valid: " + "; ".join(map(str, faults)))
        self.struct = struct
        self.faults = faults


class ConfigError(CognitoIdpError, ValueError):
    """A setting (argument, environment variable, or config file entry) can't be used; the text names it."""


class InvalidResponseError(CognitoIdpError):
    """An answer came that is not what the protocol (AWS JSON 1.1) allows: a proxy's page, cut-off JSON, too many bytes.

    `status_code` is the HTTP status (None for data given to `from_wire`), `body_start` the first bytes of the answer
    with everything that could be a token or another secret masked.
    """

    def __init__(
        self,
        problem: str,
        *,
        status_code: int | None = None,
        body: bytes = b"",
        request_id: str | None = None,
        operation: str | None = None,
    ) -> None:
        """Describe the problem; of the body only a masked beginning is kept."""
        self.problem = problem
        self.attempts = 1
        self.status_code = status_code
        self.body_start = masked_start(body)
        self.request_id = request_id
        self.operation = operation
        origin = f" from {operation}" if operation else ""
        status = f" (HTTP status {status_code})" if status_code is not None else ""
        start = f"; it begins: {self.body_start}" if body else ""
        super().__init__(f"the answer{origin} can't be read{status}: {problem}{start}")

    @property
    def is_retryable(self) -> bool:
        """Whether the status says that the fault may pass (429, 500, 502, 503, 504)."""
        return self.status_code in TRANSIENT_STATUSES


_START = 200
# A quoted text, closed or cut off, and whether it is the name of a JSON member.
_QUOTED = re.compile(r"""("|(?<!\w)')((?:(?!\1)[^\\]|\\.)*+)(\1?)(\s*:)?""", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.#-]{0,63}")
# A long run of base64 or JWT characters may be a token, a number a code, what follows an equals sign a form's value.
_LONG_RUN = re.compile(r"[A-Za-z0-9_\-+/=.]{20,}|[0-9]{5,}|(?<==)[^&\s<>\"']+")


def _masked(found: re.Match[str]) -> str:
    quote, text, closing, colon = found.groups()
    if closing and colon and _NAME.fullmatch(text):
        return found[0]
    return f"{quote}***{closing}{colon or ''}"


def masked_start(body: bytes) -> str:
    """Return the first 200 bytes of a body as one line of text, with JSON string values and long runs masked."""
    from html import unescape
    from urllib.parse import unquote

    text = body[:_START].decode("utf-8", "backslashreplace")
    # A proxy's page may repeat the request, escaped for HTML or a URL, even twice; quotes are to be seen as such.
    while (plain := unescape(unquote(text))) != text:
        text = plain
    text = _LONG_RUN.sub("***", _QUOTED.sub(_masked, text))
    return json.dumps(text)[1:-1] + ("..." if len(body) > _START else "")


TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})


class ServiceError(CognitoIdpError):
    """The service answered with an error.

    `code` is the service's error code (`NotAuthorizedException`), `message` its text (may be empty), `status_code` the
    HTTP status, `request_id` AWS's id of the request, `operation` what was called, `members` whatever else the error
    carried, by its wire name, and `attempts` how many times the call had been sent.
    """

    code: str
    throttles: ClassVar[bool] = False
    transient: ClassVar[bool] = False

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        status_code: int | None = None,
        request_id: str | None = None,
        operation: str | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep what the service said; `code` is the class's own name unless given."""
        self.code = code or type(self).__name__
        self.message = message
        self.status_code = status_code
        self.request_id = request_id
        self.operation = operation
        self.members: Mapping[str, Any] = members or {}
        self.attempts = 1
        super().__init__(message)

    def __str__(self) -> str:
        """Say code, status, operation, message and request id in one line."""
        status = f" (HTTP status {self.status_code})" if self.status_code is not None else ""
        origin = f" from {self.operation}" if self.operation else ""
        text = f": {self.message}" if self.message else ""
        request_id = f" [request id {self.request_id}]" if self.request_id else ""
        # A trigger's author, or a stranger, may have put anything into the message, which may end in a log.
        return one_line(f"{self.code}{status}{origin}{text}{request_id}")

    @property
    def is_throttle(self) -> bool:
        """Whether the service asks to slow down (a throttling code, or status 429)."""
        return self.throttles or self.status_code == _TOO_MANY_REQUESTS

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may succeed later: a throttle, a passing fault, or status 500, 502, 503 or 504."""
        return self.is_throttle or self.transient or self.status_code in TRANSIENT_STATUSES


_TOO_MANY_REQUESTS = 429
