"""The decision that all guards share: the headers of a request in, claims or a refusal out.

What is a token, and what is refused with which status, is decided here; the other modules carry it to a framework. No
frame here holds a token by name, since a user's transport may run below a guard.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypedDict, TypeVar

import attrs

from .._errors import (
    ConfigError,
    JwksError,
    RevocationUnknownError,
    TokenCheckError,
    TokenError,
    TokenExpiredError,
    TokenGroupError,
    TokenRevokedError,
    TokenScopeError,
    one_line,
)
from .._protocol.arguments import FLAG, TEXT, WHOLE, Kind, check, check_given, described
from .._protocol.redaction import Opaque
from .._protocol.tracebacks import clears_frames
from ..tokens.claims import AnyClaims, TokenClaims
from ..tokens.names import Names, names
from ..tokens.names import scopes as scope_names
from ..tokens.verify import TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from ..tokens.async_verify import AsyncTokenVerifier

LOG: Final = logging.getLogger("cognito_idp.guards")
UNAVAILABLE: Final = 503
FORBIDDEN: Final = 403

_RETRY_AFTER: Final = "5"
# RFC 9110, 11.6.2. A comma is where a proxy or a WSGI server joined two headers (5.3).
_BEARER: Final = re.compile(r"[ \t]*bearer(?=[ \t,]|$)", re.IGNORECASE)
_SECOND_BEARER: Final = re.compile(r",[ \t]*bearer(?=[ \t,]|$)", re.IGNORECASE)
_COOKIE_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# RFC 6749, 3.3.
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
# A dot, a slash, a backslash, or a percent sign of one of these, in a path that the server has decoded.
_ENCODED: Final = re.compile(r"%(?:2[ef5]|5c)", re.IGNORECASE)

ClaimsT = TypeVar("ClaimsT", bound=AnyClaims)


def _verifies(value: Any) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "verify", None))


def is_async(verifier: Any) -> bool:
    """Return whether a verifier is an async one."""
    return iscoroutinefunction(verifier.verify)


VERIFIER: Final = Kind("a TokenVerifier", lambda value: _verifies(value) and not is_async(value))
ASYNC_VERIFIER: Final = Kind("an AsyncTokenVerifier", lambda value: _verifies(value) and is_async(value))
ANY_VERIFIER: Final = Kind("a TokenVerifier or an AsyncTokenVerifier", _verifies)
_VALUES: Final = Kind("a string or several", lambda value: isinstance(value, Iterable) and not isinstance(value, bytes))


class Presented(Opaque["tuple[tuple[str, ...], tuple[str, ...]]"]):
    """The headers of a request that may hold a token.

    Args:
        authorization: the value of each `Authorization` header, as text in Latin-1. A string is one header.
        cookies: the value of each `Cookie` header. A string is one header.

    Raises:
        ConfigError: a value is not a string.
    """

    __module__ = "cognito_idp.guards"
    __slots__ = ()

    @clears_frames
    def __init__(self, authorization: Names = (), cookies: Names = ()) -> None:
        super().__init__((_values("authorization", authorization), _values("cookies", cookies)))


def _values(name: str, values: Names) -> tuple[str, ...]:
    check(_VALUES, **{name: values})
    headers = (values,) if isinstance(values, str) else tuple(values)
    for header in headers:
        check(TEXT, **{name: header})
    return headers


@attrs.frozen
class Refusal:
    """The answer to a request that a guard doesn't let through.

    Attributes:
        status: the HTTP status: 400, 401, 403 or 503.
        error: the error code of RFC 6750 (section 3.1), `missing_token` or `temporarily_unavailable`.
        description: a sentence for the client's developer. It is the same whatever the token holds.
        headers: the headers of the answer, `WWW-Authenticate` or `Retry-After` among them.
    """

    __module__ = "cognito_idp.guards"

    status: int
    error: str
    description: str
    headers: Mapping[str, str] = attrs.field(hash=False)

    @property
    def body(self) -> bytes:
        """The body of the answer, in JSON."""
        return json.dumps({"error": self.error, "error_description": self.description}).encode()


class _Reason(NamedTuple):
    status: int
    error: str
    description: str


class _MissingTokenError(TokenError):
    """The request has no token."""


class _RepeatedTokenError(TokenError):
    """The request has more than one token."""


_NOT_NOW: Final = _Reason(UNAVAILABLE, "temporarily_unavailable", "The token can't be checked at the moment.")
_REASONS: Final[Mapping[type[TokenError], _Reason]] = {
    _MissingTokenError: _Reason(401, "missing_token", "A bearer token is needed."),
    _RepeatedTokenError: _Reason(400, "invalid_request", "The request has more than one token."),
    TokenExpiredError: _Reason(401, "invalid_token", "The token has expired."),
    TokenRevokedError: _Reason(401, "invalid_token", "The token was revoked."),
    TokenScopeError: _Reason(FORBIDDEN, "insufficient_scope", "The token lacks a scope."),
    TokenGroupError: _Reason(FORBIDDEN, "insufficient_scope", "The user is not in a group that this needs."),
    TokenCheckError: _Reason(FORBIDDEN, "insufficient_scope", "The token is not enough for this."),
    JwksError: _NOT_NOW,
    RevocationUnknownError: _NOT_NOW,
    TokenError: _Reason(401, "invalid_token", "The token is not valid."),
}


class Demands(TypedDict, total=False):
    """What a guard demands."""

    # The reference shows these docstrings among the parameters of what takes `**demands`.
    scopes: Names
    """Scopes that the token must have, all of them; a string may hold several, separated by spaces."""
    groups: Names
    """Groups that the user must be in, all of them."""
    cookie: str | None
    """The name of a cookie that may hold the token, as for a `Guard`."""


class DemandsOrNone(TypedDict, total=False):
    """What a guard demands, and whether it must be there at all."""

    # Not inherited: the reference doesn't look at bases.
    scopes: Names
    groups: Names
    cookie: str | None
    required: bool


class Guard:
    """Decides over requests: where a token may stand, and which scopes and groups it must have.

    ```
    guard = Guard(scopes="orders/read")
    outcome = guard.check(verifier, Presented(request.headers.getlist("Authorization")))
    ```

    A token stands in the `Authorization` header with the scheme `Bearer`, or in a cookie. It is never read from the
    query string or the body. `check` is for a `TokenVerifier`, `check_async` for an `AsyncTokenVerifier`.

    Args:
        scopes: scopes that the token must have, all of them; a string may hold several, separated by spaces.
        groups: groups that the user must be in, all of them.
        cookie: the name of a cookie that may hold the token. A browser sends cookies with requests that other sites
            make, so the application must guard against these itself.
        required: False lets requests without a token through. A token that is there is checked all the same.
        log_level: the least level of a log line about a refusal, on the logger `cognito_idp.guards`.

    Raises:
        ConfigError: a setting can't be used.
    """

    __module__ = "cognito_idp.guards"

    def __init__(
        self,
        *,
        scopes: Names = (),
        groups: Names = (),
        cookie: str | None = None,
        required: bool = True,
        log_level: int = logging.INFO,
    ) -> None:
        check(FLAG, required=required)
        check(WHOLE, log_level=log_level)
        check_given(TEXT, cookie=cookie)
        if cookie is not None and not _COOKIE_NAME.fullmatch(cookie):
            msg = f"cookie={cookie!r} is not the name of a cookie (RFC 6265)"
            raise ConfigError(msg)
        self._scopes = scope_names(scopes, "scopes")
        for scope in self._scopes:
            if not _SCOPE.fullmatch(scope):
                msg = f"scopes= has {scope!r}, which is not a scope (RFC 6749, section 3.3)"
                raise ConfigError(msg)
        self._groups = names(groups, "groups")
        self._cookie = cookie
        self._required = required
        self._log_level = log_level

    @clears_frames
    def check(
        self, verifier: TokenVerifier[ClaimsT], presented: Presented, scopes: Names = ()
    ) -> ClaimsT | Refusal | None:
        """Return the claims of a good token, a refusal, or None for no token where none is required.

        `scopes` are required in addition to the guard's own; a string may hold several, separated by spaces.

        Raises:
            ConfigError: the verifier returned something else than claims, or `scopes` can't be used.
        """
        wanted = self._scopes | scope_names(scopes, "scopes")
        try:
            token = self._token(presented)
            if token is None:
                return None
            outcome = verifier.verify(token.value, required_scopes=wanted, required_groups=self._groups)
        except TokenError as error:
            return self._refusal(error, wanted)
        _check_claims(outcome)
        return outcome

    @clears_frames
    async def check_async(
        self, verifier: AsyncTokenVerifier[ClaimsT], presented: Presented, scopes: Names = ()
    ) -> ClaimsT | Refusal | None:
        """Do what `check` does with an async verifier. A `TokenVerifier` is refused: it would block the event loop.

        Raises:
            ConfigError: the verifier is a sync one, or as for `check`.
        """
        if isinstance(verifier, TokenVerifier):
            check(ASYNC_VERIFIER, verifier=verifier)
        wanted = self._scopes | scope_names(scopes, "scopes")
        try:
            token = self._token(presented)
            if token is None:
                return None
            outcome = await _awaitable(
                verifier.verify(token.value, required_scopes=wanted, required_groups=self._groups)
            )
        except TokenError as error:
            return self._refusal(error, wanted)
        _check_claims(outcome)
        return outcome

    def _token(self, presented: Presented) -> Opaque[str] | None:
        """Return the one token of a request, or None for none where none is required.

        Raises:
            TokenError: there is none, or more than one.
        """
        authorization, cookies = presented.value
        header = _bearer_token(",".join(authorization))
        # RFC 9113, 8.2.3: one Cookie header may come in several pieces.
        cookie = None if self._cookie is None else _cookie("; ".join(cookies), self._cookie)
        if header is not None and cookie is not None:
            raise _RepeatedTokenError(_BOTH)
        token = cookie if header is None else header
        if token is None and self._required:
            raise _MissingTokenError(_NONE)
        return None if token is None else Opaque(token)

    def _refusal(self, error: TokenError, scopes: frozenset[str]) -> Refusal:
        reason = next(_REASONS[cls] for cls in type(error).__mro__ if cls in _REASONS)
        level = logging.WARNING if reason.status == UNAVAILABLE else logging.INFO
        LOG.log(
            max(level, self._log_level),
            "refused with %d: %s: %s",
            reason.status,
            type(error).__name__.strip("_"),
            one_line(str(error)),
        )
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        if reason.status == UNAVAILABLE:
            headers["Retry-After"] = _RETRY_AFTER
        else:
            headers["WWW-Authenticate"] = _challenge(reason, scopes)
        return Refusal(*reason, headers)


_NONE: Final = "the request has no bearer token"
_BOTH: Final = "the request has a token in its Authorization header and one in a cookie"
_TWO_HEADERS: Final = "the request has more than one Authorization header, or a comma in it"
_TWO_COOKIES: Final = "the request has more than one cookie with the token, or a comma in it"


def _check_claims(outcome: object) -> None:
    """Check what a verifier returns: an async one, or what wraps one, returns a coroutine that nobody has awaited.

    Raises:
        ConfigError: it is not claims.
    """
    if not isinstance(outcome, TokenClaims):
        if iscoroutine(outcome):
            outcome.close()
        msg = f"verify() of verifier= must return claims, not {described(outcome)}"
        raise ConfigError(msg)


def _awaitable(outcome: Awaitable[ClaimsT]) -> Awaitable[ClaimsT]:
    """Return what the verifier of an async check returns, so that it may be awaited.

    Raises:
        ConfigError: it is nothing to await, as from a wrapper of a sync verifier.
    """
    if not isawaitable(outcome):
        msg = f"verify() of verifier= must return an awaitable for check_async, not {described(outcome)}"
        raise ConfigError(msg)
    return outcome


def _bearer_token(authorization: str) -> str | None:
    """Return what the Authorization header has as a bearer token, or None if its scheme is another.

    The verifier bounds its size and checks its form.

    Raises:
        TokenError: there is more than one.
    """
    scheme = _BEARER.match(authorization)
    if _SECOND_BEARER.search(authorization) or (scheme and "," in authorization):
        raise _RepeatedTokenError(_TWO_HEADERS)
    return authorization[scheme.end() :].strip(" ") if scheme else None


def _cookie(cookies: str, name: str) -> str | None:
    """Return the value of a cookie as it stands, with quotation marks if it has any (RFC 6265, 5.2).

    Raises:
        TokenError: there is more than one of that name.
    """
    pairs = (pair.partition("=") for pair in cookies.split(";"))
    values = [value for key, _, value in pairs if key.strip(" \t") == name]
    if len(values) > 1 or any("," in value for value in values):
        raise _RepeatedTokenError(_TWO_COOKIES)
    return values[0] if values else None


def _challenge(reason: _Reason, scopes: frozenset[str]) -> str:
    """Return a challenge (RFC 6750, section 3), which has no error code if the request has no token."""
    challenge = 'Bearer realm="api"'
    if reason.error != _REASONS[_MissingTokenError].error:
        challenge += f', error="{reason.error}", error_description="{reason.description}"'
    if reason is _REASONS[TokenScopeError] and scopes:
        challenge += f', scope="{" ".join(sorted(filter(_SCOPE.fullmatch, scopes)))}"'
    return challenge


class Paths:
    """Paths that need no token, below the place where the application is mounted.

    `/health` is that path alone, and `/static/*` is everything below `/static/`. That path itself is not: Litestar and
    others route it as `/static`.
    """

    def __init__(self, exempt: Names) -> None:
        paths = names(exempt, "exempt")
        for path in paths:
            if not path.startswith("/") or "*" in path.removesuffix("/*"):
                msg = f"exempt= has {path!r}; a path begins with a slash, and may end with /*"
                raise ConfigError(msg)
        self._below = tuple(path[:-1] for path in paths if path.endswith("/*"))
        self._alone = paths - {f"{path}*" for path in self._below}

    def __contains__(self, path: str) -> bool:
        if path in self._alone:
            return True
        # What is behind this may resolve dots and backslashes, or decode the path once more, and so lead elsewhere.
        if "\\" in path or _ENCODED.search(path) or not {".", ".."}.isdisjoint(path.split("/")):
            return False
        return any(path.startswith(below) and path[len(below) :].strip("/") for below in self._below)
