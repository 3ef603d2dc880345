"""The library's own exception classes. This module loads nothing of the package; import them from `errors.py`.

Those of sign-ins and tokens are in `_user_errors.py`. They can be had from here, and load with the first of them.

All of them can be pickled, for process pools and task queues. None shows a value that was sent, any part of a token, or
a claim that identifies the user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class CognitoIdpError(Exception):
    """The base of every exception that this library raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Rebuilt without `__init__`, since its parameters differ from class to class.
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(cls: type[CognitoIdpError], args: tuple[Any, ...], state: dict[str, Any]) -> CognitoIdpError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class Fault:
    """One thing wrong with a request: the member (`Struct.member`), its path in the request, and the problem."""

    __slots__ = ("member", "path", "problem")

    def __init__(self, member: str, path: str, problem: str) -> None:
        self.member = member
        self.path = path
        self.problem = problem

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"Fault(member={self.member!r}, path={self.path!r}, problem={self.problem!r})"

    def __str__(self) -> str:
        """Return the member and the problem, and the path of a nested member."""
        where = f" (at {self.path})" if "." in self.path or "[" in self.path else ""
        return f"{self.member}: {self.problem}{where}"


class RequestValidationError(CognitoIdpError, ValueError):
    """A request can't be sent: something is missing, of the wrong type, or out of bounds.

    It is raised before any byte is sent. `struct` names the request. `faults` lists every fault with `member`
    (`Struct.member`), `path` (where in the request) and `problem` (with the bound).
    """

    def __init__(self, struct: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{struct} is not valid: " + "; ".join(map(str, faults)))
        self.struct = struct
        self.faults = faults


class ConfigError(CognitoIdpError, ValueError):
    """A setting (argument, environment variable or config file entry) can't be used. The message names it."""


class NoRegionError(ConfigError):
    """No region is set. The message lists every place that was searched."""


class CredentialsError(CognitoIdpError):
    """Credentials are configured but can't be loaded. The message names the file, the profile and the setting."""


class NoCredentialsError(CredentialsError):
    """No provider has credentials. The message says what each provider answered."""


class ClientClosedError(CognitoIdpError, RuntimeError):
    """The client was closed, so it can't send."""


class PaginationError(CognitoIdpError):
    """The service repeats a page token, so the pages of a list operation would never end."""


class TransportError(CognitoIdpError):
    """No answer came. The HTTP library's own exception is the `__cause__`, or a copy without the peer's words.

    `is_retryable` is true: the fault is in the connection, not in the request. `sent` is false if the service certainly
    received nothing of the request. `is_repeatable` is false if the request must not be sent again after the service
    may have carried it out, such as one that makes it send a code. It is None for an error that no call raised.
    """

    sent = True
    is_retryable = True
    is_repeatable: bool | None = None
    attempts = 1
    operation: str | None = None


class ConnectError(TransportError):
    """No connection could be made: DNS, refused, TLS, or the proxy. Nothing was sent."""

    sent = False


class ProxyError(ConnectError):
    """The proxy could not be reached, failed or refused. The message names it without its user name and password.

    `status_code` is the HTTP status of the refusal, or None. `is_retryable` is false for a 407: the proxy's user name
    or password is missing or wrong, and a retry won't change that. A proxy that takes too long raises a
    `ConnectTimeoutError`, which also names the proxy.
    """

    def __init__(self, message: str = "", *, status_code: int | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.is_retryable = status_code != _PROXY_AUTHENTICATION_REQUIRED


_PROXY_AUTHENTICATION_REQUIRED = 407


class ReadError(TransportError):
    """The connection broke while the client was waiting for the answer or reading it."""


class WriteError(TransportError):
    """The connection broke while the request was being sent."""


class ProtocolError(TransportError):
    """The peer broke off or did not speak HTTP."""


class TimeoutError_(TransportError, TimeoutError):  # noqa: N801 - the plain name is the builtin's
    """A time limit passed before an answer came. It is also a builtin `TimeoutError`."""


class ConnectTimeoutError(TimeoutError_, ConnectError):
    """The time limit for making a connection passed. Nothing was sent."""

    sent = False


class ReadTimeoutError(TimeoutError_):
    """The time limit for a read passed."""


class WriteTimeoutError(TimeoutError_):
    """The time limit for a write passed."""


class WaitedTooLongError(TimeoutError_):
    """The time limit of the call passed before anything was sent, for example while credentials were loading."""

    sent = False
    is_retryable = False


class DeadlineExceededError(TimeoutError_):
    """The time limit of the whole call passed, or would pass before the first attempt could be sent.

    The error of the last attempt, if any, is the `__cause__`. If that attempt failed for another reason than time and
    there is no time for a retry, its own error is raised instead, with a note.
    """

    is_retryable = False


class InvalidResponseError(CognitoIdpError):
    """The answer breaks the protocol (AWS JSON 1.1): a proxy's page, truncated JSON, or too many bytes.

    `status_code` is the HTTP status (None for data passed to `from_wire`). `body_summary` says what came without
    quoting it, for example `text/html, 52 bytes, <html>`: the content type and the name of the first tag if they are
    usual ones, the size, and the code of an AWS error in XML. `is_repeatable` is as in `TransportError`.
    """

    is_repeatable: bool | None = None

    def __init__(
        self,
        problem: str,
        *,
        status_code: int | None = None,
        body: bytes = b"",
        content_type: str | None = None,
        request_id: str | None = None,
        operation: str | None = None,
    ) -> None:
        from ._body_summary import body_summary

        self.problem = problem
        self.attempts = 1
        self.status_code = status_code
        self.body_summary = body_summary(body, content_type)
        self.request_id = request_id
        self.operation = operation
        origin = f" from {operation}" if operation else ""
        status = f" (HTTP status {status_code})" if status_code is not None else ""
        summary = f" ({self.body_summary})" if self.body_summary else ""
        super().__init__(f"the answer{origin} can't be read{status}: {problem}{summary}")

    @property
    def is_throttle(self) -> bool:
        """Whether the status asks you to slow down (429)."""
        return self.status_code == _TOO_MANY_REQUESTS

    @property
    def is_retryable(self) -> bool:
        """Whether the status is one of a passing fault (429, 500, 502, 503, 504)."""
        return self.status_code in TRANSIENT_STATUSES


TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})


