"""Read data that a struct's hook refuses as a whole, member by member: what can be read, and what is wrong.

Loaded with the first such answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from .._protocol.redaction import Opaque
from .convert import A_MAP, AN_ARRAY, AN_OBJECT, WrongTypeError, is_struct, present, read_value
from .shapes import Document, Path, fault
from .struct import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._errors import Fault

S = TypeVar("S", bound=Struct)

_CONTAINERS: dict[Any, tuple[Any, str]] = {tuple: (list | tuple, AN_ARRAY), Mapping: (Mapping, A_MAP)}


def salvaged(cls: type[S], data: Mapping[str, Any]) -> tuple[Opaque[S], tuple[Fault, ...]]:
    """Return a response struct with everything in a JSON object that can be read, and faults for what can't.

    A member that can't be read is None. In a list or a map, an item or an entry that can't be read is left out.
    """
    faults: list[Fault] = []
    return Opaque(cls(**members_of(cls, data, (), faults))), tuple(faults)


def members_of(cls: type[Struct], data: Mapping[str, Any], path: Path, faults: list[Fault]) -> dict[str, Any]:
    """Return the members that can be read, by name."""
    members = {}
    for member in cls._members:
        value = data.get(member.wire_name)
        if value is not None:
            read = (
                _copied_document if isinstance(member.shape, Document) else partial(_read, present(member.annotation))
            )
            members[member.name] = _read_or_fault(read, value, member.label, (*path, member.step), faults)
    return members


def _copied_document(value: Any, label: str, path: Path, faults: list[Fault]) -> Any:  # noqa: ARG001 - like `_read`
    return Document().own(value)


def _read_or_fault(read: Callable[..., Any], data: Any, label: str, path: Path, faults: list[Fault]) -> Any:
    try:
        return read(data, label, path, faults)
    except WrongTypeError as error:
        problem = str(error)
    except RecursionError:
        problem = "is nested too deeply"
    faults.append(fault(label, path, problem))
    return None


def _read(annotation: Any, data: Any, label: str, path: Path, faults: list[Fault]) -> Any:
    """Return a value without the parts that can't be read.

    Raises:
        WrongTypeError: it can't be read at all.
    """
    if is_struct(annotation):
        if not isinstance(data, Mapping):
            raise WrongTypeError(AN_OBJECT, data)
        return annotation(**members_of(annotation, data, path, faults))
    container, expected = _CONTAINERS.get(get_origin(annotation), (None, ""))
    if container is None:
        return read_value(annotation, data)
    if not isinstance(data, container):
        raise WrongTypeError(expected, data)
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
