"""Wire names to Python names."""

from __future__ import annotations

import keyword
import re

from .families import IRREGULAR_WORDS, RENAMED

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+[0-9]*")
# What structs and methods use themselves.
_RESERVED = frozenset({"metadata", "operation", "self"})


class NameClashError(Exception):
    """Two wire names would share one Python name, or a name is not usable."""


class Names:
    """Makes Python names, and remembers which entries of the tables were used."""

    def __init__(self) -> None:
        """Begin with nothing used."""
        self._used: set[str] = set()

    def snake(self, wire_name: str) -> str:
        """Return the name in snake case, word by word: `UserMFASettingList` becomes `user_mfa_setting_list`."""
        if wire_name in RENAMED:
            self._used.add(wire_name)
            return RENAMED[wire_name]
        text = wire_name
        for irregular, regular in IRREGULAR_WORDS.items():
            if irregular in text:
                self._used.add(irregular)
                text = text.replace(irregular, regular)
        return "_".join(word.lower() for word in _WORDS.findall(text))

    def member(self, wire_name: str, struct: str, taken: dict[str, str]) -> str:
        """Return the Python name of a member of a struct; `taken` maps the names given so far to their wire names.

        Raises:
            NameClashError: the name is taken, or is no usable identifier.
        """
        name = self.snake(wire_name)
        if name in taken:
            msg = f"{struct}: members {taken[name]} and {wire_name} would both be {name}"
            raise NameClashError(msg)
        if not name.isidentifier() or keyword.iskeyword(name) or name in _RESERVED:
            msg = f"{struct}: {wire_name} can't be a member named {name!r}"
            raise NameClashError(msg)
        taken[name] = wire_name
        return name

    def constant(self, value: str, enum: str, taken: dict[str, str]) -> str:
        """Return the name of an enum's value: `us-east-1` becomes `US_EAST_1`.

        Raises:
            NameClashError: the name is taken, or is no usable identifier.
        """
        name = re.sub(r"[^A-Za-z0-9]+", "_", value).strip("_")
        if name != name.upper():
            name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
        if name in taken or not name.isidentifier():
            msg = f"{enum}: value {value!r} can't be named {name!r}"
            raise NameClashError(msg)
        taken[name] = value
        return name

    def unused(self) -> list[str]:
        """Return the entries of the tables that no name needed."""
        return sorted({*IRREGULAR_WORDS, *RENAMED} - self._used)
