"""The errors that any AWS service may return. Cognito's model does not list them.

Source: AWS General Reference and the Cognito API reference, "Common errors", and the codes that the AWS SDKs retry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from .._errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    ExceptionFn: TypeAlias = Callable[..., ServiceError]


class Throttled(ServiceError):
    """The base of the common throttling errors."""

    throttles = True


class Transient(ServiceError):
    """The base of the common errors that pass with time."""

    transient = True


class BandwidthLimitExceeded(Throttled):
    """The account transfers more data than it may."""


class EC2ThrottledException(Throttled):
    """The caller sends faster than it may."""


class ExpiredTokenException(ServiceError):
    """The session token of the credentials has expired."""


class IncompleteSignatureException(ServiceError):
    """The signature lacks a part that AWS requires."""


class InternalFailure(Transient):
    """The service failed in a way that it does not explain."""


class InternalServerError(Transient):
    """The service failed in a way that it does not explain."""


class InvalidClientTokenId(ServiceError):
    """AWS does not know the access key id."""


class InvalidSignatureException(ServiceError):
    """The signature does not match the request: a wrong secret key, or a clock that is minutes off."""


class MalformedHttpRequestException(ServiceError):
    """The service could not read the request at the HTTP level."""


class MissingAuthenticationTokenException(ServiceError):
    """The request is not signed, but the operation requires it."""


class NotAuthorized(ServiceError):
    """The caller may not do this."""


class OptInRequired(ServiceError):
    """The account is not subscribed to the service or the region."""


class PriorRequestNotComplete(Throttled):
    """An earlier request must end before this one may begin."""


class ProvisionedThroughputExceededException(Throttled):
    """The caller sends faster than it may."""


class RequestAbortedException(ServiceError):
    """The request was aborted before the service answered."""


class RequestEntityTooLargeException(ServiceError):
    """The request is larger than the service accepts."""


class RequestExpired(ServiceError):
    """The request's date is too far from the service's clock."""


class RequestLimitExceeded(Throttled):
    """The caller sends faster than it may."""


class RequestThrottled(Throttled):
    """The caller sends faster than it may."""


class RequestThrottledException(Throttled):
    """The caller sends faster than it may."""


class RequestTimeout(Transient):
    """The service waited too long for the request."""


class RequestTimeoutException(Transient):
    """The service waited too long for the request."""


class RequestTimeTooSkewed(ServiceError):
    """The request's date is too far from the service's clock."""


class SerializationException(ServiceError):
    """The service could not read the request's JSON."""


class ServiceUnavailable(Transient):
    """The service can't answer now."""


class ServiceUnavailableException(Transient):
    """The service can't answer now."""


class SignatureDoesNotMatch(ServiceError):
    """The signature does not match the request: a wrong secret key, or a clock that is minutes off."""


class SlowDown(Throttled):
    """The caller sends faster than it may."""


class Throttling(Throttled):
    """The caller sends faster than it may."""


class ThrottlingException(Throttled):
    """The caller sends faster than it may."""


class ThrottledException(Throttled):
    """The caller sends faster than it may."""


class TransactionInProgressException(Throttled):
    """An earlier request must end before this one may begin."""


class UnknownOperationException(ServiceError):
    """The service has no operation with this name."""


class UnrecognizedClientException(ServiceError):
    """The access key id or the session token is not valid."""


class ValidationError(ServiceError):
    """A value in the request breaks a rule of the service."""


class ValidationException(ServiceError):
    """A value in the request breaks a rule of the service."""


# Codes that older or related services spell differently. The error keeps the code as sent.
ALIASES: Final[Mapping[str, str]] = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InternalError": "InternalFailure",
    "InvalidSignature": "InvalidSignatureException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "UnrecognizedClient": "UnrecognizedClientException",
}

__all__ = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InternalFailure",
    "InternalServerError",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MalformedHttpRequestException",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestAbortedException",
    "RequestEntityTooLargeException",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "RequestTimeoutException",
    "SerializationException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "SignatureDoesNotMatch",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TransactionInProgressException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
]

# Tracebacks and pickles then name the public module.
for _name in __all__:
    globals()[_name].__module__ = "cognito_idp"

# The exception class for each common code. `model/exceptions.py` adds the errors in the model.
COMMON: Final[Mapping[str, ExceptionFn]] = {name: globals()[name] for name in __all__}
