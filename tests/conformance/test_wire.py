"""What goes out and what comes in, held against botocore's serializer and parser for every operation."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cognito_idp import Client, Credentials, from_wire, to_wire
from cognito_idp._structs import shapes
from cognito_idp._structs.empty import EmptyResponse
from tests.support.loop import for_each

from .reference import installed_model, known_members, operation_models
from .values import build, plain, plain_structs, request_classes, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS = {cls.operation.name: cls for cls in request_classes()}
modest = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


class Echo:
    """A transport that keeps the last request and answers with an empty object."""

    def __init__(self) -> None:
        self.request = httpx.Request("GET", "http://nothing.was.sent")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Keep the request."""
        self.request = request
        return httpx.Response(200, json={})


@pytest.fixture(scope="module")
def echo() -> Echo:
    """Give the transport that the client of the module sends to."""
    return Echo()


@pytest.fixture(scope="module")
def client(echo: Echo) -> Iterator[Client]:
    """Give a client that sends to the recorder."""
    with Client("eu-west-1", credentials=Credentials("a", "b"), transport=httpx.MockTransport(echo)) as made:
        yield made


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_go_out_as_botocore_sends_them(name: str, client: Client, echo: Echo) -> None:
    """Random legal values leave the client with botocore's body, byte by byte, and its target and content type."""
    cls, models = REQUESTS[name], operation_models(name)
    serializer = create_serializer("json", include_validation=False)

    @modest
    @given(drawn=plain_structs(cls))
    def check(drawn: dict[str, Any]) -> None:
        for model in models:
            members = known_members(model.input_shape, drawn)
            client.send(build(cls, members))
            expected = serializer.serialize_to_request(members, model)
            assert expected["body"] == echo.request.content
            for header in ("X-Amz-Target", "Content-Type"):
                assert expected["headers"][header] == echo.request.headers[header]
            assert (expected["method"], expected["url_path"]) == (echo.request.method, echo.request.url.path)

    check()


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_come_back_unchanged(name: str) -> None:
    """Random legal values survive `to_wire`, JSON, `from_wire` and `to_wire` again."""
    cls = REQUESTS[name]

    @modest
    @given(members=plain_structs(cls))
    def check(members: dict[str, Any]) -> None:
        request = build(cls, members)
        assert members == plain(request)
        wire = to_wire(request)
        again = from_wire(cls, json.loads(json.dumps(wire)))
        assert (request, wire) == (again, to_wire(again))

    check()


def encoded(value: Any) -> Any:
    """Return the JSON form of a moment or of bytes, for the encoder's `default`."""
    if isinstance(value, datetime):
        seconds = (value - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)
        return int(seconds) if seconds.is_integer() else seconds
    return base64.b64encode(value).decode()


@pytest.mark.parametrize("name", REQUESTS)
def test_responses_are_read_as_botocore_reads_them(name: str) -> None:
    """Random answers, with unknown members and nulls among them, mean to us what they mean to botocore's parser."""
    cls, models = REQUESTS[name].operation.response_type, operation_models(name)
    parser = create_parser("json")
    names = [member.wire_name for member in cls._members]
    odd = {name: st.none() for name in names} | {"OfTomorrow": st.just({"Name": [1]}), "Name2": st.booleans()}

    @modest
    @given(drawn=plain_structs(cls), others=st.fixed_dictionaries({}, optional=odd))
    def check(drawn: dict[str, Any], others: dict[str, Any]) -> None:
        for model in models:
            members = drawn if model.output_shape is None else known_members(model.output_shape, drawn)
            body = json.dumps({**others, **members}, default=encoded).encode()
            expected = parser.parse({"status_code": 200, "headers": {}, "body": body}, model.output_shape)
            del expected["ResponseMetadata"]
            response = from_wire(cls, json.loads(body))
            assert expected == plain(response)
            assert json.loads(json.dumps(members, default=encoded)) == to_wire(response)

    check()


def from_tomorrow(shape: Any, value: Any) -> Any:
    """Return JSON data of a shape, with a member more in each object that is a struct's."""
    match shape:
        case shapes.Nested():
            members = {member.wire_name: member.shape for member in shape.struct._members}
            read = {name: from_tomorrow(members[name], inner) for name, inner in value.items()}
            return {**read, "OfTomorrow": {"Name": [1]}}
        case shapes.ListOf():
            return [from_tomorrow(shape.item, inner) for inner in value]
        case shapes.MapOf():
            return {key: from_tomorrow(shape.value, inner) for key, inner in value.items()}
    return value


@for_each("name", list(REQUESTS))
def test_what_a_newer_service_adds(name: str) -> None:
    """A member that the service adds is ignored at every depth, and an enum value that it adds is kept."""
    cls = REQUESTS[name].operation.response_type
    response = sample(cls)  # each enum's value is none that is known
    assert response == from_wire(cls, from_tomorrow(shapes.Nested(cls), to_wire(response)))


def test_operations_without_an_output_give_the_empty_response() -> None:
    """Exactly the operations that the model gives no output have the empty response."""
    empty = {name for name, cls in REQUESTS.items() if cls.operation.response_type is EmptyResponse}
    model = installed_model()
    known = set(REQUESTS) & set(model.operation_names)
    assert {name for name in known if model.operation_model(name).output_shape is None} == empty & known
