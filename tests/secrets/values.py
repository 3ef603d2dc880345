"""Structs with a mark of its own in each secret member."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from cognito_idp._structs import shapes
from cognito_idp._structs.struct import Struct

from .search import MARK_SIZE, Marks

S = TypeVar("S", bound=Struct)


def marked(cls: type[S], marks: Marks) -> S:
    """Return a legal struct with every member present; each secret one holds marks."""
    return cls(**{member.name: _value(member.shape, marks, secret=bool(member.sensitive)) for member in cls._members})


def _value(shape: shapes.Shape, marks: Marks, *, secret: bool) -> Any:  # noqa: C901, PLR0911 - a case a shape
    match shape:
        case shapes.Text():
            least = shape.minimum or 0
            if not secret:
                return "n" * max(least, 1)
            assert shape.maximum is None or shape.maximum >= MARK_SIZE, "a mark does not fit"
            return marks(least)
        case shapes.Choice():
            return next(iter(shape.enum))
        case shapes.Integer():
            return shape.minimum or 0
        case shapes.Boolean():
            return True
        case shapes.Blob():
            return marks().encode() if secret else b"n"
        case shapes.Timestamp():
            return datetime(2026, 1, 1, tzinfo=UTC)
        case shapes.ListOf():
            return [_value(shape.item, marks, secret=secret) for _ in range(max(shape.minimum or 0, 1))]
        case shapes.MapOf():
            # The names in a map are such as PASSWORD.
            return {_value(shape.key, marks, secret=False): _value(shape.value, marks, secret=secret)}
        case shapes.Nested():
            return marked(shape.struct, marks)
        case shapes.Document():
            return {"name": marks() if secret else "n"}
    msg = f"no value is known for {shape!r}"
    raise AssertionError(msg)
