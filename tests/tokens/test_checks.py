"""What a verifier demands of a token beside its signature, and which demands make no sense."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cognito_idp import ConfigError
from cognito_idp.errors import (
    TokenAudienceError,
    TokenExpiredError,
    TokenGroupError,
    TokenNotYetValidError,
    TokenScopeError,
)

from .issuing import ACCESS, CLIENT, ID, MISSING, NOW, POOL, REASON, SUB, Clock, claims, offline, offline_pool, token

pytest.importorskip("jwt", reason=REASON)

GOOD = token()


@pytest.mark.parametrize(
    ("changes", "now", "accepted"),
    [
        ({"exp": NOW}, NOW + 29.9, True),
        ({"exp": NOW}, NOW + 30, False),
        ({"exp": NOW + 0.5}, NOW + 30.4, True),
        ({"exp": NOW + 0.5}, NOW + 30.6, False),
        ({"nbf": NOW}, NOW - 30, True),
        ({"nbf": NOW}, NOW - 30.1, False),
    ],
)
def test_leeway_moves_every_limit(changes: dict[str, Any], now: float, *, accepted: bool) -> None:
    """With a leeway of 30 s a token is good until 30 s after `exp`, and from 30 s before `nbf`."""
    verifier = offline(leeway=30, clock=Clock(now))
    if accepted:
        assert SUB == verifier.verify(token(**changes)).sub
    else:
        with pytest.raises((TokenExpiredError, TokenNotYetValidError)):
            verifier.verify(token(**changes))


@pytest.mark.parametrize("base", [ACCESS, ID])
@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({"exp": NOW - 4}, True),
        ({"exp": NOW - 5}, False),
        ({"nbf": NOW + 5}, True),
        ({"nbf": NOW + 6}, False),
        ({"nbf": NOW + 0.5, "iat": NOW + 0.5, "auth_time": NOW + 0.5}, True),
    ],
)
def test_five_seconds_of_grace(base: Any, changes: dict[str, Any], *, accepted: bool) -> None:
    """Without a `leeway` both limits have 5 s for two clocks that differ, on both kinds of verifiers."""
    issued = token(claims(base, **changes))
    if accepted:
        assert SUB == offline(token_use=None).verify(issued).sub
    else:
        with pytest.raises((TokenExpiredError, TokenNotYetValidError)):
            offline(token_use=None).verify(issued)


@pytest.mark.parametrize("behind", [0.5, 1, 60, 86_400])
def test_a_clock_that_is_behind_refuses_no_fresh_token(behind: float) -> None:
    """Tokens issued a moment ago, by a service whose clock is ahead of the verifier's, are accepted."""
    for tenth in range(10):
        issued = NOW + tenth / 10
        fresh = token(iat=int(issued), auth_time=int(issued), exp=int(issued) + 3600)
        assert SUB == offline(leeway=0, clock=Clock(issued - behind)).verify(fresh).sub


@pytest.mark.parametrize("iat", [MISSING, NOW + 10**6, NOW + 0.5, -1, 0, str(NOW), None, True, [], 10**40, 1e300])
def test_no_token_is_refused_by_its_iat(iat: Any) -> None:
    """`iat` never refuses, whatever it is; what is not a time reads as None."""
    read = offline(leeway=0).verify(token(iat=iat)).iat
    is_a_time = type(iat) in (int, float) and iat < 10**12
    assert (datetime.fromtimestamp(iat, UTC) if is_a_time else None) == read


def test_time_is_that_of_the_clock_that_was_given() -> None:
    """A token is good as long as the verifier's clock says so, and expired from its `exp` on if there is no leeway."""
    clock = Clock()
    verifier, good = offline(clock=clock, leeway=0), token(exp=NOW + 10)
    assert datetime.fromtimestamp(NOW + 10, UTC) == verifier.verify(good).exp
    clock.now = NOW + 9.999
    assert SUB == verifier.verify(good).sub
    clock.now = NOW + 10
    with pytest.raises(TokenExpiredError, match="expired at 2027-01-15T08:00:10Z"):
        verifier.verify(good)


@pytest.mark.parametrize("scopes", ["orders/read", "openid orders/read", ["openid"], {"openid", "orders/read"}, ()])
def test_scopes_that_the_token_has(scopes: Any) -> None:
    """A token with all required scopes is accepted, whether the verifier requires them or the call."""
    assert SUB == offline(required_scopes=scopes).verify(GOOD).sub
    assert SUB == offline().verify(GOOD, required_scopes=scopes).sub


