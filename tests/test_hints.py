"""boto3's habits: what a struct, a client and an error say about names that only boto3 has, and dicts for structs."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AccountRecoverySettingType,
    AdminCreateUserRequest,
    AdminGetUserResponse,
    AdminInitiateAuthRequest,
    AdminInitiateAuthResponse,
    AsyncClient,
    AttributeType,
    AuthenticationResultType,
    Client,
    ContextDataType,
    CreateUserPoolRequest,
    DeviceType,
    EmptyResponse,
    GetUserResponse,
    HttpHeader,
    ListUsersRequest,
    NewPasswordRequired,
    NotAuthorizedException,
    RecoveryOptionType,
    RequestValidationError,
    SignedIn,
    Tokens,
    UserType,
    from_wire,
    to_wire,
)
from cognito_idp.testing import StubTransport
from tests.conformance.values import sample, struct_classes
from tests.support.kit import CREDENTIALS
from tests.support.loop import for_each

if TYPE_CHECKING:
    from cognito_idp._structs.struct import Struct
    from tests.support.kit import Kit

STRUCTS = [cls for cls in struct_classes() if cls._members]
RESPONSE: Any = AdminInitiateAuthResponse(authentication_result=AuthenticationResultType(access_token="t"))


def faults(cls: Any, **members: Any) -> list[tuple[str, str]]:
    """Return where and with what a struct refuses its arguments."""
    with pytest.raises(RequestValidationError) as caught:
        cls(**members)
    return [(fault.path, fault.problem) for fault in caught.value.faults]


# --- reading ---


@pytest.mark.slow
@for_each("cls", STRUCTS)
def test_every_member_is_found_by_its_wire_name(cls: type[Struct]) -> None:
    """An attribute or an item by boto3's name raises, and the message has the member's own name."""
    struct: Any = sample(cls)
    for member in cls._members:
        if not hasattr(cls, member.wire_name):
            with pytest.raises(AttributeError, match=rf"'{member.wire_name}'; did you mean {member.name}\?$"):
                getattr(struct, member.wire_name)
        with pytest.raises(
            TypeError, match=rf"{cls.__name__} is not a dict: .* use \.{member.name} \(None if absent\)$"
        ):
            struct[member.wire_name]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("AuthenticationResult", "; did you mean authentication_result?"),
        ("authentication_results", "; did you mean authentication_result?"),
        ("ResponseMetadata", "; did you mean metadata?"),
        ("nothing_like_it", ""),
        ("get", ": its members are attributes, such as .challenge_name"),
        ("keys", ": its members are attributes, such as .challenge_name"),
        ("items", ": its members are attributes, such as .challenge_name"),
    ],
)
def test_an_attribute_that_is_not_there(name: str, hint: str) -> None:
    """A missing attribute raises AttributeError with what is near; `hasattr` and a default work as ever."""
    with pytest.raises(AttributeError) as caught:
        getattr(RESPONSE, name)
    assert f"AdminInitiateAuthResponse has no attribute {name!r}{hint}" == str(caught.value)
    assert name == caught.value.name
    assert not hasattr(RESPONSE, name)
    assert getattr(RESPONSE, name, 7) == 7


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("AuthenticationResult", "so use .authentication_result (None if absent)"),
        ("authentication_result", "so use .authentication_result (None if absent)"),
        ("ResponseMetadata", "so use .metadata (None if absent)"),
        ("zzz", "such as .challenge_name"),
        (0, "such as .challenge_name"),
    ],
)
def test_a_struct_is_not_a_dict(key: object, hint: str) -> None:
    """An item, `in`, iteration and unpacking raise TypeError; the first two say what to write."""
    message = f"AdminInitiateAuthResponse is not a dict: its members are attributes, {hint}"
    with pytest.raises(TypeError) as caught:
        RESPONSE[key]
    assert message == str(caught.value)
    with pytest.raises(TypeError) as caught:
        key in RESPONSE  # noqa: B015 - that is the point
    assert message == str(caught.value)
    with pytest.raises(TypeError, match="not iterable"):
        iter(RESPONSE)
    with pytest.raises(TypeError, match="not iterable"):
        dict(RESPONSE)


@pytest.mark.parametrize(
    ("struct", "name", "hint"),
    [
        (UserType(), "email", "for an attribute of the user or device, use attributes_of(...).get('email')"),
        (UserType(), "name", "for an attribute of the user or device, use attributes_of(...).get('name')"),
        (DeviceType(), "device_status", "for an attribute of the user or device, use attributes_of(...)"),
        (GetUserResponse(username="u", user_attributes=[]), "sub", "for an attribute of the user or device"),
        (UserType(), "user_name", "did you mean username?"),
    ],
)
def test_an_attribute_of_a_user(struct: Any, name: str, hint: str) -> None:
    """Where a struct lists attributes, one of those by its name is an AttributeError that names `attributes_of`."""
    with pytest.raises(AttributeError) as caught:
        getattr(struct, name)
    assert str(caught.value).startswith(f"{type(struct).__name__} has no attribute {name!r}; {hint}")


def test_a_challenge_has_no_tokens() -> None:
    """What only `SignedIn` or its tokens have says of a challenge what answers it, and of `SignedIn` where it is."""
    challenge: Any = NewPasswordRequired(client_id="c", username="u", session="hunter2")
    for name in ("tokens", "new_device", "access_token"):
        with pytest.raises(AttributeError) as caught:
            getattr(challenge, name)
        assert (
            f"'NewPasswordRequired' object has no attribute {name!r}: the sign-in isn't done; answer with "
            "new_password=, optionally attributes=, passed to client.respond(app, challenge, ...)"
        ) == str(caught.value)
    with pytest.raises(AttributeError, match=r"'NewPasswordRequired' object has no attribute 'zzz'$"):
        _ = challenge.zzz
    done: Any = SignedIn(tokens=Tokens(access_token="hunter2"))
    with pytest.raises(AttributeError, match=r"'SignedIn' object has no attribute 'id_token'; use \.tokens\.id_token$"):
        _ = done.id_token
    for outcome in (challenge, done):
        assert outcome == copy.deepcopy(outcome)
        assert outcome == pickle.loads(pickle.dumps(outcome))


def test_a_struct_without_members() -> None:
    """A response without members says so much, too."""
    empty: Any = EmptyResponse()
    with pytest.raises(TypeError, match=r"EmptyResponse is not a dict: its members are attributes$"):
        empty["x"]


def test_hints_leave_the_protocols_alone() -> None:
    """Copying, pickling, comparing and what asks for special methods see a struct as before."""
    for again in (copy.copy(RESPONSE), copy.deepcopy(RESPONSE), pickle.loads(pickle.dumps(RESPONSE))):
        assert RESPONSE == again
    assert not isinstance(RESPONSE, Iterable | Mapping)
    assert not hasattr(RESPONSE, "__len__")
    assert not hasattr(RESPONSE, "_repr_html_")
    assert not hasattr(RESPONSE, "__dict__")
    assert attrs.asdict(RESPONSE)["authentication_result"]["access_token"] == "t"
    assert "challenge_name" in dict(inspect.getmembers(RESPONSE))
    assert RESPONSE == attrs.evolve(RESPONSE)
    assert 1 == [RESPONSE].count(RESPONSE)


def test_no_hint_shows_a_value() -> None:
    """The messages have names only, and the errors hold no struct."""
    with pytest.raises(AttributeError) as caught:
        _ = RESPONSE.AuthenticationResults
    assert caught.value.obj is None


# --- making ---


def test_wrong_names_join_the_other_faults() -> None:
    """A struct's constructor reports boto3's names and misspelt ones with everything else, and nothing twice."""
    assert [
        ("UserPoolId", "is not a member; did you mean user_pool_id?"),
        ("auth_flo", "is not a member; did you mean auth_flow?"),
        ("zzz", "is not a member"),
        ("client_id", "must have between 1 and 128 characters, has 0"),
        ("session", "must be a string, not int"),
    ] == faults(AdminInitiateAuthRequest, UserPoolId="p", client_id="", auth_flo="USER_AUTH", session=5, zzz=1)


def test_nested_structs_and_responses_do_the_same() -> None:
    """A struct that isn't a request refuses names that aren't members; its bounds join if it can be sent."""
    assert [
        ("Name", "is not a member; did you mean name?"),
        ("Value", "is not a member; did you mean value?"),
    ] == faults(AttributeType, Name="email", Value="x")
    assert [
        ("Valeu", "is not a member; did you mean value?"),
        ("name", "must be a string, not int"),
    ] == faults(AttributeType, name=5, Valeu="x")
    assert [("Username", "is not a member; did you mean username?")] == faults(AdminGetUserResponse, Username="u")
    assert [("Enabled", "is not a member; did you mean enabled?")] == faults(UserType, Enabled=True)


@for_each("cls", STRUCTS)
def test_every_wire_name_is_recognised(cls: type[Struct]) -> None:
    """Whatever the struct, an argument by a member's wire name is refused with the member's name."""
    for member in cls._members:
        with pytest.raises(RequestValidationError) as caught:
            cls(**{member.wire_name: None})
        assert f"is not a member; did you mean {member.name}?" == caught.value.faults[0].problem


def test_values_are_neither_shown_nor_kept() -> None:
    """The error of a refused struct shows no value, and the library's frames in its traceback hold none."""
    secret = "hunter2-hunter2"
    with pytest.raises(RequestValidationError) as caught:
        AttributeType(Name=secret)  # type: ignore[call-arg]
    frame = caught.value.__traceback__
    while frame is not None:
        if "_structs" in frame.tb_frame.f_code.co_filename:
            assert secret not in repr(frame.tb_frame.f_locals)
        frame = frame.tb_next
    assert secret not in str(caught.value) + repr(caught.value.faults)
    assert caught.value.__context__ is None


