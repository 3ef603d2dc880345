from __future__ import annotations

import json
import traceback
from collections import ChainMap
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp import (
    AdminCreateUserResponse,
    AdminDeleteUserRequest,
    AdminInitiateAuthRequest,
    AdminInitiateAuthResponse,
    AttributeType,
    AuthenticationResultType,
    AuthFlowType,
    CompleteWebAuthnRegistrationRequest,
    CreateManagedLoginBrandingRequest,
    EmptyResponse,
    InvalidResponseError,
    ListGroupsRequest,
    RequestValidationError,
    SetUICustomizationRequest,
    StartWebAuthnRegistrationResponse,
    UpdateManagedLoginBrandingRequest,
    UserType,
    from_wire,
    to_wire,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp._structs.struct import Request, Struct


def refusal(cls: type[Struct], data: Any) -> str:
    """Return the text with which data are refused."""
    with pytest.raises(InvalidResponseError) as caught:
        from_wire(cls, data)
    assert caught.value.__context__ is None
    return caught.value.problem


def test_members_go_out_by_their_wire_names_in_the_models_order() -> None:
    """The object has exactly the members that were given, whatever the order in which they were given."""
    request = AdminInitiateAuthRequest(
        session="s" * 20, auth_flow=AuthFlowType.USER_AUTH, client_id="c", auth_parameters={"B": "1"}, user_pool_id="p"
    )
    assert list(to_wire(request).items()) == [
        ("UserPoolId", "p"),
        ("ClientId", "c"),
        ("AuthFlow", "USER_AUTH"),
        ("AuthParameters", {"B": "1"}),
        ("Session", "s" * 20),
    ]


def test_what_goes_out_is_plain_json_data() -> None:
    """Enums become `str`, tuples lists, and the result has no type of ours, so that any JSON encoder takes it."""
    response = AdminInitiateAuthResponse(
        challenge_name="WEB_AUTHN",
        available_challenges=["PASSWORD"],
        authentication_result=AuthenticationResultType(expires_in=1),
    )
    wire = to_wire(response)
    assert [dict, str, list, str, dict, int] == [
        type(wire),
        type(wire["ChallengeName"]),
        type(wire["AvailableChallenges"]),
        type(wire["AvailableChallenges"][0]),
        type(wire["AuthenticationResult"]),
        type(wire["AuthenticationResult"]["ExpiresIn"]),
    ]
    assert json.loads(json.dumps(wire)) == wire


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 1767323045),
        (datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC), 1767323045.25),
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), -1),
        (datetime(2026, 1, 2, 5, 4, 5, tzinfo=timezone(timedelta(hours=2))), 1767323045),
        (datetime(1, 1, 1, tzinfo=UTC), -62135596800),
        (datetime(9999, 12, 31, tzinfo=UTC), 253402214400),
    ],
)
def test_timestamps_are_seconds(moment: datetime, seconds: float) -> None:
    """A moment is a number of seconds since 1970: an int, or a float where there are fractions, in UTC both ways."""
    wire = to_wire(UserType(user_create_date=moment))["UserCreateDate"]
    assert (seconds, type(seconds)) == (wire, type(wire))
    read = from_wire(UserType, {"UserCreateDate": seconds}).user_create_date
    assert read is not None
    assert (moment, timedelta()) == (read, read.utcoffset())


