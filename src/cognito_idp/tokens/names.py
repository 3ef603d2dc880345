"""Settings that accept one name or several: app clients, regions, scopes, groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from .._protocol.arguments import Kind, check

Names: TypeAlias = str | Iterable[str]


def names(value: Names, setting: str) -> frozenset[str]:
    """Return a set of names. A string is one name.

    Raises:
        ConfigError: it is neither; the message names the setting.
    """
    return _checked((value,) if isinstance(value, str) else value, setting)


def scopes(value: Names, setting: str = "required_scopes") -> frozenset[str]:
    """Return a set of scopes. A string may hold several, separated by spaces as in OAuth 2.0."""
    return _checked(value.split() if isinstance(value, str) else value, setting)


def _checked(value: Iterable[str], setting: str) -> frozenset[str]:
    check(_NAMES, **{setting: value})
    each = tuple(value)
    for name in each:
        check(_NAMES_OF_TEXT, **{setting: name})
    return frozenset(each)


_NAMES = Kind("a string or several", lambda value: isinstance(value, Iterable) and not isinstance(value, bytes))
_NAMES_OF_TEXT = Kind("a string or several", lambda value: isinstance(value, str))
