"""Objects that hold connections: made once, on first use, and closed for good."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Generic, TypeVar

from .._errors import ClientClosedError
from .._flow.locks import new_lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

T = TypeVar("T")


class Lazy(Generic[T]):
    """A transport, alone or with its driver; HTTP libraries are imported only when needed. Threads may share it."""

    __slots__ = ("_lock", "_made_at", "_make", "_on_use_after_close", "_owner", "_transport", "closed", "value")

    def __init__(self, make: Callable[[], T], transport: object, owner: str, on_use_after_close: str) -> None:
        """Take what makes it, the user's `transport=`, the name of its owner's class, and the error after a close."""
        self._make = make
        self._owner = owner
        self._made_at = _caller()
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

    def __del__(self) -> None:
        """Warn of connections that nobody closed. What a user's transport holds is for that to warn of."""
        if getattr(self, "value", None) is not None and isinstance(self._transport, str | None):
            where = "" if self._made_at is None else ", made at {}:{}".format(*self._made_at)
            warnings.warn(
                f"unclosed {self._owner}{where}; use it as a context manager, or close it",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )


def not_copied(owner: object, holds: str, instead: str = "make one in each process") -> TypeError:
    """Return what `__reduce__` raises, which pickling and a deep copy call."""
    name = type(owner).__name__
    article = "an" if name.startswith("A") else "a"
    return TypeError(f"{article} {name} can't be pickled or copied deeply, since it has {holds}: {instead}")


def _caller() -> tuple[str, int] | None:
    """Return the file and the line of the user's code that is running; None if there is none."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - `inspect` has it in public, and takes long to import
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_OWN):
        frame = frame.f_back
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno)


_OWN = __name__.partition(".")[0] + "."
