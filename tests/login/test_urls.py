"""Where a browser is sent: the domain's URL, the authorize URL with its PKCE, and the logout URLs."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import AppClient, ConfigError, ManagedLogin, TokenEndpoint
from cognito_idp._protocol.base64url import base64url
from cognito_idp.login.managed import code_challenge
from cognito_idp.testing import TokenIssuer

from .support import DOMAIN, HOST, PUBLIC_APP, REDIRECT_URI, issuer, login_of, query_of


@pytest.mark.parametrize(
    ("domain", "settings", "url"),
    [
        ("my-app", {}, "https://my-app.auth.us-east-1.amazoncognito.com"),
        ("my-app", {"region": "eu-west-1"}, "https://my-app.auth.eu-west-1.amazoncognito.com"),
        ("my-app", {"use_fips": True}, "https://my-app.auth-fips.us-east-1.amazoncognito.com"),
        ("my-app", {"region": "us-gov-west-1"}, "https://my-app.auth-fips.us-gov-west-1.amazoncognito.com"),
        ("auth.example.com", {}, "https://auth.example.com"),
        ("https://auth.example.com", {}, "https://auth.example.com"),
        ("https://auth.example.com/", {}, "https://auth.example.com"),
        ("https://auth.example.com:8443/pools/one", {}, "https://auth.example.com:8443/pools/one"),
        ("http://127.0.0.1:4566", {}, "http://127.0.0.1:4566"),
        ("http://[::1]:4566", {}, "http://[::1]:4566"),
        ("http://cognito:4566", {"allow_http": True}, "http://cognito:4566"),
    ],
)
def test_the_domain(domain: str, settings: dict[str, Any], url: str) -> None:
    """A prefix, a host name and a URL lead to the domain; prefixes lie where AWS documents them."""
    assert url == TokenEndpoint(PUBLIC_APP, domain=domain, **settings).url


@pytest.mark.parametrize(
    ("domain", "settings", "message"),
    [
        ("My_App", {}, "neither a prefix"),
        ("", {}, "neither a prefix"),
        ("-app", {}, "neither a prefix"),
        ("auth.example.com/login", {}, "neither a prefix"),
        ("auth.example.com:443", {}, "neither a prefix"),
        ("mary@example.com", {}, "neither a prefix"),
        ("999.1.1.1", {}, "neither a prefix"),
        ("localhost:4566", {}, "neither a prefix"),
        ("ftp://auth.example.com", {}, "has no scheme"),
        ("https://auth.example.com?a=b", {}, "domain"),
        ("http://auth.example.com", {}, "plain"),
        ("auth.example.com", {"use_fips": True}, "already says where to go"),
        ("my-app", {"region": "cn-north-1"}, "pass a host name"),
        ("my-app", {"region": "eusc-de-east-1"}, "pass a host name"),
        ("my-app", {"region": "not a region"}, "region"),
        (7, {}, "domain= takes a string, not int"),
        ("my-app", {"use_fips": 1}, "use_fips= takes True or False"),
    ],
)
def test_a_domain_that_can_not_be(domain: Any, settings: dict[str, Any], message: str) -> None:
    """What leads nowhere, or over plain http to another machine, is refused when the login is made."""
    with pytest.raises(ConfigError, match=message):
        login_of(domain=domain, **settings)


def test_a_prefix_needs_a_region() -> None:
    """The id of a local pool has no region, so a prefix says nothing there."""
    with pytest.raises(ConfigError, match="is a prefix, so it needs a region"):
        TokenEndpoint(AppClient("local_AbCdEf", "client"), domain="my-app")


def test_a_host_may_be_allowed_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`COGNITO_IDP_ALLOW_HTTP` allows plain http to the hosts that it names, and to no other."""
    monkeypatch.setenv("COGNITO_IDP_ALLOW_HTTP", "cognito")
    assert "http://cognito:4566" == TokenEndpoint(PUBLIC_APP, domain="http://cognito:4566").url
    with pytest.raises(ConfigError, match="plain"):
        TokenEndpoint(PUBLIC_APP, domain="http://other:4566")


def test_the_authorize_url() -> None:
    """The browser goes to the authorize endpoint with the app client, the scopes, and the marks of this login."""
    pending = login_of(scopes="openid email").begin()
    assert pending.url.startswith(f"https://{HOST}/oauth2/authorize?")
    assert {
        "response_type": "code",
        "client_id": PUBLIC_APP.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": "email openid",
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": code_challenge(pending.code_verifier),
        "code_challenge_method": "S256",
    } == query_of(pending.url)
    assert pending.code_verifier not in pending.url
    assert ("email", "openid") == pending.scopes


def test_what_a_login_may_ask_for() -> None:
    """Provider, language, prompt, hint, resource and scopes of one login stand in its URL, whatever they contain."""
    wanted = {
        "identity_provider": "Google & Söhne",
        "lang": "pt-BR",
        "prompt": "select_account",
        "login_hint": "mary+test@example.com",
        "resource": "https://api.example.com/v1?a=b#c",
    }
    query = query_of(login_of().begin(scopes=["api/read", "openid"], **wanted).url)
    assert wanted == {name: query[name] for name in wanted}
    assert "api/read openid" == query["scope"]
    assert "example.org" == query_of(login_of().begin(idp_identifier="example.org").url)["idp_identifier"]
    assert "scope" not in query_of(login_of(scopes=()).begin().url)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"identity_provider": "Google", "idp_identifier": "example.org"}, "both name a provider"),
        ({"lang": ""}, "lang= is empty"),
        ({"prompt": "login\n"}, "prompt= is empty, or has unprintable characters"),
        ({"resource": 7}, "resource= takes a string, not int"),
        ({"scopes": 7}, "scopes= takes a string or several"),
    ],
)
def test_what_a_login_can_not_ask_for(arguments: dict[str, Any], message: str) -> None:
    """Arguments that mean nothing are refused before a browser goes anywhere."""
    with pytest.raises(ConfigError, match=message):
        login_of().begin(**arguments)


