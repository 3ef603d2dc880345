"""Every flow and every challenge, with right answers and wrong ones, from both kinds of client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from cognito_idp import (
    AnalyticsMetadataType,
    AppClient,
    ContextDataType,
    NotAuthorizedException,
    RequestValidationError,
    SignedIn,
    SignInAnswerError,
    UserContextDataType,
    totp,
)
from tests.support.kit import options_of

from .fake_accounts import CLIENT_ID, CODE, CREDENTIAL, NOW, PASSWORD, POOL_ID, totp_now, user
from .party import PUBLIC_APP, RIGHT, SECRET_APP, party_of

if TYPE_CHECKING:
    from tests.support.kit import Kit

SRP = ["InitiateAuth", "RespondToAuthChallenge PASSWORD_VERIFIER"]
PLAIN = ["InitiateAuth"]


@attrs.frozen
class Case:
    """A way to sign in: what is given, what the user is asked, and which calls that takes."""

    flow: str | None
    calls: list[str]
    given: dict[str, Any] = attrs.field(factory=dict)
    asked: tuple[str, ...] = ()
    who: tuple[bool, ...] = (False, True)
    sends_password: bool = False


def choosing(preferred: str | None, **given: Any) -> dict[str, Any]:
    """Return the arguments of USER_AUTH for a first factor."""
    return {"preferred_challenge": preferred, "password": None, **given}


CASES = {
    "the default": Case(None, SRP),
    "SRP": Case("USER_SRP_AUTH", SRP),
    "password": Case("USER_PASSWORD_AUTH", PLAIN, who=(False,), sends_password=True),
    "admin password": Case("ADMIN_USER_PASSWORD_AUTH", PLAIN, who=(True,), sends_password=True),
    "admin no SRP": Case("ADMIN_NO_SRP_AUTH", PLAIN, who=(True,), sends_password=True),
    "custom": Case("CUSTOM_AUTH", PLAIN, {"password": None}, ("CUSTOM_CHALLENGE", "CUSTOM_CHALLENGE")),
    "custom with SRP": Case("CUSTOM_AUTH", SRP, {}, ("CUSTOM_CHALLENGE",)),
    "a password, by SRP": Case("USER_AUTH", SRP),
    "preferably by SRP": Case("USER_AUTH", SRP, {"preferred_challenge": "PASSWORD_SRP"}),
    "preferably plain": Case("USER_AUTH", PLAIN, {"preferred_challenge": "PASSWORD"}, sends_password=True),
    "preferably a passkey": Case("USER_AUTH", PLAIN, choosing("WEB_AUTHN"), ("WEB_AUTHN",)),
    "preferably by email": Case("USER_AUTH", PLAIN, choosing("EMAIL_OTP"), ("EMAIL_OTP",)),
    "preferably by SMS": Case("USER_AUTH", PLAIN, choosing("SMS_OTP"), ("SMS_OTP",)),
    "a preference without the password": Case("USER_AUTH", PLAIN, choosing("PASSWORD_SRP"), ("PASSWORD_SRP",)),
    "a choice": Case("USER_AUTH", PLAIN, choosing(None), ("SELECT_CHALLENGE",)),
}
RUNS = [(name, admin) for name, case in CASES.items() for admin in case.who]


@pytest.mark.parametrize("app", [PUBLIC_APP, SECRET_APP], ids=["public client", "client with a secret"])
@pytest.mark.parametrize(("case_name", "admin"), RUNS)
def test_every_flow(kit: Kit, case_name: str, admin: bool, app: AppClient) -> None:
    """A flow goes from the first message to tokens, and sends the password only if its name says so."""
    case = CASES[case_name]
    party = party_of(kit, *(name for name in case.asked if name == "CUSTOM_CHALLENGE"), app=app)
    outcome = party.sign_in(flow=case.flow, admin=admin, **case.given)
    assert [f"{'Admin' * admin}{call}" for call in case.calls] == party.fake.operations
    assert case.sends_password == (PASSWORD in str(party.fake.sent))
    for name in case.asked:
        assert name == outcome.name
        assert (admin, "mary", CLIENT_ID) == (outcome.admin, outcome.username, outcome.client_id)
        outcome = party.respond(outcome, **RIGHT[name])
    assert isinstance(outcome, SignedIn)
    assert {outcome.tokens.access_token, outcome.tokens.id_token, outcome.tokens.refresh_token} <= party.fake.secrets
    assert NOW + 3600 == (outcome.tokens.expires_at and outcome.tokens.expires_at.timestamp())
    assert ("Bearer", None, False) == (outcome.tokens.token_type, outcome.new_device, outcome.device_dropped)


@pytest.mark.parametrize(("case_name", "admin"), [(n, admin) for n, admin in RUNS if "password" not in CASES[n].given])
def test_a_wrong_password(kit: Kit, case_name: str, admin: bool) -> None:
    """With a wrong password every flow that takes one ends with the service's refusal."""
    case = CASES[case_name]
    party = party_of(kit, *case.asked)
    with pytest.raises(NotAuthorizedException, match="Incorrect username or password"):
        party.sign_in(flow=case.flow, admin=admin, password="Wrong-Horse-1", **case.given)
    assert [f"{'Admin' * admin}{call}" for call in case.calls] == party.fake.operations


