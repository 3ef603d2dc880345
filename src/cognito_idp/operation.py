"""What makes the declared operation methods work: each makes its request struct out of its arguments and sends it.

A method's signature and docstring are for people and type checkers; at run time these decorators put one short function
in its place. It hands all arguments to the struct, which reports everything that is wrong with them at once.
"""

from __future__ import annotations

import functools
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

from .exception_base import RequestValidationError
from .lazy import load_type
from .redaction import Secrets
from .shapes import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .struct import Request

Method = TypeVar("Method", bound="Callable[..., Any]")


def made_request(name: str, members: dict[str, Any]) -> Request[Any]:
    """Make a request struct by its name.

    Raises:
        RequestValidationError: a member does not exist, is missing, or breaks its bounds.
    """
    cls: type[Request[Any]] = load_type(name)
    # The struct's own error is left behind: its traceback leads through `__init__`, whose arguments are secrets.
    try:
        return cls(**members)
    except RequestValidationError as error:
        faults = error.faults
    except TypeError:
        faults = _unknown_members(cls, members)
        if not faults:
            raise
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
    import difflib

    close = difflib.get_close_matches(member, known, n=1)
    return f"is not a member; did you mean {close[0]}?" if close else "is not a member"


def operation(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the sync client send the named request struct."""

    def decorate(declared: Method) -> Method:
        @functools.wraps(declared)
        def method(self: Any, **members: Any) -> Any:
            made = made_request(request, Secrets(members))
            del members  # so that no traceback shows a password
            return self.send(made)

        return method  # type: ignore[return-value]  # it takes what the declaration takes

    return decorate


def async_operation(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the async client send the named request struct."""

    def decorate(declared: Method) -> Method:
        @functools.wraps(declared)
        async def method(self: Any, **members: Any) -> Any:
            made = made_request(request, Secrets(members))
            del members  # so that no traceback shows a password
            return await self.send(made)

        return method  # type: ignore[return-value]

    return decorate


def pages_of(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the sync client iterate over the items of all pages."""

    def decorate(declared: Method) -> Method:
        @functools.wraps(declared)
        def method(self: Any, **members: Any) -> Iterator[Any]:
            made = made_request(request, Secrets(members))
            return (item for page in self.paginate(made) for item in made.operation.items(page))

        return method  # type: ignore[return-value]

    return decorate


def async_pages_of(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the async client iterate over the items of all pages."""

    def decorate(declared: Method) -> Method:
        @functools.wraps(declared)
        def method(self: Any, **members: Any) -> AsyncIterator[Any]:
            made = made_request(request, Secrets(members))
            return _async_items(self.paginate(made), made)

        return method  # type: ignore[return-value]

    return decorate


async def _async_items(pages: Any, made: Request[Any]) -> AsyncIterator[Any]:
    # A walk that is left early closes the pages, too: trio warns of generators that the garbage collector has to close.
    async with aclosing(pages):
        async for page in pages:
            for item in made.operation.items(page):
                yield item
