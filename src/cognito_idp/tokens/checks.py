"""The rules for the claims of a token whose signature is valid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from .._errors import (
    TokenAudienceError,
    TokenExpiredError,
    TokenFormatError,
    TokenGroupError,
    TokenNotYetValidError,
    TokenScopeError,
    TokenUseError,
)
from .claims import AccessTokenClaims, AnyClaims, access_token_claims, id_token_claims, moment
from .jws import shown
from .names import Names, names, scopes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

# By `token_use`: the claim that names the app client, and how the claims are read.
_KINDS: dict[str, tuple[str, Callable[[dict[str, Any], datetime], AnyClaims]]] = {
    "access": ("client_id", access_token_claims),
    "id": ("aud", id_token_claims),
}


# The clocks of two machines that keep time by NTP differ by less.
LEEWAY: Final = 5.0


@attrs.frozen(kw_only=True)
class Rules:
    """The rules of a verifier: `token_use` (None accepts both kinds), leeway in seconds, scopes and groups."""

    token_use: str | None
    leeway: float
    scopes: frozenset[str]
    groups: frozenset[str]

    def accept(self, claims: dict[str, Any], client_ids: frozenset[str] | None, now: float) -> AnyClaims:
        """Check the claims of a token and return them typed; `now` is in seconds since 1970.

        Raises:
            TokenError: the token is refused. The class names the first problem.
        """
        exp = self._expiry(claims, now)
        use = claims.get("token_use")
        kind = _KINDS.get(use) if type(use) is str and self.token_use in (None, use) else None
        if kind is None:
            msg = f"the token's token_use is {shown(use)}; it must be {self.token_use or 'access or id'}"
            raise TokenUseError(msg)
        client_claim, typed = kind
        client_id = claims.get(client_claim)
        if type(client_id) is not str or (client_ids is not None and client_id not in client_ids):
            msg = f"the token's {client_claim} is {shown(client_id)}, which is not an accepted app client"
            raise TokenAudienceError(msg)
        if type(claims.get("sub")) is not str:
            msg = "the token's sub is missing or not a string"
            raise TokenFormatError(msg)
        return typed(claims, exp)

    def _expiry(self, claims: dict[str, Any], now: float) -> datetime:
        exp = moment(claims, "exp")
        if exp is None:
            msg = "the token has no exp, so it would never expire"
            raise TokenFormatError(msg)
        over_for = now - self.leeway - claims["exp"]
        if over_for >= 0:
            msg = f"the token expired at {exp:%Y-%m-%dT%H:%M:%SZ}"
            raise TokenExpiredError(msg)
        begins = moment(claims, "nbf")
        if begins is not None and claims["nbf"] > now + self.leeway:
            msg = f"the token is not valid before {begins:%Y-%m-%dT%H:%M:%SZ} (nbf); is this machine's clock right?"
            raise TokenNotYetValidError(msg)
        return exp

    def demand(self, claims: AnyClaims, required_scopes: Names, required_groups: Names) -> None:
        """Check for the scopes and groups of the verifier, and for those of this call.

        Raises:
            TokenScopeError: a scope is missing; ID tokens have none.
            TokenGroupError: the user is not in one of the groups.
        """
        wanted = self.scopes | scopes(required_scopes) if required_scopes else self.scopes
        if wanted:
            missing = wanted - (claims.scope if isinstance(claims, AccessTokenClaims) else frozenset())
            if missing:
                msg = f"the token lacks the scope {' and '.join(sorted(missing))}"
                raise TokenScopeError(msg)
        wanted = self.groups | names(required_groups, "required_groups") if required_groups else self.groups
        if wanted:
            missing = wanted.difference(claims.groups)
            if missing:
                msg = f"the user is not in the group {' and '.join(sorted(missing))}"
                raise TokenGroupError(msg)
