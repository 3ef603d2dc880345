"""What secrets look like to whoever looks: in a `repr`, and in frames that are still at work.

Error reporters show a frame's variables, and open mappings, sequences, named tuples and attrs classes for that; long
strings and bytes they cut, which turns a subclass into the plain thing. So a secret that a live frame needs is in an
object that is none of these.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Self, TypeVar

T = TypeVar("T")

REDACTED = "'***'"


def redacted(value: object) -> str:
    """Return what stands for a secret; an absent one is no secret."""
    return "None" if value is None else REDACTED


class Opaque(Generic[T]):
    """A secret that a live frame holds."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __repr__(self) -> str:
        return REDACTED


class Record:
    """Plain data in slots, with what a named tuple offers but for the tuple. `repr` is left to the class."""

    __slots__ = ()

    _fields: ClassVar[tuple[str, ...]]

    def _replace(self, **changes: Any) -> Self:
        """Return a copy with other values."""
        return type(self)(**{name: getattr(self, name) for name in self._fields} | changes)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self._fields)))
