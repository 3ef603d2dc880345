"""Objects that hold connections: made once, on first use, and closed for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from .._errors import ClientClosedError
from .._flow.locks import new_lock

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Lazy(Generic[T]):
    """A transport, alone or with its driver; HTTP libraries are imported only when needed. Threads may share it."""

    __slots__ = ("_lock", "_make", "_on_use_after_close", "_transport", "closed", "value")

    def __init__(self, make: Callable[[], T], transport: object, on_use_after_close: str) -> None:
        """Take the function that makes it, the user's `transport=`, and the error text for use after close."""
        self._make = make
        self._transport = transport
        self._on_use_after_close = on_use_after_close
        self._lock = new_lock()
        self.value: T | None = None
        self.closed = False

    def open(self) -> T:
        """Return the object, made on first use.

        Raises:
            ClientClosedError: it was closed.
        """
        with self._lock:
            if self.closed:
                raise ClientClosedError(self._on_use_after_close)
            if self.value is None:
                self.value = self._make()
            return self.value

    def close(self) -> T | None:
        """Close for good and return the object for the caller to close, or None if there is nothing to close.

        A user's transport is closed even if nothing was sent through it.
        """
        with self._lock:
            is_users_own = not isinstance(self._transport, str | None)
            if is_users_own and self.value is None and not self.closed:
                self.value = self._make()
            self.closed = True
            value, self.value = self.value, None
            return value
