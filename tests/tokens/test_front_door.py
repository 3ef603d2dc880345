"""What a verifier offers to a guard: keys ahead of time, resources, a rule of one's own, revocation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AsyncClient,
    AsyncTokenVerifier,
    Client,
    ConfigError,
    GetUserRequest,
    GetUserResponse,
    JwksError,
    RevocationCheck,
    RevocationUnknownError,
    TokenAudienceError,
    TokenCheckError,
    TokenError,
    TokenFormatError,
    TokenResourceError,
    TokenRevokedError,
    TokenScopeError,
    TokenVerifier,
    TrustedPool,
    errors,
)
from cognito_idp.testing import StubTransport, TokenIssuer
from tests.support.answers import answer, html_503, in_turn

from .issuing import CLIENT, ISSUER, NOW, POOL, REASON, SUB, Clock, claims, jwks, offline_pool, token, verifier_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.kit import Kit

pytest.importorskip("jwt", reason=REASON)

API = "https://api.example.com"
SCOPE = "aws.cognito.signin.user.admin"
AGENT = "2222aaaa-agent"


def verified(kit: Kit, text: str, **settings: Any) -> Any:
    """Verify a token without a network."""
    verifier = verifier_of(kit, offline_pool(), **settings)
    try:
        return kit.run(verifier.verify, text)
    finally:
        kit.close(verifier)


def test_keys_are_loaded_ahead_of_the_first_request(kit: Kit) -> None:
    """`load_keys` fetches the keys of each issuer once, and then neither it nor `verify` sends anything."""
    requests: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(str(request.url))
        return httpx.Response(200, json=jwks())

    verifier = verifier_of(kit, POOL, client_ids=CLIENT, transport=httpx.MockTransport(respond))
    kit.run(verifier.load_keys)
    expected = [f"{host}/.well-known/jwks.json" for host in (ISSUER, ISSUER.replace("cognito", "issuer-cognito", 1))]
    assert expected == requests
    kit.run(verifier.load_keys)
    assert SUB == kit.run(verifier.verify, token()).sub
    assert expected == requests
    kit.close(verifier)


def test_keys_that_cannot_be_loaded(kit: Kit, serve: Serve) -> None:
    """`load_keys` says that the keys can't be had; it fetches those of the other pools, and may be called again."""
    good, bad = serve(answer(_keys())), serve(in_turn(html_503(), answer(_keys())))
    other = "eu-west-1_Other"
    pools = [
        TrustedPool(other, client_ids=None, jwks_uri=f"{bad.url}/keys"),
        TrustedPool(POOL, client_ids=None, jwks_uri=f"{good.url}/keys"),
    ]
    verifier = verifier_of(kit, pools)
    with pytest.raises(JwksError, match="503"):
        kit.run(verifier.load_keys)
    assert SUB == kit.run(verifier.verify, token()).sub
    kit.run(verifier.load_keys)
    assert (1, 2) == (len(good.requests), len(bad.requests))
    kit.close(verifier)


@pytest.mark.parametrize("host", ["cognito-idp", "issuer-cognito-idp"])
def test_one_issuer_of_a_pool_is_enough(kit: Kit, host: str) -> None:
    """A pool has one of its forms of issuer: that the other form's host has no keys is not a failure."""

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=jwks()) if request.url.host.startswith(host) else httpx.Response(404)

    verifier = verifier_of(kit, POOL, client_ids=CLIENT, transport=httpx.MockTransport(respond))
    kit.run(verifier.load_keys)
    kit.close(verifier)


def test_keys_in_hand_are_not_fetched(kit: Kit) -> None:
    """`load_keys` of a verifier that was made with its keys sends nothing."""
    verifier = verifier_of(kit, offline_pool(), transport=httpx.MockTransport(_no_request))
    kit.run(verifier.load_keys)
    kit.close(verifier)


@pytest.mark.parametrize("aud", [API, [API], ["https://other.example.com", API]])
def test_a_token_for_this_resource(kit: Kit, aud: Any) -> None:
    """A verifier that stands for a resource accepts a token whose `aud` has it, alone or among others."""
    expected = (aud,) if isinstance(aud, str) else tuple(aud)
    assert expected == verified(kit, token(aud=aud), audience=API).aud
    assert expected == verified(kit, token(aud=aud), audience=[API, "urn:another"]).aud


