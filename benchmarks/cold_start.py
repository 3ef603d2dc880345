"""Time fresh processes from start to the first parsed response over TLS, and the first call after `warm_up`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from . import environments
from .environments import ROOT
from .process import Cost, middle, run_all
from .race import median_ratio
from .report import Column, Report, Target, arguments, finish
from .server import running_server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .environments import Installed
    from .server import Server

_WORK: Final = "cold_work.py"
_HOMES: Final = {"plain": environments.plain, "capo": environments.capo, "boto3": environments.boto3}
_IMPORTS: Final = "import {}, attrs, cattrs, os; os._exit(0)"
# Title, environment, and Python's arguments there; URL stands for the server's URL.
_PROGRAMS: Final = {
    "interpreter": ("Python alone", "plain", ("-c", "import os; os._exit(0)")),
    "imports": ("import httpx, attrs, cattrs alone", "plain", ("-c", _IMPORTS.format("httpx"))),
    "bare": (
        "the same, and one exchange over httpx.HTTPTransport",
        "plain",
        (_WORK, "start", "URL", "httpx-transport", "httpx", "attrs", "cattrs"),
    ),
    "cognito-idp": ("cognito_idp to the first response", "plain", (_WORK, "start", "URL", "cognito-idp")),
    "imports-stdlib": (
        "import socket, ssl, attrs, cattrs alone",
        "plain",
        ("-c", _IMPORTS.format("socket, ssl")),
    ),
    "bare-stdlib": (
        "the same, and one exchange over a socket",
        "plain",
        (_WORK, "start", "URL", "raw-socket", "socket", "ssl", "attrs", "cattrs"),
    ),
    "cognito-idp-stdlib": (
        "cognito_idp over stdlib to the first response",
        "plain",
        (_WORK, "start", "URL", "cognito-idp-stdlib"),
    ),
    "capo": ("capo to the first response", "capo", (_WORK, "start", "URL", "capo")),
    "boto3": ("boto3 to the first response", "boto3", (_WORK, "start", "URL", "boto3")),
}
_FIRST_CALLS: Final = {
    "first-call": ("the first call of a process", "httpx", "cold"),
    "first-call-warm": ("the first call after warm_up", "httpx", "warm"),
    "first-call-stdlib": ("the first call of a process, over stdlib", "stdlib", "cold"),
    "first-call-stdlib-warm": ("the first call after warm_up, over stdlib", "stdlib", "warm"),
}
_COLUMNS: Final = (
    Column("title", "one fresh process"),
    Column("wall_ms", "wall ms", ".1f"),
    Column("wall_ratio", "of boto3", ".3f"),
    Column("cpu_ms", "CPU ms", ".1f"),
    Column("cpu_ratio", "of boto3", ".3f"),
    Column("peak_mib", "peak MiB", ".1f"),
    Column("peak_ratio", "of boto3", ".3f"),
    Column("instructions", "million instructions", ".0f"),
    Column("warm_up_ms", "warm_up ms", ".1f"),
)
# Our program, its bare imports and exchange, and the bound.
_STARTS: Final = {
    "httpx": ("cognito-idp", "bare", 0.46),
    "stdlib": ("cognito-idp-stdlib", "bare-stdlib", 0.36),
}
_PEAK: Final = 0.70


def measure(envs: Path, *, rounds: int) -> Report:
    """Run all programs in turn and report."""
    installed = environments.install_all(_HOMES, envs)
    with running_server(envs) as server:
        commands = {
            name: _python(installed[home], *(server.https if argument == "URL" else argument for argument in rest))
            for name, (_, home, rest) in _PROGRAMS.items()
        }
        costs = run_all(commands, server.environ, rounds=rounds)
        calls = _first_calls(installed["plain"], server, rounds)
        instructions = {name: _instructions(command, server.environ) for name, command in commands.items()}
    rows = {name: {**_row(name, costs[name], costs["boto3"]), "instructions": instructions[name]} for name in _PROGRAMS}
    targets = [
        Target(
            f"cold start to the first response, {which}: {time} time, as a share of boto3's",
            rows[ours][key],
            bound,
            floor=rows[bare][key],
            floor_of="bare imports and exchange",
        )
        for which, (ours, bare, bound) in _STARTS.items()
        for time, key in (("wall", "wall_ratio"), ("CPU", "cpu_ratio"))
    ]
    peak, floor = rows["cognito-idp"]["peak_ratio"], rows["bare"]["peak_ratio"]
    targets.append(
        Target(
            "peak memory after the first response, httpx: as a share of boto3's",
            peak,
            _PEAK,
            floor=floor,
            floor_of="bare",
        )
    )
    return Report(
        title="Cold start over TLS: from the start of a process to the first parsed response, and the first call alone",
        columns=_COLUMNS,
        rows=[*rows.values(), *calls],
        targets=targets,
        environments=environments.distinct(installed.values()),
        notes=[
            f"{rounds} processes each, in turn, compiled beforehand; medians, ratios within each round",
            "instructions: of one more process each under valgrind, if there is one; no other load changes them",
            "the first call alone: timed in the process, from after the import and Client(), or after warm_up",
            "the authorities to trust are certifi's and the server's, so that reading them costs what it usually does",
            "stdlib never imports httpx (the program asserts it)",
        ],
    )


def _python(installed: Installed, *arguments: str) -> list[str]:
    """Return the command that runs Python with these arguments; programs in this folder are given by name.

    Python runs isolated (-I), so that imports don't search the program's folder.
    """
    folder = ROOT / "benchmarks"
    return [
        str(installed.python),
        "-I",
        *(str(folder / argument) if argument.endswith(".py") else argument for argument in arguments),
    ]


def _first_calls(plain: Installed, server: Server, rounds: int) -> list[dict[str, Any]]:
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in _FIRST_CALLS}
    for _ in range(rounds):
        for name, (_, engine, beginning) in _FIRST_CALLS.items():
            command = _python(plain, _WORK, "first-call", server.https, engine, beginning)
            done = subprocess.run(command, stdout=subprocess.PIPE, env=server.environ, check=True)
            figures[name].append(json.loads(done.stdout))
    return [
        {
            "name": name,
            "title": _FIRST_CALLS[name][0],
            "wall_ms": median(figures["wall"] for figures in of_one) * 1e3,
            "cpu_ms": median(figures["cpu"] for figures in of_one) * 1e3,
            "warm_up_ms": median(figures["warm_up"] for figures in of_one) * 1e3 or None,
        }
        for name, of_one in figures.items()
    ]


def _instructions(command: Sequence[str], environ: Mapping[str, str]) -> float | None:
    """Return the millions of instructions that a process takes, or None without valgrind."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return None
    settings = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
    done = subprocess.run([valgrind, *settings, *command], env=environ, capture_output=True, text=True, check=True)
    count = re.search(r"I\s+refs:\s+([0-9,]+)", done.stderr)
    return None if count is None else int(count[1].replace(",", "")) / 1e6


def _row(name: str, costs: list[Cost], peers: list[Cost]) -> dict[str, Any]:
    wall, cpu, peak = middle(costs)
    ratios = Cost(
        *(median_ratio(*pair) for pair in zip(zip(*costs, strict=True), zip(*peers, strict=True), strict=True))
    )
    return {
        "name": name,
        "title": _PROGRAMS[name][0],
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
