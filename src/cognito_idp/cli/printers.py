"""What prints a list page by page, in each output format, and the bar that counts meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final

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


class Printer:
    """Prints the items of a list, a page at a time.

    `name` is the list's member, or None for what a query found; `columns` are the plain members of an item.
    """

    def __init__(self, settings: Settings, name: str | None, columns: list[str]) -> None:
        self.settings = settings
        self.name = name
        self.columns = columns
        self.has_begun = False

    def page(self, items: list[Any]) -> None:
        """Print the items of a page."""
        raise NotImplementedError

    def end(self, token: str | None) -> bool:  # noqa: ARG002 - for those that show it
        """End the output; return whether it shows the token for the items after these."""
        return False


class _Json(Printer):
    """Writes an object with one array, or just the array, item by item."""

    def page(self, items: list[Any]) -> None:
        margin = "    " if self.name is None else "        "
        for item in items:
            out(("," if self.has_begun else self._head()) + "\n" + indent(as_json(item), margin), nl=False)
            self.has_begun = True

    def end(self, token: str | None) -> bool:
        text = ("\n" if self.name is None else "\n    ") if self.has_begun else self._head()
        text += "]"
        if self.name is not None:
            text += "\n}" if token is None else f',\n    "{TOKEN}": {as_json(token)}\n}}'
        out(text)
        return self.name is not None

    def _head(self) -> str:
        return "[" if self.name is None else f'{{\n    "{self.name}": ['


class _Yaml(Printer):
    """Writes a map with one list, or just the list, item by item."""

    def page(self, items: list[Any]) -> None:
        for item in items:
            if not self.has_begun and self.name is not None:
                out(f"{self.name}:")
            out(as_yaml([item]))
            self.has_begun = True

    def end(self, token: str | None) -> bool:
        if not self.has_begun:
            out(as_yaml([] if self.name is None else {self.name: []}))
        if self.name is not None and token is not None:
            out(as_yaml({TOKEN: token}))
        return self.name is not None


class _Lines(Printer):
    """Writes a line of JSON for each item."""

    def page(self, items: list[Any]) -> None:
        for item in items:
            out(as_json(item, indent=None))


class _Text(Printer):
    """Writes the lines of each item."""

    def page(self, items: list[Any]) -> None:
        columns = columns_of(items) if self.name is None else self.columns
        for item in items:
            for line in text_rows(item, self.name, columns or None):
                out(line)

    def end(self, token: str | None) -> bool:
        if self.name is not None and token is not None:
            out(f"{TOKEN.upper()}\t{token}")
        return self.name is not None


class _Tables(Printer):
    """Writes one table per page, since the columns of a single table would only be known after the last page."""

    def page(self, items: list[Any]) -> None:
        if items:
            print_table(self.settings, items, self.name)


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
        console=console(no_color=settings.no_color, stderr=True),
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
