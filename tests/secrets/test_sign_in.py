"""Sign-ins of every kind, sessions and tokens, with all of their secrets searched for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest

from cognito_idp import SignedIn, SignInStateError, challenge_from_state
from cognito_idp.errors import CognitoIdpError
from cognito_idp.testing import NoWaitRetry
from tests.sign_in.fake_accounts import CLIENT_SECRET, CODE, NOW, PASSWORD, RefusedError
from tests.sign_in.party import DEVICE, RIGHT, SECRET_APP, WAYS, given_for, party_with_device
from tests.tokens.session_party import hook_of, session_party

if TYPE_CHECKING:
    from cognito_idp import ChallengeNameType, Tokens
    from tests.sign_in.fake_cognito import FakeCognito
    from tests.sign_in.party import Party
    from tests.support.kit import Kit

    from .search import Search

SECRETS = (PASSWORD, CODE, CLIENT_SECRET, DEVICE.password, "c2lnbmF0dXJl")
WRONG: dict[str, dict[str, Any]] = {
    name: {key: "271828" if isinstance(value, str) else value for key, value in right.items()}
    for name, right in RIGHT.items()
}
MISFIT = {"code": CODE, "answer": PASSWORD, "new_password": PASSWORD}
REFUSALS = [
    RefusedError("NotAuthorizedException", "Incorrect username or password."),
    RefusedError("TooManyRequestsException", "Rate exceeded"),
    RefusedError("NoSuchException", "odd"),
]
# Parameters of a challenge's answer that whoever sees them could use.
_SENT = ("SECRET_HASH", "PASSWORD_CLAIM_SIGNATURE", "NEW_PASSWORD", "SOFTWARE_TOKEN_MFA_CODE", "REFRESH_TOKEN")


def learn(search: Search, fake: FakeCognito) -> None:
    """Search from now on for what both sides have sent."""
    search.also(*SECRETS, *fake.secrets)
    for _, body in fake.sent:
        parameters = {**(body.get("AuthParameters") or {}), **(body.get("ChallengeResponses") or {})}
        search.also(*(value for name, value in parameters.items() if name in _SENT))


def attempt(search: Search, party: Party, case: str, function: Any, *arguments: Any, **given: Any) -> Any:
    """Do a step of a sign-in, and look at what comes of it; None if it fails."""
    try:
        outcome = function(*arguments, **given)
    except CognitoIdpError as error:
        learn(search, party.fake)
        search.error(error, case)
        return None
    learn(search, party.fake)
    for shown in (outcome, party.app, party.client, getattr(outcome, "tokens", None)):
        search.value(shown, case)
    return outcome


def met(kit: Kit, *plan: str) -> Party:
    """Bring a client that retries at once and a service together, for a user with a device and a plan."""
    party = party_with_device(kit, app=SECRET_APP)
    party.fake.user.plan = plan
    return attrs.evolve(party, client=kit.client(respond=party.fake, clock=lambda: NOW, retry=NoWaitRetry()))


def walk(search: Search, kit: Kit, name: ChallengeNameType, answers: Any, case: str) -> None:
    """Go to a challenge, and give answers until there are tokens or an error."""
    flow, way = WAYS[name]
    party = met(kit)
    party.fake.forced = [str(each) for each in way]
    given = {key: value for key, value in given_for(flow).items() if value is not None}
    outcome = attempt(search, party, case, party.sign_in, **given)
    while outcome is not None and not isinstance(outcome, SignedIn):
        restored = challenge_from_state(outcome.to_state(), party.app)
        search.value(restored, case)
        outcome = attempt(search, party, case, party.respond, restored, **answers(outcome.name))


@pytest.mark.parametrize("name", list(WAYS))
@pytest.mark.parametrize(
    "answers", [RIGHT.__getitem__, WRONG.__getitem__, lambda _: MISFIT], ids=["right", "wrong", "misfit"]
)
def test_every_challenge(kit: Kit, search: Search, name: ChallengeNameType, answers: Any) -> None:
    """Whatever challenge comes, and whatever it is answered with, no secret shows."""
    walk(search, kit, name, answers, str(name))


@pytest.mark.slow
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_refusals(kit: Kit, search: Search, refusal: RefusedError) -> None:
    """A service that refuses any step of a sign-in brings no secret to light."""
    for operation in ("InitiateAuth", "RespondToAuthChallenge", "PASSWORD_VERIFIER", "DEVICE_SRP_AUTH", "SMS_MFA"):
        for plan in ((), ("SMS_MFA",)):
            party = met(kit, *plan)
            party.fake.scripted[operation] = [refusal] * 3
            outcome = attempt(search, party, operation, party.sign_in, device=DEVICE)
            if outcome is not None and not isinstance(outcome, SignedIn):
                attempt(search, party, operation, party.respond, outcome, code=CODE)


def test_challenges_that_make_no_sense(kit: Kit, search: Search) -> None:
    """A service whose SRP numbers can't be used, or that sends no session, brings no secret to light."""
    changes: list[dict[str, str | None]] = [
        {"SRP_B": "0"},
        {"SRP_B": "no number"},
        {"SRP_B": None},
        {"SALT": None},
        {"SECRET_BLOCK": PASSWORD},
    ]
    for parameters in changes:
        party = met(kit)
        party.fake.parameters = parameters
        attempt(search, party, str(parameters), party.sign_in)