@pytest.mark.parametrize("scopes", ["orders/write", "openid orders/write", ["orders/read openid"], ["orders"]])
def test_scopes_that_the_token_lacks(scopes: Any) -> None:
    """A token that lacks one of the required scopes is refused; joined names and parts of one don't count."""
    with pytest.raises(TokenScopeError, match="lacks the scope orders"):
        offline(required_scopes=scopes).verify(GOOD)
    with pytest.raises(TokenScopeError):
        offline(required_scopes="openid").verify(GOOD, required_scopes=scopes)


def test_the_verifiers_scopes_count_where_the_call_has_its_own() -> None:
    """Scopes of the call add to those of the verifier."""
    with pytest.raises(TokenScopeError, match="email"):
        offline(required_scopes="email").verify(GOOD, required_scopes="openid")


def test_an_id_token_has_no_scopes() -> None:
    """Where scopes are required, an ID token is refused, even one with a claim of that name."""
    with pytest.raises(TokenScopeError):
        offline(required_scopes="openid").verify(token(claims(ID, scope="openid")))


def test_groups_that_the_user_is_in() -> None:
    """A user who is in all required groups is accepted, with both kinds of token."""
    assert SUB == offline(required_groups=["admins", "editors"]).verify(GOOD).sub
    assert SUB == offline(required_groups="admins").verify(token(ID), required_groups="admins").sub


@pytest.mark.parametrize("groups", [MISSING, [], ["admin"], "admins", {"admins": 1}, ["admins", 1], None])
def test_groups_that_the_user_is_not_in(groups: Any) -> None:
    """A user who is not in a required group is refused; a claim that is no list of names is one without groups."""
    with pytest.raises(TokenGroupError, match="not in the group admins"):
        offline(required_groups="admins").verify(token(**{"cognito:groups": groups}))
    with pytest.raises(TokenGroupError):
        offline().verify(token(**{"cognito:groups": groups}), required_groups="admins")


def test_a_user_in_some_of_the_groups_is_refused() -> None:
    """All required groups count, not one of them."""
    with pytest.raises(TokenGroupError, match="owners"):
        offline(required_groups=["admins", "owners"]).verify(GOOD)


def test_the_verifiers_groups_count_where_the_call_has_its_own() -> None:
    """Groups of the call add to those of the verifier."""
    with pytest.raises(TokenGroupError, match="owners"):
        offline(required_groups="owners").verify(GOOD, required_groups="admins")


def test_required_names_of_another_type_are_refused() -> None:
    """What a call requires must be names; the refusal says which argument is wrong."""
    with pytest.raises(ConfigError, match="required_groups= takes a string or several, not int"):
        offline().verify(GOOD, required_groups=7)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="required_scopes= takes a string or several, not int"):
        offline().verify(GOOD, required_scopes=7)  # type: ignore[arg-type]


def test_any_app_client_is_accepted_where_that_was_asked_for() -> None:
    """`client_ids=None` takes the tokens of every app client, but none that names no client."""
    verifier = offline(offline_pool(client_ids=None))
    assert "other" == verifier.verify(token(client_id="other")).client_id
    with pytest.raises(TokenAudienceError):
        verifier.verify(token(client_id=MISSING))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"token_use": "refresh"}, "token_use='refresh'"),
        ({"token_use": "id", "required_scopes": "openid"}, "ID tokens have no scopes"),
        ({"leeway": -1}, "leeway=-1"),
        ({"leeway": float("nan")}, "leeway=nan"),
        ({"max_token_bytes": -5}, "max_token_bytes=-5"),
        ({"jwks_max_age": float("inf")}, "jwks_max_age=inf"),
        ({"timeout": 0}, "timeout"),
        ({"pool": ()}, "no user pool"),
        ({"pool": POOL}, "client_ids is missing"),
        ({"pool": [offline_pool(), POOL]}, "client_ids is missing"),
        ({"pool": offline_pool(), "client_ids": CLIENT}, "to the TrustedPool, not beside"),
        ({"pool": offline_pool(), "region": "eu-west-1"}, "to the TrustedPool, not beside"),
        ({"pool": [offline_pool(), offline_pool()]}, "two pools have"),
        ({"pool": offline_pool(jwks={"keys": []})}, "jwks= for eu-west-1_AbCdEfGhI"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], problem: str) -> None:
    """A verifier whose settings contradict each other, or would accept nothing, is not made."""
    with pytest.raises(ConfigError, match=problem):
        offline(**changes)
