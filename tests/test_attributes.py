"""Attributes as a mapping in requests, as a dict out of answers, and filters of users."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AdminCreateUserResponse,
    AdminGetDeviceResponse,
    AdminGetUserResponse,
    AttributeType,
    ContextDataType,
    CreateResourceServerRequest,
    DeviceType,
    GetUserResponse,
    HttpHeader,
    ListUsersRequest,
    RequestValidationError,
    ResourceServerScopeType,
    SignUpRequest,
    SignUpResponse,
    UserStatusType,
    UserType,
    attributes_of,
    to_wire,
    user_filter,
)
from cognito_idp._structs.shapes import ListOf, Nested, PairsOf, Text
from cognito_idp.testing import StubTransport
from tests.conformance.values import struct_classes

if TYPE_CHECKING:
    from tests.support.kit import Kit

PEOPLE = {"email": "mary@example.com", "custom:plan": "pro", "name": ""}
LISTED = tuple(AttributeType(name=name, value=value) for name, value in PEOPLE.items())

# Every member that may be a mapping; the generator finds them by their form.
TAKING_A_MAPPING = {
    "AdminCreateUserRequest.user_attributes",
    "AdminCreateUserRequest.validation_data",
    "AdminGetUserResponse.user_attributes",
    "AdminUpdateUserAttributesRequest.user_attributes",
    "ContextDataType.http_headers",
    "CreateResourceServerRequest.scopes",
    "DeviceType.device_attributes",
    "GetUserResponse.user_attributes",
    "ResourceServerType.scopes",
    "SignUpRequest.user_attributes",
    "SignUpRequest.validation_data",
    "UpdateResourceServerRequest.scopes",
    "UpdateUserAttributesRequest.user_attributes",
    "UserType.attributes",
}


def sign_up(**members: Any) -> SignUpRequest:
    """Return a request to sign up."""
    return SignUpRequest(client_id="c", username="mary", **members)


def problems(**members: Any) -> list[tuple[str, str]]:
    """Return path and problem of everything that is wrong with a request."""
    with pytest.raises(RequestValidationError) as caught:
        sign_up(**members)
    return [(fault.path, fault.problem) for fault in caught.value.faults]


# --- mappings in requests ---


def test_the_members_that_take_a_mapping() -> None:
    """They are the lists of structs of two plain strings."""
    two_texts = {
        f"{cls.__name__}.{member.name}": type(member.shape)
        for cls in struct_classes()
        for member in cls._members
        if isinstance(member.shape, ListOf)
        and isinstance(member.shape.item, Nested)
        and [Text, Text] == [type(inner.shape) for inner in member.shape.item.struct._members]
    }
    assert dict.fromkeys(TAKING_A_MAPPING, PairsOf) == two_texts


@pytest.mark.parametrize("kind", [dict, MappingProxyType], ids=["dict", "proxy"])
@pytest.mark.parametrize("member", ["user_attributes", "validation_data"])
def test_a_mapping_is_kept_as_the_list(member: str, kind: Any) -> None:
    """A mapping makes the same request as the list of its attributes, in its order."""
    request = sign_up(**{member: kind(PEOPLE)})
    assert LISTED == getattr(request, member)
    assert sign_up(**{member: LISTED}) == request
    assert hash(sign_up(**{member: LISTED})) == hash(request)


@given(st.dictionaries(st.text(min_size=1, max_size=32), st.text(max_size=50)))
def test_a_mapping_is_sent_whole(attributes: dict[str, str]) -> None:
    """What is sent has each entry once, and `attributes_of` gives the mapping back."""
    request = sign_up(user_attributes=attributes)
    expected = [{"Name": name, "Value": value} for name, value in attributes.items()]
    assert expected == to_wire(request)["UserAttributes"]
    assert attributes == attributes_of(request)


def test_other_lists_of_pairs_take_a_mapping() -> None:
    """Scopes of a resource server and headers of a request are pairs, too."""
    server = CreateResourceServerRequest(user_pool_id="p", identifier="api", name="API", scopes={"read": "Read it"})
    assert (ResourceServerScopeType(scope_name="read", scope_description="Read it"),) == server.scopes
    context = ContextDataType(ip_address="", server_name="", server_path="", http_headers={"Accept": "*/*"})
    assert (HttpHeader(header_name="Accept", header_value="*/*"),) == context.http_headers


def test_all_faults_of_a_mapping_at_once() -> None:
    """Each wrong key and value is told with its key, unless that could be a misplaced value."""
    assert [
        ("user_attributes['email']", "must be a string, not NoneType"),
        ("user_attributes['name']", "must be a string, not int"),
        ("user_attributes[...]", "must be a string, not int"),
        ("user_attributes[...]", "must be a string, not bytes"),
    ] == problems(user_attributes={"email": None, "name": 3, 5: "x", "custom:plan": b"pro"})


def test_bounds_hold_for_a_mapping() -> None:
    """Names and values that are too long are told by their places."""
    assert [
        ("user_attributes[0].name", "must have between 1 and 32 characters, has 33"),
        ("user_attributes[1].value", "must have at most 2,048 characters, has 2,049"),
    ] == problems(user_attributes={"x" * 33: "", "y": "x" * 2049})


@pytest.mark.parametrize("value", [3, "email", b"email"])
def test_what_is_neither_is_refused(value: Any) -> None:
    """Something else than a mapping or a list is named by its type."""
    assert [("user_attributes", f"must be a mapping or a sequence, not {type(value).__name__}")] == problems(
        user_attributes=value
    )


def test_the_methods_take_a_mapping(kit: Kit) -> None:
    """A client's method takes what the struct takes."""
    stub = StubTransport()
    stub.add(SignUpResponse(user_confirmed=False, user_sub="s"))
    client = stub.client() if kit.kind == "sync" else stub.async_client()
    kit.run(client.sign_up, client_id="c", username="mary", user_attributes=PEOPLE)
    stub.assert_sent(sign_up(user_attributes=LISTED))


