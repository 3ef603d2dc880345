"""The tables: whole, reachable, answered, and followed transition by transition."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, get_args

import pytest

from cognito_idp import (
    AsyncClient,
    AuthFlowType,
    ChallengeNameType,
    Client,
    MfaSetup,
    Outcome,
    SignedIn,
    TotpSetup,
    UnknownChallenge,
)
from cognito_idp.sign_in.machine import AUTOMATIC, CHOICES_WITH_PROOF, STARTS, TABLE, challenge_class
from cognito_idp.sign_in.outcomes import CodeChallenge

from .fake_accounts import TOKENS
from .party import DEVICE, RIGHT, WAYS, given_for, party_with_device

if TYPE_CHECKING:
    from tests.support.kit import Kit


TRANSITIONS = [(name, following) for name, row in TABLE.items() for following in sorted(row.leads_to)]


def test_every_challenge_has_a_row_and_a_class() -> None:
    """Each name that the service's model has stands in the table, with a class of its own that carries the name."""
    assert set(ChallengeNameType) == set(TABLE)
    assert 16 == len({row.challenge for row in TABLE.values()})
    assert list(TABLE) == [row.challenge.challenge_name for row in TABLE.values()]
    assert list(TABLE.values()) == [TABLE[ChallengeNameType(challenge_class(n).challenge_name)] for n in TABLE]


def test_the_outcomes_are_all_that_can_come() -> None:
    """The union of outcomes holds the tokens, every challenge of the table, the set-up of an app, and the unknown."""
    assert {SignedIn, TotpSetup, UnknownChallenge, *(row.challenge for row in TABLE.values())} == set(get_args(Outcome))


def test_a_challenge_without_a_row_is_unknown() -> None:
    """A name that this version doesn't know gives `UnknownChallenge`."""
    assert UnknownChallenge is challenge_class("PIGEON_POST")


def test_every_flow_has_a_start() -> None:
    """Each flow of the service's model can begin, and somebody may use it."""
    assert set(AuthFlowType) == set(STARTS)
    assert all(start.public or start.admin for start in STARTS.values())
    assert {"ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH"} == {f for f, start in STARTS.items() if not start.public}


def leading_to(name: str) -> set[str]:
    """Return the flows and the challenges that a challenge may follow."""
    steps = [(str(flow), start.leads_to) for flow, start in STARTS.items()]
    steps += [(str(challenge), row.leads_to) for challenge, row in TABLE.items()]
    return {step for step, leads_to in steps if name in leads_to}


SECOND = {
    "SMS_MFA",
    "EMAIL_OTP",
    "SOFTWARE_TOKEN_MFA",
    "SELECT_MFA_TYPE",
    "MFA_SETUP",
    "NEW_PASSWORD_REQUIRED",
    "DEVICE_SRP_AUTH",
    "CUSTOM_CHALLENGE",
}
FIRST = {"SELECT_CHALLENGE", "PASSWORD", "PASSWORD_SRP", "PASSWORD_VERIFIER", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}
# The transitions of the developer guide, written a second time: a transition that the table loses is in no other test.
FOLLOWING = {
    "USER_SRP_AUTH": {"PASSWORD_VERIFIER"},
    "USER_PASSWORD_AUTH": SECOND,
    "ADMIN_USER_PASSWORD_AUTH": SECOND,
    "ADMIN_NO_SRP_AUTH": SECOND | {"ADMIN_NO_SRP_AUTH"},
    "CUSTOM_AUTH": SECOND | {"PASSWORD_VERIFIER"},
    "USER_AUTH": FIRST | SECOND,
    "REFRESH_TOKEN_AUTH": set(),
    "REFRESH_TOKEN": set(),
}
FOLLOWING_ANSWERS = {
    **dict.fromkeys(("SMS_MFA", "EMAIL_OTP", "SMS_OTP", "SOFTWARE_TOKEN_MFA", "MFA_SETUP", "WEB_AUTHN"), SECOND),
    **dict.fromkeys(("NEW_PASSWORD_REQUIRED", "PASSWORD", "ADMIN_NO_SRP_AUTH", "PASSWORD_VERIFIER"), SECOND),
    "SELECT_MFA_TYPE": {"SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"},
    "SELECT_CHALLENGE": FIRST | SECOND,
    "CUSTOM_CHALLENGE": SECOND | {"PASSWORD_VERIFIER"},
    "PASSWORD_SRP": {"PASSWORD_VERIFIER"},
    "DEVICE_SRP_AUTH": {"DEVICE_PASSWORD_VERIFIER"},
    "DEVICE_PASSWORD_VERIFIER": SECOND - {"DEVICE_SRP_AUTH"},
}


def test_what_may_follow_each_step() -> None:
    """Each flow and each challenge leads where the developer guide lets it lead, and nowhere else."""
    assert {str(flow): start.leads_to for flow, start in STARTS.items()} == FOLLOWING
    assert {str(name): row.leads_to for name, row in TABLE.items()} == FOLLOWING_ANSWERS