@for_each("cls", STRUCTS)
def test_a_struct_takes_no_positional_arguments(cls: Any) -> None:
    """Whatever the struct, a positional argument raises TypeError with the name of a member, and isn't shown."""
    with pytest.raises(TypeError) as caught:
        cls("hunter2")
    example = f"such as {cls._members[0].name}="
    assert f"{cls.__name__}() takes no positional arguments: its members are keyword arguments, {example}" == str(
        caught.value
    )


@pytest.mark.parametrize(
    ("method", "argument", "rest"),
    [
        ("list_users", "eu-west-1_x", ", such as user_pool_id="),
        ("get_user", "hunter2", ", such as access_token="),
        (
            "admin_get_user",
            {"UserPoolId": "p", "Username": "u"},
            ", such as user_pool_id=; for a dict with the service's names, use client.call('AdminGetUser', members)",
        ),
        (
            "list_users",
            ListUsersRequest(user_pool_id="p"),
            ", such as user_pool_id=; to send a request struct, use client.send(request)",
        ),
        (
            "iter_list_users",
            ListUsersRequest(user_pool_id="p"),
            ", such as user_pool_id=; to send a request struct, use client.paginate(request)",
        ),
        ("iter_list_groups", "p", ", such as user_pool_id="),
    ],
)
def test_a_method_takes_no_positional_arguments(kit: Kit, method: str, argument: Any, rest: str) -> None:
    """An operation's method says that members are keyword arguments, and which method takes a struct or a dict."""
    with StubTransport() as stub:
        client = stub.client() if kit.kind == "sync" else stub.async_client()
        with pytest.raises(TypeError) as caught:
            kit.run(getattr(client, method), argument)
    assert f"{method}() takes no positional arguments: its members are keyword arguments{rest}" == str(caught.value)


