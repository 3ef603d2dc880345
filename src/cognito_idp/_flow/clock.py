"""The clock by which ages are measured: of idle connections, of a verifier's keys, of credentials that don't come."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# In seconds. It never jumps, and where possible it runs while the machine sleeps: connections and keys age then, too.
age_clock: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)
