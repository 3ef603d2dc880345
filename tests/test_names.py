"""Names that nearly exist: what is refused, what is sent, and what the error says was probably meant."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AccountRecoverySettingType,
    AppClient,
    RecoveryOptionType,
    RequestValidationError,
    ServiceError,
    SignInAnswerError,
    UnknownOperationException,
    UnknownServiceError,
)
from cognito_idp._call.names import operation_meant, problem_of, request_type
from cognito_idp._errors import ConfigError
from cognito_idp._protocol.spelling import SLIP, is_one_slip, near
from cognito_idp.model.index import HOMES
from cognito_idp.testing import StubTransport, UnexpectedCallError
from tests.support.responder import Responder, error

if TYPE_CHECKING:
    import httpx

    from tests.support.kit import Kit

OPERATIONS = sorted(name.removesuffix("Request") for name in HOMES if name.endswith("Request"))
UNKNOWN = error("UnknownOperationException")
# Names that no newer operation can have, and the one that each stands for.
SLIPS = {
    "listUsers": "ListUsers",
    "list_users": "ListUsers",
    "list-users": "ListUsers",
    "LISTUSERS": "ListUsers",
    "Listusers": "ListUsers",
    "admin_set_user_mfa_preference": "AdminSetUserMFAPreference",
    "AdminSetUserMfaPreference": "AdminSetUserMFAPreference",
    "GetCsvHeader": "GetCSVHeader",
    "ListUsers ": "ListUsers",
    "ListUsers()": "ListUsers",
    "list_user": "ListUsers",
}


def called(kit: Kit, client: Any, way: str, name: Any) -> None:
    """Call an operation by name, as one call or as pages."""
    if way == "call":
        kit.run(client.call, name)
    else:
        kit.collect(client.call_pages(name, input_token="NextToken"))


@pytest.mark.parametrize("way", ["call", "call_pages"])
@pytest.mark.parametrize("name", SLIPS)
def test_a_name_that_no_operation_can_have(kit: Kit, way: str, name: str) -> None:
    """A name that differs from a known one in case or separators is refused before sending, with the right one."""
    service = Responder()
    with pytest.raises(RequestValidationError, match=f"did you mean {SLIPS[name]}\\?"):
        called(kit, kit.client(respond=service), way, name)
    assert [] == service.requests


@pytest.mark.parametrize("name", ["", "x", "nothing like it", 7, None, ["ListUsers"]])
def test_a_name_that_is_near_to_nothing(kit: Kit, name: Any) -> None:
    """What can't be a name and is near to none is refused without a guess."""
    service = Responder()
    with pytest.raises(RequestValidationError, match=r"must be the name of an operation, such as 'ListUsers'$"):
        kit.run(kit.client(respond=service).call, name)
    assert [] == service.requests


@pytest.mark.parametrize("way", ["call", "call_pages"])
@pytest.mark.parametrize(
    ("name", "meant"), [("ListUser", "ListUsers"), ("AdminInitAuth", "AdminInitiateAuth"), ("GetUsers", "GetUser")]
)
def test_a_near_name_is_sent(kit: Kit, way: str, name: str, meant: str) -> None:
    """A near name may be a newer operation's, so it is sent; the service's refusal carries a note on what is near."""
    service = Responder(UNKNOWN)
    with pytest.raises(UnknownOperationException) as caught:
        called(kit, kit.client(respond=service), way, name)
    assert 1 == len(service.requests)
    expected = [f"{name} is not an operation that this version knows; did you mean {meant}?"]
    assert expected == caught.value.__notes__
    assert expected == pickle.loads(pickle.dumps(caught.value)).__notes__
    assert "text" == caught.value.message


def test_the_code_of_older_protocols(kit: Kit) -> None:
    """A service that says `InvalidAction` instead, as the server for tests does, gets the note as well."""
    with pytest.raises(UnknownServiceError) as caught:
        kit.run(kit.client(respond=Responder(error("InvalidAction"))).call, "ListUser")
    assert 1 == len(caught.value.__notes__)


