"""Time concurrent calls on one event loop: CPU per call, calls per second, and latency of single calls.

All run over TLS; some concurrency levels also run over plain http.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, Final

from . import environments
from .async_calls import CONNECTIONS
from .race import median_ratio, take_turns, workers
from .report import Column, Report, Target, arguments, finish
from .server import running_server

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from .race import Sample

    Samples = Mapping[str, list[Sample]]
    Figures = Mapping[int, Samples]

# Calls per round at each concurrency: enough for a 99th percentile, and a few for each task.
_CALLS: Final = {1: 1_000, 10: 1_000, 50: 1_000, 100: 1_000, 500: 1_500, 1_000: 2_000}
_QUICK: Final = (1, 50, 100, 500)
_HTTP: Final = (1, 50, 500)
_CONTESTANTS: Final = {
    "stdlib-async-transport": ("our engine stdlib, prebuilt request", environments.plain),
    "cognito-idp-async-stdlib": ("cognito_idp over stdlib", environments.plain),
    "cognito-idp-async": ("cognito_idp", environments.plain),
    "capo-async": ("capo", environments.capo),
    "aiobotocore": ("aiobotocore", environments.aiobotocore),
}
_COLUMNS: Final = (
    Column("in_flight", "in flight", ",d"),
    Column("title", "AdminInitiateAuth"),
    Column("cpu_us", "CPU µs", ".1f"),
    Column("of_aiobotocore", "of aiobotocore", ".3f"),
    Column("of_capo", "of capo", ".3f"),
    Column("calls_a_second", "calls a second", ",.0f"),
    Column("p50_ms", "p50 ms", ".2f"),
    Column("p99_ms", "p99 ms", ".2f"),
    Column("http_cpu_us", "http: CPU µs", ".1f"),
    Column("http_of_aiobotocore", "of aiobotocore", ".3f"),
)
_STDLIB: Final = "cognito-idp-async-stdlib"
_HTTPX: Final = "cognito-idp-async"
_FLOOR: Final = "stdlib-async-transport"
_BOUNDS: Final = (
    (1, "aiobotocore", 0.22),
    (1, "capo-async", 0.60),
    (50, "aiobotocore", 0.20),
    (50, "capo-async", 0.40),
    (500, "aiobotocore", 0.22),
    (500, "capo-async", 0.40),
)
_LATENCY_AT: Final = 100
_GROWTH: Final = 1.3


def measure(envs: Path, *, rounds: int, quick: bool = False) -> Report:
    """Run all contestants at each concurrency, and report."""
    contestants = environments.install_all({name: home for name, (_, home) in _CONTESTANTS.items()}, envs)
    with running_server(envs) as server:

        def run(url: str, levels: Iterable[int]) -> Figures:
            with workers(contestants, url, server.environ) as started:
                return {
                    in_flight: take_turns(started, rounds=rounds, calls=_CALLS[in_flight], in_flight=in_flight)
                    for in_flight in levels
                }

        figures, plain = run(server.https, _QUICK if quick else _CALLS), run(server.http, _HTTP)
    return Report(
        title="Async calls in flight together, over TLS: CPU, throughput, latency",
        columns=_COLUMNS,
        rows=[
            _row(in_flight, name, samples, plain.get(in_flight))
            for in_flight, samples in figures.items()
            for name in samples
        ],
        targets=_targets(figures),
        environments=environments.distinct(contestants.values()),
        notes=[
            f"{rounds} rounds; medians over the rounds, ratios within each; the server has a process of its own",
            f"each client may keep {CONNECTIONS} connections, which is our default (aiobotocore's and capo's is 10)",
        ],
    )


def _row(in_flight: int, name: str, samples: Samples, plain: Samples | None) -> dict[str, Any]:
    of_one = samples[name]
    row = {
        "name": name,
        "title": _CONTESTANTS[name][0],
        "in_flight": in_flight,
        "cpu_us": median(_cpu(of_one)) * 1e6,
        "of_aiobotocore": median_ratio(_cpu(of_one), _cpu(samples["aiobotocore"])),
        "of_capo": median_ratio(_cpu(of_one), _cpu(samples["capo-async"])),
        "calls_a_second": 1 / median(sample.wall for sample in of_one),
        "p50_ms": median(sample.p50 or 0 for sample in of_one) * 1e3,
        "p99_ms": median(_p99(of_one)) * 1e3,
    }
    if plain is not None:
        row["http_cpu_us"] = median(_cpu(plain[name])) * 1e6
        row["http_of_aiobotocore"] = median_ratio(_cpu(plain[name]), _cpu(plain["aiobotocore"]))
    return row


def _targets(figures: Figures) -> list[Target]:
    targets = [
        Target(
            f"async, {in_flight} in flight, stdlib: CPU of {peer.removesuffix('-async')}'s",
            median_ratio(_cpu(figures[in_flight][_STDLIB]), _cpu(figures[in_flight][peer])),
            bound,
            floor=median_ratio(_cpu(figures[in_flight][_FLOOR]), _cpu(figures[in_flight][peer])),
            floor_of="bare transport",
        )
        for in_flight, peer, bound in _BOUNDS
    ]
    latencies = figures[_LATENCY_AT]
    targets.append(
        Target(
            f"p99 latency at {_LATENCY_AT} in flight, stdlib: of aiobotocore's",
            median_ratio(_p99(latencies[_STDLIB]), _p99(latencies["aiobotocore"])),
            1.0,
            floor=median_ratio(_p99(latencies[_FLOOR]), _p99(latencies["aiobotocore"])),
            floor_of="bare transport",
        )
    )
    targets += [
        Target(
            f"async, {in_flight} in flight, httpx: CPU of that at 1",
            median_ratio(_cpu(figures[in_flight][_HTTPX]), _cpu(figures[1][_HTTPX])),
            _GROWTH,
        )
        for in_flight in (50, 500)
    ]
    return targets


def _cpu(samples: list[Sample]) -> list[float]:
    return [sample.cpu for sample in samples]


def _p99(samples: list[Sample]) -> list[float]:
    return [sample.p99 or 0.0 for sample in samples]


def main() -> None:
    """Run the command."""
    settings = arguments("concurrency", __doc__, rounds=7).parse_args()
    finish(measure(settings.envs, rounds=settings.rounds), settings)


if __name__ == "__main__":
    main()