@given(moment=st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - UTC is added
@settings(deadline=None)
def test_timestamps_keep_their_microseconds(moment: datetime) -> None:
    """A moment of this century comes back to the microsecond, although it travels as a float."""
    wire = json.loads(json.dumps(to_wire(UserType(user_create_date=moment))))
    assert moment == from_wire(UserType, wire).user_create_date


def test_a_whole_number_of_seconds_may_come_as_a_float() -> None:
    """The service writes `1.767323045E9`, which is the same moment."""
    data = json.loads('{"UserCreateDate": 1.767323045E9}')
    assert from_wire(UserType, data).user_create_date == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(("raw", "base64"), [(b"", ""), (b"\x00\xff\xfe", "AP/+"), (b"a" * 4, "YWFhYQ==")])
def test_bytes_are_base64(raw: bytes, base64: str) -> None:
    """Bytes go out as standard base64 with padding, on one line, and come back."""
    request = SetUICustomizationRequest(user_pool_id="p", image_file=raw)
    assert to_wire(request)["ImageFile"] == base64
    assert from_wire(SetUICustomizationRequest, {"UserPoolId": "p", "ImageFile": base64}) == request


def test_documents_go_as_they_are() -> None:
    """A JSON document is neither renamed nor read: nulls, numbers and any keys stay."""
    document = {"rawId": "a", "n": None, "list": [1, 2.5, {"UserPoolId": []}], "": True}
    request = CompleteWebAuthnRegistrationRequest(access_token="t", credential=document)
    assert to_wire(request) == {"AccessToken": "t", "Credential": document}
    response = from_wire(StartWebAuthnRegistrationResponse, {"CredentialCreationOptions": document})
    assert response.credential_creation_options == document


@pytest.mark.parametrize(
    ("request_of", "wire_name"),
    [
        (lambda text: CompleteWebAuthnRegistrationRequest(access_token="t", credential=text), "Credential"),
        (lambda text: CreateManagedLoginBrandingRequest(user_pool_id="p", client_id="c", settings=text), "Settings"),
        (lambda text: UpdateManagedLoginBrandingRequest(settings=text), "Settings"),
    ],
)
def test_documents_may_be_text(request_of: Callable[[str], Request[Any]], wire_name: str) -> None:
    """The text of a JSON object, as a browser or a file has it, goes out as the object, and not as a string of JSON."""
    document = {"rawId": "a", "n": None, "list": [1, 2.5, {"UserPoolId": []}], "text": "{}"}
    assert to_wire(request_of(json.dumps(document)))[wire_name] == document


def test_a_document_that_came_as_text() -> None:
    """Options that a server sent as text, inside its JSON, are read as the object that they hold."""
    response = from_wire(StartWebAuthnRegistrationResponse, {"CredentialCreationOptions": '{"challenge": "a"}'})
    assert response.credential_creation_options == {"challenge": "a"}


def test_map_keys_are_data() -> None:
    """The keys of a map are the caller's own and go through unchanged, even when they look like members."""
    parameters = {"user_pool_id": "a", "UserPoolId": "b", "": "c", "\u00e4": "d"}
    request = AdminInitiateAuthRequest(user_pool_id="p", client_id="c", auth_flow="x", client_metadata=parameters)
    assert to_wire(request)["ClientMetadata"] == parameters


def test_unknown_members_are_ignored() -> None:
    """A member that the service adds tomorrow, at any depth, does no harm."""
    data = {"User": {"Username": "u", "New": [1], "Attributes": [{"Name": "a", "New": 1}]}, "New": {"a": None}}
    expected = AdminCreateUserResponse(user=UserType(username="u", attributes=[AttributeType(name="a")]))
    assert from_wire(AdminCreateUserResponse, data) == expected


@pytest.mark.parametrize(
    "data", [{"User": None}, {"User": {"Username": None}}, {"User": {"Attributes": [{"Name": None, "Value": None}]}}]
)
def test_null_counts_as_absent(data: dict[str, Any]) -> None:
    """A null at any depth is a member that did not come, a required one included."""
    made = from_wire(AdminCreateUserResponse, data)
    assert "null" not in json.dumps(to_wire(made))


@pytest.mark.parametrize(
    "wrap",
    [dict, MappingProxyType, ChainMap, lambda data: json.loads(json.dumps(data))],
    ids=["dict", "MappingProxyType", "ChainMap", "JSON"],
)
def test_any_mapping_is_read(wrap: Any) -> None:
    """Data may be any mapping, at the top and inside."""
    data = wrap({"User": wrap({"Username": "u"})})
    assert from_wire(AdminCreateUserResponse, data) == AdminCreateUserResponse(user=UserType(username="u"))


@pytest.mark.parametrize("data", [{}, {"Anything": 1}])
def test_an_answer_without_members_is_read_as_such(data: dict[str, Any]) -> None:
    """An operation without an output gives the empty response, whatever comes."""
    assert from_wire(EmptyResponse, data) == EmptyResponse()


@pytest.mark.parametrize(
    ("cls", "data", "where", "expected"),
    [
        (AdminInitiateAuthResponse, {"Session": 3}, "session", "must be a string, not int"),
        (AdminInitiateAuthResponse, {"ChallengeName": 3}, "challenge_name", "must be a string, not int"),
        (AdminInitiateAuthResponse, {"ChallengeParameters": []}, "challenge_parameters", ""),
        (AdminInitiateAuthResponse, {"ChallengeParameters": {"a": 1}}, "challenge_parameters", "must be a string"),
        (AdminInitiateAuthResponse, {"AvailableChallenges": 3}, "available_challenges", ""),
        (AdminInitiateAuthResponse, {"AvailableChallenges": ["a", 3]}, "available_challenges[1]", "must be a string"),
        (AdminInitiateAuthResponse, {"AuthenticationResult": "x"}, "authentication_result", "must be a JSON object"),
        (AuthenticationResultType, {"ExpiresIn": "3600"}, "expires_in", "must be an integer, not str"),
        (AuthenticationResultType, {"ExpiresIn": 1.5}, "expires_in", "must be an integer, not float"),
        (AuthenticationResultType, {"ExpiresIn": True}, "expires_in", "must be an integer, not bool"),
        (UserType, {"Enabled": 1}, "enabled", "must be true or false, not int"),
        (UserType, {"Enabled": "true"}, "enabled", "must be true or false, not str"),
        (UserType, {"UserCreateDate": "soon"}, "user_create_date", "must be a number of seconds since 1970 or a date"),
        (UserType, {"UserCreateDate": True}, "user_create_date", "a number of seconds since 1970 or a date, not bool"),
        (UserType, {"UserCreateDate": 1e300}, "user_create_date", "must be a number of seconds since 1970"),
        (UserType, {"UserCreateDate": float("nan")}, "user_create_date", "must be a number of seconds since 1970"),
        (UserType, {"Attributes": [{"Name": 5}]}, "attributes[0].name", "must be a string, not int"),
        (UserType, {"Attributes": [5]}, "attributes[0]", "must be a JSON object, not int"),
        (SetUICustomizationRequest, {"UserPoolId": "p", "ImageFile": "%%"}, "image_file", "must be a base64 string"),
        (
            SetUICustomizationRequest,
            {"UserPoolId": "p", "ImageFile": "\u00e4"},
            "image_file",
            "must be a base64 string",
        ),
        (SetUICustomizationRequest, {"UserPoolId": "p", "ImageFile": 5}, "image_file", "must be a base64 string"),
    ],
)
def test_data_of_a_wrong_type_are_refused(cls: type[Struct], data: Any, where: str, expected: str) -> None:
    """The refusal names the struct, the path to the member, and what was expected."""
    problem = refusal(cls, data)
    assert problem.startswith(f"{cls.__name__}: ")
    assert expected in problem
    assert problem.endswith(f"$.{where}") or f"$.{where}[" in problem


@pytest.mark.parametrize("data", [None, [], "text", 5, [("User", {})]])
def test_what_is_no_object_is_refused(data: Any) -> None:
    """A struct stands for a JSON object and nothing else."""
    assert "object" in refusal(AdminCreateUserResponse, data)


def test_several_faults_are_named_together() -> None:
    """All members that don't fit are named at once."""
    problem = refusal(AdminInitiateAuthResponse, {"Session": 3, "AuthenticationResult": {"ExpiresIn": "x"}})
    assert problem.count("must be") == 2


MARK = "hunter2"


@pytest.mark.parametrize(
    "data",
    [
        {"Session": [MARK]},
        {"AuthenticationResult": MARK},
        {"AuthenticationResult": {"AccessToken": {MARK: MARK}, "ExpiresIn": MARK}},
        {"ChallengeParameters": {"a": [MARK]}},
        {"ChallengeParameters": MARK},
        {"AvailableChallenges": [{"a": MARK}]},
    ],
)
def test_a_refusal_never_shows_the_data(data: dict[str, Any]) -> None:
    """No value of an answer, which may hold tokens, gets into the error or its traceback."""
    with pytest.raises(InvalidResponseError) as caught:
        from_wire(AdminInitiateAuthResponse, data)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert MARK not in shown


def test_reading_a_request_checks_it() -> None:
    """Data for a request are checked like arguments, with the same error."""
    with pytest.raises(RequestValidationError, match=r"AdminDeleteUserRequest\.username: is required"):
        from_wire(AdminDeleteUserRequest, {"UserPoolId": "p"})
    with pytest.raises(RequestValidationError, match=r"ListGroupsRequest\.limit: must be between 0 and 60, is 61"):
        from_wire(ListGroupsRequest, {"UserPoolId": "p", "Limit": 61})


def test_reading_a_response_checks_no_bounds() -> None:
    """An answer that is out of the published bounds is read all the same."""
    assert from_wire(AdminInitiateAuthResponse, {"Session": "short"}).session == "short"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
names = st.sampled_from(["User", "Username", "Attributes", "Name", "Value", "UserCreateDate", "Enabled", "MFAOptions"])
users = st.dictionaries(names, json_values | st.lists(st.dictionaries(names, json_values, max_size=2), max_size=2))


@pytest.mark.slow
@given(data=st.fixed_dictionaries({"User": users | json_values}))
@settings(deadline=None)
def test_any_json_is_read_or_refused(data: dict[str, Any]) -> None:
    """Whatever JSON comes gives a response that can be printed and sent back, or the refusal, and no other error."""
    try:
        made = from_wire(AdminCreateUserResponse, data)
    except InvalidResponseError as error:
        assert error.problem  # noqa: PT017 - either way is fine
    else:
        assert from_wire(AdminCreateUserResponse, to_wire(made)) == made
