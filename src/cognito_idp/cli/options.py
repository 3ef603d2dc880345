"""From struct members to options, and from the options' values back to members."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from .._structs.shapes import Blob, Boolean, Choice, Document, Integer, ListOf, MapOf, Nested, Timestamp
from . import inputs
from .failures import InputError
from .secrets import is_secret, is_secret_entry, secrets_of
from .values import from_json, parse, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._structs.shapes import Shape
    from .._structs.struct import MemberInfo
    from .settings import Settings

# The AWS CLI splits this word.
_OAUTH: Final = "oauth"
# `A=1,B=2` means two entries in the AWS CLI; here it could be one entry whose value has a comma.
_SEVERAL_ENTRIES: Final = re.compile(r"[^=]*=[^=]*,\s*[A-Za-z_][\w:.-]*=", re.DOTALL)


if TYPE_CHECKING:
    _ParamType = click.ParamType[Any, Any]
else:
    # Only newer versions of click accept type arguments here.
    _ParamType = click.ParamType


def option_name(member: MemberInfo) -> str:
    """Return the option name of a member, such as `--user-pool-id`."""
    return "--" + member.name.strip("_").replace("_", "-")


def is_repeated(member: MemberInfo) -> bool:
    """Return whether the option may be repeated."""
    return isinstance(member.shape, ListOf | MapOf)


def is_secret_option(member: MemberInfo) -> bool:
    """Return whether the option's whole value is a secret."""
    return is_secret(member) and not isinstance(member.shape, Nested | Document)


class MemberType(_ParamType):
    """The type of an option. It keeps the text, which is read once all options are known."""

    def __init__(self, shape: Shape, *, secret: bool) -> None:
        self.shape = shape
        self.name = _metavar(shape, secret=secret)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002
        """Keep the text."""
        return value

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return the placeholder after the option in the help."""
        return self.name

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Complete enum values, and files after an `@`."""
        if incomplete.startswith("@"):
            return [CompletionItem(incomplete, type="file")]
        return [CompletionItem(value) for value in choices(self.shape) if value.startswith(incomplete)]


def choices(shape: Shape) -> list[str]:
    """Return the values that the model lists for a shape, if any."""
    if isinstance(shape, ListOf):
        return choices(shape.item)
    return list(map(str, shape.enum)) if isinstance(shape, Choice) else []


def _metavar(shape: Shape, *, secret: bool) -> str:
    if secret:
        return "-|@FILE"
    match shape:
        case ListOf():
            return f"{_metavar(shape.item, secret=False).removesuffix('...')}..."
        case MapOf():
            return "KEY=VALUE..."
        case Nested():
            return "JSON|NAME=VALUE,..."
        case Document():
            return "JSON"
    names: dict[type, str] = {Integer: "NUMBER", Blob: "@FILE|BASE64", Timestamp: "TIME", Choice: "VALUE"}
    return names.get(type(shape), "TEXT")


def option_for(member: MemberInfo, text: str) -> click.Option:
    """Return the option of a member; `text` describes it."""
    name = option_name(member)
    spelled = [name]
    if _OAUTH in name:
        spelled.append(name.replace(_OAUTH, "o-auth"))
    if isinstance(member.shape, Boolean):
        flags = [f"{one}/--no-{one[2:]}" for one in spelled]
        return click.Option([member.name, *flags], default=None, help=text)
    secret = is_secret_option(member)
    return click.Option(
        [member.name, *spelled],
        type=MemberType(member.shape, secret=secret),
        multiple=is_repeated(member),
        default=None,
        help=" ".join(filter(None, (text, _more_help(member, secret=secret)))),
    )


def _more_help(member: MemberInfo, *, secret: bool) -> str:
    parts = []
    if secret:
        parts.append("A secret: - asks or reads standard input, @FILE reads a file.")
    known = choices(member.shape)
    if known:
        parts.append(f"One of {', '.join(known)}, or a newer value.")
    shape = member.shape.item if isinstance(member.shape, ListOf) else member.shape
    if isinstance(shape, Nested):
        names = (
            f"{inner.wire_name}{'' if inner.required else '?'}"
            for inner in shape.struct._members  # noqa: SLF001 - as the converter does
        )
        parts.append(f"Members: {', '.join(names)}.")
    return " ".join(parts)


