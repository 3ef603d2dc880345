"""Files that hold secrets: only the owner can read them, and they are complete or absent."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from .render import as_json


def write_private(name: str, data: Any) -> None:
    """Write JSON to a file that only its owner can read (mode 0600), replacing any existing file.

    Raises:
        OSError: the file can't be written.
    """
    path = Path(name).expanduser()
    # mkstemp makes a file of mode 0600, and a rename is atomic.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(as_json(data) + "\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
