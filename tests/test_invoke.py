"""The path of one call, from the struct to the bytes and back, through both clients."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from cognito_idp import (
    AdminInitiateAuthRequest,
    AuthFlowType,
    ChallengeNameType,
    Credentials,
    InitiateAuthRequest,
    ResponseMetadata,
    Timeout,
)
from cognito_idp._call.invoke import exchange
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp._version import __version__
from cognito_idp.errors import (
    ConfigError,
    DeadlineExceededError,
    InvalidResponseError,
    NoCredentialsError,
    NotAuthorizedException,
)
from tests.support.answers import answer
from tests.support.kit import CREDENTIALS, FakeTime, options_of
from tests.support.responder import Responder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from cognito_idp._protocol.wire import HttpRequest
    from tests.conftest import Serve
    from tests.support.kit import Kit
    from tests.support.server import Received

POOL = "us-east-1_EXAMPLE"
MOMENT = 1_440_938_160.9  # 2015-08-30, 12:36:00 UTC, and a bit
SIGN_IN = AdminInitiateAuthRequest(
    user_pool_id=POOL,
    client_id="client",
    auth_flow=AuthFlowType.ADMIN_USER_PASSWORD_AUTH,
    auth_parameters={"USERNAME": "märy", "PASSWORD": "geheim"},
)
SIGN_IN_BODY = (
    b'{"UserPoolId": "us-east-1_EXAMPLE", "ClientId": "client", "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", '
    b'"AuthParameters": {"USERNAME": "m\\u00e4ry", "PASSWORD": "geheim"}}'
)
PUBLIC_SIGN_IN = InitiateAuthRequest(
    client_id="client", auth_flow="USER_SRP_AUTH", auth_parameters={"USERNAME": "mary"}
)


@pytest.fixture
def received(kit: Kit, serve: Serve) -> Received:
    """Sign in at a loopback server, and return the request as it came over the wire."""
    server = serve(answer())
    client = kit.client(
        endpoint_url=server.url,
        transport="httpx",
        credentials=Credentials("AKIDEXAMPLE", "secret", "session-token"),
        clock=lambda: MOMENT,
        options={"new_id": lambda: "an-id"},
    )
    kit.run(client.send, SIGN_IN)
    kit.close(client)
    assert 1 == len(server.requests)
    return server.requests[0]


def test_the_bytes_on_the_wire(received: Received) -> None:
    """A call is one POST of the members given, with exactly the headers that it needs and none of the library's own."""
    assert "POST / HTTP/1.1" == received.request_line
    assert SIGN_IN_BODY == received.body
    host = next(value for name, value in received.headers if name == "host")
    assert host.startswith("127.0.0.1:")
    expected = [
        ("host", host),
        ("content-type", "application/x-amz-json-1.1"),
        ("content-length", str(len(SIGN_IN_BODY))),
        ("x-amz-target", "AWSCognitoIdentityProviderService.AdminInitiateAuth"),
        ("amz-sdk-invocation-id", "an-id"),
        ("accept-encoding", "identity"),
        ("user-agent", received.header("user-agent")),
        ("amz-sdk-request", "attempt=1; max=3"),
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-security-token", "session-token"),
        ("authorization", received.header("authorization")),
    ]
    assert expected == list(received.headers)


def test_the_signature(received: Received) -> None:
    """Every header that nobody rewrites is signed, for the region and the second, as botocore would sign it."""
    not_signed = ("authorization", "user-agent", "accept-encoding")
    headers = {name: value for name, value in received.headers if name not in not_signed}
    request = AWSRequest("POST", f"http://{headers['host']}/", headers, received.body)
    request.context.update(timestamp="20150830T123600Z", payload_signing_enabled=True)
    signer = SigV4Auth(BotocoreCredentials("AKIDEXAMPLE", "secret", "session-token"), "cognito-idp", "us-east-1")
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    expected = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/cognito-idp/aws4_request, "
        f"SignedHeaders={';'.join(sorted(headers))}, Signature={signature}"
    )
    assert expected == received.header("authorization")


def test_the_user_agent(kit: Kit) -> None:
    """The user agent says library, version, system, Python and retry mode."""
    for mode in ("standard", "adaptive", "off"):
        service = Responder()
        kit.run(kit.client(respond=service, retry=mode).call, "ListUsers")
        text = service.requests[0].headers["user-agent"]
        assert text.startswith(f"cognito-idp/{__version__} ua/2.1 os/")
        assert text.endswith(f" lang/python#{python_version()} md/pyimpl#cpython cfg/retry-mode#{mode}")


def python_version() -> str:
    """Return the version of Python."""
    import platform

    return platform.python_version()


