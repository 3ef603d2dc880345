"""The catalog of operations, at low cost: names and texts come from the methods of `Operations`, without any struct.

The texts come from the generated methods' docstrings: the first paragraph is the summary, and `Args:` describes the
members.
"""

from __future__ import annotations

import re
from inspect import cleandoc
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from ..model.index import HOMES, load_type
from ..model.operations import Operations

if TYPE_CHECKING:
    from .._structs.struct import Request

_SUFFIX: Final = "Request"
_MFA: Final = "mfa"
_ARGUMENT: Final = re.compile(r"^    (\w+): (.*)")


def operation_names() -> list[str]:
    """Return the commands of all operations, such as `admin-initiate-auth`, in alphabetical order."""
    return sorted(name.replace("_", "-") for name in vars(Operations) if not name.startswith(("_", "iter_")))


def families() -> dict[str, list[str]]:
    """Return the commands of all operations by family: a family is a module of the model."""
    homes = {name.lower(): home for name, home in HOMES.items()}
    by_family: dict[str, list[str]] = {}
    for name in operation_names():
        home = homes[name.replace("-", "") + _SUFFIX.lower()]
        family = home.upper() if home == _MFA else home.replace("_", " ").capitalize()
        by_family.setdefault(family, []).append(name)
    return dict(sorted(by_family.items()))


def request_of(command: str) -> type[Request[object]]:
    """Return the request struct of a command.

    Raises:
        KeyError: the operation does not exist.
    """
    wanted = command.replace("-", "") + _SUFFIX.lower()
    for name in HOMES:
        if name.lower() == wanted:
            request_type: type[Request[object]] = load_type(name)
            return request_type
    raise KeyError(command)


def _paragraphs(command: str) -> list[str]:
    documented = getattr(Operations, command.replace("-", "_")).__doc__
    # Commands must also work without docstrings (python -OO).
    return cleandoc(documented or "").split("\n\n")


def summary(command: str) -> str:
    """Return a one-line summary of an operation."""
    return _in_one_line(_paragraphs(command)[0])


def first_sentence(command: str) -> str:
    """Return the first sentence of the summary."""
    return summary(command).partition(". ")[0].removesuffix(".") + "."


def link(command: str) -> str:
    """Return the address of the operation's page in the API reference."""
    return next((line for line in _paragraphs(command)[-1].splitlines() if line.startswith("https://")), "")


def member_texts(command: str) -> dict[str, str]:
    """Return the descriptions of an operation's members, by their names in snake case."""
    described = "\n\n".join(_paragraphs(command)).partition("\nArgs:\n")[2]
    texts: dict[str, str] = {}
    name = ""
    for line in takewhile(lambda line: not line or line.startswith(" "), described.splitlines()):
        begins = _ARGUMENT.match(line)
        if begins:
            name = begins[1]
            texts[name] = begins[2]
        else:
            texts[name] = f"{texts[name]} {_row(line.strip())}"
    return {name: _in_one_line(text) for name, text in texts.items()}


def _row(line: str) -> str:
    """Return a row of a table as text; other lines are as they are. A table's head says nothing in one line."""
    if not line.startswith("|"):
        return line
    first, *others = (cell.strip() for cell in line.strip("|").split(" | "))
    return f"{first}: {'; '.join(filter(None, others))}." if first.startswith("`") else ""


def _in_one_line(text: str) -> str:
    return " ".join(text.replace("`", "").split())
