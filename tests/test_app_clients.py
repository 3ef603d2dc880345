"""An `AppClient` in the place of a request's client id."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import (
    AddUserPoolClientSecretRequest,
    AdminInitiateAuthRequest,
    AppClient,
    ConfigError,
    InitiateAuthRequest,
    RequestValidationError,
    SignUpRequest,
    SignUpResponse,
    secret_hash,
)
from cognito_idp.testing import StubTransport
from tests.conformance.values import request_classes, sample

if TYPE_CHECKING:
    from cognito_idp._structs.struct import Request
    from tests.support.kit import Kit

POOL_ID, CLIENT_ID, CLIENT_SECRET = "eu-west-1_EXAMPLE", "1example23456789", "Z2l2ZW4tdG8tdGhlLWFwcC1jbGllbnQ"
APP = AppClient(POOL_ID, CLIENT_ID, CLIENT_SECRET)
PUBLIC = AppClient(POOL_ID, CLIENT_ID)
HASH = secret_hash("mary", CLIENT_ID, CLIENT_SECRET)

# Every operation whose request has a client id, by what proves the secret. A new one in the model has to be placed.
BY_HASH = {"ConfirmForgotPassword", "ConfirmSignUp", "ForgotPassword", "ResendConfirmationCode", "SignUp"}
BY_SECRET = {"GetDerivedToken", "GetTokensFromRefreshToken", "RevokeToken"}
BY_SECRET_NAMED_SECRET = {"GetClientToken"}
BY_PARAMETERS = {"AdminInitiateAuth", "InitiateAuth"}
BY_RESPONSES = {"AdminRespondToAuthChallenge", "RespondToAuthChallenge"}
BY_ID_ALONE = {
    "AddUserPoolClientSecret",
    "CreateCIMDPolicy",
    "CreateManagedLoginBranding",
    "CreateTerms",
    "DeleteUserPoolClient",
    "DeleteUserPoolClientSecret",
    "DescribeManagedLoginBrandingByClient",
    "DescribeRiskConfiguration",
    "DescribeTermsByClient",
    "DescribeUserPoolClient",
    "GetUICustomization",
    "GetUserPoolClientSessionConfiguration",
    "ListUserPoolClientSecrets",
    "SetRiskConfiguration",
    "SetUICustomization",
    "SetUserPoolClientSessionConfiguration",
    "UpdateCIMDPolicy",
    "UpdateUserPoolClient",
}
_IN_MAP = {"USERNAME": "mary", "SECRET_HASH": HASH}
PROOFS: dict[str, dict[str, Any]] = {
    **{key: {"secret_hash": HASH} for key in BY_HASH},
    **{key: {"client_secret": CLIENT_SECRET} for key in BY_SECRET},
    **{key: {"secret": CLIENT_SECRET} for key in BY_SECRET_NAMED_SECRET},
    **{key: {"auth_parameters": _IN_MAP} for key in BY_PARAMETERS},
    **{key: {"challenge_responses": _IN_MAP} for key in BY_RESPONSES},
    **{key: {} for key in BY_ID_ALONE},
}
WITH_CLIENT_ID = {
    cls.operation.name: cls
    for cls in request_classes()
    if any(member.wire_name == "ClientId" for member in cls._members)
}
_PROVING = ("secret_hash", "client_secret", "secret")


def arguments(cls: type[Request[Any]], app: AppClient) -> dict[str, Any]:
    """Return what makes a request by an app client, without a proof of its secret."""
    request = sample(cls, filler="x", secret="x")
    members = {member.name: getattr(request, member.name) for member in cls._members}
    members |= {name: None for name in _PROVING if name in members}
    members |= {name: {"USERNAME": "mary"} for name in ("auth_parameters", "challenge_responses") if name in members}
    return members | {"client_id": app} | ({"username": "mary"} if "username" in members else {})


def test_every_request_with_a_client_id_is_known() -> None:
    """The tables above have all of them."""
    assert WITH_CLIENT_ID.keys() == PROOFS.keys()


@pytest.mark.parametrize("name", sorted(WITH_CLIENT_ID))
def test_a_request_takes_an_app_client(name: str) -> None:
    """It has the client's id, the proof that the operation asks for, and nothing else that the caller didn't give."""
    cls = WITH_CLIENT_ID[name]
    assert cls(**arguments(cls, APP) | {"client_id": CLIENT_ID, **PROOFS[name]}) == cls(**arguments(cls, APP))


@pytest.mark.parametrize("name", sorted(WITH_CLIENT_ID.keys() - BY_SECRET_NAMED_SECRET))
def test_a_client_without_a_secret_proves_none(name: str) -> None:
    """Such a request is the one with the plain id."""
    cls = WITH_CLIENT_ID[name]
    assert cls(**arguments(cls, PUBLIC) | {"client_id": CLIENT_ID}) == cls(**arguments(cls, PUBLIC))


def test_a_secret_that_is_needed_and_not_there() -> None:
    """GetClientToken can't be called by a client without a secret."""
    cls = WITH_CLIENT_ID["GetClientToken"]
    with pytest.raises(RequestValidationError, match=r"secret: is required"):
        cls(**arguments(cls, PUBLIC))


