"""Which event loop is running: an asyncio or a trio loop, and which one."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


def on_trio() -> bool:
    """Return whether the caller runs on trio, without importing it."""
    if "trio" not in sys.modules:
        return False
    import sniffio  # a dependency of trio's

    return sniffio.current_async_library() == "trio"


def current_loop() -> object:
    """Return an identity for the running loop: asyncio's loop object, or trio's token."""
    if on_trio():
        import trio

        return trio.lowlevel.current_trio_token()
    return asyncio.get_running_loop()


def is_over(loop: Any) -> bool:
    """Return whether the loop that `current_loop` identified has ended; the loop need not be running."""
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    import trio

    try:
        loop.run_sync_soon(_nothing)
    except trio.RunFinishedError:
        return True
    return False


def _nothing() -> None:
    """Do nothing: scheduling it shows whether a trio run is still going."""
