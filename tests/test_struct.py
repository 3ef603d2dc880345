from __future__ import annotations

import ast
import copy
import inspect
import pickle
from collections import OrderedDict
from pathlib import Path
from pprint import pformat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unittest import mock

import attrs
import pytest

from cognito_idp import (
    AdminCreateUserRequest,
    AdminInitiateAuthRequest,
    AdminInitiateAuthResponse,
    AnalyticsMetadataType,
    AttributeType,
    AuthenticationResultType,
    AuthFlowType,
    ContextDataType,
    CreateManagedLoginBrandingRequest,
    DeviceRememberedStatusType,
    HttpHeader,
    RequestValidationError,
    ResponseMetadata,
    SetUICustomizationRequest,
    UpdateDeviceStatusRequest,
    UserContextDataType,
    from_wire,
    model,
    to_wire,
)
from cognito_idp._structs import struct
from cognito_idp._structs.empty import EmptyResponse
from cognito_idp._structs.shapes import Text, wire
from cognito_idp._structs.struct import Request, Response, Struct
from tests.conformance.values import response_classes, sample, struct_classes
from tests.support.loop import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STRUCTS = struct_classes()
with_members = for_each("cls", [cls for cls in STRUCTS if cls._members])
clones = pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda struct: pickle.loads(pickle.dumps(struct))])


def sign_in(**changes: Any) -> AdminInitiateAuthRequest:
    """Return a legal request with the given members changed."""
    members = {"user_pool_id": "eu-west-1_a", "client_id": "client", "auth_flow": "USER_AUTH", **changes}
    return AdminInitiateAuthRequest(**members)


# --- the signature ---


def test_the_signature_is_the_declared_one() -> None:
    """A required member has no default; members are keyword-only and have their own types."""
    expected = inspect.Signature(
        [
            inspect.Parameter("access_token", inspect.Parameter.KEYWORD_ONLY, annotation=str),
            inspect.Parameter("device_key", inspect.Parameter.KEYWORD_ONLY, annotation=str),
            inspect.Parameter(
                "device_remembered_status",
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=DeviceRememberedStatusType | None,
            ),
        ],
        return_annotation=None,
    )
    assert expected == inspect.signature(UpdateDeviceStatusRequest)


