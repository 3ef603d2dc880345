"""A Cognito server on this machine with a pool for the app, for demos and tests."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import httpx
from cryptography.fernet import Fernet

from cognito_idp import AppClient, Client, SoftwareTokenMfaConfigType
from cognito_idp.testing import cognito_server

from .managed import callback_url
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp.testing import CognitoServer


@attrs.frozen
class Local:
    """A running server, and the settings of an app that uses it."""

    server: CognitoServer
    settings: Settings

    def mails(self) -> list[Mail]:
        """Return the mails that the service would have sent, oldest first."""
        with httpx.Client(trust_env=False) as http:
            messages: dict[str, Any] = http.get(f"{self.server.endpoint_url}/_ministack/ses/messages").json()
        every = (mail for mails in messages["messages"].values() for mail in mails)
        return [Mail(", ".join(mail["To"]), mail["Subject"], mail["BodyText"]) for mail in every]

    def code_sent_to(self, address: str) -> str:
        """Return the code from the last mail to an address."""
        text = [mail.text for mail in self.mails() if mail.to == address][-1]
        match = re.search(r"\d{6}", text)
        assert match is not None, "the mail has no code"
        return match[0]


@attrs.frozen
class Mail:
    """A mail."""

    to: str
    subject: str
    text: str


@contextmanager
def local_cognito(origin: str) -> Iterator[Local]:
    """Run a server for the block; `origin` is where browsers find the app.

    Raises:
        ServerNotInstalledError: ministack is not installed.
        ServerStartError: the server did not start.
    """
    with cognito_server() as server:
        with server.client() as client:
            app = make_pool(client, origin)
        yield Local(
            server,
            Settings(
                app=app,
                origin=origin,
                cookie_keys=(Fernet.generate_key().decode(),),
                endpoint_url=server.endpoint_url,
                # Its tokens name AWS as their issuer, but the keys are here.
                jwks_uri=f"{server.endpoint_url}/{app.user_pool_id}/.well-known/jwks.json",
                # It serves the pages of every pool.
                domain=server.endpoint_url,
            ),
        )


def make_pool(client: Client, origin: str) -> AppClient:
    """Create the pool and the app client for the app."""
    pool = client.create_user_pool(
        pool_name="people", username_attributes=["email"], auto_verified_attributes=["email"]
    ).user_pool
    assert pool is not None
    assert pool.id is not None
    client.set_user_pool_mfa_config(
        user_pool_id=pool.id,
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    )
    app_client = client.create_user_pool_client(
        user_pool_id=pool.id,
        client_name="web",
        generate_secret=True,
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        prevent_user_existence_errors="ENABLED",
        allowed_oauth_flows=["code"],
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_scopes=["openid", "email", "aws.cognito.signin.user.admin"],
        callback_urls=[callback_url(origin)],
    ).user_pool_client
    assert app_client is not None
    assert app_client.client_id is not None
    return AppClient(pool.id, app_client.client_id, app_client.client_secret)
