"""An app client's own token: asked for once, kept until shortly before its end, and on one's own requests."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from cognito_idp import (
    AppClient,
    AsyncMachineSession,
    ConfigError,
    ConnectError,
    InvalidResponseError,
    MachineSession,
    NotAuthorizedException,
    RequestValidationError,
    TooManyRequestsException,
)
from cognito_idp.testing import StubTransport
from cognito_idp.types import (
    ClientAuthenticationResultType,
    GetClientTokenRequest,
    GetClientTokenResponse,
    GetDerivedTokenRequest,
    GetDerivedTokenResponse,
)
from tests.support.responder import error

from .issuing import MISSING, NOW, token
from .machine_party import APP, DERIVED, LIFE, OWN, machine_party

if TYPE_CHECKING:
    from tests.support.kit import Kit

DUE = LIFE - 60
DAY = 24 * 3600
HUGE = 10**400


def kind_of(kit: Kit) -> Any:
    """Return the class of the kit's sessions."""
    return MachineSession if kit.kind == "sync" else AsyncMachineSession


@pytest.mark.parametrize("scopes", ["orders/read a/b", ["orders/read", "a/b"], {"a/b", "orders/read"}])
def test_what_is_asked_for(kit: Kit, scopes: Any) -> None:
    """One unsigned GetClientToken names the app client, its secret and its scopes, however these are given."""
    party = machine_party(kit, scopes=scopes)
    assert "token-1" == party.token()
    expected = {"ClientId": APP.client_id, "Secret": APP.client_secret, "Scopes": ["a/b", "orders/read"]}
    assert [(OWN, expected)] == party.desk.sent
    assert "authorization" not in party.desk.requests[0].headers


def test_without_scopes(kit: Kit) -> None:
    """Without scopes, the service decides."""
    party = machine_party(kit)
    party.token()
    assert "Scopes" not in party.desk.sent[0][1]


@pytest.mark.parametrize("margin", [0, 60, 300.5])
def test_a_token_is_kept_until_the_margin(kit: Kit, margin: float) -> None:
    """The token is the same until the margin before its end begins, and another one from then on."""
    party = machine_party(kit, margin=margin)
    assert "token-1" == party.token()
    party.go(LIFE - margin - 0.5)
    assert "token-1" == party.token()
    party.go(0.5)
    assert "token-2" == party.token()
    assert 2 == len(party.desk.sent)


@pytest.mark.parametrize("life", [1, 60, 300])
def test_a_margin_as_long_as_the_life(kit: Kit, life: int) -> None:
    """The margin is at most half of the life, so that no token is due at once."""
    party = machine_party(kit, margin=3600)
    party.desk.life = life
    tokens = []
    for _ in range(4):
        tokens.append(party.token())
        party.go(life / 4)
    assert ["token-1", "token-1", "token-2", "token-2"] == tokens


@pytest.mark.parametrize(
    ("times", "life"),
    [
        ({"iat": NOW - 3000, "exp": NOW + 600}, 3600),
        ({"iat": MISSING, "exp": NOW + 600}, 600),
        ({"iat": MISSING, "exp": HUGE}, 300),
        ({"iat": -HUGE, "exp": HUGE}, 300),
        ({"iat": MISSING, "exp": MISSING}, 300),
        ({"iat": "1", "exp": "2"}, 300),
        (None, 300),
    ],
)
def test_an_answer_that_names_no_end(kit: Kit, times: dict[str, Any] | None, life: float) -> None:
    """The token's own times count then, and without them the shortest life that a pool can set."""
    party = machine_party(kit)
    first = "opaque" if times is None else token(**times)
    party.desk.life = None
    party.desk.next = [first]
    assert first == party.token()
    party.go(life - 60.5)
    assert first == party.token()
    party.go(1)
    assert "token-2" == party.token()


@pytest.mark.parametrize("life", [0, -1, -(2**31)])
def test_a_token_that_has_ended(kit: Kit, life: int) -> None:
    """A token that ends when it comes is handed to who asked, and not kept."""
    party = machine_party(kit)
    party.desk.life = life
    assert ["token-1", "token-2"] == [party.token(), party.token()]


@pytest.mark.parametrize("life", [10**9, HUGE])
def test_a_token_that_never_ends(kit: Kit, life: int) -> None:
    """A token is kept for a day at most."""
    party = machine_party(kit)
    party.desk.life = life
    assert "token-1" == party.token()
    party.go(24 * 3600 - 61)
    assert "token-1" == party.token()
    party.go(1)
    assert "token-2" == party.token()


def test_the_life_begins_with_the_request(kit: Kit) -> None:
    """The time that an answer takes is part of the token's life: the machine may have slept meanwhile."""
    party = machine_party(kit)
    party.desk.before = lambda: party.go(LIFE / 2)
    party.token()
    party.go(DUE - LIFE / 2)
    assert "token-2" == party.token()