@pytest.mark.parametrize(
    ("aud", "error"),
    [
        ({}, TokenResourceError),
        ({"aud": "https://api.example.com/"}, TokenResourceError),
        ({"aud": CLIENT}, TokenResourceError),
        ({"aud": []}, TokenResourceError),
        ({"aud": None}, TokenFormatError),
        ({"aud": {"0": API}}, TokenFormatError),
        ({"aud": [API, 1]}, TokenFormatError),
        ({"client_id": "another", "aud": API}, TokenAudienceError),
    ],
)
def test_a_token_for_another_resource(kit: Kit, aud: dict[str, Any], error: type[TokenError]) -> None:
    """A verifier that stands for a resource refuses a token for another one, or for none."""
    with pytest.raises(error) as caught:
        verified(kit, token(**aud), audience=API)
    assert error is type(caught.value)


@pytest.mark.parametrize(
    ("aud", "audience", "problem"),
    [
        ({}, API, f"the token is for no resource; it must be for {API}"),
        ({"aud": "urn:b"}, API, f"the token is for the resource 'urn:b'; it must be for {API}"),
        (
            {"aud": ["urn:b", "urn:c"]},
            ["urn:z", "urn:a"],
            "for the resource ['urn:b', 'urn:c']; it must be for urn:a or urn:z",
        ),
        ({"aud": "urn:b"}, (), "the token is for the resource 'urn:b'; audience= names the resources to accept"),
    ],
)
def test_a_refusal_names_both_resources(kit: Kit, aud: dict[str, Any], audience: Any, problem: str) -> None:
    """The refusal says what the token is for, and what this verifier stands for."""
    with pytest.raises(TokenResourceError, match=f"{re.escape(problem)}$"):
        verified(kit, token(**aud), audience=audience)


def test_a_bound_token_where_no_resource_is_named(kit: Kit) -> None:
    """Without `audience`, a token that is bound to a resource is refused, unless that is its app client."""
    with pytest.raises(TokenResourceError, match="audience="):
        verified(kit, token(aud=API))
    assert (CLIENT,) == verified(kit, token(aud=CLIENT)).aud
    assert () == verified(kit, token()).aud


def test_an_id_token_is_bound_to_no_resource(kit: Kit) -> None:
    """A verifier that stands for a resource refuses ID tokens; one of ID tokens alone takes no `audience`."""
    issuer = TokenIssuer()
    with pytest.raises(TokenResourceError):
        issuer.verifier(token_use=None, audience=API).verify(issuer.id_token("mary"))
    with pytest.raises(ConfigError, match="client_ids="):
        verifier_of(kit, offline_pool(), token_use="id", audience=API)


def test_who_acts_for_the_user(kit: Kit) -> None:
    """`act` is typed along its whole chain (RFC 8693, 4.1), keeps every claim, and its `repr` hides who it is."""
    act = {"sub": AGENT, "client_id": "agents", "act": {"sub": "3333bbbb-agent"}}
    actor = verified(kit, token(act=act)).act
    assert (AGENT, "3333bbbb-agent", None) == (actor.sub, actor.act.sub, actor.act.act)
    assert "agents" == actor.all["client_id"]
    assert AGENT not in repr(actor)


@pytest.mark.parametrize("act", [None, "mary", ["mary"], 7])
def test_an_actor_that_is_no_object(kit: Kit, act: Any) -> None:
    """An `act` of another type reads as missing, and the token is accepted: it decides nothing."""
    assert verified(kit, token(act=act)).act is None


@given(st.integers(1, 40))
def test_a_chain_of_actors(depth: int) -> None:
    """A chain of exchanges is read to its end."""
    act: dict[str, Any] = {"sub": "0"}
    for number in range(1, depth):
        act = {"sub": str(number), "act": act}
    issuer = _ISSUER
    actor = issuer.verifier().verify(issuer.access_token("mary", act=act)).act
    found = []
    while actor is not None:
        found.append(actor.sub)
        actor = actor.act
    assert [str(number) for number in reversed(range(depth))] == found


def test_a_rule_of_ones_own(kit: Kit) -> None:
    """`check` gets the typed claims of a token that is valid otherwise, and decides."""
    seen: list[Any] = []

    def check(claims: Any) -> bool:
        seen.append(claims)
        return bool(claims.all.get("custom:tenant") == "north")

    assert SUB == verified(kit, token({**claims(), "custom:tenant": "north"}), check=check).sub
    with pytest.raises(TokenCheckError):
        verified(kit, token(), check=check)
    with pytest.raises(TokenScopeError):
        verified(kit, token(), check=check, required_scopes="admin")
    assert [SUB, SUB] == [claims.sub for claims in seen]