class NoCredentials:
    """A source that must not be asked."""

    def __init__(self) -> None:
        self.asked = 0

    def get(self) -> Any:
        """Fail."""
        self.asked += 1
        msg = "no credentials here"
        raise NoCredentialsError(msg)
        yield

    replace = None


def test_an_unsigned_operation_touches_no_credentials(kit: Kit) -> None:
    """A public operation works without credentials, is not signed, and does not even ask for any."""
    source, service = NoCredentials(), Responder()
    client = kit.client(respond=service, credentials=source)
    kit.run(client.send, PUBLIC_SIGN_IN)
    kit.run(client.call, "InitiateAuth", {"ClientId": "client"})
    kit.run(client.call, "AdminInitiateAuth", {"ClientId": "client"}, signed=False)
    assert 0 == source.asked
    signed_only = {"authorization", "x-amz-date", "x-amz-security-token"}
    for request in service.requests:
        assert not signed_only & set(request.headers)


def test_a_signed_operation_needs_credentials(kit: Kit) -> None:
    """Without credentials a signed operation fails before anything is sent, and is not tried again."""
    source, service = NoCredentials(), Responder()
    client = kit.client(respond=service, credentials=source)
    with pytest.raises(NoCredentialsError, match="no credentials here"):
        kit.run(client.send, SIGN_IN)
    assert (1, []) == (source.asked, service.requests)


def test_a_token_is_sent_only_where_there_is_one(kit: Kit) -> None:
    """Credentials without a session token send none."""
    service = Responder()
    kit.run(kit.client(respond=service).send, SIGN_IN)
    assert "x-amz-security-token" not in service.requests[0].headers
    assert "x-amz-security-token" not in service.requests[0].headers["authorization"]


def test_the_response(kit: Kit) -> None:
    """The answer becomes the operation's response struct, with what is known of the exchange beside it."""
    headers = {"X-Amzn-RequestId": "request-1", "Content-Type": "application/x-amz-json-1.1"}
    members = {"ChallengeName": "NEW_ONE", "Session": "s", "AvailableChallenges": [], "Unheard": 1}
    answer_ = httpx.Response(200, json={**members, "ChallengeParameters": None}, headers=headers)
    client = kit.client(respond=Responder(answer_))
    response = kit.run(client.send, SIGN_IN)
    assert ChallengeNameType("NEW_ONE") == response.challenge_name
    assert ("s", (), None) == (response.session, response.available_challenges, response.challenge_parameters)
    metadata = response.metadata
    assert ("request-1", 200, 1) == (metadata.request_id, metadata.status_code, metadata.attempts)
    assert ("x-amzn-requestid", "request-1") in metadata.headers
    assert isinstance(metadata, ResponseMetadata)


def test_a_method_and_send_do_the_same(kit: Kit) -> None:
    """The method of an operation makes the struct and sends it."""
    service = Responder(httpx.Response(200, json={"Session": "s"}))
    client = kit.client(respond=service)
    by_method = kit.run(
        client.admin_initiate_auth,
        user_pool_id=POOL,
        client_id="client",
        auth_flow="ADMIN_USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": "märy", "PASSWORD": "geheim"},
    )
    assert by_method == kit.run(client.send, SIGN_IN)
    assert [SIGN_IN_BODY] * 2 == [request.content for request in service.requests]


def test_an_error_of_the_service(kit: Kit) -> None:
    """An error answer is raised as the exception of its code, and says what, where and which request."""
    answer_ = httpx.Response(
        400,
        json={"__type": "NotAuthorizedException", "message": "Incorrect username or password."},
        headers={"x-amzn-requestid": "request-2"},
    )
    service = Responder(answer_)
    with pytest.raises(NotAuthorizedException) as caught:
        kit.run(kit.client(respond=service).send, SIGN_IN)
    error = caught.value
    assert ("AdminInitiateAuth", 400, "request-2", 1) == (
        error.operation,
        error.status_code,
        error.request_id,
        error.attempts,
    )
    assert 1 == len(service.requests)


def test_each_call_has_an_id_of_its_own(kit: Kit) -> None:
    """Two calls never share an invocation id, and each is a UUID."""
    import uuid

    service = Responder()
    client = kit.client(respond=service)
    for _ in range(2):
        kit.run(client.send, SIGN_IN)
    ids = [uuid.UUID(request.headers["amz-sdk-invocation-id"]) for request in service.requests]
    assert 2 == len(set(ids))
    assert [4, 4] == [each.version for each in ids]
    assert [uuid.RFC_4122] * 2 == [each.variant for each in ids]


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\0b"])
def test_a_line_break_in_a_header_is_not_sent(kit: Kit, value: str) -> None:
    """Credentials of somebody's own making that would begin a new header line are refused; the text hides them."""

    class Smuggler(NoCredentials):
        def get(self) -> Any:
            return SimpleNamespace(access_key_id="AKID", secret_access_key="s", session_token=value)
            yield

    service = Responder()
    client = kit.client(respond=service, credentials=Smuggler())
    with pytest.raises(ConfigError, match="header 'x-amz-security-token' has a line break, a NUL") as caught:
        kit.run(client.send, SIGN_IN)
    assert value not in str(caught.value)
    assert [] == service.requests


