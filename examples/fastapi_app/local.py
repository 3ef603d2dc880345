"""A Cognito server on this machine with a pool for the app, for trying it out and for its tests."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import httpx
from cryptography.fernet import Fernet

from cognito_idp import AppClient, Client, SoftwareTokenMfaConfigType
from cognito_idp.testing import cognito_server

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
            found: dict[str, Any] = http.get(f"{self.server.endpoint_url}/_ministack/ses/messages").json()
        every = (mail for mails in found["messages"].values() for mail in mails)
        return [Mail(", ".join(mail["To"]), mail["Subject"], mail["BodyText"]) for mail in every]

    def code_sent_to(self, address: str) -> str:
        """Return the code in the last mail to an address."""
        text = [mail.text for mail in self.mails() if mail.to == address][-1]
        found = re.search(r"\d{6}", text)
        assert found is not None, "the mail has no code"
        return found[0]


@attrs.frozen
class Mail:
    """A mail."""

    to: str
    subject: str
    text: str


@contextmanager
def local_cognito(origin: str) -> Iterator[Local]:
    """Run a server within the block; `origin` is where browsers find the app.

    Raises:
        ServerNotInstalledError: ministack is not installed.
        ServerStartError: the server did not start.
    """
    with cognito_server() as server:
        with Client(server.region, credentials=server.credentials, endpoint_url=server.endpoint_url) as client:
            app = make_pool(client)
        yield Local(
            server,
            Settings(
                app=app,
                origin=origin,
                cookie_keys=(Fernet.generate_key().decode(),),
                endpoint_url=server.endpoint_url,
                # Its tokens name AWS as their issuer, as those of AWS do; the keys are here.
                jwks_uri=f"{server.endpoint_url}/{app.user_pool_id}/.well-known/jwks.json",
            ),
        )


def make_pool(client: Client) -> AppClient:
    """Make the pool and the app client that the app needs."""
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
    made = client.create_user_pool_client(
        user_pool_id=pool.id,
        client_name="web",
        generate_secret=True,
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        prevent_user_existence_errors="ENABLED",
    ).user_pool_client
    assert made is not None
    assert made.client_id is not None
    return AppClient(pool.id, made.client_id, made.client_secret)
