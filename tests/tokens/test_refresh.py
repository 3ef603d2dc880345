"""Sessions that are kept fresh: when they refresh, what they keep, and how they end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
import httpx
import pytest

from cognito_idp import (
    AppClient,
    CognitoIdpError,
    ConfigError,
    ConnectError,
    Device,
    NotAuthorizedException,
    SessionEndedError,
    Tokens,
    TooManyRequestsException,
)
from cognito_idp.testing import NoWaitRetry, TokenIssuer
from tests.sign_in.fake_accounts import CLIENT_ID, CLIENT_SECRET, NOW, POOL_ID, RefusedError
from tests.sign_in.party import PUBLIC_APP, SECRET_APP
from tests.support.kit import FakeTime, Kit

from .session_party import LIFETIME, REFRESH, hook_of, session_party

HUGE = 10**400
SOON = LIFETIME - 30
OVER = LIFETIME + 30
THROTTLED = RefusedError("TooManyRequestsException", "Rate exceeded")


@pytest.mark.parametrize("margin", [60.0, 0.0, 300.0])
def test_a_refresh_comes_shortly_before_the_end(kit: Kit, margin: float) -> None:
    """Up to the margin before its end an access token is given as it is, and replaced from then on."""
    settings: dict[str, Any] = {} if margin == 60.0 else {"margin": margin}
    party = session_party(kit, **settings)
    for seconds in (0.0, LIFETIME - margin - 1):
        party.clock.set(seconds)
        assert party.first.access_token == party.access_token()
    assert [] == party.fake.operations
    party.clock.set(LIFETIME - margin)
    fresh = party.access_token()
    assert fresh != party.first.access_token
    assert [REFRESH] == party.fake.operations
    assert fresh == party.access_token() == party.session.tokens.access_token
    assert [REFRESH] == party.fake.operations


@pytest.mark.parametrize("margin", [-1.0, float("nan")])
def test_a_margin_that_can_not_be(kit: Kit, margin: float) -> None:
    """A margin that would have tokens given after their end is refused."""
    with pytest.raises(ConfigError, match="must be a number, 0 or more"):
        session_party(kit, margin=margin)


@pytest.mark.parametrize("app", [PUBLIC_APP, SECRET_APP], ids=["public client", "client with a secret"])
def test_a_rotated_refresh_token_is_used_next(kit: Kit, app: AppClient) -> None:
    """Each refresh uses the token that the one before brought; the app client's secret goes along as it is."""
    party = session_party(kit, app=app)
    sent: list[str] = []
    for turn in range(1, 4):
        party.clock.set(turn * LIFETIME)
        party.access_token()
        sent.append(party.fake.sent[-1][1]["RefreshToken"])
        assert app.client_secret == party.fake.sent[-1][1].get("ClientSecret")
    assert 3 == len(set(sent))
    assert party.first.refresh_token == sent[0]
    assert party.session.tokens.refresh_token not in sent


def test_a_refresh_token_that_stays(kit: Kit) -> None:
    """Where the pool does not rotate, the refresh token is kept, and so is an ID token that doesn't come anew."""
    party = session_party(kit, rotates=False)
    new = party.refresh()
    assert party.first.refresh_token == new.refresh_token
    assert new.id_token not in (None, party.first.id_token)
    party.fake.scripted[REFRESH] = [{"AuthenticationResult": {"AccessToken": "newest", "ExpiresIn": 300}}]
    newest = party.refresh()
    assert ("newest", new.id_token, new.refresh_token) == (newest.access_token, newest.id_token, newest.refresh_token)
    assert party.clock.now + 300 == (newest.expires_at and newest.expires_at.timestamp())


@pytest.mark.parametrize("access", [{}, {"AccessToken": None}, {"AccessToken": 5}], ids=["missing", "null", "number"])
def test_a_refresh_that_brings_a_refresh_token_alone(kit: Kit, access: dict[str, Any]) -> None:
    """A rotated refresh token is kept and stored, also where the access token beside it can't be read."""
    seen: list[Tokens] = []
    party = session_party(kit, on_tokens=hook_of(kit, seen.append))
    party.fake.scripted[REFRESH] = [{"AuthenticationResult": {**access, "RefreshToken": "rotated", "ExpiresIn": 300}}]
    with pytest.raises(CognitoIdpError, match="without an access token"):
        party.refresh()
    kept = attrs.evolve(party.first, refresh_token="rotated")
    assert [kept] == seen
    assert kept == party.session.tokens


