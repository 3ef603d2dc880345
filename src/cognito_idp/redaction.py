"""How secrets look in a `repr`."""

from __future__ import annotations

REDACTED = "'***'"


def redacted(value: object) -> str:
    """Return what stands for a secret; an absent one is no secret."""
    return "None" if value is None else REDACTED
