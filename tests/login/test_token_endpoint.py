"""The OAuth 2.0 endpoints of a pool's domain: what is sent, what is read, and what is sent again."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AppClient,
    ConfigError,
    ConnectError,
    InsufficientScopeError,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidResponseError,
    InvalidScopeError,
    InvalidTargetError,
    InvalidTokenError,
    OAuthError,
    ReadError,
    ServiceError,
    TokenEndpoint,
    TransportError,
    UnauthorizedClientError,
    UnsupportedGrantTypeError,
    UnsupportedTokenTypeError,
)
from cognito_idp._protocol import oauth_errors
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp.testing import NoWaitRetry
from cognito_idp.tokens import token_endpoint
from cognito_idp.tokens.token_endpoint import basic

from .support import DOMAIN, HOST, PUBLIC_APP, SECRET_APP, basic_of, domain, form_of, refusal

if TYPE_CHECKING:
    from tests.support.kit import Kit

TOKENS = {"access_token": "the-access-token", "token_type": "Bearer", "expires_in": 3600}
ENDPOINT = TokenEndpoint(SECRET_APP, domain=DOMAIN)
PUBLIC = TokenEndpoint(PUBLIC_APP, domain=DOMAIN)
GRANTS: dict[str, Any] = {
    "code": lambda options: ENDPOINT.code_grant(options, "the-code", "the-verifier", "https://app.example.com/"),
    "refresh": lambda options: ENDPOINT.refresh_grant(options, "the-refresh-token"),
    "client credentials": ENDPOINT.client_credentials_grant,
    "revoke": lambda options: ENDPOINT.revoked(options, "the-refresh-token"),
    "user info": lambda options: ENDPOINT.user_info(options, "the-access-token"),
}
ONCE = ("code", "refresh")


def run(party: Any, grant: str) -> Any:
    """Run a grant's flow."""
    return party.flow(GRANTS[grant](party.client._options))


# --- what is sent ---


def test_a_token_for_the_app_client(kit: Kit) -> None:
    """The client-credentials grant asks for scopes and a resource, and proves the secret in the header."""
    party = domain(kit, TOKENS)
    options = party.client._options
    result = party.flow(
        ENDPOINT.client_credentials_grant(options, ["api/read", "api/write"], "https://api.example.com")
    )
    assert ("the-access-token", 3600) == (result.access_token, result.expires_in)
    (request,) = party.requests
    assert ("POST", f"https://{HOST}/oauth2/token") == (request.method, str(request.url))
    assert {
        "grant_type": "client_credentials",
        "scope": "api/read api/write",
        "resource": "https://api.example.com",
    } == form_of(request)
    assert (SECRET_APP.client_id, SECRET_APP.client_secret) == basic_of(request)
    assert "identity" == request.headers["accept-encoding"]
    assert "application/json" == request.headers["accept"]
    assert "x-amz-target" not in request.headers


def test_a_token_without_scopes(kit: Kit) -> None:
    """Without scopes, none is sent, and the app client gets all of its own."""
    party = domain(kit, TOKENS)
    run(party, "client credentials")
    assert {"grant_type": "client_credentials"} == form_of(party.requests[0])


def test_a_public_client_has_no_token_of_its_own(kit: Kit) -> None:
    """The client-credentials grant without a secret is refused before anything is sent."""
    party = domain(kit, TOKENS)
    with pytest.raises(ConfigError, match="needs an app client with a secret"):
        party.flow(PUBLIC.client_credentials_grant(party.client._options))
    assert [] == party.requests


def test_revoking(kit: Kit) -> None:
    """A refresh token is revoked with the proof of its app client, whether the answer has a body or none."""
    for endpoint, answer in ((ENDPOINT, httpx.Response(200)), (PUBLIC, httpx.Response(200, text="ok"))):
        party = domain(kit, answer)
        assert party.flow(endpoint.revoked(party.client._options, "the-refresh-token")) is None
        (request,) = party.requests
        assert f"https://{HOST}/oauth2/revoke" == str(request.url)
        form = form_of(request)
        assert "the-refresh-token" == form.pop("token")
        assert ({} if endpoint is ENDPOINT else {"client_id": PUBLIC_APP.client_id}) == form


def test_user_info(kit: Kit) -> None:
    """The claims about a user are asked for with the access token, and are those that came."""
    claims = {"sub": "1", "email": "mary@example.com", "email_verified": "true", "custom:tenant": "north"}
    party = domain(kit, claims)
    assert claims == run(party, "user info")
    (request,) = party.requests
    assert ("GET", f"https://{HOST}/oauth2/userInfo") == (request.method, str(request.url))
    assert "Bearer the-access-token" == request.headers["authorization"]
    assert b"" == request.content


