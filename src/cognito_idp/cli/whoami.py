"""`cognito-idp whoami`: who the tokens that `sign-in --store` wrote stand for."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .explain import read_token
from .moments import in_words
from .operations import OwnCommand
from .query import query_of
from .render import print_data
from .settings import settings_of
from .stored import Stored, read_stored, store_options
from .streams import console, out
from .verify import print_claims

if TYPE_CHECKING:
    import click

_HELP = """Say who the tokens stand for that sign-in --store wrote, and until when.

It shows what the file and the ID token say, without the tokens, and asks nobody: `verify` checks a token, and
`get-user` asks the service."""


def _invoke(context: click.Context) -> None:
    settings, params = settings_of(context), context.params
    query_of(settings)
    stored = read_stored(settings, params["store"])
    claims = _claims(stored)
    if settings.output not in (None, "table") or settings.query is not None:
        print_data(settings, query_of(settings)(_data(stored, claims)))
        return
    now = datetime.fromtimestamp(time.time(), UTC)
    out("\n".join(_summary(stored, now)))
    if claims:
        print_claims(console(no_color=settings.no_color), "Claims", claims, now)


def _claims(stored: Stored) -> dict[str, Any]:
    _, claims = read_token(stored.tokens.id_token or stored.tokens.access_token)
    return claims


def _data(stored: Stored, claims: dict[str, Any]) -> dict[str, Any]:
    ends = stored.tokens.expires_at
    return {
        "Username": stored.username,
        "UserPoolId": stored.user_pool_id,
        "ClientId": stored.client_id,
        **({} if ends is None else {"ExpiresAt": ends.isoformat()}),
        "CanRefresh": stored.tokens.refresh_token is not None,
        "Claims": claims,
    }


def _summary(stored: Stored, now: datetime) -> list[str]:
    lines = [f"{stored.username}, by app client {stored.client_id} of user pool {stored.user_pool_id}."]
    ends = stored.tokens.expires_at
    if ends is not None:
        lines.append(f"The access token {'ends' if ends > now else 'ended'} {in_words(ends, now)}.")
    can = stored.tokens.refresh_token is not None
    lines.append("There is a refresh token." if can else "There is no refresh token.")
    return lines


class _WhoAmI(OwnCommand):
    def invoke(self, ctx: click.Context) -> None:
        _invoke(ctx)


command = _WhoAmI("whoami", help=_HELP, params=store_options())
