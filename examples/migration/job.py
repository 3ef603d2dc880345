"""One run over a file: pending rows, the journal, the report, the counts and the progress bar."""

from __future__ import annotations

import asyncio
import csv
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import attrs
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from .create import Stop
from .journal import Journal
from .rows import CantBeginError, CsvUsers, Failure, Row

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncGenerator
    from pathlib import Path

DONE, FAILED, CANT_BEGIN, INTERRUPTED = 0, 1, 2, 130
BATCH_ROWS = 100
# A batch ends after this many rows that are done already, so that Ctrl-C works while they are skipped.
BATCH_SKIPS = 10_000


class Job:
    """One run over a file: pending rows, the journal, the report, the counts and the progress bar."""

    def __init__(self, arguments: argparse.Namespace, console: Console | None = None) -> None:
        self.arguments = arguments
        self.stop = Stop()
        self.done = self.failed = self.skipped = 0
        self._console = console or Console(stderr=True)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Open the files and return the job.

        Raises:
            CantBeginError: one of them can't be used.
        """
        options = self.arguments
        with ExitStack() as stack:
            file = stack.enter_context(os.fdopen(_opened(options.file, os.O_RDONLY), "rb"))
            self._size = os.fstat(file.fileno()).st_size
            invite = options.deliver if options.invite else ()
            self._users = CsvUsers(file, options.user_pool_id, invite=invite, ignored=options.ignore)
            self._rows = iter(self._users)
            if not options.dry_run:
                journal = _opened(options.journal, os.O_RDWR | os.O_CREAT | os.O_APPEND)
                self._journal = Journal(journal, options.journal, options.user_pool_id)
                stack.callback(self._journal.close)
            report = _opened(options.report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            self._report_file = stack.enter_context(os.fdopen(report, "w", encoding="utf-8", newline=""))
            self._report = csv.writer(self._report_file)
            self._report.writerow(("line", "username", "code", "reason"))
            self._progress = stack.enter_context(_progress(self._console))
            self._bar = self._progress.add_task("", total=self._size, done=0, failed=0)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    async def pending(self, size: int = BATCH_ROWS) -> AsyncGenerator[list[Row], None]:
        """Yield batches of pending rows, after the journal has recorded that they are about to be sent."""
        while self.stop.reason is None:
            items = await asyncio.to_thread(self._next_batch, size)
            if items is None:
                return
            for item in items:
                if isinstance(item, Failure):
                    self._fail(item)
            if rows := [item for item in items if isinstance(item, Row)]:
                yield rows

    def _next_batch(self, size: int) -> list[Row | Failure] | None:
        items: list[Row | Failure] = []
        skips = 0
        for item in self._rows:
            state = self._journal.state(item.line, item.request.username) if isinstance(item, Row) else ""
            if isinstance(item, Row) and state != "done":
                items.append(attrs.evolve(item, in_doubt=state == "sent"))
            elif isinstance(item, Failure):
                items.append(item)
            else:
                skips += 1
            if len(items) == size or skips == BATCH_SKIPS:
                break
        else:
            if not items and not skips:
                return None
        self.skipped += skips
        self._journal.intend([item for item in items if isinstance(item, Row)])
        return items

    def settle(self, row: Row, failure: Failure | None) -> None:
        """Record a row's outcome. A failed row stays in doubt, unless its name certainly belongs to somebody else."""
        if failure is None:
            self._journal.settle(row)
            self.done += 1
            self._show()
            return
        if failure.is_taken:
            self._journal.settle(row, is_taken=True)
        self._fail(failure)

    def check(self) -> None:
        """Read the whole file and send nothing: the dry run."""
        for item in self._rows:
            if isinstance(item, Failure):
                self._fail(item)
            else:
                self.done += 1
                self._show()

    def _fail(self, failure: Failure) -> None:
        self._report.writerow((failure.line, failure.username, failure.code, failure.reason))
        self._report_file.flush()
        self.failed += 1
        self._show()

    def _show(self) -> None:
        self._progress.update(self._bar, completed=self._users.position, done=self.done, failed=self.failed)

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        if self.stop.reason is not None:
            return self.stop.exit_code
        return FAILED if self.failed else DONE

    def summary(self) -> str:
        """Return a text that says what was done and what to do next."""
        options = self.arguments
        verb = "can be created" if options.dry_run else "created"
        lines = [f"{self.done:,} {verb}, {self.failed:,} failed, {self.skipped:,} done before"]
        if self.failed:
            lines.append(f"what failed, and why: {options.report}")
        if self.stop.reason is not None:
            lines.append(f"stopped: {self.stop.reason}")
        if self.exit_code and not options.dry_run:
            lines.append(f"run the same command to go on; {options.journal} remembers what is done")
        return "\n".join(lines)


def _opened(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags, 0o600)
    except OSError as error:
        msg = f"{path} can't be opened: {error.strerror}"
        raise CantBeginError(msg) from error


def _progress(console: Console) -> Progress:
    text = TextColumn("{task.fields[done]:,} done, {task.fields[failed]:,} failed")
    columns = (BarColumn(None), TaskProgressColumn(), text, TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