# --- attributes_of ---


@pytest.mark.parametrize(
    "source",
    [
        AdminGetUserResponse(username="mary", user_attributes=LISTED),
        GetUserResponse(username="mary", user_attributes=LISTED),
        UserType(attributes=LISTED),
        DeviceType(device_attributes=LISTED),
        AdminCreateUserResponse(user=UserType(attributes=LISTED)),
        AdminGetDeviceResponse(device=DeviceType(device_attributes=LISTED)),
        sign_up(user_attributes=LISTED, validation_data={"x": "y"}),
        LISTED,
        list(LISTED),
    ],
    ids=lambda source: type(source).__name__,
)
def test_attributes_as_a_dict(source: Any) -> None:
    """Whatever holds a user's or a device's attributes gives them as a dict."""
    assert PEOPLE == attributes_of(source)


def test_an_iterator_of_attributes() -> None:
    """Any iterable of attributes will do."""
    assert PEOPLE == attributes_of(iter(LISTED))


@pytest.mark.parametrize(
    "source", [UserType(), AdminCreateUserResponse(), AdminCreateUserResponse(user=UserType()), []], ids=repr
)
def test_no_attributes(source: Any) -> None:
    """Where there are none, the dict is empty."""
    assert {} == attributes_of(source)


def test_a_name_twice_and_a_value_missing() -> None:
    """The last value counts, and an attribute without a value is left out."""
    pairs = [("a", "1"), ("b", None), ("a", "2")]
    assert {"a": "2"} == attributes_of([AttributeType(name=name, value=value) for name, value in pairs])


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (None, "not NoneType"),
        ("email", "not str"),
        (PEOPLE, "not dict"),
        (SignUpResponse(user_confirmed=True, user_sub="s"), "not SignUpResponse"),
        (ContextDataType(ip_address="", server_name="", server_path="", http_headers={"a": "b"}), "ContextDataType"),
        ([("email", "x")], "not a list with tuple"),
        ([UserType()], "not a list with UserType"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_attributes_is_refused(source: Any, name: str) -> None:
    """Something else is named by its type, and not shown."""
    with pytest.raises(TypeError, match=re.escape(name)) as caught:
        attributes_of(source)
    assert "example" not in str(caught.value)


# --- user_filter ---


@pytest.mark.parametrize(
    ("expected", "arguments"),
    [
        ('email = "mary@example.com"', {"attribute": "email", "value": "mary@example.com"}),
        (r'email = "mary\"@example.com"', {"attribute": "email", "value": 'mary"@example.com'}),
        (r'name = "a\\\" or b"', {"attribute": "name", "value": r"a\" or b"}),
        (r'name = "ends in \\"', {"attribute": "name", "value": "ends in \\"}),
        ('phone_number ^= "+49"', {"attribute": "phone_number", "starts_with": "+49"}),
        (
            'cognito:user_status = "CONFIRMED"',
            {"attribute": "cognito:user_status", "value": UserStatusType.CONFIRMED},
        ),
    ],
)
def test_filters(expected: str, arguments: dict[str, Any]) -> None:
    """A filter has the form of the API reference; quotation marks and backslashes are escaped."""
    assert expected == user_filter(**arguments)


@given(st.text(min_size=1, max_size=100))
def test_a_value_stays_within_its_quotation(value: str) -> None:
    """Whoever reads the filter with backslash escapes finds one value, and that is the one given."""
    match = re.fullmatch(r'sub = "((?:[^"\\]|\\.)*)"', user_filter("sub", value), re.DOTALL)
    assert match is not None
    assert value == re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL)


@pytest.mark.parametrize(
    ("problem", "arguments"),
    [
        ("custom attributes", {"attribute": "custom:plan", "value": "pro"}),
        ("these can: username, email", {"attribute": "Email", "value": "x"}),
        ("these can: username, email", {"attribute": 'email = "x" or name', "value": "x"}),
        ("these can: username, email", {"attribute": None, "value": "x"}),
        ("value: is required, or starts_with", {"attribute": "email"}),
        ("exclude each other", {"attribute": "email", "value": "x", "starts_with": "x"}),
        ("value: must be a string, not int", {"attribute": "phone_number", "value": 49}),
        ("starts_with: must be a string, not bytes", {"attribute": "email", "starts_with": b"x"}),
        ("value: must not be empty", {"attribute": "email", "value": ""}),
        ("starts_with: must not be empty", {"attribute": "email", "starts_with": ""}),
        ("filter of 257 characters, and ListUsers takes 256", {"attribute": "email", "value": "x" * 247}),
        ("filter of 257 characters", {"attribute": "email", "starts_with": '"' * 123}),
    ],
)
def test_filters_that_make_no_sense(problem: str, arguments: dict[str, Any]) -> None:
    """What ListUsers can't search for is refused, and the value is not shown."""
    with pytest.raises(RequestValidationError, match=re.escape(problem)):
        user_filter(**arguments)


def test_all_faults_of_a_filter_at_once() -> None:
    """Attribute and value are both told."""
    with pytest.raises(RequestValidationError) as caught:
        user_filter("custom:plan", "")
    assert ["attribute", "value"] == [fault.path for fault in caught.value.faults]


def test_the_longest_filter_is_taken() -> None:
    """The bound is that of the request."""
    longest = user_filter("email", "x" * 246)
    assert longest == ListUsersRequest(user_pool_id="p", filter=longest).filter
    with pytest.raises(RequestValidationError):
        ListUsersRequest(user_pool_id="p", filter=longest + " ")
