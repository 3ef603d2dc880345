"""What doesn't fit is refused before anything is sent."""

from __future__ import annotations

import re
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import (
    AppClient,
    MfaSetup,
    RequestValidationError,
    SignedIn,
    SignInAnswerError,
    SignInStateError,
    TotpSetup,
    UnknownChallenge,
)
from cognito_idp.sign_in.answers import checked_answer, checked_start, row_of
from cognito_idp.sign_in.machine import STARTS, TABLE

from .fake_accounts import CLIENT_ID, CODE, CREDENTIAL, PASSWORD, POOL_ID, user
from .party import DEVICE, party_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cognito_idp import AuthFlowType, Challenge
    from tests.support.kit import Kit

    from .party import Party

CHALLENGES: list[Challenge] = [
    *(row.challenge(client_id=CLIENT_ID, username="mary", session="s" * 20) for row in TABLE.values()),
    TotpSetup(client_id=CLIENT_ID, username="mary", session="s" * 20, secret_code="JBSWY3DP"),
    UnknownChallenge(client_id=CLIENT_ID, username="mary", session="s" * 20, unknown_name="PIGEON_POST"),
]
VALUES: dict[str, Any] = {
    "code": CODE,
    "choice": "PASSWORD",
    "password": PASSWORD,
    "new_password": PASSWORD,
    "attributes": {"given_name": "Mary"},
    "answer": "42",
    "email": "mary@example.com",
    "credential": CREDENTIAL,
    "responses": {"FEATHER": CODE},
    "device": DEVICE,
}
START_VALUES: dict[str, Any] = {
    "username": "mary",
    "password": PASSWORD,
    "device": DEVICE,
    "preferred_challenge": "PASSWORD",
    "refresh_token": "a-refresh-token",
    "session": "session-of-ConfirmSignUp",
}


