"""Spans and metrics of `OpenTelemetryObserver`, read from the SDK's in-memory exporters."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import httpx
import pytest

pytest.importorskip("opentelemetry.sdk", reason="the OpenTelemetry SDK is not installed")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from cognito_idp import AsyncClient, ListUsersRequest
from cognito_idp.errors import NotAuthorizedException, ResourceNotFoundException
from cognito_idp.observability import OpenTelemetryObserver
from tests.login.support import HOST, login_of
from tests.sign_in.fake_accounts import CODE, PASSWORD, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.sign_in.party import SECRET_APP
from tests.support.kit import CREDENTIALS, FakeTime
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from tests.support.kit import Kit

REQUEST = ListUsersRequest(user_pool_id="us-east-1_a")


@attrs.frozen
class Telemetry:
    """An observer, and where its spans and metrics end up."""

    observer: OpenTelemetryObserver
    tracers: TracerProvider
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def span(self) -> Any:
        """Return the one span."""
        (span,) = self.exporter.get_finished_spans()
        return span

    def metrics(self) -> dict[str, list[Any]]:
        """Return the points of each metric."""
        data = self.reader.get_metrics_data()
        assert data is not None
        (resource,) = data.resource_metrics
        (scope,) = resource.scope_metrics
        return {metric.name: list(metric.data.data_points) for metric in scope.metrics}


@pytest.fixture
def telemetry() -> Telemetry:
    """Make an observer with providers of its own."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    meters = MeterProvider([reader])
    return Telemetry(OpenTelemetryObserver(tracers, meters), tracers, exporter, reader)


def client_of(kit: Kit, telemetry: Telemetry, *answers: httpx.Response | Exception) -> Any:
    """Make a client that is observed, with a fake time."""
    options = {"random": lambda: 0.5}
    return kit.client(respond=Responder(*answers), time=FakeTime(), options=options, observer=telemetry.observer)


def test_the_span_of_a_call(kit: Kit, telemetry: Telemetry) -> None:
    """A call makes one client span, named and described as the conventions for AWS SDKs want it."""
    kit.run(client_of(kit, telemetry, success()).send, REQUEST)
    span = telemetry.span()
    assert ("Cognito Identity Provider.ListUsers", SpanKind.CLIENT) == (span.name, span.kind)
    assert {
        "rpc.system": "aws-api",
        "rpc.service": "Cognito Identity Provider",
        "rpc.method": "ListUsers",
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "server.address": "cognito-idp.us-east-1.amazonaws.com",
        "server.port": 443,
        "cloud.region": "us-east-1",
        "aws.request_id": "request-1",
    } == dict(span.attributes)
    assert StatusCode.UNSET == span.status.status_code


def test_the_span_hangs_below_the_current_one(kit: Kit, telemetry: Telemetry) -> None:
    """The span's parent is the span that is current where the call is made."""
    client = client_of(kit, telemetry, success())
    tracer = telemetry.tracers.get_tracer("tests")

    async def call() -> None:
        with tracer.start_as_current_span("request"):
            await client.send(REQUEST)

    if kit.kind == "sync":
        with tracer.start_as_current_span("request"):
            client.send(REQUEST)
    else:
        kit.run(call)
    child, parent = telemetry.exporter.get_finished_spans()
    assert child.parent is not None
    assert parent.context is not None
    assert parent.context.span_id == child.parent.span_id


def test_retries(kit: Kit, telemetry: Telemetry) -> None:
    """Retries are events of the span, its resend count, and a counter; each attempt is in the histogram."""
    kit.run(client_of(kit, telemetry, error("TooManyRequestsException"), httpx.ReadError("x"), success()).send, REQUEST)
    span = telemetry.span()
    assert [
        {"attempt": 1, "delay": 0.5, "error.type": "TooManyRequestsException"},
        {"attempt": 2, "delay": 0.05, "error.type": "ReadError"},
    ] == [dict(event.attributes) for event in span.events]
    assert 2 == span.attributes["http.request.resend_count"]
    points = telemetry.metrics()
    assert {("ListUsers", "TooManyRequestsException"): 1, ("ListUsers", "ReadError"): 1} == {
        (point.attributes["rpc.method"], point.attributes["error.type"]): point.value
        for point in points["cognito_idp.retries"]
    }
    attempts = {
        (point.attributes.get("http.response.status_code"), point.attributes.get("error.type")): point.count
        for point in points["http.client.request.duration"]
    }
    assert {(400, "TooManyRequestsException"): 1, (None, "ReadError"): 1, (200, None): 1} == attempts
    (call,) = points["rpc.client.call.duration"]
    assert (1, pytest.approx(0.55)) == (call.count, call.sum)
    named = {"rpc.system": "aws-api", "rpc.service": "Cognito Identity Provider", "rpc.method": "ListUsers"}
    retry = points["cognito_idp.retries"][0]
    for attributes in (span.attributes, call.attributes, retry.attributes):
        assert named == {name: value for name, value in attributes.items() if name.startswith("rpc.")}


def test_a_member_that_can_not_be_read(kit: Kit, telemetry: Telemetry) -> None:
    """What was left out of an answer is an event of the span, which is not an error."""
    kit.run(client_of(kit, telemetry, success({"Users": [{"Enabled": "yes"}]})).send, REQUEST)
    span = telemetry.span()
    assert [{"member": "UserType.enabled", "problem": "must be true or false, not str"}] == [
        dict(event.attributes) for event in span.events
    ]
    assert StatusCode.UNSET == span.status.status_code