def test_an_async_rule(kit: Kit) -> None:
    """The async verifier awaits an async rule; the sync one says that it can't."""

    async def check(claims: Any) -> bool:
        return bool(claims.username == "mary")

    if kit.kind == "sync":
        with pytest.raises(ConfigError, match="async function"):
            verified(kit, token(), check=check)
        return
    assert SUB == verified(kit, token(), check=check).sub
    with pytest.raises(TokenCheckError):
        verified(kit, token(username="tom"), check=check)


@pytest.mark.parametrize("given_back", [None, "mary", 1, []])
def test_a_rule_that_says_neither_yes_nor_no(kit: Kit, given_back: Any) -> None:
    """A rule that returns something else than a bool never lets a token in: the mistake is said."""
    with pytest.raises(ConfigError, match="True or False"):
        verified(kit, token(), check=lambda _: given_back)


def test_an_error_in_a_rule(kit: Kit) -> None:
    """What a rule raises comes through as it is, a `TokenError` of the user's own as well."""

    class NoTenantError(TokenError):
        pass

    def check(_: Any) -> bool:
        raise NoTenantError

    with pytest.raises(NoTenantError):
        verified(kit, token(), check=check)


class Pool:
    """A service that answers GetUser from a stub, with the check and the verifier under test."""

    def __init__(self, kit: Kit, **settings: Any) -> None:
        self.kit = kit
        self.stub = StubTransport()
        self.clock = Clock(0.0)
        made: Any = Client if kit.kind == "sync" else AsyncClient
        self.client = made("eu-west-1", transport=self.stub)
        self.check = RevocationCheck(self.client, clock=self.clock, **settings)
        self.verifier = verifier_of(kit, offline_pool(), revocation=self.check)

    def verify(self, text: str) -> Any:
        """Verify a token."""
        return self.kit.run(self.verifier.verify, text)

    def asked(self) -> list[Any]:
        """Return the tokens that the service was asked about."""
        return [getattr(call.request, "access_token") for call in self.stub.calls]  # noqa: B009 - of a GetUserRequest

    def answers(self, error: str | None = None) -> None:
        """Queue an answer to the next GetUser."""
        if error is None:
            self.stub.add(GetUserResponse(username="mary", user_attributes=[]))
        else:
            self.stub.add(getattr(errors, error)("it says no"), to=GetUserRequest)


def test_an_answer_is_remembered(kit: Kit) -> None:
    """The service is asked once for each `remember` seconds and token, with that token."""
    pool = Pool(kit, remember=60.0)
    text, other = token(scope=SCOPE), token(scope=SCOPE, jti="jti-2")
    for moment, asked in ((0.0, 1), (59.9, 1), (60.0, 2), (61.0, 2)):
        pool.clock.now = moment
        if len(pool.stub.calls) < asked:
            pool.answers()
        assert SUB == pool.verify(text).sub
        assert asked == len(pool.stub.calls)
    pool.answers()
    pool.verify(other)
    assert [text, text, other] == pool.asked()


def test_an_answer_of_a_snapshot(kit: Kit) -> None:
    """Where the verifier is renewed, or the clock begins anew, as after a restore, the service is asked again."""
    pool = Pool(kit, remember=60.0)
    pool.clock.now = 5000.0
    text = token(scope=SCOPE)
    for restored in (lambda: None, lambda: kit.run(pool.verifier.renew), lambda: setattr(pool.clock, "now", 3.0)):
        restored()
        pool.answers()
        for _ in range(2):
            assert SUB == pool.verify(text).sub
    assert [text] * 3 == pool.asked()


@pytest.mark.parametrize("error", ["PasswordResetRequiredException", "UserNotConfirmedException"])
def test_a_token_that_is_refused_for_now(kit: Kit, error: str) -> None:
    """A token that is refused until its user has done something is asked about again after `remember` seconds."""
    pool = Pool(kit, remember=60.0)
    text = token(scope=SCOPE)
    for refusal in (error, None):
        pool.answers(*([refusal] if refusal else []))
        for _ in range(2):
            if refusal is None:
                assert SUB == pool.verify(text).sub
            else:
                with pytest.raises(TokenRevokedError, match=error):
                    pool.verify(text)
        pool.clock.now += 60.0
    assert 2 == len(pool.stub.calls)