# How to be asked each challenge, and a wrong answer with the error that it gets.
FIRST = {"EMAIL_OTP", "SMS_OTP", "WEB_AUTHN", "PASSWORD", "PASSWORD_SRP", "SELECT_CHALLENGE"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "SMS_MFA": ({"code": "000000"}, "CodeMismatchException"),
    "SMS_OTP": ({"code": "000000"}, "CodeMismatchException"),
    "EMAIL_OTP": ({"code": "000000"}, "CodeMismatchException"),
    "SOFTWARE_TOKEN_MFA": ({"code": "000000"}, "CodeMismatchException"),
    "SELECT_CHALLENGE": ({"choice": "PASSWORD", "password": "wrong"}, "NotAuthorizedException"),
    "CUSTOM_CHALLENGE": ({"answer": "43"}, "NotAuthorizedException"),
    "PASSWORD": ({"password": "wrong"}, "NotAuthorizedException"),
    "ADMIN_NO_SRP_AUTH": ({"password": "wrong"}, "NotAuthorizedException"),
    "WEB_AUTHN": ({"credential": {"id": "another"}}, "NotAuthorizedException"),
    "PIGEON_POST": ({"responses": {"FEATHER": "000000"}}, "CodeMismatchException"),
}


@pytest.mark.parametrize("admin", [False, True], ids=["public", "admin"])
@pytest.mark.parametrize("name", RIGHT)
def test_every_challenge(kit: Kit, name: str, admin: bool) -> None:
    """A wrong answer is refused and can be followed by the right one, which leads to tokens."""
    party = party_of(kit, app=SECRET_APP)
    party.fake.forced = [name]
    if name in FIRST:
        outcome = party.sign_in(flow="USER_AUTH", admin=admin, password=None)
    else:
        outcome = party.sign_in(flow="ADMIN_USER_PASSWORD_AUTH" if admin else "USER_PASSWORD_AUTH", admin=admin)
    assert (name, "mary", admin) == (outcome.name, outcome.username, outcome.admin)
    if name in WRONG:
        answer, code = WRONG[name]
        with pytest.raises(Exception, match=code):
            party.respond(outcome, **answer)
    party.finish(outcome)


def test_one_wrong_srp_answer(kit: Kit) -> None:
    """A wrong password in answer to PASSWORD_SRP is refused."""
    party = party_of(kit)
    challenge = party.sign_in(flow="USER_AUTH", password=None, preferred_challenge="PASSWORD_SRP")
    with pytest.raises(NotAuthorizedException, match="Incorrect username or password"):
        party.respond(challenge, password="wrong")


