"""Which issuers a pool has, and where their keys are."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_idp import ConfigError
from cognito_idp.tokens.pools import TrustedPool

from .issuing import jwks

JWKS = "/.well-known/jwks.json"


def issuers(pool: str, **settings: Any) -> list[str]:
    """Return the issuers of a pool."""
    return list(TrustedPool(pool, client_ids=None, **settings).jwks_uris)


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("eu-west-1", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("eusc-de-east-1", "amazonaws.eu"),
        ("xx-new-1", "amazonaws.com"),
    ],
)
def test_a_pool_has_two_issuers(region: str, suffix: str) -> None:
    """Both published forms are accepted, under the domain of the region's partition; each has its keys below itself."""
    pool = f"{region}_AbC"
    original = f"https://cognito-idp.{region}.{suffix}/{pool}"
    updated = f"https://issuer-cognito-idp.{region}.{suffix}/{pool}"
    expected = {original: original + JWKS, updated: updated + JWKS}
    assert expected == TrustedPool(pool, client_ids=None).jwks_uris


def test_replica_regions_add_their_issuers() -> None:
    """With replica regions named, tokens from there are accepted too, for the same pool id."""
    assert [
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A",
        "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_A",
        "https://cognito-idp.us-west-2.amazonaws.com/us-east-1_A",
        "https://issuer-cognito-idp.us-west-2.amazonaws.com/us-east-1_A",
    ] == issuers("us-east-1_A", replica_regions="us-west-2")
    assert 6 == len(issuers("us-east-1_A", replica_regions=["eu-west-1", "us-west-2", "us-east-1"]))


def test_a_region_that_the_id_does_not_name() -> None:
    """`region=` counts before what the id begins with."""
    assert "https://cognito-idp.eu-west-3.amazonaws.com/us-east-1_A" in issuers("us-east-1_A", region="eu-west-3")
    assert "https://cognito-idp.eu-west-3.amazonaws.com/local_A" in issuers("local_A", region="eu-west-3")


def test_a_local_servers_issuer_and_keys() -> None:
    """An issuer of one's own is the only one; its keys are below it, or where `jwks_uri` says."""
    local = "http://localhost:5000/local_A"
    assert {local: local + JWKS} == TrustedPool("local_A", client_ids=None, issuer=local).jwks_uris
    elsewhere = TrustedPool("us-east-1_A", client_ids=None, jwks_uri="http://127.0.0.1:5000/keys")
    assert {"http://127.0.0.1:5000/keys"} == set(elsewhere.jwks_uris.values())
    assert issuers("us-east-1_A") == list(elsewhere.jwks_uris)


def test_plain_http_to_named_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys may come by plain http from the hosts that the variable names, and from no other."""
    settings: tuple[Any, ...] = (
        {"issuer": "http://localstack:4566/local_A"},
        {"region": "eu-west-1", "jwks_uri": "http://localstack/"},
    )
    for setting in settings:
        monkeypatch.setenv("COGNITO_IDP_ALLOW_HTTP", "ministack,localstack")
        assert TrustedPool("local_A", client_ids=None, **setting).jwks_uris
        monkeypatch.setenv("COGNITO_IDP_ALLOW_HTTP", "ministack")
        with pytest.raises(ConfigError, match="name the host in COGNITO_IDP_ALLOW_HTTP"):
            TrustedPool("local_A", client_ids=None, **setting)


def test_keys_at_hand_mean_that_nothing_is_fetched() -> None:
    """With `jwks` and no `jwks_uri` there is no address for keys; with both there is."""
    assert {None} == set(TrustedPool("us-east-1_A", client_ids=None, jwks=jwks()).jwks_uris.values())
    both = TrustedPool("us-east-1_A", client_ids=None, jwks=jwks(), jwks_uri="https://keys.example/")
    assert {"https://keys.example"} == set(both.jwks_uris.values())


@pytest.mark.parametrize(
    ("given", "read"), [("a", {"a"}), (["a", "b"], {"a", "b"}), (iter(("a", "a")), {"a"}), (None, None)]
)
def test_app_clients(given: Any, read: Any) -> None:
    """One app client, several, or None for all."""
    assert read == TrustedPool("us-east-1_A", client_ids=given).client_ids


@pytest.mark.parametrize(
    ("pool", "settings", "problem"),
    [
        ("", {}, "is not the id"),
        ("AbCdEf", {}, "is not the id"),
        ("arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_A", {}, "is not the id"),
        ("us-east-1_A/../us-east-1_B", {}, "is not the id"),
        ("us-east-1_A\n", {}, "is not the id"),
        ("us-east-1_Ä", {}, "is not the id"),
        (None, {}, "is not the id"),
        ("local_A", {}, "doesn't begin with a region"),
        ("us-east-1_A", {"client_ids": []}, "client_ids is empty"),
        ("us-east-1_A", {"client_ids": ""}, "empty name"),
        ("us-east-1_A", {"client_ids": ["a", ""]}, "empty name"),
        ("us-east-1_A", {"region": "evil.example/"}, "can't be part of a host name"),
        ("us-east-1_A", {"replica_regions": ["us-west-2", "#"]}, "can't be part of a host name"),
        ("us-east-1_A", {"issuer": "https://a.example", "region": "us-east-1"}, "the only issuer to accept"),
        ("us-east-1_A", {"issuer": "https://a.example", "replica_regions": "us-west-2"}, "the only issuer to accept"),
        ("us-east-1_A", {"issuer": ""}, "issuer is empty"),
        ("us-east-1_A", {"issuer": "", "jwks": jwks()}, "issuer is empty"),
        ("us-east-1_A", {"issuer": "a.example"}, "issuer 'a.example' has no scheme"),
        ("us-east-1_A", {"issuer": "http://a.example"}, "plain http"),
        ("us-east-1_A", {"jwks_uri": "http://a.example/keys"}, "jwks_uri 'http://a.example/keys' is plain http"),
        ("us-east-1_A", {"jwks_uri": "file:///etc/passwd"}, "has no scheme"),
    ],
)
def test_a_pool_that_can_not_be_meant(pool: Any, settings: dict[str, Any], problem: str) -> None:
    """Settings that would accept nothing, or anybody's tokens, are refused with what is wrong."""
    with pytest.raises(ConfigError, match=problem):
        TrustedPool(pool, **{"client_ids": None, **settings})


def test_plain_http_where_that_is_meant() -> None:
    """`allow_http` lets keys come from another machine unencrypted."""
    pool = TrustedPool("us-east-1_A", client_ids=None, jwks_uri="http://keys.example/a", allow_http=True)
    assert {"http://keys.example/a"} == set(pool.jwks_uris.values())
