"""Masks for secrets: in a `repr`, and in live frames.

Error reporters show a frame's variables, and open mappings, sequences, named tuples and attrs classes. They cut long
strings and bytes, which turns a subclass into a plain string. So a live frame holds its secrets in an object that is
none of these.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Generic, Self, TypeVar

T = TypeVar("T")

REDACTED = "'***'"


class Mask:
    """The `repr=` of an attrs field: hides the value, and says what `reveal` may do with it.

    `kind` is as in `shapes.Member.sensitive`: `secret`, `personal`, or the kind of a map that holds both.
    """

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, value: object) -> str:
        """Return the text to show. None is shown as it is."""
        return "None" if value is None else REDACTED


redacted: Final = Mask("secret")
personal: Final = Mask("personal")
parameters: Final = Mask("parameters")


class Opaque(Generic[T]):
    """A secret that a live frame holds."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __repr__(self) -> str:
        return REDACTED


class Record:
    """Plain data in slots, to be left unchanged. A class whose values may be secret writes its own `repr`.

    A named tuple takes eight times as long to define, and there are two dozen of these in a cold start. Error reporters
    open a tuple, and don't open one of these.
    """

    __slots__ = ()

    _fields: ClassVar[tuple[str, ...]]

    def _replace(self, **changes: Any) -> Self:
        """Return a copy with some values replaced."""
        return type(self)(**{name: getattr(self, name) for name in self._fields} | changes)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self._fields)))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({values})"