def test_every_signature_asks_for_what_its_source_asks_for() -> None:
    """Of every struct, exactly the members without `default=` in the source are required by the signature."""
    declared = {
        node.name: {
            member.target.id: not any(keyword.arg == "default" for keyword in member.value.keywords)
            for member in node.body
            if isinstance(member, ast.AnnAssign)
            and isinstance(member.target, ast.Name)
            and isinstance(member.value, ast.Call)
            and ast.unparse(member.value.func) == "attrs.field"
        }
        for path in Path(model.__path__[0]).glob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    for cls in STRUCTS:
        parameters = inspect.signature(cls).parameters.values()
        required = {each.name: each.default is each.empty for each in parameters if each.name != "metadata"}
        assert declared[cls.__name__] == required, cls


def test_bases_without_members_have_a_signature() -> None:
    """The bases that are no attrs classes answer as any class does."""
    assert "(*args, **members)" == str(inspect.signature(Struct)).replace(": 'Any'", "").partition(" ->")[0]
    assert not hasattr(Request, "__signature__")


def test_defining_a_struct_makes_no_signature() -> None:
    """A signature is made when it is asked for, so that importing a family doesn't pay for it."""
    with mock.patch.object(struct._DeclaredSignature, "__get__", side_effect=AssertionError):

        @attrs.define(frozen=True, kw_only=True, slots=True, repr=False, eq=False, field_transformer=struct.members)
        class Named(Struct):
            name: str = attrs.field(metadata=wire("Name", Text()))

    assert "(*, name: 'str') -> None" == str(inspect.signature(Named))


# --- absent and empty ---


def test_absent_is_not_empty() -> None:
    """None means absent and is not sent; an empty map means empty, and is."""
    assert "ClientMetadata" not in to_wire(sign_in())
    assert "ClientMetadata" not in to_wire(sign_in(client_metadata=None))
    assert to_wire(sign_in(client_metadata={}))["ClientMetadata"] == {}


def test_falsy_values_are_present() -> None:
    """False, 0 and an empty string are values: each is sent and read back."""
    made = from_wire(AdminInitiateAuthResponse, {"ChallengeParameters": {}, "AuthenticationResult": {"ExpiresIn": 0}})
    assert to_wire(made) == {"ChallengeParameters": {}, "AuthenticationResult": {"ExpiresIn": 0}}
    request = AdminCreateUserRequest(user_pool_id="p", username="u", force_alias_creation=False, user_attributes=[])
    assert to_wire(request) == {
        "UserPoolId": "p",
        "Username": "u",
        "UserAttributes": [],
        "ForceAliasCreation": False,
    }


def test_empty_and_absent_come_back_as_they_were() -> None:
    """A response tells an empty list from one that did not come; null counts as not come."""
    assert from_wire(AdminInitiateAuthResponse, {"AvailableChallenges": []}).available_challenges == ()
    assert from_wire(AdminInitiateAuthResponse, {"AvailableChallenges": None}).available_challenges is None
    assert from_wire(AdminInitiateAuthResponse, {}).available_challenges is None


@for_each("cls", response_classes())
def test_a_response_may_come_with_nothing(cls: type[Response]) -> None:
    """No member of a response has to come, whatever the model says of it."""
    assert to_wire(from_wire(cls, {})) == {}


# --- owned copies ---


def test_a_struct_owns_its_maps_and_lists() -> None:
    """Changing a dict or list after it was handed in changes nothing."""
    parameters, headers = {"USERNAME": "ada"}, [HttpHeader(header_name="a")]
    context = ContextDataType(ip_address="1", server_name="s", server_path="/", http_headers=headers)
    request = sign_in(auth_parameters=parameters, context_data=context)
    parameters["USERNAME"] = "mallory"
    parameters["PASSWORD"] = "p"
    headers.append(HttpHeader(header_name="b"))
    assert request.auth_parameters == {"USERNAME": "ada"}
    assert context.http_headers == (HttpHeader(header_name="a"),)


def test_a_struct_owns_its_documents_all_the_way_down() -> None:
    """A JSON document is copied with everything in it."""
    settings: dict[str, Any] = {"components": [{"color": "red"}]}
    request = CreateManagedLoginBrandingRequest(user_pool_id="p", client_id="c", settings=settings)
    settings["components"][0]["color"] = "blue"
    settings["components"].append(1)
    assert request.settings == {"components": [{"color": "red"}]}


def test_a_struct_owns_its_bytes() -> None:
    """A mutable buffer is copied into bytes."""
    buffer = bytearray(b"png")
    request = SetUICustomizationRequest(user_pool_id="p", image_file=buffer)  # type: ignore[arg-type]
    view = SetUICustomizationRequest(user_pool_id="p", image_file=memoryview(buffer))  # type: ignore[arg-type]
    buffer[0] = 0
    assert (b"png", b"png") == (request.image_file, view.image_file)


def test_what_from_wire_was_given_is_not_kept() -> None:
    """A response does not hold on to the parsed JSON."""
    data: dict[str, Any] = {"ChallengeParameters": {"a": "b"}}
    response = from_wire(AdminInitiateAuthResponse, data)
    data["ChallengeParameters"]["a"] = "c"
    assert response.challenge_parameters == {"a": "b"}


def test_what_to_wire_gives_is_the_callers() -> None:
    """Changing the dict that `to_wire` returned changes no struct."""
    request = sign_in(client_metadata={"a": "b"})
    to_wire(request)["ClientMetadata"]["a"] = "c"
    assert request.client_metadata == {"a": "b"}


@pytest.mark.parametrize(
    "given",
    [
        [AttributeType(name="a")],
        (AttributeType(name="a"),),
        (AttributeType(name=name) for name in "a"),
        {"x": AttributeType(name="a")}.values(),
    ],
    ids=["list", "tuple", "generator", "view"],
)
def test_any_iterable_becomes_a_tuple(given: Any) -> None:
    """A list member takes any iterable and keeps a tuple."""
    request = AdminCreateUserRequest(user_pool_id="p", username="u", user_attributes=given)
    assert request.user_attributes == (AttributeType(name="a"),)


@pytest.mark.parametrize(
    "given", [{"a": "b"}, OrderedDict(a="b"), MappingProxyType({"a": "b"})], ids=["dict", "ordered", "proxy"]
)
def test_any_mapping_becomes_a_dict(given: Mapping[str, str]) -> None:
    """A map member takes any mapping and keeps a plain dict, so that structs compare and pickle."""
    kept = sign_in(client_metadata=given).client_metadata
    assert ({"a": "b"}, dict) == (kept, type(kept))


# --- frozen, keyword-only, slots ---


@with_members
def test_a_struct_is_frozen(cls: type[Struct]) -> None:
    """No member can be set or deleted, and no other attribute can be added."""
    made = sample(cls)
    for name in (cls._members[0].name, "something_else"):
        with pytest.raises(AttributeError):
            setattr(made, name, None)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(made, cls._members[0].name)
    assert not hasattr(made, "__dict__")
    assert sample(cls) == made


@with_members
def test_a_struct_takes_keywords_only(cls: type[Struct]) -> None:
    """No member can be given by position, so that a new one never shifts the others."""
    with pytest.raises(TypeError, match="positional"):
        cls("value")  # type: ignore[call-arg]  # that is the point


def test_an_unknown_member_is_refused() -> None:
    """A struct has the members of the model and no others."""
    with pytest.raises(RequestValidationError, match="user_pool: is not a member"):
        AdminInitiateAuthRequest(user_pool="x")  # type: ignore[call-arg]  # that is the point


# --- evolve ---


def test_evolve_changes_one_member() -> None:
    """`attrs.evolve` gives a changed copy and leaves the original alone."""
    first = sign_in(auth_parameters={"USERNAME": "ada"})
    second = attrs.evolve(first, client_id="other")
    assert ("client", "other", first.auth_parameters) == (first.client_id, second.client_id, second.auth_parameters)


def test_evolve_takes_what_the_struct_takes() -> None:
    """A string becomes an enum and a list a tuple, as when the struct is made."""
    changed = attrs.evolve(sign_in(), auth_flow="CUSTOM_AUTH")
    assert changed.auth_flow is AuthFlowType.CUSTOM_AUTH


def test_evolve_checks_a_request_again() -> None:
    """A request can't be changed into one that breaks its rules."""
    with pytest.raises(RequestValidationError, match=r"AdminInitiateAuthRequest\.client_id"):
        attrs.evolve(sign_in(), client_id="")


def test_evolve_can_take_a_member_away() -> None:
    """None makes a member absent."""
    changed = attrs.evolve(sign_in(client_metadata={"a": "b"}), client_metadata=None)
    assert sign_in() == changed


# --- comparing, hashing, copying ---


@clones
@with_members
def test_a_struct_compares_and_hashes_by_its_members(cls: type[Struct], clone: Callable[[Struct], Struct]) -> None:
    """A copy of any kind, pickled ones included, is equal and has the same hash and text."""
    made = sample(cls)
    again = clone(made)
    assert (made, hash(made), repr(made), cls) == (again, hash(again), repr(again), type(again))


@with_members
def test_every_member_counts(cls: type[Struct]) -> None:
    """A struct without a member differs from one with it, for each member."""
    made = sample(cls)
    for member in cls._members:
        if member.required and issubclass(cls, Request):
            continue
        assert made != attrs.evolve(made, **{member.name: None}), member.name  # type: ignore[misc]


def test_structs_of_different_types_differ() -> None:
    """Two structs with the same members but of different types are not equal, nor is a struct a dict."""
    assert AnalyticsMetadataType() != UserContextDataType()
    assert AnalyticsMetadataType(analytics_endpoint_id="a") != {"AnalyticsEndpointId": "a"}


def test_structs_can_stand_in_sets() -> None:
    """Equal structs count once, those with maps and lists as well."""
    made = {
        sign_in(client_metadata={"a": "b", "c": "d"}),
        sign_in(client_metadata={"c": "d", "a": "b"}),
        sign_in(client_metadata={}),
        sign_in(),
    }
    assert len(made) == 3


def test_metadata_does_not_count_but_travels_along() -> None:
    """Two equal answers are equal whatever brought them; a pickled answer still knows its request id."""
    metadata = ResponseMetadata(request_id="r", status_code=200, attempts=1, headers=(("a", "b"),))
    plain = AdminInitiateAuthResponse(session="s")
    received = AdminInitiateAuthResponse(session="s", metadata=metadata)
    assert (plain, hash(plain)) == (received, hash(received))
    assert metadata == pickle.loads(pickle.dumps(received)).metadata
    assert metadata == copy.deepcopy(received).metadata
    assert "metadata" not in to_wire(received)


def test_the_empty_response_has_metadata_only() -> None:
    """The answer of an operation without an output compares equal to any other of its kind."""
    metadata = ResponseMetadata(request_id="r", status_code=200, attempts=1)
    assert EmptyResponse() == EmptyResponse(metadata=metadata)
    assert repr(EmptyResponse(metadata=metadata)) == "EmptyResponse()"


# --- repr ---


@with_members
def test_no_secret_is_ever_shown(cls: type[Struct]) -> None:
    """Not one value of a sensitive member, at any depth, gets into what is printed; `'***'` stands there."""
    made = sample(cls, filler="n", secret="\u00a4")
    text = repr(made)
    assert "\u00a4" not in text + str(made) + f"{made}" + pformat(made) + repr([made])
    for member in cls._members:
        shown = "'***'" if member.sensitive else repr(getattr(made, member.name))
        assert f"{member.name}={shown}" in text


def test_repr_shows_what_is_present_and_masks_what_is_secret() -> None:
    """The text reads like the call that makes the struct, without absent members and with `'***'` for secrets."""
    assert repr(sign_in(auth_parameters={"PASSWORD": "hunter2"}, client_metadata={"a": "b"})) == (
        "AdminInitiateAuthRequest(user_pool_id='eu-west-1_a', client_id='***', "
        "auth_flow=<AuthFlowType.USER_AUTH: 'USER_AUTH'>, auth_parameters='***', client_metadata={'a': 'b'})"
    )


def test_an_absent_secret_is_not_shown_as_present() -> None:
    """`'***'` stands for a value that is there; an absent one does not appear."""
    assert repr(AuthenticationResultType(expires_in=3600)) == "AuthenticationResultType(expires_in=3600)"


def test_metadata_hides_the_headers() -> None:
    """The metadata of a response shows id, status and attempts, but no header, since headers may carry cookies."""
    metadata = ResponseMetadata(request_id="r", status_code=200, attempts=2, headers=(("set-cookie", "secret"),))
    assert repr(metadata) == "ResponseMetadata(request_id='r', status_code=200, attempts=2)"


SECRETS = [
    "AccessToken",
    "ActorToken",
    "AuthParameters",
    "ChallengeParameters",
    "ChallengeResponses",
    "ClientSecret",
    "ClientSecretValue",
    "Code",
    "ConfirmationCode",
    "Credential",
    "IdToken",
    "IssuedToken",
    "Password",
    "PasswordVerifier",
    "PreSignedUrl",
    "PreviousPassword",
    "ProposedPassword",
    "ProviderDetails",
    "RefreshToken",
    "Salt",
    "SecretCode",
    "SecretHash",
    "Session",
    "SubjectToken",
    "TemporaryPassword",
    "UserCode",
]
# Members of the same names that hold the units of lifetimes, and the outcomes of challenges.
NO_SECRETS = {
    "TokenValidityUnitsType.AccessToken",
    "TokenValidityUnitsType.IdToken",
    "TokenValidityUnitsType.RefreshToken",
    "AuthEventType.ChallengeResponses",
}


@for_each("wire_name", SECRETS)
def test_members_that_hold_secrets_are_marked(wire_name: str) -> None:
    """Wherever passwords, tokens, codes and keys are strings or maps of strings, they are sensitive."""
    found = [
        (f"{cls.__name__}.{wire_name}", member.sensitive)
        for cls in STRUCTS
        for member in cls._members
        if member.wire_name == wire_name and f"{cls.__name__}.{wire_name}" not in NO_SECRETS
    ]
    assert found
    assert [] == [name for name, sensitive in found if not sensitive]
