"""Time that passes: a clock for ages (of idle connections, keys, credentials that don't come), and a pause."""

from __future__ import annotations

import time
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from .._protocol.platform import on_emscripten

if TYPE_CHECKING:
    from collections.abc import Callable


def _clock() -> Callable[[], float]:
    try:
        while_asleep = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
        while_asleep()
    except (AttributeError, OSError):  # Pyodide has the name of that clock, and not the clock
        return time.monotonic
    return while_asleep


# In seconds. It never jumps, and where possible it runs while the machine sleeps: connections and keys age then, too.
age_clock = _clock()


def pause(seconds: float) -> None:
    """Wait in the calling thread. Pyodide has one thread: there, JavaScript and other stacks of it run meanwhile."""
    if on_emscripten():
        import asyncio

        import_module("pyodide.ffi").run_sync(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)
