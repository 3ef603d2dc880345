"""The parts that the sync and the async verifier share: the settings and the flow of a verification.

`verified` is the whole check on one page. Before the signature is checked, only the token's issuer and key id are
used, and only to choose among keys that are trusted anyway.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, TypeVar

from .._errors import ConfigError, JwksError, TokenCheckError, TokenIssuerError, TokenSignatureError
from .._flow.clock import age_clock
from .._flow.effects import call
from .._protocol.arguments import FUNCTION, NUMBER, TEXT, WHOLE, Kind, check_given, described, known_arguments
from .._protocol.arguments import check as check_arguments
from .._protocol.redaction import Opaque
from .._transport.limits import Timeout, timeout_of
from .checks import LEEWAY, Rules
from .claims import AccessTokenClaims
from .jwks import MAX_AGE, MAX_RESPONSE_BYTES, JwksCache
from .jws import MAX_TOKEN_BYTES, decode, read_key_id, read_object, shown, split
from .names import Names, names, scopes
from .pools import ClientIds, TrustedPool, client_ids_of
from .rs256 import Rs256

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Final, Literal, TypeAlias

    from .._flow.effects import Flow
    from .._protocol.wire import Limits
    from .claims import AnyClaims
    from .revocation import RevocationCheck

    Pools: TypeAlias = str | TrustedPool | Iterable[str | TrustedPool]
    TokenUse: TypeAlias = Literal["access", "id"] | None

AdapterT = TypeVar("AdapterT")

_TIMEOUT: Final = Timeout(total=10.0, connect=3.0, read=5.0, write=5.0)
# A pool has two keys, and all tokens signed by the same key start with the same header.
_HEADERS_KEPT: Final = 32


class _Unset(Enum):
    UNSET = "not given"


_UNSET: Final = _Unset.UNSET


class Settings(TypedDict, total=False):
    """The settings of a verifier that have a default. `TokenVerifier` describes them."""

    client_ids: ClientIds | None
    region: str | None
    required_scopes: Names
    required_groups: Names
    audience: Names
    check: Callable[[Any], bool | Awaitable[bool]] | None
    revocation: RevocationCheck | None
    leeway: float
    max_token_bytes: int
    jwks_max_age: float
    timeout: float | Timeout | None
    clock: Callable[[], float] | None


class _Issuer(NamedTuple):
    """An accepted issuer: its keys and its accepted app clients."""

    keys: JwksCache
    pool: TrustedPool


class Verification:
    """A verifier without its transport."""

    @known_arguments("TokenVerifier", {})
    def __init__(
        self,
        user_pool_id: Pools,
        token_use: TokenUse,
        *,
        client_ids: ClientIds | _Unset | None = _UNSET,
        region: str | None = None,
        required_scopes: Names = (),
        required_groups: Names = (),
        audience: Names = (),
        check: Callable[[Any], bool | Awaitable[bool]] | None = None,
        revocation: RevocationCheck | None = None,
        leeway: float = LEEWAY,
        max_token_bytes: int = MAX_TOKEN_BYTES,
        jwks_max_age: float = MAX_AGE,
        timeout: float | Timeout | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Check and keep the settings. `TokenVerifier` describes them.

        Raises:
            ConfigError: a setting can't be used.
            JwtNotInstalledError: PyJWT is not installed.
        """
        if token_use not in ("access", "id", None):
            msg = f"token_use={token_use!r} must be 'access', 'id', or None for both"
            raise ConfigError(msg)
        if token_use == "id" and required_scopes:  # noqa: S105 - a kind of token, not a secret
            msg = "required_scopes can't be met: ID tokens have no scopes"
            raise ConfigError(msg)
        if token_use == "id" and audience:  # noqa: S105
            msg = "audience= is for access tokens; the aud of an ID token is its app client, which client_ids= names"
            raise ConfigError(msg)
        if revocation is not None and token_use != "access":  # noqa: S105
            msg = "revocation= needs token_use='access': the service answers for access tokens only"
            raise ConfigError(msg)
        check_arguments(NUMBER, leeway=leeway, jwks_max_age=jwks_max_age)
        check_arguments(WHOLE, max_token_bytes=max_token_bytes)
        check_given(FUNCTION, clock=clock, check=check)
        check_given(TEXT, region=region)
        for setting, value in (
            ("leeway", leeway),
            ("max_token_bytes", max_token_bytes),
            ("jwks_max_age", jwks_max_age),
        ):
            if not 0 <= value < math.inf:
                msg = f"{setting}={value!r} must be a finite number, 0 or more"
                raise ConfigError(msg)
        self._rs256 = Rs256()
        self._rules = Rules(
            token_use=token_use,
            leeway=leeway,
            scopes=scopes(required_scopes),
            groups=names(required_groups, "required_groups"),
            audience=names(audience, "audience"),
        )
        self._check = check
        self._revocation = revocation
        self._clock = clock or time.time
        self._max_token_bytes = max_token_bytes
        self._key_id = lru_cache(_HEADERS_KEPT)(read_key_id)
        self._limits = _limits(_TIMEOUT if timeout is None else timeout_of(timeout))
        self._issuers: dict[str, _Issuer] = {}
        self._pools = _trusted(user_pool_id, client_ids, region)
        for pool in self._pools:
            self._trust(pool, jwks_max_age)

    def accepts(self, token_use: str) -> bool:
        """Return whether tokens of a kind are accepted."""
        return self._rules.token_use in (None, token_use)

    def issuers_of(self, user_pool_id: str) -> tuple[str, ...]:
        """Return the accepted issuers of a user pool."""
        return tuple(name for name, issuer in self._issuers.items() if issuer.pool.user_pool_id == user_pool_id)

    def described(self) -> str:
        """Return whose tokens are accepted, for a `repr`: the pools with their app clients, and the kind of token."""
        pools = (
            f"{pool.user_pool_id!r}, client_ids={pool.client_ids and sorted(pool.client_ids)}" for pool in self._pools
        )
        return f"{'; '.join(pools)}; token_use={self._rules.token_use!r}"

    def _trust(self, pool: TrustedPool, max_age: float) -> None:
        keys: Mapping[str, Any] = {}
        if pool.jwks is not None:
            keys = self._rs256.public_keys(dict(pool.jwks))
            if not keys:
                msg = f"jwks= for {pool.user_pool_id} is not a JWK set with an RSA key for signatures"
                raise ConfigError(msg)
        caches = {
            uri: JwksCache(uri, self._rs256.public_keys, self._limits, age_clock, keys=keys, max_age=max_age)
            for uri in pool.jwks_uris.values()
        }
        for issuer, uri in pool.jwks_uris.items():
            if issuer in self._issuers:
                msg = f"two pools have the issuer {issuer}"
                raise ConfigError(msg)
            self._issuers[issuer] = _Issuer(caches[uri], pool)

    def renew(self) -> None:
        """Have each pool's keys fetched again when they are needed next, and revocations be asked about again."""
        for issuer in self._issuers.values():
            issuer.keys.renew()
        if self._revocation is not None:
            self._revocation.renew()

    def verified(self, token: str, required_scopes: Names, required_groups: Names) -> Flow[AnyClaims]:
        """Check a token in every respect and return its claims.

        Raises:
            TokenError: the token is refused. The class names the first problem.
        """
        parts = split(token, self._max_token_bytes)
        kid = self._key_id(parts.header)
        payload = read_object(parts.payload, "payload")
        iss = payload.get("iss")
        issuer = self._issuers.get(iss) if type(iss) is str else None
        if issuer is None:
            msg = f"the token's iss is {shown(iss)}; it must be {' or '.join(self._issuers)}"
            raise TokenIssuerError(msg)
        key = issuer.keys.ready(kid)
        if key is None:
            key = yield from issuer.keys.key(kid)
        signature = decode(parts.signature, "signature")
        if not self._rs256.fits(token[: token.rindex(".")].encode(), key, signature):
            msg = "the token's signature doesn't match its text: it was changed, or signed by someone else"
            raise TokenSignatureError(msg)
        claims = self._rules.accept(payload, issuer.pool.client_ids, self._clock())
        self._rules.demand(claims, required_scopes, required_groups)
        if self._check is not None:
            yield from self._checked(self._check, claims)
        if self._revocation is not None and isinstance(claims, AccessTokenClaims):
            yield from self._revocation.confirm(Opaque(token), claims, issuer.pool.user_pool_id)
        return claims

    def keys_loaded(self) -> Flow[None]:
        """Fetch the keys of every pool that has none yet, or old ones.

        A pool has several issuers (its two forms, replicas). It is enough that one of them answers: what the others
        lack is fetched when a token names them.

        Raises:
            JwksError: no issuer of a pool answers. The keys of the other pools have been fetched.
        """
        failures: dict[TrustedPool, JwksError | None] = {}
        for keys, pool in {issuer.keys: issuer.pool for issuer in self._issuers.values()}.items():
            try:
                yield from keys.load()
            except JwksError as error:
                failures.setdefault(pool, error)
            else:
                failures[pool] = None
        for failure in failures.values():
            if failure is not None:
                raise failure

    @staticmethod
    def _checked(check: Callable[[Any], bool | Awaitable[bool]], claims: AnyClaims) -> Flow[None]:
        """Apply a user's own rule.

        Raises:
            TokenCheckError: it says no.
            ConfigError: it says neither yes nor no: what it forgot to return must not let a token in.
        """
        is_accepted: object = yield from call(lambda: check(claims))
        if not isinstance(is_accepted, bool):
            msg = f"the function that check= names returns True or False, not {described(is_accepted)}"
            raise ConfigError(msg)
        if not is_accepted:
            msg = "the verifier's own check refuses the token"
            raise TokenCheckError(msg)


