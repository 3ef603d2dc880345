"""Drafts of what people write for each name of the model: edits of the TOML files, line by line, as pure functions.

A draft goes by the names alone, whatever was there before: names that the model has and a table lacks are added, names
that a table has and the model lacks are removed, and all other lines stay as they are. Drafting twice changes nothing.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Final

from .changes import in_order
from .families import Pages, tables_of
from .model import PAGE_TOKENS, Facts, ModelError
from .names import Names
from .prose import FILES, MARK, described, described_members, sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .families import Sensitive
    from .model import OperationFacts

_HINTS: Final[Mapping[str, str]] = {
    "operations": "say what the operation does.",
    "structs": "say what the struct is or holds.",
    "enums": "say what the values tell or decide.",
    "exceptions": "say what the error means, and what the caller can do about it.",
    "members": "say what the member is.",
    "overrides": "say what the member is in this struct.",
}
_HEADING: Final = f"{MARK}say what these operations are about."

# Nearly every name begins with one of these, so they don't tell where an operation belongs.
_TOO_COMMON: Final = frozenset({("user",), ("user", "pool")})


def drafted(texts: Mapping[str, str], facts: Facts) -> dict[str, str]:
    """Return the texts of the files with a draft for each name that the model has and they lack, and no other names.

    Raises:
        ModelError: an entry is not written on one line, so that it can't be removed.
    """
    drafts = {
        **texts,
        "families.toml": _families(texts["families.toml"], _homes(texts, facts)),
        "pages.toml": _pages(texts["pages.toml"], facts),
        "sensitive.toml": _sensitive(texts["sensitive.toml"], tables_of(texts).sensitive, facts),
    }
    for table, names in described(facts, sentences(texts, "overrides")).items():
        missing = dict.fromkeys(names, MARK + _HINTS[table])
        drafts[FILES[table]] = edited(drafts[FILES[table]], table, missing)
    return drafts


def reused(texts: Mapping[str, str], old: Facts, new: Facts) -> list[str]:
    """Return the sentences that serve new members as well, with the structs of these: they have to be read again."""
    known, overrides = sentences(texts, "members"), sentences(texts, "overrides")
    structs: dict[str, list[str]] = {}
    for name in sorted(described_members(new) - described_members(old) - overrides.keys(), key=in_order):
        struct, _, member = name.partition(".")
        structs.setdefault(member, []).append(struct)
    return [
        f"{member} (in {', '.join(structs[member])}): {known[member]}"
        for member in sorted(structs.keys() & known.keys(), key=in_order)
    ]


# --- families ---


def noun(operation: str) -> tuple[str, ...]:
    """Return the words of what an operation is about: `AdminListUserPoolReplicas`: `user`, `pool`, `replica`."""
    words = Names().snake(operation).removeprefix("admin_").split("_")[1:]
    return (*words[:-1], _singular(words[-1])) if words else ()


def _singular(word: str) -> str:
    return re.sub(r"(?<!s)s$", "", re.sub(r"ies$", "ys", word))


def _plural(word: str) -> str:
    return re.sub(r"(?<![aeiou])y$", "ie", word) + ("es" if re.search(r"(s|x|ch|sh)$", word) else "s")


def family_for(operation: str, families: Mapping[str, tuple[str, ...]]) -> str:
    """Return the family where an operation belongs by its noun, or the name of a new one.

    That is the family with most operations on the same thing, else on the longest beginning of the noun.
    """
    words = noun(operation)
    for length in range(len(words), 0, -1):
        about = words[:length]
        if about in _TOO_COMMON and length < len(words):
            continue
        counts = {family: sum(noun(each) == about for each in those) for family, those in families.items()}
        best = max(counts, key=lambda family: counts[family], default="")
        if best and counts[best]:
            return best
    return "_".join((*words[:-1], _plural(words[-1]))) if words else Names().snake(operation)


def _homes(texts: Mapping[str, str], facts: Facts) -> dict[str, tuple[str, ...]]:
    """Return the operations of each family, as they should be."""
    homes = {
        name: tuple(each for each in family.operations if each in facts.operations)
        for name, family in tables_of(texts).families.items()
    }
    # Short nouns first, so that `UpdateReportState` finds the family that `CreateReport` began.
    placed = {operation for operations in homes.values() for operation in operations}
    for operation in sorted(facts.operations.keys() - placed, key=lambda name: (len(noun(name)), name)):
        family = family_for(operation, homes)
        homes[family] = tuple(sorted((*homes.get(family, ()), operation)))
    return {name: operations for name, operations in homes.items() if operations}


def _families(text: str, homes: Mapping[str, tuple[str, ...]]) -> str:
    before = tomllib.loads(text)
    for name in before:
        block = re.compile(rf"(?ms)(^\[{name}\]\n.*?)^operations = \[[^\]]*\]\n+")
        if name not in homes:
            text = block.sub("", text, count=1)
        elif tuple(before[name]["operations"]) != homes[name]:
            text = block.sub(rf"\1{_listed(homes[name])}\n", text, count=1)
    for name in sorted(homes.keys() - before.keys()):
        text = f'{text.rstrip()}\n\n[{name}]\nheading = "{_HEADING}"\n{_listed(homes[name])}'
    return text.rstrip() + "\n"


def _listed(operations: tuple[str, ...]) -> str:
    return "operations = [\n" + "".join(f'    "{operation}",\n' for operation in operations) + "]\n"


# --- pages ---


def _pages(text: str, facts: Facts) -> str:
    """Keep the entries for what the model forgets, and add those that an answer with a token and one list asks for."""
    guesses = {name: _guess(operation, facts) for name, operation in facts.operations.items() if not operation.pages}
    entries = tomllib.loads(text)["pages"]
    return edited(text, "pages", {name: guess for name, guess in guesses.items() if guess or name in entries})


def _guess(operation: OperationFacts, facts: Facts) -> Pages | None:
    tokens = PAGE_TOKENS & facts.members(operation.input) & facts.members(operation.output)
    answer = facts.shapes[operation.output].members if operation.output else ()
    lists = [member.wire_name for member in answer if facts.shapes[member.shape].type == "list"]
    return Pages(*tokens, *tokens, *lists) if (len(tokens), len(lists)) == (1, 1) else None


# --- what is sensitive ---

_SENSITIVE: Final = f"{MARK}say what it is; it is secret until somebody moves it to [personal]."


def _sensitive(text: str, tables: Sensitive, facts: Facts) -> str:
    """Add what the model marks and no table names as secret, and take out what the model doesn't have."""
    known = {*facts.shapes, *(f"{name}.{each}" for name in facts.shapes for each in facts.members(name))}
    marked = {name for name, shape in facts.shapes.items() if shape.sensitive and not tables.kinds(name)}
    text = edited(text, "personal", dict.fromkeys(known & tables.personal.keys()))
    return edited(text, "secret", dict.fromkeys((known & tables.secret.keys()) | marked, _SENSITIVE))


