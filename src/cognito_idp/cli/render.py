"""Printing of answers: JSON with wire names, text for other programs, or a table for people."""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from .._errors import one_line
from .._structs.shapes import MapOf
from .._structs.struct import Struct
from .failures import InputError
from .secrets import HIDDEN, is_secret, is_secret_entry
from .settings import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .._structs.struct import MemberInfo
    from .settings import Settings

# Terminals act on control and direction characters; JSON can escape them.
_NOT_PLAIN: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NOTE = "Secrets are printed as ***; --show-secrets prints them."


def plain(struct: Struct, *, show_secrets: bool) -> dict[str, Any]:
    """Return a struct as JSON data by wire names: times in ISO 8601, bytes in base64, secrets as `***`.

    A struct has no members that this version doesn't know, so no unknown secret can be printed.
    """
    members = ((member, getattr(struct, member.name)) for member in struct._members)  # noqa: SLF001
    return {
        member.wire_name: _plain_member(member, value, show_secrets=show_secrets)
        for member, value in members
        if value is not None
    }


def _plain_member(member: MemberInfo, value: Any, *, show_secrets: bool) -> Any:
    if show_secrets:
        return _plain(value, show_secrets=True)
    if is_secret(member):
        return HIDDEN
    if isinstance(value, dict) and type(member.shape) is MapOf:
        return {
            key: HIDDEN if is_secret_entry(member, key) else _plain(item, show_secrets=False)
            for key, item in value.items()
        }
    return _plain(value, show_secrets=False)


def _plain(value: Any, *, show_secrets: bool) -> Any:  # noqa: PLR0911 - one for each kind
    match value:
        case Struct():
            return plain(value, show_secrets=show_secrets)
        case str():
            return str(value)
        case bytes():
            return b64encode(value).decode("ascii")
        case datetime():
            return value.isoformat()
        case dict():
            return {key: _plain(item, show_secrets=show_secrets) for key, item in value.items()}
        case tuple() | list():
            return [_plain(item, show_secrets=show_secrets) for item in value]
    return value


def has_hidden(data: Any) -> bool:
    """Return whether JSON data contains a `***`."""
    if isinstance(data, dict):
        return any(map(has_hidden, data.values()))
    if isinstance(data, list):
        return any(map(has_hidden, data))
    return bool(data == HIDDEN)


def query_of(settings: Settings) -> Callable[[Any], Any]:
    """Return the function that applies `--query` to an answer.

    Raises:
        InputError: the query is not valid JMESPath.
    """
    text = settings.query
    if text is None:
        return lambda data: data
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(text)
    except JMESPathError as error:
        msg = f"--query is not JMESPath: {error}"
        raise InputError(msg) from None

    def search(data: Any) -> Any:
        try:
            return compiled.search(data)
        except JMESPathError as error:
            msg = f"--query can't be answered: {error}"
            raise InputError(msg) from None

    return search


def print_data(settings: Settings, data: Any) -> None:
    """Print JSON data in the chosen output format."""
    match settings.output or "json":
        case "json":
            click.echo(as_json(data))
        case "jsonl":
            for item in data if isinstance(data, list) else [data]:
                click.echo(as_json(item, indent=None))
        case "text":
            for row in text_rows(data):
                click.echo(row)
        case "table":
            print_table(settings, data)
    if has_hidden(data):
        note_hidden()


def note_hidden() -> None:
    """Note on standard error that secrets are hidden."""
    click.echo(_NOTE, err=True)


def as_json(data: Any, indent: int | None = 4) -> str:
    """Return JSON without any character that a terminal acts on."""
    text = json.dumps(data, indent=indent, ensure_ascii=False, default=str)
    return _NOT_PLAIN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def text_rows(data: Any) -> Iterable[str]:
    """Return the lines of `--output text`: one per row, with tabs between cells and members sorted by name."""
    if isinstance(data, list) and any(isinstance(item, dict | list) for item in data):
        return [_row(item) for item in data]
    return [_row(data)]


def _row(data: Any) -> str:
    if isinstance(data, dict):
        data = [data[name] for name in sorted(data)]
    return "\t".join(map(cell, data)) if isinstance(data, list) else cell(data)


def cell(value: Any) -> str:
    """Return a value as one cell: compound values as one line of JSON, absent values as `None`, as in the AWS CLI."""
    if isinstance(value, dict | list):
        return as_json(value, indent=None)
    text = str(value)
    # Another program may want the text unchanged; a terminal would act on its control characters.
    return one_line(text) if sys.stdout.isatty() else text


def print_table(settings: Settings, data: Any, title: str | None = None) -> None:
    """Print a table with a row for each item of a list or each member of an object."""
    if isinstance(data, dict) and len(data) == 1:
        ((only, inner),) = data.items()
        if isinstance(inner, list | dict):
            title, data = only, inner
    if isinstance(data, dict):
        columns = ["Member", "Value"]
        rows = [[_shown(name), _shown(value)] for name, value in data.items()]
    elif isinstance(data, list) and any(isinstance(item, dict) for item in data):
        columns = list(dict.fromkeys(name for item in data if isinstance(item, dict) for name in item))
        rows = [
            [_shown(item[name]) if name in item else "" for name in columns]
            if isinstance(item, dict)
            else [_shown(item)]
            for item in data
        ]
    else:
        columns = ["Value"]
        rows = [[_shown(item)] for item in (data if isinstance(data, list) else [data])]
    _print_rows(settings, title, columns, rows)


def _shown(value: Any) -> str:
    return one_line(as_json(value, indent=None) if isinstance(value, dict | list) else str(value))


def _print_rows(settings: Settings, title: str | None, columns: list[str], rows: list[list[str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title and Text(_shown(title)), title_justify="left")
    for column in columns:
        table.add_column(Text(_shown(column)), overflow="fold")
    for row in rows:
        # As Text, so that markup in somebody's name is not interpreted.
        table.add_row(*map(Text, row))
    console(settings).print(table)
