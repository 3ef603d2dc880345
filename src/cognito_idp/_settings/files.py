"""Paths and lines of settings, and files read with a bound: without pathlib, which costs a cold start 2 ms."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def expanded(path: str, environ: Mapping[str, str]) -> str:
    """Return a path with variables and a leading `~` expanded from `environ`, not from the process's environment."""
    if "$" in path:
        path = re.sub(r"\$(?:(\w+)|\{([^}]*)\})", lambda match: environ.get(match[1] or match[2], match[0]), path)
    home = environ.get("USERPROFILE" if os.name == "nt" else "HOME")
    if home and (path == "~" or path.startswith(("~/", "~\\" if os.name == "nt" else "~/"))):
        return home.rstrip("/") + path[1:]
    return os.path.expanduser(path)  # noqa: PTH111 - see above


def swallowed_key(text: str) -> re.Match[str] | None:
    """Find a setting with a key in the text of another setting or of a header, where a line break is missing.

    The match ends before the key, and its group is the name of the setting.
    """
    # Most settings have none of these names, and are spared the pattern.
    if "_" not in text:
        return None
    return re.search(r"(?i)((?:aws_)?(?:secret_access_key|(?:session|security|authorization)_token))\s*[=:]", text)


def shown_header(header: str) -> str:
    """Return a header as errors may show it: without the key that it holds if a line break is missing."""
    swallowed = swallowed_key(header)
    return header if swallowed is None else f"{header[: swallowed.end()]}..."


def read_file(path: str, largest: int) -> bytes:
    """Return the content of a file of at most `largest` bytes. Nothing that could block for ever is read.

    Raises:
        OSError: the file can't be read, is a pipe or a socket, or is too large; `strerror` says what is wrong.
    """
    # A `~` that could not be expanded must not become a folder of that name in the working directory.
    if path.startswith("~"):
        raise OSError(errno.ENOENT, "the home folder is not known", path)
    try:
        with open(path, "rb", opener=_open) as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
                raise OSError(errno.EINVAL, "it is a pipe or a socket, not a file", path)
            # A terminal without input yields None.
            content = file.read(largest + 1) or b""
    except ValueError:
        # The path has a NUL, or characters that the file system can't have.
        content = None
    if content is None:
        raise OSError(errno.EINVAL, "it is not a path", path)
    if len(content) > largest:
        raise OSError(errno.EFBIG, f"it is larger than {largest:,} bytes", path)
    return content


def _open(path: str, flags: int) -> int:
    # Opening a pipe would otherwise wait for a writer.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
