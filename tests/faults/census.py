"""What a process holds: sockets and other open files, threads."""

from __future__ import annotations

import gc
import os
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable


def open_files() -> Counter[str]:
    """Count the open files by their kind: `socket`, `anon_inode`, a path."""
    counts: Counter[str] = Counter()
    for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208 - a Path would hold the folder open while it is listed
        try:
            target = os.readlink(f"/proc/self/fd/{entry}")  # noqa: PTH115
        except FileNotFoundError:
            continue  # the listing itself
        counts[target.partition(":")[0]] += 1
    return counts


def threads() -> Counter[str]:
    """Count the threads of the process by name, those of Rust's included."""
    counts: Counter[str] = Counter()
    for entry in Path("/proc/self/task").iterdir():
        try:
            counts[(entry / "comm").read_text().strip()] += 1
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return counts


def grown(before: Counter[str], count: Callable[[], Counter[str]]) -> Counter[str]:
    """Return what there is more of than before, after giving what is about to end the time to do so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE * 50)):
        gc.collect()
        more = count() - before
        if not more:
            break
        pause.wait(0.02)
    return more
