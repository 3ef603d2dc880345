"""What somebody probably meant by a name that doesn't exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# The fewest letters of a name for which one slip is not another word.
_LEAST_LETTERS: Final = 4
# The likeness of two names that differ by a slip. Operations share their verbs and nouns, so less says nothing there.
SLIP: Final = 0.85


def key(name: str) -> str:
    """Return a name without case and separators: `ListUsers`, `listUsers`, `list_users` and `list-users` are one."""
    return "".join(filter(str.isalnum, name)).casefold()


def near(name: str, known: Iterable[str], least: float = 0.6) -> str | None:
    """Return the known name that is spelled most like this one, or None if no likeness reaches `least` (0 to 1).

    One slip of the fingers is always near enough: two letters swapped, one missing, one too many, or a wrong one. In a
    short name that costs more likeness than `least` may allow.
    """
    by_key = {key(other): other for other in known}
    wanted = key(name)
    if wanted in by_key:
        return by_key[wanted]
    slips = [other for other in by_key if is_one_slip(wanted, other)]
    if slips:
        return by_key[slips[0]]
    import difflib

    close = difflib.get_close_matches(wanted, by_key, n=1, cutoff=least)
    return by_key[close[0]] if close else None


def is_one_slip(name: str, other: str) -> bool:
    """Return whether two different names differ by one slip of the fingers."""
    if min(len(name), len(other)) < _LEAST_LETTERS or abs(len(name) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(name, other, strict=False)) if a != b), min(len(name), len(other)))
    rest, other_rest = name[start:], other[start:]
    one_too_many, one_missing, one_wrong = rest[1:] == other_rest, rest == other_rest[1:], rest[1:] == other_rest[1:]
    swapped = rest[1::-1] + rest[2:]
    return one_too_many or one_missing or one_wrong or swapped == other_rest


def did_you_mean(match: str | None) -> str:
    """Return the end of a message about a name: a question, or nothing if no known name is near."""
    return "" if match is None else f"; did you mean {match}?"
