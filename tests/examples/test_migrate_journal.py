from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from examples.migration.journal import Journal
from examples.migration.rows import CantBeginError, Row

from cognito_idp import AdminCreateUserRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POOL = "us-east-1_EXAMPLE"


@contextmanager
def journal(path: Path, pool: str = POOL) -> Iterator[Journal]:
    """Open a journal for the length of the block."""
    opened = Journal(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), path, pool)
    try:
        yield opened
    finally:
        opened.close()


def row(line: int, username: str = "mary") -> Row:
    """Make a row."""
    request = AdminCreateUserRequest(user_pool_id=POOL, username=username, temporary_password="Horse-Secret-1")
    return Row(line, request)


def test_what_was_written_is_known_later(tmp_path: Path) -> None:
    """The last line about a row says its state; a row that was never mentioned has none."""
    path = tmp_path / "journal"
    with journal(path) as first:
        first.intend([row(2, "ann"), row(3, "bob"), row(900, "carl")])
        first.settle(row(2, "ann"))
        first.settle(row(900, "carl"), is_taken=True)
    with journal(path) as second:
        states = [
            second.state(line, name) for line, name in ((2, "ann"), (3, "bob"), (900, "carl"), (4, "d"), (901, "e"))
        ]
    assert ["done", "sent", "taken", "", ""] == states


def test_another_name_is_another_row(tmp_path: Path) -> None:
    """Where a line names somebody else than when it was done, it is not done."""
    with journal(tmp_path / "journal") as first:
        first.settle(row(2, "ann"))
    with journal(tmp_path / "journal") as second:
        assert "" == second.state(2, "bob")


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_line_that_was_cut_off_is_none(tmp_path: Path, cut: int) -> None:
    """Whatever number of bytes is missing at the end, what stands before is known, and what is written next, too."""
    path = tmp_path / "journal"
    with journal(path) as first:
        first.intend([row(2, "ann")])
        first.settle(row(2, "ann"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with journal(path) as second:
        assert second.state(2, "ann") in {"", "sent"}
        second.settle(row(3, "bob"))
    with journal(path) as third:
        assert "done" == third.state(3, "bob")
        # A line that lacks nothing but its end is a whole one as soon as it has one.
        assert (cut == 1) == (third.state(2, "ann") == "done")


def test_neither_names_nor_passwords_are_written(tmp_path: Path) -> None:
    """The journal has a hash of the username, and nothing else of the row; only its owner may read it."""
    with journal(tmp_path / "journal") as opened:
        opened.intend([row(2, "mary.poppins@example.com")])
    data = (tmp_path / "journal").read_bytes()
    assert b"mary" not in data
    assert b"Horse" not in data
    assert 0o600 == (tmp_path / "journal").stat().st_mode & 0o777


def test_an_intention_is_on_the_disk_before_it_is_acted_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`intend` writes and then syncs; a row that is done is written at once, and not synced by itself."""
    steps: list[str] = []
    write, fsync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda file, data: steps.append("write") or write(file, data))  # type: ignore[func-returns-value]
    monkeypatch.setattr(os, "fsync", lambda file: steps.append("fsync") or fsync(file))  # type: ignore[func-returns-value]
    with journal(tmp_path / "journal") as opened:
        steps.clear()
        opened.intend([row(2), row(3)])
        assert ["write", "fsync"] == steps
        opened.settle(row(2))
        assert ["write", "fsync", "write"] == steps


def test_a_short_write_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system takes a few bytes at a time, the rest follows."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:3]))
    with journal(tmp_path / "journal") as opened:
        opened.settle(row(2, "ann"))
    monkeypatch.undo()
    with journal(tmp_path / "journal") as again:
        assert "done" == again.state(2, "ann")


@pytest.mark.parametrize("content", [b"username,email\nmary,m@x.org\n", b"cognito-idp migration 1 us-east-1_OTHER\n"])
def test_a_file_that_is_not_this_journal_is_left_alone(tmp_path: Path, content: bytes) -> None:
    """Another file, and the journal of another pool, are refused unchanged."""
    path = tmp_path / "journal"
    path.write_bytes(content)
    with pytest.raises(CantBeginError, match=f"is not the journal of {POOL}"), journal(path):
        pass
    assert content == path.read_bytes()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """A journal that is open can't be opened again, until it is closed."""
    path = tmp_path / "journal"
    with journal(path), pytest.raises(CantBeginError, match="in use by another process"), journal(path):
        pass
    with journal(path):
        pass
