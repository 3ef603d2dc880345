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
    TokenResourceError,
    TokenScopeError,
    TokenUseError,
)
from .claims import AccessTokenClaims, AnyClaims, access_token_claims, id_token_claims, moment, resources
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
    """The rules of a verifier: `token_use` (None accepts both kinds), leeway in seconds, and what a token must have."""

    token_use: str | None
    leeway: float
    scopes: frozenset[str]
    groups: frozenset[str]
    audience: frozenset[str] = frozenset()

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
        self._check_resource(claims, client_id, is_access_token=typed is access_token_claims)
        if type(claims.get("sub")) is not str:
            msg = "the token's sub is missing or not a string"
            raise TokenFormatError(msg)
        return typed(claims, exp)

    def _check_resource(self, claims: dict[str, Any], client_id: str, *, is_access_token: bool) -> None:
        """Check the resources that an access token is bound to: one of them must be ours (RFC 7519, section 4.1.3).

        Without an audience of our own, that is the app client, which a Lambda trigger may put there.
        """
        bound_to = resources(claims) if is_access_token else ()
        if bound_to is None:
            msg = "the access token's aud is neither a string nor a list of strings"
            raise TokenFormatError(msg)
        if self.audience and self.audience.isdisjoint(bound_to):
            resource = f"the resource {shown(claims['aud'])}" if bound_to else "no resource"
            msg = f"the token is for {resource}; it must be for {' or '.join(sorted(self.audience))}"
            raise TokenResourceError(msg)
        if bound_to and not self.audience and client_id not in bound_to:
            msg = f"the token is for the resource {shown(claims['aud'])}; audience= names the resources to accept"
            raise TokenResourceError(msg)

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