class ServiceError(CognitoIdpError):
    """The service answered with an error.

    `code` is the service's error code (`NotAuthorizedException`), `message` its text (may be empty), `status_code` the
    HTTP status, `request_id` AWS's id of the request, `operation` the operation's name, `members` the error's other
    members by wire name, and `attempts` how often the call was sent. `is_repeatable` is as in `TransportError`.
    """

    code: str
    is_repeatable: bool | None = None
    throttles = False
    transient = False
    modelled = False

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
        self.code = code or type(self).__name__
        self.message = message
        self.status_code = status_code
        self.request_id = request_id
        self.operation = operation
        self.members: Mapping[str, Any] = members or {}
        self.attempts = 1
        super().__init__(message)

    if not TYPE_CHECKING:  # a checker would take every name for an attribute

        def __getattr__(self, name: str) -> Any:
            hint = "; its code and text are .code and .message" if name == "response" else ""
            message = f"{type(self).__name__!r} object has no attribute {name!r}{hint}"
            raise AttributeError(message, name=name, obj=self)

    def __str__(self) -> str:
        """Return code, status, operation, message and request id in one line."""
        status = f" (HTTP status {self.status_code})" if self.status_code is not None else ""
        origin = f" from {self.operation}" if self.operation else ""
        text = f": {self.message}" if self.message else ""
        request_id = f" [request id {self.request_id}]" if self.request_id else ""
        # The message may end up in a log, and a trigger's author or a stranger may have put anything into it.
        return one_line(f"{self.code}{status}{origin}{text}{request_id}")

    @property
    def is_throttle(self) -> bool:
        """Whether the service asks you to slow down: a throttling code, or status 429 with a code not in its model."""
        return self.throttles or (self.status_code == _TOO_MANY_REQUESTS and not self.modelled)

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may succeed later: a throttle, a passing fault, or status 500, 502, 503 or 504."""
        if self.status_code == _TOO_MANY_REQUESTS:
            return self.is_throttle or self.transient
        return self.is_throttle or self.transient or self.status_code in TRANSIENT_STATUSES


_TOO_MANY_REQUESTS = 429


class UnknownServiceError(ServiceError):
    """The service answered with an error code that this version doesn't know. It is in `code`."""


class WaitError(CognitoIdpError):
    """The base of the errors of `wait_for`.

    `waiter` is the name of what was waited for, `state` the last state that was seen (None: the thing was not there),
    and `response` the last answer (None: there was none).
    """

    def __init__(self, message: str = "", *, waiter: str = "", state: str | None = None, response: Any = None) -> None:
        super().__init__(message)
        self.waiter = waiter
        self.state = state
        self.response = response


class WaitFailedError(WaitError):
    """What was waited for can't come any more: the state is one that ends badly, or the thing isn't there."""


class WaitTimeoutError(WaitError, TimeoutError):
    """The time limit of a wait passed. The error of the last look, if it failed, is the `__cause__`."""


def one_line(text: str) -> str:
    """Return a text with spaces for line breaks and control characters, so that it can't forge log lines."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


if TYPE_CHECKING:
    from ._user_errors import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        """Return an error of a sign-in or a token. Loading them takes a millisecond, and most calls meet none."""
        if name.startswith("__"):
            raise AttributeError(name)
        from importlib import import_module

        return getattr(import_module("._user_errors", __package__), name)


__all__ = [
    "ClientClosedError",
    "CognitoIdpError",
    "ConfigError",
    "ConnectError",
    "ConnectTimeoutError",
    "CredentialsError",
    "DeadlineExceededError",
    "InvalidResponseError",
    "NoCredentialsError",
    "NoRegionError",
    "PaginationError",
    "ProtocolError",
    "ProxyError",
    "ReadError",
    "ReadTimeoutError",
    "RequestValidationError",
    "ServiceError",
    "TimeoutError_",
    "TransportError",
    "UnknownServiceError",
    "WaitError",
    "WaitFailedError",
    "WaitTimeoutError",
    "WaitedTooLongError",
    "WriteError",
    "WriteTimeoutError",
]

# Tracebacks and pickles then name the public module.
for _name in __all__:
    globals()[_name].__module__ = "cognito_idp"