@pytest.mark.parametrize("admin", [False, True], ids=["public", "admin"])
def test_choosing_a_first_factor(kit: Kit, admin: bool) -> None:
    """SELECT_CHALLENGE takes each of its options, with its first step at once or in an answer of its own."""
    choices: list[tuple[dict[str, Any], str | None]] = [
        ({"choice": "PASSWORD", "password": PASSWORD}, None),
        ({"choice": "PASSWORD"}, "PASSWORD"),
        ({"choice": "PASSWORD_SRP", "password": PASSWORD}, None),
        ({"choice": "PASSWORD_SRP"}, "PASSWORD_SRP"),
        ({"choice": "WEB_AUTHN", "credential": CREDENTIAL}, None),
        ({"choice": "WEB_AUTHN"}, "WEB_AUTHN"),
        ({"choice": "EMAIL_OTP"}, "EMAIL_OTP"),
        ({"choice": "SMS_OTP"}, "SMS_OTP"),
    ]
    for given, following in choices:
        party = party_of(kit, app=SECRET_APP)
        challenge = party.sign_in(flow="USER_AUTH", password=None, admin=admin)
        assert {answer["choice"] for answer, _ in choices} == set(challenge.options)
        outcome = party.respond(challenge, **given)
        assert following == (None if isinstance(outcome, SignedIn) else outcome.name)
        party.finish(outcome)


@pytest.mark.parametrize("choice", ["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"])
def test_choosing_a_second_factor(kit: Kit, choice: str) -> None:
    """SELECT_MFA_TYPE takes each of its options and leads to that challenge."""
    party = party_of(kit, "SELECT_MFA_TYPE")
    challenge = party.sign_in()
    assert choice in challenge.options
    outcome = party.respond(challenge, choice=choice)
    assert choice == outcome.name
    assert isinstance(party.respond(outcome, code=CODE), SignedIn)


@pytest.mark.parametrize("app", [PUBLIC_APP, SECRET_APP], ids=["public client", "client with a secret"])
@pytest.mark.parametrize("admin", [False, True], ids=["public", "admin"])
def test_setting_up_an_authenticator_app(kit: Kit, admin: bool, app: AppClient) -> None:
    """MFA_SETUP takes a code of the new app; a wrong one can be followed by the right one."""
    party = party_of(kit, "MFA_SETUP", app=app)
    challenge = party.sign_in(admin=admin)
    assert ("SOFTWARE_TOKEN_MFA", "EMAIL_OTP") == challenge.options
    setup = party.set_up_totp(challenge)
    assert f"secret={setup.secret_code}" in setup.uri(issuer="Example")
    with pytest.raises(Exception, match="EnableSoftwareTokenMFAException"):
        party.respond(setup, code="000000")
    assert totp_now(setup.secret_code) == totp(setup.secret_code, NOW)
    assert isinstance(party.respond(setup, code=totp(setup.secret_code, NOW)), SignedIn)
    assert ["AssociateSoftwareToken", "VerifySoftwareToken", "VerifySoftwareToken"] == party.fake.operations[2:5]
    assert f"{'Admin' * admin}RespondToAuthChallenge MFA_SETUP" == party.fake.operations[5]


def test_the_uri_for_an_authenticator_app(kit: Kit) -> None:
    """The `otpauth://` URI quotes what would end a part of it, and names the user unless told otherwise."""
    party = party_of(kit, "MFA_SETUP")
    setup = party.set_up_totp(party.sign_in())
    secret = setup.secret_code
    assert f"otpauth://totp/A%26B:mary?secret={secret}&issuer=A%26B" == setup.uri(issuer="A&B ::")
    uri = setup.uri(issuer="Example", account="mary+1@example.com")
    assert f"otpauth://totp/Example:mary%2B1%40example.com?secret={secret}&issuer=Example" == uri


def test_setting_up_email(kit: Kit) -> None:
    """MFA_SETUP takes an email address, and the code that is sent there."""
    party = party_of(kit, "MFA_SETUP")
    outcome = party.respond(party.sign_in(), email="mary@example.com")
    assert ("EMAIL_OTP", "EMAIL", "m***@e***") == (outcome.name, outcome.medium, outcome.destination)
    assert isinstance(party.respond(outcome, code=CODE), SignedIn)


