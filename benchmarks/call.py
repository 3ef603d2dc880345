"""Time a warm AdminInitiateAuth on loopback over TLS and plain http, from a raw socket to boto3, in one run."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from . import environments
from .race import median_difference, median_ratio, race
from .report import Column, Report, Target, arguments, finish
from .server import running_server

if TYPE_CHECKING:
    from pathlib import Path

    from .race import Sample

_CALLS: Final = 200
# The title and the environment of each contestant.
_CONTESTANTS: Final = {
    "raw-socket": ("raw socket, prebuilt bytes", environments.plain),
    "http-client": ("http.client", environments.plain),
    "httpx-transport": ("httpx.HTTPTransport, prebuilt request", environments.plain),
    "stdlib-transport": ("our engine stdlib, prebuilt request", environments.plain),
    "cognito-idp-null": ("cognito_idp.Client over a transport without I/O", environments.plain),
    "cognito-idp": ("cognito_idp.Client", environments.plain),
    "cognito-idp-stdlib": ("cognito_idp.Client over stdlib", environments.plain),
    "boto3": ("boto3", environments.boto3),
    "httpx-async-transport": ("async: httpx.AsyncHTTPTransport, prebuilt request", environments.plain),
    "stdlib-async-transport": ("async: our engine stdlib, prebuilt request", environments.plain),
    "cognito-idp-async-null": ("async: cognito_idp.AsyncClient over a transport without I/O", environments.plain),
    "cognito-idp-async": ("async: cognito_idp.AsyncClient", environments.plain),
    "cognito-idp-async-stdlib": ("async: cognito_idp.AsyncClient over stdlib", environments.plain),
    "cognito-idp-async-aiohttp": ("async: cognito_idp.AsyncClient over httpx_aiohttp", environments.transports),
    "cognito-idp-async-httpx2": ("async: cognito_idp.AsyncClient over httpx2", environments.transports),
    "capo-async": ("async: capo's client", environments.capo),
    "aiobotocore": ("async: aiobotocore", environments.aiobotocore),
}
_COLUMNS: Final = (
    Column("title", "one warm AdminInitiateAuth"),
    Column("cpu_us", "CPU µs", ".1f"),
    Column("cpu_spread_us", "quartiles"),
    Column("cpu_ratio", "of boto3", ".3f"),
    Column("wall_us", "wall µs", ".1f"),
    Column("wall_ratio", "of boto3", ".3f"),
    Column("http_cpu_us", "http: CPU µs", ".1f"),
    Column("http_cpu_ratio", "of boto3", ".3f"),
)
# Our contestant, its bare transport, and the bound.
_TARGETS: Final = {
    "sync call, httpx: CPU of boto3's": ("cognito-idp", "httpx-transport", 0.43),
    "sync call, stdlib: CPU of boto3's": ("cognito-idp-stdlib", "stdlib-transport", 0.20),
}
_OF_BARE_HTTPX: Final = 1.25
# The library's own share in µs: everything but the transport's I/O.
_OWN: Final = {"own share, sync": ("cognito-idp-null", 45.0), "own share, async": ("cognito-idp-async-null", 60.0)}
_SHARES: Final = {
    "sync, httpx": ("cognito-idp", "httpx-transport"),
    "sync, stdlib": ("cognito-idp-stdlib", "stdlib-transport"),
    "async, httpx": ("cognito-idp-async", "httpx-async-transport"),
    "async, stdlib": ("cognito-idp-async-stdlib", "stdlib-async-transport"),
}


def measure(envs: Path, *, rounds: int, calls: int = _CALLS) -> Report:
    """Run all contestants, over TLS and then over plain http, and report."""
    contestants = environments.install_all({name: home for name, (_, home) in _CONTESTANTS.items()}, envs)
    with running_server(envs) as server:
        samples, plain_samples = (
            race(contestants, url, server.environ, rounds=rounds, calls=calls) for url in (server.https, server.http)
        )
    cpu, plain = _cpu_us(samples), _cpu_us(plain_samples)
    wall = {name: [sample.wall * 1e6 for sample in of_one] for name, of_one in samples.items()}
    rows = [
        {
            "name": name,
            "title": title,
            "cpu_us": median(cpu[name]),
            "cpu_spread_us": _quartiles(cpu[name]),
            "cpu_ratio": median_ratio(cpu[name], cpu["boto3"]),
            "wall_us": median(wall[name]),
            "wall_ratio": median_ratio(wall[name], wall["boto3"]),
            "http_cpu_us": median(plain[name]),
            "http_cpu_ratio": median_ratio(plain[name], plain["boto3"]),
        }
        for name, (title, _) in _CONTESTANTS.items()
    ]
    targets = [
        Target(
            what,
            median_ratio(cpu[ours], cpu["boto3"]),
            bound,
            floor=median_ratio(cpu[bare], cpu["boto3"]),
            floor_of="bare transport",
        )
        for what, (ours, bare, bound) in _TARGETS.items()
    ]
    of_bare = median_ratio(cpu["cognito-idp"], cpu["httpx-transport"])
    targets.append(Target("sync call, httpx: CPU of bare httpx.HTTPTransport's", of_bare, _OF_BARE_HTTPX))
    targets += [Target(what, median(cpu[name]), bound, "µs") for what, (name, bound) in _OWN.items()]
    shares = {what: median_difference(cpu[ours], cpu[bare]) for what, (ours, bare) in _SHARES.items()}
    return Report(
        title="CPU and wall time of a warm call over TLS, one after the other",
        columns=_COLUMNS,
        rows=rows,
        targets=targets,
        environments=environments.distinct(contestants.values()),
        notes=[
            f"{rounds} rounds of {calls} calls each; medians over the rounds, ratios within each round",
            "client less bare transport, CPU: " + ", ".join(f"{share:.0f} µs {what}" for what, share in shares.items()),
        ],
        figures=shares,
    )


def _cpu_us(samples: dict[str, list[Sample]]) -> dict[str, list[float]]:
    return {name: [sample.cpu * 1e6 for sample in of_one] for name, of_one in samples.items()}


def _quartiles(values: list[float]) -> str:
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 4]:.0f}..{ordered[len(ordered) * 3 // 4]:.0f}"


def main() -> None:
    """Run the command."""
    parser = arguments("call", __doc__, rounds=30)
    parser.add_argument("--calls", type=int, default=_CALLS, help=f"calls a round ({_CALLS})")
    settings = parser.parse_args()
    finish(measure(settings.envs, rounds=settings.rounds, calls=settings.calls), settings)


if __name__ == "__main__":
    main()
