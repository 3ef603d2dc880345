"""A login from its callback to tokens, and every callback and ID token that is refused."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from cognito_idp import (
    AppClient,
    CognitoIdpError,
    ConfigError,
    InvalidGrantError,
    InvalidResponseError,
    LoginCallbackError,
    LoginError,
    LoginIssuerError,
    LoginRefusedError,
    LoginStateError,
    ManagedLogin,
    SignedIn,
    TokenAlgorithmError,
    TokenAudienceError,
    TokenError,
    TokenExpiredError,
    TokenIssuerError,
    TokenNonceError,
    TokenSignatureError,
    TokenUseError,
    TokenVerifier,
    pending_from_state,
)
from cognito_idp._protocol.base64url import base64url
from cognito_idp.observability import AttemptEnded, CallEnded, CallStarted, SignInEnded, SignInStarted
from cognito_idp.testing import TokenIssuer
from tests.support.kit import FakeTime

from .support import (
    DOMAIN,
    HOST,
    PUBLIC_APP,
    REDIRECT_URI,
    SECRET_APP,
    basic_of,
    callback,
    domain,
    form_of,
    issuer,
    login_of,
    refusal,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp import PendingLogin
    from tests.support.kit import Kit


def at_hash(access_token: str) -> str:
    """Return the hash of OpenID Connect Core 1.0 (3.1.3.6)."""
    return base64url(sha256(access_token.encode()).digest()[:16])


def test_a_login_ends_in_tokens(kit: Kit) -> None:
    """The code is exchanged once, with its verifier and the secret in the header, and its tokens come out."""
    login = login_of()
    pending = login.begin()
    answer = tokens(pending)
    party = domain(kit, answer, clock=lambda: 1_800_000_000.0)
    outcome = party.complete(login, pending)
    assert isinstance(outcome, SignedIn)
    assert answer["access_token"] == outcome.tokens.access_token
    assert answer["id_token"] == outcome.tokens.id_token
    assert "the-refresh-token" == outcome.tokens.refresh_token
    assert outcome.tokens.expires_at is not None
    assert 1_800_003_600.0 == outcome.tokens.expires_at.timestamp()
    (request,) = party.requests
    assert f"https://{HOST}/oauth2/token" == str(request.url)
    assert {
        "grant_type": "authorization_code",
        "code": "the-code-of-the-login",
        "redirect_uri": REDIRECT_URI,
        "code_verifier": pending.code_verifier,
    } == form_of(request)
    assert (SECRET_APP.client_id, SECRET_APP.client_secret) == basic_of(request)


def test_a_public_client_names_itself(kit: Kit) -> None:
    """An app client without a secret says its id in the body, and sends no authorization."""
    login = login_of(PUBLIC_APP)
    pending = login.begin()
    party = domain(kit, tokens(pending))
    party.complete(login, pending)
    assert PUBLIC_APP.client_id == form_of(party.requests[0])["client_id"]
    assert "authorization" not in party.requests[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "/signed-in?{query}",
        "http://127.0.0.1:8000/signed-in?{query}",
        "https://app.example.com/signed%2Din?{query}&session_state=a&session_state=b",
        "/signed-in?{query}" + "&a=b" * 48,
    ],
)
def test_a_callback_behind_a_proxy(kit: Kit, url: str) -> None:
    """Scheme and host may be those of a proxy's other side, and parameters that nobody knows do no harm."""
    login = login_of()
    pending = login.begin()
    query = callback(pending).partition("?")[2]
    assert isinstance(domain(kit, tokens(pending)).complete(login, pending, url.format(query=query)), SignedIn)


def test_a_stored_login(kit: Kit) -> None:
    """A login that was stored as text ends as if it had not been."""
    login = login_of()
    pending = login.begin()
    party = domain(kit, tokens(pending))
    assert isinstance(party.complete(login, pending_from_state(pending.to_state()), callback(pending)), SignedIn)


