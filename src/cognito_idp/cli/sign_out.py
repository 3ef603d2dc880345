"""`cognito-idp sign-out`: revoke the tokens that `sign-in --store` wrote, and remove the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .files import replacing
from .operations import OwnCommand
from .options import secret_text
from .settings import settings_of
from .stored import held, secret_option, store_options, unbroken
from .streams import out

if TYPE_CHECKING:
    from .stored import Stored

_HELP = """Revoke the tokens that sign-in --store wrote, and remove the file.

The refresh token and the access tokens made from it are revoked; --everywhere revokes all tokens of the user, on all
devices. If the service refuses, the file stays."""


def _invoke(context: click.Context) -> None:
    settings, params = settings_of(context), context.params
    secret = secret_text(settings, "--client-secret", params["client_secret"])
    with held(settings, params["store"]) as stored, settings.client() as client:
        with unbroken(), replacing(params["store"]) as write:
            # An access token that has expired is replaced before it can sign the user out everywhere.
            session = stored.session(client, secret, write)
            if params["everywhere"]:
                session.global_sign_out()
            else:
                session.sign_out()
        Path(params["store"]).expanduser().unlink()
    out(_said(stored, everywhere=params["everywhere"]))


def _said(stored: Stored, *, everywhere: bool) -> str:
    if everywhere:
        return f"{stored.username} is signed out on all devices."
    if stored.tokens.refresh_token is None:
        return f"The file is removed. There was no refresh token to revoke; {stored.username}'s access token goes on."
    return f"{stored.username} is signed out."


class _SignOut(OwnCommand):
    def invoke(self, ctx: click.Context) -> None:
        _invoke(ctx)


command = _SignOut(
    "sign-out",
    help=_HELP,
    params=[
        *store_options(),
        secret_option(),
        click.Option(["--everywhere"], is_flag=True, help="Sign the user out on all devices."),
    ],
)
