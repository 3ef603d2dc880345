"""Every exception class of the library's own. Nothing here needs the rest of the package; `errors.py` is the way in.

Each pickles, so that it survives a process pool or a task queue. None shows a value that was sent, a token or a part
of one, or a claim that says who the user is.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


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


class Fault(NamedTuple):
    """One thing wrong with a request: the member, as `Struct.member`, where it was found, and what is the matter."""

    member: str
    path: str
    problem: str

    def __str__(self) -> str:
        """Say the member and the problem, and the path when the member is a nested one."""
        where = f" (at {self.path})" if "." in self.path or "[" in self.path else ""
        return f"{self.member}: {self.problem}{where}"


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


class NoRegionError(ConfigError):
    """No region is set; the text says every place where one was looked for."""


class CredentialsError(CognitoIdpError):
    """Credentials were configured but can't be had; the text names the file, the profile and the setting."""


class NoCredentialsError(CredentialsError):
    """No provider has credentials; the text says what each of them answered."""


class ClientClosedError(CognitoIdpError, RuntimeError):
    """The client was closed, so it can't send."""


class PaginationError(CognitoIdpError):
    """The pages of a list operation would never end, because the service repeats a page token."""


class TransportError(CognitoIdpError):
    """No answer came. The HTTP library's own exception is the `__cause__`.

    `is_retryable` is true: the fault lies in the connection, not in the request. `sent` is false where it is certain
    that the service got nothing of the request.
    """

    sent = True
    is_retryable = True
    attempts = 1
    operation: str | None = None


class ConnectError(TransportError):
    """No connection could be made: DNS, refused, TLS, or the proxy. Nothing was sent."""

    sent = False


class ProxyError(ConnectError):
    """The proxy on the way could not be reached, failed or refused; the text names it, without user and password.

    `status_code` is the HTTP status of its refusal, None where there is none. `is_retryable` is false for a 407: the
    user or the password of the proxy is missing or wrong, and will be at the next attempt. A proxy that takes too long
    is a `ConnectTimeoutError`, which names it as well.
    """

    def __init__(self, message: str = "", *, status_code: int | None = None) -> None:
        """Take the text, and the status if the proxy answered with one."""
        super().__init__(message)
        self.status_code = status_code
        self.is_retryable = status_code != _PROXY_AUTHENTICATION_REQUIRED


_PROXY_AUTHENTICATION_REQUIRED = 407


class ReadError(TransportError):
    """The connection broke while the answer was awaited or read."""


class WriteError(TransportError):
    """The connection broke while the request was sent."""


class ProtocolError(TransportError):
    """The other side broke off or did not speak HTTP."""


class TimeoutError_(TransportError, TimeoutError):  # noqa: N801 - the builtin has the plain name; this is one of it too
    """A time limit passed before an answer came. It is a builtin `TimeoutError` as well."""


class ConnectTimeoutError(TimeoutError_, ConnectError):
    """The time limit for making a connection passed. Nothing was sent."""

    sent = False


class ReadTimeoutError(TimeoutError_):
    """The time limit for a read passed."""


class WriteTimeoutError(TimeoutError_):
    """The time limit for a write passed."""


class WaitedTooLongError(TimeoutError_):
    """The time limit of the call passed before anything was sent: while credentials were loaded, for example."""

    sent = False
    is_retryable = False


class DeadlineExceededError(TimeoutError_):
    """The time limit of the whole call passed; the last attempt's error, if there was one, is the `__cause__`."""

    is_retryable = False


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
    throttles = False
    transient = False

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


class UnknownServiceError(ServiceError):
    """The service answered with an error code that this version doesn't know; `code` keeps it."""


class SignInError(CognitoIdpError):
    """The base of the errors of the sign-in itself; the service's refusals are `ServiceError`s."""


class SignInAnswerError(SignInError, ValueError):
    """What was given doesn't fit the flow or the challenge; nothing was sent. The text says what would fit."""


