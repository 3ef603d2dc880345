"""A service that does not keep the rules gets no proof, and nobody gets to see a secret."""

from __future__ import annotations

import json
import traceback
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import (
    CognitoIdpError,
    MfaSetup,
    NewPasswordRequired,
    PasswordVerifier,
    SelectMfaType,
    SignedIn,
    SignInError,
    SrpError,
    UnexpectedChallengeError,
    WebAuthn,
)
from cognito_idp._protocol.redaction import Opaque
from cognito_idp.sign_in.conversation import Conversation
from cognito_idp.sign_in.machine import AUTOMATIC, STARTS, TABLE
from tests.support.kit import options_of
from tests.support.responder import Responder, success

from .fake_accounts import CLIENT_SECRET, CODE, PASSWORD, totp_now
from .party import DEVICE, PUBLIC_APP, RIGHT, SECRET_APP, WAYS, given_for, party_of, party_with_device
from .rfc5054_server import modulus

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp import AppClient, AuthFlowType, ChallengeNameType
    from tests.support.kit import Kit

    from .party import Party

FORBIDDEN = [(name, proof) for name, proof in product(TABLE, sorted(AUTOMATIC)) if proof not in TABLE[name].leads_to]
NO_START = [(flow, proof) for flow, proof in product(STARTS, sorted(AUTOMATIC)) if proof not in STARTS[flow].leads_to]


@pytest.mark.parametrize(("name", "proof"), FORBIDDEN)
def test_no_proof_where_none_can_follow(sync_kit: Kit, name: ChallengeNameType, proof: ChallengeNameType) -> None:
    """After a challenge that it can't follow, a proof is not made, even with password and device at hand."""
    flow, way = WAYS[name]
    party = party_with_device(sync_kit)
    party.fake.forced = [*way, proof]

    def go_all_the_way() -> None:
        party.finish(party.sign_in(**given_for(flow)), device=DEVICE)

    with pytest.raises(UnexpectedChallengeError, match=f"{name} was answered with {proof}, which can't follow it"):
        go_all_the_way()
    assert [] == party.fake.forced
    assert len(way) + 1 == len(party.fake.sent)


@pytest.mark.parametrize(("flow", "proof"), NO_START)
def test_no_proof_where_none_can_come_first(kit: Kit, flow: AuthFlowType, proof: ChallengeNameType) -> None:
    """A flow that is answered with a proof that it can't begin with ends there."""
    party = party_with_device(kit)
    party.fake.forced = [proof]
    party.fake.scripted["InitiateAuth"] = party.fake.scripted["AdminInitiateAuth"] = [
        {"ChallengeName": proof, "Session": "s" * 20, "ChallengeParameters": {"USER_ID_FOR_SRP": "mary"}}
    ]
    given = (
        {**given_for(flow), "refresh_token": "token"} if "refresh_token" in STARTS[flow].required else given_for(flow)
    )
    with pytest.raises(UnexpectedChallengeError, match=f"{flow} was answered with {proof}"):
        party.sign_in(**given)
    assert 1 == len(party.fake.sent)


def test_one_proof_after_the_other(kit: Kit) -> None:
    """A service that wants a device's proof again and again gets it once."""
    party = party_with_device(kit)
    party.fake.forced = ["PASSWORD_VERIFIER", *["DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"] * 100]
    with pytest.raises(UnexpectedChallengeError, match="DEVICE_PASSWORD_VERIFIER was answered with DEVICE_SRP_AUTH"):
        party.sign_in(device=DEVICE)
    assert 4 == len(party.fake.sent)


def test_a_password_asked_for_in_clear(kit: Kit) -> None:
    """A service that answers SRP with a demand for the password gets nothing by itself; the caller sees the demand."""
    party = party_of(kit)
    party.fake.forced = ["PASSWORD"]
    outcome = party.sign_in()
    assert "PASSWORD" == outcome.name
    assert PASSWORD not in str(party.fake.sent)


