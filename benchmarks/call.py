"""Time a warm AdminInitiateAuth on loopback: from a raw socket to boto3, side by side in one run."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from . import environments
from .race import median_difference, median_ratio, race
from .report import Column, Report, Target, arguments, finish
from .server import running_server

if TYPE_CHECKING:
    from pathlib import Path

_CALLS: Final = 200
# The title, and the environment that the contestant lives in.
_CONTESTANTS: Final = {
    "raw-socket": ("raw socket, prebuilt bytes", environments.plain),
    "http-client": ("http.client", environments.plain),
    "httpx-transport": ("httpx.HTTPTransport, prebuilt request", environments.plain),
    "pyreqwest": ("pyreqwest's SyncClient, prebuilt request", environments.fast),
    "cognito-idp-null": ("cognito_idp.Client over an httpx transport without I/O", environments.plain),
    "cognito-idp": ("cognito_idp.Client", environments.plain),
    "cognito-idp-fast": ("cognito_idp.Client with the extra fast", environments.fast),
    "boto3": ("boto3", environments.boto3),
    "httpx-async-transport": ("async: httpx.AsyncHTTPTransport, prebuilt request", environments.plain),
    "pyreqwest-async": ("async: pyreqwest's Client, prebuilt request", environments.fast),
    "cognito-idp-async-null": ("async: cognito_idp.AsyncClient over a transport without I/O", environments.plain),
    "cognito-idp-async": ("async: cognito_idp.AsyncClient", environments.plain),
    "cognito-idp-async-fast": ("async: cognito_idp.AsyncClient with the extra fast", environments.fast),
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
)
# Ours, its bare transport, and the bound.
_TARGETS: Final = {
    "sync call, plain: CPU of boto3's": ("cognito-idp", "httpx-transport", 0.43),
    "sync call, fast: CPU of boto3's": ("cognito-idp-fast", "pyreqwest", 0.24),
}
# The library's own share: all but the transport's I/O, in µs.
_OWN: Final = {"own share, sync": ("cognito-idp-null", 45.0), "own share, async": ("cognito-idp-async-null", 60.0)}
_SHARES: Final = {
    "sync, plain": ("cognito-idp", "httpx-transport"),
    "sync, fast": ("cognito-idp-fast", "pyreqwest"),
    "async, plain": ("cognito-idp-async", "httpx-async-transport"),
    "async, fast": ("cognito-idp-async-fast", "pyreqwest-async"),
}


def measure(envs: Path, *, rounds: int, calls: int = _CALLS) -> Report:
    """Run all contestants and report."""
    contestants = environments.install_all({name: home for name, (_, home) in _CONTESTANTS.items()}, envs)
    with running_server() as url:
        samples = race(contestants, url, envs, rounds=rounds, calls=calls)
    cpu = {name: [sample.cpu * 1e6 for sample in of_one] for name, of_one in samples.items()}
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
    targets += [Target(what, median(cpu[name]), bound, "µs") for what, (name, bound) in _OWN.items()]
    shares = {what: median_difference(cpu[ours], cpu[bare]) for what, (ours, bare) in _SHARES.items()}
    return Report(
        title="CPU and wall time of a warm call, one after the other",
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
