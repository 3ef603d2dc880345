"""The hand-written sentences: read from `prose/*.toml`, and checked so that each is used and none is missing."""

from __future__ import annotations

import tomllib
from pathlib import Path

from .model import Model, ModelError

_FOLDER = Path(__file__).parent / "prose"


class Prose:
    """Sentences on operations, structs, enums, exceptions and members."""

    def __init__(self, model: Model) -> None:
        """Read the files and hold them against the model.

        Raises:
            ModelError: a sentence is missing, or speaks of something that does not exist.
        """
        self.operations = _table("operations", "operations")
        self.structs = _table("structs", "structs")
        self.enums = _table("enums", "enums")
        self.exceptions = _table("exceptions", "exceptions")
        self._members = _table("members", "members")
        self._overrides = _table("members", "overrides")
        structures = {shape.name: shape for shape in model.shapes.values() if shape.type == "structure"}
        members = {
            f"{shape.name}.{member.wire_name}"
            for shape in structures.values()
            for member in shape.members
            # Every exception has a message; the base class describes it.
            if not (shape.exception and member.wire_name == "message")
        }
        expected = {
            "operations": set(model.operations),
            "structs": {name for name, shape in structures.items() if not shape.exception},
            "exceptions": {name for name, shape in structures.items() if shape.exception},
            "enums": {shape.name for shape in model.shapes.values() if shape.enum},
            "_members": {name.partition(".")[2] for name in members - set(self._overrides)},
        }
        problems = []
        for table, names in expected.items():
            have = set(getattr(self, table))
            label = table.removeprefix("_")
            problems += [f"prose: {label} lacks {name}" for name in sorted(names - have)]
            problems += [f"prose: {label} has {name}, which nothing uses" for name in sorted(have - names)]
        problems += [
            f"prose: overrides has {name}, which nothing uses" for name in sorted(set(self._overrides) - members)
        ]
        if problems:
            raise ModelError("\n".join(problems))

    def member(self, struct: str, wire_name: str) -> str:
        """Return the sentence on a member of a struct."""
        return self._overrides.get(f"{struct}.{wire_name}") or self._members[wire_name]


def _table(file: str, table: str) -> dict[str, str]:
    return tomllib.loads((_FOLDER / f"{file}.toml").read_text("utf-8"))[table]  # type: ignore[no-any-return]
