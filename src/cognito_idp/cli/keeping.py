"""`--keep-others`: an update that changes what its options say, and leaves everything else as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from .._errors import one_line
from .._updates import differences, updated
from . import inputs
from .catalog import request_of
from .failures import DECLINED, InputError
from .options import ask_for_missing
from .secrets import secrets_in
from .streams import err

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._structs.struct import Request
    from ..client import Client
    from .settings import Settings

KEEP_OTHERS: Final = "keep_others"
YES: Final = "yes"

# Each update that resets what it is not sent: the command that describes the same, and the member of its answer that
# does; None is the whole answer.
KEEPS: Final[Mapping[str, tuple[str, str | None]]] = {
    "set-risk-configuration": ("describe-risk-configuration", "risk_configuration"),
    "set-user-pool-mfa-config": ("get-user-pool-mfa-config", None),
    "update-cimd-policy": ("describe-cimd-policy", "cimd_policy"),
    "update-group": ("get-group", "group"),
    "update-resource-server": ("describe-resource-server", "resource_server"),
    "update-terms": ("describe-terms", "terms"),
    "update-user-pool": ("describe-user-pool", "user_pool"),
    "update-user-pool-client": ("describe-user-pool-client", "user_pool_client"),
    "update-user-pool-domain": ("describe-user-pool-domain", "domain_description"),
}


def keeping_options(command: str) -> list[click.Option]:
    """Return the options of such an update."""
    describes, _ = KEEPS[command]
    return [
        click.Option(
            ["--keep-others", KEEP_OTHERS],
            is_flag=True,
            help=f"Keep what {describes} says and no option changes; show the changes, and ask before it is sent.",
        ),
        click.Option(["--yes", YES], is_flag=True, help="With --keep-others, send it without asking."),
    ]


def description_of(settings: Settings, client: Client, command: str, arguments: Mapping[str, Any]) -> Any:
    """Return the description of what an update is about.

    Raises:
        InputError: an option is missing that says what it is about, or the service describes nothing.
    """
    describes, holder = KEEPS[command]
    request = request_of(describes)
    about = _about(command, arguments)
    ask_for_missing(settings, request._members, about)  # noqa: SLF001 - as the converter reads structs
    answer: Any = client.send(request(**about))
    description = answer if holder is None else getattr(answer, holder)
    if description is None:
        msg = f"--keep-others: {describes} answers with nothing to keep"
        raise InputError(msg)
    settings.secrets |= {text for _, text in secrets_in(description)}
    return description


def _about(command: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that say what an update is about: those that describe it."""
    members = request_of(KEEPS[command][0])._members  # noqa: SLF001
    return {member.name: arguments[member.name] for member in members if member.name in arguments}


def changed(command: str, description: Any, arguments: Mapping[str, Any]) -> tuple[Request[Any], list[str]]:
    """Return the update with its arguments over a description, and a line for each difference that it makes.

    Raises:
        RequestValidationError: the arguments don't fit the update.
    """
    before = updated(description, **_about(command, arguments))
    after = updated(description, **arguments)
    return after, [one_line(str(difference)) for difference in differences(before, after)]


def is_wanted(lines: list[str], *, yes: bool) -> bool:
    """Show what changes, and ask whether to send it; return False if nothing changes.

    Raises:
        click.exceptions.Exit: the person doesn't want it.
        InputError: nobody can be asked.
    """
    if not lines:
        err("Everything is as the options say already; nothing is sent.")
        return False
    err("\n".join(["What changes:", *(f"  {line}" for line in lines)]))
    if yes:
        return True
    if not inputs.is_terminal():
        msg = "--keep-others asks before it sends, and standard input is not a terminal; --yes sends without asking"
        raise InputError(msg)
    if not inputs.agree("Send it?"):
        err("Nothing was sent.")
        # Not success: what comes after the command may count on the update.
        raise click.exceptions.Exit(DECLINED)
    return True
