"""Functions under AWS's own runtime interface client: the example, freezes, snapshots, and what the service sees."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp.testing import TokenIssuer
from tests.support.answers import answer
from tests.support.server import PATIENCE, Connection, Received, Server
from tests.tokens.issuing import REASON

from .runtime import Function, Outcome, RuntimeApi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Serve

pytest.importorskip("awslambdaric", reason="awslambdaric is not installed")
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")

ROOT = Path(__file__).parents[2]
PASSWORD = "Correct-Horse-9"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-role", "AWS_SESSION_TOKEN": "token"}
APP = {"USER_POOL_ID": "us-east-1_EXAMPLE", "CLIENT_ID": "1example"}
ANSWERS = {
    "SignUp": {"UserConfirmed": True, "UserSub": "s"},
    "AdminInitiateAuth": {"AuthenticationResult": {"AccessToken": "a-token", "ExpiresIn": 60}},
    "GetUser": {"Username": "mary", "UserAttributes": [{"Name": "email", "Value": "mary@example.com"}]},
    "AdminUserGlobalSignOut": {},
}
CONFIRMED = Outcome("response", {"confirmed": True})
SIGN_IN = {"routeKey": "POST /sign-in", "headers": {}, "body": json.dumps({"username": "mary", "password": PASSWORD})}


class Service:
    """Stands for Cognito. What comes over connections before `first_good` is lost, as after a restore."""

    def __init__(self) -> None:
        self.first_good = 1

    def __call__(self, connection: Connection, request: Received) -> None:
        """Answer, or break off."""
        if connection.number < self.first_good:
            connection.reset()
            return
        operation = (request.header("x-amz-target") or ".").rpartition(".")[2]
        answer(json.dumps(ANSWERS.get(operation, {})).encode())(connection, request)


@contextmanager
def running(handler: str, service: Server, **environ: str) -> Iterator[tuple[RuntimeApi, Function]]:
    """Start a function whose calls go to a service of this machine; leave when it asks for its first event."""
    environ = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": service.url, **KEYS, **environ}
    folders = (ROOT / "src", ROOT / "examples", ROOT)
    with RuntimeApi() as api, Function(handler, api, environ, *folders) as function:
        if "AWS_LAMBDA_INITIALIZATION_TYPE" in environ:
            assert api.snapshot.wait(PATIENCE)
        else:
            assert api.started.wait(PATIENCE)
        yield api, function


def targets(service: Server) -> list[str]:
    """Return which operations were called."""
    return [target.rpartition(".")[2] for request in service.requests if (target := request.header("x-amz-target"))]


@pytest.mark.slow
def test_the_example(serve: Serve) -> None:
    """The example answers requests of an HTTP API under Lambda's runtime, and logs no secret."""
    service = serve(Service())
    with running("lambda_handler.handler", service, **APP) as (api, function):
        signed_in = api.invoke(SIGN_IN)
        me = api.invoke({"routeKey": "GET /me", "headers": {"authorization": "Bearer a-token"}})
        nowhere = api.invoke({"routeKey": "GET /nowhere", "headers": {}})
    assert ["response"] * 3 == [outcome.kind for outcome in (signed_in, me, nowhere)]
    assert [200, 200, 404] == [outcome.body["statusCode"] for outcome in (signed_in, me, nowhere)]
    assert "a-token" == json.loads(signed_in.body["body"])["access_token"]
    assert ["AdminInitiateAuth", "GetUser"] == targets(service)
    assert not [secret for secret in (PASSWORD, "a-token", *KEYS.values()) if secret in function.log]


@pytest.mark.slow
def test_the_example_for_a_queue(serve: Serve) -> None:
    """The example's other handler takes a batch of a queue, twice over one event loop."""
    service = serve(Service())
    records = [{"messageId": f"m{number}", "body": name} for number, name in enumerate(("mary", "john"))]
    with running("lambda_handler.queue_handler", service, **APP) as (api, _):
        outcomes = [api.invoke({"Records": records}) for _ in range(2)]
    assert [Outcome("response", {"batchItemFailures": []})] * 2 == outcomes
    assert ["AdminUserGlobalSignOut"] * 4 == targets(service)


