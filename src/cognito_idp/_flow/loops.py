"""Which event loop is running: asyncio's or trio's, and which one of them."""

from __future__ import annotations

import asyncio
import sys


def on_trio() -> bool:
    """Whether the caller runs on trio; nothing is imported to find out."""
    if "trio" not in sys.modules:
        return False
    import sniffio  # a dependency of trio's

    return sniffio.current_async_library() == "trio"


def current_loop() -> object:
    """Return what stands for the running loop: asyncio's loop object, or trio's token."""
    if on_trio():
        import trio

        return trio.lowlevel.current_trio_token()
    return asyncio.get_running_loop()
