"""What can go wrong in a sign-in besides the service's own errors."""

from __future__ import annotations

from ..exception_base import CognitoIdpError


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


__all__ = [
    "SessionEndedError",
    "SignInAnswerError",
    "SignInError",
    "SignInStateError",
    "SrpError",
    "UnexpectedChallengeError",
]
