"""The journal of a migration, which survives when the program is killed."""

from __future__ import annotations

import os
import re
from array import array
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

from .rows import CantBeginError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .rows import Row


class Journal:
    """The outcome of the rows, as lines appended to a file: `sent LINE KEY`, `done LINE KEY` or `taken LINE KEY`.

    KEY is a hash of the username: if a line now names another user, it is another row. `intend` returns once its lines
    are on the disk. Other lines are only passed to the system; losing them in a power failure leaves rows in doubt.
    A truncated line is ignored. Only one process may have the file open.

    Raises:
        CantBeginError: the file is not a journal, belongs to another pool, or is in use.
    """

    def __init__(self, file: int, path: Path, user_pool_id: str) -> None:
        """Take the file, open for appending, and its path; read its records."""
        self._header = f"cognito-idp migration 1 {user_pool_id}\n".encode()
        self._keys = array("Q")
        self._states = bytearray()
        self._file = file
        try:
            self._lock(path)
            self._load(path)
        except BaseException:
            os.close(self._file)
            raise

    def _lock(self, path: Path) -> None:
        with suppress(ModuleNotFoundError):  # not on Windows
            import fcntl

            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                msg = f"{path} is in use by another process"
                raise CantBeginError(msg) from error

    def _load(self, path: Path) -> None:
        with path.open("rb") as lines:
            header = next(lines, b"")
            if header != self._header and not (self._header.startswith(header) and not next(lines, b"")):
                msg = f"{path} is not the journal of {self._header.split()[-1].decode()}; choose another with --journal"
                raise CantBeginError(msg)
            line = header
            for line in lines:
                if match := _RECORD.fullmatch(line):
                    self._note(int(match[2]), int(match[3], 16), match[1][0])
        if header != self._header:
            os.ftruncate(self._file, 0)
            self._write(self._header)
            os.fsync(self._file)
            _sync_folder(path.parent)
        elif not line.endswith(b"\n"):
            self._write(b"\n")

    def _note(self, line: int, key: int, state: int) -> None:
        if (missing := line + 1 - len(self._states)) > 0:
            self._keys.extend([0] * missing)
            self._states.extend(bytes(missing))
        self._keys[line], self._states[line] = key, state

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]

    def state(self, line: int, username: str) -> str:
        """Return the last record of a row from earlier runs: `sent`, `done` or `taken`; empty if there is none."""
        if line >= len(self._states) or self._keys[line] != key_of(username):
            return ""
        return {ord("s"): "sent", ord("d"): "done", ord("t"): "taken"}.get(self._states[line], "")

    def intend(self, rows: Sequence[Row]) -> None:
        """Record that rows are about to be sent; once this returns, they may be."""
        if rows:
            self._write(b"".join(_record("sent", row) for row in rows))
            os.fsync(self._file)

    def settle(self, row: Row, *, is_taken: bool = False) -> None:
        """Record that a row is done, or that its name belongs to a user that is not ours."""
        self._write(_record("taken" if is_taken else "done", row))

    def close(self) -> None:
        """Flush everything to the disk."""
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)


_RECORD = re.compile(rb"(sent|done|taken) ([0-9]{1,9}) ([0-9a-f]{16})\n")


def _record(state: str, row: Row) -> bytes:
    return f"{state} {row.line} {key_of(row.request.username):016x}\n".encode()


def key_of(username: str) -> int:
    """Return a 64-bit hash."""
    return int.from_bytes(blake2b(username.encode(), digest_size=8).digest())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # a folder can't be opened elsewhere
        file = os.open(folder, os.O_RDONLY)
        os.fsync(file)
        os.close(file)
