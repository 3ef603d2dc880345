"""How secrets look in a `repr`."""

from __future__ import annotations

from typing import Any

REDACTED = "'***'"


class Secrets(dict[str, Any]):
    """A dict whose `repr` shows nothing: error reporters print the local variables of every frame."""

    def __repr__(self) -> str:
        """Show that there are some."""
        return f"{{{len(self)} secrets}}"


class SecretBytes(bytes):
    """Bytes whose `repr` shows their number only."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show how many there are."""
        return f"<{len(self)} bytes>"


def redacted(value: object) -> str:
    """Return what stands for a secret; an absent one is no secret."""
    return "None" if value is None else REDACTED


def one_line(text: str) -> str:
    """Return a text whose line breaks and control characters are spaces: it must not look like lines of its own."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
