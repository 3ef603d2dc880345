"""What the integration tests share: transports that keep records, a user pool to work in, and computed codes."""

from __future__ import annotations

import hmac
import json
import re
import struct
import time
from base64 import b32decode, b64encode, urlsafe_b64decode
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import httpx

from cognito_idp import AttributeType, Credentials, to_wire
from cognito_idp._transport.httpx_default import RoutedTransport
from cognito_idp._transport.lanes import LanePool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp import AuthenticationResultType, Client
    from cognito_idp._structs.struct import Request
    from cognito_idp.testing import CognitoServer

T = TypeVar("T")

PASSWORD = "Correct-Horse-1"
NEW_PASSWORD = "Battery-Staple-2"
ALL_FLOWS = (
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
)


def given(value: T | None) -> T:
    """Return a member that the server must have sent."""
    assert value is not None
    return value


def settings(server: CognitoServer) -> dict[str, Any]:
    """Return the arguments that make a client of the server."""
    return {"region": server.region, "credentials": server.credentials, "endpoint_url": server.endpoint_url}


def with_wrong_secret(credentials: Credentials) -> Credentials:
    """Return credentials with the same id and a secret that the server doesn't know."""
    return attrs.evolve(credentials, secret_access_key="wrong" + credentials.secret_access_key)


class Recording(httpx.BaseTransport):
    """The default transport, which keeps the names of the operations that were answered without an error."""

    def __init__(self) -> None:
        self.succeeded: set[str] = set()
        self._transport = RoutedTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and keep the name."""
        response = self._transport.handle_request(request)
        self.succeeded |= _succeeded(request, response)
        return response

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()


class AsyncRecording(httpx.AsyncBaseTransport):
    """The same for the async client."""

    def __init__(self) -> None:
        self.succeeded: set[str] = set()
        self._transport = LanePool()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and keep the name."""
        response = await self._transport.handle_async_request(request)
        self.succeeded |= _succeeded(request, response)
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


def _succeeded(request: httpx.Request, response: httpx.Response) -> set[str]:
    return {request.headers["x-amz-target"].rpartition(".")[2]} if response.status_code == 200 else set()


@attrs.frozen
class Pool:
    """A user pool and an app client of it that allows every flow and has no secret."""

    id: str
    arn: str
    client_id: str


@contextmanager
def new_pool(client: Client, name: str = "people") -> Iterator[Pool]:
    """Make a user pool for the length of the block."""
    pool = given(client.create_user_pool(pool_name=name).user_pool)
    pool_id = given(pool.id)
    app = given(
        client.create_user_pool_client(
            user_pool_id=pool_id, client_name="web", explicit_auth_flows=ALL_FLOWS
        ).user_pool_client
    )
    try:
        yield Pool(pool_id, given(pool.arn), given(app.client_id))
    finally:
        client.delete_user_pool(user_pool_id=pool_id)


def add_user(client: Client, pool: Pool, username: str = "mary", **attributes: str) -> None:
    """Make a user whose password is `PASSWORD` and final."""
    client.admin_create_user(
        user_pool_id=pool.id,
        username=username,
        message_action="SUPPRESS",
        user_attributes=[AttributeType(name=name, value=value) for name, value in attributes.items()],
    )
    client.admin_set_user_password(user_pool_id=pool.id, username=username, password=PASSWORD, permanent=True)


def sign_in(client: Client, pool: Pool, username: str = "mary", password: str = PASSWORD) -> AuthenticationResultType:
    """Sign a user in by password."""
    response = client.initiate_auth(
        client_id=pool.client_id,
        auth_flow="USER_PASSWORD_AUTH",
        auth_parameters={"USERNAME": username, "PASSWORD": password},
    )
    return given(response.authentication_result)


def claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT, unverified."""
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def secret_hash(username: str, client_id: str, client_secret: str) -> str:
    """Return the SECRET_HASH that an app client with a secret must send."""
    return b64encode(hmac.digest(client_secret.encode(), f"{username}{client_id}".encode(), "sha256")).decode()


def totp(secret: str) -> str:
    """Return the time-based one-time password of now (RFC 6238: SHA-1, 30 s, 6 digits)."""
    key = b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 10**6:06d}"


def as_wire(value: Any) -> Any:
    """Return boto3's answer with timestamps as numbers and without boto3's own metadata."""
    if isinstance(value, dict):
        return {name: as_wire(item) for name, item in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list):
        return [as_wire(item) for item in value]
    return value.timestamp() if isinstance(value, datetime) else value


def through_boto(boto: Any, request: Request[Any]) -> Any:
    """Send one of our requests through boto3."""
    methods = {operation: method for method, operation in boto.meta.method_to_api_mapping.items()}
    return getattr(boto, methods[request.operation.name])(**to_wire(request))


def mailed_code(server: CognitoServer, address: str) -> str:
    """Return the code in the last mail that the server sent to an address."""
    with httpx.Client(trust_env=False) as browser:
        accounts = browser.get(f"{server.endpoint_url}/_ministack/ses/messages").json()["messages"]
    texts = [mail["BodyText"] for mails in accounts.values() for mail in mails if address in mail["To"]]
    return given(re.search(r"\d{6}", texts[-1]))[0]
