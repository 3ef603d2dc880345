"""When a request may be sent again, and after what delay. Every retry policy and credential provider uses these rules.

Source of the delays: AWS SDKs and Tools Reference Guide, "Retry behavior".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from .._errors import InvalidResponseError, ServiceError, TransportError
from .redaction import Record

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


class If(Record):
    """A rule for some of an operation's requests: the reason, and which members (by wire name) it is for."""

    __slots__ = _fields = ("reason", "holds")

    def __init__(self, reason: str, holds: Callable[[Mapping[str, Any]], bool]) -> None:
        self.reason = reason
        self.holds = holds


# Flows of `InitiateAuth` and `AdminInitiateAuth` that never begin with a message. SRP begins with an exchange of public
# values, whatever follows. A refresh ends in tokens, and where the service rotates them, it refuses these two flows.
_SILENT_FLOWS = ("USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")
# The same for the preferred challenges of `USER_AUTH`. Without one, the service lists the user's factors.
_SILENT_CHALLENGES = (None, "PASSWORD_SRP", "WEB_AUTHN")


def _may_send_code(members: Mapping[str, Any]) -> bool:
    """Return whether a sign-in may begin with a code, or uses up a session. An unknown flow or challenge may."""
    flow, parameters = members.get("AuthFlow"), members.get("AuthParameters")
    if members.get("Session") is not None or not isinstance(parameters, dict):
        return True
    if flow == "USER_AUTH":
        # A step-up (`TARGET_ACR_VALUES`) asks for the factor that the user still lacks.
        return "TARGET_ACR_VALUES" in parameters or parameters.get("PREFERRED_CHALLENGE") not in _SILENT_CHALLENGES
    if flow == "CUSTOM_AUTH":
        # The pool's triggers decide what is sent, but SRP comes before them.
        return parameters.get("CHALLENGE_NAME") != "SRP_A"
    return flow not in _SILENT_FLOWS


def _changes_address(members: Mapping[str, Any]) -> bool:
    """Return whether an address or a number is set that the service verifies by a code; a blank value removes it."""
    attributes = members.get("UserAttributes")
    if not isinstance(attributes, list | tuple):
        return False
    pairs = [(each.get("Name"), each.get("Value")) for each in attributes if isinstance(each, dict)]
    return any(
        name in ("email", "phone_number") and value not in (None, "") and (f"{name}_verified", "true") not in pairs
        for name, value in pairs
    )


_CODE_AT_SIGN_IN = If("may send a code, which makes the one before void, or uses up a session", _may_send_code)
_CODE_TO_VERIFY = If("sends a code to the new address or number, which makes the one before void", _changes_address)
# Operations that must not be sent again if the first request may have been carried out, and what a second one does.
# Deletions are not among them: if the second finds nothing, what was asked for is so.
NOT_REPEATABLE: Mapping[str, str | If] = {
    "AddCustomAttributes": _EXISTS,
    "AddUserPoolClientSecret": "adds a second secret",
    "AdminConfirmSignUp": "says that the user can't be confirmed, having been confirmed",
    "AdminCreateUser": "says that the user exists already, or sends another invitation",
    "AdminInitiateAuth": _CODE_AT_SIGN_IN,
    "AdminLinkProviderForUser": "says that the identity is linked already",
    "AdminResetUserPassword": _NEW_CODE,
    "AdminRespondToAuthChallenge": _ONE_USE,
    "AdminUpdateUserAttributes": _CODE_TO_VERIFY,
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
    "InitiateAuth": _CODE_AT_SIGN_IN,
    "InitiatePointInTimeRecovery": "is refused, since a pool has one recovery at a time, or uses up one more preview",
    "ResendConfirmationCode": _NEW_CODE,
    "RespondToAuthChallenge": _ONE_USE,
    "SignUp": "says that the user exists already",
    "StartPointInTimeRecovery": "is refused as if nothing had begun, while the pool is being put back",
    "StartUserImportJob": "is refused as if nothing had begun, while users are being imported",
    "StopUserImportJob": "is refused as if the job could not be stopped, having been stopped",
    "UpdateUserAttributes": _CODE_TO_VERIFY,
    "VerifySoftwareToken": _ONE_USE,
    "VerifyUserAttribute": _ONE_USE,
}


def why_once(operation: str, members: Mapping[str, Any]) -> str | None:
    """Return why a request must not be sent again once it may have been carried out; None if it may."""
    rule = NOT_REPEATABLE.get(operation)
    if isinstance(rule, If):
        return rule.reason if rule.holds(members) else None
    return rule


def is_throttle(failure: Failure) -> bool:
    """Whether the service asked the client to slow down."""
    return not isinstance(failure, TransportError) and failure.is_throttle


def is_retryable(failure: Failure, also: Container[str] = ()) -> bool:
    """Whether the same request may be sent again and may succeed then. Codes in `also` count as passing faults.

    A request that must not be repeated is sent again only if the service certainly did not carry it out: it throttled
    the request, or it received nothing. If nobody has looked at the members, the operation's name decides.
    """
    if not failure.is_retryable and not (isinstance(failure, ServiceError) and failure.code in also):
        return False
    repeatable = failure.is_repeatable
    if repeatable is None:
        repeatable = failure.operation not in NOT_REPEATABLE
    return repeatable or was_not_carried_out(failure)


def was_not_carried_out(failure: Failure) -> bool:
    """Whether the service certainly did nothing: it throttled the request, or received nothing of it."""
    return is_throttle(failure) or (isinstance(failure, TransportError) and not failure.sent)


def backoff(failure: Failure, attempt: int, random: Callable[[], float], base: float | None = None) -> float:
    """Return the jittered delay in seconds after a failed attempt (counted from 1).

    `base` is the longest delay after the first one: by default 1 s after a throttle, and 0.05 s otherwise.
    """
    if base is None:
        base = _BASE_DELAY_THROTTLED if is_throttle(failure) else _BASE_DELAY
    return random() * min(base * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS), _MAX_DELAY)