@pytest.mark.parametrize(("name", "answer"), [("BrandNewThing", UNKNOWN), ("ListUsers", UNKNOWN)])
def test_no_note_without_a_guess(kit: Kit, name: str, answer: httpx.Response) -> None:
    """An operation that is near to none, or that this version knows itself, is refused without a note."""
    with pytest.raises(UnknownOperationException) as caught:
        kit.run(kit.client(respond=Responder(answer)).call, name)
    assert not hasattr(caught.value, "__notes__")


def test_another_error_has_no_note(kit: Kit) -> None:
    """An error that says nothing about the name carries no note on it."""
    with pytest.raises(Exception, match="text") as caught:
        kit.run(kit.client(respond=Responder(error("NotAuthorizedException"))).call, "ListUser")
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize(("name", "meant"), [*SLIPS.items(), ("ListUser", "ListUsers")])
def test_warming_up(kit: Kit, name: str, meant: str) -> None:
    """`warm_up` knows its operations, so it refuses any other name, and says which one is near."""
    service = Responder()
    with pytest.raises(ConfigError, match=f"did you mean {meant}\\?"):
        kit.run(kit.client(respond=service).warm_up, name)
    assert [] == service.requests


def test_a_stub(kit: Kit) -> None:
    """A stub that is asked for an operation it doesn't know says which one is near."""
    stub = StubTransport()
    client = stub.client() if kit.kind == "sync" else stub.async_client()
    with pytest.raises(UnexpectedCallError, match=r"did you mean AdminGetUser\?"):
        kit.run(client.call, "AdminGetUsers")


@given(st.sampled_from(OPERATIONS), st.data())
def test_every_spelling_leads_to_the_operation(name: str, data: st.DataObject) -> None:
    """Whatever the case and the separators, a known operation's name is found, and can't be another operation's."""
    upper = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    spelled = "".join(letter.upper() if up else letter.lower() for letter, up in zip(name, upper, strict=True))
    at = data.draw(st.integers(0, len(name)))
    spelled = spelled[:at] + data.draw(st.sampled_from(["", "_", "-", " "])) + spelled[at:]
    assert name == operation_meant(spelled)
    problem = problem_of(spelled)
    assert problem is not None
    assert problem.endswith(f"; did you mean {name}?")


@given(st.text(), st.lists(st.text()))
def test_only_known_names_are_near(name: str, known: list[str]) -> None:
    """What is near is always one of the known names."""
    match = near(name, known)
    assert match is None or match in known


def test_request_types() -> None:
    """An operation's request struct is found by its name, and nothing else is."""
    assert "ListUsersRequest" == getattr(request_type("ListUsers"), "__name__", None)
    assert [None, None] == [request_type("ListUser"), request_type("UserType")]


WORDS = ["sign-in", "verify", "local", "refresh", "whoami", "sign-out", "list-users", "get-user"]


@given(st.sampled_from(WORDS), st.data())
def test_one_slip_is_near_enough(word: str, data: st.DataObject) -> None:
    """A name with two letters swapped, one missing, one too many or a wrong one says which name was meant."""
    at = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("aeiou"))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    missing, wrong = word[:at] + word[at + 1 :], word[:at] + letter + word[at + 1 :]
    for slip in (swapped, missing, wrong, word[:at] + letter + word[at:]):
        assert word == near(slip, WORDS, SLIP)
        assert word == slip or is_one_slip(slip, word)


@pytest.mark.parametrize("name", ["in", "nothing", "signing-up", "ver", "users"])
def test_more_than_a_slip_says_nothing(name: str) -> None:
    """A name that is further from all others brings no guess."""
    assert near(name, WORDS, SLIP) is None


# --- enum values ---

