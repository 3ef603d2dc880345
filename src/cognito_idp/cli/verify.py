"""`cognito-idp verify`: show what a token says and whether it would be accepted."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from .._errors import TokenError, one_line
from ..errors import ConfigError, JwksError
from ..tokens.checks import LEEWAY
from ..tokens.claims import moment
from ..tokens.pools import TrustedPool
from ..tokens.verify import TokenVerifier
from . import inputs
from .explain import OK, REFUSED, UNASKED, UNKNOWN, Demands, Explanation, explain, read_token
from .failures import OTHER, InputError
from .failures import REFUSED as EXIT_REFUSED
from .moments import in_words
from .operations import OwnCommand
from .query import query_of
from .render import as_json, print_data
from .settings import settings_of
from .streams import console
from .tables import print_titled, text_of
from .values import read_json

if TYPE_CHECKING:
    from .settings import Settings

_HELP = """Explain a token, and why it would be refused.

TOKEN is - (standard input, or a hidden prompt at a terminal, as without it), @FILE, or the token itself: then other
users and the shell's history can see it. Header and claims are printed, the signature never is.

Without --user-pool-id the token is held against the pool that it names itself, which says nothing about whether you
should trust that pool. With --endpoint-url the pool's keys come from that server, such as a local one. The exit code
is 0 for a token that would be accepted, 1 for one that would be refused, and 255 if the pool's keys can't be had."""
_TIMES: Final = ("exp", "iat", "nbf", "auth_time")
_MARKS: Final = {OK: "green", REFUSED: "red", UNKNOWN: "yellow", UNASKED: "dim"}


def _token(settings: Settings, text: str | None) -> str:
    argument = settings.inputs.read("TOKEN", "-" if text is None else text, secret=inputs.is_terminal())
    token = argument.text("TOKEN").strip()
    settings.secrets.add(token)
    if not token:
        msg = "TOKEN: there is nothing to verify"
        raise InputError(msg)
    return token


def _pool(settings: Settings, params: dict[str, Any], claims: dict[str, Any]) -> TrustedPool:
    jwks = None
    if params["jwks"] is not None:
        jwks = read_json(settings.inputs.read("--jwks", params["jwks"]).text("--jwks"), "--jwks")
        if not isinstance(jwks, dict):
            msg = "--jwks: it must be a JSON object with keys"
            raise InputError(msg)
    issuer = claims.get("iss")
    pool_id = params["user_pool_id"] or (issuer.rpartition("/")[2] if isinstance(issuer, str) else None)
    if not pool_id:
        msg = "--user-pool-id is needed: the token names no pool" if claims else "TOKEN: this is no access or ID token"
        raise InputError(msg)
    try:
        return TrustedPool(
            pool_id,
            client_ids=params["client_id"] or None,
            region=settings.region if params["issuer"] is None and "_" in pool_id else None,
            issuer=params["issuer"],
            jwks_uri=params["jwks_uri"] or _keys_at_server(settings, params, pool_id),
            jwks=jwks,
            allow_http=bool(settings.allow_http),
        )
    except ConfigError as error:
        raise InputError(one_line(str(error))) from None


def _keys_at_server(settings: Settings, params: dict[str, Any], pool_id: str) -> str | None:
    """Return the address of a pool's keys at the server that calls go to, if that isn't AWS and nothing else says."""
    if params["jwks"] is not None or params["issuer"] is not None:
        return None
    url = settings.service_url()
    # A server has its pools' keys below the address of its operations, as the service has, whatever issuer it names.
    return None if url is None else f"{url.rstrip('/')}/{pool_id}/.well-known/jwks.json"


def _invoke(context: click.Context) -> int:
    settings, params = settings_of(context), context.params
    query_of(settings)
    token = _token(settings, params["token"])
    _, claims = read_token(token)
    pool = _pool(settings, params, claims)
    scopes, groups = frozenset(params["scope"]), frozenset(params["group"])
    use, audience = params["token_use"], frozenset(params["audience"])
    with TokenVerifier(
        pool,
        token_use=use,
        leeway=params["leeway"],
        required_groups=groups,
        required_scopes=() if use == "id" else scopes,
        audience=audience,
        timeout=settings.timeout,
    ) as verifier:
        demands = Demands(pool, use, params["leeway"], scopes, groups, audience)
        explanation = explain(
            token,
            demands,
            time.time(),
            lambda token: verifier.verify(token, required_scopes=scopes),
        )
    if settings.output in (None, "table") and settings.query is None:
        _print_explanation(settings, explanation, is_own_pool=params["user_pool_id"] is not None)
    else:
        print_data(settings, query_of(settings)(_data(explanation)))
    if isinstance(explanation.refusal, JwksError):
        return OTHER
    return 0 if explanation.refusal is None else EXIT_REFUSED


def _data(explanation: Explanation) -> dict[str, Any]:
    return {
        "Accepted": explanation.refusal is None,
        "Header": explanation.header,
        "Claims": explanation.claims,
        "Checks": [
            {"Name": name, "Verdict": verdict, "Reason": reason} for name, verdict, reason in explanation.checks
        ],
    }


def _print_explanation(settings: Settings, explanation: Explanation, *, is_own_pool: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    screen = console(no_color=settings.no_color)
    now = datetime.fromtimestamp(time.time(), UTC)
    for title, part in (("Header", explanation.header), ("Claims", explanation.claims)):
        print_claims(screen, title, part, now)
    table = Table(show_header=False)
    for name, verdict, reason in explanation.checks:
        table.add_row(name, text_of(verdict, _MARKS[verdict]), text_of(reason))
    print_titled(screen, "Checks", table)
    if explanation.refusal is not None:
        screen.print(Text(f"{_verdict(explanation.refusal)}: {one_line(str(explanation.refusal))}", style="red"))
        return
    whose = "" if is_own_pool else ", if you trust the pool that it names"
    screen.print(Text(f"The token would be accepted{whose}.", style="green"))


def print_claims(screen: Any, title: str, claims: dict[str, Any], now: datetime) -> None:
    """Print a table of a token's claims, with times in words."""
    from rich.table import Table

    table = Table(show_header=False)
    for name, value in claims.items():
        table.add_row(text_of(name), text_of(_claim(name, value, now)))
    print_titled(screen, title, table)