@pytest.mark.parametrize("error", ["NotAuthorizedException", "UserNotFoundException"])
def test_a_revoked_token(kit: Kit, error: str) -> None:
    """A token that the service refuses is refused, and the service isn't asked again, however late."""
    pool = Pool(kit)
    pool.answers(error)
    text = token(scope=SCOPE)
    for moment in (0.0, 3600.0):
        pool.clock.now = moment
        with pytest.raises(TokenRevokedError, match=error):
            pool.verify(text)
    assert 1 == len(pool.stub.calls)


def test_a_service_that_does_not_answer(kit: Kit) -> None:
    """Where the service can't say, the token is not accepted, nothing is remembered, and the cause is kept."""
    pool = Pool(kit)
    text = token(scope=SCOPE)
    pool.answers("ForbiddenException")
    with pytest.raises(RevocationUnknownError) as caught:
        pool.verify(text)
    assert "ForbiddenException" == type(caught.value.__cause__).__name__
    pool.answers()
    assert SUB == pool.verify(text).sub


def test_a_token_that_the_service_does_not_answer_for(kit: Kit) -> None:
    """A token without GetUser's scope is refused without a question."""
    pool = Pool(kit)
    with pytest.raises(TokenScopeError, match="revoked"):
        pool.verify(token(scope="openid"))
    assert not pool.stub.calls


def test_a_bad_token_costs_no_question(kit: Kit) -> None:
    """The service is asked about valid tokens only, so nobody can make it ask by sending others."""
    pool = Pool(kit)
    for text in ("x", token(scope=SCOPE, exp=NOW - 60), token(scope=SCOPE, client_id="other"), token(scope=SCOPE)[:-4]):
        with pytest.raises(TokenError):
            pool.verify(text)
    assert not pool.stub.calls


def test_memory_is_bounded(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token that was used longest ago is forgotten when there is no room."""
    monkeypatch.setattr("cognito_idp.tokens.revocation._MOST_REMEMBERED", 2)
    pool = Pool(kit)
    first, second, third = (token(scope=SCOPE, jti=name) for name in ("1", "2", "3"))
    for text in (first, second, first, third, first, second):
        pool.answers()
        pool.verify(text)
    assert [first, second, third, second] == pool.asked()


def test_a_check_of_the_wrong_kind(kit: Kit) -> None:
    """A check whose client waits in the other way, something else, and ID tokens are refused at once."""
    issuer = TokenIssuer()
    other: Any = AsyncClient if kit.kind == "sync" else Client
    make: Any = issuer.verifier if kit.kind == "sync" else issuer.async_verifier
    own: Any = Client if kit.kind == "sync" else AsyncClient
    with pytest.raises(ConfigError, match="takes a RevocationCheck of"):
        make(revocation=RevocationCheck(other("eu-west-1")))
    with pytest.raises(ConfigError, match="RevocationCheck, not str"):
        make(revocation="yes")
    with pytest.raises(ConfigError, match="access"):
        make(token_use="id", revocation=RevocationCheck(own("eu-west-1")))
    with pytest.raises(ConfigError, match="client="):
        RevocationCheck("eu-west-1")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="remember="):
        RevocationCheck(own("eu-west-1"), remember=-1)


def test_a_client_without_a_region(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that has no region asks in that of the token's pool."""
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    hosts: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(200, json={"Username": "mary", "UserAttributes": []})

    made: Any = Client if kit.kind == "sync" else AsyncClient
    check = RevocationCheck(made(transport=httpx.MockTransport(respond)))
    assert SUB == verified(kit, token(scope=SCOPE), revocation=check).sub
    assert ["cognito-idp.eu-west-1.amazonaws.com"] == hosts


def test_the_verifiers_of_an_issuer() -> None:
    """`TokenIssuer` gives verifiers that trust its tokens, by its clock, with the settings that are passed."""
    issuer = TokenIssuer(clock=lambda: NOW)
    made: list[Callable[..., Any]] = [issuer.verifier, issuer.async_verifier]
    assert [TokenVerifier, AsyncTokenVerifier] == [type(make()) for make in made]
    claims = issuer.verifier(required_groups="admins").verify(issuer.access_token("mary", groups=["admins"]))
    assert "mary" == claims.username
    assert "mary" == issuer.verifier(token_use="id").verify(issuer.id_token("mary")).username


_ISSUER = TokenIssuer()


def _keys() -> bytes:
    import json

    return json.dumps(jwks()).encode()


def _no_request(request: httpx.Request) -> httpx.Response:
    raise AssertionError(request.url)