@pytest.mark.parametrize("seconds", [-1e6, -10])
def test_a_clock_that_is_set_back(kit: Kit, seconds: float) -> None:
    """A clock that is set back prolongs no token's life."""
    party = machine_party(kit)
    party.token()
    party.clock.now += seconds
    party.age.now += DUE
    assert "token-2" == party.token()


def test_a_clock_that_was_ahead(kit: Kit) -> None:
    """A token that came while the date was wrong, by which both clocks go, is not good for longer than any other."""
    party = machine_party(kit)
    party.go(DAY)
    assert "token-1" == party.token()
    party.go(-DAY)
    assert ["token-2"] * 2 == [party.token(), party.token()]
    party.go(LIFE)
    assert "token-3" == party.token()


def test_a_clock_that_stands_still(kit: Kit) -> None:
    """A machine that was frozen, so that one clock stood still, sees by the other that the token has ended."""
    party = machine_party(kit)
    party.token()
    party.clock.now += LIFE
    assert "token-2" == party.token()


@pytest.mark.parametrize(
    "failure",
    [
        error("TooManyRequestsException"),
        error("NotAuthorizedException"),
        error("InternalErrorException", 500),
        httpx.ConnectError("refused"),
        httpx.Response(200, json={}),
        httpx.Response(200, text="<html>"),
    ],
)
def test_a_failure_while_the_token_is_good(kit: Kit, failure: httpx.Response | Exception) -> None:
    """If a renewal fails while the old token is good, that stays in use, and the next try is 5 s later."""
    party = machine_party(kit)
    party.token()
    party.go(DUE)
    party.desk.next = [failure]
    assert ["token-1"] * 3 == [party.token() for _ in range(3)]
    assert 2 == len(party.desk.sent)
    party.go(4.9)
    assert "token-1" == party.token()
    party.clock.now -= 3600
    party.go(0.1)
    assert "token-3" == party.token()


def test_a_pause_that_another_machine_began(kit: Kit) -> None:
    """The pause after a failure does not last for days where its clock began anew, as after a restore."""
    party = machine_party(kit)
    party.token()
    party.go(DUE)
    party.desk.next = [error("TooManyRequestsException")]
    assert "token-1" == party.token()
    party.age.now -= 1e6
    assert "token-3" == party.token()


def test_a_failure_that_takes_long(kit: Kit) -> None:
    """The pause begins when a renewal has failed, not when it began."""
    party = machine_party(kit)
    party.token()
    party.go(DUE)
    party.desk.next = [error("TooManyRequestsException")]
    party.desk.before = lambda: party.go(30)
    assert "token-1" == party.token()
    party.desk.before = lambda: None
    party.go(4.9)
    assert "token-1" == party.token()
    assert 2 == len(party.desk.sent)
    party.go(0.1)
    assert "token-3" == party.token()


def test_a_success_ends_the_pause(kit: Kit) -> None:
    """A token that comes in place of one that has ended is renewed at its own time, however soon that is."""
    party = machine_party(kit)
    party.desk.life = 8
    party.token()
    party.go(8)
    assert "token-2" == party.token()
    party.go(4)
    assert "token-3" == party.token()


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (error("TooManyRequestsException"), TooManyRequestsException),
        (error("NotAuthorizedException"), NotAuthorizedException),
        (httpx.ConnectError("refused"), ConnectError),
        (httpx.Response(200, json={}), InvalidResponseError),
        (httpx.Response(200, json={"ClientAuthenticationResult": {"AccessToken": ""}}), InvalidResponseError),
    ],
)
@pytest.mark.parametrize("had_one", [False, True])
def test_a_failure_without_a_good_token(kit: Kit, failure: Any, expected: type[Exception], *, had_one: bool) -> None:
    """Without a token, or with one that has ended, the failure is the caller's; the next call tries again at once."""
    party = machine_party(kit)
    if had_one:
        party.token()
        party.go(LIFE)
    party.desk.next = [failure]
    with pytest.raises(expected):
        party.token()
    assert f"token-{2 + had_one}" == party.token()


def test_a_token_that_an_api_refuses(kit: Kit) -> None:
    """`refresh` gets a new token while the old one is good, keeps it, and shows its failure."""
    party = machine_party(kit)
    assert "token-1" == party.token()
    assert "token-2" == party.kit.run(party.session.refresh)
    assert "token-2" == party.token()
    party.desk.next = [error("NotAuthorizedException")]
    with pytest.raises(NotAuthorizedException):
        party.kit.run(party.session.refresh)
    assert "token-2" == party.token()


def test_a_session_finds_its_region(kit: Kit) -> None:
    """A client without a region sends to the region of the app client's pool, also for an exchange."""
    app = AppClient("eu-central-1_EXAMPLE", "c", APP.client_secret)
    party = machine_party(kit, app=app, client={"region": None})
    party.token()
    party.exchange()
    assert ["cognito-idp.eu-central-1.amazonaws.com"] * 2 == [request.url.host for request in party.desk.requests]
    assert [OWN, DERIVED] == party.desk.operations