def test_an_issuer_in_the_callback(kit: Kit) -> None:
    """A callback may name the pool's issuer (RFC 9207)."""
    login = login_of()
    pending = login.begin()
    for iss in login.issuers:
        party = domain(kit, tokens(pending))
        assert isinstance(party.complete(login, pending, callback(pending, iss=iss)), SignedIn)


BAD_CALLBACKS: list[tuple[str, Callable[[PendingLogin], str], type[LoginError], str]] = [
    ("another state", lambda p: callback(p, state="another"), LoginStateError, "another state"),
    ("the state's beginning", lambda p: callback(p, state=p.state[:-1]), LoginStateError, "another state"),
    ("a state beyond ASCII", lambda p: callback(p, state="ä"), LoginStateError, "another state"),
    ("no state", lambda p: callback(p, without="state"), LoginStateError, "has no state"),
    ("an empty state", lambda p: callback(p, state=""), LoginStateError, "another state"),
    ("an error for another login", lambda p: callback(p, state="x", error="access_denied"), LoginStateError, "state"),
    ("another issuer", lambda p: callback(p, iss="https://evil.example"), LoginIssuerError, "iss is 'https://evil"),
    ("no issuer", lambda p: callback(p, iss=""), LoginIssuerError, "iss is ''"),
    ("no code", lambda p: callback(p, without="code"), LoginCallbackError, "neither a code nor an error"),
    ("an empty code", lambda p: callback(p, code=""), LoginCallbackError, "neither a code nor an error"),
    ("a code of two lines", lambda p: callback(p, code="a\nb"), LoginCallbackError, "neither a code nor an error"),
    ("a code twice", lambda p: f"{callback(p)}&code=b", LoginCallbackError, "a parameter twice"),
    ("a state twice", lambda p: f"{callback(p)}&state={p.state}", LoginCallbackError, "a parameter twice"),
    ("an issuer twice", lambda p: f"{callback(p)}&iss=a&iss=a", LoginCallbackError, "a parameter twice"),
    ("an error twice", lambda p: f"{callback(p)}&error=a&error=b", LoginCallbackError, "a parameter twice"),
    ("a fragment", lambda p: f"{callback(p)}#code=b", LoginCallbackError, "has a fragment"),
    ("another path", lambda p: callback(p).replace("/signed-in", "/other"), LoginCallbackError, "another path"),
    ("no path", lambda p: callback(p).replace("/signed-in", ""), LoginCallbackError, "another path"),
    ("no query", lambda _: REDIRECT_URI, LoginStateError, "has no state"),
    ("no URL", lambda _: "https://[a/signed-in", LoginCallbackError, "can't be read as a URL"),
    ("half a character", lambda p: f"{callback(p)}&x=%ff", LoginCallbackError, "has text that isn't UTF-8"),
    ("51 parameters", lambda p: callback(p) + "&a=b" * 49, LoginCallbackError, "has more than 50 parameters"),
    ("a long one", lambda p: callback(p, a="b" * 20_000), LoginCallbackError, "characters long; the limit is 16,384"),
    ("no error code", lambda p: callback(p, error="denied\r\nby"), LoginCallbackError, "is not an error code"),
    ("an empty error", lambda p: callback(p, error=""), LoginCallbackError, "is not an error code"),
    ("an error and a code", lambda p: callback(p, error="access_denied"), LoginRefusedError, "access_denied"),
]


@pytest.mark.parametrize(
    ("url", "error", "message"), [each[1:] for each in BAD_CALLBACKS], ids=[each[0] for each in BAD_CALLBACKS]
)
def test_a_callback_that_is_refused(
    kit: Kit, url: Callable[[PendingLogin], str], error: type[LoginError], message: str
) -> None:
    """A callback that doesn't answer this login costs no request, and its text shows no code and no state."""
    login = login_of()
    pending = login.begin()
    party = domain(kit, tokens(pending))
    with pytest.raises(error, match=message) as refused:
        party.complete(login, pending, url(pending))
    assert error is type(refused.value)
    assert [] == party.requests
    assert "the-code" not in str(refused.value)
    assert pending.state not in str(refused.value)