def members_of(settings: Settings, members: tuple[MemberInfo, ...], params: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a struct that the options set.

    Raises:
        InputError: a value doesn't fit, or is a secret on the command line.
    """
    return {
        member.name: _value(settings, member, value)
        for member in members
        if (value := params.get(member.name)) is not None and value != ()
    }


def missing_options(names: Iterable[str], context: click.Context | None = None) -> InputError:
    """Return the error for options that are required and missing, worded as the AWS CLI does."""
    return InputError(f"the following options are required: {', '.join(names)}", context)


def ask_for_missing(settings: Settings, members: tuple[MemberInfo, ...], arguments: dict[str, Any]) -> None:
    """Prompt at a terminal for required secrets that are missing.

    Raises:
        InputError: other required members are missing, or nobody can be asked.
    """
    missing = [member for member in members if member.required and member.name not in arguments]
    if any(not is_secret_option(member) for member in missing) or (missing and not inputs.is_terminal()):
        raise missing_options(map(option_name, missing))
    for member in missing:
        argument = settings.inputs.ask(option_name(member))
        arguments[member.name] = parse(member.shape, argument, option_name(member))


def _value(settings: Settings, member: MemberInfo, value: Any) -> Any:
    shape = member.shape
    if isinstance(shape, Boolean):
        return value
    if isinstance(shape, MapOf):
        entries: dict[str, Any] = {}
        for text in value:
            entries |= _entries(settings, member, text)
        return entries
    if not isinstance(shape, ListOf):
        return _single(settings, member, shape, value)
    items: list[Any] = []
    for text in value:
        items += _single(settings, member, shape, text)
    return items


def _single(settings: Settings, member: MemberInfo, shape: Shape, text: str) -> Any:
    option = option_name(member)
    argument = settings.inputs.read(option, text, secret=is_secret_option(member))
    if argument.typed and is_secret_option(member):
        settings.secrets.add(text)
        check_typed(settings, option, is_secret=True)
    if isinstance(shape, ListOf):
        written = argument.text(option)
        is_array = written.lstrip().startswith("[")
        value = (
            from_json(shape, read_json(written, option), option) if is_array else [parse(shape.item, argument, option)]
        )
    else:
        value = parse(shape, argument, option)
    if argument.typed:
        check_typed(settings, option, is_secret=any(True for _ in secrets_of(member, value)))
    return value


def _entries(settings: Settings, member: MemberInfo, text: str) -> dict[str, Any]:
    """Return the entries from one use of a map's option: one for KEY=VALUE, or all those of a JSON object."""
    option, shape = option_name(member), member.shape
    assert isinstance(shape, MapOf)  # noqa: S101 - the caller checked
    key, equals, value = text.partition("=")
    if text == "-" or text.startswith(("{", "@", "file://")):
        argument = settings.inputs.read(option, text)
        entries: dict[str, Any] = from_json(shape, read_json(argument.text(option), option), option)
        if argument.typed:
            check_typed(settings, option, is_secret=any(is_secret_entry(member, name) for name in entries))
        return entries
    if not equals or not key:
        msg = f"{option}: use KEY=VALUE, once per entry, or a JSON object"
        raise InputError(msg)
    label = f"{option} {key}"
    secret = is_secret_entry(member, key)
    argument = settings.inputs.read(label, value, secret=secret)
    if argument.typed:
        settings.secrets |= {value} if secret else set()
        check_typed(settings, label, is_secret=secret)
        if _SEVERAL_ENTRIES.match(text):
            msg = f"{option}: this looks like several entries in one; repeat the option for each, or use a JSON object"
            raise InputError(msg)
    return {key: parse(shape.value, argument, label)}


def secret_text(settings: Settings, option: str, text: str | None) -> str | None:
    """Return a secret that an option gives, which no output shows from then on; None if it was not given.

    Raises:
        InputError: it is on the command line, and not allowed there.
    """
    if text is None:
        return None
    argument = settings.inputs.read(option, text, secret=True)
    if argument.typed:
        settings.secrets.add(text)
        check_typed(settings, option, is_secret=True)
    secret = argument.text(option)
    settings.secrets.add(secret)
    return secret


def check_typed(settings: Settings, option: str, *, is_secret: bool) -> None:
    """Refuse a secret on the command line.

    Raises:
        InputError: there is a secret, and it is not allowed there.
    """
    if is_secret and not settings.allow_secrets_on_command_line:
        msg = (
            f"{option}: secrets are not accepted on the command line, where others and the shell's history see them; "
            "use @FILE, or - to type or pipe it in, or allow it with --allow-secrets-on-command-line"
        )
        raise InputError(msg)