def test_who_may_use_which_flow() -> None:
    """The password alone goes to a flow of its own for users and for administrators; all other flows are for both."""
    assert {"USER_PASSWORD_AUTH"} == {str(flow) for flow, start in STARTS.items() if not start.admin}
    assert {"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"} == {
        str(f) for f, start in STARTS.items() if not start.public
    }


def test_what_each_flow_takes() -> None:
    """Each flow has its required and its optional arguments, and a refresh is the same by both of its names."""
    refresh = (("refresh_token",), ("username", "device"))
    with_password = (("username", "password"), ("device",))
    assert {
        "USER_SRP_AUTH": with_password,
        "USER_PASSWORD_AUTH": with_password,
        "ADMIN_USER_PASSWORD_AUTH": with_password,
        "ADMIN_NO_SRP_AUTH": with_password,
        "CUSTOM_AUTH": (("username",), ("password", "device")),
        "USER_AUTH": (("username",), ("password", "device", "preferred_challenge", "session")),
        "REFRESH_TOKEN_AUTH": refresh,
        "REFRESH_TOKEN": refresh,
    } == {str(flow): (start.required, start.optional) for flow, start in STARTS.items()}


def test_what_an_answer_may_bring_along() -> None:
    """Two challenges have optional arguments, and three choices need what they are answered with at once."""
    optional = {str(name): row.optional for name, row in TABLE.items() if row.optional}
    assert {"SELECT_CHALLENGE": ("password", "credential"), "NEW_PASSWORD_REQUIRED": ("attributes",)} == optional
    expected = {"PASSWORD": "password", "PASSWORD_SRP": "password", "WEB_AUTHN": "credential"}
    assert expected == {str(choice): argument for choice, argument in CHOICES_WITH_PROOF.items()}


def test_the_wire_name_of_each_answer() -> None:
    """An answer is sent by the name that RespondToAuthChallenge documents; one that is proven is not sent."""
    codes = {name: {"code": f"{name}_CODE"} for name in ("SMS_MFA", "EMAIL_OTP", "SMS_OTP", "SOFTWARE_TOKEN_MFA")}
    assert {
        **codes,
        "SELECT_MFA_TYPE": {"choice": "ANSWER"},
        "SELECT_CHALLENGE": {"choice": "ANSWER"},
        "MFA_SETUP": {"email": "EMAIL"},
        "NEW_PASSWORD_REQUIRED": {"new_password": "NEW_PASSWORD"},
        "CUSTOM_CHALLENGE": {"answer": "ANSWER"},
        "PASSWORD": {"password": "PASSWORD"},
        "ADMIN_NO_SRP_AUTH": {"password": "PASSWORD"},
        "WEB_AUTHN": {"credential": "CREDENTIAL"},
        "PASSWORD_SRP": {"password": ""},
        "DEVICE_SRP_AUTH": {"device": ""},
        "PASSWORD_VERIFIER": {},
        "DEVICE_PASSWORD_VERIFIER": {},
    } == {str(name): dict(row.answer) for name, row in TABLE.items()}


def test_where_a_password_may_be_proven() -> None:
    """A proof of the password follows where SRP began; a device's proof follows DEVICE_SRP_AUTH and nothing else."""
    begun = {"USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH"}
    assert begun | {"SELECT_CHALLENGE", "PASSWORD_SRP", "CUSTOM_CHALLENGE"} == leading_to("PASSWORD_VERIFIER")
    assert {"DEVICE_SRP_AUTH"} == leading_to("DEVICE_PASSWORD_VERIFIER")
    assert {"USER_AUTH", "SELECT_CHALLENGE"} == leading_to("PASSWORD") == leading_to("PASSWORD_SRP")
    assert {"ADMIN_NO_SRP_AUTH"} == leading_to("ADMIN_NO_SRP_AUTH")


def test_where_nothing_else_can_follow() -> None:
    """SRP is followed by its second half, and a refresh by tokens alone."""
    assert {"PASSWORD_VERIFIER"} == STARTS[AuthFlowType.USER_SRP_AUTH].leads_to
    assert {"PASSWORD_VERIFIER"} == TABLE[ChallengeNameType.PASSWORD_SRP].leads_to
    assert {"DEVICE_PASSWORD_VERIFIER"} == TABLE[ChallengeNameType.DEVICE_SRP_AUTH].leads_to
    assert set() == STARTS[AuthFlowType.REFRESH_TOKEN_AUTH].leads_to
    assert {"SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"} == TABLE[
        ChallengeNameType.SELECT_MFA_TYPE
    ].leads_to


def test_every_row_can_be_reached() -> None:
    """From the starts, the table's transitions lead to every challenge."""
    assert set(TABLE) == set(WAYS)


def test_every_row_can_be_answered() -> None:
    """A row that is not for the library has an answer, and every answer's keyword is a parameter of both clients."""
    assert {name for name, row in TABLE.items() if not row.answer} < AUTOMATIC
    for client in (Client, AsyncClient):
        keywords = set(inspect.signature(client.respond).parameters)
        assert {keyword for row in TABLE.values() for keyword in (*row.answer, *row.optional)} < keywords
        assert set(CHOICES_WITH_PROOF.values()) < keywords
        begin = set(inspect.signature(client.sign_in).parameters)
        assert {keyword for start in STARTS.values() for keyword in (*start.required, *start.optional)} < begin


