"""Why a token was refused: one class a reason. Nothing here needs PyJWT.

No text holds a token or a part of one, nor a claim that says who the user is.
"""

from __future__ import annotations

from ..exception_base import CognitoIdpError


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


__all__ = [
    "JwksError",
    "JwtNotInstalledError",
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
]
