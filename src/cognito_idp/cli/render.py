"""Printing of answers: JSON or YAML with wire names, text for other programs, or a table for people."""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from .._errors import one_line
from .._structs.shapes import MapOf
from .._structs.struct import Struct
from .secrets import HIDDEN, is_secret, is_secret_entry
from .streams import can_encode, err, out
from .tables import print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._structs.struct import MemberInfo
    from .settings import Settings

# Terminals act on control and direction characters; JSON can escape them.
_NOT_PLAIN: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_YAML_WIDTH: Final = 100
# The library that an output format needs.
_LIBRARIES: Final = {"table": "rich", "yaml": "yaml"}
_NOTE: Final = "Secrets are printed as ***; --show-secrets prints them."


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


def check_output(settings: Settings) -> None:
    """Raise `ModuleNotFoundError` if the library for the chosen output format is not installed."""
    if settings.output in _LIBRARIES:
        import_module(_LIBRARIES[settings.output])


def print_data(settings: Settings, data: Any) -> None:
    """Print JSON data in the chosen output format."""
    match settings.output or "json":
        case "json":
            out(as_json(data))
        case "jsonl":
            for item in data if isinstance(data, list) else [data]:
                out(as_json(item, indent=None))
        case "yaml":
            out(as_yaml(data))
        case "text":
            for row in text_rows(data):
                out(row)
        case "table":
            print_table(settings, data)
    if has_hidden(data):
        note_hidden()


def note_hidden() -> None:
    """Note on standard error that secrets are hidden."""
    err(_NOTE)


def as_json(data: Any, indent: int | None = 4) -> str:
    """Return JSON without any character that a terminal acts on or that standard output's encoding lacks."""
    text = json.dumps(data, indent=indent, ensure_ascii=False, default=str)
    if not can_encode(text):
        text = json.dumps(data, indent=indent, default=str)
    return _NOT_PLAIN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def as_yaml(data: Any) -> str:
    """Return YAML without any character that a terminal acts on or that standard output's encoding lacks.

    Raises:
        ModuleNotFoundError: PyYAML is not installed.
    """
    yaml: Any = import_module("yaml")

    def dumped(*, as_it_is: bool) -> str:
        text: str = yaml.safe_dump(data, allow_unicode=as_it_is, sort_keys=False, width=_YAML_WIDTH)
        # PyYAML ends what is no list or map with a line that only a stream of documents needs.
        return text.removesuffix("\n...\n").removesuffix("\n")

    text = dumped(as_it_is=True)
    return dumped(as_it_is=False) if _NOT_PLAIN.search(text) or not can_encode(text) else text


def text_rows(data: Any, name: str | None = None, columns: list[str] | None = None) -> Iterator[str]:
    """Yield the lines of `--output text`, with tabs between the cells, as the AWS CLI lays them out.

    A list has a line for each item. A map is a line with its plain values, sorted by name, and further lines for the
    lists and maps in it, which begin with their `name` in capitals. `columns` are the names that a line has a cell for.

    Source: AWS CLI user guide, "Text output format".
    """
    head = [] if name is None else [name.upper()]
    match data:
        case dict():
            plain_names = columns or sorted(key for key, value in data.items() if not is_compound(value))
            if plain_names:
                yield _line([*head, *(data.get(key, "") for key in plain_names)])
            for key in sorted(data.keys() - set(plain_names)):
                yield from text_rows(data[key], key)
        case list() if any(map(is_compound, data)):
            shared = columns_of(data)
            for item in data:
                yield from text_rows(item, name, shared or None)
        case list() if name is not None:
            for item in data:
                yield _line([*head, item])
        case list():
            yield from [_line(data)] if data else []
        case _:
            yield _line([*head, data])


def columns_of(items: list[Any]) -> list[str]:
    """Return the names of all plain values in the maps of a list, sorted."""
    maps = [item for item in items if isinstance(item, dict)]
    return sorted({key for item in maps for key, value in item.items() if not is_compound(value)})


def is_compound(value: Any) -> bool:
    """Return whether JSON data has parts."""
    return isinstance(value, dict | list)


def _line(values: list[Any]) -> str:
    return "\t".join(map(_cell, values))


def _cell(value: Any) -> str:
    """Return a value as one cell: absent values as `None`, as in the AWS CLI."""
    text = as_json(value, indent=None) if is_compound(value) else str(value)
    # Another program may want the text unchanged; a terminal would act on its control characters.
    return one_line(text) if sys.stdout.isatty() else text
