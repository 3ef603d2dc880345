"""The quick start: a Cognito server on this machine, a user, and successful and refused sign-ins.

    pip install '.[local]'
    python examples/quickstart.py

It needs neither an AWS account nor the network, and leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import textwrap
import time
from base64 import urlsafe_b64decode
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import cognito_idp
from cognito_idp import (
    AsyncClient,
    AuthFlowType,
    Client,
    Credentials,
    InvalidSignatureException,
    NotAuthorizedException,
    ServiceError,
)
from cognito_idp.testing import ServerNotInstalledError, ServerStartError, cognito_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cognito_idp import AuthenticationResultType
    from cognito_idp.testing import CognitoServer

USERNAME = "mary"
PASSWORD = "Correct-Horse-1"


class Pool(NamedTuple):
    """The ids of a user pool and its app client."""

    id: str
    client_id: str


def main() -> int:
    """Run the quick start and return the exit code."""
    # Our calls stay on this machine, so they bypass any proxy.
    os.environ["no_proxy"] = "127.0.0.1"
    started = time.perf_counter()
    print(f"cognito-idp {cognito_idp.__version__}, quick start")
    try:
        with cognito_server() as server:
            tour(server)
    except (ServerNotInstalledError, ServerStartError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\nDone in {time.perf_counter() - started:.1f} s. The pool is deleted, the server stopped.")
    return 0


def tour(server: CognitoServer) -> None:
    """Show what works, then what is refused."""
    with Client(server.region, credentials=server.credentials, endpoint_url=server.endpoint_url) as client:
        heading("Setting up")
        show("server", f"ministack on {server.endpoint_url}, which checks every signature")
        with user_pool(client) as pool:
            add_user(client, pool)

            heading("Client.admin_initiate_auth")
            show_tokens(sign_in(client, pool, PASSWORD), with_claims=True)

            heading("AsyncClient.admin_initiate_auth")
            show_tokens(asyncio.run(sign_in_async(server, pool)), with_claims=False)

            heading("What is refused")
            show_refusal("wrong password", lambda: sign_in(client, pool, "Not-Hers-9"), NotAuthorizedException)
            wrong = Credentials(server.credentials.access_key_id, "not-the-secret-of-this-key")
            with Client(server.region, credentials=wrong, endpoint_url=server.endpoint_url) as impostor:
                show_refusal("wrong secret key", lambda: sign_in(impostor, pool, PASSWORD), InvalidSignatureException)


@contextmanager
def user_pool(client: Client) -> Iterator[Pool]:
    """Create a user pool with an app client, by operation names and wire members, and delete it at the end."""
    pool_id = client.call("CreateUserPool", {"PoolName": "quickstart"})["UserPool"]["Id"]
    try:
        members = {
            "UserPoolId": pool_id,
            "ClientName": "web",
            "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        }
        client_id = client.call("CreateUserPoolClient", members)["UserPoolClient"]["ClientId"]
        show("user pool", pool_id)
        show("app client", client_id)
        yield Pool(pool_id, client_id)
    finally:
        client.call("DeleteUserPool", {"UserPoolId": pool_id})


def add_user(client: Client, pool: Pool) -> None:
    """Create a user with a permanent password."""
    user = {"UserPoolId": pool.id, "Username": USERNAME}
    attributes = [{"Name": "email", "Value": "mary@example.com"}]
    client.call("AdminCreateUser", {**user, "UserAttributes": attributes, "MessageAction": "SUPPRESS"})
    client.call("AdminSetUserPassword", {**user, "Password": PASSWORD, "Permanent": True})
    show("user", USERNAME)


def sign_in(client: Client, pool: Pool, password: str) -> AuthenticationResultType:
    """Sign the user in."""
    response = client.admin_initiate_auth(
        user_pool_id=pool.id,
        client_id=pool.client_id,
        auth_flow=AuthFlowType.ADMIN_USER_PASSWORD_AUTH,
        auth_parameters={"USERNAME": USERNAME, "PASSWORD": password},
    )
    assert response.authentication_result is not None, f"not expected here: {response.challenge_name}"
    return response.authentication_result


async def sign_in_async(server: CognitoServer, pool: Pool) -> AuthenticationResultType:
    """Sign the user in again: the same call, awaited."""
    async with AsyncClient(server.region, credentials=server.credentials, endpoint_url=server.endpoint_url) as client:
        response = await client.admin_initiate_auth(
            user_pool_id=pool.id,
            client_id=pool.client_id,
            auth_flow=AuthFlowType.ADMIN_USER_PASSWORD_AUTH,
            auth_parameters={"USERNAME": USERNAME, "PASSWORD": PASSWORD},
        )
    assert response.authentication_result is not None, f"not expected here: {response.challenge_name}"
    return response.authentication_result


def show_refusal(label: str, attempt: Callable[[], object], expected: type[ServiceError]) -> None:
    """Make a call that must be refused, and show how."""
    try:
        attempt()
    except expected as error:
        show(label, f"{type(error).__name__}: {error.message}")
    else:
        sys.exit(f"{label}: the server accepted it")


def show_tokens(result: AuthenticationResultType, *, with_claims: bool) -> None:
    """Show the tokens' lengths and claims; never show a token itself, since it is as good as a password."""
    tokens = {"access token": result.access_token, "id token": result.id_token, "refresh token": result.refresh_token}
    for name, token in tokens.items():
        show(name, f"{len(token or ''):,} characters")
        if with_claims and token and name != "refresh token":
            for claim, value in claims_of(token).items():
                show("", f"{claim:<16} {value}")


def claims_of(token: str) -> dict[str, Any]:
    """Return a token's claims, without verifying its signature. A program that trusts a token must verify it."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    times = {
        name: f"{datetime.fromtimestamp(claims[name], UTC):%Y-%m-%d %H:%M:%S} UTC"
        for name in ("auth_time", "exp", "iat")
    }
    return {**claims, **times}


def heading(text: str) -> None:
    """Print the heading of a step."""
    print(f"\n{text}")


def show(label: str, text: str) -> None:
    """Print one line of a step, wrapped and aligned."""
    line = f"  {label:<16} {text}"
    print(textwrap.fill(line, 100, subsequent_indent=" " * 19, break_long_words=False, break_on_hyphens=False))


if __name__ == "__main__":
    sys.exit(main())