def subsets(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all that can be arguments: each keyword with its value or None."""
    for flags in product((True, False), repeat=len(values)):
        yield {keyword: values[keyword] if flag else None for keyword, flag in zip(values, flags, strict=True)}


def refuses(function: Callable[..., object], *positional: Any, **named: Any) -> bool:
    """Whether a function says that something doesn't fit."""
    try:
        function(*positional, **named)
    except SignInAnswerError:
        return True
    return False


@pytest.mark.parametrize("challenge", CHALLENGES, ids=lambda challenge: type(challenge).__name__)
def test_an_answer_fits_exactly_if_the_table_says_so(challenge: Challenge) -> None:
    """Of all sets of keywords a challenge takes those with all that its row requires and nothing that it lacks."""
    row = row_of(challenge)
    required = {"responses"} if row is None else set(row.answer)
    allowed = required | {"device"} | (set() if row is None else set(row.optional))
    if challenge.name == "SELECT_CHALLENGE":
        # The choice here is one for a password.
        allowed -= {"credential"}
    for arguments in subsets(VALUES):
        keywords = {keyword for keyword, value in arguments.items() if value is not None}
        fits = bool(required) and required <= keywords <= allowed
        assert fits != refuses(checked_answer, challenge, arguments), keywords


@pytest.mark.parametrize("flow", STARTS)
def test_a_flow_begins_exactly_if_the_table_says_so(flow: AuthFlowType) -> None:
    """Of all sets of keywords a flow takes those with all that it requires and nothing that it lacks."""
    start = STARTS[flow]
    for arguments, admin in product(subsets(START_VALUES), (False, True)):
        keywords = {keyword for keyword, value in arguments.items() if value is not None}
        fits = set(start.required) <= keywords <= {*start.required, *start.optional}
        fits = fits and (start.admin if admin else start.public)
        assert fits != refuses(checked_start, flow, admin=admin, arguments=arguments), keywords


@pytest.mark.parametrize(
    ("given_values", "message"),
    [
        ({"flow": "NO_SUCH_FLOW"}, "flow 'NO_SUCH_FLOW' is not one of USER_SRP_AUTH, USER_PASSWORD_AUTH"),
        ({"flow": "ADMIN_USER_PASSWORD_AUTH"}, "can't begin a public sign-in; use another flow, or admin=True"),
        ({"flow": "ADMIN_NO_SRP_AUTH"}, "can't begin a public sign-in"),
        (
            {"flow": "USER_PASSWORD_AUTH", "admin": True},
            "can't begin an admin sign-in; use another flow, or admin=False",
        ),
        ({"username": None}, "flow USER_SRP_AUTH needs username="),
        ({"username": ""}, "flow USER_SRP_AUTH needs username="),
        ({"password": None}, "flow USER_SRP_AUTH needs password="),
        ({"password": ""}, "flow USER_SRP_AUTH needs password="),
        ({"username": None, "password": None}, "needs username=, password="),
        ({"refresh_token": "t"}, "takes no refresh_token=; it takes username=, password=, device="),
        ({"preferred_challenge": "PASSWORD"}, "flow USER_SRP_AUTH takes no preferred_challenge="),
        ({"session": "s" * 20}, "flow USER_SRP_AUTH takes no session="),
        ({"flow": "REFRESH_TOKEN_AUTH", "refresh_token": "t"}, "takes no password="),
        ({"flow": "REFRESH_TOKEN_AUTH", "password": None}, "needs refresh_token="),
        ({"flow": "REFRESH_TOKEN_AUTH", "password": None, "refresh_token": ""}, "needs refresh_token="),
        (
            {"flow": "USER_AUTH", "preferred_challenge": "EMAIL_OTP"},
            "preferred_challenge='EMAIL_OTP' takes no password=",
        ),
        (
            {"flow": "USER_AUTH", "preferred_challenge": "WEB_AUTHN"},
            "preferred_challenge='WEB_AUTHN' takes no password=",
        ),
        ({"flow": "USER_AUTH", "preferred_challenge": "NEW_FACTOR"}, "takes no password="),
    ],
)
def test_a_flow_that_can_not_begin(kit: Kit, given_values: dict[str, Any], message: str) -> None:
    """A sign-in that lacks something, or has too much, is refused with what would fit, and nothing is sent."""
    party = party_of(kit)
    with pytest.raises(SignInAnswerError, match=re.escape(message)):
        party.sign_in(**given_values)
    assert [] == party.fake.sent


@pytest.mark.parametrize(
    ("name", "answer", "message"),
    [
        ("SMS_MFA", {}, "challenge SMS_MFA needs code="),
        ("SMS_MFA", {"code": CODE, "answer": "42"}, "challenge SMS_MFA takes no answer=; it takes code=, device="),
        ("SMS_OTP", {"password": PASSWORD}, "challenge SMS_OTP needs code="),
        ("EMAIL_OTP", {"choice": "EMAIL_OTP"}, "challenge EMAIL_OTP needs code="),
        ("SOFTWARE_TOKEN_MFA", {"responses": {"SOFTWARE_TOKEN_MFA_CODE": CODE}}, "SOFTWARE_TOKEN_MFA needs code="),
        ("SOFTWARE_TOKEN_MFA", {"code": 314159}, "code= takes a string, not int"),
        (
            "SELECT_MFA_TYPE",
            {"choice": "PIGEON_POST"},
            "choice='PIGEON_POST' is not one of SMS_MFA, SOFTWARE_TOKEN_MFA",
        ),
        ("SELECT_MFA_TYPE", {"choice": "SMS_MFA", "password": PASSWORD}, "SELECT_MFA_TYPE takes no password="),
        ("SELECT_CHALLENGE", {"choice": "PIGEON_POST"}, "choice='PIGEON_POST' is not one of PASSWORD, PASSWORD_SRP"),
        ("SELECT_CHALLENGE", {"choice": "EMAIL_OTP", "password": PASSWORD}, "choice='EMAIL_OTP' takes no password="),
        ("SELECT_CHALLENGE", {"choice": "WEB_AUTHN", "password": PASSWORD}, "choice='WEB_AUTHN' takes no password="),
        ("SELECT_CHALLENGE", {"choice": "PASSWORD", "credential": "{}"}, "choice='PASSWORD' takes no credential="),
        ("SELECT_CHALLENGE", {"password": PASSWORD}, "SELECT_CHALLENGE needs choice="),
        ("MFA_SETUP", {"code": CODE}, "MFA_SETUP needs email=, or, for an authenticator app, set_up_totp() first"),
        ("NEW_PASSWORD_REQUIRED", {"password": PASSWORD}, "NEW_PASSWORD_REQUIRED needs new_password="),
        ("NEW_PASSWORD_REQUIRED", {"new_password": PASSWORD}, "needs attributes= with given_name, birthdate"),
        (
            "NEW_PASSWORD_REQUIRED",
            {"new_password": PASSWORD, "attributes": {"birthdate": "1990-01-01"}},
            "NEW_PASSWORD_REQUIRED needs attributes= with given_name",
        ),
        ("CUSTOM_CHALLENGE", {"code": "42"}, "CUSTOM_CHALLENGE needs answer="),
        ("PASSWORD", {"code": CODE}, "PASSWORD needs password="),
        ("PASSWORD_SRP", {}, "PASSWORD_SRP needs password="),
        ("ADMIN_NO_SRP_AUTH", {"new_password": PASSWORD}, "ADMIN_NO_SRP_AUTH needs password="),
        ("WEB_AUTHN", {"code": CODE}, "WEB_AUTHN needs credential="),
        ("WEB_AUTHN", {"credential": {"id": b"bytes"}}, "credential= is a dict, which can't be sent as text"),
        ("WEB_AUTHN", {"credential": ""}, "credential= is a str, which is not the JSON of a passkey's credential"),
        ("WEB_AUTHN", {"credential": f'["{PASSWORD}"]'}, "which is not the JSON of a passkey's credential"),
        (
            "SELECT_CHALLENGE",
            {"choice": "WEB_AUTHN", "credential": PASSWORD},
            "which is not the JSON of a passkey's credential",
        ),
        ("WEB_AUTHN", {"credential": 5}, "credential= takes JSON text or the parsed mapping, not int"),
        ("DEVICE_SRP_AUTH", {"password": PASSWORD}, "DEVICE_SRP_AUTH needs device="),
        ("PIGEON_POST", {"code": CODE}, "PIGEON_POST needs responses="),
    ],
)
def test_an_answer_that_does_not_fit(kit: Kit, name: str, answer: dict[str, Any], message: str) -> None:
    """An answer to another question is refused; the text says what would fit, and nothing is sent."""
    party = party_of(kit, somebody=user(required_attributes=("given_name", "birthdate")))
    party.fake.forced = [name]
    challenge = party.sign_in(flow="CUSTOM_AUTH", password=None)
    asked = len(party.fake.sent)
    with pytest.raises(SignInAnswerError, match=re.escape(message)) as caught:
        party.respond(challenge, **answer)
    assert asked == len(party.fake.sent)
    assert None is caught.value.__context__
    assert PASSWORD not in str(caught.value)


@pytest.fixture(params=["PASSWORD_VERIFIER", "DEVICE_PASSWORD_VERIFIER"])
def lost_exchange(kit: Kit, request: pytest.FixtureRequest) -> Iterator[tuple[Party, Challenge]]:
    """A challenge whose exchange began in a call that is over."""
    party = party_of(kit)
    cls = TABLE[request.param].challenge
    yield party, cls(client_id=CLIENT_ID, username="mary", session="s" * 20)
    assert [] == party.fake.sent


@pytest.mark.parametrize("answer", [{}, {"password": PASSWORD}, {"device": DEVICE}])
def test_an_exchange_can_not_be_taken_up(lost_exchange: tuple[Party, Challenge], answer: dict[str, Any]) -> None:
    """The second half of SRP can't be answered by another call than began it."""
    party, challenge = lost_exchange
    with pytest.raises(SignInAnswerError, match="can only be answered by the call that began the SRP exchange"):
        party.respond(challenge, **answer)


def test_a_challenge_of_another_app_client(kit: Kit) -> None:
    """Neither `respond` nor `set_up_totp` goes on with a sign-in that another app client began."""
    party = party_of(kit)
    other = AppClient(POOL_ID, "another-client-id")
    challenge = MfaSetup(client_id=CLIENT_ID, username="mary")
    for method in ("respond", "set_up_totp"):
        with pytest.raises(SignInStateError, match="belongs to a sign-in with another app client"):
            party.kit.run(getattr(party.client, method), other, challenge)
    assert [] == party.fake.sent


def test_tokens_can_not_be_answered(kit: Kit) -> None:
    """Whoever answers a sign-in that is done is told so."""
    party = party_of(kit)
    outcome = party.sign_in()
    sent = len(party.fake.sent)
    with pytest.raises(SignInAnswerError, match="SignedIn is not a challenge"):
        party.respond(outcome, code=CODE)
    assert sent == len(party.fake.sent)


def test_an_attribute_that_is_no_text(kit: Kit) -> None:
    """A value that the wire can't carry is refused before it is sent, and not shown."""
    party = party_of(kit, "NEW_PASSWORD_REQUIRED")
    challenge = party.sign_in()
    asked = len(party.fake.sent)
    with pytest.raises(RequestValidationError, match="challenge_responses") as caught:
        party.respond(challenge, new_password=PASSWORD, attributes={"birthdate": 19900101})
    assert asked == len(party.fake.sent)
    assert "19900101" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("credential", [CREDENTIAL, MappingProxyType(CREDENTIAL), '{"id": "passkey", "response": {}}'])
def test_a_passkeys_credential(credential: Any) -> None:
    """A credential may be JSON, which is sent as it is, or any mapping."""
    challenge = TABLE["WEB_AUTHN"].challenge(client_id=CLIENT_ID, username="mary")  # type: ignore[index]
    sent = checked_answer(challenge, {"credential": credential})["CREDENTIAL"]
    assert sent == credential if isinstance(credential, str) else sent.startswith('{"id": "passkey"')


def test_an_empty_answer_is_an_answer(kit: Kit) -> None:
    """A custom challenge may be answered with nothing, which the pool's trigger judges."""
    party = party_of(kit)
    party.fake.forced = ["CUSTOM_CHALLENGE"]
    challenge = party.sign_in(flow="CUSTOM_AUTH", password=None)
    with pytest.raises(Exception, match="Incorrect answer"):
        party.respond(challenge, answer="")
    assert isinstance(party.respond(challenge, answer="42"), SignedIn)


def test_a_name_for_a_challenge_that_is_not_known(kit: Kit) -> None:
    """The answer to an unknown challenge may carry a name of its own, and SECRET_HASH is made of that."""
    app = AppClient(POOL_ID, CLIENT_ID, "a-client-secret-of-the-tests")
    party = party_of(kit, app=app)
    party.fake.forced = ["PIGEON_POST"]
    challenge = party.sign_in(username="mary@example.com", flow="USER_PASSWORD_AUTH")
    party.fake.user.name = "mary-smith"
    assert isinstance(party.respond(challenge, responses={"USERNAME": "mary-smith", "FEATHER": CODE}), SignedIn)
