"""Sources of an option's text: the command line, a file (`@FILE`), standard input or a person (`-`)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import click

from .._errors import one_line
from .failures import InputError
from .streams import err

_FILE_PREFIXES = ("@", "fileb://", "file://")


class Given(NamedTuple):
    """The value of an option; `typed` says that it was on the command line, where others may see it."""

    data: str | bytes
    typed: bool

    def __repr__(self) -> str:
        """Hide the value, which may be a secret."""
        return f"Given(typed={self.typed})"

    def text(self, option: str) -> str:
        """Return the value as text, without the line end that editors and `echo` append.

        Raises:
            InputError: the value is not UTF-8.
        """
        if isinstance(self.data, str):
            return self.data
        try:
            text = self.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            msg = f"{option}: the value is not UTF-8 text"
            raise InputError(msg) from None
        return text.removesuffix("\n").removesuffix("\r")


class Inputs:
    """Reads the values of one command line; standard input can be read once."""

    def __init__(self) -> None:
        self._taken: str | None = None

    def read(self, option: str, text: str, *, secret: bool = False) -> Given:
        """Return the value that an option's text stands for.

        `-` is standard input, or a hidden prompt for a secret at a terminal. `@FILE` (or `file://FILE`) is a file.
        `@@` stands for a literal `@`.

        Raises:
            InputError: the file can't be read, or standard input has been read already.
        """
        if text == "-":
            return Given(self._standard_input(option, secret=secret), typed=False)
        if text.startswith("@@"):
            return Given(text[1:], typed=True)
        for prefix in _FILE_PREFIXES:
            if text.startswith(prefix):
                return Given(_file(option, text.removeprefix(prefix)), typed=False)
        return Given(text, typed=True)

    def ask(self, option: str) -> Given:
        """Prompt for a secret at the terminal, without echo."""
        return Given(ask_secret(option.removeprefix("--").replace("-", " ").capitalize()), typed=False)

    def _standard_input(self, option: str, *, secret: bool) -> str | bytes:
        if secret and is_terminal():
            return self.ask(option).data
        if self._taken is not None:
            msg = f"{option}: standard input was read for {self._taken} already; use @FILE for one of them"
            raise InputError(msg)
        self._taken = option
        return sys.stdin.buffer.read()


def _file(option: str, name: str) -> bytes:
    try:
        return Path(name).expanduser().read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        # The name is not shown: it may be a secret that starts with an @.
        msg = f"{option}: the file can't be read: {reason} (write @@ for a literal @)"
    raise InputError(msg)


def is_terminal() -> bool:
    """Return whether a person can be asked."""
    return sys.stdin.isatty()


def _check_terminal(what: str) -> None:
    if not is_terminal():
        msg = f"can't ask for {what}: standard input is not a terminal; run the command in a terminal, or use an option"
        raise InputError(msg)


def ask_secret(what: str, *, twice: bool = False) -> str:
    """Prompt for a text, without echo."""
    _check_terminal(what)
    answer: str = click.prompt(one_line(what), hide_input=True, confirmation_prompt=twice, err=True)
    return answer


def ask(what: str, *, default: str | None = None) -> str:
    """Prompt for a text, with echo."""
    _check_terminal(what)
    # The name and the default may come from the service, and may hold terminal control characters.
    shown = one_line(what) if default is None else one_line(f"{what} [{default}]")
    answer: str = click.prompt(shown, default=default, show_default=False, err=True)
    return answer


def choose(what: str, options: tuple[str, ...]) -> str:
    """Ask for one of several options, by number or name; if there is only one, return it without asking."""
    if len(options) == 1:
        return options[0]
    _check_terminal(what)
    for number, option in enumerate(options, 1):
        err(f"  {number}) {one_line(option)}")
    meant = {one_line(option): option for option in options}
    meant |= {str(number): option for number, option in enumerate(options, 1)}
    answer: str = click.prompt(what, type=click.Choice(list(meant), case_sensitive=False), show_choices=False, err=True)
    return meant[answer]


def agree(what: str) -> bool:
    """Ask a yes-or-no question."""
    _check_terminal(what)
    return click.confirm(what, err=True)
