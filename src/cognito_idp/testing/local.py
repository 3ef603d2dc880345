"""A local server to keep: `cognito-idp local` and `python -m cognito_idp.testing` run it until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Final

from .._version import install_command
from ..errors import CognitoIdpError
from .server import cognito_server, keys_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..client import Client
    from .server import CognitoServer

_USERNAME: Final = "mary"
_PASSWORD: Final = "Correct-Horse-1"  # noqa: S105 - no secret: only this machine can reach the server
_FLOWS: Final = (
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
)
_TEXT: Final = """\
A Cognito server runs on {server.endpoint_url} until Ctrl-C. What it holds ends with it.

  user pool   {pool_id}
  app client  {client_id}
  user        {username}, password {password}
  token keys  {jwks_uri} (jwks_uri of a TrustedPool)

Python:
  from cognito_idp import AppClient, Client, Credentials
  client = Client("{server.region}", endpoint_url="{server.endpoint_url}", credentials=Credentials("{key}", "{secret}"))
  client.sign_in(AppClient("{pool_id}", "{client_id}"), username="{username}", password="{password}")
Command line, with the extra cli ({install_cli}):
  export AWS_ENDPOINT_URL={server.endpoint_url} AWS_REGION={server.region} AWS_ACCESS_KEY_ID={key} \
AWS_SECRET_ACCESS_KEY={secret}
  cognito-idp list-users --user-pool-id {pool_id}
  cognito-idp sign-in --user-pool-id {pool_id} --client-id {client_id} --username {username}
"""


def run_local(
    show: Callable[[str], object], *, region: str | None = None, port: int | None = None, stop: Event | None = None
) -> None:
    """Run a server with a pool, an app client and a user; show how to reach it; return on Ctrl-C or if `stop` is set.

    Raises:
        ServerNotInstalledError: ministack is not installed.
        ServerStartError: the server did not start; a fixed `port` can't be used.
    """
    with suppress(KeyboardInterrupt), cognito_server(region=region or "us-east-1", port=port) as server:
        with server.client() as client:
            pool_id, client_id = _make_pool(client)
        show(_instructions(server, pool_id, client_id))
        (stop or Event()).wait()


def _make_pool(client: Client) -> tuple[str, str]:
    pool_id: str = client.call("CreateUserPool", {"PoolName": "people"})["UserPool"]["Id"]
    client_id: str = client.call(
        "CreateUserPoolClient", {"UserPoolId": pool_id, "ClientName": "web", "ExplicitAuthFlows": _FLOWS}
    )["UserPoolClient"]["ClientId"]
    client.admin_create_user(user_pool_id=pool_id, username=_USERNAME, message_action="SUPPRESS")
    client.admin_set_user_password(user_pool_id=pool_id, username=_USERNAME, password=_PASSWORD, permanent=True)
    return pool_id, client_id


def _instructions(server: CognitoServer, pool_id: str, client_id: str) -> str:
    return _TEXT.format(
        server=server,
        pool_id=pool_id,
        client_id=client_id,
        jwks_uri=keys_address(server.endpoint_url, pool_id),
        username=_USERNAME,
        password=_PASSWORD,
        key=server.credentials.access_key_id,
        secret=server.credentials.secret_access_key,
        install_cli=install_command("cli"),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server from a command line without the extra `cli`, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m cognito_idp.testing", description=__doc__)
    parser.add_argument("--region", help="the region of its user pools (us-east-1)")
    parser.add_argument("--port", type=int, help="a port of 127.0.0.1; without it, any free one")
    options = parser.parse_args(arguments)
    try:
        run_local(_show, region=options.region, port=options.port)
    except CognitoIdpError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
