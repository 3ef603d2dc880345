"""Devices that the pool remembers: new ones, known ones, and those that the service has forgotten."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from cognito_idp import (
    Device,
    DeviceSrpAuth,
    NotAuthorizedException,
    ResourceNotFoundException,
    SignedIn,
    SignInAnswerError,
    SignInError,
    device_verifier,
)
from tests.support.kit import with_options

from .fake_accounts import CODE, RefusedError, totp_now
from .party import PUBLIC_APP, SECRET_APP, party_of
from .rfc5054_server import enrol_device

if TYPE_CHECKING:
    from cognito_idp import AppClient
    from tests.support.kit import Kit

    from .party import Party

UNKNOWN = Device(key="us-east-1_unknown", group_key="-group", password="password of an unknown device")
DEVICE_PROOF = ["RespondToAuthChallenge DEVICE_SRP_AUTH", "RespondToAuthChallenge DEVICE_PASSWORD_VERIFIER"]
GONE = RefusedError("ResourceNotFoundException", "Device does not exist.")


def party_that_remembers(kit: Kit, *plan: str, app: AppClient = PUBLIC_APP) -> Party:
    """Return a client, and a service that tracks devices."""
    return party_of(kit, *plan, app=app, remembers_devices=True)


def remembered(party: Party) -> Device:
    """Sign in from a new device, and have it remembered."""
    outcome = party.finish(party.sign_in())
    assert outcome.new_device is not None
    party.remember_device(outcome.tokens.access_token, outcome.new_device)
    party.fake.sent.clear()
    return outcome.new_device


@pytest.mark.parametrize("admin", [False, True], ids=["public", "admin"])
@pytest.mark.parametrize("app", [PUBLIC_APP, SECRET_APP], ids=["public client", "client with a secret"])
def test_a_remembered_device_needs_no_second_factor(kit: Kit, app: AppClient, admin: bool) -> None:
    """A new device is told of, remembered, and answers for itself at the next sign-in, instead of a code."""
    party = party_that_remembers(kit, "SMS_MFA", app=app)
    first = party.respond(party.sign_in(admin=admin), code=CODE)
    device = first.new_device
    assert isinstance(device, Device)
    assert False is party.remember_device(first.tokens.access_token, device)
    assert "ConfirmDevice" == party.fake.operations[-1]
    party.fake.sent.clear()

    second = party.sign_in(admin=admin, device=device)
    assert isinstance(second, SignedIn)
    assert (None, False) == (second.new_device, second.device_dropped)
    prefix = "Admin" * admin
    calls = ["InitiateAuth", "RespondToAuthChallenge PASSWORD_VERIFIER", *DEVICE_PROOF]
    assert [prefix + call for call in calls] == party.fake.operations
    keys = {(body.get("AuthParameters") or body["ChallengeResponses"])["DEVICE_KEY"] for _, body in party.fake.sent}
    assert {device.key} == keys


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH"])
def test_every_flow_takes_a_device(kit: Kit, flow: str) -> None:
    """Whatever proves the user, the device's proof comes after it."""
    party = party_that_remembers(kit, "SMS_MFA")
    device = remembered(party)
    assert isinstance(party.sign_in(flow=flow, device=device), SignedIn)
    assert DEVICE_PROOF == party.fake.operations[-2:]


def test_the_user_must_agree(kit: Kit) -> None:
    """`remember_device` passes the device's name on, and says whether the user must still agree."""
    party = party_that_remembers(kit)
    outcome = party.sign_in()
    assert True is party.remember_device(outcome.tokens.access_token, outcome.new_device, "shared")
    assert "shared" == party.fake.sent[-1][1]["DeviceName"]


def test_the_service_gets_a_verifier_of_the_device(kit: Kit) -> None:
    """ConfirmDevice carries a fresh salt and the verifier of the device's password, and not the password."""
    party = party_that_remembers(kit)
    outcome = party.sign_in()
    device = outcome.new_device
    party.remember_device(outcome.tokens.access_token, device)
    sent = party.fake.sent[-1][1]["DeviceSecretVerifierConfig"]
    account = enrol_device(device.group_key + device.key, sent["Salt"], sent["PasswordVerifier"])
    salt = account.salt.to_bytes(16, "big")
    made = device_verifier(
        device_group_key=device.group_key, device_key=device.key, device_password=device.password, salt=salt
    )
    assert made == (sent["Salt"], sent["PasswordVerifier"])
    assert device.password not in str(party.fake.sent)


def test_every_verifier_has_a_salt_of_its_own(kit: Kit) -> None:
    """The salt of a device's verifier is 16 random bytes, drawn anew each time."""
    party = party_that_remembers(kit)
    outcome = party.sign_in()
    sizes: list[int] = []

    def token_bytes(size: int) -> bytes:
        sizes.append(size)
        return bytes([len(sizes)]) * size

    with_options(party.client, token_bytes=token_bytes)
    for _ in range(2):
        party.remember_device(outcome.tokens.access_token, outcome.new_device)
    salts = [body["DeviceSecretVerifierConfig"]["Salt"] for _, body in party.fake.sent[-2:]]
    assert [b64encode(bytes([n]) * 16).decode() for n in (1, 2)] == salts
    assert [16, 16] == sizes