@pytest.mark.parametrize("grant", list(GRANTS))
def test_own_headers_go_along(kit: Kit, grant: str) -> None:
    """The headers that a copy of the client sends with every call go to the pool's domain, too."""
    party = domain(kit, {**TOKENS, "sub": "1"})
    options = party.client.with_options(headers={"x-aws-waf-token": "waf"})._options
    party.flow(GRANTS[grant](options))
    assert "waf" == party.requests[0].headers["x-aws-waf-token"]


@pytest.mark.parametrize(
    ("client_id", "secret", "header"),
    [
        # Encoded by hand, from RFC 6749, 2.3.1 and appendix B.
        ("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"),
        ("a:b", "c:d", "Basic YSUzQWI6YyUzQWQ="),
        ("id", "a+b/c=d%e f", "Basic aWQ6YSUyQmIlMkZjJTNEZCUyNWUrZg=="),
        ("id", "ü€", "Basic aWQ6JUMzJUJDJUUyJTgyJUFD"),
    ],
)
def test_basic_authorization(client_id: str, secret: str, header: str) -> None:
    """Id and secret are form-encoded before they are joined and encoded in base64."""
    assert header == basic(client_id, secret)


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"), min_size=1))
def test_basic_authorization_is_read_back(client_id: str, secret: str) -> None:
    """Whatever characters id and secret have, a server that follows the RFC reads the same."""
    request = httpx.Request("POST", "https://example.com", headers={"authorization": basic(client_id, secret)})
    assert (client_id, secret) == basic_of(request)


def test_half_a_surrogate_pair(kit: Kit) -> None:
    """A value that UTF-8 can't encode is refused, without showing it."""
    party = domain(kit, TOKENS)
    for endpoint, token in (
        (ENDPOINT, "\ud800secret"),
        (TokenEndpoint(AppClient(PUBLIC_APP.user_pool_id, "i", "\ud800s"), domain=DOMAIN), "t"),
    ):
        with pytest.raises(ConfigError, match="half a surrogate pair") as refused:
            party.flow(endpoint.refresh_grant(party.client._options, token))
        assert refused.value.__context__ is None
    assert [] == party.requests


# --- what is read ---


CODES = {
    "insufficient_scope": InsufficientScopeError,
    "invalid_client": InvalidClientError,
    "invalid_grant": InvalidGrantError,
    "invalid_request": InvalidRequestError,
    "invalid_scope": InvalidScopeError,
    "invalid_target": InvalidTargetError,
    "invalid_token": InvalidTokenError,
    "unauthorized_client": UnauthorizedClientError,
    "unsupported_grant_type": UnsupportedGrantTypeError,
    "unsupported_token_type": UnsupportedTokenTypeError,
}


@pytest.mark.parametrize("code", [*CODES, "slow_down", "urn:example:odd!", "access denied"])
def test_a_refusal(kit: Kit, code: str) -> None:
    """Each code of the RFCs has its class, an unknown one survives, and all of them are errors of the service."""
    answer = refusal(code, error_description="Because.", error_uri="https://errors.example/1")
    answer.headers["x-amzn-requestid"] = "request-1"
    with pytest.raises(OAuthError) as refused:
        run(domain(kit, answer), "client credentials")
    error = refused.value
    assert CODES.get(code, OAuthError) is type(error)
    assert isinstance(error, ServiceError)
    assert (code, "Because.", "https://errors.example/1") == (error.code, error.message, error.uri)
    assert (400, "request-1", "oauth2/token", 1) == (
        error.status_code,
        error.request_id,
        error.operation,
        error.attempts,
    )
    assert f"{code} (HTTP status 400) from oauth2/token: Because. [request id request-1]" == str(error)


def test_every_class_has_its_code() -> None:
    """No class is without a code, and no code of the table without a class."""
    assert CODES == dict(oauth_errors.BY_CODE)
    assert {*CODES.values(), OAuthError} == {globals()[name] for name in oauth_errors.__all__}


def test_a_description_is_one_line_of_bounded_length(kit: Kit) -> None:
    """What the domain says can't forge a log line, nor fill a log."""
    with pytest.raises(InvalidGrantError) as refused:
        run(domain(kit, refusal("invalid_grant", error_description="a\nb" + "c" * 5000)), "code")
    assert "\n" not in refused.value.message
    assert 503 == len(refused.value.message)
    for odd in (7, None, ["text"], {"a": "b"}):
        with pytest.raises(InvalidGrantError) as refused:
            run(domain(kit, refusal("invalid_grant", error_description=odd, error_uri=odd)), "code")
        assert ("", None) == (refused.value.message, refused.value.uri)


