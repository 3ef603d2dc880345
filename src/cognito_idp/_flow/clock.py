"""The clock by which ages are measured: of idle connections, of a verifier's keys, of credentials that don't come."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

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
