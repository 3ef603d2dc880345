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
from typing import TYPE_CHECKING, Any

import cognito_idp
from cognito_idp import (
    AppClient,
    AuthFlowType,
    Client,
    Credentials,
    InvalidSignatureException,
    NotAuthorizedException,
    ServiceError,
    SignedIn,
    attributes_of,
)
from cognito_idp.testing import ServerNotInstalledError, ServerStartError, cognito_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cognito_idp import AuthenticationResultType, Outcome, Tokens
    from cognito_idp.testing import CognitoServer

USERNAME = "mary"
PASSWORD = "Correct-Horse-1"


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
    print("For a server that stays, run `python -m cognito_idp.testing`.")
    return 0


def tour(server: CognitoServer) -> None:
    """Show what works, then what is refused."""
    with server.client() as client:
        heading("Setting up")
        show("server", f"ministack on {server.endpoint_url}, which checks every signature")
        with user_pool(client) as app:
            add_user(client, app)

            heading("client.sign_in")
            outcome = client.sign_in(app, username=USERNAME, password=PASSWORD)  # SRP: the password is not sent
            show_tokens(tokens_of(outcome), with_claims=True)

            heading("client.admin_initiate_auth")
            show_tokens(admin_sign_in(client, app))

            heading("await client.sign_in")
            show_tokens(tokens_of(asyncio.run(sign_in_async(server, app))))

            heading("What is refused")
            show_refusal(
                "wrong password",
                lambda: client.sign_in(app, username=USERNAME, password="Not-Hers-9"),
                NotAuthorizedException,
            )
            wrong = Credentials(server.credentials.access_key_id, "not-the-secret-of-this-key")
            with server.client(credentials=wrong) as impostor:
                show_refusal("wrong secret key", lambda: admin_sign_in(impostor, app), InvalidSignatureException)


@contextmanager
def user_pool(client: Client) -> Iterator[AppClient]:
    """Create a user pool with an app client, and delete it at the end."""
    pool = client.create_user_pool(pool_name="quickstart").user_pool
    assert pool is not None
    assert pool.id is not None
    try:
        app_client = client.create_user_pool_client(
            user_pool_id=pool.id,
            client_name="web",
            explicit_auth_flows=[
                "ALLOW_USER_SRP_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ],
        ).user_pool_client
        assert app_client is not None
        assert app_client.client_id is not None
        show("user pool", pool.id)
        show("app client", app_client.client_id)
        yield AppClient(pool.id, app_client.client_id)
    finally:
        client.delete_user_pool(user_pool_id=pool.id)


def add_user(client: Client, app: AppClient) -> None:
    """Create a user with a permanent password, and show what the pool knows of her."""
    client.admin_create_user(
        user_pool_id=app.user_pool_id,
        username=USERNAME,
        user_attributes={"email": "mary@example.com"},
        message_action="SUPPRESS",
    )
    client.admin_set_user_password(user_pool_id=app.user_pool_id, username=USERNAME, password=PASSWORD, permanent=True)
    user = client.admin_get_user(user_pool_id=app.user_pool_id, username=USERNAME)
    show("user", f"{user.username}, {user.user_status}, {attributes_of(user)['email']}")


def admin_sign_in(client: Client, app: AppClient) -> AuthenticationResultType:
    """Sign the user in by the operation of a trusted back end. It is signed, and sends the password."""
    response = client.admin_initiate_auth(
        user_pool_id=app.user_pool_id,
        client_id=app,
        auth_flow=AuthFlowType.ADMIN_USER_PASSWORD_AUTH,
        auth_parameters={"USERNAME": USERNAME, "PASSWORD": PASSWORD},
    )
    assert response.authentication_result is not None, f"not expected here: {response.challenge_name}"
    return response.authentication_result


async def sign_in_async(server: CognitoServer, app: AppClient) -> Outcome:
    """Sign the user in again: the same call, awaited."""
    async with server.async_client() as client:
        return await client.sign_in(app, username=USERNAME, password=PASSWORD)


def tokens_of(outcome: Outcome) -> Tokens:
    """Return the tokens of a sign-in; this pool asks for nothing besides the password."""
    assert isinstance(outcome, SignedIn), f"not expected here: {outcome.name}"
    return outcome.tokens


def show_refusal(label: str, attempt: Callable[[], object], expected: type[ServiceError]) -> None:
    """Make a call that must be refused, and show how."""
    try:
        attempt()
    except expected as error:
        show(label, f"{type(error).__name__}: {error.message}")
    else:
        sys.exit(f"{label}: the server accepted it")


def show_tokens(result: Tokens | AuthenticationResultType, *, with_claims: bool = False) -> None:
    """Show the tokens' lengths and claims; never show a token itself, since it is as good as a password."""
    tokens = {"access token": result.access_token, "id token": result.id_token, "refresh token": result.refresh_token}
    for name, token in tokens.items():
        show(name, f"{len(token or ''):,} characters")
        if with_claims and token and name == "access token":
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
