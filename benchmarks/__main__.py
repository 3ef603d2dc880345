"""Run the benchmarks, and print one table of all targets: `python -m benchmarks [PART ...]`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from . import (
    aws_lambda,
    call,
    cold_start,
    concurrency,
    environments,
    guard,
    imports,
    pages,
    scale,
    signing,
    size,
    srp,
    verify,
)
from .environments import ROOT
from .report import Column, Report, Target, as_data, machine, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RESULTS: Final = ROOT / "docs" / "pages" / "benchmarks"


class Part(NamedTuple):
    """A benchmark as run from here: in full, or quickly."""

    whole: Callable[[Path], Report]
    quick: Callable[[Path], Report]


PARTS: Final[Mapping[str, Part]] = {
    "call": Part(partial(call.measure, rounds=30), partial(call.measure, rounds=3)),
    "concurrency": Part(partial(concurrency.measure, rounds=5), partial(concurrency.measure, rounds=1, quick=True)),
    "cold_start": Part(partial(cold_start.measure, rounds=15), partial(cold_start.measure, rounds=3)),
    "signing": Part(partial(signing.measure, rounds=25), partial(signing.measure, rounds=5)),
    "size": Part(size.measure, size.measure),
    "imports": Part(partial(imports.measure, rounds=9), partial(imports.measure, rounds=2)),
    "scale": Part(scale.measure, partial(scale.measure, calls=500)),
    "pages": Part(partial(pages.measure, rounds=5), partial(pages.measure, rounds=1, users=200_000)),
    "srp": Part(partial(srp.measure, rounds=3), partial(srp.measure, rounds=1)),
    "lambda": Part(partial(aws_lambda.measure, rounds=7), partial(aws_lambda.measure, rounds=2, freezes=(3.0,))),
    "verify": Part(partial(verify.measure, rounds=15), partial(verify.measure, rounds=2)),
    "guard": Part(partial(guard.measure, rounds=15), partial(guard.measure, rounds=2)),
}
_COLUMNS: Final = (
    Column("part", "part"),
    Column("what", "what"),
    Column("figure", "figure"),
    Column("target", "target"),
    Column("verdict", ""),
    Column("floor", "floor"),
)


def run(parts: list[str], envs: Path, *, quick: bool) -> dict[str, Report]:
    """Run these parts one after another."""
    reports = {}
    for name in parts:
        start = perf_counter()
        reports[name] = (PARTS[name].quick if quick else PARTS[name].whole)(envs)
        sys.stderr.write(f"{name}: {perf_counter() - start:.0f} s\n")
    return reports


def as_data_of_all(reports: Mapping[str, Report], *, quick: bool) -> dict[str, Any]:
    """Return all results as plain values, without paths or names of this machine."""
    return {
        "machine": machine(),
        "quick": quick,
        "table": [{"part": name, **target.as_row()} for name, report in reports.items() for target in report.targets],
        "reports": {name: as_data(report) for name, report in reports.items()},
    }


def as_text_of_all(reports: Mapping[str, Report]) -> str:
    """Return the tables of all parts, followed by the table of all targets."""
    lines = [machine()]
    versions = {
        environment.name: environment.versions for report in reports.values() for environment in report.environments
    }
    for name, packages in versions.items():
        lines.append(f"{name}: {', '.join(f'{package} {version}' for package, version in packages.items())}")
    for report in reports.values():
        lines += ["", "", report.title, "", *table(report.columns, report.rows), "", *report.notes]
    rows = [_row(name, target) for name, report in reports.items() for target in report.targets]
    met = sum(target.is_met for report in reports.values() for target in report.targets)
    return "\n".join([*lines, "", "", f"Targets: {met} of {len(rows)} met", "", *table(_COLUMNS, rows)])


def _row(part: str, target: Target) -> dict[str, str]:
    unit = f" {target.unit}" if target.unit else ""
    return {
        "part": part,
        "what": target.what,
        "figure": f"{target.value:.3g}{unit}",
        "target": f"{'≥' if target.at_least else '≤'} {target.bound:.3g}{unit}",
        "verdict": "met" if target.is_met else "MISSED",
        "floor": "" if target.floor is None else f"{target.floor:.3g}{unit} {target.floor_of}",
    }


def save(data: dict[str, Any], envs: Path, folder: Path) -> None:
    """Write `results.json` and its plots."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    python = environments.install(environments.plot(), envs).python
    command = [str(python), "-m", "benchmarks.plots", str(folder.resolve())]
    # Matplotlib keeps its font cache in the environments' folder.
    subprocess.run(command, cwd=ROOT, env=environments.clean_environ(envs), check=True)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"which of them; all by default: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="few rounds: whether everything works, roughly how fast")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--assert", action="store_true", dest="strict", help="exit with 1 if a target is missed")
    parser.add_argument("--save", action="store_true", help="write results.json and plots")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="the folder for them (docs/pages/benchmarks)")
    parser.add_argument(
        "--envs",
        type=Path,
        default=environments.default_folder(),
        help="the folder that keeps the contestants' environments, which are made where missing (%(default)s)",
    )
    settings = parser.parse_args()
    unknown = [name for name in settings.parts if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    reports = run(settings.parts or list(PARTS), settings.envs, quick=settings.quick)
    data = as_data_of_all(reports, quick=settings.quick)
    print(json.dumps(data, indent=2) if settings.json else as_text_of_all(reports))
    if settings.save:
        save(data, settings.envs, settings.results)
    if settings.strict and not all(target.is_met for report in reports.values() for target in report.targets):
        sys.exit(1)


if __name__ == "__main__":
    main()
