"""The group of all commands, and how a command ends. Commands are made on first use."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from .._protocol.spelling import SLIP, near
from .._version import __version__
from .catalog import families, first_sentence, operation_names
from .failures import PIPE_CLOSED, exit_code_of, text_of
from .settings import Settings, global_options
from .streams import PipeClosedError, drop_rest, err, notices_closed_pipe, out, survive_any_encoding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

PROGRAM: Final = "cognito-idp"

# Our own commands: the module of each, and its line in the list.
_OWN: Final = {
    "sign-in": ("sign_in", "Sign a user in, step by step, with every challenge."),
    "whoami": ("whoami", "Say who is signed in, from the file of sign-in --store."),
    "refresh": ("refresh", "Get new tokens for those in that file."),
    "sign-out": ("sign_out", "Revoke the tokens in that file, and remove it."),
    "local": ("local", "Run a Cognito server on this machine until Ctrl-C."),
    "verify": ("verify", "Explain a token, and why it would be refused."),
}

_HELP: Final = """Amazon Cognito user pools from the command line, without boto3.

Every operation is a command, and its members are options: `cognito-idp list-users --user-pool-id eu-west-1_EXAMPLE`.
Lists and maps are options to repeat, what has parts is JSON or Name=a,Value=b, @FILE reads a file and - standard input.
Answers that are lists have the items of all pages, unless --max-items or --no-paginate says otherwise.
Secrets are asked for, or come from a file or standard input; they are printed as *** unless --show-secrets is given.

Exit codes: 0 done, 1 token refused or not agreed to, 130 Ctrl-C, 141 closed pipe, 252 wrong command line or request,
253 settings or credentials, 254 the service's error, 255 anything else."""


# Member descriptions are long. The AWS CLI pages its help; ours must be readable where it is printed.
_CONTEXT: Final = {"max_content_width": 110}


class Commands(click.Group):
    """All commands; listing them doesn't load them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return [*_OWN, *operation_names()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        if cmd_name in _OWN:
            command: click.Command = import_module(f".{_OWN[cmd_name][0]}", __package__).command
            return command
        if cmd_name not in self.list_commands(ctx):
            return None
        from .operations import OperationCommand

        return OperationCommand(cmd_name)

    @notices_closed_pipe()
    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """Read the command line; `--help` prints here."""
        return super().make_context(*args, **more)

    @notices_closed_pipe()
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; if there is none, say which one was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            match = near(args[0], self.list_commands(ctx), SLIP)
            if match is None:
                raise
            # The newest click adds a hint of its own, but it knows only commands that are loaded.
            msg = f"{error.message} Did you mean '{match}'?"
        raise click.UsageError(msg, ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List all commands by family."""
        with formatter.section("Commands for people"):
            formatter.write_dl([(name, text) for name, (_, text) in _OWN.items()])
        for family, names in families().items():
            with formatter.section(family):
                formatter.write_dl([(name, first_sentence(name)) for name in names])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete command names, and the options before them."""
        from click.shell_completion import CompletionItem

        completions = [
            CompletionItem(name, help=_OWN[name][1] if name in _OWN else first_sentence(name))
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
        return completions + click.Command.shell_complete(self, ctx, incomplete)


def _print_version(context: click.Context, _: click.Parameter, value: Any) -> None:
    if value and not context.resilient_parsing:
        python = ".".join(map(str, sys.version_info[:3]))
        out(f"{PROGRAM} {__version__} Python/{python}")
        context.exit()


def make_group() -> Commands:
    """Return the group, with options that `--help` and completion show."""
    version = click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_print_version,
        help="Print the version.",
    )
    return Commands(
        PROGRAM, params=[*global_options(), version], help=_HELP, no_args_is_help=False, context_settings=_CONTEXT
    )


def run(args: Sequence[str] | None = None, settings: Settings | None = None) -> int:
    """Run a command line (None: that of this process) and return its exit code. Errors go to standard error."""
    settings = settings or Settings()
    survive_any_encoding()
    try:
        code = make_group().main(
            args, prog_name=PROGRAM, standalone_mode=False, windows_expand_args=False, obj=settings
        )
    except PipeClosedError:
        drop_rest()
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - a person gets a text, not a traceback
        return _failed(error, settings)
    except KeyboardInterrupt as error:
        return _failed(error, settings)
    return code if isinstance(code, int) else 0


def _failed(error: BaseException, settings: Settings) -> int:
    try:
        if settings.debug:
            # Code lines only: the texts of chained errors come from other libraries and may hold anything.
            err("".join(traceback.format_tb(error.__traceback__)), nl=False)
        err(f"\n{text_of(error, settings.secrets)}")
    except BrokenPipeError:
        drop_rest()
    return exit_code_of(error)