@pytest.mark.parametrize(
    ("app", "settings", "failure", "message"),
    [
        (AppClient(APP.user_pool_id, "c"), {}, ConfigError, "app= needs its client_secret"),
        (APP, {"scopes": ""}, ConfigError, "scopes= is empty; leave it out"),
        (APP, {"scopes": ()}, ConfigError, "scopes= is empty; leave it out"),
        (APP, {"scopes": " "}, ConfigError, "scopes= is empty; leave it out"),
        (APP, {"scopes": [""]}, RequestValidationError, "scopes"),
        (APP, {"scopes": [f"s/{n}" for n in range(51)]}, RequestValidationError, "scopes"),
        (APP, {"margin": -1}, ConfigError, "margin=-1 must be a number, 0 or more"),
        (APP, {"margin": float("nan")}, ConfigError, "margin=nan must be a number, 0 or more"),
        (AppClient(APP.user_pool_id, "c", "short"), {}, RequestValidationError, "secret"),
    ],
)
def test_settings_that_can_not_work(
    kit: Kit, app: AppClient, settings: dict[str, Any], failure: type[Exception], message: str
) -> None:
    """What can get no token is refused when the session is made."""
    with pytest.raises(failure, match=message):
        machine_party(kit, app=app, **settings)


def test_a_client_of_the_other_kind(kit: Kit) -> None:
    """A session refuses a client of the other kind, and says which session takes it."""
    other = AsyncMachineSession if kit.kind == "sync" else MachineSession
    made = machine_party(kit)
    with pytest.raises(ConfigError, match=f"; {kind_of(kit).__name__} takes that"):
        other(made.client, APP)


def test_every_request_has_a_token(kit: Kit) -> None:
    """`auth` puts a good token on each request of an httpx client, and refuses a client of the other kind."""
    party = machine_party(kit)
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        party.go(DUE)
        return httpx.Response(200)

    transport = httpx.MockTransport(respond)
    url = "https://api.example.com/"

    async def get() -> None:
        async with httpx.AsyncClient(transport=transport, auth=party.session.auth) as client:
            await client.get(url)

    def get_now() -> None:
        with httpx.Client(transport=transport, auth=party.session.auth) as client:
            client.get(url)

    def get_async() -> None:
        anyio.run(get)

    own: Any = get_now if kit.kind == "sync" else get
    other = get_async if kit.kind == "sync" else get_now
    for _ in range(2):
        party.kit.run(own)
    assert ["Bearer token-1", "Bearer token-2"] == seen
    name = kind_of(kit).__name__
    with pytest.raises(TypeError, match=rf"^an? {name}'s auth is for httpx\.\w+; .* use an? \w*MachineSession$"):
        other()
    assert 2 == len(seen)


def test_a_session_shows_no_secret(kit: Kit) -> None:
    """The `repr` names the app client, and neither its secret nor a token; the keeper's shows nothing more."""
    party = machine_party(kit)
    party.token()
    kept = party.session._keeper._own._kept
    assert f"{kind_of(kit).__name__}({APP!r})" == repr(party.session)
    for text in (repr(party.session), repr(kept), repr(party.session._keeper._own)):
        assert "token-1" not in text
        assert "secret-of" not in text


@pytest.mark.parametrize("refused", [pickle.dumps, copy.deepcopy])
def test_a_session_stays_in_its_process(kit: Kit, refused: Any) -> None:
    """A session has a client, so it can't be pickled or copied deeply."""
    party = machine_party(kit)
    with pytest.raises(TypeError, match=f"an? {kind_of(kit).__name__} can't be .*: make one in each process"):
        refused(party.session)


def test_a_stub_in_place_of_the_service(kit: Kit) -> None:
    """`StubTransport` answers both operations in a program's tests, and says what was sent."""
    stub = StubTransport()
    stub.add(GetClientTokenResponse(client_authentication_result=ClientAuthenticationResultType(access_token="own")))
    stub.add(GetDerivedTokenResponse(issued_token="new", issued_token_type="ACCESS_TOKEN", token_type="Bearer"))
    client = stub.client() if kit.kind == "sync" else stub.async_client()
    session = kind_of(kit)(client, APP, scopes="a/read")
    assert ["own", "own"] == [kit.run(session.access_token) for _ in range(2)]
    assert "new" == kit.run(session.exchange, "subject", audience="orders")
    assert [("a/read",)] == [request.scopes for request in stub.sent(GetClientTokenRequest)]
    assert [("orders",)] == [request.audiences for request in stub.sent(GetDerivedTokenRequest)]
    kit.close(client)


def test_headers_of_ones_own(kit: Kit) -> None:
    """The headers of the client's copy go with what its session sends."""
    party = machine_party(kit)
    session = kind_of(kit)(party.client.with_options(headers={"x-aws-waf-token": "v"}), APP)
    kit.run(session.access_token)
    kit.run(session.exchange, "subject")
    assert ["v", "v"] == [request.headers["x-aws-waf-token"] for request in party.desk.requests]