def check_revocation(revocation: object, verify: Callable[..., object]) -> None:
    """Check a verifier's `revocation=`: its client must wait as the verifier does.

    Raises:
        ConfigError: it is something else.
    """
    if revocation is not None:
        from .revocation import check_kind

        check_kind(revocation, verify)


def _limits(timeout: Timeout) -> Limits:
    """Return the limits of one fetch, none of them above the total."""
    limits = timeout.limits(MAX_RESPONSE_BYTES)
    if timeout.total is None:
        return limits
    connect, read, write = (
        timeout.total if limit is None else min(limit, timeout.total)
        for limit in (timeout.connect, timeout.read, timeout.write)
    )
    return limits._replace(connect=connect, read=read, write=write, total=timeout.total)


_POOLS = Kind(
    "a pool's id, a TrustedPool, or several",
    lambda value: isinstance(value, str | TrustedPool | Iterable) and not isinstance(value, bytes),
)


def _trusted(user_pool_id: Pools, client_ids: ClientIds | _Unset | None, region: str | None) -> list[TrustedPool]:
    """Return the pools that a verifier trusts.

    Raises:
        ConfigError: there are none, or a setting is missing or in the wrong place.
    """
    check_arguments(_POOLS, user_pool_id=user_pool_id)
    pools = [user_pool_id] if isinstance(user_pool_id, str | TrustedPool) else list(user_pool_id)
    if not pools:
        msg = "no user pool is named"
        raise ConfigError(msg)
    ready = [pool for pool in pools if isinstance(pool, TrustedPool)]
    if len(ready) == len(pools):
        if client_ids is not _UNSET or region is not None:
            msg = "pass client_ids and region to the TrustedPool, not beside it"
            raise ConfigError(msg)
        return ready
    if isinstance(client_ids, _Unset):
        msg = "client_ids is missing: name the app clients to accept, or pass None to accept all those of the pool"
        raise ConfigError(msg)
    clients = client_ids_of(client_ids)
    return [
        pool if isinstance(pool, TrustedPool) else TrustedPool(pool, client_ids=clients, region=region)
        for pool in pools
    ]