def test_pkce_is_that_of_the_rfc() -> None:
    """The octets of RFC 7636, appendix B, become its verifier, and its challenge."""
    # The octets of the RFC in hexadecimal.
    octets = bytes.fromhex("7418dfb49799e0254ffa607dd8adbbba16d4254d69d6bff05b58055853848d79")
    pending = login_of(token_bytes=lambda size: octets[:size]).begin()
    assert "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" == pending.code_verifier
    assert "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" == query_of(pending.url)["code_challenge"]


@given(st.binary(min_size=32, max_size=32))
def test_a_challenge_is_the_hash_of_its_verifier(octets: bytes) -> None:
    """Whatever the random bytes, a verifier has 43 characters of the RFC's alphabet, and its challenge is its hash."""
    pending = login_of(token_bytes=lambda _: octets).begin()
    assert 43 == len(pending.code_verifier)
    assert pending.code_verifier.replace("-", "").replace("_", "").isalnum()
    digest = sha256(pending.code_verifier.encode()).digest()
    assert base64url(digest) == query_of(pending.url)["code_challenge"]


def test_no_two_logins_are_alike() -> None:
    """Each login has a state, a nonce and a verifier of its own, and no two of these are the same."""
    login = login_of()
    logins = [login.begin() for _ in range(3)]
    assert 9 == len({text for each in logins for text in (each.state, each.nonce, each.code_verifier)})


def test_logging_out() -> None:
    """The logout URL names where the browser goes then: a sign-out page, or another login with all that begins it."""
    login = login_of()
    url = login.logout_url("https://app.example.com/bye?a=b")
    assert url.startswith(f"https://{HOST}/logout?")
    assert {"client_id": PUBLIC_APP.client_id, "logout_uri": "https://app.example.com/bye?a=b"} == query_of(url)
    pending = login.begin(lang="de")
    again = login.logout_url(then=pending)
    assert again.startswith(f"https://{HOST}/logout?")
    assert query_of(pending.url) == query_of(again)
    assert {"code", REDIRECT_URI} <= set(query_of(again).values())


def test_logging_out_to_nowhere() -> None:
    """A logout URL says one thing or the other, and an absolute address."""
    login = login_of()
    with pytest.raises(ConfigError, match="takes either"):
        login.logout_url()
    with pytest.raises(ConfigError, match="takes either"):
        login.logout_url("https://app.example.com/bye", then=login.begin())
    with pytest.raises(ConfigError, match="logout_uri '/bye' is not an absolute URI"):
        login.logout_url("/bye")
    pending: Any = "pending"
    with pytest.raises(ConfigError, match="then= takes a PendingLogin, not str"):
        login.logout_url(then=pending)


@pytest.mark.parametrize(
    "redirect_uri", ["/signed-in", "", "https://app.example.com/#top", "https://app.example.com/a b", "https://[a", "x"]
)
def test_a_redirect_uri_that_can_not_be(redirect_uri: str) -> None:
    """A redirect URI is absolute and has no fragment (RFC 6749, 3.1.2)."""
    with pytest.raises(ConfigError, match="is not an absolute URI without a fragment"):
        login_of(redirect_uri=redirect_uri)


def test_a_native_app_has_a_scheme_of_its_own() -> None:
    """A redirect URI may have a scheme that only an app knows (RFC 8252)."""
    assert (
        "com.example.app:/signed-in"
        == query_of(login_of(redirect_uri="com.example.app:/signed-in").begin().url)["redirect_uri"]
    )


def test_a_verifier_must_accept_id_tokens() -> None:
    """A verifier of access tokens can't check who signed in, and something else is no verifier."""
    with pytest.raises(ConfigError, match="must accept ID tokens"):
        login_of(verifier=issuer().verifier())
    with pytest.raises(ConfigError, match="verifier= must trust the pool us-east-1_EXAMPLE, to which app= belongs"):
        login_of(verifier=TokenIssuer("us-east-1_OTHER").verifier(token_use="id"))
    with pytest.raises(ConfigError, match="verifier= takes a TokenVerifier or AsyncTokenVerifier, not str"):
        login_of(verifier="verifier")
    assert login_of(verifier=issuer().async_verifier(token_use=None)).verification.accepts("id")


def test_a_login_trusts_its_own_pool() -> None:
    """Without a verifier, the issuers are those of the app client's pool."""
    login = ManagedLogin(PUBLIC_APP, domain=DOMAIN, redirect_uri=REDIRECT_URI)
    assert set(issuer().pool.jwks_uris) == set(login.issuers)


def test_a_login_needs_an_app_client() -> None:
    """Anything but an app client is refused by name."""
    app: Any = "1example23456789"
    with pytest.raises(ConfigError, match=r"app= takes an AppClient\(user_pool_id, client_id\), not str"):
        login_of(app)
