"""What becomes of the claims of a good token."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from typing import Any, assert_type

import attrs
import pytest

from cognito_idp.tokens.async_verify import AsyncTokenVerifier
from cognito_idp.tokens.claims import AccessTokenClaims, AnyClaims, IdTokenClaims
from cognito_idp.tokens.verify import TokenVerifier

from .issuing import ACCESS, CLIENT, ID, ISSUER, MISSING, NOW, REASON, SUB, Clock, claims, offline, offline_pool, token

pytest.importorskip("jwt", reason=REASON)


def at(seconds: float) -> datetime:
    """Return a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def verified(payload: dict[str, Any]) -> Any:
    """Return the claims of a good token."""
    return offline().verify(token(payload))


def test_an_access_tokens_claims() -> None:
    """Every claim of a full access token has its attribute, and `all` is the payload itself."""
    expected = AccessTokenClaims(
        iss=ISSUER,
        exp=at(NOW + 3600),
        iat=at(NOW - 60),
        auth_time=at(NOW - 60),
        jti="jti-1",
        origin_jti="origin-1",
        event_id="event-1",
        groups=("admins", "editors"),
        sub=SUB,
        username="mary",
        all=ACCESS,
        client_id=CLIENT,
        scope=frozenset({"openid", "orders/read"}),
        version=2,
        device_key="eu-west-1_device",
        aud=(),
        act=None,
    )
    found = verified(claims(device_key="eu-west-1_device"))
    assert attrs.evolve(expected, all=claims(device_key="eu-west-1_device")) == found


def test_an_id_tokens_claims() -> None:
    """Every claim of a full ID token has its attribute or stands in `all`."""
    expected = IdTokenClaims(
        iss=ISSUER,
        exp=at(NOW + 3600),
        iat=at(NOW - 60),
        auth_time=at(NOW - 60),
        jti="jti-1",
        origin_jti="origin-1",
        event_id="event-1",
        groups=("admins",),
        sub=SUB,
        username="mary",
        all=ID,
        aud=CLIENT,
        nonce="nonce-1",
        roles=("arn:aws:iam::1:role/admin",),
        preferred_role="arn:aws:iam::1:role/admin",
        email="mary@example.com",
        email_verified=True,
        phone_number="+15555550100",
        phone_number_verified=False,
    )
    found = verified(claims(ID))
    assert expected == found
    assert "north" == found.all["custom:tenant"]


def test_a_token_of_the_client_credentials_grant() -> None:
    """A token without a user has the claims that it has; the others are None or empty."""
    found = verified(
        {
            "sub": CLIENT,
            "token_use": "access",
            "scope": "orders/read",
            "auth_time": NOW,
            "iss": ISSUER,
            "exp": NOW + 3600,
            "iat": NOW,
            "version": 2,
            "jti": "jti-1",
            "client_id": CLIENT,
        }
    )
    assert (CLIENT, None, (), None, None, frozenset({"orders/read"})) == (
        found.sub,
        found.username,
        found.groups,
        found.origin_jti,
        found.event_id,
        found.scope,
    )


@pytest.mark.parametrize("base", [ACCESS, ID])
def test_the_least_that_a_token_must_say(base: dict[str, Any]) -> None:
    """Issuer, subject, end, kind and app client are enough; whatever else is missing is None or empty."""
    needed = {"iss", "sub", "exp", "token_use", "client_id", "aud"}
    found = verified({name: value for name, value in base.items() if name in needed})
    optional = {
        name: value for name, value in attrs.asdict(found, recurse=False).items() if name not in {*needed, "all"}
    }
    assert {None, (), frozenset()} == set(optional.values()) | {frozenset()}


