"""Time fresh processes from their start to the first parsed response, for us and for boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import environments
from .process import Cost, middle, run_all
from .race import median_ratio
from .report import Column, Report, Target, arguments, finish
from .server import ROOT, running_server

if TYPE_CHECKING:
    from pathlib import Path

    from .environments import Installed

_TARGET = 0.55
_TITLES = {
    "interpreter": "Python alone",
    "imports": "import httpx, attrs, cattrs alone",
    "bare": "the same, and one exchange over httpx.HTTPTransport",
    "cognito-idp": "cognito_idp to the first response",
    "boto3": "boto3 to the first response",
}
_COLUMNS = (
    Column("title", "one fresh process"),
    Column("wall_ms", "wall ms", ".1f"),
    Column("wall_ratio", "of boto3", ".3f"),
    Column("cpu_ms", "CPU ms", ".1f"),
    Column("cpu_ratio", "of boto3", ".3f"),
    Column("peak_mib", "peak MiB", ".1f"),
    Column("peak_ratio", "of boto3", ".3f"),
)


def measure(envs: Path, *, rounds: int) -> Report:
    """Run all programs in turn and report."""
    plain = environments.install(environments.plain(), envs)
    boto3 = environments.install(environments.boto3(), envs)
    with running_server() as url:
        commands = {
            "interpreter": _python(plain, "-c", "import os; os._exit(0)"),
            "imports": _python(plain, "-c", "import httpx, attrs, cattrs, os; os._exit(0)"),
            "bare": _python(plain, _program("cold_bare"), url),
            "cognito-idp": _python(plain, _program("cold_plain"), url),
            "boto3": _python(boto3, _program("cold_boto3"), url),
        }
        costs = run_all(commands, environments.clean_environ(envs), rounds=rounds)
    rows = [_row(name, costs[name], costs["boto3"]) for name in _TITLES]
    ours = next(row for row in rows if row["name"] == "cognito-idp")
    return Report(
        title="Cold start: from the start of a process to the first parsed response",
        columns=_COLUMNS,
        rows=rows,
        targets=[
            Target("wall time over boto3's", ours["wall_ratio"], _TARGET),
            Target("CPU time over boto3's", ours["cpu_ratio"], _TARGET),
        ],
        environments=[plain, boto3],
        notes=[f"{rounds} processes each, in turn, compiled beforehand; medians, ratios within each round"],
    )


def _python(installed: Installed, *arguments: str) -> list[str]:
    # Isolated (-I), so that the folder of the program is not searched for what it imports.
    return [str(installed.python), "-I", *arguments]


def _program(name: str) -> str:
    return str(ROOT / "benchmarks" / f"{name}.py")


def _row(name: str, costs: list[Cost], peers: list[Cost]) -> dict[str, Any]:
    wall, cpu, peak = middle(costs)
    ratios = Cost(
        *(median_ratio(*pair) for pair in zip(zip(*costs, strict=True), zip(*peers, strict=True), strict=True))
    )
    return {
        "name": name,
        "title": _TITLES[name],
        "wall_ms": wall * 1e3,
        "wall_ratio": ratios.wall,
        "cpu_ms": cpu * 1e3,
        "cpu_ratio": ratios.cpu,
        "peak_mib": peak / 2**20,
        "peak_ratio": ratios.peak,
    }


def main() -> None:
    """Run the command."""
    settings = arguments("cold_start", __doc__, rounds=15).parse_args()
    finish(measure(settings.envs, rounds=settings.rounds), settings)


if __name__ == "__main__":
    main()
