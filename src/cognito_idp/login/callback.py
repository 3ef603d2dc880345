"""What a callback may say, and what an ID token must: pure checks of a login's answers.

Sources: RFC 6749 (3.1, 4.1.2), RFC 9207; OpenID Connect Core 1.0 (3.1.2.6, 3.1.3.7, 3.1.3.8).
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from .._errors import (
    LoginCallbackError,
    LoginIssuerError,
    LoginRefusedError,
    LoginStateError,
    TokenAudienceError,
    TokenIssuerError,
    TokenNonceError,
)
from .._protocol.base64url import base64url
from .._protocol.oauth_errors import ERROR_CODE
from ..tokens.claims import IdTokenClaims
from ..tokens.jws import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .._protocol.redaction import Opaque
    from ..sign_in.signed_in import Tokens
    from ..tokens.claims import AnyClaims
    from .pending import PendingLogin

_PARAMETERS: Final = ("code", "state", "iss", "error", "error_description", "error_uri")
_LONGEST: Final = 16 * 1024
_MOST: Final = 50
# RFC 6749, appendix A.11.
_CODE: Final = re.compile(r"[ -~]{1,8192}")


def code_in(callback_url: Opaque[str], pending: PendingLogin, redirect_uri: str, issuers: Collection[str]) -> str:
    """Return the authorization code of a callback, after all checks that need no request.

    Raises:
        LoginCallbackError: it is not an answer to a login at all.
        LoginStateError: it is the answer to another login.
        LoginIssuerError: it comes from another issuer than those of the pool.
        LoginRefusedError: it says that the login failed.
    """
    parameters = _parameters(callback_url.value, redirect_uri)
    if not _are_same(parameters.get("state", ""), pending.state):
        problem = "has another state than the login" if "state" in parameters else "has no state"
        msg = f"the callback {problem}: it answers another login, or none of yours"
        raise LoginStateError(msg)
    iss = parameters.get("iss")
    if iss is not None and iss not in issuers:
        msg = f"the callback's iss is {shown(iss)}; it must be {' or '.join(issuers)}"
        raise LoginIssuerError(msg)
    if "error" in parameters:
        raise _refusal(parameters)
    code = parameters.get("code", "")
    if not _CODE.fullmatch(code):
        msg = "the callback has neither a code nor an error"
        raise LoginCallbackError(msg)
    return code


def _parameters(callback_url: str, redirect_uri: str) -> Mapping[str, str]:
    problem, pairs = "can't be read as a URL", None
    if len(callback_url) > _LONGEST:
        problem = f"is {len(callback_url):,} characters long; the limit is {_LONGEST:,}"
    elif "#" in callback_url:
        problem = "has a fragment, which no authorization code comes in"
    elif callback_url.partition("?")[2].count("&") >= _MOST:
        problem = f"has more than {_MOST} parameters"
    else:
        try:
            parts = urlsplit(callback_url)
            pairs = parse_qsl(parts.query, keep_blank_values=True, errors="strict")
            if (unquote(parts.path) or "/") != (unquote(urlsplit(redirect_uri).path) or "/"):
                problem, pairs = "has another path than redirect_uri", None
        except UnicodeDecodeError:
            problem = "has text that isn't UTF-8"
        except ValueError:
            pass
    # Raised outside the handler: the error there may quote the URL.
    names = [name for name, _ in pairs or () if name in _PARAMETERS]
    if len(names) != len(set(names)):
        # RFC 6749, 3.1: two readers could take different ones of them.
        problem, pairs = "has a parameter twice", None
    if pairs is None:
        msg = f"the callback {problem}"
        raise LoginCallbackError(msg)
    return dict(pairs)


def _refusal(parameters: Mapping[str, str]) -> LoginRefusedError | LoginCallbackError:
    code = parameters["error"]
    if not ERROR_CODE.fullmatch(code):
        return LoginCallbackError("the callback's error is not an error code")
    return LoginRefusedError(code, parameters.get("error_description", ""), parameters.get("error_uri"))


def check_id_token(claims: AnyClaims, tokens: Tokens, pending: PendingLogin, issuers: Collection[str]) -> None:
    """Check what only this login knows of a verified ID token: its pool, app client, nonce and access token.

    Raises:
        TokenIssuerError: it comes from another pool that the verifier trusts.
        TokenAudienceError: it was issued to another app client.
        TokenNonceError: it belongs to another login, or to another access token.
    """
    if claims.iss not in issuers:
        msg = f"the ID token's iss is {shown(claims.iss)}; it must be {' or '.join(issuers)}"
        raise TokenIssuerError(msg)
    if not isinstance(claims, IdTokenClaims) or claims.aud != pending.client_id:
        msg = "the token is not an ID token for the login's app client"
        raise TokenAudienceError(msg)
    if not _are_same(claims.nonce or "", pending.nonce):
        msg = "the ID token's nonce is missing, or that of another login"
        raise TokenNonceError(msg)
    at_hash = claims.all.get("at_hash")
    digest = sha256(tokens.access_token.encode("utf-8", "surrogatepass")).digest()
    if at_hash is not None and at_hash != base64url(digest[: len(digest) // 2]):
        msg = "the ID token's at_hash is that of another access token"
        raise TokenNonceError(msg)


def _are_same(one: str, other: str) -> bool:
    """Compare in constant time. No text at all is never the same."""
    left, right = (text.encode("utf-8", "surrogatepass") for text in (one, other))
    return bool(right) and hmac.compare_digest(left, right)
