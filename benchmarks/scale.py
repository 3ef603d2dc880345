"""Make many calls over TLS: do cost and memory grow with the number of calls, or with the number in flight?

Every call has a different username, and its answer is checked against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import environments
from .race import Worker, workers
from .report import Column, Report, Target, arguments, finish
from .server import running_server

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .environments import Installed
    from .server import Server

    Rows = list[dict[str, Any]]

_IN_FLIGHT: Final = (1, 10, 100, 1_000)
_ENDS: Final = (_IN_FLIGHT[0], _IN_FLIGHT[-1])
_THREADS: Final = 8
_CALLS: Final = 20_000
_LONG_RUN: Final = 10
_FLAT: Final = 1.3
_TARGET_MIB: Final = 2.0
_ASYNC: Final = {"httpx": "cognito-idp-async-echo", "stdlib": "cognito-idp-async-echo-stdlib"}
_SYNC: Final = {"httpx": "cognito-idp-echo", "stdlib": "cognito-idp-echo-stdlib"}
_PEER: Final = "aiobotocore-echo"
# The contestant, the calls in flight, and the label.
_LONG_RUNS: Final = {
    "sync, httpx": (_SYNC["httpx"], 0, "one after the other"),
    "sync, stdlib": (_SYNC["stdlib"], 0, "one after the other"),
    "async, httpx": (_ASYNC["httpx"], 10, "10 in flight"),
    "async, stdlib": (_ASYNC["stdlib"], 10, "10 in flight"),
}
# The part that every client over the same engine needs.
_FLOORS: Final = {"httpx": "httpx-async-transport", "stdlib": "stdlib-async-transport"}
_COLUMNS: Final = (
    Column("title", "client"),
    Column("way", "calls"),
    Column("calls", "so many", ",d"),
    Column("cpu_us", "CPU µs a call", ".1f"),
    Column("cpu_growth", "of the first row's", ".2f"),
    Column("calls_a_second", "calls a second", ",.0f"),
    Column("rss_mib", "RSS MiB", ".1f"),
    Column("rss_growth_mib", "more than at first", ".1f"),
)


def measure(envs: Path, *, calls: int = _CALLS, long_run: int = _LONG_RUN) -> Report:
    """Make the calls (`long_run` times as many for memory), and report."""
    plain, aiobotocore = (environments.install(home(), envs) for home in (environments.plain, environments.aiobotocore))
    few = max(1_000, calls // 20)
    with running_server(envs) as server:

        def series(title: str, name: str, calls: int, levels: Sequence[int], installed: Installed = plain) -> Rows:
            of_one = [_run(name, installed, server, calls, number) for number in levels]
            return [_row(title, f"{row['in_flight']:,} in flight", row, of_one[0]) for row in of_one]

        peer = series("async, aiobotocore", _PEER, few, _ENDS, aiobotocore)
        rows = peer[:]
        targets: list[Target] = []
        for engine, name in _ASYNC.items():
            ours = series(f"async, {engine}", name, calls, _IN_FLIGHT)
            bare = series(f"async, {engine}, bare", _FLOORS[engine], few, _ENDS)
            rows += [*ours, *bare]
            targets += _growth(engine, ours, bare[-1], peer[-1])
        for engine, name in _SYNC.items():
            of_one = [_run(name, plain, server, calls, number) for number in (1, _THREADS)]
            ways = ("one thread", f"{_THREADS} threads share a client")
            rows += [_row(f"sync, {engine}", way, row, of_one[0]) for way, row in zip(ways, of_one, strict=True)]
        memory = _watch_memory(plain, server, calls, long_run)
    for title, (_, _, way) in _LONG_RUNS.items():
        first, last = memory[title][0], memory[title][-1]
        rows += [
            {"name": "memory", "title": title, "way": way, "calls": number * calls, "rss_mib": mib}
            for number, mib in ((1, first), (long_run, last))
        ]
        what = f"memory after {long_run * calls:,} calls less that after {calls:,}, {title}"
        targets.append(Target(what, last - first, _TARGET_MIB, "MiB"))
    return Report(
        title="Scale over TLS: the cost of a call as more are in flight, and memory as more were made",
        columns=_COLUMNS,
        rows=rows,
        targets=targets,
        environments=[plain, aiobotocore],
        notes=[
            "a process each; every answer was the one to its own call; the server's process is not counted",
            "the first calls of a process, as many as are in flight, come before the clock starts",
        ],
        figures={f"{title}: MiB after {(number + 1) * calls:,} calls": mib
                 for title, series in memory.items() for number, mib in enumerate(series)},
    )  # fmt: skip


def _run(name: str, installed: Installed, server: Server, calls: int, in_flight: int) -> dict[str, Any]:
    with Worker(name, installed, server.https, server.environ) as worker:
        worker.run(2 * in_flight, in_flight)
        sample = worker.run(calls, in_flight)
    return {
        "in_flight": in_flight,
        "calls": calls,
        "cpu_us": sample.cpu * 1e6,
        "calls_a_second": 1 / sample.wall,
        "rss_mib": sample.rss / 2**20,
    }


def _row(title: str, way: str, row: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    growth = {
        "cpu_growth": row["cpu_us"] / first["cpu_us"],
        "rss_growth_mib": row["rss_mib"] - first["rss_mib"],
    }
    return {"name": "scale", "title": title, "way": way, **row, **growth}


def _growth(engine: str, ours: Rows, bare: dict[str, Any], peer: dict[str, Any]) -> list[Target]:
    most = f"{_IN_FLIGHT[-1]:,} in flight"
    cpu = max(row["cpu_growth"] for row in ours)
    memory, floor = (row["rss_growth_mib"] / peer["rss_growth_mib"] for row in (ours[-1], bare))
    return [
        Target(
            f"CPU a call, async, {engine}, at most, up to {most}, of that at 1",
            cpu,
            _FLAT,
            floor=bare["cpu_growth"],
            floor_of="bare transport",
        ),
        Target(
            f"memory at {most} less that at 1, async, {engine}: of aiobotocore's",
            memory,
            1.0,
            floor=floor,
            floor_of="bare transport",
        ),
    ]


def _watch_memory(plain: Installed, server: Server, calls: int, long_run: int) -> dict[str, list[float]]:
    """Return the MiB that each process holds after `calls` calls, twice as many, and so on.

    They run side by side, since memory doesn't depend on other processes.
    """
    series: dict[str, list[float]] = {title: [] for title in _LONG_RUNS}
    contestants = {name: plain for name, _, _ in _LONG_RUNS.values()}
    with workers(contestants, server.https, server.environ) as started:
        runs = dict(zip(_LONG_RUNS, started, strict=True))
        for _ in range(long_run):
            for title, worker in runs.items():
                worker.start(calls, _LONG_RUNS[title][1])
            for title, worker in runs.items():
                series[title].append(worker.result().rss / 2**20)
    return series


def main() -> None:
    """Run the command."""
    parser = arguments("scale", __doc__)
    parser.add_argument("--calls", type=int, default=_CALLS, help="calls at each number in flight (%(default)s)")
    settings = parser.parse_args()
    finish(measure(settings.envs, calls=settings.calls), settings)


if __name__ == "__main__":
    main()
