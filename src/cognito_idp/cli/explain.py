"""Why a token would be accepted or refused: every check with its name and verdict.

`TokenVerifier` gives the verdict that counts, and stops at the first problem. The checks that need no key are then
made one by one, so that you see all problems at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..errors import (
    JwksError,
    TokenAlgorithmError,
    TokenAudienceError,
    TokenError,
    TokenExpiredError,
    TokenFormatError,
    TokenGroupError,
    TokenIssuerError,
    TokenKeyError,
    TokenNotYetValidError,
    TokenResourceError,
    TokenScopeError,
    TokenSignatureError,
    TokenTooLargeError,
    TokenUseError,
)
from ..tokens.checks import Rules
from ..tokens.jws import MAX_TOKEN_BYTES, read_object, split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..tokens.claims import AnyClaims
    from ..tokens.pools import TrustedPool

OK: Final = "ok"
REFUSED: Final = "refused"
UNKNOWN: Final = "not checked"
UNASKED: Final = "not asked for"

_NAMES: Final[Mapping[type[TokenError], str]] = {
    TokenTooLargeError: "size",
    TokenFormatError: "form",
    TokenAlgorithmError: "algorithm",
    TokenIssuerError: "issuer",
    TokenKeyError: "key",
    JwksError: "key",
    TokenSignatureError: "signature",
    TokenExpiredError: "expiry",
    TokenNotYetValidError: "start",
    TokenUseError: "kind",
    TokenAudienceError: "app client",
    TokenResourceError: "audience",
    TokenScopeError: "scopes",
    TokenGroupError: "groups",
}
CHECKS: Final = tuple(dict.fromkeys(_NAMES.values()))
_BEFORE_SIGNATURE: Final = ("size", "form", "algorithm", "issuer", "key")


class Check(NamedTuple):
    """One check: its name, `ok`, `refused`, `not checked` or `not asked for`, and why."""

    name: str
    verdict: str
    reason: str = ""


class Explanation(NamedTuple):
    """What a token says, and the result of each check. It doesn't contain the signature."""

    header: dict[str, Any]
    claims: dict[str, Any]
    checks: tuple[Check, ...]
    refusal: TokenError | None

    def __repr__(self) -> str:
        """Show the verdicts only, since the claims identify the user."""
        return f"Explanation({', '.join(f'{check.name}: {check.verdict}' for check in self.checks)})"


class Demands(NamedTuple):
    """The demands on a token besides its signature; `token_use` None accepts both kinds."""

    pool: TrustedPool
    token_use: str | None
    leeway: float
    scopes: frozenset[str]
    groups: frozenset[str]
    audience: frozenset[str]


def read_token(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a token's header and claims, unverified; each is empty if it can't be read."""
    try:
        parts = split(token, MAX_TOKEN_BYTES)
    except TokenError:
        return {}, {}
    return _object(parts.header, "header"), _object(parts.payload, "payload")


def _object(part: str, name: str) -> dict[str, Any]:
    try:
        return read_object(part, name)
    except TokenError:
        return {}


def explain(token: str, demands: Demands, now: float, verify: Callable[[str], object]) -> Explanation:
    """Make every check. `verify` is that of a `TokenVerifier` with the same demands; `now` is in seconds since 1970."""
    header, claims = read_token(token)
    refusal = _refusal(lambda: verify(token))
    checks = {name: Check(name, UNKNOWN, "an earlier check failed") for name in CHECKS}
    if claims:
        checks |= {check.name: check for check in _of_claims(claims, demands, now)}
    first = None if refusal is None else _NAMES.get(type(refusal), "form")
    passed = _passed_before(first)
    checks |= {name: Check(name, OK) for name in passed}
    if first is not None:
        verdict = UNKNOWN if isinstance(refusal, JwksError) else REFUSED
        checks[first] = Check(first, verdict, str(refusal))
    checks |= {name: Check(name, UNASKED) for name in _unasked(demands) if checks[name].verdict != REFUSED}
    return Explanation(header, claims, tuple(checks[name] for name in CHECKS), refusal)


def _unasked(demands: Demands) -> tuple[str, ...]:
    """Return the checks that have nothing to hold the token against, which is not to say that it passed them."""
    asked = {
        "kind": demands.token_use is not None,
        "app client": demands.pool.client_ids is not None,
        "audience": bool(demands.audience),
        "scopes": bool(demands.scopes),
        "groups": bool(demands.groups),
    }
    return tuple(name for name, is_asked in asked.items() if not is_asked)


def _passed_before(first: str | None) -> tuple[str, ...]:
    """Return the checks that must have passed, since the verifier got past them."""
    if first is None:
        return CHECKS
    return (
        CHECKS[: CHECKS.index(first)]
        if first in (*_BEFORE_SIGNATURE, "signature")
        else (*_BEFORE_SIGNATURE, "signature")
    )


def _of_claims(claims: dict[str, Any], demands: Demands, now: float) -> list[Check]:
    """Check each of the token's claims against the demands, independently of the others."""

    def only(*names: str) -> dict[str, Any]:
        """Return valid claims, except that the named ones are the token's."""
        good = {"iss": "", "sub": "", "token_use": "access", "client_id": "", "aud": "", "exp": now + 1}
        return {
            **{name: value for name, value in good.items() if name not in names},
            **{name: claims[name] for name in names if name in claims},
        }

    def accepted(
        *names: str,
        use: str | None = None,
        client_ids: frozenset[str] | None = None,
        audience: frozenset[str] = frozenset(),
    ) -> AnyClaims:
        rules = Rules(token_use=use, leeway=demands.leeway, scopes=frozenset(), groups=frozenset(), audience=audience)
        return rules.accept(only(*names), client_ids, now)

    def demand(claim: str, scopes: frozenset[str], groups: frozenset[str]) -> None:
        typed = accepted("token_use", claim)
        Rules(token_use=None, leeway=0.0, scopes=scopes, groups=groups).demand(typed, (), ())

    client_ids, none = demands.pool.client_ids, frozenset[str]()
    return [
        _check("issuer", lambda: _check_issuer(claims, demands.pool), TokenIssuerError),
        _check("expiry", lambda: accepted("exp"), TokenError),
        _check("start", lambda: accepted("nbf"), TokenError),
        _check("kind", lambda: accepted("token_use", use=demands.token_use), TokenError),
        _check(
            "app client", lambda: accepted("token_use", "client_id", "aud", client_ids=client_ids), TokenAudienceError
        ),
        _check(
            "audience",
            lambda: accepted("token_use", "client_id", "aud", audience=demands.audience),
            TokenResourceError,
        ),
        _check("scopes", lambda: demand("scope", demands.scopes, none), TokenScopeError),
        _check("groups", lambda: demand("cognito:groups", none, demands.groups), TokenGroupError),
    ]


def _check_issuer(claims: dict[str, Any], pool: TrustedPool) -> None:
    issuer = claims.get("iss")
    if type(issuer) is not str or issuer not in pool.jwks_uris:
        msg = "the token comes from another issuer than the user pool"
        raise TokenIssuerError(msg)


def _check(name: str, attempt: Callable[[], object], refused: type[TokenError]) -> Check:
    refusal = _refusal(attempt)
    if refusal is None:
        return Check(name, OK)
    return Check(name, REFUSED if isinstance(refusal, refused) else UNKNOWN, str(refusal))


def _refusal(attempt: Callable[[], object]) -> TokenError | None:
    try:
        attempt()
    except TokenError as error:
        return error
    return None