class SignInStateError(SignInError, ValueError):
    """A stored challenge can't be used: it is cut off, of another version, or of another app client."""


class SessionEndedError(SignInError):
    """The user must sign in again: the session was signed out, or its refresh token is not good any more."""


class SrpError(SignInError):
    """An SRP exchange can't go on: the service sent numbers that are unsafe or can't be read, or a password can't be.

    The text names the number, and shows neither it nor a secret.
    """


class UnexpectedChallengeError(SignInError):
    """The service asked for a proof where none can follow, so none was sent."""


class JwtNotInstalledError(CognitoIdpError, ImportError):
    """PyJWT is not installed, so no token can be verified; the text names the extra that brings it."""


class TokenError(CognitoIdpError):
    """A token is not accepted. A web server answers 401, or 403 for `TokenScopeError` and `TokenGroupError`."""


class TokenTooLargeError(TokenError):
    """The token is longer than the limit; nothing of it was read."""


class TokenFormatError(TokenError):
    """What was given is not a JWT, or one whose JSON, base64 or claims break the rules."""


class TokenAlgorithmError(TokenError):
    """The token says that it is signed by another algorithm than RS256 (`none` and `HS256` among them)."""


class TokenKeyError(TokenError):
    """The token names no key, or one that its issuer doesn't publish."""


class TokenSignatureError(TokenError):
    """The signature doesn't fit: the token was changed, or signed by someone else."""


class TokenIssuerError(TokenError):
    """The token comes from another user pool (`iss`)."""


class TokenUseError(TokenError):
    """The token is of the other kind: an ID token for an access token, or the reverse (`token_use`)."""


class TokenAudienceError(TokenError):
    """The token was issued to another app client (`client_id` of an access token, `aud` of an ID token)."""


class TokenExpiredError(TokenError):
    """The token's time is over (`exp`)."""


class TokenNotYetValidError(TokenError):
    """The token's time has not come (`nbf`, or an `iat` in the future)."""


class TokenScopeError(TokenError):
    """The token lacks a scope that is required; it is good otherwise."""


class TokenGroupError(TokenError):
    """The user is not in a group that is required; the token is good otherwise."""


class JwksError(TokenError):
    """The issuer's keys can't be had, so nothing can be said about the token. A web server answers 503.

    Where no answer came, the `TransportError` is the `__cause__`.
    """


def one_line(text: str) -> str:
    """Return a text whose line breaks and control characters are spaces: it must not look like lines of its own."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


__all__ = [
    "ClientClosedError",
    "CognitoIdpError",
    "ConfigError",
    "ConnectError",
    "ConnectTimeoutError",
    "CredentialsError",
    "DeadlineExceededError",
    "InvalidResponseError",
    "JwksError",
    "JwtNotInstalledError",
    "NoCredentialsError",
    "NoRegionError",
    "PaginationError",
    "ProtocolError",
    "ProxyError",
    "ReadError",
    "ReadTimeoutError",
    "RequestValidationError",
    "ServiceError",
    "SessionEndedError",
    "SignInAnswerError",
    "SignInError",
    "SignInStateError",
    "SrpError",
    "TimeoutError_",
    "TokenAlgorithmError",
    "TokenAudienceError",
    "TokenError",
    "TokenExpiredError",
    "TokenFormatError",
    "TokenGroupError",
    "TokenIssuerError",
    "TokenKeyError",
    "TokenNotYetValidError",
    "TokenScopeError",
    "TokenSignatureError",
    "TokenTooLargeError",
    "TokenUseError",
    "TransportError",
    "UnexpectedChallengeError",
    "UnknownServiceError",
    "WaitedTooLongError",
    "WriteError",
    "WriteTimeoutError",
]

# What a traceback shows, and a pickle refers to, is the place that the class can be imported from.
for _name in __all__:
    globals()[_name].__module__ = "cognito_idp"
