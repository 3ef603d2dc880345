"""Credentials from the instance metadata service."""

from __future__ import annotations

import json
import math
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cognito_idp import ConfigError, Credentials, CredentialsError
from cognito_idp._call.deadline import Deadline
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp.credentials import InstanceMetadataProvider, NotConfigured
from cognito_idp.errors import ConnectTimeoutError, ReadError
from tests.support.answers import answer, close, compressed, hang, html_503, in_turn, reset
from tests.support.kit import FakeTime

from .fake_imds import CREDENTIALS, CREDENTIALS_REQUEST, ROLE, ROLES_REQUEST, SESSION, TOKEN_REQUEST, imds
from .support import MARK, NOW, SECRET, TOKEN, assert_no_secret, context_of, perform

if TYPE_CHECKING:
    from pathlib import Path

    from cognito_idp._protocol.wire import HttpRequest
    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.kit import Kit

ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
HTML = answer(b"<html>\n<body>Please log in</body>\n</html>\n")
ATTEMPTS = "AWS_METADATA_SERVICE_NUM_ATTEMPTS"


def test_token_role_and_credentials(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    """A session token, the role's name and its credentials are asked for in three requests."""
    server = serve(imds())
    loaded = perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url})))
    expected = Credentials("ASIAIMDS", SECRET, TOKEN, expiration=datetime(2027, 1, 15, 14, tzinfo=UTC))
    assert expected == loaded
    lines = [request.request_line.removesuffix(" HTTP/1.1") for request in server.requests]
    assert [TOKEN_REQUEST, ROLES_REQUEST, CREDENTIALS_REQUEST] == lines
    assert server.requests[0].header("content-length") == "0"
    assert [None, SESSION, SESSION] == [each.header("x-aws-ec2-metadata-token") for each in server.requests]


