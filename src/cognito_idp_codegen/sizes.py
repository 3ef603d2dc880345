"""How large an answer may be: an upper bound of its JSON, from the bounds of the shapes that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .model import Model, OperationFacts

MIB: Final = 1024 * 1024
# What every answer may have, and what none may exceed, in MiB: an answer is held in memory as a whole.
LEAST: Final = 1
MOST: Final = 64

# The families of the steps of a sign-in.
_SIGN_IN = ("sign_in", "sign_in_by_server", "challenges", "challenges_by_server")

# A character may be written as \uXXXX.
_CHARACTER = 6
# Dates, numbers and booleans.
_SCALAR = 32
# Where the model has no bound: as many characters as an attribute's value has, as many items as a page has, and as
# much text in a document as a style sheet has. In a list or map without a bound, the characters count for all strings:
# the model's general type of a string has 131,072, which no list of names is full of.
_CHARACTERS = 2_048
_ITEMS = 60
_DOCUMENT = 131_072


def large_answers(model: Model) -> dict[str, int]:
    """Return the operations whose answers may have more than 1 MiB, and how many MiB that is.

    Operations that take no signature, and the other steps of a sign-in, are not among them: their answers are one
    user's, and nowhere near the bounds of their members' types.
    """
    sizes = {
        name: _mebibytes(model, operation)
        for name, operation in model.operations.items()
        if operation.signed and model.family_of[operation.input] not in _SIGN_IN
    }
    return {name: size for name, size in sizes.items() if size > LEAST}


def _mebibytes(model: Model, operation: OperationFacts) -> int:
    size = 0 if operation.output is None else largest(model, operation.output)
    return min(-(-size // MIB), MOST)


def largest(model: Model, name: str, characters: int | None = None) -> int:
    """Return the most bytes that a value of a shape takes in JSON; a string has at most so many characters."""
    shape = model.shapes[name]
    size = _SCALAR
    if shape.enum:
        size = max(map(len, shape.enum)) + 2
    elif shape.type == "structure":
        size = 2 + sum(len(member.wire_name) + 4 + largest(model, member.shape) for member in shape.members)
    elif shape.type in ("list", "map"):
        inner = _CHARACTERS if shape.maximum is None else None
        parts = [largest(model, part, inner) + 1 for part in (shape.key, shape.item) if part is not None]
        size = 2 + (shape.maximum or _ITEMS) * sum(parts)
    elif shape.type == "string":
        most = shape.maximum or _CHARACTERS
        size = 2 + (most if characters is None else min(most, characters)) * _CHARACTER
    elif shape.type == "blob":
        size = 6 + -(-(shape.maximum or _DOCUMENT) * 4 // 3)
    elif shape.type == "document":
        size = _DOCUMENT * _CHARACTER
    return size