@pytest.mark.parametrize("name", sorted(PROOFS.keys() - BY_ID_ALONE))
def test_a_given_proof_wins(name: str) -> None:
    """What the caller gives is sent as it is."""
    cls = WITH_CLIENT_ID[name]
    given = {
        key: {"USERNAME": "mary", "SECRET_HASH": "given"} if isinstance(value, dict) else "given"
        for key, value in PROOFS[name].items()
    }
    if name == "GetClientToken":
        given = {"secret": "given" * 10}
    if name in BY_SECRET:
        given = {"client_secret": "given" * 10}
    request = cls(**arguments(cls, APP) | given)
    assert given == {key: getattr(request, key) for key in given}


def test_an_administrator_gives_a_further_secret() -> None:
    """The `client_secret` of AddUserPoolClientSecret is a new one, so an app client's own is not put there."""
    assert AddUserPoolClientSecretRequest(user_pool_id=POOL_ID, client_id=APP).client_secret is None


def test_a_sign_in_without_a_name_has_no_hash() -> None:
    """Over which name a refresh token's hash goes, the request doesn't say."""
    parameters = {"REFRESH_TOKEN": "r"}
    request = InitiateAuthRequest(client_id=APP, auth_flow="REFRESH_TOKEN_AUTH", auth_parameters=parameters)
    assert parameters == request.auth_parameters
    assert InitiateAuthRequest(client_id=APP, auth_flow="USER_AUTH").auth_parameters is None


def test_the_callers_parameters_stay_as_they_are() -> None:
    """The hash goes into the request's own copy."""
    parameters = {"USERNAME": "mary"}
    AdminInitiateAuthRequest(user_pool_id=POOL_ID, client_id=APP, auth_flow="USER_AUTH", auth_parameters=parameters)
    assert {"USERNAME": "mary"} == parameters


def test_all_faults_at_once_with_an_app_client() -> None:
    """Faults beside the app client are told as always."""
    with pytest.raises(RequestValidationError) as caught:
        SignUpRequest(client_id=APP, username=3, user_attributes={"email": None})  # type: ignore[arg-type]
    assert ["username", "user_attributes['email']"] == [fault.path for fault in caught.value.faults]


def test_a_name_that_can_not_be_hashed() -> None:
    """Half a surrogate pair is a fault like others, and is told with them."""
    with pytest.raises(RequestValidationError, match="half a surrogate pair") as caught:
        SignUpRequest(client_id=APP, username="\ud800", password="x" * 300)
    assert {"secret_hash", "password"} == {fault.path for fault in caught.value.faults}


@pytest.mark.parametrize("value", [3, (POOL_ID, CLIENT_ID), {"client_id": CLIENT_ID}])
def test_what_is_no_app_client_is_refused(value: Any) -> None:
    """Only an `AppClient` or a string will do."""
    with pytest.raises(RequestValidationError, match="client_id: must be a string"):
        SignUpRequest(client_id=value, username="mary")


def test_the_methods_take_an_app_client(kit: Kit) -> None:
    """A client's method takes what the struct takes."""
    stub = StubTransport()
    stub.add(SignUpResponse(user_confirmed=False, user_sub="s"))
    client = stub.client() if kit.kind == "sync" else stub.async_client()
    kit.run(client.sign_up, client_id=APP, username="mary")
    stub.assert_sent(SignUpRequest(client_id=CLIENT_ID, username="mary", secret_hash=HASH))


# --- from_secret ---


def secret_string(**changes: Any) -> str:
    """Return what Secrets Manager holds, with changes."""
    held = {"userPoolId": POOL_ID, "userPoolClientId": CLIENT_ID, "clientSecretValue": CLIENT_SECRET}
    return json.dumps(held | changes)


def test_a_secret_of_secrets_manager() -> None:
    """The three documented members make the app client; others are ignored."""
    assert APP == AppClient.from_secret(secret_string())
    assert APP == AppClient.from_secret(secret_string(somethingNew={"a": 1}))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "is not JSON"),
        ("", "is not JSON"),
        (f"{CLIENT_SECRET}", "is not JSON"),
        (secret_string()[:-1], "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (json.dumps(CLIENT_SECRET), "is not a JSON object"),
        (json.dumps([CLIENT_SECRET]), "is not a JSON object"),
        (
            json.dumps({"clientSecret": CLIENT_SECRET}),
            "lacks the string userPoolId, userPoolClientId, clientSecretValue",
        ),
        (secret_string(clientSecretValue=None), "lacks the string clientSecretValue"),
        (secret_string(userPoolClientId=3), "lacks the string userPoolClientId"),
        (secret_string(clientSecretValue=""), "must not be empty"),
        (secret_string(userPoolId="x"), "is not the id of a user pool"),
    ],
)
def test_another_secret_is_refused_unseen(text: Any, problem: str) -> None:
    """The error says what is wrong, and neither it nor its context holds the text."""
    with pytest.raises(ConfigError, match=problem) as caught:
        AppClient.from_secret(text)
    assert caught.value.__context__ is None
    assert CLIENT_SECRET not in "".join(traceback.format_exception(caught.value))