@pytest.mark.parametrize("expires_in", [{}, {"ExpiresIn": "soon"}], ids=["missing", "text"])
def test_a_token_that_says_its_end_itself(kit: Kit, expires_in: dict[str, Any]) -> None:
    """Where the service doesn't say readably how long a token is good, the token's own `exp` does."""
    party = session_party(kit, change=lambda tokens: attrs.evolve(tokens, expires_at=None))
    issued = TokenIssuer().access_token("mary", iat=int(NOW), exp=int(NOW) + 300)
    party.fake.scripted[REFRESH] = [{"AuthenticationResult": {"AccessToken": issued, **expires_in}}]
    assert issued == party.refresh().access_token
    assert issued == party.access_token()
    party.clock.set(241)
    assert issued != party.access_token()


@pytest.mark.parametrize(
    ("times", "expires_in"),
    [({"exp": HUGE}, None), ({"exp": -HUGE}, None), ({"iat": -HUGE}, None), ({}, HUGE), ({}, -HUGE)],
    ids=["exp", "exp before", "iat before", "life", "life before"],
)
def test_times_that_no_float_holds(kit: Kit, times: dict[str, Any], expires_in: int | None) -> None:
    """A time beyond all reason, from the service or in a token, counts as missing, and ends no call."""
    party = session_party(kit, change=lambda tokens: attrs.evolve(tokens, expires_at=None))
    issued = TokenIssuer().access_token("mary", **{"iat": int(NOW), "exp": int(NOW) + 3600, **times})
    end = {} if expires_in is None else {"ExpiresIn": expires_in}
    party.fake.scripted[REFRESH] = [{"AuthenticationResult": {"AccessToken": issued, **end}}]
    assert issued == party.refresh().access_token
    party.clock.set(3550)
    assert party.access_token()


def test_the_hook_gets_each_new_set(kit: Kit) -> None:
    """`on_tokens` is called once a refresh, with the tokens that the session has by then."""
    seen: list[tuple[Tokens, Tokens]] = []
    party = session_party(kit, on_tokens=hook_of(kit, lambda tokens: seen.append((tokens, party.session.tokens))))
    party.access_token()
    first, second = party.refresh(), party.refresh()
    assert [(first, first), (second, second)] == seen
    assert first.refresh_token != second.refresh_token


def test_an_async_client_takes_a_plain_hook(kit: Kit) -> None:
    """A plain function is good for both kinds of client."""
    seen: list[Tokens] = []
    party = session_party(kit, on_tokens=seen.append)
    assert [party.refresh()] == seen


@pytest.mark.parametrize("error", [RuntimeError("disk full"), CognitoIdpError("our own store, over this library")])
def test_a_hook_that_raises(kit: Kit, error: Exception) -> None:
    """What the hook raises comes out of the call that refreshed, and the session goes on with the new tokens."""

    def fail(_: Tokens) -> None:
        raise error

    party = session_party(kit, on_tokens=hook_of(kit, fail))
    party.clock.set(SOON)
    with pytest.raises(type(error), match=str(error)):
        party.access_token()
    assert party.first.refresh_token != party.session.tokens.refresh_token
    assert party.session.tokens.access_token == party.access_token()
    assert [REFRESH] == party.fake.operations


def test_an_async_hook_for_a_sync_session() -> None:
    """A sync session refuses a hook that must be awaited, and has the new tokens all the same."""

    async def hook(_: Tokens) -> None:
        """Never run."""

    party = session_party(Kit("sync", None), on_tokens=hook)
    with pytest.raises(ConfigError, match="a sync client got an async function"):
        party.refresh()
    assert party.first.refresh_token != party.session.tokens.refresh_token


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("RefreshTokenReuseException", "RefreshTokenReuseException"),
        ("NotAuthorizedException", "NotAuthorizedException"),
        ("UserNotFoundException", "UserNotFoundException"),
    ],
)
@pytest.mark.parametrize("seconds", [SOON, OVER])
def test_a_refresh_token_that_is_not_good_any_more(kit: Kit, code: str, error: str, seconds: float) -> None:
    """A revoked, reused or orphaned refresh token ends the session for good, with an error that says so."""
    party = session_party(kit)
    party.fake.scripted[REFRESH] = [RefusedError(code, "no more")]
    party.clock.set(seconds)
    with pytest.raises(SessionEndedError, match=rf"the refresh token is no longer valid \({error}\)") as caught:
        party.access_token()
    assert error == type(caught.value.__cause__).__name__
    for method in ("access_token", "refresh", "sign_out", "global_sign_out"):
        with pytest.raises(SessionEndedError, match="no longer valid"):
            party.kit.run(getattr(party.session, method))
    assert [REFRESH] == party.fake.operations
    assert str(party.first.refresh_token) not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize("now", [1.7e12, float("nan"), 1e300])
