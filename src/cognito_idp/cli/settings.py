"""The global options of all commands, and what they configure: the client and the output."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from .._errors import CredentialsError, one_line
from .inputs import Inputs, ask_secret, is_terminal
from .streams import err

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._call.events import Event
    from .._call.retry import RetryMode
    from ..client import Client

_MFA_CODE: Final = re.compile("[0-9]{6}")
OUTPUTS: Final = ("json", "jsonl", "yaml", "text", "table")


@attrs.define(kw_only=True)
class Settings:
    """The values of the global options. Tests replace `make_client`."""

    make_client: Callable[..., Client] | None = None
    inputs: Inputs = attrs.field(factory=Inputs)
    secrets: set[str] = attrs.field(factory=set, repr=False)
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    allow_http: bool | None = None
    timeout: float | None = None
    retry: RetryMode | None = None
    output: str | None = None
    query: str | None = None
    debug: bool | None = None
    no_color: bool | None = None
    show_secrets: bool | None = None
    allow_secrets_on_command_line: bool | None = None

    def client(self) -> Client:
        """Return the client for these settings.

        Raises:
            ConfigError: a setting can't be used.
        """
        from ..client import Client
        from ..credentials.chain import default_chain

        make: Callable[..., Client] = self.make_client or partial(Client, credentials=default_chain(self._mfa_code))
        return make(
            self.region,
            profile=self.profile,
            endpoint_url=self.endpoint_url,
            timeout=self.timeout,
            retry=self.retry,
            allow_http=bool(self.allow_http),
            observer=print_event if self.debug else None,
        )

    def service_url(self) -> str | None:
        """Return where calls go instead of AWS, by the option, the environment or the profile.

        Raises:
            ConfigError: a file with settings can't be read.
        """
        from .._settings.config import settings_from
        from .._settings.shared import load_config

        return self.endpoint_url or settings_from(os.environ, self.profile, load_config(os.environ)).endpoint_url

    def _mfa_code(self, serial: str) -> str:
        """Ask for the code that a role needs.

        Raises:
            CredentialsError: nobody can be asked.
        """
        if not is_terminal():
            msg = f"the role needs a code from the MFA device {serial!r}: run the command in a terminal, where it asks"
            raise CredentialsError(msg)
        try:
            code = ask_secret(f"Code of the MFA device {serial}")
            while not _MFA_CODE.fullmatch(code.strip()):
                err("A code has six digits.")
                code = ask_secret(f"Code of the MFA device {serial}")
        except click.Abort:
            # The search for credentials would take an exception for the failure of a source.
            raise KeyboardInterrupt from None
        self.secrets.add(code)
        return code


def print_event(event: Event) -> None:
    """Print a call's event; events hold no secrets."""
    facts = attrs.asdict(event, filter=lambda _, value: value is not None)
    # All of an event's fractions are seconds.
    shown = {name: f"{value:.3f}" if isinstance(value, float) else value for name, value in facts.items()}
    # The service's codes and ids may hold anything.
    err(one_line(" ".join((f"debug: {type(event).__name__}", *(f"{name}={value}" for name, value in shown.items())))))


def settings_of(context: click.Context) -> Settings:
    """Return the settings of a command line, shared by all its contexts."""
    settings: Settings = context.ensure_object(Settings)
    return settings


def _keep(context: click.Context, option: click.Parameter, value: Any) -> Any:
    if value is not None and value is not False and not context.resilient_parsing:
        setattr(settings_of(context), str(option.name), value)
    return value


def global_options() -> list[click.Option]:
    """Return the options that may come before or after a command; those after it win."""

    def option(*names: str, **more: Any) -> click.Option:
        return GlobalOption(names, expose_value=False, callback=_keep, **more)

    return [
        option("--region", metavar="REGION", help="AWS region; otherwise AWS_REGION, the profile's, or the pool's."),
        option("--profile", metavar="NAME", help="Profile of the shared AWS files."),
        option("--endpoint-url", metavar="URL", help="Send to this URL instead of AWS."),
        option("--allow-http", is_flag=True, help="Allow a plain-http endpoint that is not on this machine."),
        option("--timeout", type=click.FLOAT, metavar="SECONDS", help="Time limit for a call with all its attempts."),
        option("--retry", type=click.Choice(["standard", "adaptive", "off"]), help="How to retry."),
        option("--output", type=click.Choice(OUTPUTS), help="How to print the answer; json unless given."),
        option("--query", metavar="JMESPATH", help="Print this part of the answer (https://jmespath.org)."),
        option("--show-secrets", is_flag=True, help="Print passwords, tokens, codes and keys instead of ***."),
        option(
            "--allow-secrets-on-command-line",
            is_flag=True,
            help="Take secrets from the command line, where other users and the shell's history see them.",
        ),
        option("--no-color", is_flag=True, help="Print without colours; so does NO_COLOR."),
        option("--debug", is_flag=True, help="Print each attempt, and tracebacks; no secrets."),
    ]


class GlobalOption(click.Option):
    """An option of every command, listed separately in its help."""