def test_other_type_errors_stay() -> None:
    """A TypeError from inside a value is what it was."""

    class Broken:
        def __iter__(self) -> Any:
            msg = "from inside"
            raise TypeError(msg)

    with pytest.raises(TypeError, match="from inside"):
        AdminCreateUserRequest(user_pool_id="p", username="u", user_attributes=Broken())


# --- dicts for structs ---

OURS = {"recovery_mechanisms": [{"priority": 1, "name": "verified_email"}]}
THEIRS = {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]}
RECOVERY = AccountRecoverySettingType(recovery_mechanisms=[RecoveryOptionType(priority=1, name="verified_email")])


@pytest.mark.parametrize(
    "given",
    [OURS, THEIRS, MappingProxyType(THEIRS), {"RecoveryMechanisms": OURS["recovery_mechanisms"]}, RECOVERY],
    ids=["ours", "boto3's", "a proxy", "one of each level", "a struct"],
)
def test_a_dict_stands_for_a_struct(given: Any) -> None:
    """Where a struct is expected, nested or in a list, a mapping with our names or boto3's makes the same struct."""
    request = CreateUserPoolRequest(pool_name="p", account_recovery_setting=given)
    assert RECOVERY == request.account_recovery_setting
    assert to_wire(request)["AccountRecoverySetting"] == THEIRS
    with StubTransport() as stub, stub.client() as client:
        stub.add(from_wire(CreateUserPoolRequest.operation.response_type, {}))
        client.create_user_pool(pool_name="p", account_recovery_setting=given)
        stub.assert_sent(request)


