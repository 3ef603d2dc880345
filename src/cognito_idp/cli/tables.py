"""`--output table`: tables for people, with tables in their cells for what has parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import one_line
from .streams import console, encodable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .settings import Settings


def print_table(settings: Settings, data: Any, title: str | None = None) -> None:
    """Print a table with a row for each item of a list or each member of an object."""
    if isinstance(data, dict) and len(data) == 1:
        ((only, inner),) = data.items()
        if isinstance(inner, list | dict):
            title, data = only, inner
    print_titled(console(no_color=settings.no_color), title, _table(data))


def print_titled(screen: Any, title: str | None, table: Any) -> None:
    """Print a table below its title. As a part of the table the title would be padded with blanks to its width."""
    if title:
        screen.print(text_of(title, "table.title"))
    screen.print(table)


def text_of(value: str, style: str = "") -> Any:
    """Return a text for a cell, in one line, as it will be written: its width counts, so escapes must stand in it."""
    from rich.text import Text

    # As Text, so that markup in somebody's name is not interpreted.
    return Text(encodable(one_line(value)), style=style)


def _table(data: Any, **look: Any) -> Any:
    from rich.table import Table

    if isinstance(data, dict):
        columns = ["Member", "Value"]
        rows = [[_cell(name), _cell(value)] for name, value in data.items()]
    elif isinstance(data, list) and any(isinstance(item, dict) for item in data):
        columns = list(dict.fromkeys(name for item in data if isinstance(item, dict) for name in item))
        rows = [
            [_cell(item.get(name, "")) for name in columns] if isinstance(item, dict) else [_cell(item)]
            for item in data
        ]
    elif isinstance(data, list) and any(isinstance(item, list) for item in data):
        # A query's `Users[].[Username, UserStatus]` is a list of rows, whose cells it has not named.
        rows = [[_cell(value) for value in item] if isinstance(item, list) else [_cell(item)] for item in data]
        columns = [""] * max(map(len, rows))
        look["show_header"] = False
    else:
        columns = ["Value"]
        rows = [[_cell(item)] for item in (data if isinstance(data, list) else [data])]
    table = Table(**look)
    for column in columns:
        table.add_column(text_of(column), overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _cell(value: Any) -> Any:
    """Return what stands in a cell: a text, lines for a list of plain values, or a table without a frame."""
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return _lines(map(str, value))
    if isinstance(value, dict | list):
        return _table(value, box=None, pad_edge=False, show_header=isinstance(value, list)) if value else text_of("")
    return text_of(str(value))


def _lines(texts: Iterable[str]) -> Any:
    from rich.text import Text

    return Text("\n").join(map(text_of, texts))
