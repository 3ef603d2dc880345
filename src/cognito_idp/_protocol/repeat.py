"""When a request may be sent again, and after what delay. Every retry policy and credential provider uses these rules.

Source of the delays: AWS SDKs and Tools Reference Guide, "Retry behavior".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .._errors import InvalidResponseError, ServiceError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

Failure: TypeAlias = ServiceError | TransportError | InvalidResponseError

_MAX_DELAY = 20.0
# Enough to reach the longest delay from any base. Without a limit, the power would overflow.
_MAX_DOUBLINGS = 30
_BASE_DELAY = 0.05
_BASE_DELAY_THROTTLED = 1.0

_NEW_CODE = "sends another message, and its code makes the one before void"
_ONE_USE = "takes a code, a session or a challenge that can be used once"
_EXISTS = "says that there is such a thing already, as if this request had made nothing"
# Operations that must not be sent again if the first request may have been carried out, and what a second one does.
# Deletions are not among them: if the second finds nothing, what was asked for is so.
NOT_REPEATABLE: Mapping[str, str] = {
    "AddCustomAttributes": _EXISTS,
    "AddUserPoolClientSecret": "adds a second secret",
    "AdminConfirmSignUp": "says that the user can't be confirmed, having been confirmed",
    "AdminCreateUser": "says that the user exists already, or sends another invitation",
    "AdminLinkProviderForUser": "says that the identity is linked already",
    "AdminResetUserPassword": _NEW_CODE,
    "AdminRespondToAuthChallenge": _ONE_USE,
    "AssociateSoftwareToken": _ONE_USE,
    "CancelPointInTimeRecovery": "is refused as if the recovery could not be cancelled, having been cancelled",
    "ChangePassword": "counts as an attempt with a wrong password, once the password is another",
    "CompleteWebAuthnRegistration": _ONE_USE,
    "ConfirmDevice": "says that the device's key exists already",
    "ConfirmForgotPassword": _ONE_USE,
    "ConfirmSignUp": _ONE_USE,
    "CreateCIMDPolicy": "makes a second policy, since nothing but its new id tells policies apart",
    "CreateGroup": _EXISTS,
    "CreateIdentityProvider": _EXISTS,
    "CreateManagedLoginBranding": _EXISTS,
    "CreateResourceServer": _EXISTS,
    "CreateTerms": _EXISTS,
    "CreateUserImportJob": "makes a second job",
    "CreateUserPool": "makes a second pool, since names need not differ",
    "CreateUserPoolClient": "makes a second app client, since names need not differ",
    "CreateUserPoolDomain": "says that the domain is taken, as if by somebody else",
    "CreateUserPoolReplica": _EXISTS,
    "ForgotPassword": _NEW_CODE,
    "GetTokensFromRefreshToken": "shows a rotated refresh token again, which counts as stolen then",
    "GetUserAttributeVerificationCode": _NEW_CODE,
    "InitiatePointInTimeRecovery": "is refused, since a pool has one recovery at a time, or uses up one more preview",
    "ResendConfirmationCode": _NEW_CODE,
    "RespondToAuthChallenge": _ONE_USE,
    "SignUp": "says that the user exists already",
    "StartPointInTimeRecovery": "is refused as if nothing had begun, while the pool is being put back",
    "StartUserImportJob": "is refused as if nothing had begun, while users are being imported",
    "StopUserImportJob": "is refused as if the job could not be stopped, having been stopped",
    "VerifySoftwareToken": _ONE_USE,
    "VerifyUserAttribute": _ONE_USE,
}


def is_throttle(failure: Failure) -> bool:
    """Whether the service asked the client to slow down."""
    return isinstance(failure, ServiceError) and failure.is_throttle


def is_retryable(failure: Failure, also: Container[str] = ()) -> bool:
    """Whether the same request may be sent again and may succeed then. Codes in `also` count as passing faults.

    An operation in `NOT_REPEATABLE` is sent again only if the service certainly did not carry it out: it throttled the
    request, or it received nothing.
    """
    if not failure.is_retryable and not (isinstance(failure, ServiceError) and failure.code in also):
        return False
    return failure.operation not in NOT_REPEATABLE or was_not_carried_out(failure)


def was_not_carried_out(failure: Failure) -> bool:
    """Whether the service certainly did nothing: it throttled the request, or received nothing of it."""
    return is_throttle(failure) or (isinstance(failure, TransportError) and not failure.sent)


def backoff(failure: Failure, attempt: int, random: Callable[[], float]) -> float:
    """Return the jittered delay in seconds after a failed attempt (counted from 1)."""
    base = _BASE_DELAY_THROTTLED if is_throttle(failure) else _BASE_DELAY
    return random() * min(base * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS), _MAX_DELAY)
