"""Where the program runs."""

from __future__ import annotations

import sys


def on_emscripten() -> bool:
    """Return whether this is Python as WebAssembly (Pyodide): JavaScript's `fetch`, but no sockets and no threads.

    A function, so that no type checker takes what it guards for unreachable.
    """
    return sys.platform == "emscripten"
