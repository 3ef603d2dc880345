"""A short way to write a struct at a prompt: `Name=email,Value=mary@example.com`, as in the AWS CLI.

A value is bare text up to the next comma, quoted text ('...' or "...", with a backslash before a literal quote), a
list in brackets, or a struct in braces. `Names=a,b` is also a list. Numbers and booleans stay text here.

Source: AWS CLI user guide, "Using shorthand syntax".
"""

from __future__ import annotations

import re
from typing import Any, Final

_KEY: Final = re.compile(r"\s*([A-Za-z0-9_.:-]+)\s*=")
_QUOTED: Final = re.compile(r"""(["'])((?:(?!\1)[^\\]|\\.)*)\1""", re.DOTALL)
_BARE: Final = re.compile(r"(?:[^,\\\]}]|\\.)*", re.DOTALL)
_BARE_OUTSIDE: Final = re.compile(r"(?:[^,\\]|\\.)*", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


class ShorthandError(ValueError):
    """A text is not valid shorthand. The message says where, and shows none of the text."""


def parse_shorthand(text: str) -> dict[str, Any]:
    """Parse a text in shorthand into strings, lists and dicts.

    Raises:
        ShorthandError: the text can't be parsed.
    """
    reader = _Reader(text)
    members = reader.pairs("")
    if reader.at != len(text):
        raise _expected(reader.at, "the end")
    return members


def _expected(at: int, what: str) -> ShorthandError:
    return ShorthandError(f"at character {at + 1}, {what} is expected")


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def next(self, character: str) -> bool:
        """Consume a character if it comes next; return whether it did."""
        is_next = self.text.startswith(character, self.at)
        self.at += is_next
        return is_next

    def pairs(self, end: str) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while True:
            key = _KEY.match(self.text, self.at)
            if key is None or key[1] in members:
                raise _expected(self.at, "a new NAME=")
            self.at = key.end()
            members[key[1]] = self.value()
            while self.next(","):
                if _KEY.match(self.text, self.at):
                    break
                if not isinstance(members[key[1]], list):
                    members[key[1]] = [members[key[1]]]
                members[key[1]].append(self.value())
            else:
                if end and not self.next(end):
                    raise _expected(self.at, f"a comma or {end}")
                return members

    def value(self) -> Any:
        if self.next("{"):
            return self.nested(self.struct)
        if self.next("["):
            return self.nested(self.items)
        quoted = _QUOTED.match(self.text, self.at)
        if quoted is not None:
            self.at = quoted.end()
            return _ESCAPE.sub(r"\1", quoted[2])
        bare = (_BARE if self.depth else _BARE_OUTSIDE).match(self.text, self.at)
        assert bare is not None  # noqa: S101 - the pattern also matches an empty text
        self.at = bare.end()
        return _ESCAPE.sub(r"\1", bare[0])

    def nested(self, read: Any) -> Any:
        self.depth += 1
        value = read()
        self.depth -= 1
        return value

    def struct(self) -> dict[str, Any]:
        return {} if self.next("}") else self.pairs("}")

    def items(self) -> list[Any]:
        items: list[Any] = []
        if self.next("]"):
            return items
        while True:
            items.append(self.value())
            if self.next("]"):
                return items
            if not self.next(","):
                raise _expected(self.at, "a comma or ]")
