"""Names of operations as people write them: which ones can't be meant, and what was probably meant instead.

An operation that this version doesn't know may be newer than it, so a call by name sends it. A name that differs from a
known one only in case or separators is a slip, since the service will hardly name two operations so much alike.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .._errors import ServiceError
from .._protocol.spelling import SLIP, did_you_mean, key, near
from ..model.index import HOMES, load_type

if TYPE_CHECKING:
    from .._flow.effects import Flow
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


def with_hint(flow: Flow[R], name: str) -> Flow[R]:
    """Return the flow of a call; if the service doesn't know the operation either, a note says what is near."""
    try:
        return (yield from flow)
    except ServiceError as error:
        meant = operation_meant(name) if error.code in _NOT_KNOWN else None
        if meant is not None:
            error.add_note(f"{name} is not an operation that this version knows{did_you_mean(meant)}")
        raise
