"""Operations and enum values as people write them: which ones can't be meant, and what was probably meant instead.

An operation that this version doesn't know may be newer than it, so a call by name sends it. A name that differs from a
known one only in case or separators is a slip, since the service will hardly name two operations so much alike. Values
that this version doesn't know are always sent; if the service refuses them, the error says what is near. The command
line says it before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .._errors import ServiceError
from .._protocol.spelling import SLIP, did_you_mean, key, near
from .._structs.enums import OpenEnum
from .._structs.shapes import fault
from .._structs.struct import Struct
from ..model.index import HOMES, load_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._errors import Fault
    from .._flow.effects import Flow
    from .._structs.shapes import Path
    from .._structs.struct import Request

R = TypeVar("R")

# What AWS's services say of an operation that they don't know; the second is that of the older protocols.
_NOT_KNOWN: Final = ("UnknownOperationException", "InvalidAction")
_OPERATION: Final = re.compile(r"[A-Z][A-Za-z0-9]{1,127}")


def request_type(operation: str) -> type[Request[Any]] | None:
    """Return the class of an operation's request struct; None if this version doesn't know the operation."""
    name = f"{operation}Request"
    return load_type(name) if name in HOMES else None


def operation_meant(name: object) -> str | None:
    """Return the operation that a name is near to, or None."""
    if not isinstance(name, str):
        return None
    return near(name, (home.removesuffix("Request") for home in HOMES if home.endswith("Request")), SLIP)


def problem_of(name: object) -> str | None:
    """Return why an unknown name can't be an operation's, or None if the service may know it."""
    meant = operation_meant(name)
    if not isinstance(name, str) or not _OPERATION.fullmatch(name):
        return f"must be the name of an operation, such as 'ListUsers'{did_you_mean(meant)}"
    if meant is not None and key(meant) == key(name):
        return f"is not the name of an operation{did_you_mean(meant)}"
    return None


# What a client of boto3 has, and what does the same here.
_BOTO3: Final = {
    "can_paginate": "paginate() refuses an operation that has no pages",
    "exceptions": "import the exceptions from cognito_idp",
    "get_paginator": "iterate over iter_list_users(), or over paginate()",
    "get_waiter": "use wait_for()",
    "meta": "use region",
}


def no_method(cls: type, name: str) -> str:
    """Return the message for an attribute that a client doesn't have."""
    hint = ""
    if name in _BOTO3:
        hint = f"; {_BOTO3[name]}"
    elif not name.startswith("_"):
        hint = did_you_mean(near(name, (method for method in dir(cls) if not method.startswith("_")), SLIP))
    return f"{cls.__name__!r} object has no attribute {name!r}{hint}"


def with_hint(flow: Flow[R], name: str) -> Flow[R]:
    """Return the flow of a call; if the service doesn't know the operation either, a note says what is near."""
    try:
        return (yield from flow)
    except ServiceError as error:
        meant = operation_meant(name) if error.code in _NOT_KNOWN else None
        if meant is not None:
            error.add_note(f"{name} is not an operation that this version knows{did_you_mean(meant)}")
        raise


# The codes with which the service refuses a value, whatever the operation.
_REFUSED_VALUE: Final = frozenset(
    {
        "InvalidOAuthFlowException",
        "InvalidParameterException",
        "SerializationException",
        "UnsupportedTokenTypeException",
        "ValidationError",
        "ValidationException",
    }
)


def add_value_hints(error: ServiceError, request: Request[Any]) -> None:
    """Note on the error of a refused request which of its enum values this version doesn't know, and what is near."""
    if error.code in _REFUSED_VALUE:
        for slip in value_slips(request):
            error.add_note(str(slip))


def value_slips(request: Request[Any], least: float = 0.6) -> Iterator[Fault]:
    """Yield the enum values of a request that this version doesn't know, where a known one is near.

    `least` is as for `near`.
    """
    return _slips(request, type(request).__name__, (), least, sensitive=False)


def _slips(value: Any, label: str, path: Path, least: float, *, sensitive: bool) -> Iterator[Fault]:
    if isinstance(value, Struct):
        for member in value._members:  # noqa: SLF001 - the facts about the struct
            inner = getattr(value, member.name)
            yield from _slips(
                inner, member.label, (*path, member.step), least, sensitive=sensitive or bool(member.sensitive)
            )
    elif isinstance(value, OpenEnum):
        meant = None if value.is_known else near(value, type(value), least)
        if meant is not None:
            shown = "" if sensitive else f"{str(value)!r} "
            yield fault(label, path, f"{shown}is not a value that this version knows{did_you_mean(meant)}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _slips(item, label, (*path, index), least, sensitive=sensitive)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _slips(name, label, path, least, sensitive=sensitive)
            yield from _slips(item, label, (*path, (name,)), least, sensitive=sensitive)