def asked_url(kit: Kit, tmp_path: Path, variables: dict[str, str], config: str = "") -> str:
    """Return where the session token would be asked for."""
    asked: list[HttpRequest] = []

    def refuse(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        msg = "no connection in time"
        raise ConnectTimeoutError(msg)

    with pytest.raises(NotConfigured):
        kit.flow(InstanceMetadataProvider().load(context_of(tmp_path, variables, config=config)), respond=refuse)
    return asked[0].url


@pytest.mark.parametrize(
    ("variables", "config", "base"),
    [
        ({}, "", "http://169.254.169.254"),
        ({f"{ENDPOINT}_MODE": "IPv6"}, "", "http://[fd00:ec2::254]"),
        ({"AWS_IMDS_USE_IPV6": "true"}, "", "http://[fd00:ec2::254]"),
        ({"AWS_IMDS_USE_IPV6": "true", f"{ENDPOINT}_MODE": "ipv4"}, "", "http://169.254.169.254"),
        ({ENDPOINT: "http://192.0.2.7:8080/", f"{ENDPOINT}_MODE": "ipv6"}, "", "http://192.0.2.7:8080"),
        ({}, "ec2_metadata_service_endpoint = http://192.0.2.8\n", "http://192.0.2.8"),
        ({}, "ec2_metadata_service_endpoint_mode = ipv6\n", "http://[fd00:ec2::254]"),
        ({ENDPOINT: "http://192.0.2.7"}, "ec2_metadata_service_endpoint = http://192.0.2.8\n", "http://192.0.2.7"),
    ],
)
def test_where_the_service_is(kit: Kit, tmp_path: Path, variables: dict[str, str], config: str, base: str) -> None:
    """The endpoint comes before the mode, a variable before the profile's setting, and IPv4 is what is left."""
    assert f"{base}/latest/api/token" == asked_url(kit, tmp_path, variables, f"[default]\n{config}")


@pytest.mark.parametrize("value", ["true", "TRUE", "True"])
def test_it_can_be_switched_off(kit: Kit, tmp_path: Path, value: str) -> None:
    """With `AWS_EC2_METADATA_DISABLED` nothing is asked."""
    with pytest.raises(NotConfigured) as caught:
        kit.flow(InstanceMetadataProvider().load(context_of(tmp_path, {"AWS_EC2_METADATA_DISABLED": value})))
    assert str(caught.value) == "AWS_EC2_METADATA_DISABLED is true"


def test_limits_are_short(kit: Kit, tmp_path: Path) -> None:
    """Elsewhere than on EC2 nobody answers: a second is all that is waited, once, unless more is set."""
    limits = []

    def refuse(request: HttpRequest) -> HttpResponse:
        limits.append(request.limits)
        msg = "no connection in time"
        raise ConnectTimeoutError(msg)

    for variables in ({}, {"AWS_METADATA_SERVICE_TIMEOUT": "3", ATTEMPTS: "2"}):
        with pytest.raises(NotConfigured, match=r"http://169\.254\.169\.254 returned no session token: no"):
            kit.flow(InstanceMetadataProvider().load(context_of(tmp_path, variables)), respond=refuse)
    assert [(1, 1, 2), (3, 3, 6), (3, 3, 6)] == [(each.connect, each.read, each.total) for each in limits]


@pytest.mark.parametrize("platform", ["linux", "emscripten"])
def test_failures_over_fetch(kit: Kit, tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under Pyodide any failure may mean that there is no service, so it is asked once."""
    asked = []

    def fail(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        msg = "fetch failed"
        raise ReadError(msg)

    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(NotConfigured, match="returned no session token: fetch failed"):
        kit.flow(InstanceMetadataProvider().load(context_of(tmp_path, {})), respond=fail)
    assert (1 if platform == "emscripten" else 3) == len(asked)


@pytest.mark.slow
def test_a_service_that_hangs_is_left_alone(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    """Where something takes the connection and says nothing, the answer names the endpoint and the time limit."""
    server = serve(hang)
    with pytest.raises(NotConfigured, match=f"{server.url} returned no session token: "):
        perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url})))


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_a_service_without_tokens_is_not_used(kit: Kit, serve: Serve, tmp_path: Path, status: int) -> None:
    """Where there is no session token there are no credentials: version 1 of the service is never asked."""
    server = serve(imds({TOKEN_REQUEST: answer(b"", status=status)}))
    with pytest.raises(NotConfigured, match=f"{server.url} returned no session token, but status {status}"):
        perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url})))
    assert len(server.requests) == 1


def test_an_instance_without_a_role(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    """An instance that has no role leaves the chain to the next provider."""
    server = serve(imds({ROLES_REQUEST: answer(b"", status=404)}))
    with pytest.raises(NotConfigured, match="says that the instance has no role"):
        perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url})))


PASSING = {
    "503": html_503(),
    "429": answer(b"", status=429),
    "500": answer(b"", status=500),
    "empty": answer(b""),
    "closed": close,
    "reset": reset,
}


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("request_line", [TOKEN_REQUEST, ROLES_REQUEST, CREDENTIALS_REQUEST])
def test_passing_faults_are_tried_again(kit: Kit, serve: Serve, tmp_path: Path, fault: str, request_line: str) -> None:
    """Each request may fail twice, with pauses; after the third failure it is given up."""
    good = {
        TOKEN_REQUEST: SESSION.encode(),
        ROLES_REQUEST: ROLE.encode(),
        CREDENTIALS_REQUEST: json.dumps(CREDENTIALS).encode(),
    }
    bad, time = PASSING[fault], FakeTime()
    server = serve(imds({request_line: in_turn(bad, bad, answer(good[request_line]))}))
    loaded = perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url})), time)
    assert loaded.access_key_id == "ASIAIMDS"
    assert [0.5, 1.0] == time.waits
    server = serve(imds({request_line: in_turn(bad, bad, bad, answer(good[request_line]))}))
    with pytest.raises(CredentialsError):
        perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url})))
    asked = [request.request_line.removesuffix(" HTTP/1.1") for request in server.requests]
    assert 3 == asked.count(request_line)


def test_credentials_that_are_cut_off_are_asked_for_again(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    """Credentials that are not JSON are asked for again."""
    handlers = {CREDENTIALS_REQUEST: in_turn(answer(b'{"Code":'), answer(json.dumps(CREDENTIALS).encode()))}
    server = serve(imds(handlers))
    loaded = perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url})))
    assert loaded.access_key_id == "ASIAIMDS"


def test_the_setting_counts_for_every_request(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    """A number of attempts that is set counts for all kinds of failures."""
    variables = {ENDPOINT: serve(imds({ROLES_REQUEST: in_turn(html_503(), answer(ROLE.encode()))})).url, ATTEMPTS: "1"}
    with pytest.raises(CredentialsError, match="status 503 and no role name"):
        perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, variables)))


def test_pauses_end_at_the_calls_limit(kit: Kit, tmp_path: Path) -> None:
    """The pauses between attempts end at the time limit of the call."""
    time = FakeTime()
    flow = Deadline(0.7, time.monotonic).bound(InstanceMetadataProvider().load(context_of(tmp_path)))
    with pytest.raises(NotConfigured, match="but status 503"):
        kit.flow(flow, respond=lambda _: HttpResponse(503, (), b""), time=time)
    assert [0.5, pytest.approx(0.2)] == time.waits


@pytest.mark.parametrize(
    ("handlers", "text"),
    [
        ({TOKEN_REQUEST: HTML}, "it is not a metadata service"),
        ({TOKEN_REQUEST: answer(b"")}, "it is not a metadata service"),
        ({TOKEN_REQUEST: answer(b"a\r\nb: c")}, "it is not a metadata service"),
        ({ROLES_REQUEST: HTML}, "no role name"),
        ({ROLES_REQUEST: answer(b"../../../secrets")}, "no role name"),
        ({ROLES_REQUEST: answer(b"")}, "no role name"),
        ({ROLES_REQUEST: answer(b"", status=401)}, "status 401 and no role name"),
        ({ROLES_REQUEST: hang}, "returned a session token, but no credentials"),
        ({CREDENTIALS_REQUEST: HTML}, "the body is not JSON"),
        ({CREDENTIALS_REQUEST: answer(b'{"Code":"AssumeRoleUnauthorizedAccess"}')}, "AssumeRoleUnauthorizedAccess"),
        ({CREDENTIALS_REQUEST: answer(b'{"Code":["' + MARK.encode() + b'"]}')}, "has the code of an error"),
        ({CREDENTIALS_REQUEST: answer(b'{"Code":"Success","AccessKeyId":"A"}')}, "lacks SecretAccessKey"),
        ({CREDENTIALS_REQUEST: answer(json.dumps({**CREDENTIALS, "Expiration": None}).encode())}, "is not a time"),
        ({CREDENTIALS_REQUEST: close}, "returned a session token, but no credentials"),
        ({CREDENTIALS_REQUEST: compressed(b"{}")}, "returned a session token, but no credentials"),
        ({CREDENTIALS_REQUEST: html_503()}, "status 503"),
    ],
)
def test_answers_that_are_no_credentials(
    kit: Kit, serve: Serve, tmp_path: Path, handlers: dict[str, Handler], text: str
) -> None:
    """A service that gives something else than credentials stops the chain, and is named by its URL."""
    server = serve(imds(handlers))
    with pytest.raises(CredentialsError, match=text) as caught:
        perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url, ATTEMPTS: "1"})))
    assert not isinstance(caught.value, NotConfigured)
    assert server.url in str(caught.value)
    assert_no_secret(caught.value)


@pytest.mark.parametrize(
    ("variables", "config", "text"),
    [
        ({ENDPOINT: "169.254.169.254"}, "", f"{ENDPOINT} in the environment .*has no scheme"),
        ({f"{ENDPOINT}_MODE": "ipv5"}, "", f"{ENDPOINT}_MODE in the environment must be one of ipv4, ipv6"),
        ({"AWS_METADATA_SERVICE_TIMEOUT": "0"}, "", "AWS_METADATA_SERVICE_TIMEOUT in the environment must be"),
        ({ATTEMPTS: "many"}, "", f"{ATTEMPTS} in the environment must be"),
        (
            {},
            "metadata_service_timeout = 1.5\n",
            "metadata_service_timeout of profile 'default' in .*config, line 2 must be",
        ),
        ({}, "ec2_metadata_service_endpoint =\n  a = b\n", "must be a single value, not a block"),
        ({}, "imds_use_ipv6 = yes\n", "imds_use_ipv6 of profile 'default' in .*config, line 2 must be true or false"),
    ],
)
def test_settings_that_cannot_be_used(
    kit: Kit, tmp_path: Path, variables: dict[str, str], config: str, text: str
) -> None:
    """A setting of the wrong kind is an error that says where it stands, and nothing is sent."""
    with pytest.raises(ConfigError, match=text):
        kit.flow(InstanceMetadataProvider().load(context_of(tmp_path, variables, config=f"[default]\n{config}")))


@pytest.mark.parametrize("expiration", ["2027-01-15T07:00:00Z", "2027-01-15T08:10:00Z", "2027-01-15T08:20:59Z"])
def test_credentials_that_were_not_renewed_in_time_stay_in_use(
    kit: Kit, serve: Serve, tmp_path: Path, expiration: str
) -> None:
    """Credentials at or near their end, which the service gives out when it can't get others, are good a while more."""
    body = json.dumps({**CREDENTIALS, "Expiration": expiration}).encode()
    server = serve(imds({CREDENTIALS_REQUEST: answer(body)}))
    loaded = perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url})))
    assert loaded.expiration is not None
    # 15 minutes, and 2 to 10 more by chance; the chance is 0.5 here.
    assert math.isclose(NOW + 21 * 60, loaded.expiration.timestamp())


def test_credentials_that_were_renewed_keep_their_expiration(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    """Credentials that are good for longer than that are left as they are."""
    body = json.dumps({**CREDENTIALS, "Expiration": "2027-01-15T08:21:00Z"}).encode()
    server = serve(imds({CREDENTIALS_REQUEST: answer(body)}))
    loaded = perform(kit, InstanceMetadataProvider().load(context_of(tmp_path, {ENDPOINT: server.url})))
    assert datetime(2027, 1, 15, 8, 21, tzinfo=UTC) == loaded.expiration