@pytest.mark.parametrize("member", ["error", "error_description", "error_uri"])
@pytest.mark.parametrize("grant", list(GRANTS))
def test_a_refusal_that_repeats_the_request(kit: Kit, grant: str, member: str) -> None:
    """A refusal that quotes a secret of the request shows nothing of it, in none of its members."""
    secret_of = {
        "code": ("the-code", "the-verifier"),
        "refresh": ("the-refresh-token",),
        "user info": ("the-access-token",),
    }
    secret_of["revoke"] = secret_of["refresh"]
    header = basic(SECRET_APP.client_id, str(SECRET_APP.client_secret))
    of_the_app = () if grant == "user info" else (str(SECRET_APP.client_secret), header.removeprefix("Basic "))
    for secret in (*secret_of.get(grant, ()), *of_the_app):
        with pytest.raises(OAuthError) as refused:
            run(domain(kit, httpx.Response(400, json={"error": "odd", member: f"got {secret}"})), grant)
        error = refused.value
        assert [] == [text for text in (error.code, str(error), str(error.uri), repr(error.members)) if secret in text]


def test_a_known_code_is_never_a_secret(kit: Kit) -> None:
    """A callback with the code `a`, which anybody can send, changes nothing in the error's own code."""
    party = domain(kit, refusal("invalid_grant"))
    grant = ENDPOINT.code_grant(party.client._options, "a", "the-verifier", "https://app.example.com/")
    with pytest.raises(InvalidGrantError) as refused:
        party.flow(grant)
    assert "invalid_grant" == refused.value.code


def test_user_info_says_why_in_a_header(kit: Kit) -> None:
    """The code of a refusal may stand in `www-authenticate` alone, quoted or not, in any case (RFC 6750)."""
    for header in ('Bearer error="invalid_token", error_description="x"', "Bearer realm=a, error=INVALID_TOKEN"):
        answer = httpx.Response(401, headers={"www-authenticate": header})
        with pytest.raises(InvalidTokenError) as refused:
            run(domain(kit, answer), "user info")
        assert (401, "invalid_token") == (refused.value.status_code, refused.value.code)


PAGE = httpx.Response(400, html="<html><body>the-code</body></html>")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (PAGE, r"HTTP status 400\): the body is not JSON \(text/html, 34 bytes, <html>\)"),
        (httpx.Response(200, html="<html></html>"), "the body is not JSON"),
        (httpx.Response(302, headers={"location": "https://evil.example/"}), "a redirect, which is not followed"),
        (httpx.Response(307, headers={"location": f"https://{HOST}/x"}), "a redirect, which is not followed"),
        (httpx.Response(400), "the body is not JSON"),
        (httpx.Response(400, json={}), "an error without a code"),
        (httpx.Response(400, json={"error": 7}), "an error without a code"),
        (httpx.Response(400, json={"error": "a\nb"}), "an error without a code"),
        (httpx.Response(400, json={"error": "a" * 81}), "an error without a code"),
        (httpx.Response(400, json=["error"]), "a JSON array, not an object"),
        (httpx.Response(200), "the body is not JSON"),
        (httpx.Response(200, json={}), "it has no access_token"),
        (httpx.Response(200, json={**TOKENS, "access_token": ""}), "it has no access_token"),
        (httpx.Response(200, json={**TOKENS, "access_token": 7}), "a token is not a string"),
        (httpx.Response(200, json={**TOKENS, "id_token": ["a"]}), "a token is not a string"),
        (httpx.Response(200, json={**TOKENS, "refresh_token": {}}), "a token is not a string"),
        (httpx.Response(200, json={**TOKENS, "token_type": None}), "its token_type is not Bearer"),
        (httpx.Response(200, json={**TOKENS, "token_type": 7}), "its token_type is not Bearer"),
        (httpx.Response(200, json={**TOKENS, "token_type": "mac"}), "its token_type is not Bearer"),
        (httpx.Response(200, content=b'{"a":' * 100_000), "too deep"),
        (httpx.Response(200, content=b"\xff{}"), "UTF-8"),
        (httpx.Response(200, content=b" " * 1_100_000), "larger than the limit"),
        (httpx.Response(200, content=b"", headers={"content-encoding": "gzip"}), "compressed"),
    ],
)
def test_an_answer_that_can_not_be_read(kit: Kit, answer: httpx.Response, message: str) -> None:
    """What isn't an answer of the protocol is one error, which quotes nothing, and the code isn't sent again."""
    party = domain(kit, answer)
    with pytest.raises(InvalidResponseError, match=message) as refused:
        run(party, "code")
    assert 1 == len(party.requests)
    assert "oauth2/token" == refused.value.operation
    assert "the-" not in str(refused.value)
    assert "evil" not in str(refused.value)


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        *((form, 3600) for form in (3600, 3600.0, "3600")),
        *((odd, None) for odd in (None, True, -1, 0.5, 10**30, 1e300, "", "-1", "1h", "\u0663", "9" * 5000, [3600])),
    ],
)
def test_a_lifetime_in_another_form(kit: Kit, sent: Any, seconds: int | None) -> None:
    """A lifetime counts in each form of a whole number, and in no form does it cost the tokens beside it."""
    party = domain(kit, {**TOKENS, "refresh_token": "the-new-one", "expires_in": sent})
    result = run(party, "refresh")
    assert (seconds, "the-new-one") == (result.expires_in, result.refresh_token)
    assert type(seconds) is type(result.expires_in)