def _verdict(refusal: TokenError) -> str:
    if isinstance(refusal, JwksError):
        return "Nothing can be said about the token (JwksError)"
    return f"The token would be refused ({type(refusal).__name__})"


def _claim(name: str, value: Any, now: datetime) -> str:
    if name in _TIMES:
        try:
            at = moment({name: value}, name)
        except TokenError:
            at = None
        if at is not None:
            return in_words(at, now)
    return value if isinstance(value, str) else as_json(value, indent=None)


class _Verify(OwnCommand):
    def invoke(self, ctx: click.Context) -> int:
        return _invoke(ctx)


command = _Verify(
    "verify",
    help=_HELP,
    params=[
        click.Argument(["token"], required=False),
        click.Option(["--user-pool-id"], metavar="ID", help="The pool whose tokens are accepted."),
        click.Option(
            ["--client-id"], multiple=True, metavar="ID...", help="App clients whose tokens are accepted; all, if none."
        ),
        click.Option(
            ["--token-use"], type=click.Choice(["access", "id"]), help="The kind that is accepted; both, if none."
        ),
        click.Option(["--scope"], multiple=True, metavar="SCOPE...", help="Scopes that it must have."),
        click.Option(["--group"], multiple=True, metavar="GROUP...", help="Groups that the user must be in."),
        click.Option(
            ["--audience"], multiple=True, metavar="RESOURCE...", help="Resources, one of which it must be bound to."
        ),
        click.Option(
            ["--leeway"],
            type=float,
            default=LEEWAY,
            show_default=True,
            metavar="SECONDS",
            help="How wrong this clock may be.",
        ),
        click.Option(["--jwks"], metavar="JSON|@FILE", help="The pool's keys, so that nothing is fetched."),
        click.Option(
            ["--jwks-uri"], metavar="URL", help="Where the keys are; else below the issuer, or below --endpoint-url."
        ),
        click.Option(["--issuer"], metavar="URL", help="The issuer to accept, for a local server."),
    ],
)
