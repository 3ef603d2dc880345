"""Convert structs to wire data and back with cattrs: exact wire names, hooks made on first use.

The wire names are data beside the members (`shapes.wire`). Absent members (None) are left out, empty maps and lists are
kept, unknown members in the service's data are ignored, and a JSON null counts as absent, in lists and maps as well.

cattrs would write and compile source for the hooks of each struct, list and map, which takes it a millisecond each. The
hooks here are closures over the struct's members, made in microseconds and nearly as fast; tests hold both against each
other. cattrs knows them like its own, and finds the hook of each type.

Hooks refuse what they can't read as a whole, without saying why. Only then are the data read again, member by member
(`salvage.py`).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import cache, partial
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from .._errors import Fault, InvalidResponseError, RequestValidationError
from .._protocol.arguments import described
from .._protocol.tracebacks import clears_frames
from .enums import OpenEnum
from .struct import Struct

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cattrs import BaseConverter

S = TypeVar("S", bound=Struct)


def to_wire(struct: Struct) -> dict[str, Any]:
    """Return a struct as a JSON object: a dict by wire name with exactly the members that you set.

    Timestamps become seconds since 1970 (int, or float if there is a fraction), bytes become base64.
    """
    if not isinstance(struct, Struct):
        msg = f"to_wire() takes struct=, a request or another struct, not {described(struct)}"
        raise TypeError(msg)
    wire: dict[str, Any] = _writer(type(struct), _converter())(struct)
    return wire


@clears_frames
def from_wire(cls: type[S], data: Mapping[str, Any]) -> S:
    """Return a struct from a JSON object (a mapping by wire name).

    Dates may be numbers of seconds since 1970, or text: ISO 8601 (without a time zone it is UTC) or an HTTP date.

    Raises:
        InvalidResponseError: a member has the wrong type; the message says which.
        RequestValidationError: `cls` is a request, and the data breaks its rules.
    """
    if not is_struct(cls):
        msg = f"from_wire() takes cls=, the class of a struct, not {described(cls)}"
        raise TypeError(msg)
    struct = read_struct(cls, data)
    if struct is not None:
        return struct
    if not isinstance(data, Mapping):
        problem = f"{cls.__name__}: data {WrongTypeError(AN_OBJECT, data)}"
        raise InvalidResponseError(problem)
    from .salvage import members_of  # only for such data

    faults: list[Fault] = []
    members = members_of(cls, data, (), faults)
    if faults:
        problem = f"{cls.__name__}: " + "; ".join(f"{fault.problem} @ $.{fault.path}" for fault in faults)
        raise InvalidResponseError(problem)
    return cls(**members)


def read_struct(cls: type[S], data: Mapping[str, Any]) -> S | None:
    """Return a struct from a JSON object, or None if something in it has the wrong type or is a null in a list or map.

    Raises:
        RequestValidationError: `cls` is a request, and the data breaks its rules.
    """
    try:
        struct: S = _reader(cls, _converter())(data, cls)
    except RequestValidationError:
        raise
    except Exception:  # noqa: BLE001 - a mapping of the caller's own may raise anything
        return None
    return struct


def read_value(annotation: Any, data: Any) -> Any:
    """Return a value of a member's type.

    Raises:
        Exception: it can't be read as a whole.
    """
    return _reader(annotation, _converter())(data, annotation)


def make_hooks(cls: type[Struct]) -> None:
    """Make the hooks of a struct and its members, in both directions, before first use."""
    _make(cls, set())


def _make(cls: Any, seen: set[Any]) -> None:
    if cls in seen or cls in (Any, NoneType, Ellipsis):
        return
    seen.add(cls)
    if get_origin(cls) is not UnionType:
        _writer(cls, _converter())
        _reader(cls, _converter())
    for part in [member.annotation for member in cls._members] if is_struct(cls) else get_args(cls):
        _make(part, seen)


class WrongTypeError(TypeError):
    """A value has the wrong type; the message doesn't show it."""

    def __init__(self, expected: str, value: Any, actual: str | None = None) -> None:
        super().__init__(f"must be {expected}, not {actual or type(value).__name__}")


