"""What prints a list page by page, in each output format, and the bar that counts meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final, Protocol

from .._structs.shapes import Document, ListOf, MapOf, Nested
from .render import as_json, as_yaml, columns_of, text_rows
from .streams import console, out, shows_bars
from .tables import print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .._structs.shapes import Shape
    from .settings import Settings

# What the AWS CLI calls the token that it makes, whatever the operation calls its own.
TOKEN: Final = "NextToken"  # noqa: S105 - a name


class Printer(Protocol):
    """Prints the items of a list, a page at a time."""

    def __init__(self, settings: Settings, name: str | None, columns: list[str]) -> None:
        """Begin; `name` is the list's member, or None for what a query found, `columns` are an item's plain members."""

    def page(self, items: list[Any]) -> None:
        """Print the items of a page."""

    def end(self, token: str | None) -> bool:
        """End the output; return whether it shows the token for the items after these."""


class _Json:
    """Writes an object with one array, or just the array, item by item."""

    def __init__(self, _: Settings, name: str | None, __: list[str]) -> None:
        self._is_object = name is not None
        self._head, self._margin = ("[", "    ") if name is None else (f'{{\n    "{name}": [', "        ")
        self._begun = False

    def page(self, items: list[Any]) -> None:
        for item in items:
            out(("," if self._begun else self._head) + "\n" + indent(as_json(item), self._margin), nl=False)
            self._begun = True

    def end(self, token: str | None) -> bool:
        text = f"\n{self._margin[4:]}]" if self._begun else f"{self._head}]"
        if self._is_object:
            text += "\n}" if token is None else f',\n    "{TOKEN}": {as_json(token)}\n}}'
        out(text)
        return self._is_object


class _Yaml:
    """Writes a map with one list, or just the list, item by item."""

    def __init__(self, _: Settings, name: str | None, __: list[str]) -> None:
        self._name = name
        self._begun = False

    def page(self, items: list[Any]) -> None:
        for item in items:
            if not self._begun and self._name is not None:
                out(f"{self._name}:")
            out(as_yaml([item]))
            self._begun = True

    def end(self, token: str | None) -> bool:
        if not self._begun:
            out(as_yaml([] if self._name is None else {self._name: []}))
        if self._name is not None and token is not None:
            out(as_yaml({TOKEN: token}))
        return self._name is not None


class _Lines:
    """Writes a line of JSON for each item."""

    def __init__(self, _: Settings, __: str | None, ___: list[str]) -> None:
        pass

    def page(self, items: list[Any]) -> None:
        for item in items:
            out(as_json(item, indent=None))

    def end(self, _: str | None) -> bool:
        return False


class _Text:
    """Writes the lines of each item."""

    def __init__(self, _: Settings, name: str | None, columns: list[str]) -> None:
        self._name = name
        self._columns = columns

    def page(self, items: list[Any]) -> None:
        columns = columns_of(items) if self._name is None else self._columns
        for item in items:
            for line in text_rows(item, self._name, columns or None):
                out(line)

    def end(self, token: str | None) -> bool:
        if self._name is not None and token is not None:
            out(f"{TOKEN.upper()}\t{token}")
        return self._name is not None


class _Tables:
    """Writes one table per page, since the columns of a single table would only be known after the last page."""

    def __init__(self, settings: Settings, name: str | None, _: list[str]) -> None:
        self._settings = settings
        self._name = name

    def page(self, items: list[Any]) -> None:
        if items:
            print_table(self._settings, items, self._name)

    def end(self, _: str | None) -> bool:
        return False


PRINTERS: Final[Mapping[str, type[Printer]]] = {
    "json": _Json,
    "jsonl": _Lines,
    "yaml": _Yaml,
    "text": _Text,
    "table": _Tables,
}


def plain_members(items: Shape) -> list[str]:
    """Return the wire names of the members without parts, sorted, of a list's items."""
    if not isinstance(items, ListOf) or not isinstance(items.item, Nested):
        return []
    members = items.item.struct._members  # noqa: SLF001 - as the converter does
    return sorted(m.wire_name for m in members if not isinstance(m.shape, ListOf | MapOf | Nested | Document))


@contextmanager
def progress(settings: Settings) -> Iterator[Callable[[Callable[[], None], int, int], None]]:
    """Yield a function that prints a page and, at a terminal, counts it on a bar."""
    if not shows_bars():
        yield lambda show, _, __: show()
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        BarColumn(),
        TextColumn("{task.fields[pages]:,} pages, {task.completed:,} items"),
        TimeElapsedColumn(),
        console=console(settings, stderr=True),
        transient=True,
        auto_refresh=False,
    )
    task = bar.add_task("", total=None, pages=0)

    def step(show: Callable[[], None], pages: int, items: int) -> None:
        # Both may go to the same screen, so the bar is hidden while the page is printed.
        bar.stop()
        show()
        bar.start()
        bar.update(task, completed=items, pages=pages, refresh=True)

    with bar:
        bar.refresh()
        yield step
