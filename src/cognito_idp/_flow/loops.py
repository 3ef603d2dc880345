"""Which event loop is running: asyncio's or trio's, and which one of them."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


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


def is_over(loop: Any) -> bool:
    """Whether what `current_loop` returned stands for a loop that has ended; no other thread need be running it."""
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    import trio

    try:
        loop.run_sync_soon(_nothing)
    except trio.RunFinishedError:
        return True
    return False


def _nothing() -> None:
    """Trio says whether a run goes on when something is to be run in it."""