# Cached here, since a converter would make a struct's hook again for each member of that type.
@cache
def _writer(annotation: Any, converter: BaseConverter) -> Callable[[Any], Any]:
    return converter.get_unstructure_hook(annotation)


@cache
def _reader(annotation: Any, converter: BaseConverter) -> Callable[[Any, Any], Any]:
    return converter.get_structure_hook(annotation)


@cache
def _converter() -> BaseConverter:
    from cattrs import BaseConverter

    converter = BaseConverter(detailed_validation=False)
    _register_scalars(converter)
    for is_of_kind, unstructure_hook, structure_hook in (
        (is_struct, _unstructure_struct, _structure_struct),
        (_is_list, _unstructure_list, _structure_list),
        (_is_map, _unstructure_map, _structure_map),
    ):
        converter.register_unstructure_hook_factory(is_of_kind, partial(unstructure_hook, converter))
        converter.register_structure_hook_factory(is_of_kind, partial(structure_hook, converter))
    return converter


def is_struct(cls: Any) -> bool:
    """Whether a type is a struct."""
    return isinstance(cls, type) and issubclass(cls, Struct)


def _is_datetime(cls: Any) -> bool:
    # By name: the import takes a cold start a millisecond, and a sign-in needs none.
    return isinstance(cls, type) and (cls.__module__, cls.__name__) == ("datetime", "datetime")


def _is_enum(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, OpenEnum)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is tuple


def _is_map(annotation: Any) -> bool:
    return get_origin(annotation) is Mapping


def _unstructure_struct(converter: BaseConverter, cls: type[Struct]) -> Any:
    members = [(member.name, member.wire_name, _late_writer(converter, member.annotation)) for member in cls._members]

    def unstructure(struct: Any) -> dict[str, Any]:
        wire = {}
        for name, wire_name, write in members:
            value = getattr(struct, name)
            if value is not None:
                wire[wire_name] = value if write is None else write(value)
        return wire

    return unstructure


def _unstructure_list(converter: BaseConverter, annotation: Any) -> Any:
    write = _late_writer(converter, get_args(annotation)[0])
    return list if write is None else lambda items: [write(item) for item in items]


def _unstructure_map(converter: BaseConverter, annotation: Any) -> Any:
    write_key, write_value = (_late_writer(converter, part) or _same for part in get_args(annotation))
    if write_key is write_value is _same:
        return dict
    return lambda entries: {write_key(key): write_value(value) for key, value in entries.items()}


def _same(value: Any) -> Any:
    return value


def _structure_struct(converter: BaseConverter, cls: type[Struct]) -> Any:
    members = [(member.name, member.wire_name, *_late_reader(converter, member.annotation)) for member in cls._members]
    # What calling the class adds to attrs' constructor is for people; a long list is read 20 % faster without it.
    plain = partial(type.__call__, cls)

    def structure(data: Any, _: Any) -> Any:
        if not isinstance(data, dict | Mapping):
            raise WrongTypeError(AN_OBJECT, data)
        values = {}
        for name, wire_name, read, annotation in members:
            value = data.get(wire_name)
            if value is not None:
                values[name] = read(value, annotation)
        return plain(**values)

    return structure


# Strings and maps are iterable like lists, so these two look at the type first.
def _structure_list(converter: BaseConverter, annotation: Any) -> Any:
    read, of = _late_reader(converter, get_args(annotation)[0])

    def structure(data: Any, _: Any) -> Any:
        if not isinstance(data, list | tuple):
            raise WrongTypeError(AN_ARRAY, data)
        return tuple([read(item, of) for item in data])

    return structure


def _structure_map(converter: BaseConverter, annotation: Any) -> Any:
    (read_key, of_keys), (read_value, of_values) = (_late_reader(converter, part) for part in get_args(annotation))

    def structure(data: Any, _: Any) -> Any:
        if not isinstance(data, dict | Mapping):
            raise WrongTypeError(A_MAP, data)
        return {read_key(key, of_keys): read_value(value, of_values) for key, value in data.items()}

    return structure


AN_OBJECT = "a JSON object"
AN_ARRAY = "an array"
A_MAP = "an object"


