"""Convert structs to wire data and back with cattrs: exact wire names, hooks compiled on first use.

The wire names are data beside the members (`shapes.wire`). Absent members (None) are left out, empty maps and lists are
kept, unknown members in the service's data are ignored, and a JSON null counts as absent, in lists and maps as well.

Compiled hooks refuse what they can't read as a whole, without saying why. Only then are the data read again, member by
member (`salvaged`).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from .._errors import Fault, InvalidResponseError, RequestValidationError
from .._protocol.arguments import described
from .._protocol.redaction import Opaque
from .._protocol.tracebacks import clears_frames
from .enums import OpenEnum
from .shapes import Document, Path, fault
from .struct import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from cattrs import Converter

S = TypeVar("S", bound=Struct)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    if not _is_struct(cls):
        msg = f"from_wire() takes cls=, the class of a struct, not {described(cls)}"
        raise TypeError(msg)
    struct = read_struct(cls, data)
    if struct is not None:
        return struct
    if not isinstance(data, Mapping):
        problem = f"{cls.__name__}: data {_WrongType(_AN_OBJECT, data)}"
        raise InvalidResponseError(problem)
    faults: list[Fault] = []
    members = _members_of(cls, data, (), faults)
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
    except Exception:  # noqa: BLE001 - compiled hooks may raise anything
        return None
    return struct


def salvaged(cls: type[S], data: Mapping[str, Any]) -> tuple[Opaque[S], tuple[Fault, ...]]:
    """Return a response struct with everything in a JSON object that can be read, and faults for what can't.

    A member that can't be read is None. In a list or a map, an item or an entry that can't be read is left out.
    """
    faults: list[Fault] = []
    return Opaque(cls(**_members_of(cls, data, (), faults))), tuple(faults)


def compile_hooks(cls: type[Struct]) -> None:
    """Compile the converters of a struct and its members, in both directions, before first use."""
    _compile(cls, set())


def _compile(cls: Any, seen: set[Any]) -> None:
    if cls in seen or cls in (Any, NoneType, Ellipsis):
        return
    seen.add(cls)
    if get_origin(cls) is not UnionType:
        _writer(cls, _converter())
        _reader(cls, _converter())
    for part in [member.annotation for member in cls._members] if _is_struct(cls) else get_args(cls):
        _compile(part, seen)


def _members_of(cls: type[Struct], data: Mapping[str, Any], path: Path, faults: list[Fault]) -> dict[str, Any]:
    """Return the members that can be read, by name."""
    members = {}
    for member in cls._members:
        value = data.get(member.wire_name)
        if value is not None:
            read = (
                _copied_document if isinstance(member.shape, Document) else partial(_read, _present(member.annotation))
            )
            members[member.name] = _read_or_fault(read, value, member.label, (*path, member.step), faults)
    return members


def _copied_document(value: Any, label: str, path: Path, faults: list[Fault]) -> Any:  # noqa: ARG001 - like `_read`
    return Document().own(value)


def _read_or_fault(read: Callable[..., Any], data: Any, label: str, path: Path, faults: list[Fault]) -> Any:
    try:
        return read(data, label, path, faults)
    except _WrongType as error:
        problem = str(error)
    except RecursionError:
        problem = "is nested too deeply"
    faults.append(fault(label, path, problem))
    return None


def _read(annotation: Any, data: Any, label: str, path: Path, faults: list[Fault]) -> Any:
    """Return a value without the parts that can't be read.

    Raises:
        _WrongType: it can't be read at all.
    """
    if _is_struct(annotation):
        if not isinstance(data, Mapping):
            raise _WrongType(_AN_OBJECT, data)
        return annotation(**_members_of(annotation, data, path, faults))
    container, expected = _CONTAINERS.get(get_origin(annotation), (None, ""))
    if container is None:
        return _reader(annotation, _converter())(data, annotation)
    if not isinstance(data, container):
        raise _WrongType(expected, data)
    if container is Mapping:
        key_type, value_type = get_args(annotation)
        entries = (
            (
                _read_or_fault(partial(_read, key_type), key, label, path, faults),
                _read_or_fault(partial(_read, value_type), value, label, (*path, (key,)), faults),
            )
            for key, value in data.items()
            if value is not None
        )
        return {key: value for key, value in entries if key is not None and value is not None}
    read = partial(_read, get_args(annotation)[0])
    items = (
        _read_or_fault(read, item, label, (*path, index), faults) for index, item in enumerate(data) if item is not None
    )
    return tuple(item for item in items if item is not None)


class _WrongType(TypeError):
    def __init__(self, expected: str, value: Any, actual: str | None = None) -> None:
        super().__init__(f"must be {expected}, not {actual or type(value).__name__}")


# Cached here, since a converter would compile a struct's hook again for each member of that type.
@cache
def _writer(annotation: Any, converter: Converter) -> Callable[[Any], Any]:
    return converter.get_unstructure_hook(annotation)


@cache
def _reader(annotation: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    return converter.get_structure_hook(annotation)


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(detailed_validation=False)
    _register_scalars(converter)
    converter.register_unstructure_hook_factory(_is_struct, lambda cls: _unstructure_hook(cls, converter))
    converter.register_structure_hook_factory(_is_struct, lambda cls: _structure_hook(cls, converter))
    return converter


def _is_struct(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Struct)


def _is_enum(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, OpenEnum)


def _unstructure_hook(cls: type[Struct], converter: Converter) -> Any:
    from cattrs.gen import make_dict_unstructure_fn, override

    members: dict[str, Any] = {"metadata": override(omit=True)}
    for member in cls._members:
        annotation = _present(member.annotation)
        hook = converter.get_unstructure_hook if annotation in _SCALARS else partial(_late_writer, converter)
        members[member.name] = override(rename=member.wire_name, unstruct_hook=hook(annotation))
    return make_dict_unstructure_fn(cls, converter, _cattrs_omit_if_default=True, **members)


def _structure_hook(cls: type[Struct], converter: Converter) -> Any:
    from cattrs.gen import make_dict_structure_fn, override

    members: dict[str, Any] = {"metadata": override(omit=True)}
    for member in cls._members:
        annotation = _present(member.annotation)
        hook = converter.get_structure_hook if annotation in _SCALARS else partial(_late_reader, converter)
        members[member.name] = override(rename=member.wire_name, struct_hook=hook(annotation))
    read: Any = make_dict_structure_fn(cls, converter, _cattrs_detailed_validation=False, **members)
    # What calling the class adds to attrs' constructor is for people; a long list is read 20 % faster without it.
    plain = partial(type.__call__, cls)
    read.__defaults__ = tuple(plain if value is cls else value for value in read.__defaults__ or ())

    def structure(data: Any, _: Any) -> Any:
        if type(data) is not dict:
            if not isinstance(data, Mapping):
                raise _WrongType(_AN_OBJECT, data)
            data = dict(data)
        if None in data.values():
            data = {name: value for name, value in data.items() if value is not None}
        return read(data, cls)

    return structure


_SCALARS = frozenset({str, int, bool})
_AN_OBJECT = "a JSON object"


def _present(annotation: Any) -> Any:
    """Return the type of a present member. Nulls were removed before, so no hook has to check for them."""
    if get_origin(annotation) is UnionType:
        return next(part for part in get_args(annotation) if part is not NoneType)
    return annotation


def _late_writer(converter: Converter, annotation: Any) -> Any:
    """Return a hook that is compiled when the member is first present: most structs are never used."""
    hook: Any = None

    def write(value: Any) -> Any:
        nonlocal hook
        if hook is None:
            hook = _writer(annotation, converter)
        return hook(value)

    return write


def _late_reader(converter: Converter, annotation: Any) -> Any:
    """Return a hook that is compiled on first use. A hook for a list or a map refuses look-alikes."""
    container, expected = _CONTAINERS.get(get_origin(annotation), (None, ""))
    hook: Any = None

    def read(data: Any, _: Any) -> Any:
        nonlocal hook
        if hook is None:
            hook = _reader(annotation, converter)
        if container is not None and not isinstance(data, container):
            raise _WrongType(expected, data)
        return hook(data, annotation)

    return read


# Strings and maps are iterable like lists, so hooks would accept them as lists.
_CONTAINERS: dict[Any, tuple[Any, str]] = {tuple: (list | tuple, "an array"), Mapping: (Mapping, "an object")}


def _register_scalars(converter: Converter) -> None:
    for scalar, expected in ((str, "a string"), (bool, "true or false"), (int, "an integer")):
        converter.register_structure_hook(scalar, _exactly(scalar, expected))
    converter.register_structure_hook(bytes, _read_bytes)
    converter.register_structure_hook(datetime, _read_timestamp)
    converter.register_structure_hook_func(_is_enum, _read_enum)
    converter.register_unstructure_hook(bytes, lambda value: b64encode(value).decode("ascii"))
    converter.register_unstructure_hook(datetime, _write_timestamp)
    converter.register_unstructure_hook(OpenEnum, str.__str__)


def _exactly(scalar: type, expected: str) -> Any:
    def read(data: Any, _: Any) -> Any:
        if type(data) is scalar:
            return data
        # Some servers write every number with a fraction.
        if scalar is int and type(data) is float and data.is_integer() and abs(data) <= _EXACT:
            return int(data)
        raise _WrongType(expected, data)

    return read


# Above it, not every whole number is a float.
_EXACT = 2**53


def _read_enum(data: Any, cls: Any) -> Any:
    if type(data) is str:
        return cls(data)
    expected = "a string"
    raise _WrongType(expected, data)


def _read_bytes(data: Any, _: Any) -> bytes:
    if type(data) is not str:
        expected = "a base64 string"
        raise _WrongType(expected, data)
    try:
        return b64decode(data, validate=True)
    except ValueError:
        expected = "a base64 string"
        raise _WrongType(expected, data, "other text") from None


def _read_timestamp(data: Any, _: Any) -> datetime:
    if type(data) is str:
        return _read_date(data)
    if type(data) not in (int, float):
        raise _WrongType(_A_MOMENT, data)
    try:
        # Added to the epoch, since on some platforms fromtimestamp() refuses times before 1970.
        return _EPOCH + timedelta(seconds=data)
    except (OverflowError, ValueError):
        raise _WrongType(_A_MOMENT, data) from None


_A_MOMENT = "a number of seconds since 1970 or a date"
_NUMBER = r"[+-]?[0-9]{1,20}(\.[0-9]*)?"


def _read_date(text: str) -> datetime:
    """Read a date that came as text, in the forms that botocore reads: a number, ISO 8601, or an HTTP date."""
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
        raise _WrongType(_A_MOMENT, text, "other text") from None


def _write_timestamp(value: datetime) -> int | float:
    seconds = value.timestamp()
    return int(seconds) if seconds.is_integer() else seconds
