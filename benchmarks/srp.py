"""Time SRP: CPU of a whole exchange next to pycognito's, and how long 50 exchanges in flight block an event loop."""

from __future__ import annotations

import json
import subprocess
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from . import environments
from .environments import ROOT, clean_environ
from .race import median_ratio
from .report import Column, Report, Target, arguments, finish
from .srp_work import IN_FLIGHT

if TYPE_CHECKING:
    from pathlib import Path

    from .environments import Installed

_CALLS: Final = 20
_LOOP_ROUNDS: Final = 3
_HOMES: Final = {
    "plain": environments.plain,
    "gmpy2": environments.gmpy2,
    "pycognito": environments.pycognito,
}
_CPU_TARGETS: Final = {"python": 0.30, "gmpy2": 0.08}
_LATE_TARGET_MS: Final = 5.0
# Title, program, contestant's name, environment.
_EXCHANGES: Final = {
    "pycognito": ("pycognito", "pycognito", "pycognito"),
    "python": ("cognito_idp, Python alone", "cognito-idp", "plain"),
    "gmpy2": ("cognito_idp with gmpy2", "cognito-idp", "gmpy2"),
}
_LOOPS: Final = {
    "idle": ("an idle loop on this machine", "idle", "plain"),
    "python": ("cognito_idp's flows, Python alone", "flows", "plain"),
    "gmpy2": ("cognito_idp's flows, with gmpy2", "flows", "gmpy2"),
    "python-threads": ("the same in worker threads, at once", "cognito-idp-threads", "plain"),
    "gmpy2-threads": ("the same with gmpy2", "cognito-idp-threads", "gmpy2"),
    "pycognito-threads": ("pycognito in worker threads", "pycognito-threads", "pycognito"),
}
_COLUMNS: Final = (
    Column("title", "SRP"),
    Column("cpu_ms", "CPU ms", ".2f"),
    Column("cpu_ratio", "of pycognito", ".3f"),
    Column("first_ms", "first one", ".2f"),
    Column("late_ms", "loop late ms", ".2f"),
    Column("worst_ms", "at worst", ".2f"),
)


def measure(envs: Path, *, rounds: int) -> Report:
    """Run all programs in turn, round by round, and report."""
    installed = environments.install_all(_HOMES, envs)
    exchanges: dict[str, list[dict[str, Any]]] = {name: [] for name in _EXCHANGES}
    loops: dict[str, list[dict[str, Any]]] = {name: [] for name in _LOOPS}
    for _ in range(rounds):
        timestamp = "none yet"
        for name, (_, contestant, home) in _EXCHANGES.items():
            outcome = _run(installed[home], envs, "exchange", contestant, str(_CALLS), timestamp)
            timestamp = outcome["known"]["TIMESTAMP"]
            exchanges[name].append(outcome)
        for name, (_, contestant, home) in _LOOPS.items():
            loops[name].append(_run(installed[home], envs, "loop", contestant, str(_LOOP_ROUNDS)))
        sent = [exchanges[name][-1]["known"] for name in _EXCHANGES]
        assert all(known == sent[0] for known in sent), f"the contestants don't agree: {sent}"
    cpu = {name: [outcome["cpu"] for outcome in outcomes] for name, outcomes in exchanges.items()}
    rows = [
        {
            "name": name,
            "title": f"one exchange: {title}",
            "cpu_ms": median(cpu[name]) * 1e3,
            "cpu_ratio": median_ratio(cpu[name], cpu["pycognito"]),
            "first_ms": median(outcome["first"] for outcome in exchanges[name]) * 1e3,
        }
        for name, (title, *_) in _EXCHANGES.items()
    ]
    targets = [
        Target(f"SRP exchange, {name}: CPU of pycognito's", row["cpu_ratio"], _CPU_TARGETS[name])
        for row in rows
        if (name := str(row["name"])) in _CPU_TARGETS
    ]
    for name, (title, *_) in _LOOPS.items():
        late = [seconds * 1e3 for outcome in loops[name] for seconds in outcome["late"]]
        of_one = None if name == "idle" else median(cpu for outcome in loops[name] for cpu in outcome["cpu"]) * 1e3
        row = {"name": f"loop-{name}", "title": f"{IN_FLIGHT} in flight: {title}", "cpu_ms": of_one}
        rows.append({**row, "late_ms": median(late), "worst_ms": max(late)})
        if name in _CPU_TARGETS:
            targets.append(
                Target(
                    f"longest block of the loop by {IN_FLIGHT} SRP exchanges, {name}",
                    median(late),
                    _LATE_TARGET_MS,
                    "ms",
                )
            )
    return Report(
        title="SRP: CPU time of an exchange (SRP_A and claim), and how long it blocks an event loop",
        columns=_COLUMNS,
        rows=rows,
        targets=targets,
        environments=list(installed.values()),
        notes=[
            f"{rounds} rounds; CPU: a process of {_CALLS} exchanges each, medians, ratios within each round",
            f"loop: by how much a task that runs every ms was late at most while {IN_FLIGHT} exchanges were in flight,",
            f"median and worst of {rounds * _LOOP_ROUNDS} runs; the idle loop shows what else the machine does",
        ],
    )


def _run(installed: Installed, home: Path, *arguments_: str) -> dict[str, Any]:
    command = [str(installed.python), "-m", "benchmarks.srp_work", *arguments_]
    done = subprocess.run(command, cwd=ROOT, env=clean_environ(home), stdout=subprocess.PIPE, check=True)
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def main() -> None:
    """Run the command."""
    settings = arguments("srp", __doc__, rounds=9).parse_args()
    finish(measure(settings.envs, rounds=settings.rounds), settings)


if __name__ == "__main__":
    main()
