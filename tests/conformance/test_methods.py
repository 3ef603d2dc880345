"""Both clients have boto3's methods, with the same signatures."""

from __future__ import annotations

import inspect
import re
from typing import Any

import boto3
import pytest
from botocore import xform_name

from cognito_idp import AsyncClient, Client
from cognito_idp.model.async_operations import AsyncOperations
from cognito_idp.model.operations import Operations
from tests.support.loop import for_each

from .reference import MODELS, for_each_operation, operation_model
from .values import methods, request_classes

REQUESTS = {cls.operation.name: cls for cls in request_classes()}
BY_METHOD = {xform_name(name): cls for name, cls in REQUESTS.items()}
PAGING = {xform_name(name): cls for name, cls in REQUESTS.items() if cls.operation.pages is not None}


@pytest.mark.parametrize("cls", [Operations, AsyncOperations])
def test_methods_are_exactly_the_operations_and_iterators(cls: type) -> None:
    """A client has botocore's method name for each operation, and an iterator for each that pages."""
    expected = set(BY_METHOD) | {f"iter_{name}" for name in PAGING}
    assert expected == set(methods(cls))


@pytest.mark.parametrize("cls", [Client, AsyncClient])
def test_clients_have_the_methods(cls: type) -> None:
    """No method of an operation is hidden by one of the client's own."""
    own = Operations if cls is Client else AsyncOperations
    for name, method in methods(own).items():
        assert getattr(cls, name) is method


@pytest.mark.parametrize("source", MODELS)
def test_methods_have_botocores_names(source: str) -> None:
    """The name of each operation's method is the one that botocore gives it."""
    assert {xform_name(name) for name in MODELS[source]().operation_names} <= set(methods(Client))


def test_methods_have_boto3s_names() -> None:
    """A user of boto3 finds each method of its client by the same name, for the same operation."""
    session = boto3.session.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")
    mapping: dict[str, str] = session.client("cognito-idp").meta.method_to_api_mapping
    assert mapping
    assert mapping.items() <= {name: cls.operation.name for name, cls in BY_METHOD.items()}.items()


def parameters(method: Any) -> list[tuple[str, Any, Any, Any]]:
    """Return the parameters of a method as data."""
    found = inspect.signature(method).parameters.values()
    return [(parameter.name, parameter.kind, parameter.default, parameter.annotation) for parameter in found]


@for_each("name", sorted({*BY_METHOD, *(f"iter_{name}" for name in PAGING)}))
def test_both_clients_have_the_same_signatures(name: str) -> None:
    """A method takes and returns the same on both clients, and says the same; only one is awaited or iterated async."""
    method, async_method = getattr(Client, name), getattr(AsyncClient, name)
    assert parameters(method) == parameters(async_method)
    assert inspect.getdoc(method) == inspect.getdoc(async_method)
    is_iterator = name.startswith("iter_")
    answer = str(inspect.signature(method).return_annotation)
    prefix = "Async" if is_iterator else ""
    assert f"{prefix}{answer}" == inspect.signature(async_method).return_annotation
    assert (False, not is_iterator) == (
        inspect.iscoroutinefunction(method),
        inspect.iscoroutinefunction(async_method),
    )


@for_each("name", list(BY_METHOD))
def test_a_method_takes_the_members_of_its_request(name: str) -> None:
    """The parameters are the request's members, required ones first and without default, all by keyword."""
    cls, signature = BY_METHOD[name], inspect.signature(getattr(Client, name))
    found = [parameter for parameter in signature.parameters.values() if parameter.name != "self"]
    required = [member.name for member in cls._members if member.required]
    others = [member.name for member in cls._members if not member.required]
    assert [*required, *others] == [parameter.name for parameter in found]
    assert {parameter.kind for parameter in found} <= {inspect.Parameter.KEYWORD_ONLY}
    assert required == [parameter.name for parameter in found if parameter.default is inspect.Parameter.empty]
    assert cls.operation.response_type.__name__ == signature.return_annotation


@for_each("name", list(PAGING))
def test_an_iterator_takes_what_its_method_takes(name: str) -> None:
    """`iter_x` has the parameters of `x`, and gives the items that the paged member holds."""
    assert parameters(getattr(Client, name)) == parameters(getattr(Client, f"iter_{name}"))
    pages = PAGING[name].operation.pages
    assert pages is not None
    response = PAGING[name].operation.response_type
    annotation = next(str(member.annotation) for member in response._members if member.name == pages.result)
    item = inspect.signature(getattr(Client, f"iter_{name}")).return_annotation
    inner = re.fullmatch(r"Iterator\[(\w+)\]", item)
    assert inner is not None
    assert f"{inner[1]}, ...]" in annotation


@for_each("name", list(BY_METHOD))
def test_a_docstring_tells_arguments_errors_signing_and_source(name: str) -> None:
    """Each method's text has a sentence, a line for each parameter, the errors, how it is signed, and the link."""
    cls, text = BY_METHOD[name], inspect.getdoc(getattr(Client, name)) or ""
    assert text.splitlines()[0].rstrip(".")
    for member in cls._members:
        assert f"\n    {member.name}: " in text
    assert "\nRaises:\n    RequestValidationError: " in text
    signing = "Signed with AWS credentials." if cls.operation.signed else "Not signed: needs no AWS credentials."
    assert f"\n{signing}\n" in text
    assert text.endswith(f"/API_{cls.operation.name}.html")


@for_each_operation(REQUESTS)
def test_a_docstring_names_the_models_errors(source: str, name: str) -> None:
    """The errors that a method's text lists are those that the model gives the operation."""
    model = operation_model(source, name)
    text = " ".join((inspect.getdoc(getattr(Client, xform_name(name))) or "").split())
    listed = re.search(r"ServiceError: as ([\w, ]+)\.", text)
    assert listed is not None
    errors = {shape.name for shape in model.error_shapes}
    if source == "wheel":
        assert sorted(errors) == listed[1].split(", ")
    else:
        assert errors <= set(listed[1].split(", "))
