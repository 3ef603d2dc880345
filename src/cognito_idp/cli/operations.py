"""Commands for operations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .._call.names import value_slips
from .._errors import one_line
from ..errors import RequestValidationError
from .catalog import link, member_texts, request_of, summary
from .failures import InputError
from .keeping import KEEP_OTHERS, KEEPS, YES, changed, description_of, is_wanted, keeping_options
from .options import ask_for_missing, check_typed, members_of, missing_options, option_for, option_name
from .paging import first_page, own_paging_members, paging_options, print_pages, window_of
from .query import query_of
from .render import as_json, check_output, plain, print_data
from .secrets import secrets_in, secrets_of
from .settings import GlobalOption, Settings, global_options, settings_of
from .skeleton import skeleton
from .streams import err, out
from .values import members_from_json, read_json
from .waiting import BEGINS, wait_option, waited

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._structs.struct import Request
    from ..client import Client
    from .paging import Window

Made = TypeVar("Made")
_INPUT = "cli_input_json"
_SKELETON = "generate_cli_skeleton"
_WAIT = "wait"


class OwnCommand(click.Command):
    """A command that also takes the global options. Stray arguments are not shown, since they may be secret."""

    def __init__(self, name: str, **settings: Any) -> None:
        settings["params"] = [*settings.get("params", ()), *global_options()]
        super().__init__(name, **settings)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse arguments that don't belong to an option."""
        ctx.allow_extra_args = True
        try:
            super().parse_args(ctx, args)
        except click.MissingParameter:
            # Options that were given are read first. click names the first of the others only, in words of its own.
            missing = [param.opts[0] for param in self.params if param.required and param.name not in ctx.params]
            raise missing_options(missing, ctx) from None
        if ctx.args and not ctx.resilient_parsing:
            msg = f"{len(ctx.args)} arguments don't belong to an option (not shown, since they may be secret)"
            raise InputError(msg, ctx)
        if not ctx.resilient_parsing:
            # What the answer can't be printed without must not be missed only once the service has acted.
            check_output(settings_of(ctx))
        return ctx.args

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the command's own options first."""
        records: dict[str, list[tuple[str, str]]] = {"Options": [], "Global options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                records["Global options" if isinstance(param, GlobalOption) else "Options"].append(record)
        for title, rows in records.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


class OperationCommand(OwnCommand):
    """Makes a request struct from the options, sends it, and prints the answer."""

    def __init__(self, name: str) -> None:
        """Define the options from the struct's members."""
        self.request = request_of(name)
        self.members = self.request._members  # noqa: SLF001 - the command line reads structs as the converter does
        texts = member_texts(name)
        own = {member.name: "Prints one page, as --no-paginate does." for member in own_paging_members(self.request)}
        params = [
            option_for(member, " ".join(filter(None, (texts.get(member.name), own.get(member.name)))))
            for member in self.members
        ]
        params += [
            click.Option(
                ["--cli-input-json", _INPUT],
                metavar="JSON|@FILE|-",
                help="The whole request as JSON by wire names; options come before what it says.",
            ),
            click.Option(["--generate-cli-skeleton", _SKELETON], is_flag=True, help="Print such JSON to fill in."),
        ]
        if self.request.operation.pages is not None:
            params += paging_options(self.request)
        if name in KEEPS:
            params += keeping_options(name)
        if name in BEGINS:
            params.append(wait_option(name))
        kind = "Signed with AWS credentials." if self.request.operation.signed else "Needs no AWS credentials."
        super().__init__(name, params=params, help="\n\n".join((summary(name), f"{kind} {link(name)}")))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Accept `--option a b` for `--option a --option b`, as the AWS CLI does."""
        repeated = {spelled for param in self.params if param.multiple for spelled in param.opts}
        return super().parse_args(ctx, _spread(args, repeated))

    def invoke(self, ctx: click.Context) -> None:
        """Call the operation."""
        settings, params = settings_of(ctx), ctx.params
        if params[_SKELETON]:
            out(as_json(skeleton(self.request)))
            return
        query_of(settings)
        if params.get(KEEP_OTHERS):
            self._keep_others(settings, params)
            return
        request, window = self.make_request(settings, params)
        with settings.client() as client:
            if window is not None:
                print_pages(settings, client, request, window)
            else:
                self._send(settings, client, request, params)

    def _keep_others(self, settings: Settings, params: dict[str, Any]) -> None:
        arguments = self._arguments(settings, params)
        with settings.client() as client:
            description = description_of(settings, client, str(self.name), arguments)
            request, lines = self._checked(lambda: changed(str(self.name), description, arguments))
            settings.secrets |= {text for _, text in secrets_in(request)}
            self._warn(request, arguments)
            if is_wanted(lines, yes=params[YES]):
                self._send(settings, client, request, params)

    def _send(self, settings: Settings, client: Client, request: Request[Any], params: dict[str, Any]) -> None:
        response: Any = client.send(request)
        error = None
        if params.get(_WAIT) is not None:
            response, error = waited(settings, client, str(self.name), request, response, params[_WAIT])

        data = {} if response is None else plain(response, show_secrets=bool(settings.show_secrets))
        if data:
            print_data(settings, query_of(settings)(data))
        if error is not None:
            raise error

    def make_request(self, settings: Settings, params: dict[str, Any]) -> tuple[Request[Any], Window | None]:
        """Return the request struct, and for a list the part that is wanted; None is the page of this request.

        Raises:
            InputError: the options don't fit the struct.
        """
        arguments = self._arguments(settings, params)
        window = window_of(self.request, params, arguments)
        if window is not None:
            arguments |= first_page(self.request, window)
        ask_for_missing(settings, self.members, arguments)
        request = self._checked(lambda: self.request(**arguments))
        settings.secrets |= {text for _, text in secrets_in(request)}
        self._warn(request, arguments)
        return request, window

    def _warn(self, request: Request[Any], arguments: dict[str, Any]) -> None:
        """Say on standard error which enum values look misspelt. They are sent, since the service may be newer."""
        for slip in value_slips(request):
            # What a description says and no option changes is nobody's slip.
            if _outermost(slip.path) in arguments:
                err(one_line(f"Warning: {self._option_of(slip.member, slip.path)}: {slip.problem}"))

    def _checked(self, make: Callable[[], Made]) -> Made:
        """Make something of the options; say which of them have faults."""
        try:
            return make()
        except RequestValidationError as error:
            problems = [f"{self._option_of(fault.member, fault.path)}: {fault.problem}" for fault in error.faults]
        raise InputError("\n".join(problems))

    def _arguments(self, settings: Settings, params: dict[str, Any]) -> dict[str, Any]:
        arguments = self._from_json(settings, params[_INPUT]) if params[_INPUT] is not None else {}
        return arguments | members_of(settings, self.members, params)

    def _option_of(self, member: str, path: str) -> str:
        """Return the option of a fault, and the place in it."""
        names = {m.label: option_name(m) for m in self.members}
        outermost = next((m for m in self.members if m.name == _outermost(path)), None)
        if outermost is None or (member in names and path == outermost.name):
            return names.get(member, member)
        return f"{option_name(outermost)} ({member}, at {path})"

    def _from_json(self, settings: Settings, text: str) -> dict[str, Any]:
        option = "--cli-input-json"
        argument = settings.inputs.read(option, text)
        arguments = members_from_json(self.request, read_json(argument.text(option), option), option)
        if argument.typed:
            for member in self.members:
                for path, _ in secrets_of(member, arguments.get(member.name)):
                    check_typed(settings, f"{option} {path}", is_secret=True)
        return arguments


def _outermost(path: str) -> str:
    """Return the request's member that a path begins with."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _spread(args: list[str], repeated: set[str]) -> list[str]:
    spread: list[str] = []
    option = None
    fresh = False
    for arg in args:
        if fresh:
            fresh = False
        elif option is not None and (arg == "-" or not arg.startswith("-")):
            spread.append(option)
        else:
            option = arg if arg in repeated else None
            fresh = option is not None
        spread.append(arg)
    return spread
