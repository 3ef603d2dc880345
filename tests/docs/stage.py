"""What the blocks of the documentation run against: a server on this machine, and one pool of users for each page.

A block stands on its page as a reader would type it. For it to run

- the environment has the server's address and keys, so that `Client("eu-west-1")` reaches the server;
- the ids that stand for anybody's, `eu-west-1_EXAMPLE` and `1example23456789`, are replaced by those of the page's
  pool, which has a user `mary` with the password `Correct-Horse-1`;
- keys of the pool are fetched from the server instead of AWS, and its domain `my-app` is the server;
- `httpx.get` reaches an API that takes any access token;
- a comment `<!-- set-up ... -->` right before a block is run before it, and later blocks of a page see the names of
  earlier ones, as in one session.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import AppClient, Client
from cognito_idp._protocol.endpoint import domain_url
from cognito_idp.testing import CognitoServer, cognito_server
from cognito_idp.tokens import token_endpoint
from cognito_idp.tokens.pools import TrustedPool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGION = "eu-west-1"
PASSWORD = "Correct-Horse-1"
_FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH")


@pytest.fixture(scope="module")
def server() -> Iterator[CognitoServer]:
    """Run the server, and make it the one that the environment names."""
    pytest.importorskip("ministack", reason="the blocks need a server: pip install '.[local]'")
    with cognito_server(region=REGION) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": running.endpoint_url,
            "AWS_ACCESS_KEY_ID": running.credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": running.credentials.secret_access_key,
            "NO_PROXY": "127.0.0.1",
        }.items():
            patch.setenv(name, value)
        jwks_uri = TrustedPool._jwks_uri

        def at_the_server(pool: TrustedPool, issuer: str) -> str | None:
            if pool.jwks is not None or pool.jwks_uri is not None or not pool.user_pool_id.startswith(REGION):
                return jwks_uri(pool, issuer)
            return f"{running.endpoint_url}/{pool.user_pool_id}/.well-known/jwks.json"

        patch.setattr(TrustedPool, "_jwks_uri", at_the_server)

        def at_the_servers_domain(domain: str, *arguments: Any, **settings: Any) -> str:
            return running.endpoint_url if domain == "my-app" else domain_url(domain, *arguments, **settings)

        patch.setattr(token_endpoint, "domain_url", at_the_servers_domain)

        def called_with_a_token(request: httpx.Request) -> httpx.Response:
            assert request.headers["authorization"].startswith("Bearer ey")
            return httpx.Response(200)

        def get(url: str, *, auth: httpx.Auth) -> httpx.Response:
            with httpx.Client(transport=httpx.MockTransport(called_with_a_token)) as api:
                return api.get(url, auth=auth)

        patch.setattr(httpx, "get", get)
        yield running


class Stage:
    """A pool of its own for a page."""

    def __init__(self, server: CognitoServer) -> None:
        """Make the pool, an app client without a secret, and mary."""
        self.client = Client(REGION, credentials=server.credentials, endpoint_url=server.endpoint_url)
        pool: Any = self.client.create_user_pool(pool_name="people").user_pool
        made: Any = self.client.create_user_pool_client(
            user_pool_id=pool.id,
            client_name="web",
            explicit_auth_flows=[f"ALLOW_{flow}" for flow in _FLOWS],
            allowed_oauth_flows=["code"],
            allowed_oauth_scopes=["openid", "email"],
            allowed_oauth_flows_user_pool_client=True,
            callback_urls=["https://app.example.com/signed-in"],
        ).user_pool_client
        self.app = AppClient(pool.id, made.client_id)
        self.add_user("mary")

    def add_user(self, name: str) -> None:
        """Make a user with the password."""
        self.client.admin_create_user(user_pool_id=self.app.user_pool_id, username=name, message_action="SUPPRESS")
        self.client.admin_set_user_password(
            user_pool_id=self.app.user_pool_id, username=name, password=PASSWORD, permanent=True
        )

    def code(self, text: str) -> str:
        """Put the pool's ids in place of those that stand for anybody's."""
        return text.replace("eu-west-1_EXAMPLE", self.app.user_pool_id).replace("1example23456789", self.app.client_id)

    def close(self, names: dict[str, Any]) -> None:
        """Close every client and verifier that a page left open, and forget its hooks for a restored snapshot."""
        if "register_after_restore" in names:
            from snapshot_restore_py import get_after_restore

            get_after_restore().clear()
        for made in (*names.values(), self.client):
            for each in made if isinstance(made, list) else [made]:
                if type(each).__module__.partition(".")[0] == "cognito_idp" and hasattr(each, "close"):
                    closed = each.close() if not hasattr(each, "aclose") else each.aclose()
                    if inspect.iscoroutine(closed):
                        asyncio.run(closed)


def run(code: str, names: dict[str, Any], page: Path, line: int) -> None:
    """Run a block, which may await at its top level, with its lines numbered as on the page."""
    source = "\n" * (line - 1) + code
    compiled = compile(source, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(compiled, names)
    if inspect.iscoroutine(result):
        asyncio.run(result)
