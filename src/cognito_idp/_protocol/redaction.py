"""Masks for secrets: in a `repr`, in live frames, and in what others say.

Error reporters show a frame's variables, and open mappings, sequences, named tuples and attrs classes. They cut long
strings and bytes, which turns a subclass into a plain string. So a live frame holds its secrets in an object that is
none of these.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Generic, Self, TypeVar

from .._errors import one_line

T = TypeVar("T")

REDACTED = "'***'"
_LONGEST_MESSAGE: Final = 500
# So many characters of a secret are a part of it, and not chance.
_PIECE: Final = 8


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


def masked(text: str, secrets: tuple[str, ...]) -> str:
    """Return the beginning of a text as one printable line, with `***` in place of every secret.

    A text that repeats a part of a secret, or the whole of it escaped in some way, is replaced as a whole.
    """
    from html import unescape
    from urllib.parse import unquote

    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    plain = text[:_LONGEST_MESSAGE]
    while (unescaped := unescape(unquote(plain))) != plain:
        plain = unescaped
    pieces = (secret[at : at + _PIECE] for secret in secrets for at in range(max(len(secret) - _PIECE + 1, 1)))
    if any(piece and piece in plain for piece in pieces):
        return "***"
    line = one_line(text)
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}..."