def test_every_new_device_gets_a_password_of_its_own(kit: Kit) -> None:
    """A device's password is 40 random bytes."""
    party = party_that_remembers(kit)
    drawn = iter([b"1" * 40, b"2" * 40])
    sizes: list[int] = []

    def token_bytes(size: int) -> bytes:
        sizes.append(size)
        return next(drawn)

    with_options(party.client, token_bytes=token_bytes)
    first, second = party.sign_in().new_device, party.sign_in().new_device
    assert first.password != second.password
    assert [40, 40] == sizes


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_AUTH"])
@pytest.mark.parametrize("app", [PUBLIC_APP, SECRET_APP], ids=["public client", "client with a secret"])
def test_an_unknown_device_is_dropped(kit: Kit, flow: str, app: AppClient) -> None:
    """The sign-in is begun once more without a device that the service doesn't know, and the outcome says so."""
    party = party_that_remembers(kit, app=app)
    outcome = party.sign_in(username="mary@example.com", flow=flow, device=UNKNOWN)
    assert isinstance(outcome, SignedIn)
    assert outcome.device_dropped
    assert isinstance(outcome.new_device, Device)
    starts = [body["AuthParameters"] for operation, body in party.fake.sent if operation == "InitiateAuth"]
    assert [UNKNOWN.key, None] == [parameters.get("DEVICE_KEY") for parameters in starts]
    assert {"mary@example.com"} == {parameters["USERNAME"] for parameters in starts}
    assert 1 == str(party.fake.sent).count(UNKNOWN.key)


