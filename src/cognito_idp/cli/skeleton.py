"""`--generate-cli-skeleton`: a request's members as JSON to fill in, for `--cli-input-json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._structs.shapes import Boolean, Choice, Document, Integer, ListOf, MapOf, Nested, Shape, Timestamp

if TYPE_CHECKING:
    from .._structs.struct import Struct


def skeleton(struct: type[Struct]) -> dict[str, Any]:
    """Return every member of a struct by its wire name, with an empty value of its type, or an enum's first value."""
    return {member.wire_name: _empty(member.shape) for member in struct._members}  # noqa: SLF001 - as the converter


def _empty(shape: Shape) -> Any:  # noqa: PLR0911 - one for each shape
    match shape:
        case Choice():
            return str(next(iter(shape.enum)))
        case Integer():
            return shape.minimum or 0
        case Boolean():
            return True
        case ListOf():
            return [_empty(shape.item)]
        case MapOf():
            return {"KeyName": _empty(shape.value)}
        case Nested():
            return skeleton(shape.struct)
        case Timestamp():
            return "1970-01-01T00:00:00Z"
    return {} if isinstance(shape, Document) else ""
