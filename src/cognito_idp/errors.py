"""Every exception of the library, and the table that turns an error code of the service into one of them.

```
CognitoIdpError
├ RequestValidationError (also ValueError)   before sending
├ ConfigError (also ValueError)
│  └ NoRegionError
├ CredentialsError
│  └ NoCredentialsError
├ TransportError                             no answer came
│  ├ ConnectError
│  │  └ ProxyError                           the proxy failed or refused
│  ├ ReadError, WriteError, ProtocolError
│  └ TimeoutError_ (also TimeoutError)
│     └ ConnectTimeoutError, ReadTimeoutError, WriteTimeoutError, WaitedTooLongError, DeadlineExceededError
├ InvalidResponseError                       an answer came that can't be read
├ ClientClosedError
├ PaginationError
├ SignInError                                sign_in/errors.py: a step of a sign-in can't be taken
│  ├ SignInAnswerError (also ValueError)     what was given doesn't fit; nothing was sent
│  ├ SignInStateError (also ValueError)      a stored challenge can't be used
│  ├ UnexpectedChallengeError, SrpError      the service's answers don't make sense; no proof was sent
│  └ SessionEndedError                       the user must sign in again
├ TokenError                                 tokens/errors.py: a token was refused, one class a reason
│  ├ TokenTooLargeError, TokenFormatError, TokenAlgorithmError, TokenKeyError, TokenSignatureError
│  ├ TokenIssuerError, TokenUseError, TokenAudienceError, TokenExpiredError, TokenNotYetValidError
│  ├ TokenScopeError, TokenGroupError        good otherwise
│  └ JwksError                               the keys can't be had, so nothing can be said about the token
├ JwtNotInstalledError (also ImportError)
└ ServiceError                               the service answered with an error
   ├ the modelled exceptions                 model/exceptions.py
   ├ the ones common to all AWS services     common_errors.py
   └ UnknownServiceError                     a code that this version doesn't know; it is kept
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

# `from . import` would lead pyright in a circle, from which it comes back without the names of this module.
import cognito_idp.common_errors as common_errors  # noqa: PLR0402

from .common_errors import *  # noqa: F403 - its __all__ is what this module offers, too
from .exception_base import (
    CognitoIdpError,
    ConfigError,
    InvalidResponseError,
    RequestValidationError,
    ServiceError,
)
from .model import exceptions
from .model.exceptions import *  # noqa: F403
from .sign_in import errors as sign_in_errors
from .sign_in.errors import *  # noqa: F403
from .tokens import errors as token_errors
from .tokens.errors import *  # noqa: F403


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


_PROXY_AUTHENTICATION_REQUIRED: Final = 407


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


class UnknownServiceError(ServiceError):
    """The service answered with an error code that this version doesn't know; `code` keeps it."""


ExceptionFn = Callable[..., ServiceError]

# Codes that older or neighbouring services spell differently; the error keeps the code as it was sent.
_ALIASES: Final[Mapping[str, str]] = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InternalError": "InternalFailure",
    "InvalidSignature": "InvalidSignatureException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "UnrecognizedClient": "UnrecognizedClientException",
}

_BY_NAME: Final[Mapping[str, ExceptionFn]] = {
    name: getattr(module, name) for module in (common_errors, exceptions) for name in module.__all__
}
_EXCEPTION_FNS: Final[Mapping[str, ExceptionFn]] = {
    **_BY_NAME,
    **{alias: _BY_NAME[name] for alias, name in _ALIASES.items()},
}


def service_error(code: str, message: str = "", **facts: Any) -> ServiceError:
    """Make the exception for an error code, whatever the operation; an unlisted code gives an `UnknownServiceError`."""
    return _EXCEPTION_FNS.get(code, UnknownServiceError)(message, code=code, **facts)


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
    "WaitedTooLongError",
    "WriteError",
    "WriteTimeoutError",
    "service_error",
]
__all__ += common_errors.__all__
__all__ += exceptions.__all__
__all__ += sign_in_errors.__all__
__all__ += token_errors.__all__
