"""The ways to make one AdminInitiateAuth, sync: makers that take the server's URL and return a warm call.

A maker does the work once to see that the answer is right. Each imports what it needs itself, since each runs in an
environment that lacks the others.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from . import data

if TYPE_CHECKING:
    from cognito_idp import Client

Call = Callable[[], object]

# Much like our client's defaults, which boto3 and httpx.Client have in their own way: each one set costs the transport
# something. A connection is waited for longer, since a single pool is slow at 1,000 in flight.
TIMEOUTS: Final = {"timeout": {"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 60.0}}
BARE_HEADERS: Final = {
    "content-type": data.CONTENT_TYPE,
    "x-amz-target": data.TARGET,
    "accept-encoding": "identity",
    "user-agent": "bare",
}


def raw_socket(url: str) -> Call:
    """Send prebuilt bytes and read until the body is there; the floor of what Python can do."""
    import socket

    parts = urlsplit(url)
    peer = socket.create_connection((parts.hostname or "", parts.port or 80))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
    from http.client import HTTPConnection

    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port)

    def call() -> bytes:
        connection.request("POST", "/", body=data.REQUEST_BODY, headers=BARE_HEADERS)
        return connection.getresponse().read()

    assert call() == data.RESPONSE_BODY
    return call


def httpx_transport(url: str) -> Call:
    """Hand httpx's transport a prebuilt request."""
    import httpx

    transport = httpx.HTTPTransport()
    request = httpx.Request("POST", url, headers=BARE_HEADERS, content=data.REQUEST_BODY, extensions=TIMEOUTS)

    def call() -> bytes:
        return transport.handle_request(request).read()

    assert call() == data.RESPONSE_BODY
    return call


def pyreqwest(url: str) -> Call:
    """Send a copy of a prebuilt request through pyreqwest's own client."""
    from pyreqwest.client import SyncClientBuilder

    client = SyncClientBuilder().build()
    request = client.post(url).headers(BARE_HEADERS).body_bytes(data.REQUEST_BODY).build()

    def call() -> bytes:
        return bytes(request.copy().send().bytes())

    assert call() == data.RESPONSE_BODY
    return call


def _our_client(url: str, transport_name: str) -> Client:
    """Return our client as a user makes it, and see that it has the transport that the environment is there for."""
    from cognito_idp import Client, Credentials

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    client = Client(data.REGION, credentials=credentials, endpoint_url=url)
    assert client.transport_name == transport_name, client.transport_name
    return client


def cognito_idp(transport_name: str) -> Callable[[str], Call]:
    """Use our client as a user does."""
    return lambda url: _call_of(_our_client(url, transport_name))


def cognito_idp_null(url: str) -> Call:
    """Use our client over a transport that has the answer at hand: what is left is the library's own share."""
    import httpx

    from cognito_idp import Client, Credentials

    answer = httpx.Response(200, headers=data.RESPONSE_HEADERS, stream=httpx.ByteStream(data.RESPONSE_BODY))

    class Null(httpx.BaseTransport):
        def handle_request(self, _: httpx.Request) -> httpx.Response:
            return answer

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    return _call_of(Client(data.REGION, credentials=credentials, endpoint_url=url, transport=Null()))


def _call_of(client: Client) -> Call:
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


def cognito_idp_echo(transport_name: str) -> Callable[[str], Call]:
    """Use our client for another user name at each call, and see that the answer is the one to that name."""

    def make(url: str) -> Call:
        client = _our_client(f"{url}{data.ECHO_PATH}", transport_name)
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
    """Use boto3's client as a user does: retries and checks of parameters as they come."""
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
