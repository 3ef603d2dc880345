"""The clock by which ages are measured: of idle connections, of a verifier's keys, of credentials that don't come."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _age_clock() -> Callable[[], float]:
    # On macOS it is the monotonic clock of the system, unlike Python's, that runs while the machine sleeps.
    number = getattr(time, "CLOCK_MONOTONIC" if sys.platform == "darwin" else "CLOCK_BOOTTIME", None)
    if number is None:
        return time.monotonic
    clock = partial(time.clock_gettime, number)
    try:
        clock()
    except OSError:  # Python was built for it, but this kernel doesn't have it
        return time.monotonic
    return clock


# In seconds. It never jumps, and where possible it runs while the machine sleeps: connections and keys age then, too.
age_clock: Callable[[], float] = _age_clock()