@pytest.mark.parametrize("factor", [0, 1, 2, -1])
def test_a_public_value_that_is_no_proof(kit: Kit, factor: int) -> None:
    """SRP_B = 0 mod N, with which anybody could pass for the service, is refused, and nothing more is sent."""
    party = party_of(kit)
    party.fake.parameters = {"SRP_B": f"{factor * modulus():x}"}
    with pytest.raises(SrpError, match="SRP_B of the challenge is a multiple of the group's modulus"):
        party.sign_in()
    assert ["InitiateAuth"] == party.fake.operations


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SALT": None}, "the service's PASSWORD_VERIFIER lacks SALT"),
        ({"SRP_B": None}, "the service's PASSWORD_VERIFIER lacks SRP_B"),
        ({"SECRET_BLOCK": None}, "the service's PASSWORD_VERIFIER lacks SECRET_BLOCK"),
        ({"USER_ID_FOR_SRP": None}, "the service's PASSWORD_VERIFIER lacks USER_ID_FOR_SRP"),
        ({"SALT": ""}, "the service's PASSWORD_VERIFIER lacks SALT"),
        ({"SALT": "not hexadecimal"}, "SALT of the challenge is not a hexadecimal number"),
        ({"SRP_B": "0x10"}, "SRP_B of the challenge is not a hexadecimal number"),
    ],
)
def test_a_proof_that_can_not_be_made(kit: Kit, change: dict[str, str | None], message: str) -> None:
    """A challenge that lacks a parameter, or has one that can't be read, is an error that names it."""
    party = party_of(kit)
    party.fake.parameters = change
    with pytest.raises(SignInError, match=message):
        party.sign_in()
    assert ["InitiateAuth"] == party.fake.operations


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"unknown member": 1}, "neither tokens nor a challenge"),
    ({"ChallengeName": None, "Session": "s" * 20}, "neither tokens nor a challenge"),
    ({"ChallengeName": ""}, "neither tokens nor a challenge"),
    ({"AuthenticationResult": {}}, "without an access token"),
    ({"AuthenticationResult": {"IdToken": "id", "RefreshToken": "r"}}, "without an access token"),
]


@pytest.mark.parametrize("step", ["InitiateAuth", "PASSWORD_VERIFIER"])
@pytest.mark.parametrize(("answer", "message"), NONSENSE)
def test_an_answer_that_leads_nowhere(kit: Kit, step: str, answer: dict[str, Any], message: str) -> None:
    """Neither tokens nor a challenge, or tokens without the one that counts, is an error that says so."""
    party = party_of(kit)
    party.fake.scripted[step] = [answer]
    with pytest.raises(SignInError, match=message):
        party.sign_in()


@pytest.mark.parametrize(
    ("operation", "answer", "message"),
    [
        ("AssociateSoftwareToken", {"Session": "s" * 20}, "sent no secret for an authenticator app"),
        ("VerifySoftwareToken", {"Status": "ERROR", "Session": "s" * 20}, "did not accept the authenticator app"),
        ("VerifySoftwareToken", {"Status": 5, "Session": "s" * 20}, "did not accept the authenticator app"),
        ("VerifySoftwareToken", {"Session": "s" * 20}, "did not accept the authenticator app"),
    ],
)
def test_a_set_up_that_leads_nowhere(kit: Kit, operation: str, answer: dict[str, Any], message: str) -> None:
    """A set-up without a secret, or one that was not accepted, is an error, and is not answered as if it were done."""
    party = party_of(kit, "MFA_SETUP")
    challenge = party.sign_in()
    party.fake.scripted[operation] = [answer]
    with pytest.raises(SignInError, match=message):
        party.respond(party.set_up_totp(challenge), code=CODE)
    assert operation == party.fake.operations[-1]


def test_a_set_up_may_keep_its_session(kit: Kit) -> None:
    """Where AssociateSoftwareToken returns no session, that of the challenge goes on."""
    party = party_of(kit, "MFA_SETUP")
    challenge = party.sign_in()
    party.fake.scripted["AssociateSoftwareToken"] = [{"SecretCode": "JBSWY3DP"}]
    assert challenge.session == party.set_up_totp(challenge).session


def test_an_accepted_set_up_may_keep_its_session(kit: Kit) -> None:
    """Where VerifySoftwareToken returns no session, that of the set-up answers the challenge."""
    party = party_of(kit, "MFA_SETUP")
    setup = party.set_up_totp(party.sign_in())
    party.fake.scripted["VerifySoftwareToken"] = [{"Status": "SUCCESS"}]
    party.fake.scripted["MFA_SETUP"] = [{"AuthenticationResult": {"AccessToken": "t"}}]
    assert "t" == party.respond(setup, code=CODE).tokens.access_token
    assert setup.session == party.fake.sent[-1][1]["Session"]


