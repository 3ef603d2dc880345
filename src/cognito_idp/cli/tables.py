"""`--output table`: tables for people, with tables in their cells for what has parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import one_line
from .streams import console

if TYPE_CHECKING:
    from .settings import Settings


def print_table(settings: Settings, data: Any, title: str | None = None) -> None:
    """Print a table with a row for each item of a list or each member of an object."""
    if isinstance(data, dict) and len(data) == 1:
        ((only, inner),) = data.items()
        if isinstance(inner, list | dict):
            title, data = only, inner
    from rich.text import Text

    table = _table(data)
    # As Text, so that markup in somebody's name is not interpreted.
    table.title, table.title_justify = title and Text(one_line(title)), "left"
    console(settings).print(table)


def _table(data: Any, **look: Any) -> Any:
    from rich.table import Table
    from rich.text import Text

    if isinstance(data, dict):
        columns = ["Member", "Value"]
        rows = [[_cell(name), _cell(value)] for name, value in data.items()]
    elif isinstance(data, list) and any(isinstance(item, dict) for item in data):
        columns = list(dict.fromkeys(name for item in data if isinstance(item, dict) for name in item))
        rows = [
            [_cell(item.get(name, "")) for name in columns] if isinstance(item, dict) else [_cell(item)]
            for item in data
        ]
    else:
        columns = ["Value"]
        rows = [[_cell(item)] for item in (data if isinstance(data, list) else [data])]
    table = Table(**look)
    for column in columns:
        table.add_column(Text(one_line(column)), overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _cell(value: Any) -> Any:
    """Return what stands in a cell: a text, lines for a list of plain values, or a table without a frame."""
    from rich.text import Text

    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return Text("\n".join(one_line(str(item)) for item in value))
    if isinstance(value, dict | list):
        return _table(value, box=None, pad_edge=False, show_header=isinstance(value, list)) if value else Text("")
    return Text(one_line(str(value)))