def test_dicts_in_structs_and_in_attributes() -> None:
    """A list of dicts, a generator of them, a struct that is no request, and an empty dict are taken as well."""
    for attributes in ([{"Name": "a", "Value": "b"}], ({"name": "a", "value": "b"} for _ in "1")):
        made = AdminCreateUserRequest(user_pool_id="p", username="u", user_attributes=attributes)
        assert made.user_attributes == (AttributeType(name="a", value="b"),)
    header: Any = {"headerName": "a", "headerValue": "b"}
    context = ContextDataType(ip_address="1", server_name="s", server_path="/", http_headers=[header])
    assert context.http_headers == (HttpHeader(header_name="a", header_value="b"),)
    empty: Any = {}
    made_of_nothing = CreateUserPoolRequest(pool_name="p", account_recovery_setting=empty)
    assert made_of_nothing.account_recovery_setting == AccountRecoverySettingType()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"RecoveryMechanism": []},
            [("account_recovery_setting.RecoveryMechanism", "is not a member; did you mean recovery_mechanisms?")],
        ),
        (
            {"zzz": 1},
            [("account_recovery_setting", "has a key that is not the name of a member")],
        ),
        (
            {7: 1},
            [("account_recovery_setting", "has a key that is not the name of a member")],
        ),
        (
            {"RecoveryMechanisms": [{"Priority": 1, "name": "admin_only"}]},
            [
                (
                    "account_recovery_setting.recovery_mechanisms[0]",
                    "mixes member names with boto3's: Priority is priority",
                )
            ],
        ),
        (
            {"recovery_mechanisms": [{"priority": 0}, {"Priority": "1", "Nmae": "admin_only"}]},
            [
                ("account_recovery_setting.recovery_mechanisms[0].priority", "must be between 1 and 2, is 0"),
                ("account_recovery_setting.recovery_mechanisms[0].name", "is required"),
                ("account_recovery_setting.recovery_mechanisms[1].Nmae", "is not a member; did you mean name?"),
                ("account_recovery_setting.recovery_mechanisms[1].priority", "must be an integer, not str"),
            ],
        ),
    ],
)
def test_a_dict_that_does_not_fit(given: Any, expected: list[tuple[str, str]]) -> None:
    """Wrong, mixed and missing names of a dict are faults of the request, named by their path, with all others."""
    assert [("mfa_configuration", "must be an UserPoolMfaType or a string, not int"), *expected] == faults(
        CreateUserPoolRequest, pool_name="p", account_recovery_setting=given, mfa_configuration=5
    )


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=3))
def test_a_dict_makes_a_struct_or_a_fault(given: dict[str, str]) -> None:
    """Whatever the dict, the request is made or refused; its values are never shown."""
    try:
        AdminCreateUserRequest(user_pool_id="p", username="u", user_attributes=[given])
    except RequestValidationError as error:
        assert error.faults  # noqa: PT017 - it may be made as well
    else:
        assert given.keys() <= {"name", "value"} or given.keys() <= {"Name", "Value"}


# --- clients and errors ---


@pytest.mark.parametrize("cls", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("list_user", "; did you mean list_users?"),
        ("ListUsers", "; did you mean list_users?"),
        ("get_paginator", "; iterate over iter_list_users(), or over paginate()"),
        ("get_waiter", "; use wait_for()"),
        ("exceptions", "; import the exceptions from cognito_idp"),
        ("meta", "; use region"),
        ("zzz", ""),
        ("_zzz", ""),
    ],
)
def test_a_method_that_a_client_does_not_have(cls: Any, name: str, hint: str) -> None:
    """A misspelt operation and boto3's own methods are AttributeErrors that say what to use."""
    client = cls("eu-west-1", credentials=CREDENTIALS)
    with pytest.raises(AttributeError) as caught:
        getattr(client, name)
    assert f"{cls.__name__!r} object has no attribute {name!r}{hint}" == str(caught.value)
    assert not hasattr(client, name)


def test_an_error_of_the_service_has_no_response() -> None:
    """boto3's `error.response` is an AttributeError that names the attributes to use."""
    error: Any = NotAuthorizedException("text")
    with pytest.raises(AttributeError, match=r"no attribute 'response'; its code and text are \.code and \.message$"):
        _ = error.response["Error"]["Code"]
    assert not hasattr(error, "nonsense")
    assert str(error) == str(pickle.loads(pickle.dumps(error)))