BLOCKS = [
    "3f1c8a52-6b7d-4e9f-a0b1-c2d3e4f5a6b7",
    "not base64",
    "AAA",
    "A",
    "=",
    "\N{SNOWMAN}",
    "YQ==",
    " YQ== ",
]


@pytest.mark.parametrize("block", BLOCKS, ids=ascii)
def test_an_opaque_secret_block_goes_back_as_it_came(kit: Kit, block: str) -> None:
    """Whatever stands in SECRET_BLOCK, a proof is made and the block is sent back, for the service to judge."""
    party = party_of(kit)
    party.fake.parameters = {"SECRET_BLOCK": block}
    party.fake.scripted["PASSWORD_VERIFIER"] = [{"AuthenticationResult": {"AccessToken": "t"}}]
    assert "t" == party.sign_in().tokens.access_token
    responses = party.fake.sent[-1][1]["ChallengeResponses"]
    assert block == responses["PASSWORD_CLAIM_SECRET_BLOCK"]
    assert responses["PASSWORD_CLAIM_SIGNATURE"]


@pytest.mark.parametrize("app", [PUBLIC_APP, SECRET_APP], ids=["public client", "client with a secret"])
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"USERNAME": "mary", "USER_ID_FOR_SRP": "0f1e"}, "mary"),
        ({"USERNAME": "", "USER_ID_FOR_SRP": "0f1e"}, "0f1e"),
        ({"USER_ID_FOR_SRP": "0f1e"}, "0f1e"),
        ({"USERNAME": "mary"}, "mary"),
        ({}, "alias@example.com"),
    ],
)
def test_the_name_that_a_challenge_is_answered_with(
    kit: Kit, app: AppClient, parameters: dict[str, str], expected: str
) -> None:
    """It is the challenge's USERNAME, else its USER_ID_FOR_SRP, else the name given; the secret hash is made for it."""
    respond = Responder(
        success({"ChallengeName": "SMS_MFA", "Session": "s" * 20, "ChallengeParameters": parameters}),
        success({"AuthenticationResult": {"AccessToken": "t"}}),
    )
    client = kit.client(respond=respond)
    challenge = kit.run(client.sign_in, app, username="alias@example.com", password="p", flow="USER_PASSWORD_AUTH")
    kit.run(client.respond, app, challenge, code="123456")
    responses = json.loads(respond.requests[-1].content)["ChallengeResponses"]
    assert {"USERNAME": expected, "SMS_MFA_CODE": "123456", **app.hash_for(expected)} == responses


def test_parameters_that_are_not_json() -> None:
    """What the service describes in JSON counts as empty if it isn't that, however deep it is nested."""
    common: dict[str, Any] = {"client_id": "c", "username": "mary"}
    for text in ("", "no JSON", '"text"', "5", "[" * 100_000, '{"a":' * 100_000):
        assert () == SelectMfaType(**common, parameters={"MFAS_CAN_CHOOSE": text}).options
        assert () == MfaSetup(**common, parameters={"MFAS_CAN_SETUP": text}).options
        new_password = NewPasswordRequired(**common, parameters={"requiredAttributes": text, "userAttributes": text})
        assert ((), {}) == (new_password.required_attributes, new_password.user_attributes)
    assert None is WebAuthn(**common, parameters={"CREDENTIAL_REQUEST_OPTIONS": "[" * 100_000}).request_options
    assert None is WebAuthn(**common).request_options
    assert ("SMS_MFA",) == SelectMfaType(**common, parameters={"MFAS_CAN_CHOOSE": '["SMS_MFA", 5, null]'}).options


# -- nothing is shown -------------------------------------------------------------------------------------------------

# By name, since a traceback shows the lines of this file.
ALIAS = "mary" + "@example.com"
GUESS = "Wrong" + "-Horse-1"
GIVEN = {PASSWORD, CLIENT_SECRET, CODE, DEVICE.password, ALIAS, GUESS}


def shown(thing: object) -> str:
    """Return everything that a program may print of an outcome, or of an error and its causes."""
    texts = [str(thing), repr(thing), f"{thing}"]
    if isinstance(thing, BaseException):
        texts += [repr(thing.args), repr(vars(thing)), *traceback.format_exception(thing)]
    return "\n".join(texts)


