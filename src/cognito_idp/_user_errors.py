"""The library's own exception classes that speak of a user: of sign-ins, managed login and tokens."""

from __future__ import annotations

from ._errors import CognitoIdpError, one_line


class SignInError(CognitoIdpError):
    """The base of the errors of a sign-in. A refusal by the service is a `ServiceError`."""


class SignInAnswerError(SignInError, ValueError):
    """The arguments don't fit the flow or the challenge. Nothing was sent. The message says what fits."""


class SignInStateError(SignInError, ValueError):
    """A stored challenge can't be used: it is truncated, from another version, or from another app client."""


class SessionEndedError(SignInError):
    """The user must sign in again: the session was signed out, or its refresh token is no longer valid."""


class SrpError(SignInError):
    """An SRP exchange can't go on: a number from the service is unsafe or unreadable, or a password can't be encoded.

    The message names the number, but shows neither its value nor a secret.
    """


class UnexpectedChallengeError(SignInError):
    """The service asked for a proof out of turn, so none was sent."""


class LoginError(SignInError):
    """The base of the errors of a managed login. A refusal by the domain's token endpoint is an `OAuthError`."""


class LoginCallbackError(LoginError, ValueError):
    """The callback is not an answer to a login: another path, a parameter twice, a fragment. Nothing was sent."""


class LoginStateError(LoginError):
    """The callback answers another login (`state`), or the pending login is another's. Nothing was sent.

    Somebody may have lured the person to it. A web server should answer 400, and let the person begin again.
    """


class LoginIssuerError(LoginError):
    """The callback names an issuer (`iss`) that is not the user pool's. Nothing was sent."""


class LoginRefusedError(LoginError):
    """The callback says that the login failed. Nothing was sent.

    `code` is an error code of RFC 6749 (4.1.2.1) or OpenID Connect, such as `access_denied`, or `login_required` after
    `prompt="none"`. `description` is the pages' text on one line, up to 300 characters, and may be empty; `uri` is the
    address of a page about the error, or None.
    """

    def __init__(self, code: str = "", description: str = "", uri: str | None = None) -> None:
        self.code = code
        self.description = one_line(description)[:_LONGEST_TEXT]
        self.uri = None if uri is None else one_line(uri)[:_LONGEST_TEXT]
        super().__init__(f"the login was refused: {code}" + (f": {self.description}" if self.description else ""))


_LONGEST_TEXT = 300


class JwtNotInstalledError(CognitoIdpError, ImportError):
    """PyJWT is not installed, so no token can be verified. The message names the extra to install."""


class TokenError(CognitoIdpError):
    """A token is refused.

    A web server should answer 401. It should answer 403 for `TokenScopeError`, `TokenGroupError` and `TokenCheckError`,
    and 503 for `JwksError` and `RevocationUnknownError`. The doors in `cognito_idp.guards` do.
    """


class TokenTooLargeError(TokenError):
    """The token is longer than the limit. It was not read."""


class TokenFormatError(TokenError):
    """The token is not a JWT, or its JSON, base64 or claims break the rules."""


class TokenAlgorithmError(TokenError):
    """The token's algorithm is not RS256, but `none` or `HS256`, for example."""


class TokenKeyError(TokenError):
    """The token names no key, or a key that its issuer doesn't publish."""


class TokenSignatureError(TokenError):
    """The signature doesn't match: the token was changed, or signed by someone else."""


class TokenIssuerError(TokenError):
    """The token comes from another user pool (`iss`)."""


class TokenUseError(TokenError):
    """The token is of the wrong kind: an ID token instead of an access token, or the reverse (`token_use`)."""


class TokenAudienceError(TokenError):
    """The token was issued to another app client (`client_id` of an access token, `aud` of an ID token)."""


class TokenResourceError(TokenError):
    """The access token is for another resource (`aud`), or for none where one is demanded."""


class TokenNonceError(TokenError):
    """The ID token belongs to another login (`nonce`), or to another access token (`at_hash`)."""


class TokenExpiredError(TokenError):
    """The token has expired (`exp`)."""


class TokenNotYetValidError(TokenError):
    """The token is not valid yet (`nbf`)."""


class TokenScopeError(TokenError):
    """The token lacks a required scope. It is valid otherwise."""


class TokenGroupError(TokenError):
    """The user is not in a required group. The token is valid otherwise."""


class TokenCheckError(TokenError):
    """The function that you passed to the verifier as `check=` refused the token. It is valid otherwise."""


class TokenRevokedError(TokenError):
    """The token was revoked, or its user is gone or must act first: the service refuses the token."""


class RevocationUnknownError(TokenError):
    """The service can't be asked whether the token was revoked. A web server should answer 503.

    What went wrong is the `__cause__`.
    """


class JwksError(TokenError):
    """The issuer's keys can't be fetched, so the token can't be checked. A web server should answer 503.

    If no answer came, the `TransportError` is the `__cause__`.
    """


__all__ = [
    "JwksError",
    "JwtNotInstalledError",
    "LoginCallbackError",
    "LoginError",
    "LoginIssuerError",
    "LoginRefusedError",
    "LoginStateError",
    "RevocationUnknownError",
    "SessionEndedError",
    "SignInAnswerError",
    "SignInError",
    "SignInStateError",
    "SrpError",
    "TokenAlgorithmError",
    "TokenAudienceError",
    "TokenCheckError",
    "TokenError",
    "TokenExpiredError",
    "TokenFormatError",
    "TokenGroupError",
    "TokenIssuerError",
    "TokenKeyError",
    "TokenNonceError",
    "TokenNotYetValidError",
    "TokenResourceError",
    "TokenRevokedError",
    "TokenScopeError",
    "TokenSignatureError",
    "TokenTooLargeError",
    "TokenUseError",
    "UnexpectedChallengeError",
]

# Tracebacks and pickles then name the public module.
for _name in __all__:
    globals()[_name].__module__ = "cognito_idp"
