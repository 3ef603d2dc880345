"""Async calls that share something with others: cancelled at any await, they leave nothing taken and nothing open."""

from __future__ import annotations

import json
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

from cognito_idp import (
    AppClient,
    AsyncClient,
    AsyncMachineSession,
    AsyncTokenVerifier,
    AsyncUserSession,
    RevocationCheck,
    Tokens,
    TrustedPool,
)

from .support.answers import answer
from .support.kit import CREDENTIALS
from .support.server import PATIENCE
from .support.stepped import cancelled_at_each
from .tokens.issuing import REASON

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Serve
    from .support.answers import Handler
    from .support.server import Connection, Received, Server

    Call = Callable[[], Any]

pytest.importorskip("jwt", reason=REASON)

from cognito_idp.testing import TokenIssuer

APP = AppClient("us-east-1_EXAMPLE", "1example23456789", "secret-of-the-app-client-51")
ISSUER = TokenIssuer(APP.user_pool_id, APP.client_id)
TOKEN = ISSUER.access_token("mary", scope="aws.cognito.signin.user.admin")
KEYS = {"AccessKeyId": "AKID", "SecretAccessKey": "s", "Token": "t", "Expiration": "2100-01-01T00:00:00Z"}


def service() -> Handler:
    """Be the service, the address of its keys, and a container's credentials. Tokens live for a second."""
    number = count(1)

    def handle(connection: Connection, request: Received) -> None:
        issued = {"AccessToken": ISSUER.access_token("mary", expires_in=1), "TokenType": "Bearer", "ExpiresIn": 1}
        answers: dict[str, dict[str, Any]] = {
            "GetClientToken": {"ClientAuthenticationResult": issued},
            "GetTokensFromRefreshToken": {
                "AuthenticationResult": {**issued, "RefreshToken": f"refresh-{next(number)}"}
            },
            "GetUser": {"Username": "mary", "UserAttributes": []},
            "ListUsers": {"Users": []},
            "/jwks.json": dict(ISSUER.pool.jwks or {}),
            "/credentials": KEYS,
        }
        operation = (request.header("x-amz-target") or "").rpartition(".")[2]
        found = answers[operation or request.request_line.split()[1]]
        answer(json.dumps(found).encode())(connection, request)

    return handle


def machine(client: AsyncClient, _: Server) -> Call:
    """Return a call that fetches a machine's token."""
    return AsyncMachineSession(client, APP).refresh


def user(client: AsyncClient, _: Server) -> Call:
    """Return a call that refreshes a user's tokens."""
    token = ISSUER.access_token("mary", expires_in=1)
    tokens = Tokens(access_token=token, id_token=None, refresh_token="refresh-0", token_type="Bearer")
    return AsyncUserSession(client, APP, tokens).refresh


def revocation(client: AsyncClient, _: Server) -> Call:
    """Return a call that asks whether a token was revoked."""
    verifier = ISSUER.async_verifier(revocation=RevocationCheck(client, remember=1e-9))
    return partial(verifier.verify, TOKEN)


def keys(_: AsyncClient, server: Server) -> Call:
    """Return a call that fetches the keys of a pool."""
    pool = TrustedPool(APP.user_pool_id, client_ids=APP, jwks_uri=f"{server.url}/jwks.json")

    async def call() -> None:
        async with AsyncTokenVerifier(pool, token_use="access") as verifier:
            await verifier.verify(TOKEN)

    return call


def credentials(_: AsyncClient, server: Server) -> Call:
    """Return a call that loads credentials."""

    async def call() -> None:
        async with AsyncClient("us-east-1", endpoint_url=server.url, retry="off") as client:
            await client.call("ListUsers")

    return call


@pytest.mark.anyio
@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("scene", [machine, user, revocation, keys, credentials])
async def test_a_call_that_is_cancelled_at_any_await(
    scene: Callable[[AsyncClient, Server], Call], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the caller leaves, the next call succeeds, and nothing is open at the end."""
    server = serve(service())
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/credentials")
    async with AsyncClient("us-east-1", endpoint_url=server.url, credentials=CREDENTIALS, retry="off") as client:
        call = scene(client, server)

        async def succeeds() -> None:
            with anyio.fail_after(PATIENCE):
                await call()

        assert await cancelled_at_each(call, succeeds) >= 1
    await anyio.to_thread.run_sync(server.wait_for, lambda: server.open == 0)
