"""From a struct to the arguments that stand for it: every member in a form that its option takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cognito_idp import to_wire
from cognito_idp._structs import shapes
from cognito_idp.cli.options import option_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp._structs.struct import MemberInfo, Struct


class UnfitError(Exception):
    """A value can't be written in this form."""


def arguments(request: Struct, prefers_json: Callable[[], bool]) -> list[str]:
    """Return arguments for a request; what no option can say stands in `--cli-input-json`."""
    wire = to_wire(request)
    args: list[str] = []
    rest: dict[str, Any] = {}
    for member in request._members:
        value = getattr(request, member.name)
        if value is None:
            continue
        try:
            args += _of_member(member, value, wire[member.wire_name], as_json=prefers_json())
        except UnfitError:
            rest[member.wire_name] = wire[member.wire_name]
    return [*args, "--cli-input-json", json.dumps(rest)] if rest else args


def _of_member(member: MemberInfo, value: Any, wire: Any, *, as_json: bool) -> list[str]:  # noqa: PLR0911 - one for each shape
    option, shape = option_name(member), member.shape
    match shape:
        case shapes.Boolean():
            return [option if value else f"--no-{option[2:]}"]
        case shapes.Integer():
            return [option, str(value)]
        case shapes.ListOf():
            if as_json or not value:
                return [option, json.dumps(wire)]
            return [option, *(_not_array(_item(shape.item, item)) for item in value)]
        case shapes.MapOf():
            if as_json or not value:
                return [option, json.dumps(wire)]
            return [part for key, item in value.items() for part in (option, _entry(key, item))]
        case shapes.Text() | shapes.Choice():
            return [option, _text(value)]
        case shapes.Nested():
            return [option, json.dumps(wire) if as_json else shorthand(value)]
    return [option, str(wire) if isinstance(shape, shapes.Blob) else json.dumps(wire)]


def _item(shape: shapes.Shape, value: Any) -> str:
    return shorthand(value) if isinstance(shape, shapes.Nested) else _text(value)


def _not_array(text: str) -> str:
    # As a further value of its option, a text that begins with a dash would be taken for an option.
    if text.lstrip().startswith("[") or text.startswith("-"):
        raise UnfitError
    return text


def _text(text: str) -> str:
    if text == "-" or text.startswith(("file://", "fileb://")):
        raise UnfitError
    return f"@{text}" if text.startswith("@") else str(text)


def _entry(key: str, value: Any) -> str:
    if not isinstance(value, str) or not key or "=" in key or key.startswith(("{", "@", "file://", "-")):
        raise UnfitError
    if "," in value and "=" in value:
        raise UnfitError
    return f"{key}={_text(value)}"


def shorthand(struct: Struct) -> str:
    """Write a struct in shorthand."""
    written = _members(struct)
    if not written:
        raise UnfitError
    return written


def _members(struct: Struct) -> str:
    return ",".join(
        f"{member.wire_name}={_written(member.shape, value)}"
        for member in struct._members
        if (value := getattr(struct, member.name)) is not None
    )


def _written(shape: shapes.Shape, value: Any) -> str:
    match shape:
        case shapes.Nested():
            return "{" + _members(value) + "}"
        case shapes.ListOf():
            return "[" + ",".join(_written(shape.item, item) for item in value) + "]"
        case shapes.Boolean():
            return str(value).lower()
        case shapes.Integer():
            return str(value)
        case shapes.Text() | shapes.Choice():
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise UnfitError
