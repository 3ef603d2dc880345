"""Structs that are full of marks: one sort for what is secret, and one for what is personal."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cognito_idp._structs import shapes

if TYPE_CHECKING:
    from cognito_idp._structs.struct import Struct

S = TypeVar("S", bound="Struct")

# Of each map that holds both: the name of a secret entry, and that of a personal one.
ENTRIES = {"parameters": ("PASSWORD", "USERNAME"), "details": ("client_secret", "client_id")}


class Mark(Protocol):
    """What makes a new mark of a kind, filled up to a size."""

    def __call__(self, kind: str, size: int = 0) -> str:
        """Make it."""
        ...


class Marks:
    """Makes marks, each once, and keeps them by what they stand for."""

    def __init__(self, sort: str) -> None:
        """Begin; two structs with marks of different sorts differ everywhere."""
        self.made: dict[str, list[str]] = {"secret": [], "personal": []}
        self._sort = sort
        self._numbers = count()

    def __call__(self, kind: str, size: int = 0) -> str:
        """Return a new mark, filled up to a size."""
        mark = f"{'Z' if kind == 'secret' else 'Q'}{self._sort}{next(self._numbers):04x}".ljust(size, "z")
        self.made[kind].append(mark)
        return mark


def filled(cls: type[S], marks: Mark, kind: str = "") -> S:
    """Return a legal struct with every member present; `kind` overrules what the members hold."""
    return cls(**{member.name: _value(member.shape, kind or member.sensitive, marks) for member in cls._members})


def _value(shape: shapes.Shape, kind: str, marks: Mark) -> Any:  # noqa: C901, PLR0911 - a case a shape
    match shape:
        case shapes.Text():
            text = marks(kind, shape.minimum or 0) if kind else "n" * max(shape.minimum or 0, 1)
            assert shape.maximum is None or len(text) <= shape.maximum, "a mark does not fit"
            return text
        case shapes.Choice():
            return next(iter(shape.enum))
        case shapes.Integer():
            return shape.minimum or 0
        case shapes.Boolean():
            return True
        case shapes.Blob():
            return marks(kind).encode() if kind else b"n"
        case shapes.Timestamp():
            return datetime(2026, 1, 1, tzinfo=UTC)
        case shapes.ListOf():
            return [_value(shape.item, kind, marks) for _ in range(max(shape.minimum or 0, 1))]
        case shapes.MapOf() if kind in ENTRIES:
            secret, personal = ENTRIES[kind]
            return {secret: _value(shape.value, "secret", marks), personal: _value(shape.value, "personal", marks)}
        case shapes.MapOf():
            return {"name": _value(shape.value, kind, marks)}
        case shapes.Nested():
            return filled(shape.struct, marks, kind if kind == "secret" else "")
        case shapes.Document():
            return {"name": marks(kind) if kind else "n"}
    msg = f"no value is known for {shape!r}"
    raise AssertionError(msg)
