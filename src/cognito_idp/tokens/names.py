"""Settings that accept one name or several: app clients, regions, scopes, groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Names: TypeAlias = str | Iterable[str]


def names(value: Names) -> frozenset[str]:
    """Return a set of names. A string is one name."""
    return frozenset((value,)) if isinstance(value, str) else frozenset(value)


def scopes(value: Names) -> frozenset[str]:
    """Return a set of scopes. A string may hold several, separated by spaces as in OAuth 2.0."""
    return frozenset(value.split() if isinstance(value, str) else value)
