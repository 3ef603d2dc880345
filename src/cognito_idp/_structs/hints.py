"""What a struct says about names that it doesn't have, and mappings that stand for a struct.

boto3 writes members as the service does (`UserPoolId`), in dicts. Structs have them in snake case, as attributes. This
module is loaded when a name is missing or a mapping is given; nothing here runs for a struct that is used as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import attrs

from .._errors import Fault, RequestValidationError
from .._protocol.spelling import did_you_mean, near
from .shapes import REQUIRED, ListOf, MapOf, Nested, PairsOf, Path, Shape, fault
from .struct import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .struct import MemberInfo, Struct

_METHODS_OF_DICTS: Final = frozenset({"copy", "get", "items", "keys", "pop", "setdefault", "update", "values"})

# Of users and devices, which the members of a struct may be spelled nearly like.
_STANDARD_ATTRIBUTES: Final = frozenset(
    {
        "device_name",
        "device_status",
        "email",
        "family_name",
        "given_name",
        "middle_name",
        "name",
        "nickname",
        "preferred_username",
        "profile",
        "sub",
    }
)


def member_meant(cls: type[Struct], name: object) -> str | None:
    """Return the member that a name stands for: boto3's name of it, or one that is spelled nearly like it."""
    if not isinstance(name, str):
        return None
    names = {member.wire_name: member.name for member in cls._members}
    if issubclass(cls, Response):
        names["ResponseMetadata"] = "metadata"
    return names.get(name) or near(name, names.values())


def no_attribute(cls: type[Struct], name: str) -> str:
    """Return the message for an attribute that a struct doesn't have."""
    if name in _METHODS_OF_DICTS:
        return f"{cls.__name__} has no attribute {name!r}: {_not_a_dict(cls, None)}"
    meant = member_meant(cls, name)
    hint = did_you_mean(meant)
    if (meant is None or name in _STANDARD_ATTRIBUTES) and any(_lists_attributes(member) for member in cls._members):
        hint = f"; for an attribute of the user or device, use attributes_of(...).get({name!r})"
    return f"{cls.__name__} has no attribute {name!r}{hint}"


def _lists_attributes(member: MemberInfo) -> bool:
    return isinstance(member.shape, PairsOf) and member.shape.item.struct.__name__ == "AttributeType"


def no_item(cls: type[Struct], key: object) -> str:
    """Return the message for a struct that is used as a dict."""
    return f"{cls.__name__} is not a dict: {_not_a_dict(cls, member_meant(cls, key))}"


def _not_a_dict(cls: type[Struct], meant: str | None) -> str:
    if meant is not None:
        return f"its members are attributes, so use .{meant} (None if absent)"
    first = f", such as .{cls._members[0].name}" if cls._members else ""
    return f"its members are attributes{first}"


def no_positional(name: str, cls: type[Struct], argument: object, instead: str | None = None) -> str:
    """Return the message for a positional argument of a struct or of a client's method, without the argument.

    `instead` is the client's method that takes the request struct itself.
    """
    example = f", such as {cls._members[0].name}=" if cls._members else ""
    hint = ""
    if instead is not None and isinstance(argument, Request):
        hint = f"; to send a request struct, use client.{instead}(request)"
    elif instead == "send" and isinstance(argument, Mapping):
        hint = (
            f"; for a dict with the service's names, use client.call({cls.__name__.removesuffix('Request')!r}, members)"
        )
    return f"{name}() takes no positional arguments: its members are keyword arguments{example}{hint}"


def refusal(cls: type[Struct], members: Mapping[str, Any]) -> RequestValidationError | None:
    """Return the error for arguments with names that aren't members, with all other faults; None if all names are."""
    fields = {field.name for field in attrs.fields(cls)}  # type: ignore[arg-type]  # every struct with an `__init__` is attrs'
    unknown = {name: member_meant(cls, name) for name in members if name not in fields}
    if not unknown:
        return None
    faults = [Fault(f"{cls.__name__}.{name}", name, _unknown(meant)) for name, meant in unknown.items()]
    faults += _others(cls, {name: value for name, value in members.items() if name in fields}, (), unknown.values())
    return RequestValidationError(cls.__name__, tuple(faults))