def test_proofs_come_to_an_end() -> None:
    """No way leads from a proof to itself over other proofs, so the service can't ask for one after the other."""

    def longest(name: ChallengeNameType, seen: tuple[ChallengeNameType, ...] = ()) -> int:
        assert name not in seen
        return 1 + max((longest(n, (*seen, name)) for n in TABLE[name].leads_to & AUTOMATIC), default=0)

    assert 3 == max(longest(name) for name in AUTOMATIC)


@pytest.mark.parametrize("method", ["sign_in", "respond", "set_up_totp", "remember_device"])
def test_both_clients_have_the_same_methods(method: str) -> None:
    """The sync and the async client take the same arguments, and explain them in the same words."""
    sync, asynchronous = getattr(Client, method), getattr(AsyncClient, method)
    assert inspect.signature(sync) == inspect.signature(asynchronous)
    assert inspect.getdoc(sync) == inspect.getdoc(asynchronous)


@pytest.mark.parametrize("flow", STARTS)
def test_every_start_leads_where_the_table_says(sync_kit: Kit, flow: AuthFlowType) -> None:
    """A flow that is answered with any of its first challenges goes on, to tokens in the end."""
    for first in sorted(STARTS[flow].leads_to):
        party = party_with_device(sync_kit)
        party.fake.forced = [first]
        outcome = party.sign_in(**given_for(flow))
        expected = SignedIn if first in AUTOMATIC else TABLE[first].challenge
        assert expected is type(outcome)
        party.finish(outcome, device=DEVICE)


@pytest.mark.parametrize(("name", "following"), TRANSITIONS)
def test_every_transition(sync_kit: Kit, name: ChallengeNameType, following: ChallengeNameType) -> None:
    """Whatever the table lets follow a challenge is understood, and what needs no person is answered at once."""
    flow, way = WAYS[name]
    party = party_with_device(sync_kit)
    party.fake.forced = [*way, following]
    outcome = party.sign_in(**given_for(flow))
    while party.fake.forced:
        outcome = party.respond(outcome, **RIGHT[outcome.name], device=DEVICE)
    if name == ChallengeNameType.CUSTOM_CHALLENGE and following in AUTOMATIC - {ChallengeNameType.DEVICE_SRP_AUTH}:
        # The exchange began in another call, perhaps in another process.
        assert TABLE[following].challenge is type(outcome)
        return
    assert (SignedIn if following in AUTOMATIC else TABLE[following].challenge) is type(outcome)
    party.finish(outcome, device=DEVICE)


@pytest.mark.parametrize("name", TABLE)
def test_tokens_may_follow_anything(sync_kit: Kit, name: ChallengeNameType) -> None:
    """After any challenge the service may be content."""
    flow, way = WAYS[name]
    party = party_with_device(sync_kit)
    party.fake.forced = [*way, TOKENS]
    outcome = party.sign_in(**given_for(flow))
    while party.fake.forced:
        outcome = party.respond(outcome, **RIGHT[outcome.name], device=DEVICE)
    assert isinstance(outcome, SignedIn)


@pytest.mark.parametrize("name", TABLE)
def test_a_challenge_says_what_answers_it(name: ChallengeNameType) -> None:
    """The `repr` of each challenge names the arguments of its row, and where the code went."""
    row = TABLE[name]
    parameters = {"CODE_DELIVERY_DESTINATION": "m***@e***", "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "secret": "Zq"}
    challenge = row.challenge(client_id="Zq", username="Zq", session="Zq", parameters=parameters)
    text = repr(challenge)
    assert "Zq" not in text
    assert all(f"{keyword}=" in text.partition(", answer")[2] for keyword in (*row.answer, *row.optional))
    assert ("answered by the library" in text) == (not row.answer)
    assert ("destination='m***@e***', medium='EMAIL'" in text) == isinstance(challenge, CodeChallenge)


def test_challenges_without_a_row_say_what_answers_them() -> None:
    """So do the set-up of an app, a challenge of a later service, and choices, which are shown."""
    known: dict[str, Any] = {"client_id": "c", "username": "u"}
    masked = "client_id='***', username='***'"
    assert f"TotpSetup({masked}, secret_code='***', answer with code=)" == repr(TotpSetup(**known, secret_code="Zq"))
    assert f"UnknownChallenge({masked}, unknown_name='NEW', answer with responses=)" == repr(
        UnknownChallenge(**known, unknown_name="NEW")
    )
    choice = MfaSetup(**known, parameters={"MFAS_CAN_SETUP": '["EMAIL_OTP"]'})
    assert repr(choice).startswith(
        f"MfaSetup(options=('EMAIL_OTP',), {masked}, parameters='***', answer with email=, or"
    )