# --- tables of one line an entry ---

_ENTRY: Final = re.compile(r'"?([\w.]+)"? = .+')


def edited(text: str, table: str, values: Mapping[str, object]) -> str:
    """Return the text of a file with exactly these names in a table; new ones stand where the alphabet puts them."""
    lines = text.splitlines()
    start = lines.index(f"[{table}]") + 1
    end = next((number for number in range(start, len(lines)) if lines[number].startswith("[")), len(lines))
    kept = [line for line in lines[start:end] if not (entry := _ENTRY.match(line)) or entry[1] in values]
    for name in sorted(values.keys() - tomllib.loads(text)[table].keys(), key=in_order):
        key = f'"{name}"' if "." in name else name
        kept.insert(_place(kept, name), f"{key} = {json.dumps(values[name])}")
    if any(not _ENTRY.match(line) for line in kept if line and not line.startswith("#")):
        msg = f"[{table}] has an entry that does not stand on one line"
        raise ModelError(msg)
    return "\n".join([*lines[:start], *kept, *lines[end:]]) + "\n"


def _place(lines: list[str], name: str) -> int:
    """Return where a name goes: before the first that comes after it, or behind the last."""
    entries = [(number, entry[1]) for number, line in enumerate(lines) if (entry := _ENTRY.match(line))]
    after = (number for number, other in entries if in_order(other) > in_order(name))
    return next(after, entries[-1][0] + 1 if entries else 0)
