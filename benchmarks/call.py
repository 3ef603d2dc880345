"""Time a warm AdminInitiateAuth on loopback: from a raw socket to boto3, side by side in one run."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from . import environments
from .race import median_difference, median_ratio, race
from .report import Column, Report, Target, arguments, finish
from .server import running_server

if TYPE_CHECKING:
    from pathlib import Path

_CALLS = 200
_SYNC_TARGET = 0.45
_TITLES = {
    "raw-socket": "raw socket, prebuilt bytes",
    "http-client": "http.client",
    "httpx-transport": "httpx.HTTPTransport, prebuilt request",
    "cognito-idp": "cognito_idp.Client",
    "boto3": "boto3",
    "httpx-async-transport": "httpx.AsyncHTTPTransport, prebuilt request",
    "cognito-idp-async": "cognito_idp.AsyncClient, 1 in flight",
}
_COLUMNS = (
    Column("title", "one warm AdminInitiateAuth"),
    Column("cpu_us", "CPU µs", ".1f"),
    Column("cpu_spread_us", "quartiles"),
    Column("cpu_ratio", "of boto3", ".3f"),
    Column("wall_us", "wall µs", ".1f"),
    Column("wall_ratio", "of boto3", ".3f"),
)


def measure(envs: Path, *, rounds: int, calls: int = _CALLS) -> Report:
    """Run all contestants and report."""
    plain = environments.install(environments.plain(), envs)
    boto3 = environments.install(environments.boto3(), envs)
    contestants = {name: boto3 if name == "boto3" else plain for name in _TITLES}
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
        for name, title in _TITLES.items()
    ]
    own = median_difference(cpu["cognito-idp"], cpu["httpx-transport"])
    own_async = median_difference(cpu["cognito-idp-async"], cpu["httpx-async-transport"])
    return Report(
        title="CPU and wall time of a warm call",
        columns=_COLUMNS,
        rows=rows,
        targets=[
            Target("CPU of Client over boto3's", median_ratio(cpu["cognito-idp"], cpu["boto3"]), _SYNC_TARGET),
        ],
        environments=[plain, boto3],
        notes=[
            f"{rounds} rounds of {calls} calls each; medians over the rounds, ratios within each round",
            f"our own share of the CPU (client less bare transport): {own:.1f} µs sync, {own_async:.1f} µs async",
        ],
        figures={"own_share_us": own, "own_share_async_us": own_async},
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