@pytest.mark.parametrize(
    ("base", "claim", "value", "attribute", "read"),
    [
        (ACCESS, "username", 1, "username", None),
        (ACCESS, "scope", ["openid"], "scope", frozenset()),
        (ACCESS, "scope", "", "scope", frozenset()),
        (ACCESS, "version", "2", "version", None),
        (ACCESS, "version", True, "version", None),
        (ACCESS, "auth_time", str(NOW), "auth_time", None),
        (ACCESS, "auth_time", 10**30, "auth_time", None),
        (ACCESS, "auth_time", NOW + 0.5, "auth_time", at(NOW + 0.5)),
        (ACCESS, "device_key", None, "device_key", None),
        (ACCESS, "cognito:groups", "admins", "groups", ()),
        (ACCESS, "cognito:groups", ["admins", None], "groups", ()),
        (ACCESS, "cognito:groups", [], "groups", ()),
        (ACCESS, "iat", NOW - 0.5, "iat", at(NOW - 0.5)),
        (ID, "email", {}, "email", None),
        (ID, "email_verified", "true", "email_verified", True),
        (ID, "email_verified", "false", "email_verified", False),
        (ID, "email_verified", "yes", "email_verified", None),
        (ID, "email_verified", 1, "email_verified", None),
        (ID, "phone_number_verified", None, "phone_number_verified", None),
        (ID, "cognito:roles", [1], "roles", ()),
    ],
)
def test_an_informative_claim_of_another_type(
    base: dict[str, Any], claim: str, value: Any, attribute: str, read: Any
) -> None:
    """A Lambda trigger may have rewritten a claim: the attribute keeps its type, and `all` has what stood there."""
    found = verified(claims(base, **{claim: value}))
    assert (read, value) == (getattr(found, attribute), found.all[claim])


@pytest.mark.parametrize(("base", "shown"), [(ACCESS, CLIENT), (ID, "arn:aws:iam::1:role/admin")])
def test_a_repr_does_not_say_who_the_user_is(base: dict[str, Any], shown: str) -> None:
    """The repr names kind, client, times and groups, and nothing that a person could be known by."""
    text = repr(verified(claims(base, device_key="eu-west-1_device", address={"locality": "Anytown"})))
    personal = (SUB, "mary", "example.com", "5550100", "eu-west-1_device", "Anytown", "north")
    assert [] == [secret for secret in personal if secret in text]
    assert shown in text
    assert "admins" in text
    assert "sub='***'" in text


@pytest.mark.parametrize("base", [ACCESS, ID])
def test_claims_are_values(base: dict[str, Any]) -> None:
    """Claims compare by value, can be copied, pickled and hashed, and don't change."""
    found = verified(claims(base))
    assert [found] * 3 == [pickle.loads(pickle.dumps(found)), copy.deepcopy(found), verified(claims(base))]
    assert 1 == len({found, verified(claims(base))})
    assert found != verified(claims(base, **{"custom:tenant": "south"}))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        found.sub = "eve"


@pytest.mark.anyio
async def test_type_checkers_know_the_claims() -> None:
    """The class of the claims follows from `token_use`, with both verifiers; mypy and pyright compare, too."""
    pool, clock = offline_pool(), Clock()
    found = (
        assert_type(TokenVerifier(pool, token_use="access", clock=clock).verify(token()), AccessTokenClaims),
        assert_type(TokenVerifier(pool, token_use="id", clock=clock).verify(token(ID)), IdTokenClaims),
        assert_type(TokenVerifier(pool, token_use=None, clock=clock).verify(token()), AnyClaims),
        assert_type(await AsyncTokenVerifier(pool, token_use="access", clock=clock).verify(token()), AccessTokenClaims),
        assert_type(await AsyncTokenVerifier(pool, token_use="id", clock=clock).verify(token(ID)), IdTokenClaims),
        assert_type(await AsyncTokenVerifier(pool, token_use=None, clock=clock).verify(token(ID)), AnyClaims),
    )
    access, identity = AccessTokenClaims, IdTokenClaims
    assert [access, identity, access, access, identity, identity] == [type(each) for each in found]


def test_a_missing_claim_is_not_a_null_one() -> None:
    """A claim that is null stands in `all` as None; one that is missing doesn't stand there."""
    assert "jti" in verified(claims(jti=None)).all
    assert "jti" not in verified(claims(jti=MISSING)).all
