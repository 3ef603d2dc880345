"""Standard output and standard error: any encoding, a closed pipe, and when a bar may be drawn."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


class PipeClosedError(Exception):
    """The reader of an output, such as `head`, has closed it."""


# A table in a file or a pipe needn't fit a screen.
_WIDTH_IN_FILES = 240


def survive_any_encoding() -> None:
    """Have characters that an output's encoding lacks written as backslash escapes, instead of failing on them."""
    for stream in (sys.stdout, sys.stderr):
        # A notebook's streams can't be set, and take any text.
        configure: Any = getattr(stream, "reconfigure", None)
        if configure is not None and stream.errors == "strict":
            configure(errors="backslashreplace")


def out(text: str, *, nl: bool = True) -> None:
    """Write a text to standard output."""
    # Without a file, click would write UTF-8 where the encoding is ASCII; without a color, it would change the text.
    click.echo(text, file=sys.stdout, nl=nl, color=True)


def err(text: str, *, nl: bool = True) -> None:
    """Write a text to standard error."""
    click.echo(text, file=sys.stderr, nl=nl)


def can_encode(text: str) -> bool:
    """Return whether standard output has all characters of a text."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def encodable(text: str) -> str:
    """Return a text with backslash escapes for the characters that standard output's encoding lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def notices_closed_pipe() -> Iterator[None]:
    """Raise `PipeClosedError` for a closed pipe: click would end the process with exit code 1.

    A connection that breaks is not one: it has an error of its own.
    """
    try:
        yield
    except BrokenPipeError:
        raise PipeClosedError from None


def drop_rest() -> None:
    """Send what closed pipes didn't take nowhere, so that the interpreter doesn't fail on it at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def console(*, no_color: bool | None, stderr: bool = False) -> Any:
    """Return a rich console for standard output or standard error."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            raise PipeClosedError

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _WIDTH_IN_FILES
    return Screen(file=stream, no_color=no_color, highlight=False, width=width)


def shows_bars() -> bool:
    """Return whether standard error is a terminal to draw on: not if a pager behind a pipe may draw there as well."""
    return sys.stderr.isatty() and not _is_pipe(sys.stdout)


def _is_pipe(stream: IO[str]) -> bool:
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
