"""What somebody probably meant by a name that doesn't exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# The likeness of two names that differ by a slip. Operations share their verbs and nouns, so less says nothing there.
SLIP: Final = 0.85


def key(name: str) -> str:
    """Return a name without case and separators: `ListUsers`, `listUsers`, `list_users` and `list-users` are one."""
    return "".join(filter(str.isalnum, name)).casefold()


def near(name: str, known: Iterable[str], least: float = 0.6) -> str | None:
    """Return the known name that is spelled most like this one, or None if no likeness reaches `least` (0 to 1)."""
    by_key = {key(other): other for other in known}
    wanted = key(name)
    if wanted in by_key:
        return by_key[wanted]
    import difflib

    close = difflib.get_close_matches(wanted, by_key, n=1, cutoff=least)
    return by_key[close[0]] if close else None


def did_you_mean(match: str | None) -> str:
    """Return the end of a message about a name: a question, or nothing if no known name is near."""
    return "" if match is None else f"; did you mean {match}?"
