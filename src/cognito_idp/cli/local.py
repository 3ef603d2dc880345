"""`cognito-idp local`: a Cognito server on this machine, with a pool, an app client and a user."""

from __future__ import annotations

from functools import partial

import click

from ..testing.local import run_local
from .operations import OwnCommand
from .settings import settings_of
from .streams import out

_HELP = """Run a Cognito server on this machine until Ctrl-C.

It has a user pool, an app client and a user, and prints how to reach them from Python and from the command line. What
it holds ends with it. It needs the extra `local`."""


class _Local(OwnCommand):
    def invoke(self, ctx: click.Context) -> int:
        run_local(partial(out, nl=False), region=settings_of(ctx).region, port=ctx.params["port"])
        return 0


command = _Local(
    "local",
    help=_HELP,
    params=[
        click.Option(["--port"], type=click.IntRange(1, 65535), help="A port of 127.0.0.1; without it, any free one.")
    ],
)
