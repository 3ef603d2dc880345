"""Make many calls: does their cost, or the memory that they take, grow with how many there are, or are in flight?

Every call is for another user name, and its answer is checked to be the one to that name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import environments
from .race import Worker, workers
from .report import Column, Report, Target, arguments, finish
from .server import running_server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .environments import Installed

_IN_FLIGHT: Final = (1, 10, 100, 1_000)
_ENDS: Final = (_IN_FLIGHT[0], _IN_FLIGHT[-1])
_THREADS: Final = 8
_CALLS: Final = 20_000
_LONG_RUN: Final = 10
_FLAT: Final = 1.3
_TARGET_MIB: Final = 2.0
_HOMES: Final = {"plain": environments.plain, "fast": environments.fast}
_ASYNC: Final = {"plain": "cognito-idp-async-echo", "fast": "cognito-idp-async-echo-fast"}
_SYNC: Final = {"plain": "cognito-idp-echo", "fast": "cognito-idp-echo-fast"}
# The contestant, how many calls are in flight, what to say of it.
_LONG_RUNS: Final = {
    "sync, plain": ("plain", _SYNC, 0, "one after the other"),
    "sync, fast": ("fast", _SYNC, 0, "one after the other"),
    "async, plain": ("plain", _ASYNC, 10, "10 in flight"),
    "async, fast": ("fast", _ASYNC, 10, "10 in flight"),
}
# What no client over the same library can do without.
_FLOORS: Final = {"plain": "httpx-async-transport", "fast": "pyreqwest-async"}
_COLUMNS: Final = (
    Column("title", "client"),
    Column("way", "calls"),
    Column("calls", "so many", ",d"),
    Column("cpu_us", "CPU µs a call", ".1f"),
    Column("cpu_growth", "of the first row's", ".2f"),
    Column("calls_a_second", "calls a second", ",.0f"),
    Column("rss_mib", "RSS MiB", ".1f"),
    Column("rss_growth", "of the first row's", ".2f"),
)


def measure(envs: Path, *, calls: int = _CALLS, long_run: int = _LONG_RUN) -> Report:
    """Make the calls, `long_run` times as many where memory is watched, and report."""
    installed = environments.install_all(_HOMES, envs)
    rows: list[dict[str, Any]] = []
    targets: list[Target] = []
    with running_server() as url:
        for home, name in _ASYNC.items():
            of_one = [_run(name, installed[home], url, envs, calls, number) for number in _IN_FLIGHT]
            rows += [_row(f"async, {home}", f"{row['in_flight']:,} in flight", row, of_one[0]) for row in of_one]
            bare = [
                _run(_FLOORS[home], installed[home], url, envs, max(1_000, calls // 20), number) for number in _ENDS
            ]
            rows += [_row(f"async, {home}, bare", f"{row['in_flight']:,} in flight", row, bare[0]) for row in bare]
            targets += _flatness(home, rows[-len(of_one) - len(bare) : -len(bare)], rows[-1])
        for home, name in _SYNC.items():
            of_one = [_run(name, installed[home], url, envs, calls, number) for number in (1, _THREADS)]
            ways = ("one thread", f"{_THREADS} threads share a client")
            rows += [_row(f"sync, {home}", way, row, of_one[0]) for way, row in zip(ways, of_one, strict=True)]
        memory = _watch_memory(installed, url, envs, calls, long_run)
    for title, (_, _, _, way) in _LONG_RUNS.items():
        first, last = memory[title][0], memory[title][-1]
        rows += [
            {"name": "memory", "title": title, "way": way, "calls": number * calls, "rss_mib": mib}
            for number, mib in ((1, first), (long_run, last))
        ]
        what = f"memory after {long_run * calls:,} calls less that after {calls:,}, {title}"
        targets.append(Target(what, last - first, _TARGET_MIB, "MiB"))
    return Report(
        title="Scale: the cost of a call as more are in flight, and memory as more were made",
        columns=_COLUMNS,
        rows=rows,
        targets=targets,
        environments=environments.distinct(installed.values()),
        notes=[
            "a process each; every answer was the one to its own call; the server's process is not counted",
            "the first calls of a process, as many as are in flight, come before the clock starts",
        ],
        figures={f"{title}: MiB after {(number + 1) * calls:,} calls": mib
                 for title, series in memory.items() for number, mib in enumerate(series)},
    )  # fmt: skip


def _run(name: str, installed: Installed, url: str, envs: Path, calls: int, in_flight: int) -> dict[str, Any]:
    with Worker(name, installed, url, envs) as worker:
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
    growth = {"cpu_growth": row["cpu_us"] / first["cpu_us"], "rss_growth": row["rss_mib"] / first["rss_mib"]}
    return {"name": "scale", "title": title, "way": way, **row, **growth}


def _flatness(home: str, rows: list[dict[str, Any]], bare: dict[str, Any]) -> list[Target]:
    most = f"at most, up to {_IN_FLIGHT[-1]:,} in flight, of that at 1"
    cpu, memory = (max(row[key] for row in rows) for key in ("cpu_growth", "rss_growth"))
    return [
        Target(f"CPU a call, async, {home}, {most}", cpu, _FLAT, floor=bare["cpu_growth"], floor_of="bare transport"),
        Target(f"memory, async, {home}, {most}", memory, _FLAT, floor=bare["rss_growth"], floor_of="bare transport"),
    ]


def _watch_memory(
    installed: Mapping[str, Installed], url: str, envs: Path, calls: int, long_run: int
) -> dict[str, list[float]]:
    """Return the MiB that each process holds after so many calls, twice so many, and so on.

    They run side by side, since memory does not depend on who else is running.
    """
    series: dict[str, list[float]] = {title: [] for title in _LONG_RUNS}
    homes = {contestants[home]: installed[home] for home, contestants, _, _ in _LONG_RUNS.values()}
    with workers(homes, url, envs) as started:
        runs = dict(zip(_LONG_RUNS, started, strict=True))
        for _ in range(long_run):
            for title, worker in runs.items():
                worker.start(calls, _LONG_RUNS[title][2])
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