def test_the_limits_reach_the_transport(kit: Kit) -> None:
    """The connect, read and write limits stand in each request, where httpx's transports look for them."""
    from cognito_idp import Timeout

    service = Responder()
    kit.run(kit.client(respond=service, timeout=Timeout(connect=1, read=2, write=3)).call, "ListUsers")
    assert {"connect": 1, "read": 2, "write": 3, "pool": 1} == service.requests[0].extensions["timeout"]


def test_members_go_out_as_they_are(kit: Kit) -> None:
    """`call` sends its members by their wire names, and gives the answer's members back."""
    service = Responder(httpx.Response(200, json={"New": [1, None]}))
    members = {"New": {"Deep": ["ä", 1.5, None, True]}, "Empty": {}}
    assert {"New": [1, None]} == kit.run(kit.client(respond=service).call, "BrandNewOperation", members)
    assert members == json.loads(service.requests[0].content)
    assert "AWSCognitoIdentityProviderService.BrandNewOperation" == service.requests[0].headers["x-amz-target"]
    assert "authorization" in service.requests[0].headers


def test_the_credentials_are_not_in_a_request_s_repr(kit: Kit) -> None:
    """What a debugger or a log shows of a client has no secret in it."""
    client = kit.client()
    for text in (repr(client), repr(options_of(client)), str(options_of(client))):
        assert CREDENTIALS.secret_access_key not in text


@pytest.mark.parametrize(
    ("operation", "max_idle"), [("SignUp", 5.0), ("GetTokensFromRefreshToken", 5.0), ("GetUser", 60.0)]
)
@pytest.mark.parametrize(("timeout", "total"), [(None, 120.0), (3.0, 3.0), (Timeout(total=None), None)])
def test_how_fresh_a_connection_must_be(
    kit: Kit, operation: str, max_idle: float, timeout: float | Timeout | None, total: float | None
) -> None:
    """What must not be repeated goes out over a connection that was idle for 5 s at most, all else for 60 s."""
    limits = []

    def respond(request: HttpRequest) -> HttpResponse:
        limits.append(request.limits)
        return HttpResponse(200, (), b"{}")

    options = kit.client(timeout=timeout, time=FakeTime())._options
    kit.flow(exchange(operation, {}, options, options.watch(operation), signed=False), respond=respond)
    assert [(max_idle, total)] == [(limit.max_idle, limit.total) for limit in limits]


class Dripping(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of spaces without an end, 29 s apart on a clock that is not the real one."""

    def __init__(self, time: FakeTime) -> None:
        self._time = time

    def __iter__(self) -> Iterator[bytes]:
        while self._time.now < 6000.0:
            self._time.now += 29.0
            yield b" "

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Pieces(iter(self))


class _Pieces:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


@pytest.mark.parametrize(
    ("settings", "seconds"), [({}, 145.0), ({"timeout": 30.0}, 58.0), ({"timeout": Timeout(connect=1.0)}, 145.0)]
)
def test_a_body_that_drips(kit: Kit, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], seconds: float) -> None:
    """A client for which nothing was set ends a call after 120 s, though each wait for a byte is within its limit."""
    time = FakeTime()
    for adapter in ("httpx_sync", "httpx_async"):
        monkeypatch.setattr(f"cognito_idp._transport.{adapter}.time", SimpleNamespace(monotonic=time.monotonic))
    client = kit.client(respond=lambda _: httpx.Response(200, stream=Dripping(time)), time=time, **settings)
    with pytest.raises(DeadlineExceededError):
        kit.run(client.call, "GetUser", signed=False)
    assert 5000.0 + seconds == time.now


def test_no_limit_for_the_whole_call(kit: Kit) -> None:
    """With `Timeout(total=None)` nothing but the end of the answer ends a call."""
    time = FakeTime()
    settings: dict[str, Any] = {"timeout": Timeout(total=None)}
    client = kit.client(respond=lambda _: httpx.Response(200, stream=Dripping(time)), time=time, **settings)
    with pytest.raises(InvalidResponseError, match="the body is not JSON"):
        kit.run(client.call, "GetUser", signed=False)
    assert 6000.0 <= time.now
