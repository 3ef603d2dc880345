"""The errors of a user pool's OAuth 2.0 endpoints, by the codes of the RFCs that name them.

Sources: RFC 6749 (5.2), RFC 6750 (3.1), RFC 7009 (2.2.1), RFC 8693 (2.2.2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .._errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping


class OAuthError(ServiceError):
    """An OAuth 2.0 endpoint of the user pool's domain refused a request.

    `code` is the RFC's error code (`invalid_grant`), also one that this version doesn't know; `message` is the
    endpoint's description. The rest is as in `ServiceError`.
    """

    @property
    def uri(self) -> str | None:
        """The address of a page about the error (`error_uri`), as the endpoint sent it; None if it sent none."""
        uri = self.members.get("error_uri")
        return uri if isinstance(uri, str) else None


class InsufficientScopeError(OAuthError):
    """The access token lacks a scope that the endpoint demands (`insufficient_scope`)."""


class InvalidClientError(OAuthError):
    """The app client is unknown, or its secret is missing or wrong (`invalid_client`)."""


class InvalidGrantError(OAuthError):
    """The code or the refresh token is not valid (`invalid_grant`).

    It was used before, has expired, was revoked, or belongs to another app client, redirect URI or code verifier.
    """


class InvalidRequestError(OAuthError):
    """The endpoint can't use the request: a parameter is missing, unknown or repeated (`invalid_request`)."""


class InvalidScopeError(OAuthError):
    """A scope is unknown, or the app client may not have it (`invalid_scope`)."""


class InvalidTargetError(OAuthError):
    """The resource or audience is one that no token can be had for (`invalid_target`)."""


class InvalidTokenError(OAuthError):
    """The access token is not valid: it has expired, was revoked, or is malformed (`invalid_token`)."""


class UnauthorizedClientError(OAuthError):
    """The app client may not use this grant (`unauthorized_client`)."""


class UnsupportedGrantTypeError(OAuthError):
    """The endpoint doesn't know the grant (`unsupported_grant_type`)."""


class UnsupportedTokenTypeError(OAuthError):
    """The endpoint can't revoke tokens of this kind (`unsupported_token_type`)."""


__all__ = [
    "InsufficientScopeError",
    "InvalidClientError",
    "InvalidGrantError",
    "InvalidRequestError",
    "InvalidScopeError",
    "InvalidTargetError",
    "InvalidTokenError",
    "OAuthError",
    "UnauthorizedClientError",
    "UnsupportedGrantTypeError",
    "UnsupportedTokenTypeError",
]

# Tracebacks and pickles then name the public module.
for _name in __all__:
    globals()[_name].__module__ = "cognito_idp"

# RFC 6749, 5.2 and appendix A.7: printable ASCII, spaces included, but for quotation marks and backslashes.
ERROR_CODE: Final = re.compile(r"[ !#-\[\]-~]{1,80}")

# The class for each code. Any other code is an `OAuthError`.
BY_CODE: Final[Mapping[str, type[OAuthError]]] = {
    "insufficient_scope": InsufficientScopeError,
    "invalid_client": InvalidClientError,
    "invalid_grant": InvalidGrantError,
    "invalid_request": InvalidRequestError,
    "invalid_scope": InvalidScopeError,
    "invalid_target": InvalidTargetError,
    "invalid_token": InvalidTokenError,
    "unauthorized_client": UnauthorizedClientError,
    "unsupported_grant_type": UnsupportedGrantTypeError,
    "unsupported_token_type": UnsupportedTokenTypeError,
}
