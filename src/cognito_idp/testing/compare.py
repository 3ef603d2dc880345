"""What differs between two values of this library, with personal data shown: a test's data are its own.

It serves pytest's comparison and the messages of a stub. Secrets that differ are named, not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .._reveal import entries_of, parts_of, revealed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_MOST_ITEMS: Final = 100
_DEPTH: Final = 3


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


_ABSENT: Final = _Absent()


class Gap(NamedTuple):
    """A place where two values differ, and what stands there on the left and on the right, as text."""

    path: str
    left: str
    right: str

    def said(self, between: str) -> str:
        """Return the place and both sides, or, for secrets, that they differ."""
        where = f"{self.path.removeprefix('.')}: " if self.path else ""
        if self.left == self.right:
            return f"{where}{self.left} differs"
        return f"{where}{self.left}{between}{self.right}"


def gaps(left: object, right: object, path: str = "", kind: str = "") -> Iterator[Gap]:
    """Yield every place where two values differ, at any depth; `kind` is what their member holds."""
    if left == right:
        return
    found = [] if kind == "secret" else list(_inside(left, right, path, kind))
    texts = (revealed(side, "" if side is _ABSENT else kind) for side in (left, right))
    yield from found or [Gap(path, *texts)]


def _inside(left: Any, right: Any, path: str, kind: str) -> Iterator[Gap]:
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        if type(left) is not type(right):
            yield Gap(path, f"a {type(left).__name__}", f"a {type(right).__name__}")
        for index in range(max(len(left), len(right))):
            one, other = (side[index] if index < len(side) else _ABSENT for side in (left, right))
            yield from gaps(one, other, f"{path}[{index}]", kind)
    elif isinstance(left, Mapping) and isinstance(right, Mapping):
        yield from _pairs(entries_of(left, kind), entries_of(right, kind), lambda key: f"{path}[{key!r}]", _ABSENT)
    elif type(left) is type(right) and (parts := parts_of(left)) is not None:
        yield from _pairs(parts, parts_of(right) or (), lambda name: f"{path}.{name}", None)


def _pairs(
    left: Iterable[tuple[Any, Any, str]],
    right: Iterable[tuple[Any, Any, str]],
    path: Callable[[Any], str],
    absent: object,
) -> Iterator[Gap]:
    """Compare what has the same name on both sides: members or entries, each with what it holds."""
    sides = [{name: (value, kind) for name, value, kind in side} for side in (left, right)]
    for name in dict.fromkeys(name for side in sides for name in side):
        (one, kind), (other, other_kind) = (side.get(name, (absent, "")) for side in sides)
        yield from gaps(one, other, path(name), kind or other_kind)


def explained(operator: str, left: object, right: object) -> list[str] | None:
    """Return the lines that explain a comparison that failed; None if neither side holds anything of this library."""
    if not (_is_ours(left) or _is_ours(right)):
        return None
    names = (type(left).__name__, type(right).__name__)
    if operator == "==" and (names[0] == names[1] or {*names} == {"list", "tuple"}):
        lines = [gap.said(" != ") for gap in gaps(left, right)]
        return [f"{names[0]} == {names[1]}; left != right:", *lines]
    return [f"{revealed(left)} {operator} {revealed(right)}"]


def _is_ours(value: object, depth: int = 0) -> bool:
    if parts_of(value) is not None:
        return True
    if depth == _DEPTH or not isinstance(value, Mapping | list | tuple | set | frozenset):
        return False
    items = value.values() if isinstance(value, Mapping) else value
    return any(_is_ours(item, depth + 1) for item in islice(items, _MOST_ITEMS))
