"""How calls name the invocation of the Lambda function that makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import httpx
import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import ListUsersRequest
from cognito_idp._protocol.user_agent import trace_headers
from tests.support.kit import options_of
from tests.support.loop import for_each
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from tests.support.kit import Kit

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:0,68fd508a:5"
FUNCTION = {"AWS_LAMBDA_FUNCTION_NAME": "sign-in"}
LIST_USERS = ListUsersRequest(user_pool_id="us-east-1_a")


def botocores(environ: dict[str, str]) -> str | None:
    """Return the header that botocore sends with this environment."""
    sent: list[Any] = []

    def keep(request: Any, **_: Any) -> AWSResponse:
        sent.append(request.headers.get("X-Amzn-Trace-Id"))
        raw: Any = httpx.ByteStream(b"{}")
        raw.stream = lambda: iter([b"{}"])
        return AWSResponse(request.url, 200, {}, raw)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_LAMBDA_FUNCTION_NAME", "_X_AMZN_TRACE_ID"):
            patch.delenv(name, raising=False)
        for name, value in environ.items():
            patch.setenv(name, value)
        client = botocore.session.get_session().create_client(
            "cognito-idp", region_name="us-east-1", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="s"
        )
        client.meta.events.register("before-send", keep)
        client.list_users(UserPoolId="us-east-1_a")
    header: Any = sent[0]
    return header.decode() if isinstance(header, bytes) else header


@pytest.mark.slow
@for_each(
    "environ",
    {
        "lambda": {**FUNCTION, "_X_AMZN_TRACE_ID": TRACE},
        "not lambda": {"_X_AMZN_TRACE_ID": TRACE},
        "no trace": FUNCTION,
        "empty trace": {**FUNCTION, "_X_AMZN_TRACE_ID": ""},
        "empty name": {"AWS_LAMBDA_FUNCTION_NAME": "", "_X_AMZN_TRACE_ID": TRACE},
        "other characters": {**FUNCTION, "_X_AMZN_TRACE_ID": "a b\tc\r\nd: é/?#@!$%()*<>|~_.=-\"'{}[],&+;"},
    },
)
def test_botocore_sends_the_same(environ: dict[str, str]) -> None:
    """In each environment the header is what botocore sends, or is missing where botocore sends none."""
    expected = botocores(environ)
    assert ([] if expected is None else [expected]) == [value for _, value in trace_headers(environ)]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_whatever_the_environment_says(trace: str) -> None:
    """No text in the environment ends the header early, or puts anything but visible ASCII into it."""
    ((_, value),) = trace_headers({**FUNCTION, "_X_AMZN_TRACE_ID": trace})
    assert value.isascii()
    assert value.isprintable()
    assert " " not in value


@pytest.fixture
def on_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a Lambda function."""
    for name, value in FUNCTION.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("on_lambda")
def test_each_invocation_has_its_id(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that outlives an invocation names the one that is running: in typed calls, calls by name and retries."""
    service = Responder(success({"Users": []}), success({}), error("InternalErrorException", 500), success({}))
    client = kit.client(respond=service)
    kit.run(client.send, LIST_USERS)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-1")
    kit.run(client.call, "ListUsers")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-2")
    kit.run(client.call, "ListUsers")
    names = [request.headers.get("x-amzn-trace-id") for request in service.requests]
    assert [None, "Root=1-1", "Root=1-2", "Root=1-2"] == names
    # Services between here and there may change it.
    assert all("x-amzn-trace-id" not in request.headers["authorization"] for request in service.requests)


@pytest.mark.usefixtures("on_lambda")
def test_a_header_of_ones_own(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller's own `x-amzn-trace-id` is sent instead, once."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    service = Responder(success({"Users": []}))
    client = kit.client(respond=service).with_options(headers={"X-Amzn-Trace-Id": "Root=1-own"})
    kit.run(client.send, LIST_USERS)
    assert ["Root=1-own"] == service.requests[0].headers.get_list("x-amzn-trace-id")


def test_elsewhere_nothing_is_looked_at(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of Lambda a call doesn't read the environment, and sends no such header."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    service = Responder(success({"Users": []}))
    client = kit.client(respond=service)
    kit.run(client.send, LIST_USERS)
    assert "x-amzn-trace-id" not in service.requests[0].headers
    assert options_of(client).invocation is None
