"""The clock by which ages are measured: of idle connections, of a verifier's keys, of credentials that don't come.

Every clock may mislead. That of the system's start stands still in a snapshot, and begins anew where a snapshot is
restored on another machine. The wall clock is set. So an age is the longer of what both say, and whoever keeps a time
of this clock takes one that lies too far ahead for one that is over (`is_over`).
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# What a sum of two times may be off by.
_ROUNDING = 1.0


def clock_of_ages(steady: Callable[[], float], wall: Callable[[], float]) -> Callable[[], float]:
    """Return a clock that runs as fast as the faster of two: one that nobody sets, and the wall clock."""
    ahead = wall() - steady()
    return lambda: max(steady(), wall() - ahead)


def _steady_clock() -> Callable[[], float]:
    try:
        while_asleep = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
        while_asleep()
    except (AttributeError, OSError):  # Pyodide has the name of that clock, and not the clock
        return time.monotonic
    return while_asleep


# In seconds. The first clock runs while the machine sleeps, where possible: connections and keys age then, too.
age_clock = clock_of_ages(_steady_clock(), time.time)


def is_over(until: float, now: float, longest: float) -> bool:
    """Return whether `until` has passed. A time more than `longest` ahead is another clock's, and counts as passed."""
    return not now < until <= now + longest + _ROUNDING
