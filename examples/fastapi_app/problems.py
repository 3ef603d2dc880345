"""How failed calls look to the person or program that asked: a table from exception to HTTP answer.

The texts never reveal who has an account. Anything that is not in the table is our own fault: 500.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cognito_idp import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

_WRONG_CODE: Final = "This code is wrong or too old. Type in the newest one."
_UNREACHABLE: Final = "The sign-in service can't be reached just now. Try again in a moment."
_OTHER_SITE: Final = "This passkey is for another site."
_NO_TOKEN: Final = "A valid access token is needed."
# Here the service's own text helps (which rule a password breaks, for example) and reveals nothing about others.
_AS_THE_SERVICE_SAYS: Final = ""

# No account, a disabled account, or one without a confirmed address: a stranger must not learn which.
NOBODY: Final = (errors.InvalidParameterException, errors.NotAuthorizedException, errors.UserNotFoundException)
# A code was due and could not be sent. That happens to addresses with an account (at sign-up, to those without one), so
# a page that told it would tell who has an account.
NOT_SENT: Final = (
    errors.CodeDeliveryFailureException,
    errors.InvalidEmailRoleAccessPolicyException,
    errors.InvalidLambdaResponseException,
    errors.InvalidSmsRoleAccessPolicyException,
    errors.InvalidSmsRoleTrustRelationshipException,
    errors.LimitExceededException,
    errors.UnexpectedLambdaException,
)


class Problem(NamedTuple):
    """An HTTP status, a text for the person, and after how many seconds to try again."""

    status: int
    text: str
    retry_after: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers for the status."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


_TABLE: Final[Mapping[type[errors.CognitoIdpError], Problem]] = {
    # Identity. An unknown address and a wrong password look the same.
    errors.NotAuthorizedException: Problem(401, "The address or the password is wrong."),
    errors.UserNotFoundException: Problem(401, "The address or the password is wrong."),
    errors.SessionEndedError: Problem(401, "Your session has ended. Sign in again."),
    errors.TokenError: Problem(401, _NO_TOKEN),
    errors.TokenScopeError: Problem(403, "The token lacks a scope."),
    errors.TokenGroupError: Problem(403, "You are not in the group that may do this."),
    errors.UserNotConfirmedException: Problem(403, "This address is not confirmed yet."),
    errors.PasswordResetRequiredException: Problem(403, "The password must be reset."),
    # Input.
    errors.CodeMismatchException: Problem(400, _WRONG_CODE),
    errors.ExpiredCodeException: Problem(400, _WRONG_CODE),
    errors.EnableSoftwareTokenMFAException: Problem(400, _WRONG_CODE),
    errors.WebAuthnChallengeNotFoundException: Problem(400, "This took too long. Try again."),
    errors.WebAuthnCredentialNotSupportedException: Problem(400, "This passkey can't be used here. Try another one."),
    errors.WebAuthnOriginNotAllowedException: Problem(400, _OTHER_SITE),
    errors.WebAuthnRelyingPartyMismatchException: Problem(400, _OTHER_SITE),
    errors.InvalidPasswordException: Problem(400, _AS_THE_SERVICE_SAYS),
    errors.PasswordHistoryPolicyViolationException: Problem(400, _AS_THE_SERVICE_SAYS),
    errors.UserLambdaValidationException: Problem(400, _AS_THE_SERVICE_SAYS),
    errors.InvalidParameterException: Problem(400, "Something here is not as it must be."),
    errors.RequestValidationError: Problem(400, "Something here is too long, or not as it must be."),
    errors.SignInAnswerError: Problem(400, "This answer doesn't fit the question."),
    errors.SignInStateError: Problem(400, "This sign-in can't go on. Begin again."),
    errors.LoginRefusedError: Problem(401, "The sign-in was refused, or given up."),
    errors.LoginError: Problem(400, "This sign-in can't go on. Begin again."),
    errors.InvalidGrantError: Problem(400, "This sign-in can't go on. Begin again."),
    errors.TokenNonceError: Problem(400, "This sign-in can't go on. Begin again."),
    # Limits. ServiceError.is_throttle covers other codes too; the service makes a person wait 15 minutes at most.
    errors.TooManyRequestsException: Problem(429, "Too many requests. Try again in a moment.", 5),
    errors.LimitExceededException: Problem(429, "Too many attempts. Try again later.", 900),
    errors.TooManyFailedAttemptsException: Problem(429, "Too many attempts. Try again later.", 900),
    # The service, or the connection to it.
    errors.CodeDeliveryFailureException: Problem(502, "The code could not be sent. Try again later."),
    errors.InvalidResponseError: Problem(502, _UNREACHABLE),
    errors.ServiceError: Problem(502, "The sign-in service refused the request."),
    errors.TransportError: Problem(503, _UNREACHABLE, 5),
    errors.InternalErrorException: Problem(503, _UNREACHABLE, 5),
    errors.JwksError: Problem(503, _UNREACHABLE, 5),
    errors.TimeoutError_: Problem(504, "The sign-in service takes too long. Try again in a moment.", 5),
    errors.CognitoIdpError: Problem(500, "Something went wrong here."),
}


_STATUSES: Final[Mapping[int, str]] = {
    404: "There is nothing at this address.",
    405: "This address doesn't take such requests.",
}


def http_problem(status: int, text: str) -> Problem:
    """Return the answer for a status of the framework's, which names it in `text` where there is nothing to say."""
    return Problem(status, _STATUSES.get(status, text))


def problem_of(error: errors.CognitoIdpError) -> Problem:
    """Return the answer for an exception: the entry of its class, or of its nearest base class."""
    problem = next(_TABLE[cls] for cls in type(error).__mro__ if cls in _TABLE)
    if isinstance(error, errors.ServiceError):
        if error.is_throttle and problem.status != 429:  # noqa: PLR2004 - an HTTP status
            return _TABLE[errors.TooManyRequestsException]
        if error.is_retryable and problem.status == 502:  # noqa: PLR2004
            return _TABLE[errors.InternalErrorException]
        if problem.text == _AS_THE_SERVICE_SAYS:
            return problem._replace(text=error.message)
    return problem