def test_a_pending_login_without_a_state(kit: Kit) -> None:
    """A login whose state is empty fits no callback, not even one with an empty state."""
    login = login_of()
    pending = attrs.evolve(login.begin(), state="")
    party = domain(kit)
    with pytest.raises(LoginStateError, match="has another state"):
        party.complete(login, pending)
    assert [] == party.requests


def test_an_error_in_the_callback(kit: Kit) -> None:
    """What the pages say of a failed login is kept in parts, on one line, and not at any length."""
    login = login_of()
    pending = login.begin()
    url = callback(
        pending,
        without="code",
        error="login_required",
        error_description="Nobody is\r\nsigned in" + "." * 1000,
        error_uri="https://errors.example/1",
    )
    with pytest.raises(LoginRefusedError) as refused:
        domain(kit).complete(login, pending, url)
    error = refused.value
    assert ("login_required", "https://errors.example/1") == (error.code, error.uri)
    assert error.description.startswith("Nobody is  signed in...")
    assert 300 == len(error.description)
    assert str(error) == f"the login was refused: login_required: {error.description}"


def test_an_error_without_a_description(kit: Kit) -> None:
    """A code alone is enough to say."""
    login = login_of()
    pending = login.begin()
    with pytest.raises(LoginRefusedError, match=r"^the login was refused: access_denied$") as refused:
        domain(kit).complete(login, pending, callback(pending, error="access_denied"))
    assert ("", None) == (refused.value.description, refused.value.uri)


def test_a_code_that_was_used(kit: Kit) -> None:
    """The domain's refusal of a code comes through with its class, and is not repeated."""
    login = login_of()
    pending = login.begin()
    party = domain(kit, refusal("invalid_grant", error_description="Invalid authorization code"))
    with pytest.raises(InvalidGrantError, match=r"invalid_grant .* from oauth2/token: Invalid authorization code"):
        party.complete(login, pending)
    assert 1 == len(party.requests)


def test_a_pending_login_of_another_app_client(kit: Kit) -> None:
    """A login that began with another app client can't end with this one."""
    login, other = login_of(), login_of(AppClient(PUBLIC_APP.user_pool_id, "another"))
    pending = other.begin()
    party = domain(kit)
    with pytest.raises(LoginStateError, match="belongs to another app client"):
        party.complete(login, pending)
    assert [] == party.requests


@pytest.mark.parametrize(
    ("position", "value", "message"),
    [
        (0, "login", "login= takes a ManagedLogin, not str"),
        (1, "state", "pending= takes a PendingLogin, not str"),
        (2, b"/signed-in", "callback_url= takes a string, not bytes"),
    ],
)
def test_arguments_of_the_wrong_type(kit: Kit, position: int, value: Any, message: str) -> None:
    """An argument of the wrong type is named, and not shown."""
    login = login_of()
    pending = login.begin()
    arguments: list[Any] = [login, pending, callback(pending)]
    arguments[position] = value
    with pytest.raises((ConfigError, LoginCallbackError), match=message):
        domain(kit).complete(*arguments)


HEADER_OF_NONE = base64url(b'{"alg": "none", "kid": "test-key"}')


def unsigned(pending: PendingLogin) -> str:
    """Return an ID token without a signature."""
    payload = issuer().id_token("mary", nonce=pending.nonce).split(".")[1]
    return f"{HEADER_OF_NONE}.{payload}."


def by_another(pending: PendingLogin) -> str:
    """Return an ID token that somebody else signed, in the pool's name."""
    return TokenIssuer(PUBLIC_APP.user_pool_id, PUBLIC_APP.client_id).id_token("mary", nonce=pending.nonce)


