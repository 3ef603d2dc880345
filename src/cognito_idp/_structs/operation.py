"""What makes the declared operation methods work: each makes its request struct out of its arguments and sends it.

A method's signature and docstring are for people and type checkers; at run time these decorators put one short function
in its place. It hands all arguments to the struct, which reports everything that is wrong with them at once.
"""

from __future__ import annotations

import functools
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

from .._protocol.redaction import Secrets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .struct import Request

Method = TypeVar("Method", bound="Callable[..., Any]")


def operation(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the sync client send the named request struct."""

    def decorate(declared: Method) -> Method:
        @functools.wraps(declared)
        def method(self: Any, **members: Any) -> Any:
            made = self._request(request, Secrets(members))
            del members  # so that no traceback shows a password
            return self.send(made)

        return method  # type: ignore[return-value]  # it takes what the declaration takes

    return decorate


def async_operation(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the async client send the named request struct."""

    def decorate(declared: Method) -> Method:
        @functools.wraps(declared)
        async def method(self: Any, **members: Any) -> Any:
            made = self._request(request, Secrets(members))
            del members  # so that no traceback shows a password
            return await self.send(made)

        return method  # type: ignore[return-value]

    return decorate


def pages_of(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the sync client iterate over the items of all pages."""

    def decorate(declared: Method) -> Method:
        @functools.wraps(declared)
        def method(self: Any, **members: Any) -> Iterator[Any]:
            made = self._request(request, Secrets(members))
            return (item for page in self.paginate(made) for item in made.operation.items(page))

        return method  # type: ignore[return-value]

    return decorate


def async_pages_of(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the async client iterate over the items of all pages."""

    def decorate(declared: Method) -> Method:
        @functools.wraps(declared)
        def method(self: Any, **members: Any) -> AsyncIterator[Any]:
            made = self._request(request, Secrets(members))
            return _async_items(self.paginate(made), made)

        return method  # type: ignore[return-value]

    return decorate


async def _async_items(pages: Any, made: Request[Any]) -> AsyncIterator[Any]:
    # A walk that is left early closes the pages, too: trio warns of generators that the garbage collector has to close.
    async with aclosing(pages):
        async for page in pages:
            for item in made.operation.items(page):
                yield item
