"""A rate limit that many processes can share."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LEASE_SECONDS = 0.5
SHORTEST_WAIT = 0.001


class Lease(NamedTuple):
    """Permission to send a number of requests soon; if that is 0, how many seconds to wait before asking again."""

    turns: int
    wait: float


class TokenBucket:
    """Grants at most `burst + rate x T` turns in any T seconds of its clock."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with a full bucket; `rate` is in turns per second."""
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens = float(burst)
        self._last = clock()

    def take(self, wanted: int) -> Lease:
        """Grant as many of the requested turns as there are."""
        now = self._clock()
        self._tokens = min(float(self._burst), self._tokens + (now - self._last) * self._rate)
        self._last = now
        turns = min(wanted, int(self._tokens))
        self._tokens -= turns
        return Lease(turns, 0.0 if turns else max(SHORTEST_WAIT, (1.0 - self._tokens) / self._rate))


class Turns:
    """Hands out turns to the requests of one process, in the order of asking, from leases.

    A lease ends `LEASE_SECONDS` after it was requested, even if unused: it can't be saved for a burst.
    """

    def __init__(
        self,
        ask: Callable[[int], Awaitable[Lease]],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the function that requests a number of turns."""
        self._ask, self._clock, self._sleep = ask, clock, sleep
        self._lock = asyncio.Lock()
        self._left, self._until = 0, 0.0
        self._waiting = 0

    async def take(self) -> None:
        """Wait for a turn."""
        self._waiting += 1
        try:
            async with self._lock:
                while self._left == 0 or self._clock() >= self._until:
                    self._until = self._clock() + LEASE_SECONDS
                    self._left, wait = await self._ask(self._waiting)
                    if self._left == 0:
                        await self._sleep(wait)
                self._left -= 1
        finally:
            self._waiting -= 1
