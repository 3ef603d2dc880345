"""Where the program runs, and how it waits there."""

from __future__ import annotations

import sys
import time
from importlib import import_module


def on_emscripten() -> bool:
    """Return whether this is Python as WebAssembly (Pyodide): JavaScript's `fetch`, but no sockets and no threads.

    A function, so that no type checker takes what it guards for unreachable.
    """
    return sys.platform == "emscripten"


def pause(seconds: float) -> None:
    """Wait in the calling thread. Pyodide has one thread: there, JavaScript and other stacks of it run meanwhile."""
    if on_emscripten():
        import asyncio

        import_module("pyodide.ffi").run_sync(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)
