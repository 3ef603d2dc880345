"""Every modelled exception is raised by its code, whatever the operation."""

from __future__ import annotations

import json

import pytest
from botocore.parsers import create_parser

import cognito_idp
from cognito_idp import ServiceError
from cognito_idp._protocol.response import parse
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp.errors import service_error
from cognito_idp.model import exceptions

from .reference import MODELS, wheel_document
from .values import request_classes

OPERATIONS = [cls.operation.name for cls in request_classes()]


@pytest.mark.parametrize("code", exceptions.__all__)
def test_a_modelled_exception_is_raised_on_every_operation(code: str) -> None:
    """An answer with the code raises the exception of that name, with what the service said, on every operation."""
    body = json.dumps({"__type": f"com.amazonaws.cognito#{code}", "message": "text"}).encode()
    response = HttpResponse(400, (("x-amzn-requestid", "r-1"),), body)
    for operation in OPERATIONS:
        with pytest.raises(ServiceError) as caught:
            parse(response, operation, service_error)
        error = caught.value
        assert type(error) is getattr(cognito_idp, code)
        assert (code, "text", operation, 400, "r-1") == (
            error.code,
            error.message,
            error.operation,
            error.status_code,
            error.request_id,
        )


@pytest.mark.parametrize("source", MODELS)
def test_exceptions_are_those_of_the_model(source: str) -> None:
    """The modelled exceptions are the model's, and each operation's errors are among them."""
    model = MODELS[source]()
    shapes = [model.shape_for(name) for name in model.shape_names]
    named = {shape.name for shape in shapes if shape.metadata.get("exception")}
    assert named <= set(exceptions.__all__)
    if source == "wheel":
        assert named == set(exceptions.__all__)


def test_faults_of_the_service_are_retryable() -> None:
    """What the model calls a fault of the service (rather than of the caller) may be tried again."""
    shapes = wheel_document("service-2")["shapes"]
    faults = {name for name, shape in shapes.items() if shape.get("fault")}
    assert faults
    assert {name for name in faults if not getattr(exceptions, name)().is_retryable} == set()


@pytest.mark.parametrize("form", ["{}", "ns.x#{}", "{}:http://internal", "ns#{}:http://internal#x"])
@pytest.mark.parametrize("code", ["NotAuthorizedException", "UserNotFoundException", "SomethingNewException"])
def test_codes_are_cut_out_as_botocore_cuts_them(code: str, form: str) -> None:
    """In `__type`, which botocore reads, every form of a code means the same to both."""
    text = form.format(code)
    body = json.dumps({"__type": text, "message": "m"}).encode()
    if ":" not in text:  # botocore cuts at the colon in a header only
        parsed = create_parser("json").parse({"status_code": 400, "headers": {}, "body": body}, None)
        assert parsed["Error"] == {"Code": code, "Message": "m"}
    with pytest.raises(ServiceError) as caught:
        parse(HttpResponse(400, (), body), "GetUser", service_error)
    assert (code, "m") == (caught.value.code, caught.value.message)
