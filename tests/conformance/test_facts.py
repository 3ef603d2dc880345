"""The model's facts, held against botocore's own reading of them: names, types, bounds, enums, secrets, pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import types
from cognito_idp._structs import shapes
from cognito_idp._structs.empty import EmptyResponse
from cognito_idp.model import exceptions
from cognito_idp.model.index import SIGNED_WITHOUT, UNSIGNED, is_signed
from cognito_idp_codegen.families import UNSIGNED_BY_DOCUMENTATION
from tests.support.loop import for_each

from .reference import (
    MODELS,
    for_each_operation,
    installed_model,
    installed_paginators,
    lent,
    operation_model,
    wheel_document,
    wheel_model,
)
from .values import enum_classes, request_classes, struct_classes

if TYPE_CHECKING:
    from cognito_idp._structs.enums import OpenEnum
    from cognito_idp._structs.struct import Struct

REQUESTS = {cls.operation.name: cls for cls in request_classes()}
KINDS: dict[str, type[shapes.Shape]] = {
    "string": shapes.Text,
    "integer": shapes.Integer,
    "long": shapes.Integer,
    "boolean": shapes.Boolean,
    "blob": shapes.Blob,
    "timestamp": shapes.Timestamp,
    "list": shapes.ListOf,
    "map": shapes.MapOf,
    "structure": shapes.Nested,
}
sources = pytest.mark.parametrize("source", MODELS)


def facts_of(shape: shapes.Shape) -> Any:
    """Return what our shape says: kind, bounds, and the facts of what it is made of."""
    bounds = (getattr(shape, "minimum", None), getattr(shape, "maximum", None))
    match shape:
        case shapes.Choice():
            return (shapes.Choice, shape.enum.__name__)
        case shapes.Nested():
            return (shapes.Nested, shape.struct.__name__)
        case shapes.ListOf():
            return (shapes.ListOf, bounds, facts_of(shape.item))
        case shapes.MapOf():
            return (shapes.MapOf, bounds, facts_of(shape.key), facts_of(shape.value))
    return (type(shape), bounds)


def facts_by_botocore(shape: Any) -> Any:
    """Return the same of a botocore shape."""
    if getattr(shape, "enum", None):
        return (shapes.Choice, shape.name)
    if getattr(shape, "is_document_type", False):
        return (shapes.Document, (None, None))
    kind, bounds = KINDS[shape.type_name], (shape.metadata.get("min"), shape.metadata.get("max"))
    parts = {"list": ("member",), "map": ("key", "value")}.get(shape.type_name, ())
    inner = (facts_by_botocore(getattr(shape, part)) for part in parts)
    return (kind, shape.name) if kind is shapes.Nested else (kind, bounds, *inner)


def is_secret(shape: Any) -> bool:
    """Tell whether the model marks a shape, or what a list or map holds, as sensitive."""
    if shape.metadata.get("sensitive", False):
        return True
    inner = {"list": ["member"], "map": ["key", "value"]}.get(shape.type_name, [])
    return any(is_secret(getattr(shape, part)) for part in inner if getattr(shape, part).type_name != "structure")


def test_the_counts_are_those_of_the_model() -> None:
    """There are 153 operations, 36 of them unsigned, and 60 exceptions; all other structures are structs."""
    model = wheel_model()
    assert (153, 153) == (len(model.operation_names), len(REQUESTS))
    assert (36, 60) == (len(UNSIGNED), len(exceptions.__all__))
    shapes_of_model = [model.shape_for(name) for name in model.shape_names]
    structures = {shape.name for shape in shapes_of_model if shape.type_name == "structure"}
    documents = {shape.name for shape in shapes_of_model if getattr(shape, "is_document_type", False)}
    assert structures - documents - set(exceptions.__all__) == {cls.__name__ for cls in struct_classes()}
    assert {shape.name for shape in shapes_of_model if getattr(shape, "enum", None)} == {
        enum.__name__ for enum in enum_classes()
    }


@for_each("cls", lent(struct_classes()))
def test_members_are_those_of_the_model(cls: type[Struct]) -> None:
    """A struct has the model's members in its order, with its wire names, types and bounds, required as it says."""
    shape = wheel_model().shape_for(cls.__name__)
    expected = [
        (name, facts_by_botocore(member), name in shape.required_members) for name, member in shape.members.items()
    ]
    assert expected == [(member.wire_name, facts_of(member.shape), member.required) for member in cls._members]


@for_each("cls", lent(struct_classes()))
def test_members_that_the_model_marks_are_secret(cls: type[Struct]) -> None:
    """What the model marks as sensitive is sensitive here, including what stands in lists, maps and marked structs."""
    shape = wheel_model().shape_for(cls.__name__)
    marked = {name for name, member in shape.members.items() if is_secret(member) or is_secret(shape)}
    assert marked <= {member.wire_name for member in cls._members if member.sensitive}


# Texts whose names sound like a secret's, and what they are.
NOT_SECRET = {
    "ActorTokenProviderName": "a provider's name",
    "ClientSecretArn": "the name of a secret that IAM guards",
    "ClientSecretId": "the name of a secret",
    "DeviceGroupKey": "the name of a group of devices",
    "DeviceKey": "the name of a device",
    "KMSKeyID": "the name of a key that IAM guards",
    "KmsKeyArn": "the name of a key that IAM guards",
    "NextToken": "the place of a page",
    "PaginationToken": "the place of a page",
    "PreTokenGeneration": "a function's name",
    "SubjectTokenProviderName": "a provider's name",
    "TokenType": "the word `Bearer`",
}


