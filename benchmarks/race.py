"""Time warm contestants round by round, each in its own process, so that machine noise affects all of them alike."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from .environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from .environments import Installed


class Sample(NamedTuple):
    """The cost of a call in one round: average CPU and wall seconds, and latencies if calls were in flight.

    `rss` is the memory of the process after the round, in bytes.
    """

    cpu: float
    wall: float
    p50: float | None
    p99: float | None
    rss: int


class Worker:
    """A process that holds one contestant; as a context manager, it ends with its block."""

    def __init__(self, name: str, installed: Installed, url: str, environ: Mapping[str, str]) -> None:
        """Start the process in its environment, with these environment variables."""
        self.name = name
        self._process = subprocess.Popen(
            [str(installed.python), "-m", "benchmarks.worker", name, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environ,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(BrokenPipeError):
            self._process.__exit__(error_type, error, traceback)

    def run(self, calls: int, in_flight: int = 0, lead_in: int = 0) -> Sample:
        """Make calls, with a number of them in flight; 0 means one after another, with no clock read between them.

        `lead_in` calls are made before the clock starts.
        """
        self.start(calls, in_flight, lead_in)
        return self.result()

    def start(self, calls: int, in_flight: int = 0, lead_in: int = 0) -> None:
        """Start the calls that `result` waits for."""
        assert self._process.stdin is not None
        task: dict[str, Any] = {"calls": calls, "in_flight": in_flight, "lead_in": lead_in}
        try:
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def result(self) -> Sample:
        """Wait for the started calls to end."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        return Sample(**json.loads(line))

    def _ended(self) -> RuntimeError:
        return RuntimeError(f"the worker of {self.name} ended; its error stands above")


@contextmanager
def workers(contestants: Mapping[str, Installed], url: str, environ: Mapping[str, str]) -> Iterator[list[Worker]]:
    """Start a worker for each contestant; they end with the block."""
    with ExitStack() as stack:
        yield [stack.enter_context(Worker(name, installed, url, environ)) for name, installed in contestants.items()]


def take_turns(started: Sequence[Worker], *, rounds: int, calls: int, in_flight: int = 0) -> dict[str, list[Sample]]:
    """Return the samples of each contestant, one per round, after a round that doesn't count."""
    samples: dict[str, list[Sample]] = {worker.name: [] for worker in started}
    for worker in started:
        worker.run(calls, in_flight)
    for number in range(rounds):
        # Alternate the order, so that nobody always runs right after the same neighbour.
        for worker in started if number % 2 == 0 else reversed(started):
            # The processor's caches went cold during the others' turns.
            samples[worker.name].append(worker.run(calls, in_flight, lead_in=calls // 5))
    return samples


def race(
    contestants: Mapping[str, Installed], url: str, environ: Mapping[str, str], *, rounds: int, calls: int
) -> dict[str, list[Sample]]:
    """Start a worker for each contestant, and let them take turns."""
    with workers(contestants, url, environ) as started:
        return take_turns(started, rounds=rounds, calls=calls)


def median_ratio(values: Sequence[float], peers: Sequence[float]) -> float:
    """Return the median of the ratios within each round, which drift between rounds doesn't affect."""
    return median(value / peer for value, peer in zip(values, peers, strict=True))


def median_difference(values: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the differences within each round."""
    return median(value - other for value, other in zip(values, others, strict=True))