BAD_TOKENS: list[tuple[str, Callable[[PendingLogin], str], type[CognitoIdpError]]] = [
    ("another nonce", lambda _: issuer().id_token("mary", nonce="another"), TokenNonceError),
    ("no nonce", lambda _: issuer().id_token("mary"), TokenNonceError),
    ("a nonce that is no text", lambda _: issuer().id_token("mary", nonce=7), TokenNonceError),
    ("another access token", lambda p: issuer().id_token("mary", nonce=p.nonce, at_hash="x"), TokenNonceError),
    ("a hash that is no text", lambda p: issuer().id_token("mary", nonce=p.nonce, at_hash=7), TokenNonceError),
    ("another app client", lambda p: issuer().id_token("mary", nonce=p.nonce, aud="another"), TokenAudienceError),
    ("another pool", lambda p: issuer().id_token("mary", nonce=p.nonce, iss="https://a.example"), TokenIssuerError),
    ("an old one", lambda p: issuer().id_token("mary", nonce=p.nonce, expires_in=-60), TokenExpiredError),
    ("an access token", lambda p: issuer().access_token("mary", nonce=p.nonce), TokenUseError),
    ("none signed", unsigned, TokenAlgorithmError),
    ("another key", by_another, TokenSignatureError),
    ("no token", lambda _: "token", TokenError),
]


@pytest.mark.parametrize(("id_token", "error"), [each[1:] for each in BAD_TOKENS], ids=[each[0] for each in BAD_TOKENS])
def test_an_id_token_that_is_refused(
    kit: Kit, id_token: Callable[[PendingLogin], str], error: type[CognitoIdpError]
) -> None:
    """An ID token that isn't the pool's for this login ends it, and no tokens come out."""
    login = login_of()
    pending = login.begin()
    party = domain(kit, tokens(pending, id_token=id_token(pending)))
    with pytest.raises(error):
        party.complete(login, pending)
    assert 1 == len(party.requests)


def test_the_audience_counts_whatever_the_verifier_accepts(kit: Kit) -> None:
    """A verifier for all app clients of the pool lets no token for another one in."""
    verifier = TokenVerifier(attrs.evolve(issuer().pool, client_ids=None), token_use=None)
    login = login_of(verifier=verifier)
    pending = login.begin()
    changes: tuple[dict[str, Any], ...] = (
        {"aud": "another"},
        {"token_use": "access", "client_id": PUBLIC_APP.client_id},
    )
    for changed in changes:
        id_token = issuer().id_token("mary", nonce=pending.nonce, **changed)
        with pytest.raises(TokenAudienceError, match="not an ID token for the login's app client"):
            domain(kit, tokens(pending, id_token=id_token)).complete(login, pending)


def test_the_hash_of_the_access_token(kit: Kit) -> None:
    """An ID token that names its access token is accepted with that one."""
    login = login_of()
    pending = login.begin()
    access_token = issuer().access_token("mary")
    id_token = issuer().id_token("mary", nonce=pending.nonce, at_hash=at_hash(access_token))
    answer = tokens(pending, access_token=access_token, id_token=id_token)
    assert access_token == domain(kit, answer).complete(login, pending).tokens.access_token


def test_without_openid_there_is_no_id_token(kit: Kit) -> None:
    """Who didn't ask for `openid` gets tokens without an ID token; who did gets an error instead."""
    login = login_of()
    pending = login.begin(scopes="email")
    assert domain(kit, tokens(pending, without="id_token")).complete(login, pending).tokens.id_token is None
    pending = login.begin()
    with pytest.raises(InvalidResponseError, match="no id_token, although the scope openid was asked for"):
        domain(kit, tokens(pending, without="id_token")).complete(login, pending)


