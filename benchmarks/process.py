"""Measure whole processes, one fresh interpreter after another."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from .environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Cost(NamedTuple):
    """The cost of one process: wall and CPU seconds, and peak memory in bytes."""

    wall: float
    cpu: float
    peak: float


def run_all(commands: Mapping[str, Sequence[str]], environ: Mapping[str, str], *, rounds: int) -> dict[str, list[Cost]]:
    """Run all programs once per round, after a round that only fills the disk caches.

    Raises:
        RuntimeError: a program failed.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    # Without site and user settings (-I, -S), to keep it small.
    launcher = [sys.executable, "-I", "-S", str(ROOT / "benchmarks" / "launcher.py")]
    with subprocess.Popen(launcher, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for number in range(rounds + 1):
            for name, command in commands.items():
                cost = _run(process, command, environ)
                if number > 0:
                    costs[name].append(cost)
    return costs


def _run(launcher: subprocess.Popen[str], command: Sequence[str], environ: Mapping[str, str]) -> Cost:
    assert launcher.stdin is not None
    assert launcher.stdout is not None
    launcher.stdin.write(json.dumps({"command": command, "environ": environ}) + "\n")
    launcher.stdin.flush()
    line = launcher.stdout.readline()
    answer: dict[str, Any] = json.loads(line) if line else {"exit_code": None}
    if answer["exit_code"] != 0:
        msg = f"failed with exit code {answer['exit_code']}: {' '.join(command)}"
        raise RuntimeError(msg)
    return Cost(**answer["cost"])


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    walls, cpus, peaks = zip(*costs, strict=True)
    return Cost(median(walls), median(cpus), median(peaks))