def test_a_clock_that_makes_no_date(kit: Kit, now: float) -> None:
    """A refresh whose expiry can't be told, since the clock counts milliseconds, say, loses no token."""
    party = session_party(kit)
    party.clock.now = now
    tokens = party.refresh()
    assert party.first.refresh_token != tokens.refresh_token
    assert tokens is party.session.tokens
    assert tokens.expires_at is None


def test_a_retry_policy_that_fails_after_the_answer(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """What a policy raises about a success loses no answer, and the log names it."""

    class Policy(NoWaitRetry):
        def after_success(self, *_: object) -> None:
            raise ZeroDivisionError

    party = session_party(kit, client={"retry": Policy()})
    tokens = party.refresh()
    assert party.first.refresh_token != tokens.refresh_token
    assert ["the retry policy raised ZeroDivisionError; the call goes on"] == caplog.messages


def test_reuse_is_detected(kit: Kit) -> None:
    """A session that goes on with a refresh token that another has used ends, as the pool's rotation means it to."""
    thief = session_party(kit)
    victim = attrs.evolve(thief, session=type(thief.session)(thief.client, PUBLIC_APP, thief.first))
    thief.refresh()
    with pytest.raises(SessionEndedError, match="RefreshTokenReuseException"):
        victim.refresh()
    with pytest.raises(SessionEndedError, match="NotAuthorizedException"):
        thief.refresh()


def test_a_failure_does_no_harm_while_the_token_is_good(kit: Kit) -> None:
    """While the old token is good it is given, and the service is asked again only after a pause of 5 s."""
    time = FakeTime()
    party = session_party(kit, client={"time": time})
    party.clock.set(SOON)
    party.fake.scripted[REFRESH] = [THROTTLED, THROTTLED]
    began, calls = time.now, []
    for seconds in (0.0, 1.0, 4.9, 5.0, 9.0, 10.0):
        time.now = began + seconds
        token = party.access_token()
        assert (token == party.first.access_token) == (seconds < 10.0)
        calls.append(len(party.fake.sent))
    assert [1, 1, 1, 2, 2, 3] == calls


def test_a_clock_that_was_ahead(kit: Kit) -> None:
    """Tokens that came while the date was wrong are replaced, and not given for as long as the clock was ahead."""
    party = session_party(kit)
    party.clock.set(24 * LIFETIME)
    came = party.access_token()
    party.clock.set(0)
    assert came != party.access_token()
    assert [REFRESH] * 2 == party.fake.operations


def test_a_clock_that_was_a_little_ahead(kit: Kit) -> None:
    """A minute counts for nothing: by so much the clocks of two machines may differ that share stored tokens."""
    party = session_party(kit)
    party.clock.set(OVER)
    came = party.access_token()
    party.clock.set(OVER - 59)
    assert came == party.access_token()


def test_a_clock_that_is_set_does_not_prolong_the_pause(kit: Kit) -> None:
    """The pause after a failure is measured by a clock that nobody sets: set back, the other would prolong it."""
    time = FakeTime()
    party = session_party(kit, client={"time": time})
    party.clock.set(LIFETIME - 1)
    party.fake.scripted[REFRESH] = [THROTTLED]
    assert party.first.access_token == party.access_token()
    party.clock.set(LIFETIME - 59)
    time.now += 5
    assert party.first.access_token != party.access_token()


def test_a_pause_that_another_machine_began(kit: Kit) -> None:
    """The pause after a failed refresh does not last for days where its clock began anew, as after a restore."""
    time = FakeTime()
    party = session_party(kit, client={"time": time})
    party.clock.set(LIFETIME - 30)
    party.fake.scripted[REFRESH] = [THROTTLED]
    assert party.first.access_token == party.access_token()
    time.now = 3.0
    assert party.first.access_token != party.access_token()


@pytest.mark.parametrize("margin", [300.0, 3600.0])
def test_a_margin_as_long_as_the_tokens_live(kit: Kit, margin: float) -> None:
    """A margin is at most half of a token's life: a session doesn't refresh at every call."""
    party = session_party(kit, margin=margin)
    party.clock.set(OVER)
    party.fake.scripted[REFRESH] = [
        {"AuthenticationResult": {"AccessToken": f"opaque-{number}", "ExpiresIn": 300}} for number in range(3)
    ]
    tokens = []
    for seconds in (0, 1, 149, 150, 151, 299, 300):
        party.clock.set(OVER + seconds)
        tokens.append(party.access_token())
    assert [f"opaque-{number}" for number in (0, 0, 0, 1, 1, 1, 2)] == tokens


def test_a_margin_and_stored_tokens(kit: Kit) -> None:
    """A session made of stored tokens sees from the access token itself how long that is good in all."""
    issuer = TokenIssuer(POOL_ID, client_id=CLIENT_ID, clock=lambda: NOW)
    stored = Tokens(
        access_token=issuer.access_token("mary", expires_in=300),
        refresh_token="stored",
        expires_at=datetime.fromtimestamp(NOW + 300, UTC),
    )
    party = session_party(
        kit, change=lambda tokens: attrs.evolve(stored, refresh_token=tokens.refresh_token), margin=300
    )
    for seconds in (0, 149):
        party.clock.set(seconds)
        assert stored.access_token == party.access_token()
    party.clock.set(150)
    assert stored.access_token != party.access_token()


def test_a_failure_once_the_token_is_over(kit: Kit) -> None:
    """With the old token over, the failure is the caller's, and the next call tries again without a pause."""
    party = session_party(kit)
    party.fake.scripted[REFRESH] = [THROTTLED, THROTTLED]
    party.clock.set(SOON)
    assert party.first.access_token == party.access_token()
    party.clock.set(LIFETIME)
    with pytest.raises(TooManyRequestsException):
        party.access_token()
    assert party.first.access_token != party.access_token()


def test_no_connection(kit: Kit) -> None:
    """A broken connection is a failure that passes."""
    party = session_party(kit)

    def fail(operation: str) -> None:
        raise httpx.ConnectError(operation)

    party.fake.before = fail
    party.clock.set(SOON)
    assert party.first.access_token == party.access_token()
    party.clock.set(OVER)
    with pytest.raises(ConnectError):
        party.access_token()
    party.fake.before = lambda _: None
    assert party.first.access_token != party.access_token()


def test_an_explicit_refresh_shows_its_failure(kit: Kit) -> None:
    """`refresh` raises whatever stopped it, though the old token is good, and the session goes on."""
    party = session_party(kit)
    party.fake.scripted[REFRESH] = [THROTTLED]
    with pytest.raises(TooManyRequestsException):
        party.refresh()
    assert party.first.access_token == party.access_token()
    assert party.refresh().access_token != party.first.access_token


@pytest.mark.parametrize(
    ("answer", "message"),
    [({}, "answered a refresh without tokens"), ({"AuthenticationResult": {"RefreshToken": "r"}}, "without an access")],
)
def test_a_refresh_without_tokens(kit: Kit, answer: dict[str, Any], message: str) -> None:
    """An answer without an access token is a failure; but for a new refresh token, the tokens stay what they were."""
    party = session_party(kit)
    party.fake.scripted[REFRESH] = [answer | {"unknown member": 1}]
    with pytest.raises(CognitoIdpError, match=message):
        party.refresh()
    assert party.first == attrs.evolve(party.session.tokens, refresh_token=party.first.refresh_token)


def test_without_a_refresh_token(kit: Kit) -> None:
    """Without a refresh token the access token is given as long as it is good, and then the session is at its end."""
    party = session_party(kit, change=lambda tokens: attrs.evolve(tokens, refresh_token=None))
    party.clock.set(LIFETIME - 1)
    assert party.first.access_token == party.access_token()
    for method in (party.refresh, party.access_token):
        with pytest.raises(SessionEndedError, match="there is no refresh token"):
            method()
        party.clock.set(LIFETIME)
    assert [] == party.fake.sent


def test_without_an_end(kit: Kit) -> None:
    """An access token of which nobody knows when it ends is given as it is; a refresh must be asked for."""
    party = session_party(kit, change=lambda tokens: attrs.evolve(tokens, expires_at=None))
    party.clock.set(1e9)
    assert party.first.access_token == party.access_token()
    assert None is not party.refresh().expires_at


@pytest.mark.parametrize("app", [PUBLIC_APP, SECRET_APP], ids=["public client", "client with a secret"])
def test_sign_out(kit: Kit, app: AppClient) -> None:
    """`sign_out` revokes the newest refresh token, and the session is over, without another call."""
    party = session_party(kit, app=app)
    newest = party.refresh().refresh_token
    party.kit.run(party.session.sign_out)
    assert ("RevokeToken", newest) == (party.fake.operations[-1], party.fake.sent[-1][1]["Token"])
    for method in ("access_token", "refresh", "sign_out", "global_sign_out"):
        with pytest.raises(SessionEndedError, match="the user has signed out"):
            party.kit.run(getattr(party.session, method))
    assert 2 == len(party.fake.sent)


def test_sign_out_without_a_refresh_token(kit: Kit) -> None:
    """With nothing to revoke the session just ends."""
    party = session_party(kit, change=lambda tokens: attrs.evolve(tokens, refresh_token=None))
    party.kit.run(party.session.sign_out)
    assert [] == party.fake.sent
    with pytest.raises(SessionEndedError, match="the user has signed out"):
        party.access_token()


def test_global_sign_out(kit: Kit) -> None:
    """`global_sign_out` revokes every session of the user, with a fresh access token if need be."""
    party = session_party(kit)
    other = attrs.evolve(party, session=type(party.session)(party.client, PUBLIC_APP, party.first))
    party.clock.set(OVER)
    party.kit.run(party.session.global_sign_out)
    assert [REFRESH, "GlobalSignOut"] == party.fake.operations
    with pytest.raises(SessionEndedError, match="the user has signed out everywhere"):
        party.access_token()
    with pytest.raises(SessionEndedError, match="NotAuthorizedException"):
        other.refresh()


@pytest.mark.parametrize(("method", "operation"), [("sign_out", "RevokeToken"), ("global_sign_out", "GlobalSignOut")])
def test_a_sign_out_that_fails(kit: Kit, method: str, operation: str) -> None:
    """If the service does not sign the user out, the session goes on, so that it can be tried again."""
    party = session_party(kit)
    party.fake.scripted[operation] = [THROTTLED]
    with pytest.raises(TooManyRequestsException):
        party.kit.run(getattr(party.session, method))
    assert party.first.access_token == party.access_token()
    party.kit.run(getattr(party.session, method))
    with pytest.raises(SessionEndedError):
        party.access_token()


def test_a_refresh_names_the_device(kit: Kit) -> None:
    """The device that the user signed in with goes along with each refresh."""
    party = session_party(kit, device=Device(key="us-east-1_device", group_key="-group", password="secret"))
    with pytest.raises(SessionEndedError) as caught:
        party.refresh()
    assert isinstance(caught.value.__cause__, NotAuthorizedException)
    assert "us-east-1_device" == party.fake.sent[-1][1]["DeviceKey"]


def test_a_session_finds_its_region(kit: Kit) -> None:
    """The session of a client without a region goes where the pool's id says."""
    hosts: list[str] = []
    app = AppClient(POOL_ID.replace("us-east-1", "eu-central-1"), CLIENT_ID)
    party = session_party(kit, app=app)

    def respond(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return party.fake(request)

    client = kit.client(None, respond=respond)
    party = attrs.evolve(party, session=type(party.session)(client, app, party.first))
    party.refresh()
    party.kit.run(party.session.global_sign_out)
    assert ["cognito-idp.eu-central-1.amazonaws.com"] * 2 == hosts


def test_a_session_shows_no_secret(kit: Kit) -> None:
    """Neither a session nor what keeps its tokens shows one."""
    party = session_party(kit, app=SECRET_APP)
    text = f"{party.session!r} {party.session} {party.session._keeper!r} {party.session.auth!r} {party.session.tokens}"
    assert [] == [secret for secret in {*party.fake.secrets, CLIENT_SECRET} if secret in text]
