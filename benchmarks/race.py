"""Times warm contestants round by round, each in its own process, so that a machine's moods hit all of them alike."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from .environments import clean_environ
from .server import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .environments import Installed


class Sample(NamedTuple):
    """What one call took, in seconds, on average over one round."""

    cpu: float
    wall: float


class Worker:
    """A process that holds one contestant."""

    def __init__(self, name: str, installed: Installed, url: str, home: Path) -> None:
        """Start it in its environment."""
        self.name = name
        self.process = subprocess.Popen(
            [str(installed.python), "-m", "benchmarks.worker", name, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=clean_environ(home),
        )

    def run(self, calls: int) -> Sample:
        """Make so many calls, one after the other."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{calls}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            msg = f"the worker of {self.name} ended; its error stands above"
            raise RuntimeError(msg)
        return Sample(**json.loads(line))


def race(
    contestants: Mapping[str, Installed], url: str, home: Path, *, rounds: int, calls: int
) -> dict[str, list[Sample]]:
    """Return the samples of each contestant, one a round, after a round that doesn't count."""
    samples: dict[str, list[Sample]] = {name: [] for name in contestants}
    with ExitStack() as stack:
        workers = []
        for name, installed in contestants.items():
            worker = Worker(name, installed, url, home)
            stack.enter_context(worker.process)
            workers.append(worker)
        for worker in workers:
            worker.run(calls)
        for number in range(rounds):
            # To and fro, so that no one always comes right after the same neighbour.
            for worker in workers if number % 2 == 0 else reversed(workers):
                samples[worker.name].append(worker.run(calls))
    return samples


def median_ratio(values: Sequence[float], peers: Sequence[float]) -> float:
    """Return the median of the ratios within each round, which a drift from round to round leaves alone."""
    return median(value / peer for value, peer in zip(values, peers, strict=True))


def median_difference(values: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the differences within each round."""
    return median(value - other for value, other in zip(values, others, strict=True))
