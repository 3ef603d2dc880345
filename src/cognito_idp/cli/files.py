"""Files that hold secrets: only the owner can read them, and they are complete or absent."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .render import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# More than a user's tokens take.
_ROOM: Final = 64 * 1024


def write_private(name: str, data: Any) -> None:
    """Write JSON to a file that only its owner can read (mode 0600), replacing any existing file.

    Raises:
        OSError: the file can't be written.
    """
    with replacing(name) as write:
        write(data)


@contextmanager
def replacing(name: str) -> Iterator[Callable[[Any], None]]:
    """Yield the function that writes JSON to a file as `write_private` does, once.

    There is room for it from the start, so that a folder or a disk that takes nothing is found before there is
    something to lose.

    Raises:
        OSError: the file can't be written.
    """
    path = Path(name).expanduser()
    # mkstemp makes a file of mode 0600, and a rename is atomic.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle, 0, _ROOM)

            def write(data: Any) -> None:
                file.write(as_json(data) + "\n")
                file.truncate()
                os.fsync(handle)
                file.close()
                Path(temporary).replace(path)

            yield write
    finally:
        Path(temporary).unlink(missing_ok=True)