@pytest.mark.parametrize("challenge", ["PASSWORD_VERIFIER", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"])
def test_a_device_is_dropped_at_whatever_step(kit: Kit, challenge: str) -> None:
    """Where the service notices late that it doesn't know the device, the whole sign-in is begun once more."""
    party = party_that_remembers(kit, "SMS_MFA")
    device = remembered(party)
    party.fake.scripted[challenge] = [GONE]
    outcome = party.sign_in(username="mary@example.com", device=device)
    assert ("SMS_MFA", True) == (outcome.name, outcome.device_dropped)
    starts = [body["AuthParameters"]["USERNAME"] for _, body in party.fake.sent if "AuthParameters" in body]
    assert ["mary@example.com", "mary@example.com"] == starts
    outcome = party.respond(outcome, code=CODE)
    assert isinstance(outcome, SignedIn)
    assert outcome.device_dropped


def test_a_dropped_device_is_told_of_in_every_outcome(kit: Kit) -> None:
    """Challenges carry `device_dropped` on, through the set-up of an app and through storage, to the tokens."""
    party = party_that_remembers(kit, "NEW_PASSWORD_REQUIRED", "MFA_SETUP")
    challenge = party.sign_in(device=UNKNOWN)
    assert challenge.device_dropped
    challenge = party.respond(challenge, new_password="Battery-Staple-2")
    assert challenge.device_dropped
    assert party.set_up_totp(challenge).device_dropped


def test_a_device_is_dropped_only_once(kit: Kit) -> None:
    """A service that still speaks of a device when none was given gets no third try."""
    party = party_of(kit)
    party.fake.scripted["InitiateAuth"] = [GONE, GONE, GONE]
    with pytest.raises(ResourceNotFoundException, match="Device does not exist") as caught:
        party.sign_in(device=UNKNOWN)
    assert ["InitiateAuth", "InitiateAuth"] == party.fake.operations
    assert None is caught.value.__context__


@pytest.mark.parametrize(
    ("device", "message"), [(UNKNOWN, "User pool client does not exist."), (None, "Device does not exist.")]
)
def test_what_else_is_not_found(kit: Kit, device: Device | None, message: str) -> None:
    """An error that is not about a device, or without one given, is the caller's to see."""
    party = party_of(kit)
    party.fake.scripted["InitiateAuth"] = [RefusedError("ResourceNotFoundException", message)]
    with pytest.raises(ResourceNotFoundException, match=message):
        party.sign_in(device=device)
    assert ["InitiateAuth"] == party.fake.operations


def test_a_wrong_device_password(kit: Kit) -> None:
    """A device that proves another password than was confirmed is refused; that is not a device to drop."""
    party = party_that_remembers(kit)
    device = remembered(party)
    with pytest.raises(NotAuthorizedException):
        party.sign_in(device=attrs.evolve(device, password="wrong"))
    assert 1 == party.fake.operations.count("InitiateAuth")


@pytest.mark.parametrize("admin", [False, True], ids=["public", "admin"])
def test_a_device_given_to_respond(kit: Kit, admin: bool) -> None:
    """DEVICE_SRP_AUTH waits for a device where none was given, and the next call may bring it."""
    party = party_that_remembers(kit)
    device = remembered(party)
    party.fake.forced = ["PASSWORD_VERIFIER", "DEVICE_SRP_AUTH"]
    challenge = party.sign_in(admin=admin)
    assert isinstance(challenge, DeviceSrpAuth)
    with pytest.raises(SignInAnswerError, match="DEVICE_SRP_AUTH needs device="):
        party.respond(challenge)
    with pytest.raises(SignInAnswerError, match="DEVICE_SRP_AUTH takes no code=; it takes device="):
        party.respond(challenge, device=device, code=CODE)
    outcome = party.respond(challenge, device=device)
    assert isinstance(outcome, SignedIn)
    assert ["Admin" * admin + call for call in DEVICE_PROOF] == party.fake.operations[-2:]


def test_a_device_goes_along_with_a_code(kit: Kit) -> None:
    """A device that is given with an answer is named to the service, and proven if it asks."""
    party = party_that_remembers(kit)
    device = remembered(party)
    party.fake.forced = ["PASSWORD_VERIFIER", "SMS_MFA", "DEVICE_SRP_AUTH"]
    outcome = party.respond(party.sign_in(), code=CODE, device=device)
    assert isinstance(outcome, SignedIn)
    assert [f"RespondToAuthChallenge {name}" for name in ("PASSWORD_VERIFIER", "SMS_MFA")] == party.fake.operations[1:3]
    assert device.key == party.fake.sent[2][1]["ChallengeResponses"]["DEVICE_KEY"]


@pytest.mark.parametrize("name", ["SMS_MFA", "CUSTOM_CHALLENGE", "NEW_PASSWORD_REQUIRED"])
def test_an_unknown_device_given_to_respond(kit: Kit, name: str) -> None:
    """The same answer is given once more without the device, and the outcome says so."""
    answers: dict[str, dict[str, Any]] = {
        "SMS_MFA": {"code": CODE},
        "CUSTOM_CHALLENGE": {"answer": "42"},
        "NEW_PASSWORD_REQUIRED": {"new_password": "Battery-Staple-2"},
    }
    party = party_that_remembers(kit, name)
    challenge = party.sign_in()
    party.fake.sent.clear()
    outcome = party.respond(challenge, **answers[name], device=UNKNOWN)
    assert isinstance(outcome, SignedIn)
    assert outcome.device_dropped
    assert [f"RespondToAuthChallenge {name}"] * 2 == party.fake.operations
    assert 1 == str(party.fake.sent).count(UNKNOWN.key)


def test_an_unknown_device_with_a_set_up(kit: Kit) -> None:
    """The code of a new app is verified once; only the answer after it is given again without the device."""
    party = party_that_remembers(kit, "MFA_SETUP")
    setup = party.set_up_totp(party.sign_in())
    party.fake.sent.clear()
    outcome = party.respond(setup, code=totp_now(setup.secret_code), device=UNKNOWN)
    assert outcome.device_dropped
    assert ["VerifySoftwareToken", *["RespondToAuthChallenge MFA_SETUP"] * 2] == party.fake.operations


def test_a_device_that_must_prove_itself_is_not_dropped(kit: Kit) -> None:
    """DEVICE_SRP_AUTH can't be answered without a device, so that an unknown one ends the sign-in."""
    party = party_that_remembers(kit)
    party.fake.forced = ["PASSWORD_VERIFIER", "DEVICE_SRP_AUTH"]
    challenge = party.sign_in()
    with pytest.raises(ResourceNotFoundException, match="Device does not exist"):
        party.respond(challenge, device=UNKNOWN)
    assert 3 == len(party.fake.sent)


@pytest.mark.parametrize("missing", ["SALT", "SRP_B", "SECRET_BLOCK"])
def test_a_devices_challenge_that_lacks_something(kit: Kit, missing: str) -> None:
    """A DEVICE_PASSWORD_VERIFIER without what a proof is made of is an error that names it."""
    party = party_that_remembers(kit)
    device = remembered(party)
    party.fake.forced = ["DEVICE_SRP_AUTH"]
    party.fake.parameters = {missing: None}
    with pytest.raises(SignInError, match=f"DEVICE_PASSWORD_VERIFIER lacks {missing}"):
        party.sign_in(flow="USER_PASSWORD_AUTH", device=device)


def test_a_refresh_from_a_device(kit: Kit) -> None:
    """Where the sign-in came from a remembered device, REFRESH_TOKEN_AUTH must name it."""
    party = party_that_remembers(kit)
    device = remembered(party)
    refresh_token = party.sign_in(device=device).tokens.refresh_token
    given: dict[str, Any] = {"password": None, "flow": "REFRESH_TOKEN_AUTH", "refresh_token": refresh_token}
    assert isinstance(party.sign_in(**given, device=device), SignedIn)
    with pytest.raises(NotAuthorizedException):
        party.sign_in(**given)


def test_only_the_devices_names_are_shown() -> None:
    """A device's `repr` has its keys, and not its password."""
    assert "Device(key='us-east-1_unknown', group_key='-group', password='***')" == repr(UNKNOWN)
