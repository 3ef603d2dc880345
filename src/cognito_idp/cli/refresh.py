"""`cognito-idp refresh`: new tokens for those that `sign-in --store` wrote."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import click

from ..tokens.refresh import BY_OPERATION, RefreshWith
from .explain import read_token
from .failures import InputError
from .files import replacing
from .moments import in_words
from .operations import OwnCommand
from .options import secret_text
from .query import query_of
from .settings import settings_of
from .stored import held, print_tokens, secret_option, store_options, unbroken

if TYPE_CHECKING:
    from ..sign_in.signed_in import Tokens

_HELP = """Get new tokens for those that sign-in --store wrote, and write them to the file.

A refresh token that the pool rotates is good once. So the command makes sure that it can write the file before it asks,
keeps other processes out of the file meanwhile, and puts Ctrl-C off until the new tokens are written."""


def _invoke(context: click.Context) -> None:
    settings, params = settings_of(context), context.params
    query_of(settings)
    secret = secret_text(settings, "--client-secret", params["client_secret"])
    with held(settings, params["store"]) as stored, settings.client() as client:
        if stored.tokens.refresh_token is None:
            msg = "--store: the file has no refresh token; sign in again"
            raise InputError(msg)
        with unbroken(), replacing(params["store"]) as write:
            username = _name(stored.tokens, stored.username)
            session = stored.session(client, secret, write, refresh_with=params["refresh_with"], username=username)
            tokens = session.refresh()
    summary = [f"{stored.username} has new tokens in {params['store']}."]
    if tokens.expires_at is not None:
        now = datetime.fromtimestamp(time.time(), UTC)
        summary.append(f"The access token ends {in_words(tokens.expires_at, now)}.")
    print_tokens(settings, tokens, summary, shown=params["show_tokens"])


def _name(tokens: Tokens, typed: str) -> str:
    """Return the user's own name: what was typed may be an alias."""
    _, claims = read_token(tokens.access_token)
    name = claims.get("username")
    return name if isinstance(name, str) else typed


class _Refresh(OwnCommand):
    def invoke(self, ctx: click.Context) -> None:
        _invoke(ctx)


_FLOWS: Any = get_args(RefreshWith)
command = _Refresh(
    "refresh",
    help=_HELP,
    params=[
        *store_options(),
        secret_option(),
        click.Option(
            ["--refresh-with"],
            type=click.Choice(_FLOWS),
            default=BY_OPERATION,
            show_default=True,
            help="What refreshes; the second is for local servers that lack the first.",
        ),
        click.Option(["--show-tokens"], is_flag=True, help="Print the tokens as JSON, or as --output says."),
    ],
)