@pytest.mark.parametrize("password", [PASSWORD, "Wrong-Horse-9"])
def test_a_sign_in(kit: Kit, telemetry: Telemetry, password: str) -> None:
    """Each step of a sign-in is a span, with its calls below it, what was asked for next, and how it failed."""
    fake = FakeCognito(SECRET_APP, user("SMS_MFA"))
    client = kit.client(respond=fake, time=FakeTime(), observer=telemetry.observer)
    is_right = password == PASSWORD
    with nullcontext() if is_right else pytest.raises(NotAuthorizedException):
        challenge = kit.run(partial(client.sign_in, SECRET_APP, username="mary", password=password))
    if is_right:
        kit.run(partial(client.respond, SECRET_APP, challenge, code=CODE))
    spans = telemetry.exporter.get_finished_spans()
    names = {span.context.span_id: span.name.partition(".")[2] for span in spans if span.context is not None}
    below = [(span.name.partition(".")[2], names[span.parent.span_id] if span.parent else None) for span in spans]
    step = [("InitiateAuth", "SignIn"), ("RespondToAuthChallenge", "SignIn"), ("SignIn", None)]
    assert step + ([("RespondToAuthChallenge", "Respond"), ("Respond", None)] if is_right else []) == below
    facts = [dict(span.attributes or {}) for span in spans if span.parent is None]
    first = {"cognito_idp.step": "USER_SRP_AUTH"}
    if is_right:
        assert [first | {"cognito_idp.challenge": "SMS_MFA"}, {"cognito_idp.step": "SMS_MFA"}] == facts
    else:
        assert [first | {"error.type": "NotAuthorizedException"}] == facts
    assert {} == telemetry.observer._open_spans


def test_a_wait(kit: Kit, telemetry: Telemetry) -> None:
    """Each look of a wait is an event of the span that is current where it waits, and a call with a span of its own."""
    answers = [success(), success({"UserImportJob": {"Status": "Succeeded"}})]
    client = client_of(kit, telemetry, *answers)
    tracer = telemetry.tracers.get_tracer("tests")
    arguments = {"user_pool_id": "us-east-1_a", "job_id": "j"}

    async def wait() -> None:
        with tracer.start_as_current_span("import"):
            await client.wait_for("UserImportJobSucceeded", **arguments)

    if kit.kind == "sync":
        with tracer.start_as_current_span("import"):
            client.wait_for("UserImportJobSucceeded", **arguments)
    else:
        kit.run(wait)
    *looks, parent = telemetry.exporter.get_finished_spans()
    assert ["Cognito Identity Provider.DescribeUserImportJob"] * 2 == [span.name for span in looks]
    assert [
        ("wait", {"waiter": "UserImportJobSucceeded", "looks": 1, "seconds": 0.0}),
        ("wait", {"waiter": "UserImportJobSucceeded", "looks": 2, "seconds": 2.0, "state": "Succeeded"}),
    ] == [(event.name, dict(event.attributes or {})) for event in parent.events]


def test_a_failure(kit: Kit, telemetry: Telemetry) -> None:
    """A failed call's span has the error's code as its type and status, and never its text."""
    with pytest.raises(ResourceNotFoundException):
        kit.run(client_of(kit, telemetry, error("ResourceNotFoundException")).send, REQUEST)
    span = telemetry.span()
    assert "ResourceNotFoundException" == span.attributes["error.type"]
    assert (StatusCode.ERROR, "ResourceNotFoundException") == (span.status.status_code, span.status.description)
    assert [] == [value for value in span.attributes.values() if "text" in str(value)]


def test_a_cancelled_call_ends_its_span(telemetry: Telemetry, anyio_backend: str) -> None:
    """A cancelled call's span ends as cancelled, and the observer keeps nothing of it."""

    async def main() -> None:
        async def hang(_: httpx.Request) -> httpx.Response:
            scope.cancel()
            await anyio.sleep_forever()
            raise AssertionError

        transport = httpx.MockTransport(hang)
        async with AsyncClient(
            "us-east-1", credentials=CREDENTIALS, transport=transport, observer=telemetry.observer
        ) as client:
            with anyio.CancelScope() as scope:
                await client.send(REQUEST)

    anyio.run(main, backend=anyio_backend)
    assert "Cancelled" == telemetry.span().attributes["error.type"]
    assert {} == telemetry.observer._open_spans


def test_without_opentelemetry() -> None:
    """Where OpenTelemetry is missing, asking for its observer names the extra that brings it."""
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from cognito_idp.errors import ConfigError\n"
        "try:\n    from cognito_idp.observability import OpenTelemetryObserver\n"
        "except ConfigError as error:\n    print(error)\n"
    )
    output = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert (
        "OpenTelemetryObserver needs OpenTelemetry's API: pip install '.[otel]' (in a clone of the repository)\n"
        == output
    )


def test_calls_to_a_pools_domain(kit: Kit, telemetry: Telemetry) -> None:
    """A managed login's calls have spans that name the endpoint, its host, and the method that is used there."""
    client = client_of(kit, telemetry, success({"sub": "1"}))
    kit.run(client.user_info, login_of(), access_token="token")
    kit.run(client.revoke_login, login_of(), refresh_token="token")
    spans = [dict(span.attributes or {}) for span in telemetry.exporter.get_finished_spans()]
    assert [("oauth2/userInfo", "GET"), ("oauth2/revoke", "POST")] == [
        (each["rpc.method"], each["http.request.method"]) for each in spans
    ]
    assert {HOST} == {each["server.address"] for each in spans}
    points = telemetry.metrics()["http.client.request.duration"]
    assert ["GET", "POST"] == sorted(point.attributes["http.request.method"] for point in points)
