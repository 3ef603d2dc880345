"""How secrets look in a `repr`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

T = TypeVar("T")

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


class SecretText(str):
    """A text whose `repr` shows nothing."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show that there is one."""
        return REDACTED


def secret_text(value: T) -> T:
    """Return a string as one whose `repr` shows nothing; anything else as it is."""
    return SecretText(value) if type(value) is str else value  # type: ignore[return-value]  # it is a string still


def redacted(value: object) -> str:
    """Return what stands for a secret; an absent one is no secret."""
    return "None" if value is None else REDACTED


def without_frames(error: BaseException, *packages: str) -> None:
    """Take the frames of some packages out of the tracebacks of an error and of all that led to it.

    Error reporters print the local variables of frames. Where most of those are secrets, the frames are better gone;
    the text of the error says what went wrong.
    """
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        each = todo.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        todo += (each.__cause__, each.__context__)
        kept = [entry for entry in _entries(each.__traceback__) if not _is_in(entry, packages)]
        for entry, following in zip(kept, [*kept[1:], None], strict=False):
            entry.tb_next = following
        each.__traceback__ = kept[0] if kept else None


def _entries(entry: TracebackType | None) -> Iterator[TracebackType]:
    while entry is not None:
        yield entry
        entry = entry.tb_next


def _is_in(entry: TracebackType, packages: tuple[str, ...]) -> bool:
    module = str(entry.tb_frame.f_globals.get("__name__", ""))
    return any(module == package or module.startswith(f"{package}.") for package in packages)
