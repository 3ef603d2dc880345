"""Credentials from a container's endpoint."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import Credentials, CredentialsError
from cognito_idp._protocol.wire import HttpRequest, HttpResponse
from cognito_idp.credentials import ContainerProvider, NotConfigured
from cognito_idp.errors import ConnectError
from tests.support.answers import answer, close, compressed, html_503, in_turn
from tests.support.kit import FakeTime

from .support import LATER, MARK, SECRET, TOKEN, assert_no_secret, context_of, perform

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.kit import Kit

FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
AUTHORIZATION = f"{MARK}-authorization"
ANSWER: dict[str, Any] = {
    "AccessKeyId": "ASIACONTAINER",
    "SecretAccessKey": SECRET,
    "Token": TOKEN,
    "Expiration": LATER,
    "RoleArn": "arn:aws:iam::111122223333:role/task",
}
EXPECTED = Credentials("ASIACONTAINER", SECRET, TOKEN, expiration=datetime(2027, 1, 15, 14, tzinfo=UTC))


class Network:
    """Stands for the network: remembers the requests, and answers each with credentials."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        self.requests.append(request)
        return HttpResponse(200, (), json.dumps(ANSWER).encode())


def test_the_endpoint_is_asked(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    """A GET with the authorization token, on one line as it was set, brings the credentials."""
    server = serve(answer(json.dumps(ANSWER).encode()))
    variables = {FULL: f"{server.url}/v1/credentials?id=7", "AWS_CONTAINER_AUTHORIZATION_TOKEN": AUTHORIZATION}
    assert EXPECTED == perform(kit, ContainerProvider().load(context_of(tmp_path, variables)))
    (request,) = server.requests
    assert request.request_line == "GET /v1/credentials?id=7 HTTP/1.1"
    assert f"127.0.0.1:{server.port}" == request.header("host")
    assert request.header("accept") == "application/json"
    assert AUTHORIZATION == request.header("authorization")


def test_the_token_file_comes_before_the_token(kit: Kit, tmp_path: Path) -> None:
    """A token file counts before the variable, and is read anew for each request."""
    (tmp_path / "token").write_text("from-the-file")
    variables = {
        FULL: "http://127.0.0.1/",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": AUTHORIZATION,
    }
    network, context = Network(), context_of(tmp_path, variables)
    kit.flow(ContainerProvider().load(context), respond=network.respond)
    (tmp_path / "token").write_text("from-the-file-again")
    kit.flow(ContainerProvider().load(context), respond=network.respond)
    sent = [dict(request.headers)["authorization"] for request in network.requests]
    assert ["from-the-file", "from-the-file-again"] == sent


def test_without_a_token_no_authorization_is_sent(kit: Kit, tmp_path: Path) -> None:
    """ECS needs no authorization token."""
    network = Network()
    kit.flow(ContainerProvider().load(context_of(tmp_path, {FULL: "http://127.0.0.1/"})), respond=network.respond)
    assert "authorization" not in dict(network.requests[0].headers)


def test_the_relative_uri_goes_to_ecs_and_comes_first(kit: Kit, tmp_path: Path) -> None:
    """A relative URI is one on the ECS agent's address, and counts before a full one."""
    network, variables = Network(), {RELATIVE: "/v2/credentials/7", FULL: "http://127.0.0.1/"}
    assert EXPECTED == kit.flow(ContainerProvider().load(context_of(tmp_path, variables)), respond=network.respond)
    assert ["http://169.254.170.2/v2/credentials/7"] == [request.url for request in network.requests]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/credentials",
        "http://localhost:8080/",
        "http://127.0.0.99/",
        "http://[::1]:8080/",
        "http://169.254.170.2/",
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials",
    ],
)
def test_allowed_hosts(kit: Kit, tmp_path: Path, url: str) -> None:
    """Any host may be asked over https, this machine and AWS's addresses in a container over http."""
    network = Network()
    kit.flow(ContainerProvider().load(context_of(tmp_path, {FULL: url})), respond=network.respond)
    assert [url] == [request.url for request in network.requests]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/credentials",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.170.2.example.com/",
        "http://127.0.0.1@example.com/",
        "http://user@127.0.0.1/",
        "http://example.com\\@127.0.0.1/",
        "http://localhost.example.com/",
        "https://example.com\\.example.org/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:notaport/",
        "http://127.0.0.1/ HTTP/1.1",
        "http://127.0.0.1/\r\nx-more: 1",
        "http://127.0.0.1/#part",
        "http://[::1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "/v2/credentials",
    ],
)
def test_other_urls_are_refused(kit: Kit, tmp_path: Path, url: str) -> None:
    """Nothing is sent to a URL that may be another machine in plain text, or that is none; the variable is named."""
    variables = {FULL: url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": AUTHORIZATION}
    with pytest.raises(CredentialsError, match=f"^{FULL} ") as caught:
        kit.flow(ContainerProvider().load(context_of(tmp_path, variables)))
    assert not isinstance(caught.value, NotConfigured)
    assert_no_secret(caught.value)


def test_plain_http_to_named_hosts(kit: Kit, tmp_path: Path) -> None:
    """The setting that names hosts for plain http holds for the endpoint of a container, too."""
    network, url = Network(), "http://agent.internal:9/credentials"
    variables = {FULL: url, "COGNITO_IDP_ALLOW_HTTP": "agent.internal"}
    kit.flow(ContainerProvider().load(context_of(tmp_path, variables)), respond=network.respond)
    assert [url] == [request.url for request in network.requests]
    with pytest.raises(CredentialsError, match=r"is plain http to 'agent\.internal'.*COGNITO_IDP_ALLOW_HTTP"):
        kit.flow(ContainerProvider().load(context_of(tmp_path, {**variables, "COGNITO_IDP_ALLOW_HTTP": "agent"})))


@pytest.mark.parametrize("uri", ["@example.com/", ".example.com/", ":notaport/", "\r\n"])
def test_a_relative_uri_stays_with_ecs(kit: Kit, tmp_path: Path, uri: str) -> None:
    """A relative URI that would turn the agent's address into another host's name is refused."""
    with pytest.raises(CredentialsError, match=f"^{RELATIVE} "):
        kit.flow(ContainerProvider().load(context_of(tmp_path, {RELATIVE: uri})))


@pytest.mark.parametrize("token", [f"{MARK}\r\nx-more: 1", f"{MARK}\n", f"{MARK}\0", f"{MARK}\u2028", f"\u00fc{MARK}"])
def test_a_token_that_would_end_the_header(kit: Kit, tmp_path: Path, token: str) -> None:
    """A token with CR, LF or other characters that no header may hold is refused, and not shown."""
    path = tmp_path / "token"
    path.write_bytes(token.encode())
    named = {FULL: "http://127.0.0.1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(path)}
    given = {FULL: "http://127.0.0.1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}
    for variables, where in ((named, str(path)), (given, "AWS_CONTAINER_AUTHORIZATION_TOKEN contains")):
        with pytest.raises(CredentialsError, match="contains line breaks or other characters") as caught:
            kit.flow(ContainerProvider().load(context_of(tmp_path, variables)))
        assert where in str(caught.value)
        assert_no_secret(caught.value)


def test_a_token_file_that_is_missing(kit: Kit, tmp_path: Path) -> None:
    """A token file that can't be read is an error that names the variable and the file."""
    path = str(tmp_path / "none")
    variables = {FULL: "http://127.0.0.1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path}
    with pytest.raises(CredentialsError) as caught:
        kit.flow(ContainerProvider().load(context_of(tmp_path, variables)))
    expected = f"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names {path}, which can't be read: No such file or directory"
    assert expected == str(caught.value)


def test_outside_a_container_it_does_not_apply(kit: Kit, tmp_path: Path) -> None:
    """Without either variable the chain goes on."""
    with pytest.raises(NotConfigured) as caught:
        kit.flow(ContainerProvider().load(context_of(tmp_path)))
    assert f"neither {RELATIVE} nor {FULL} is set" == str(caught.value)


@pytest.mark.parametrize("fault", [close, html_503(), answer(b"", status=429), answer(b""), answer(b'{"AccessKeyId":')])
def test_passing_faults_are_tried_again(kit: Kit, serve: Serve, tmp_path: Path, fault: Handler) -> None:
    """A broken connection, a passing status and an answer that is cut off are followed by two more attempts."""
    time, server = FakeTime(), serve(in_turn(fault, fault, answer(json.dumps(ANSWER).encode())))
    flow = ContainerProvider().load(context_of(tmp_path, {FULL: server.url}))
    assert EXPECTED == perform(kit, flow, time)
    assert [0.5, 1.0] == time.waits
    server = serve(in_turn(fault, fault, fault, answer(json.dumps(ANSWER).encode())))
    with pytest.raises(CredentialsError):
        perform(kit, ContainerProvider().load(context_of(tmp_path, {FULL: server.url})))
    assert 3 == len(server.requests)


def test_three_attempts_are_all(kit: Kit, tmp_path: Path) -> None:
    """After three attempts without an answer the error names the variable, and has the last one's as its cause."""
    asked = []

    def refuse(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        msg = "no connection"
        raise ConnectError(msg)

    with pytest.raises(CredentialsError, match=f"{FULL}.* 3 attempts: no connection") as caught:
        kit.flow(ContainerProvider().load(context_of(tmp_path, {FULL: "http://127.0.0.1/"})), respond=refuse)
    assert isinstance(caught.value.__cause__, ConnectError)
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (answer(b"<html>" + MARK.encode()), "status 200: the body is not JSON"),
        (answer(json.dumps(ANSWER).encode()[:40]), "status 200: the body is not JSON"),
        (answer(b"[]"), "status 200: the body is a JSON array"),
        (answer(b""), "lacks AccessKeyId"),
        (answer(json.dumps({**ANSWER, "Token": None}).encode()), "lacks Token"),
        (answer(json.dumps({**ANSWER, "SecretAccessKey": f"{MARK} x"}).encode()), "contains white space"),
        (answer(json.dumps({**ANSWER, "Expiration": MARK}).encode()), "the expiration is not a time"),
        (
            answer(b'{"code":"AccessDenied","message":"' + AUTHORIZATION.encode() + b' is bad"}', status=401),
            r"\*\*\* is bad",
        ),
        (html_503(), "status 503"),
        (answer(b"", status=404), "status 404"),
        (compressed(json.dumps(ANSWER).encode()), "it is compressed"),
        (answer(b"x" * 100_000), "it is larger than the limit"),
    ],
)
def test_answers_that_are_no_credentials(kit: Kit, serve: Serve, tmp_path: Path, handler: Handler, text: str) -> None:
    """Whatever else the endpoint answers is an error that names the variable and shows no secret."""
    variables = {FULL: serve(handler).url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": AUTHORIZATION}
    with pytest.raises(CredentialsError, match=text) as caught:
        perform(kit, ContainerProvider().load(context_of(tmp_path, variables)))
    assert FULL in str(caught.value)
    assert_no_secret(caught.value)