def present(annotation: Any) -> Any:
    """Return the type of a present member. Nulls count as absent, so no hook has to check for them."""
    if get_origin(annotation) is UnionType:
        return next(part for part in get_args(annotation) if part is not NoneType)
    return annotation


_SENT_AS_THEY_ARE = frozenset({str, int, bool, Any})
_READ_AT_ONCE = frozenset({str, int, bool})


def _late_writer(converter: BaseConverter, annotation: Any) -> Callable[[Any], Any] | None:
    """Return a hook that finds its own on first use, since most structs are never used; None if it changes nothing."""
    annotation = present(annotation)
    if annotation in _SENT_AS_THEY_ARE:
        return None
    hook: Any = None

    def write(value: Any) -> Any:
        nonlocal hook
        if hook is None:
            hook = _writer(annotation, converter)
        return hook(value)

    return write


def _late_reader(converter: BaseConverter, annotation: Any) -> tuple[Callable[[Any, Any], Any], Any]:
    """Return a hook that finds its own on first use, and the type to call it with."""
    annotation = present(annotation)
    if annotation in _READ_AT_ONCE:
        return _reader(annotation, converter), annotation
    hook: Any = None

    def read(data: Any, of: Any) -> Any:
        nonlocal hook
        if hook is None:
            hook = _reader(annotation, converter)
        return hook(data, of)

    return read, annotation


def _register_scalars(converter: BaseConverter) -> None:
    for scalar, expected in ((str, "a string"), (bool, "true or false"), (int, "an integer")):
        converter.register_structure_hook(scalar, _exactly(scalar, expected))
    converter.register_structure_hook(bytes, _read_bytes)
    converter.register_structure_hook_func(_is_enum, _read_enum)
    converter.register_structure_hook_func(_is_datetime, _read_timestamp)
    converter.register_unstructure_hook_func(_is_datetime, _write_timestamp)
    converter.register_unstructure_hook(bytes, lambda value: b64encode(value).decode("ascii"))
    converter.register_unstructure_hook(OpenEnum, str.__str__)


def _exactly(scalar: type, expected: str) -> Any:
    def read(data: Any, _: Any) -> Any:
        if type(data) is scalar:
            return data
        # Some servers write every number with a fraction.
        if scalar is int and type(data) is float and data.is_integer() and abs(data) <= _EXACT:
            return int(data)
        raise WrongTypeError(expected, data)

    return read


# Above it, not every whole number is a float.
_EXACT = 2**53


def _read_enum(data: Any, cls: Any) -> Any:
    if type(data) is str:
        return cls(data)
    expected = "a string"
    raise WrongTypeError(expected, data)


def _read_bytes(data: Any, _: Any) -> bytes:
    if type(data) is not str:
        expected = "a base64 string"
        raise WrongTypeError(expected, data)
    try:
        return b64decode(data, validate=True)
    except ValueError:
        expected = "a base64 string"
        raise WrongTypeError(expected, data, "other text") from None


def _read_timestamp(data: Any, _: Any) -> datetime:
    if type(data) is str:
        return _read_date(data)
    if type(data) not in (int, float):
        raise WrongTypeError(_A_MOMENT, data)
    try:
        return _moment(data)
    except (OverflowError, ValueError):
        raise WrongTypeError(_A_MOMENT, data) from None


_A_MOMENT = "a number of seconds since 1970 or a date"
_NUMBER = r"[+-]?[0-9]{1,20}(\.[0-9]*)?"


def _moment(seconds: float) -> datetime:
    from datetime import UTC, datetime, timedelta

    # Added to the epoch, since on some platforms fromtimestamp() refuses times before 1970.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _read_date(text: str) -> datetime:
    """Read a date that came as text, in the forms that botocore reads: a number, ISO 8601, or an HTTP date."""
    from datetime import UTC, datetime

    text = text.strip().upper()
    if re.fullmatch(_NUMBER, text):
        return _read_timestamp(float(text), None)
    try:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            from email.utils import parsedate_to_datetime  # only for such a date

            moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        raise WrongTypeError(_A_MOMENT, text, "other text") from None


def _write_timestamp(value: datetime) -> int | float:
    seconds = value.timestamp()
    return int(seconds) if seconds.is_integer() else seconds
