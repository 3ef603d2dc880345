"""The hand-written sentences of `prose/*.toml`, checked so that each is used and none is missing."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

from .families import TEXTS
from .model import Facts, Model, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Which file each table stands in. The last one has the members that need another sentence in one of the structs.
FILES: Final[Mapping[str, str]] = {
    "operations": "prose/operations.toml",
    "structs": "prose/structs.toml",
    "enums": "prose/enums.toml",
    "exceptions": "prose/exceptions.toml",
    "members": "prose/members.toml",
    "overrides": "prose/members.toml",
}

TABLES: Final = "prose/tables.toml"
"""The file with the tables that stand below the sentences on some members."""

MARK: Final = "TODO: "
"""How a drafted sentence begins; `--check` fails while one is left."""


class Prose:
    """Sentences on operations, structs, enums, exceptions and members."""

    def __init__(self, model: Model, texts: Mapping[str, str] = TEXTS) -> None:
        """Read the texts of the files and hold them against the model.

        Raises:
            ModelError: a sentence is missing, or speaks of something that does not exist.
        """
        tables = {table: sentences(texts, table) for table in FILES}
        problems = [
            f"prose: {table} {name} has `{wire_name}`, the wire name of a member; write it in snake case"
            for table, texts_of in tables.items()
            for name, text in texts_of.items()
            for wire_name in members_by_wire_name(model.facts, text)
        ]
        for table, names in described(model.facts, tables["overrides"]).items():
            have = set(tables[table])
            problems += [f"prose: {table} lacks {name}" for name in sorted(names - have)]
            problems += [f"prose: {table} has {name}, which nothing uses" for name in sorted(have - names)]
        if problems:
            raise ModelError("\n".join(problems))
        self.operations, self.structs = tables["operations"], tables["structs"]
        self.enums, self.exceptions = tables["enums"], tables["exceptions"]
        self._members, self._overrides = tables["members"], tables["overrides"]
        self._tables = tomllib.loads(texts[TABLES])
        stray = sorted(self._tables.keys() - described_members(model.facts))
        if stray:
            msg = f"prose: tables has {', '.join(stray)}, which nothing uses"
            raise ModelError(msg)

    def member(self, struct: str, wire_name: str) -> str:
        """Return the sentence on a member of a struct."""
        return self._overrides.get(f"{struct}.{wire_name}") or self._members[wire_name]

    def table(self, struct: str, wire_name: str) -> list[str]:
        """Return the lines of the table below a member's sentence, in Markdown; most members have none."""
        name = f"{struct}.{wire_name}"
        table = self._tables.get(name)
        if table is None:
            return []
        if "same_as" in table:
            return self.table(*table["same_as"].split("."))
        columns = table["columns"]
        rows = [columns, ["---"] * len(columns), *table["rows"]]
        return ["| " + " | ".join(row) + " |" for row in rows]


_SPAN: Final = re.compile(r"`([^`]+)`")


def members_by_wire_name(facts: Facts, text: str) -> list[str]:
    """Return the members that a sentence names as the service does, in code spans; users know them in snake case."""
    members = {member.wire_name for shape in facts.shapes.values() for member in shape.members}
    names = {part for span in _SPAN.findall(text) for part in span.split(".")}
    return sorted(name for name in names & members - set(facts.operations) if name != name.lower())


def described(facts: Facts, overrides: Iterable[str]) -> dict[str, set[str]]:
    """Return which names each table has to describe; of the members, `overrides` are described apart."""
    structures = {shape.name: shape for shape in facts.shapes.values() if shape.type == "structure"}
    members = described_members(facts)
    apart = members.intersection(overrides)
    return {
        "operations": set(facts.operations),
        "structs": {name for name, shape in structures.items() if not shape.exception},
        "enums": {shape.name for shape in facts.shapes.values() if shape.enum},
        "exceptions": {name for name, shape in structures.items() if shape.exception},
        "members": {name.partition(".")[2] for name in members - apart},
        "overrides": apart,
    }


def described_members(facts: Facts) -> set[str]:
    """Return the members that have a sentence, as `Struct.Member`."""
    return {
        f"{shape.name}.{member.wire_name}"
        for shape in facts.shapes.values()
        for member in shape.members
        # Every exception has a message; the base class describes it.
        if not (shape.exception and member.wire_name == "message")
    }


def sentences(texts: Mapping[str, str], table: str) -> dict[str, str]:
    """Return the sentences of a table, by the names that they describe."""
    return tomllib.loads(texts[FILES[table]])[table]  # type: ignore[no-any-return]


def marked(texts: Mapping[str, str]) -> list[str]:
    """Return where a drafted sentence still waits for somebody to write it: the file, and the name it describes."""
    return [
        f"{file}: {table if name == 'heading' else name}"
        for file, text in texts.items()
        for table, entries in tomllib.loads(text).items()
        for name, value in entries.items()
        if isinstance(value, str) and value.startswith(MARK)
    ]
