"""Conversion of typed-in text to a struct's values, by shape; compound values are JSON or shorthand.

Errors name the option and the place in it by wire names, and never show a value.
"""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from .._protocol.foreign_json import NestedTooDeepError, check_depth
from .._structs.shapes import Blob, Boolean, Choice, Document, Integer, ListOf, MapOf, Nested, Shape, Text, Timestamp
from .failures import InputError
from .shorthand import ShorthandError, parse_shorthand

if TYPE_CHECKING:
    from .._structs.struct import Struct
    from .inputs import Given

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BOOLEANS: Final = {"true": True, "false": False}


def read_json(text: str, option: str) -> Any:
    """Parse JSON.

    Raises:
        InputError: it is not JSON; the message says where.
    """
    try:
        check_depth(text)
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_without_doubles)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}"
    except NestedTooDeepError:
        problem = "it is nested too deeply"
    except ValueError:
        problem = "a member appears twice, or a number is invalid"
    msg = f"{option}: this is not valid JSON ({problem})"
    raise InputError(msg)


def _no_constant(_: str) -> Any:
    raise ValueError


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def parse(shape: Shape, argument: Given, option: str) -> Any:
    """Return the value of one use of an option; for a list, this is one item, or a list of several.

    Raises:
        InputError: the value doesn't fit the shape.
    """
    if isinstance(shape, Blob) and isinstance(argument.data, bytes):
        return argument.data
    text = argument.text(option)
    match shape:
        case Document():
            return read_json(text, option)
        case Nested() if not text.lstrip().startswith("{"):
            return from_json(shape, _shorthand(text, option), option)
        case Nested():
            return from_json(shape, read_json(text, option), option)
    return from_json(shape, text, option)


def _shorthand(text: str, option: str) -> dict[str, Any]:
    try:
        return parse_shorthand(text)
    except ShorthandError as error:
        problem = str(error)
    except RecursionError:
        problem = "it is nested too deeply"
    msg = f"{option}: it is neither a JSON object nor shorthand such as Name=a,Value=b: {problem}"
    raise InputError(msg)


def from_json(shape: Shape, data: Any, where: str) -> Any:  # noqa: PLR0911 - one for each shape
    """Return the struct value for JSON data with wire names; numbers, booleans and times may be text.

    Raises:
        InputError: the data doesn't fit the shape; the struct itself checks sizes.
    """
    match shape:
        case Text() | Choice():
            return _exactly(data, str, "a string", where)
        case Integer():
            return _integer(data, where)
        case Boolean():
            flag = _BOOLEANS.get(data.lower()) if isinstance(data, str) else data
            return _exactly(flag, bool, "true or false", where)
        case Blob():
            return _blob(data, where)
        case Timestamp():
            return _timestamp(data, where)
        case ListOf():
            items = _exactly(data, list, "an array", where)
            return [from_json(shape.item, item, f"{where}[{index}]") for index, item in enumerate(items)]
        case MapOf():
            entries = _exactly(data, dict, "an object", where)
            return {key: from_json(shape.value, item, f"{where}.{_shown(key)}") for key, item in entries.items()}
        case Nested():
            return shape.struct(**members_from_json(shape.struct, data, where))
    return data


def members_from_json(struct: type[Struct], data: Any, where: str) -> dict[str, Any]:
    """Return the arguments of a struct for a JSON object with wire names; null means that the member is absent.

    Raises:
        InputError: a member doesn't exist or doesn't fit.
    """
    members = {member.wire_name: member for member in struct._members}  # noqa: SLF001 - as the converter does
    arguments = {}
    for name, value in _exactly(data, dict, "an object", where).items():
        if name not in members:
            msg = f"{where}: unknown member {_shown(name)}; the members are {', '.join(members) or 'none'}"
            raise InputError(msg)
        if value is not None:
            arguments[members[name].name] = from_json(members[name].shape, value, f"{where}.{name}")
    return arguments


def _shown(name: str) -> str:
    """Return a name, or `...` if it is not an identifier and could be a misplaced value."""
    return name if name.isidentifier() else "..."


def _exactly(data: Any, kind: type, expected: str, where: str) -> Any:
    if type(data) is kind:
        return data
    msg = f"{where}: must be {expected}"
    raise InputError(msg)


def _integer(data: Any, where: str) -> int:
    if isinstance(data, str):
        try:
            return int(data)
        except ValueError:
            data = None
    number: int = _exactly(data, int, "a whole number", where)
    return number


def _blob(data: Any, where: str) -> bytes:
    if isinstance(data, str):
        try:
            return b64decode(data, validate=True)
        except ValueError:
            pass
    msg = f"{where}: must be base64, or @FILE for the bytes of a file"
    raise InputError(msg)


def _timestamp(data: Any, where: str) -> datetime:
    """Parse a time; without a zone it is UTC, on every machine."""
    try:
        if isinstance(data, str) and "-" in data[1:]:
            moment = datetime.fromisoformat(data)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = float("nan" if isinstance(data, bool) else data)
        if isfinite(seconds):
            return _EPOCH + timedelta(seconds=seconds)
    except (ValueError, TypeError, OverflowError):
        pass
    msg = f"{where}: must be a time, such as 2025-01-31T12:00:00Z, or seconds since 1970"
    raise InputError(msg)
