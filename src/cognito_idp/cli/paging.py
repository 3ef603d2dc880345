"""`--all`: print every page of a list operation as it comes, with one page in memory at a time."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from textwrap import indent
from typing import TYPE_CHECKING, Any

import click

from .render import as_json, has_hidden, note_hidden, plain, print_table, query_of, text_rows
from .settings import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .._structs.struct import Request
    from ..client import Client
    from .settings import Settings


def print_all(settings: Settings, client: Client, request: Request[Any]) -> None:
    """Print the items of all pages.

    As JSON, this is the operation's answer with the complete list and no page token. With `--query`, which applies to
    each page, it is an array of the results from all pages.
    """
    pages = request.operation.pages
    name = next(
        member.wire_name
        for member in request.operation.response_type._members  # noqa: SLF001 - as the converter does
        if pages is not None and member.name == pages.result
    )
    search = query_of(settings)
    printer = _PRINTERS[settings.output or "json"](settings, None if settings.query is not None else name)
    hidden = False
    number = count = 0
    with _progress(settings) as step:
        for page in client.paginate(request):
            data = plain(page, show_secrets=bool(settings.show_secrets))
            selected = data.get(name) or [] if settings.query is None else search(data)
            items = [] if selected is None else selected if isinstance(selected, list) else [selected]
            number += 1
            count += len(items)
            hidden = hidden or has_hidden(items)
            step(partial(printer.page, items), number, count)
        printer.end()
    if hidden:
        note_hidden()


class _JsonPrinter:
    """Writes an object with one array, or just the array, item by item."""

    def __init__(self, _: Settings, name: str | None) -> None:
        self._head, self._tail, self._margin = ("[", "]", "    ")
        if name is not None:
            self._head, self._tail, self._margin = (f'{{\n    "{name}": [', "    ]\n}", "        ")
        self._begun = False

    def page(self, items: list[Any]) -> None:
        for item in items:
            click.echo(("," if self._begun else self._head) + "\n" + indent(as_json(item), self._margin), nl=False)
            self._begun = True

    def end(self) -> None:
        click.echo(f"\n{self._tail}" if self._begun else self._head + self._tail.lstrip(" "))


class _LinePrinter:
    """Writes one line per item."""

    def __init__(self, settings: Settings, _: str | None) -> None:
        self._is_text = settings.output == "text"

    def page(self, items: list[Any]) -> None:
        for item in items:
            for line in text_rows(item) if self._is_text else [as_json(item, indent=None)]:
                click.echo(line)

    def end(self) -> None:
        pass


class _TablePrinter:
    """Writes one table per page, since the columns of a single table would only be known after the last page."""

    def __init__(self, settings: Settings, name: str | None) -> None:
        self._settings = settings
        self._name = name

    def page(self, items: list[Any]) -> None:
        if items:
            print_table(self._settings, items, self._name)

    def end(self) -> None:
        pass


_PRINTERS: dict[str, Callable[[Settings, str | None], Any]] = {
    "json": _JsonPrinter,
    "jsonl": _LinePrinter,
    "text": _LinePrinter,
    "table": _TablePrinter,
}


@contextmanager
def _progress(settings: Settings) -> Iterator[Callable[[Callable[[], None], int, int], None]]:
    """Yield a function that prints a page and, if standard error is a terminal, counts it on a progress bar."""
    if not sys.stderr.isatty():
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