@pytest.mark.slow
def test_the_example_under_snap_start(serve: Serve) -> None:
    """A copy of the example that is restored from a snapshot uses none of the snapshot's connections."""
    service = Service()
    server = serve(service)
    snap_start = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start", **APP}
    with running("lambda_handler.handler", server, **snap_start) as (api, _):
        service.first_good = 1 + server.accepted
        api.restored.set()
        outcome = api.invoke(SIGN_IN)
    assert 200 == outcome.body["statusCode"]
    assert ["GET / HTTP/1.1"] * 4 == [request.request_line for request in server.requests[:-1]]


def test_a_function_without_its_settings(serve: Serve) -> None:
    """An example without its settings fails at its start, and the runtime hears why."""
    environ = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": serve(Service()).url, **KEYS}
    with RuntimeApi() as api, Function("lambda_handler.handler", api, environ, ROOT / "src", ROOT / "examples"):
        outcome = api.outcome()
    assert ("init error", "KeyError") == (outcome.kind, outcome.body["errorType"])


@pytest.mark.slow
def test_the_authorizer(serve: Serve) -> None:
    """The example authorizer lets a good token pass, refuses a bad one, and keeps its keys through a freeze."""
    pytest.importorskip("jwt", reason=REASON)
    issuer = TokenIssuer(APP["USER_POOL_ID"], client_id=APP["CLIENT_ID"])
    keys = serve(answer(json.dumps(issuer.pool.jwks).encode()))
    arn = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/GET/orders"

    def asked(token: str) -> Outcome:
        return api.invoke({"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": arn})

    good = issuer.access_token("mary")
    with running("lambda_authorizer.handler", keys, JWKS_URI=f"{keys.url}/keys", **APP) as (api, function):
        outcomes = [asked(good), asked(f"{good}x")]
        function.freeze()
        keys.end_connections()
        function.thaw()
        outcomes.append(asked(good))
    assert ["response", "error", "response"] == [outcome.kind for outcome in outcomes]
    assert ["mary"] * 2 == [outcome.body["context"]["username"] for outcome in (outcomes[0], outcomes[2])]
    assert "Unauthorized" == outcomes[1].body["errorMessage"]
    assert 1 == len(keys.requests)
    assert good not in function.log


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["httpx", "stdlib"])
def test_a_freeze(serve: Serve, engine: str) -> None:
    """A call that must not be repeated succeeds after a freeze in which the service closed all connections."""
    service = serve(Service())
    with running("tests.aws_lambda.function.handler", service, ENGINE=engine) as (api, function):
        for client in ("sync", "async", "sync", "async"):
            assert CONFIRMED == api.invoke({"client": client, "password": PASSWORD})
            function.freeze()
            service.end_connections()
            function.thaw()
    assert ["SignUp"] * 4 == targets(service)
    assert PASSWORD not in function.log


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["httpx", "stdlib"])
def test_a_snapshot(serve: Serve, engine: str) -> None:
    """A restored client's connections are dead. A hook renews it, and it opens new ones."""
    service = Service()
    server = serve(service)
    snap_start = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    with running("tests.aws_lambda.function.handler", server, ENGINE=engine, **snap_start) as (api, _):
        service.first_good = 1 + server.accepted
        api.restored.set()
        outcomes = [api.invoke({"client": client, "password": PASSWORD}) for client in ("sync", "async")]
    assert [CONFIRMED] * 2 == outcomes
    assert 4 == server.accepted


@pytest.mark.slow
def test_each_invocation_is_named(serve: Serve) -> None:
    """A call names the invocation that makes it, as boto3's calls do, and none where the runtime names none."""
    service = serve(Service())
    traces: list[Any] = ["Root=1-1;Sampled=0", "Root=1-2;Sampled=1;Lineage=a:1", None]
    with running("tests.aws_lambda.function.handler", service, ENGINE="stdlib") as (api, _):
        for trace in traces:
            assert CONFIRMED == api.invoke({"client": "sync", "password": PASSWORD}, trace_id=trace)
    calls = [request for request in service.requests if request.header("x-amz-target")]
    assert traces == [request.header("x-amzn-trace-id") for request in calls]
