"""Settings that take one name or several: app clients, regions, scopes, groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Names: TypeAlias = str | Iterable[str]


def names(given: Names) -> frozenset[str]:
    """Return a set of names; a string is one name."""
    return frozenset((given,)) if isinstance(given, str) else frozenset(given)


def scopes(given: Names) -> frozenset[str]:
    """Return a set of scopes; a string holds them as OAuth 2.0 has it, with spaces between."""
    return frozenset(given.split() if isinstance(given, str) else given)