def assert_nothing_shown(party: Party, thing: object) -> None:
    """Look for every secret that was given or that the service gave out."""
    text = shown(thing)
    parameters = [body.get("AuthParameters") or body.get("ChallengeResponses") or {} for _, body in party.fake.sent]
    secrets = GIVEN | party.fake.secrets | {each["SECRET_HASH"] for each in parameters if "SECRET_HASH" in each}
    assert [] == [secret for secret in secrets if secret in text]


@pytest.mark.parametrize("name", [*RIGHT, "PASSWORD_VERIFIER", "DEVICE_SRP_AUTH"])
def test_no_outcome_shows_a_secret(sync_kit: Kit, name: str) -> None:
    """A challenge, what sets an app up, and the tokens show neither what was given nor what the service gave out."""
    party = party_of(sync_kit, app=SECRET_APP, remembers_devices=True)
    party.fake.forced = [name]
    outcome = party.sign_in(username=ALIAS, flow="CUSTOM_AUTH", password=None)
    assert_nothing_shown(party, outcome)
    if isinstance(outcome, MfaSetup):
        setup = party.set_up_totp(outcome)
        assert_nothing_shown(party, setup)
        outcome = party.respond(setup, code=totp_now(setup.secret_code))
    elif name in RIGHT:
        outcome = party.finish(outcome)
    if isinstance(outcome, SignedIn):
        assert outcome.new_device is not None
        assert_nothing_shown(party, outcome)
        assert outcome.new_device.password not in shown(outcome)


def wrong_password(party: Party) -> None:
    """Give a wrong one."""
    party.sign_in(password=GUESS)


def missing_salt(party: Party) -> None:
    """Have the service leave something out."""
    party.fake.parameters = {"SALT": None}
    party.sign_in(username=ALIAS)


def bad_public_value(party: Party) -> None:
    """Have the service cheat."""
    party.fake.parameters = {"SRP_B": "0"}
    party.sign_in()


def unexpected(party: Party) -> None:
    """Have the service ask for a proof out of turn."""
    party.fake.forced = ["PASSWORD_VERIFIER", "PASSWORD_VERIFIER"]
    party.sign_in()


def unpaired(party: Party) -> None:
    """Give a password that can't be encoded."""
    party.sign_in(password=PASSWORD + "\ud800")


def wrong_code(party: Party) -> None:
    """Give a wrong code."""
    party.fake.forced = ["PASSWORD_VERIFIER", "SMS_MFA"]
    party.respond(party.sign_in(), code=GUESS)


def no_fit(party: Party) -> None:
    """Give an answer to another question."""
    party.fake.forced = ["PASSWORD_VERIFIER", "SMS_MFA"]
    party.respond(party.sign_in(), new_password=GUESS, password=PASSWORD)


def unknown_user(party: Party) -> None:
    """Name somebody else."""
    party.fake.user.aliases = ()
    party.sign_in(username=ALIAS, device=DEVICE)


@pytest.mark.parametrize(
    "fails", [wrong_password, missing_salt, bad_public_value, unexpected, unpaired, wrong_code, no_fit, unknown_user]
)
def test_no_error_shows_a_secret(sync_kit: Kit, fails: Callable[[Party], None]) -> None:
    """No error of a sign-in shows what was given, nor what the service gave out."""
    party = party_of(sync_kit, app=SECRET_APP)
    with pytest.raises(CognitoIdpError) as caught:
        fails(party)
    assert_nothing_shown(party, caught.value)


def test_a_conversation_shows_no_secret(sync_kit: Kit) -> None:
    """What holds everything while a call lasts shows none of it."""
    party = party_of(sync_kit, app=SECRET_APP)
    talk = Conversation(
        options=options_of(party.client),
        app=SECRET_APP,
        admin=False,
        username=ALIAS,
        password=Opaque(PASSWORD),
        device=DEVICE,
    )
    assert_nothing_shown(party, talk)
    assert "password='***'" in repr(talk)


def test_an_exchange_is_not_for_two_proofs(sync_kit: Kit) -> None:
    """A challenge whose password the call doesn't have is handed to the caller, who can't answer it later."""
    party = party_of(sync_kit)
    party.fake.forced = ["PASSWORD_VERIFIER"]
    outcome = party.sign_in(flow="USER_AUTH", password=None, preferred_challenge="PASSWORD_SRP")
    assert isinstance(outcome, PasswordVerifier)
    assert ["InitiateAuth"] == party.fake.operations
