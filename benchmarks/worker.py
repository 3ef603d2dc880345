"""The process that holds one contestant, warm: `python -m benchmarks.worker NAME URL`.

It reads tasks from standard input, one line of JSON each, and answers each with a line of JSON. A task says how many
calls to make, how many uncounted calls come first, and how many are in flight at once: as asyncio tasks, or in threads
for a sync contestant. At 0 in flight, calls follow each other with nothing in between. The answer holds the CPU and
wall seconds per call, the latencies of single calls (if any are in flight), and the memory of the process.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, NamedTuple

from .contestants import ASYNC, SYNC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .async_calls import AsyncCall
    from .sync_calls import Call

_STATM = Path("/proc/self/statm")
# ru_maxrss is in KiB, but in bytes on macOS.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Serve until standard input ends."""
    name, url = sys.argv[1:]
    if name in SYNC:
        call = SYNC[name](url)
        for task in _tasks():
            _run(call, task.lead_in, task.in_flight)
            clock = _Clock()
            clock.answer(task.calls, _run(call, task.calls, task.in_flight))
    else:
        asyncio.run(_serve_async(name, url))


async def _serve_async(name: str, url: str) -> None:
    call = await ASYNC[name](url)
    # Reading blocks the event loop, which is otherwise idle between two tasks.
    for task in _tasks():
        await _run_async(call, task.lead_in, task.in_flight)
        clock = _Clock()
        clock.answer(task.calls, await _run_async(call, task.calls, task.in_flight))


class _Task(NamedTuple):
    calls: int
    in_flight: int
    lead_in: int


def _tasks() -> Iterator[_Task]:
    for line in sys.stdin:
        yield _Task(**json.loads(line))
    # Exit at once: the contestant's open resources no longer matter.
    os._exit(0)


def _run(call: Call, calls: int, in_flight: int) -> list[float]:
    """Make the calls, and return the latencies if any are in flight."""
    # All take from one supply, so that none waits at the end for the slowest.
    supply = repeat(None, calls)
    if not in_flight:
        for _ in supply:
            call()
        return []

    def work() -> list[float]:
        latencies = []
        for _ in supply:
            start = perf_counter()
            call()
            latencies.append(perf_counter() - start)
        return latencies

    with ThreadPoolExecutor(in_flight) as pool:
        started = [pool.submit(work) for _ in range(in_flight)]
        return [latency for future in started for latency in future.result()]


async def _run_async(call: AsyncCall, calls: int, in_flight: int) -> list[float]:
    """Make the calls like `_run`, as tasks."""
    supply = repeat(None, calls)
    latencies: list[float] = []
    if not in_flight:
        for _ in supply:
            await call()
        return latencies

    async def work() -> None:
        for _ in supply:
            start = perf_counter()
            await call()
            latencies.append(perf_counter() - start)

    await asyncio.gather(*(work() for _ in range(in_flight)))
    return latencies


class _Clock:
    """A stopwatch of CPU and wall time, which also builds the answer."""

    def __init__(self) -> None:
        self._wall, self._cpu = perf_counter(), process_time()

    def answer(self, calls: int, latencies: list[float]) -> None:
        cpu, wall = process_time() - self._cpu, perf_counter() - self._wall
        answer: dict[str, Any] = {"cpu": cpu / calls, "wall": wall / calls, "p50": None, "p99": None}
        if latencies:
            assert len(latencies) == calls
            latencies.sort()
            answer |= {"p50": latencies[calls // 2], "p99": latencies[calls * 99 // 100]}
        # Uncollected garbage doesn't count as growth.
        latencies.clear()
        gc.collect()
        sys.stdout.write(json.dumps({**answer, "rss": _rss()}) + "\n")
        sys.stdout.flush()


def _rss() -> int:
    """Return the memory of the process in bytes, or its peak if the system doesn't report the current size."""
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT


if __name__ == "__main__":
    main()