def test_required_attributes(kit: Kit) -> None:
    """NEW_PASSWORD_REQUIRED says which attributes it needs, takes them and more, and the new password is good then."""
    party = party_of(kit, somebody=user("NEW_PASSWORD_REQUIRED", required_attributes=("given_name", "birthdate")))
    challenge = party.sign_in()
    assert ("given_name", "birthdate") == challenge.required_attributes
    assert {"email": "mary@example.com"} == challenge.user_attributes
    attributes = {"given_name": "Mary", "birthdate": "1990-01-01", "nickname": "M"}
    party.respond(challenge, new_password="Battery-Staple-2", attributes=attributes)
    party.fake.user.plan = ()
    assert isinstance(party.sign_in(password="Battery-Staple-2"), SignedIn)
    with pytest.raises(NotAuthorizedException):
        party.sign_in(password=PASSWORD)


def test_what_a_person_must_know(kit: Kit) -> None:
    """The challenges tell where a code was sent, which app shows it, what a passkey signs, and what a trigger asks."""
    party = party_of(kit)
    party.fake.forced = ["SMS_MFA"]
    sms = party.sign_in()
    party.fake.forced = ["SOFTWARE_TOKEN_MFA"]
    app = party.sign_in()
    party.fake.forced = ["WEB_AUTHN"]
    passkey = party.sign_in(flow="USER_AUTH")
    party.fake.forced = ["CUSTOM_CHALLENGE"]
    custom = party.sign_in(flow="CUSTOM_AUTH", password=None)
    party.fake.forced = ["PIGEON_POST"]
    unknown = party.sign_in()
    assert ("SMS", "+*******1234") == (sms.medium, sms.destination)
    assert ("phone", None) == (app.device_name, app.destination)
    assert {"challenge": "Y2hhbGxlbmdl", "rpId": "example.com"} == passkey.request_options
    assert "How many roads?" == custom.parameters["question"]
    assert {"USER_ID_FOR_SRP": "mary"} == unknown.parameters


@pytest.mark.parametrize("admin", [False, True], ids=["public", "admin"])
@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH"])
def test_an_alias_becomes_the_name(kit: Kit, flow: str, admin: bool) -> None:
    """After the first step the user is called by the service's name, which SECRET_HASH is made of then."""
    party = party_of(kit, "CUSTOM_CHALLENGE", "SMS_MFA", app=SECRET_APP)
    challenge = party.sign_in(username="mary@example.com", flow=flow, admin=admin)
    assert "mary" == challenge.username
    party.finish(challenge)
    names = [(b.get("AuthParameters") or b["ChallengeResponses"])["USERNAME"] for _, b in party.fake.sent]
    assert ["mary@example.com", "mary", "mary", "mary"] == names


CONTEXT = ContextDataType(ip_address="203.0.113.7", server_name="example.com", server_path="/", http_headers=())


@pytest.mark.parametrize(
    ("admin", "context", "member"),
    [(True, CONTEXT, "ContextData"), (False, UserContextDataType(ip_address="203.0.113.7"), "UserContextData")],
    ids=["admin", "public"],
)
def test_what_every_step_carries(kit: Kit, admin: bool, context: Any, member: str) -> None:
    """Client metadata, context and analytics go along with each step of a call, and the next call has its own."""
    party = party_of(kit, "SMS_MFA")
    extras = {
        "client_metadata": {"step": "1"},
        "context_data": context,
        "analytics_metadata": AnalyticsMetadataType(analytics_endpoint_id="endpoint"),
    }
    challenge = party.sign_in(admin=admin, **extras)
    party.respond(challenge, code=CODE, **{**extras, "client_metadata": {"step": "2"}})
    sent = [body for _, body in party.fake.sent]
    assert [{"step": "1"}, {"step": "1"}, {"step": "2"}] == [body["ClientMetadata"] for body in sent]
    assert ["203.0.113.7"] * 3 == [body[member]["IpAddress"] for body in sent]
    assert [{"AnalyticsEndpointId": "endpoint"}] * 3 == [body["AnalyticsMetadata"] for body in sent]


def test_context_of_the_wrong_kind_is_refused(kit: Kit) -> None:
    """The context of an admin call is refused in a public one before anything is sent."""
    party = party_of(kit)
    with pytest.raises(RequestValidationError, match="user_context_data"):
        party.sign_in(context_data=CONTEXT)
    assert [] == party.fake.sent


