from __future__ import annotations

import asyncio
import heapq
from bisect import bisect_right
from itertools import count

import pytest
from examples.migration.rate import LEASE_SECONDS, Lease, TokenBucket, Turns
from hypothesis import given
from hypothesis import strategies as st


class Time:
    """A clock that moves when somebody sleeps: a small event loop of virtual time, in which nobody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved so far."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), future))
        await future

    async def run(self, until: float) -> None:
        """Move the clock, sleeper by sleeper."""
        while True:
            for _ in range(20):  # all that can go on now does, before time moves
                await asyncio.sleep(0)
            if not self._sleepers or self._sleepers[0][0] > until:
                return
            self.now, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)


def most_within(times: list[float], seconds: float) -> int:
    """Return the largest number of events within any window of so many seconds, its ends included."""
    times = sorted(times)
    return max((bisect_right(times, start + seconds) - index for index, start in enumerate(times)), default=0)


@given(
    rate=st.floats(0.5, 500),
    burst=st.integers(1, 50),
    asks=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 40)), max_size=60),
    window=st.floats(0.01, 5),
)
def test_the_bucket_keeps_its_bound(rate: float, burst: int, asks: list[tuple[float, int]], window: float) -> None:
    """Whoever asks for whatever and whenever: in any window at most `burst + rate x window` turns are granted."""
    time = Time()
    bucket = TokenBucket(rate, burst, time)
    granted: list[float] = []
    for pause, wanted in asks:
        time.now += pause
        granted += [time.now] * bucket.take(wanted).turns
    assert most_within(granted, window) <= burst + rate * window + 1e-6


def test_the_wait_leads_to_a_turn() -> None:
    """After the seconds that an empty bucket names there is a turn."""
    time = Time()
    bucket = TokenBucket(4, 2, time)
    assert Lease(2, 0.0) == bucket.take(5)
    assert Lease(0, 0.25) == bucket.take(1)
    time.now += 0.25
    assert Lease(1, 0.0) == bucket.take(5)


async def workers_in_virtual_time(rate: float, burst: int) -> list[float]:
    """Let workers join, idle, stall and die over one bucket; return when requests were sent."""
    time = Time()
    bucket = TokenBucket(rate, burst, time)
    sent: list[float] = []

    async def ask(wanted: int) -> Lease:
        await time.sleep(0.003)
        lease = bucket.take(wanted)
        await time.sleep(0.003)
        return lease

    async def sender(turns: Turns, pause: float) -> None:
        while True:
            await turns.take()
            sent.append(time.now)
            await time.sleep(pause)

    async def worker(joins: float, stalls: float) -> None:
        await time.sleep(joins)
        turns = Turns(ask, clock=time, sleep=time.sleep)
        async with asyncio.TaskGroup() as tasks:
            for number in range(8):
                tasks.create_task(sender(turns, stalls * number))

    workers = [asyncio.ensure_future(worker(0.7 * number, 0.05 * number)) for number in range(6)]
    for until in range(1, 11):
        await time.run(1000 + until)
        if until == 4:
            workers[0].cancel()
    for each in workers:
        each.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    return sent


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "burst"), [(20.0, 2), (100.0, 10), (7.0, 1)])
def test_the_bound_holds_over_all_workers(rate: float, burst: int) -> None:
    """Six workers join, stall and die: no window of any length has more than its bound, and the rate is used up."""
    sent = asyncio.run(workers_in_virtual_time(rate, burst))

    for seconds in (0.0, 0.1, 0.5, 1.0, 3.0):
        assert most_within(sent, seconds) <= burst + rate * (seconds + LEASE_SECONDS)
    # A worker that dies or stalls loses turns, so not all of them are used.
    assert len(sent) > 0.7 * rate * 10


def test_a_lease_can_not_be_saved_up() -> None:
    """A turn that was not used in time is lost: the next request needs another one."""
    time = Time()
    asked: list[int] = []

    async def ask(wanted: int) -> Lease:
        asked.append(wanted)
        return Lease(5, 0.0)

    async def use() -> None:
        turns = Turns(ask, clock=time, sleep=time.sleep)
        await turns.take()
        await turns.take()
        assert 1 == len(asked)
        time.now += LEASE_SECONDS
        await turns.take()

    asyncio.run(use())
    assert 2 == len(asked)
