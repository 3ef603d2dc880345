"""The ways to make one AdminInitiateAuth call, sync: makers that take the server's URL and return a warm call.

A maker makes the call once to check the answer. Each maker has its own imports, since it runs in an environment that
lacks the others.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from . import data

if TYPE_CHECKING:
    from cognito_idp import Client
    from cognito_idp._protocol.wire import HttpRequest

Call = Callable[[], object]
Engine = Literal["httpx", "stdlib"]

# Similar to our client's defaults; boto3 and httpx.Client have their own. Each limit costs the transport something.
# The wait for a connection is longer, since a single pool is slow at 1,000 calls in flight.
TIMEOUTS: Final = {"timeout": {"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 60.0}}
# The headers of every signed call, so that a bare transport does the same work as a client's transport.
BARE_HEADERS: Final = {
    "content-type": data.CONTENT_TYPE,
    "x-amz-target": data.TARGET,
    "amz-sdk-invocation-id": "0f3c5a7e-1b2d-4c6f-8a9b-0c1d2e3f4a5b",
    "accept-encoding": "identity",
    "user-agent": "bare/1.0 ua/2.1 os/linux#6.18 lang/python#3.11.7 md/pyimpl#cpython cfg/retry-mode#standard",
    "amz-sdk-request": "attempt=1; max=3",
    "x-amz-date": "20261128T120000Z",
    "authorization": (
        f"AWS4-HMAC-SHA256 Credential={data.ACCESS_KEY_ID}/20261128/{data.REGION}/cognito-idp/aws4_request, "
        "SignedHeaders=accept-encoding;amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-date;"
        f"x-amz-target, Signature={'0' * 64}"
    ),
}


def raw_socket(url: str) -> Call:
    """Send prebuilt bytes and read the whole body: the least that Python can do."""
    import socket
    import ssl

    parts = urlsplit(url)
    peer = socket.create_connection((parts.hostname or "", parts.port or 0))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if parts.scheme == "https":
        peer = ssl.create_default_context().wrap_socket(peer, server_hostname=parts.hostname)
    lines = "".join(f"{name}: {value}\r\n" for name, value in BARE_HEADERS.items())
    length = len(data.REQUEST_BODY)
    head = f"POST / HTTP/1.1\r\nhost: {parts.netloc}\r\n{lines}content-length: {length}\r\n\r\n"
    request = head.encode() + data.REQUEST_BODY
    size = len(data.RESPONSE_BODY)

    def call() -> bytes:
        peer.sendall(request)
        received = peer.recv(65_536)
        while len(received) < received.find(b"\r\n\r\n") + 4 + size:
            received += peer.recv(65_536)
        return received[-size:]

    assert call() == data.RESPONSE_BODY
    return call


def http_client(url: str) -> Call:
    """Use the standard library's client."""
    from http.client import HTTPConnection, HTTPSConnection

    parts = urlsplit(url)
    connection = (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(parts.hostname or "", parts.port)

    def call() -> bytes:
        connection.request("POST", "/", body=data.REQUEST_BODY, headers=BARE_HEADERS)
        return connection.getresponse().read()

    assert call() == data.RESPONSE_BODY
    return call


def httpx_transport(url: str) -> Call:
    """Pass a prebuilt request to httpx's transport."""
    import httpx

    transport = httpx.HTTPTransport()
    request = httpx.Request("POST", url, headers=BARE_HEADERS, content=data.REQUEST_BODY, extensions=TIMEOUTS)

    def call() -> bytes:
        return transport.handle_request(request).read()

    assert call() == data.RESPONSE_BODY
    return call


def stdlib_transport(url: str) -> Call:
    """Pass a prebuilt request to our own engine, without the client above it."""
    from cognito_idp._transport import make_transport

    transport, request = make_transport("stdlib"), prebuilt(url)

    def call() -> bytes:
        return transport.send(request).body

    assert call() == data.RESPONSE_BODY
    return call


def prebuilt(url: str) -> HttpRequest:
    """Return the request in our engine's form."""
    from cognito_idp import Timeout
    from cognito_idp._protocol.wire import HttpRequest

    own = {"host": urlsplit(url).netloc, "content-length": str(len(data.REQUEST_BODY))}
    headers = (*own.items(), *BARE_HEADERS.items())
    return HttpRequest("POST", url, headers, data.REQUEST_BODY, Timeout().limits(2**20))


def our_client(url: str, engine: Engine) -> Client:
    """Return our client, made as a user would make it."""
    from cognito_idp import Client, Credentials

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    return Client(data.REGION, credentials=credentials, endpoint_url=url, transport=engine)


def cognito_idp(engine: Engine) -> Callable[[str], Call]:
    """Use our client as a user would."""
    return lambda url: call_of(our_client(url, engine))


def cognito_idp_null(url: str) -> Call:
    """Use our client over a transport with a ready answer, which leaves only the library's own share."""
    import httpx

    from cognito_idp import Client, Credentials

    answer = httpx.Response(200, headers=data.RESPONSE_HEADERS, stream=httpx.ByteStream(data.RESPONSE_BODY))

    class Null(httpx.BaseTransport):
        def handle_request(self, _: httpx.Request) -> httpx.Response:
            return answer

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    return call_of(Client(data.REGION, credentials=credentials, endpoint_url=url, transport=Null()))


def call_of(client: Client) -> Call:
    """Return our client's call, after the first one."""

    def call() -> str | None:
        response = client.admin_initiate_auth(
            user_pool_id=data.POOL_ID,
            client_id=data.CLIENT_ID,
            auth_flow=data.AUTH_FLOW,
            auth_parameters=data.AUTH_PARAMETERS,
        )
        assert response.authentication_result is not None
        return response.authentication_result.access_token

    assert call() == data.ACCESS_TOKEN
    return call


def cognito_idp_echo(engine: Engine) -> Callable[[str], Call]:
    """Call our client with a different username each time, and check that the answer belongs to it."""

    def make(url: str) -> Call:
        client = our_client(f"{url}{data.ECHO_PATH}", engine)
        numbers = count()

        def call() -> None:
            name = f"user-{next(numbers)}"
            response = client.admin_initiate_auth(
                user_pool_id=data.POOL_ID,
                client_id=data.CLIENT_ID,
                auth_flow=data.AUTH_FLOW,
                auth_parameters={**data.AUTH_PARAMETERS, "USERNAME": name},
            )
            assert (response.challenge_parameters or {})["USERNAME"] == name

        call()
        return call

    return make


def boto3(url: str) -> Call:
    """Use boto3's client as a user would, with its default retries and parameter checks."""
    import boto3

    client = boto3.client(
        "cognito-idp",
        region_name=data.REGION,
        aws_access_key_id=data.ACCESS_KEY_ID,
        aws_secret_access_key=data.SECRET_ACCESS_KEY,
        endpoint_url=url,
    )

    def call() -> object:
        response = client.admin_initiate_auth(
            UserPoolId=data.POOL_ID,
            ClientId=data.CLIENT_ID,
            AuthFlow=data.AUTH_FLOW,
            AuthParameters=data.AUTH_PARAMETERS,
        )
        return response["AuthenticationResult"]["AccessToken"]

    assert call() == data.ACCESS_TOKEN
    return call


def capo(url: str) -> Call:
    """Use capo's client as a user would."""
    from capo_cognito_identity_provider import CognitoIdentityProviderClient

    client = CognitoIdentityProviderClient(
        region=data.REGION,
        credentials={"access_key": data.ACCESS_KEY_ID, "secret_key": data.SECRET_ACCESS_KEY},
        endpoint=url,
    )

    def call() -> object:
        response = client.admin_initiate_auth(
            data.POOL_ID, data.CLIENT_ID, data.AUTH_FLOW, auth_parameters=data.AUTH_PARAMETERS
        )
        return response["authentication_result"]["access_token"]

    assert call() == data.ACCESS_TOKEN
    return call