def test_signing_in_after_a_sign_up(kit: Kit) -> None:
    """USER_AUTH takes the session that ConfirmSignUp returned."""
    party = party_of(kit)
    assert isinstance(party.sign_in(flow="USER_AUTH", session="session-of-ConfirmSignUp"), SignedIn)
    assert "session-of-ConfirmSignUp" == party.fake.sent[0][1]["Session"]


@pytest.mark.parametrize("app", [PUBLIC_APP, SECRET_APP], ids=["public client", "client with a secret"])
@pytest.mark.parametrize("admin", [False, True], ids=["public", "admin"])
@pytest.mark.parametrize("flow", ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"])
def test_refresh_flows(kit: Kit, flow: str, admin: bool, app: AppClient) -> None:
    """A refresh token gives new tokens without another refresh token."""
    party = party_of(kit, app=app)
    refresh_token = party.sign_in().tokens.refresh_token
    outcome = party.sign_in(password=None, flow=flow, admin=admin, refresh_token=refresh_token)
    assert outcome.tokens.access_token in party.fake.secrets
    assert None is outcome.tokens.refresh_token
    assert f"{'Admin' * admin}InitiateAuth" == party.fake.operations[-1]
    with pytest.raises(NotAuthorizedException):
        party.sign_in(password=None, flow=flow, admin=admin, refresh_token="another")


def test_a_refresh_needs_the_name_where_there_is_a_secret(kit: Kit) -> None:
    """Without a name there is nothing to make SECRET_HASH of; without a secret none is needed."""
    party = party_of(kit)
    refresh = {"username": None, "password": None, "flow": "REFRESH_TOKEN_AUTH"}
    refresh_token = party.sign_in().tokens.refresh_token
    assert isinstance(party.sign_in(**refresh, refresh_token=refresh_token), SignedIn)
    with_secret = party_of(kit, app=SECRET_APP)
    with pytest.raises(SignInAnswerError, match="needs username= with an app client that has a secret"):
        with_secret.sign_in(**refresh, refresh_token="token")
    assert [] == with_secret.fake.sent


def test_the_clock_is_the_clients(kit: Kit) -> None:
    """A proof is dated by the client's clock, corrected by what was learned of the service's."""
    party = party_of(kit)
    party.sign_in()
    options_of(party.client).clock_skew.offset = 86400.0
    party.sign_in()
    timestamps = [b["ChallengeResponses"]["TIMESTAMP"] for _, b in party.fake.sent if "ChallengeResponses" in b]
    assert ["Wed Feb 19 21:20:00 UTC 2025", "Thu Feb 20 21:20:00 UTC 2025"] == timestamps


@pytest.mark.parametrize("end", [{}, {"ExpiresIn": 10**15}], ids=["none", "beyond all dates"])
def test_tokens_without_an_end(kit: Kit, end: dict[str, int]) -> None:
    """Where the service doesn't say when the access token ends, or what no date can hold, nobody knows."""
    party = party_of(kit)
    party.fake.scripted["PASSWORD_VERIFIER"] = [{"AuthenticationResult": {"AccessToken": "token", **end}}]
    tokens = party.sign_in().tokens
    assert ("token", None, None, None) == (tokens.access_token, tokens.id_token, tokens.token_type, tokens.expires_at)


@pytest.mark.parametrize("admin", [False, True], ids=["public", "admin"])
def test_the_region_comes_from_the_pool(kit: Kit, admin: bool) -> None:
    """A client without a region sends every step to the region that the pool's id names."""
    party = party_of(kit, "MFA_SETUP", app=AppClient(POOL_ID.replace("us-east-1", "eu-west-1"), CLIENT_ID))
    hosts: list[str] = []

    def respond(request: Any) -> Any:
        hosts.append(request.url.host)
        return party.fake(request)

    party = attrs.evolve(party, client=kit.client(None, respond=respond, clock=lambda: NOW))
    setup = party.set_up_totp(party.sign_in(admin=admin))
    party.respond(setup, code=totp(setup.secret_code, NOW))
    assert ["cognito-idp.eu-west-1.amazonaws.com"] * 5 == hosts
