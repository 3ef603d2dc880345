"""Time `import cognito_idp` and the first structs, with httpx, attrs and cattrs already imported."""

from __future__ import annotations

import json
import subprocess
from statistics import median
from typing import TYPE_CHECKING, Any

from . import data, environments
from .environments import ROOT
from .report import Column, Report, Target, arguments, finish

if TYPE_CHECKING:
    from pathlib import Path

    from .environments import Installed

_OPERATIONS = (1, 5, 20, 60, 153)
_TARGET_MS = 25.0
_COLUMNS = (
    Column("operations", "operations used", "d"),
    Column("cpu_ms", "CPU ms", ".1f"),
    Column("import_ms", "of that, import", ".1f"),
    Column("ms_an_operation", "ms for each more", ".2f"),
    Column("our_modules", "our modules", ".0f"),
    Column("other_modules", "other modules", ".0f"),
)


def measure(envs: Path, *, rounds: int) -> Report:
    """Run all fresh processes and report."""
    plain = environments.install(environments.plain(), envs)
    environ = environments.clean_environ(envs)
    _first_use(plain, environ, _OPERATIONS[-1])
    figures: dict[int, list[dict[str, float]]] = {operations: [] for operations in _OPERATIONS}
    for _ in range(rounds):
        for operations, of_one in figures.items():
            of_one.append(_first_use(plain, environ, operations))
    rows: list[dict[str, Any]] = []
    for operations, of_one in figures.items():
        row: dict[str, Any] = {key: median(figures[key] for figures in of_one) for key in of_one[0]}
        assert row["operations"] == operations
        row["operations"] = operations
        if rows:
            row["ms_an_operation"] = (row["cpu_ms"] - rows[-1]["cpu_ms"]) / (operations - rows[-1]["operations"])
        rows.append(row)
    return Report(
        title="CPU time of the import, and of the first request and answer of each operation used",
        columns=_COLUMNS,
        rows=rows,
        targets=[
            Target(
                "import and first request, httpx, attrs and cattrs at hand: CPU", rows[0]["cpu_ms"], _TARGET_MS, "ms"
            )
        ],
        environments=[plain],
        notes=[f"{rounds} fresh processes each, in turn; httpx, attrs and cattrs are imported before the clock starts"],
    )


def _first_use(installed: Installed, environ: dict[str, str], operations: int) -> dict[str, float]:
    done = subprocess.run(
        [str(installed.python), "-I", str(ROOT / "benchmarks" / "first_use.py"), str(operations)],
        input=json.dumps(data.WIRE_RESPONSE),
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
        check=True,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Run the command."""
    settings = arguments("imports", __doc__, rounds=9).parse_args()
    finish(measure(settings.envs, rounds=settings.rounds), settings)


if __name__ == "__main__":
    main()