def test_user_info_without_a_subject(kit: Kit) -> None:
    """Claims that say nothing of whom they are about are of no use (OpenID Connect Core 1.0, 5.3.2)."""
    for answer in ({}, {"sub": 7}):
        with pytest.raises(InvalidResponseError, match="it has no sub"):
            run(domain(kit, answer), "user info")


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda each: (
            st.lists(each) | st.dictionaries(st.text() | st.sampled_from([*TOKENS, "error", "error_description"]), each)
        ),
    )
)
def test_any_json(value: Any) -> None:
    """Whatever JSON comes, as a success or as an error, it is read or refused in one of two ways."""
    call = ENDPOINT._form_call("oauth2/token", {}, ("the-code",), is_repeatable=False)
    body = json.dumps(value).encode()
    assert isinstance(token_endpoint._refusal(HttpResponse(400, (), body), call), OAuthError | InvalidResponseError)
    with suppress(InvalidResponseError):
        assert token_endpoint._read_tokens(HttpResponse(200, (), body)).access_token


# --- what is sent again ---


@pytest.mark.parametrize("grant", list(GRANTS))
def test_what_was_not_sent_is_sent_again(kit: Kit, grant: str) -> None:
    """Without a connection nothing was used up, so every grant is tried again."""
    party = domain(kit, httpx.ConnectError("refused"), {**TOKENS, "sub": "1"}, retry=NoWaitRetry())
    run(party, grant)
    assert 2 == len(party.requests)


@pytest.mark.parametrize("grant", list(GRANTS))
@pytest.mark.parametrize(
    "failure",
    [httpx.ReadError("broken"), httpx.ReadTimeout("late"), httpx.Response(503), refusal("server_error", 500)],
)
def test_what_may_have_been_used_is_not_sent_again(kit: Kit, grant: str, failure: Any) -> None:
    """A code and a refresh token are shown once; what can be asked for again is, as the client's policy says."""
    party = domain(kit, failure, {**TOKENS, "sub": "1"}, retry=NoWaitRetry())
    if grant in ONCE:
        with pytest.raises((TransportError, InvalidResponseError, OAuthError)):
            run(party, grant)
    else:
        run(party, grant)
    assert (1 if grant in ONCE else 2) == len(party.requests)


@pytest.mark.parametrize("grant", list(GRANTS))
def test_a_throttled_request_is_sent_again(kit: Kit, grant: str) -> None:
    """What was throttled was not carried out, so it may follow again, as with any other call."""
    party = domain(kit, refusal("too_many_requests", 429), {**TOKENS, "sub": "1"}, retry=NoWaitRetry())
    run(party, grant)
    assert 2 == len(party.requests)


def test_a_client_may_not_retry(kit: Kit) -> None:
    """The client's policy holds here as well."""
    party = domain(kit, httpx.ConnectError("refused"), TOKENS, retry="off")
    with pytest.raises(ConnectError) as refused:
        run(party, "client credentials")
    assert (1, "oauth2/token") == (len(party.requests), refused.value.operation)


def test_the_error_of_a_broken_exchange_says_so(kit: Kit) -> None:
    """A code whose exchange broke off may be used up: the error says that it isn't repeatable, and was sent."""
    with pytest.raises(ReadError) as refused:
        run(domain(kit, httpx.ReadError("broken"), retry=NoWaitRetry()), "code")
    assert (True, False) == (refused.value.sent, refused.value.is_repeatable)