def test_keys_come_through_the_clients_transport(kit: Kit) -> None:
    """A login of its own fetches the pool's keys with the client, once for all logins."""
    login = ManagedLogin(SECRET_APP, domain=DOMAIN, redirect_uri=REDIRECT_URI)
    for paths in (["token", "jwks.json"], ["token"]):
        pending = login.begin()
        party = domain(kit, tokens(pending), dict(issuer().pool.jwks or {}))
        assert isinstance(party.complete(login, pending), SignedIn)
        assert paths == [each.url.path.rpartition("/")[2] for each in party.requests]


def test_the_clients_limit_holds_for_the_keys(kit: Kit) -> None:
    """The time that is left of a call's total limit is all that fetching the keys may take."""
    login = ManagedLogin(SECRET_APP, domain=DOMAIN, redirect_uri=REDIRECT_URI)
    pending = login.begin()
    party = domain(kit, tokens(pending), dict(issuer().pool.jwks or {}), timeout=2.0, time=FakeTime())
    party.complete(login, pending)
    assert ["token", "jwks.json"] == [request.url.path.rpartition("/")[2] for request in party.requests]
    assert {2.0} == {limit for request in party.requests for limit in request.extensions["timeout"].values()}


def test_what_an_observer_hears(kit: Kit) -> None:
    """A login is a step of a sign-in, the exchange of its code a call of it, and no event has a secret."""
    login = login_of()
    pending = login.begin()
    events: list[Any] = []
    party = domain(kit, tokens(pending), observer=events.append)
    party.complete(login, pending)
    begun, call, *_, ended, end = events
    assert isinstance(begun, SignInStarted)
    assert ("CompleteLogin", "authorization_code") == (begun.operation, begun.step)
    assert isinstance(call, CallStarted)
    assert ("oauth2/token", begun.call_id) == (call.operation, call.parent_id)
    assert (f"https://{HOST}", "us-east-1") == (call.url, call.region)
    assert isinstance(ended, CallEnded)
    assert (1, 200, None) == (ended.attempts, ended.status_code, ended.error)
    assert isinstance(end, SignInEnded)
    assert (None, None) == (end.challenge, end.error)
    shown = repr(events)
    assert not [text for text in (pending.state, pending.code_verifier, "the-code", "s3cr3t") if text in shown]


def test_what_an_observer_hears_of_a_refusal(kit: Kit) -> None:
    """A refused code shows with its error code, and a refused callback as a step without a call."""
    login = login_of()
    pending = login.begin()
    events: list[Any] = []
    party = domain(kit, refusal("invalid_grant"), observer=events.append)
    with pytest.raises(InvalidGrantError):
        party.complete(login, pending)
    with pytest.raises(LoginStateError):
        party.complete(login, pending, callback(pending, state="another"))
    assert ["invalid_grant", "invalid_grant", "invalid_grant"] == [
        each.error for each in events[:-2] if isinstance(each, AttemptEnded | CallEnded | SignInEnded)
    ]
    assert ["SignInStarted", "SignInEnded"] == [type(each).__name__ for each in events[-2:]]
    assert "LoginStateError" == events[-1].error


def test_a_verifier_of_several_pools(kit: Kit) -> None:
    """A verifier may trust other pools, but a login ends only with its own: in the callback and in the ID token."""
    other = TokenIssuer("us-east-1_OTHER", PUBLIC_APP.client_id)
    login = login_of(verifier=TokenVerifier([other.pool, issuer().pool], token_use="id"))
    pending = login.begin()
    (foreign, *_), (own, *_) = other.pool.jwks_uris, issuer().pool.jwks_uris
    party = domain(kit, tokens(pending, id_token=other.id_token("mary", nonce=pending.nonce)))
    with pytest.raises(LoginIssuerError, match="the callback's iss is "):
        party.complete(login, pending, callback(pending, iss=foreign))
    assert [] == party.requests
    with pytest.raises(TokenIssuerError, match="the ID token's iss is "):
        party.complete(login, pending, callback(pending))
    assert isinstance(domain(kit, tokens(pending)).complete(login, pending, callback(pending, iss=own)), SignedIn)