# A call with a value that this version doesn't know but that is near one, and the note on the service's refusal.
VALUES: dict[str, tuple[str, dict[str, Any], str]] = {
    "flow": (
        "initiate_auth",
        {"client_id": "c", "auth_flow": "USER_PASSWORD"},
        (
            "InitiateAuthRequest.auth_flow: 'USER_PASSWORD' is not a value that this version knows; "
            "did you mean USER_PASSWORD_AUTH?"
        ),
    ),
    "misspelt": (
        "admin_create_user",
        {"user_pool_id": "p", "username": "u", "message_action": "SUPRESS"},
        (
            "AdminCreateUserRequest.message_action: 'SUPRESS' is not a value that this version knows; "
            "did you mean SUPPRESS?"
        ),
    ),
    "case": (
        "set_user_pool_mfa_config",
        {"user_pool_id": "p", "mfa_configuration": "optional"},
        (
            "SetUserPoolMfaConfigRequest.mfa_configuration: 'optional' is not a value that this version knows; "
            "did you mean OPTIONAL?"
        ),
    ),
    "in a list": (
        "create_user_pool_client",
        {"user_pool_id": "p", "client_name": "c", "explicit_auth_flows": ["ALLOW_USER_AUTH", "ALLOW_USER_SRP"]},
        (
            "CreateUserPoolClientRequest.explicit_auth_flows: 'ALLOW_USER_SRP' is not a value that this version knows; "
            "did you mean ALLOW_USER_SRP_AUTH? (at explicit_auth_flows[1])"
        ),
    ),
    "nested": (
        "create_user_pool",
        {
            "pool_name": "p",
            "account_recovery_setting": AccountRecoverySettingType(
                recovery_mechanisms=[RecoveryOptionType(priority=1, name="verified_mail")]
            ),
        },
        (
            "RecoveryOptionType.name: 'verified_mail' is not a value that this version knows; "
            "did you mean verified_email? (at account_recovery_setting.recovery_mechanisms[0].name)"
        ),
    ),
}
refusals = pytest.mark.parametrize(
    "code", ["InvalidParameterException", "SerializationException", "ValidationException"]
)


@refusals
@pytest.mark.parametrize("case", VALUES)
def test_a_refused_value_that_is_near_a_known_one(kit: Kit, case: str, code: str) -> None:
    """An unknown value is sent as it is; if the service refuses the request, a note says which known one is near."""
    method, members, note = VALUES[case]
    service = Responder(error(code))
    client = kit.client(respond=service)
    with pytest.raises(ServiceError) as caught:
        kit.run(getattr(client, method), **members)
    assert [note] == caught.value.__notes__
    assert 1 == len(service.requests)
    assert [note] == pickle.loads(pickle.dumps(caught.value)).__notes__


@pytest.mark.parametrize(
    ("flow", "code"),
    [
        ("USER_AUTH", "InvalidParameterException"),
        ("BRAND_NEW", "InvalidParameterException"),
        ("USER_PASSWORD", "NotAuthorizedException"),
        ("USER_PASSWORD", "TooManyRequestsException"),
    ],
)
def test_values_without_a_hint(kit: Kit, flow: str, code: str) -> None:
    """A known value, one that is near to none, and an error that isn't about a value bring no note."""
    client = kit.client(respond=Responder(error(code)), retry="off")
    with pytest.raises(ServiceError) as caught:
        kit.run(client.initiate_auth, client_id="c", auth_flow=flow)
    assert not hasattr(caught.value, "__notes__")


def test_an_accepted_value_costs_nothing(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is looked for while the service accepts the request."""
    monkeypatch.setattr("cognito_idp._call.names.add_value_hints", None)
    kit.run(kit.client(respond=Responder()).initiate_auth, client_id="c", auth_flow="USER_PASSWORD")


def test_a_flow_that_sign_in_does_not_know(kit: Kit) -> None:
    """`sign_in` knows its flows, so it refuses any other, and says which one is near."""
    client = kit.client(respond=Responder())
    with pytest.raises(SignInAnswerError, match=r"did you mean USER_PASSWORD_AUTH\?"):
        kit.run(client.sign_in, AppClient("eu-west-1_a", "c"), username="u", password="p", flow="USER_PASSWORD")
