"""The user pools that a verifier trusts: their issuers, the addresses of their keys, and the app clients."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from .._errors import ConfigError
from .._protocol.app_client import AppClient
from .._protocol.arguments import FLAG, MAPPING, TEXT, typed, typed_or_none
from .._protocol.endpoint import checked_url
from .._protocol.pool_id import UserPoolId
from .._settings.config import http_hosts_in
from .names import Names, names

if TYPE_CHECKING:
    from collections.abc import Mapping


# App clients by their ids, or as the `AppClient` that is a request's `client_id`.
ClientIds: TypeAlias = Names | AppClient | Iterable[str | AppClient]


def client_ids_of(value: ClientIds | None) -> frozenset[str] | None:
    """Return a set of app clients' ids; None stays None.

    Raises:
        ConfigError: it is something else.
    """
    if value is None:
        return None
    several = (value,) if isinstance(value, str | AppClient) else value
    if isinstance(several, Iterable) and not isinstance(several, bytes):
        several = [app.client_id if isinstance(app, AppClient) else app for app in several]
    return names(several, "client_ids")  # type: ignore[arg-type]  # it refuses what else there is


def _replica_regions(value: Names) -> frozenset[str]:
    return names(value, "replica_regions")


@attrs.frozen
class TrustedPool:
    """A user pool whose tokens you accept.

    Args:
        user_pool_id: the pool's id, such as `"eu-west-1_AbCdEfGhI"`.
        client_ids: the app client or app clients to accept, by id or as `AppClient`; None accepts every app client of
            the pool.
        region: the pool's region, if its id doesn't begin with it.
        replica_regions: the regions that the pool is replicated to. Tokens from there are accepted, too.
        issuer: the only issuer (`iss`) to accept, instead of those that AWS publishes for the pool. For a local server
            whose tokens name another issuer.
        jwks_uri: the address of the keys, if it is not below the issuer. For a local server whose tokens name an issuer
            at AWS.
        jwks: the JWK set to start with, as a mapping. Without a `jwks_uri`, nothing is ever fetched. With one, the keys
            are fetched when a token names another key or the set gets old.
        allow_http: allow a plain-http `jwks_uri` or issuer that isn't on this machine. Anyone on the network path could
            then forge tokens. `COGNITO_IDP_ALLOW_HTTP` in the environment allows it for the hosts that it names.

    Raises:
        ConfigError: a setting can't be used.
    """

    __module__ = "cognito_idp"

    user_pool_id: str
    client_ids: frozenset[str] | None = attrs.field(kw_only=True, converter=client_ids_of)
    region: str | None = attrs.field(default=None, kw_only=True, validator=typed_or_none(TEXT))
    replica_regions: frozenset[str] = attrs.field(default=frozenset(), kw_only=True, converter=_replica_regions)
    issuer: str | None = attrs.field(default=None, kw_only=True, validator=typed_or_none(TEXT))
    jwks_uri: str | None = attrs.field(default=None, kw_only=True, validator=typed_or_none(TEXT))
    jwks: Mapping[str, Any] | None = attrs.field(
        default=None, kw_only=True, repr=False, hash=False, validator=typed_or_none(MAPPING)
    )
    allow_http: bool = attrs.field(default=False, kw_only=True, validator=typed(FLAG))
    jwks_uris: Mapping[str, str | None] = attrs.field(init=False, repr=False, eq=False)
    """The address of the keys for each accepted issuer; None means that they are never fetched."""

    def __attrs_post_init__(self) -> None:
        pool_id = UserPoolId.parse(self.user_pool_id)
        if self.client_ids is not None and (not self.client_ids or "" in self.client_ids):
            msg = "client_ids is empty or has an empty name; pass None to accept every app client"
            raise ConfigError(msg)
        object.__setattr__(self, "jwks_uris", {issuer: self._jwks_uri(issuer) for issuer in self._issuers(pool_id)})

    def _issuers(self, pool_id: UserPoolId) -> tuple[str, ...]:
        if self.issuer == "":
            msg = "issuer is empty"
            raise ConfigError(msg)
        if self.issuer is not None:
            if self.region is not None or self.replica_regions:
                msg = "issuer= can't be combined with region= or replica_regions=: it names the only issuer to accept"
                raise ConfigError(msg)
            return (self.issuer,)
        own = pool_id.region if self.region is None else self.region
        if own is None:
            msg = f"user_pool_id {pool_id.text!r} doesn't begin with a region; pass region= or issuer="
            raise ConfigError(msg)
        regions = (own, *sorted(self.replica_regions))
        return tuple(issuer for region in regions for issuer in pool_id.issuers_in(region))

    def _jwks_uri(self, issuer: str) -> str | None:
        allow_http = True if self.allow_http else http_hosts_in(os.environ)
        if self.jwks_uri is not None:
            return checked_url(self.jwks_uri, allow_http=allow_http, setting="jwks_uri")
        if self.jwks is not None:
            return None
        base = checked_url(issuer, allow_http=allow_http, setting="issuer").rstrip("/")
        return f"{base}/.well-known/jwks.json"