def _unknown(meant: str | None) -> str:
    return f"is not a member{did_you_mean(meant)}"


def _others(cls: type[Struct], members: Mapping[str, Any], path: Path, meant: Iterable[str | None]) -> list[Fault]:
    """Return what else is wrong with a struct; a member that was meant by an unknown name isn't missing as well."""
    if issubclass(cls, Response):
        return []
    struct = object.__new__(cls)
    faults: list[Fault] = []
    # A request's own check is done again below, and a value that can't be copied is not the fault to report.
    with suppress(RequestValidationError, TypeError):
        cls._unguarded_init(struct, **members)
    take_mappings(struct)
    struct._check(path, faults)
    present = {(*path, f".{name}") for name in meant if name is not None}
    missing = {fault("", place, REQUIRED).path for place in present}
    return [found for found in faults if not (found.problem == REQUIRED and found.path in missing)]


def take_mappings(struct: Struct) -> bool:
    """Put structs in place of the mappings that stand for them; return whether there were any."""
    changed = False
    for member in struct._members:  # noqa: SLF001 - the facts about the struct
        value = getattr(struct, member.name)
        taken = _taken(member.shape, value)
        if taken is not value:
            object.__setattr__(struct, member.name, taken)
            changed = True
    return changed


def _taken(shape: Shape, value: Any) -> Any:
    match shape:
        case Nested() if isinstance(value, Mapping):
            return struct_from(shape.struct, value)
        case ListOf() if isinstance(value, tuple):
            items = tuple(_taken(shape.item, item) for item in value)
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        case MapOf() if isinstance(value, dict):
            entries = {key: _taken(shape.value, item) for key, item in value.items()}
            return entries if any(entries[key] is not value[key] for key in value) else value
    return value


def struct_from(cls: type[Struct], mapping: Mapping[Any, Any]) -> Any:
    """Return the struct that a mapping stands for, or the mapping if its keys are not all of one kind.

    The keys are the members' names, or all of them boto3's.
    """
    members, faults = _members_of(cls, mapping, ())
    return mapping if faults else cls(**members)


def check_mapping(cls: type[Struct], mapping: Mapping[Any, Any], path: Path, faults: list[Fault]) -> None:
    """Append a fault for everything wrong with a mapping that `struct_from` didn't take."""
    members, own = _members_of(cls, mapping, path)
    meant = [member_meant(cls, key) for key in mapping]
    faults += [*own, *_others(cls, members, path, meant)]


def _members_of(cls: type[Struct], mapping: Mapping[Any, Any], path: Path) -> tuple[dict[str, Any], list[Fault]]:
    by_name: dict[str, MemberInfo] = {member.name: member for member in cls._members}
    by_wire_name = {member.wire_name: member for member in cls._members}
    members: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, value in mapping.items():
        member = (by_name.get(key) or by_wire_name.get(key)) if isinstance(key, str) else None
        if member is not None:
            members[member.name] = value
        elif (meant := member_meant(cls, key)) is not None:
            faults.append(fault(f"{cls.__name__}.{key}", (*path, f".{key}"), _unknown(meant)))
        else:
            # A key that is near to no name could be a misplaced value, so it is not shown.
            faults.append(fault(cls.__name__, path, "has a key that is not the name of a member"))
    known = [key for key in mapping if key in by_name or key in by_wire_name]
    if not (all(key in by_name for key in known) or all(key in by_wire_name for key in known)):
        wire_name = next(key for key in known if key not in by_name)
        problem = f"mixes member names with boto3's: {wire_name} is {by_wire_name[wire_name].name}"
        faults.append(fault(cls.__name__, path, problem))
    return members, faults
