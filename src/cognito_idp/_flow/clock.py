"""Time that passes: a clock for ages (of idle connections, keys, credentials that don't come), and a pause."""

from __future__ import annotations

import time
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from .._protocol.platform import on_emscripten

if TYPE_CHECKING:
    from collections.abc import Callable

# In seconds. It never jumps, and where possible it runs while the machine sleeps: connections and keys age then, too.
age_clock: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)


def pause(seconds: float) -> None:
    """Wait in the calling thread. Pyodide has one thread: there, JavaScript and other stacks of it run meanwhile."""
    if on_emscripten():
        import asyncio

        import_module("pyodide.ffi").run_sync(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)
