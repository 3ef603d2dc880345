"""The ways to do the work that the benchmarks compare: a table of makers by name.

A maker takes the server's URL, does the work once to see that the answer is right, and returns a function that does it
once more, warm. Each imports what it needs itself, since each runs in an environment that lacks the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from . import data

Call = Callable[[], object]
AsyncCall = Callable[[], Awaitable[object]]

# Our client's defaults, which boto3 and httpx.Client have in their own way: each one set costs the transport something.
_TIMEOUTS: Final = {"timeout": {"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 5.0}}
_BARE_HEADERS: Final = {
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
    lines = "".join(f"{name}: {value}\r\n" for name, value in _BARE_HEADERS.items())
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
        connection.request("POST", "/", body=data.REQUEST_BODY, headers=_BARE_HEADERS)
        return connection.getresponse().read()

    assert call() == data.RESPONSE_BODY
    return call


def httpx_transport(url: str) -> Call:
    """Hand httpx's transport a prebuilt request."""
    import httpx

    transport = httpx.HTTPTransport()
    request = httpx.Request("POST", url, headers=_BARE_HEADERS, content=data.REQUEST_BODY, extensions=_TIMEOUTS)

    def call() -> bytes:
        return transport.handle_request(request).read()

    assert call() == data.RESPONSE_BODY
    return call


def cognito_idp(url: str) -> Call:
    """Use our client as a user does."""
    from cognito_idp import Client, Credentials

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    client = Client(data.REGION, credentials=credentials, endpoint_url=url)

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


def boto3(url: str) -> Call:
    """Use boto3's client as a user does: retries and checks of parameters as they come."""
    import boto3  # type: ignore[import-untyped, unused-ignore]

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


async def httpx_async_transport(url: str) -> AsyncCall:
    """Hand httpx's async transport a prebuilt request."""
    import httpx

    transport = httpx.AsyncHTTPTransport()
    request = httpx.Request("POST", url, headers=_BARE_HEADERS, content=data.REQUEST_BODY, extensions=_TIMEOUTS)

    async def call() -> bytes:
        return await (await transport.handle_async_request(request)).aread()

    assert await call() == data.RESPONSE_BODY
    return call


async def cognito_idp_async(url: str) -> AsyncCall:
    """Use our async client as a user does."""
    from cognito_idp import AsyncClient, Credentials

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    client = AsyncClient(data.REGION, credentials=credentials, endpoint_url=url)

    async def call() -> str | None:
        response = await client.admin_initiate_auth(
            user_pool_id=data.POOL_ID,
            client_id=data.CLIENT_ID,
            auth_flow=data.AUTH_FLOW,
            auth_parameters=data.AUTH_PARAMETERS,
        )
        assert response.authentication_result is not None
        return response.authentication_result.access_token

    assert await call() == data.ACCESS_TOKEN
    return call


_SIGNED_HEADERS: Final = (
    ("content-type", data.CONTENT_TYPE),
    ("content-length", str(len(data.REQUEST_BODY))),
    ("x-amz-target", data.TARGET),
    ("amz-sdk-invocation-id", "0f3c5a7e-1b2d-4c6f-8a9b-0c1d2e3f4a5b"),
    ("accept-encoding", "identity"),
    ("user-agent", "cognito-idp/0.1 ua/2.1 os/linux lang/python#3.11.7 cfg/retry-mode#standard"),
    ("amz-sdk-request", "attempt=1; max=3"),
)
_HOST: Final = "cognito-idp.us-east-1.amazonaws.com"


def cognito_idp_sign(_: str) -> Call:
    """Sign with our own function, which takes the date as text."""
    sign = _sign()

    def call() -> object:
        return sign("20260101T000000Z")

    assert "x-amz-target, Signature=" in str(call())
    return call


def cognito_idp_date_and_sign(_: str) -> Call:
    """Write the date and sign, which is what botocore's function does."""
    from time import gmtime, strftime, time

    sign = _sign()

    def call() -> object:
        return sign(strftime("%Y%m%dT%H%M%SZ", gmtime(time())))

    assert "x-amz-target, Signature=" in str(call())
    return call


def _sign() -> Callable[[str], object]:
    from cognito_idp import Credentials
    from cognito_idp.sigv4 import sign

    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    headers = (("host", _HOST), *_SIGNED_HEADERS)
    return lambda amz_date: sign(
        "POST",
        "/",
        "",
        headers,
        data.REQUEST_BODY,
        credentials=credentials,
        amz_date=amz_date,
        region=data.REGION,
        service="cognito-idp",
    )


def botocore_sign(_: str) -> Call:
    """Sign the same headers and body with botocore, which replaces date and signature at each call."""
    from botocore.auth import SigV4Auth  # type: ignore[import-untyped, unused-ignore]
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped, unused-ignore]
    from botocore.credentials import Credentials  # type: ignore[import-untyped, unused-ignore]

    auth = SigV4Auth(Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY), "cognito-idp", data.REGION)
    request = AWSRequest("POST", f"https://{_HOST}/", headers=dict(_SIGNED_HEADERS), data=data.REQUEST_BODY)

    def call() -> object:
        auth.add_auth(request)
        return request.headers["Authorization"]

    assert "x-amz-target, Signature=" in str(call())
    return call


SYNC: Final[dict[str, Callable[[str], Call]]] = {
    "raw-socket": raw_socket,
    "http-client": http_client,
    "httpx-transport": httpx_transport,
    "cognito-idp": cognito_idp,
    "boto3": boto3,
    "cognito-idp-sign": cognito_idp_sign,
    "cognito-idp-date-and-sign": cognito_idp_date_and_sign,
    "botocore-sign": botocore_sign,
}
ASYNC: Final[dict[str, Callable[[str], Any]]] = {
    "httpx-async-transport": httpx_async_transport,
    "cognito-idp-async": cognito_idp_async,
}