def test_what_sounds_like_a_secret_is_one_or_is_known_not_to_be() -> None:
    """A text whose name speaks of a secret, password, token, code, key or session is secret, unless listed above."""
    sounds = re.compile("Secret|Password|Token|Verifier|Code|Key|Hash|Session$")
    members = [member for cls in struct_classes() for member in cls._members if isinstance(member.shape, shapes.Text)]
    open_ones = {member.wire_name for member in members if sounds.search(member.wire_name) and not member.sensitive}
    assert NOT_SECRET.keys() == open_ones


@for_each("enum", lent(enum_classes()))
def test_values_are_those_of_the_model(enum: type[OpenEnum]) -> None:
    """An enum has the model's values, in its order."""
    assert list(wheel_model().shape_for(enum.__name__).enum) == [str(value) for value in enum]


@sources
def test_nothing_that_botocore_knows_is_missing(source: str) -> None:
    """Every operation, structure and enum of a model is there, and every member and value of each."""
    model = MODELS[source]()
    assert set(model.operation_names) <= set(REQUESTS)
    for name in model.shape_names:
        shape = model.shape_for(name)
        if getattr(shape, "enum", None):
            assert set(shape.enum) <= {str(value) for value in getattr(types, name)}
        elif shape.type_name == "structure" and shape.metadata.get("exception"):
            assert name in exceptions.__all__
        elif shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
            assert set(shape.members) <= {member.wire_name for member in getattr(types, name)._members}


@sources
def test_unsigned_operations_are_those_of_the_model(source: str) -> None:
    """An operation is unsigned where the model or the table says so, in the index and beside its request."""
    model = MODELS[source]()
    names = set(model.operation_names)
    expected = {name for name in names if model.operation_model(name).auth_type == "none"}
    assert expected | (UNSIGNED_BY_DOCUMENTATION.keys() & names) == UNSIGNED & names
    assert {name for name, cls in REQUESTS.items() if not cls.operation.signed} == UNSIGNED
    assert {
        name: unsigned.member for name, unsigned in UNSIGNED_BY_DOCUMENTATION.items() if unsigned.member is not None
    } == SIGNED_WITHOUT


# What the documentation says of IAM credentials, and whether a request is signed then: with the members that a struct
# has, and with none.
SAYINGS = {
    "you can't use IAM credentials": (False, False),
    "you must use IAM credentials": (True, True),
    "you must have IAM credentials, or you must present": (False, True),
}


def signing_said(name: str) -> set[tuple[bool, bool]]:
    """Return how the documentation of an operation says that requests are signed."""
    text = " ".join(wheel_document("service-2")["operations"][name]["documentation"].split())
    return {signed for saying, signed in SAYINGS.items() if saying in text}


@for_each("name", lent(list(REQUESTS)))
def test_signing_is_as_the_documentation_says(name: str) -> None:
    """Where the documentation of an operation says who may call it, requests are signed accordingly."""
    required = {member.wire_name: "x" for member in REQUESTS[name]._members if member.required}
    assert signing_said(name) <= {(is_signed(name, required), is_signed(name, {}))}


def test_the_documentation_says_it_of_most_operations() -> None:
    """Each saying is found, and the two operations that the model has wrong are among those it is said of."""
    said = {name: signing_said(name) for name in REQUESTS}
    assert set(SAYINGS.values()) == {signed for each in said.values() for signed in each}
    assert {(False, False)} == said["GetClientToken"]
    assert {(False, True)} == said["GetDerivedToken"]
    assert sum(map(bool, said.values())) > 100


@for_each_operation(REQUESTS)
def test_an_operation_has_the_models_request_and_response(source: str, name: str) -> None:
    """Request and response structs are the input and output that the model gives the operation."""
    model = operation_model(source, name)
    cls = REQUESTS[name]
    output = EmptyResponse.__name__ if model.output_shape is None else model.output_shape.name
    assert (model.input_shape.name, output) == (cls.__name__, cls.operation.response_type.__name__)


def pages_by_wire_names(name: str) -> dict[str, str]:
    """Return the paginator of an operation as botocore writes it."""
    cls = REQUESTS[name]
    pages = cls.operation.pages
    assert pages is not None
    inputs = {member.name: member.wire_name for member in cls._members}
    outputs = {member.name: member.wire_name for member in cls.operation.response_type._members}
    return {
        "input_token": inputs[pages.input_token],
        "output_token": outputs[pages.output_token],
        "result_key": outputs[pages.result],
    }


@sources
def test_paginators_are_those_of_the_model(source: str) -> None:
    """Each of the model's paginators has its tokens and its items here."""
    paginators = installed_paginators() if source == "installed" else wheel_document("paginators-1")["pagination"]
    assert paginators
    for name, paginator in paginators.items():
        assert {key: paginator[key] for key in ("input_token", "output_token", "result_key")} == pages_by_wire_names(
            name
        )


def test_lists_that_the_model_forgets_page_as_well() -> None:
    """21 operations page: those whose answers have a page token, whether or not the model has a paginator for them."""
    paging = {name for name, cls in REQUESTS.items() if cls.operation.pages is not None}
    with_token = {
        name
        for name, cls in REQUESTS.items()
        if {"NextToken", "PaginationToken"} & {member.wire_name for member in cls.operation.response_type._members}
    }
    assert with_token == paging
    assert len(paging) == 21
    assert len(paging - set(installed_paginators())) >= 9
    for name in paging & set(installed_model().operation_names):
        assert pages_by_wire_names(name)
