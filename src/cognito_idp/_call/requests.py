"""Request structs from the arguments of a method; one error reports everything that is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import Fault, RequestValidationError
from ..model.index import load_type

if TYPE_CHECKING:
    from .._structs.struct import Request


def made_request(name: str, members: dict[str, Any]) -> Request[Any]:
    """Return a request struct by its name.

    Raises:
        RequestValidationError: a member does not exist, is missing, or breaks its bounds.
    """
    cls: type[Request[Any]] = load_type(name)
    request: Request[Any] = object.__new__(cls)
    try:
        # The constructor is guarded, and so are all callers of this function.
        cls._unguarded_init(request, **members)
    except RequestValidationError as error:
        faults = error.faults
    except TypeError:
        faults = _unknown_members(cls, members)
        if not faults:
            raise
    else:
        return request
    raise RequestValidationError(name, faults)


def _unknown_members(cls: type[Request[Any]], members: dict[str, Any]) -> tuple[Fault, ...]:
    known = {member.name: member.wire_name for member in cls._members}
    return tuple(
        Fault(f"{cls.__name__}.{member}", member, _unknown(member, known)) for member in members if member not in known
    )


def _unknown(member: str, known: dict[str, str]) -> str:
    by_wire_name = {wire_name: name for name, wire_name in known.items()}
    if member in by_wire_name:
        return f"is not a member; {by_wire_name[member]} is"
    from .._protocol.spelling import did_you_mean, near

    return f"is not a member{did_you_mean(near(member, known))}"
