"""The claims of a verified token, typed: `sub`, `exp` and the rest under their own names, as Python values.

The claims that decide whether a token is accepted (`sub`, `iss`, `exp`, `nbf`, `client_id` or `aud`, `token_use`) must
have the right type, or the token is refused. The others are informative, and a Lambda trigger of the pool may have
rewritten them: one of the wrong type reads as missing, and `all` has it unchanged. `iat` is one of these: RFC 7519
(4.1.6) lets it tell a token's age, and refuses no token by it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from .._errors import TokenFormatError
from .._protocol.redaction import personal

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen(kw_only=True)
class Actor:
    """Who acts for the user: the `act` claim of a token from a token exchange (RFC 8693, section 4.1).

    It is for your records. What the token allows depends on the token's own claims alone.
    """

    __module__ = "cognito_idp"

    sub: str | None = attrs.field(repr=personal)
    """The actor's id."""
    act: Actor | None
    """The actor before this one, in a chain of exchanges."""
    all: Mapping[str, Any] = attrs.field(repr=False, hash=False)
    """Every claim about the actor, unchanged."""


@attrs.frozen(kw_only=True)
class TokenClaims:
    """The claims that access tokens and ID tokens share.

    Times are aware datetimes in UTC. `all` holds every claim unchanged, including custom ones. `repr` hides the claims
    that identify the user.
    """

    iss: str
    """The issuer: the user pool's URL."""
    exp: datetime
    """When the token expires."""
    iat: datetime | None
    """When the token was issued."""
    auth_time: datetime | None
    """When the user signed in."""
    jti: str | None
    """The token's own id."""
    origin_jti: str | None
    """The id of the refresh token behind this token, if the pool allows revocation."""
    event_id: str | None
    """The id of the sign-in."""
    groups: tuple[str, ...]
    """The user's groups (`cognito:groups`)."""
    sub: str = attrs.field(repr=personal)
    """The user's id. In a token from the client-credentials grant, the app client's id."""
    username: str | None = attrs.field(repr=personal)
    """The user's name: `username` of an access token, `cognito:username` of an ID token."""
    all: Mapping[str, Any] = attrs.field(repr=False, hash=False)
    """Every claim, unchanged."""


@attrs.frozen(kw_only=True)
class AccessTokenClaims(TokenClaims):
    """The claims of an access token, which says what its bearer may do."""

    __module__ = "cognito_idp"

    client_id: str
    """The app client that the token was issued to."""
    scope: frozenset[str]
    """The granted OAuth 2.0 scopes."""
    version: int | None
    """The version of the token format."""
    device_key: str | None = attrs.field(repr=personal)
    """The device that the user signed in from, if the pool remembers devices."""
    aud: tuple[str, ...]
    """The resources that the token is bound to. Empty for a token that is not bound."""
    act: Actor | None
    """Who acts for the user, in a token from a token exchange."""


@attrs.frozen(kw_only=True)
class IdTokenClaims(TokenClaims):
    """The claims of an ID token, which says who the user is. Custom attributes such as `custom:tenant` are in `all`."""

    __module__ = "cognito_idp"

    aud: str
    """The app client that the token was issued to."""
    nonce: str | None
    """The nonce that the app sent in the authorization request."""
    roles: tuple[str, ...]
    """The ARNs of the IAM roles of the user's groups (`cognito:roles`)."""
    preferred_role: str | None
    """The ARN of the role of the group with the highest precedence (`cognito:preferred_role`)."""
    email: str | None = attrs.field(repr=personal)
    email_verified: bool | None
    phone_number: str | None = attrs.field(repr=personal)
    phone_number_verified: bool | None


AnyClaims: TypeAlias = AccessTokenClaims | IdTokenClaims


def access_token_claims(claims: dict[str, Any], exp: datetime) -> AccessTokenClaims:
    """Return the claims of an access token, after the deciding claims have been checked."""
    get = claims.get
    version = get("version")
    return AccessTokenClaims(
        iss=claims["iss"],
        exp=exp,
        iat=_moment(get("iat")),
        auth_time=_moment(get("auth_time")),
        jti=_text(get("jti")),
        origin_jti=_text(get("origin_jti")),
        event_id=_text(get("event_id")),
        groups=_texts(get("cognito:groups")),
        sub=claims["sub"],
        username=_text(get("username")),
        all=claims,
        client_id=claims["client_id"],
        scope=frozenset((_text(get("scope")) or "").split()),
        version=version if type(version) is int else None,
        device_key=_text(get("device_key")),
        aud=resources(claims) or (),
        act=_actor(get("act")),
    )


def id_token_claims(claims: dict[str, Any], exp: datetime) -> IdTokenClaims:
    """Return the claims of an ID token, after the deciding claims have been checked."""
    get = claims.get
    return IdTokenClaims(
        iss=claims["iss"],
        exp=exp,
        iat=_moment(get("iat")),
        auth_time=_moment(get("auth_time")),
        jti=_text(get("jti")),
        origin_jti=_text(get("origin_jti")),
        event_id=_text(get("event_id")),
        groups=_texts(get("cognito:groups")),
        sub=claims["sub"],
        username=_text(get("cognito:username")),
        all=claims,
        aud=claims["aud"],
        nonce=_text(get("nonce")),
        roles=_texts(get("cognito:roles")),
        preferred_role=_text(get("cognito:preferred_role")),
        email=_text(get("email")),
        email_verified=_flag(get("email_verified")),
        phone_number=_text(get("phone_number")),
        phone_number_verified=_flag(get("phone_number_verified")),
    )


def moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    """Return the time in a claim (RFC 7519, section 2, NumericDate), or None if there is no such claim.

    Raises:
        TokenFormatError: it is something else, such as a number written as a string.
    """
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    time = _moment(value)
    if time is None:
        msg = f"the token's {name} is not a time in seconds since 1970"
        raise TokenFormatError(msg)
    return time


def resources(claims: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the `aud` of an access token, which is a string or a list of strings (RFC 7519, section 4.1.3).

    None if it is something else. Empty if there is none.
    """
    value = claims.get("aud", [])
    values = [value] if type(value) is str else value
    return tuple(values) if type(values) is list and all(type(item) is str for item in values) else None


def _actor(value: object) -> Actor | None:
    chain: list[dict[str, Any]] = []
    while type(value) is dict:
        chain.append(value)
        value = value.get("act")
    actor = None
    for members in reversed(chain):
        actor = Actor(sub=_text(members.get("sub")), act=actor, all=members)
    return actor


def _moment(value: object) -> datetime | None:
    # type(), since a bool is also an int.
    if type(value) is not int and type(value) is not float:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(value: object) -> str | None:
    return value if type(value) is str else None


def _texts(value: object) -> tuple[str, ...]:
    if type(value) is not list or not all(type(item) is str for item in value):
        return ()
    return tuple(value)


def _flag(value: object) -> bool | None:
    # Some triggers can set claims only to strings.
    if type(value) is str:
        return {"true": True, "false": False}.get(value)
    return value if type(value) is bool else None