def test_totp_set_up(kit: Kit, search: Search) -> None:
    """Setting up an authenticator app shows neither its key nor the session."""
    party = met(kit, "MFA_SETUP")
    challenge = attempt(search, party, "sign-in", party.sign_in)
    setup = attempt(search, party, "set-up", party.set_up_totp, challenge)
    attempt(search, party, "wrong code", party.respond, setup, code="271828")
    attempt(search, party, "misfit", party.respond, setup, answer=PASSWORD)


@pytest.mark.parametrize("cut", [0, 1, 20, -1])
def test_states_that_can_not_be_used(kit: Kit, search: Search, cut: int) -> None:
    """A stored challenge that was changed or cut off shows nothing of what it holds."""
    party = met(kit, "SMS_MFA")
    state = party.sign_in().to_state()
    learn(search, party.fake)
    search.also(state)
    for broken in (
        state[:cut],
        state[:cut] + "A",
        f"{state[:cut]}\u00e9",
        state.swapcase(),
        f'{{"session": "{state}"}}',
    ):
        with pytest.raises(SignInStateError) as caught:
            challenge_from_state(broken, party.app)
        search.error(caught.value, f"state cut at {cut}")


def test_a_session_of_a_user(kit: Kit, search: Search) -> None:
    """A session that refreshes, whose hook fails, or that ended, shows no token."""
    party = session_party(kit, app=SECRET_APP)

    def look(case: str, function: Any, *arguments: Any) -> None:
        try:
            kit.run(function, *arguments)
        except (CognitoIdpError, LookupError) as error:
            learn(search, party.fake)
            search.error(error, case)
        learn(search, party.fake)
        for shown in (party.session, party.session.auth, party.first):
            search.value(shown, case)

    look("fresh", party.session.access_token)
    party.clock.set(3600)
    look("old", party.session.access_token)
    for refusal in REFUSALS:
        party.fake.scripted["GetTokensFromRefreshToken"] = [refusal]
        look(refusal.code, party.session.refresh)
    party.clock.set(7200)
    party.fake.scripted["RevokeToken"] = [REFUSALS[0]]
    look("sign-out that fails", party.session.sign_out)
    look("sign-out", party.session.sign_out)
    look("ended", party.session.access_token)


def test_a_hook_that_fails(kit: Kit, search: Search) -> None:
    """A session whose `on_tokens` fails shows no token in what it raises or logs."""

    def store(_: Tokens) -> None:
        message = "the disk is full"
        raise LookupError(message)

    party = session_party(kit, app=SECRET_APP, on_tokens=hook_of(kit, store))
    try:
        party.refresh()
    except (CognitoIdpError, LookupError) as error:
        learn(search, party.fake)
        search.error(error, "hook")
    learn(search, party.fake)
    search.value(party.session)


def test_the_auth_of_a_session_refuses_plain_http(search: Search) -> None:
    """The refusal to send a token unencrypted doesn't show it."""
    from tests.support.kit import kit_of

    with kit_of("sync") as kit:
        party = session_party(kit)
        learn(search, party.fake)
        search.also(party.first.access_token or "")
        request = httpx.Request("GET", "http://api.example.com")
        with pytest.raises(CognitoIdpError) as caught:
            next(party.session.auth.sync_auth_flow(request))
        search.error(caught.value, "auth")
