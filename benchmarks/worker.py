"""The process that holds one contestant, warm: `python -m benchmarks.worker NAME URL`.

It reads numbers of calls from standard input, one a line, and answers each with a line of JSON: the CPU and the wall
seconds that one call took.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import repeat
from time import perf_counter, process_time

from .contestants import ASYNC, SYNC


def main() -> None:
    """Serve until standard input ends."""
    name, url = sys.argv[1:]
    if name in SYNC:
        _serve(name, url)
    else:
        asyncio.run(_serve_async(name, url))


def _serve(name: str, url: str) -> None:
    call = SYNC[name](url)
    for line in sys.stdin:
        calls = int(line)
        wall, cpu = perf_counter(), process_time()
        for _ in repeat(None, calls):
            call()
        _answer(calls, process_time() - cpu, perf_counter() - wall)


async def _serve_async(name: str, url: str) -> None:
    call = await ASYNC[name](url)
    # Reading blocks the event loop, which has nothing else to do between two rounds.
    for line in sys.stdin:
        calls = int(line)
        wall, cpu = perf_counter(), process_time()
        for _ in repeat(None, calls):
            await call()
        _answer(calls, process_time() - cpu, perf_counter() - wall)


def _answer(calls: int, cpu: float, wall: float) -> None:
    sys.stdout.write(json.dumps({"cpu": cpu / calls, "wall": wall / calls}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
