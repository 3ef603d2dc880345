"""The decorators of the declared operation methods: each builds its request struct from its arguments and sends it.

A method's signature and docstring are for people and type checkers. At run time, these decorators replace it by a short
function. It passes all arguments to the struct, which reports everything wrong with them at once.
"""

from __future__ import annotations

from contextlib import aclosing
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from .._protocol.tracebacks import clears_frames

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .._protocol.wire import Operation

    Method = TypeVar("Method", bound=Callable[..., Any])


class _Late:
    """A decorator of a method that is made when it is first looked up: making all 200 takes a millisecond."""

    __slots__ = ("_declared", "_make", "_name", "_owner", "_request")

    def __init__(self, make: Callable[[str, Any], Any], request: str) -> None:
        self._make = make
        self._request = request

    def __call__(self, declared: Any) -> Any:
        self._declared = declared
        return self

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner = owner
        self._name = name

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        method = self._make(self._request, self._declared)
        setattr(self._owner, self._name, method)
        return method.__get__(instance, owner)


def operation(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the sync client send the named request struct."""
    return _Late(_operation, request)


def _operation(request: str, declared: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(declared)
    def method(self: Any, *args: Any, **members: Any) -> Any:
        # Empty while `send` runs, so that this frame shows no arguments. The frames below are cleared.
        box = [members]
        del members
        try:
            if args:
                raise self._no_positional(declared.__name__, request, args[0], "send")
            return self.send(self._request(request, box.pop()))
        finally:
            del self, args, box

    return method


def async_operation(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the async client send the named request struct."""
    return _Late(_async_operation, request)


def _async_operation(request: str, declared: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(declared)
    async def method(self: Any, *args: Any, **members: Any) -> Any:
        box = [members]
        del members
        try:
            if args:
                raise self._no_positional(declared.__name__, request, args[0], "send")
            return await self.send(self._request(request, box.pop()))
        finally:
            del self, args, box

    return method


def pages_of(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the sync client iterate over the items of all pages."""
    return _Late(_pages_of, request)


def _pages_of(request: str, declared: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(declared)
    def method(self: Any, *args: Any, **members: Any) -> Iterator[Any]:
        if args:
            raise self._no_positional(declared.__name__, request, args[0], "paginate")
        message = self._request(request, members)
        return _items(self.paginate(message), message.operation)

    return clears_frames(method)


def async_pages_of(request: str) -> Callable[[Method], Method]:
    """Make a declared method of the async client iterate over the items of all pages."""
    return _Late(_async_pages_of, request)


def _async_pages_of(request: str, declared: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(declared)
    def method(self: Any, *args: Any, **members: Any) -> AsyncIterator[Any]:
        if args:
            raise self._no_positional(declared.__name__, request, args[0], "paginate")
        message = self._request(request, members)
        return _async_items(self.paginate(message), message.operation)

    return clears_frames(method)


# These two drop the page before they fetch the next one, which may fail: their frames come first in a traceback.
def _items(pages: Iterator[Any], operation: Operation[Any]) -> Iterator[Any]:
    for page in pages:
        items = iter(operation.items(page))
        del page
        for item in items:
            yield item
            del item


async def _async_items(pages: Any, operation: Operation[Any]) -> AsyncIterator[Any]:
    # If the caller stops early, the pages are closed, too: trio warns of generators that the garbage collector closes.
    async with aclosing(pages):
        async for page in pages:
            items = iter(operation.items(page))
            del page
            for item in items:
                yield item
                del item
