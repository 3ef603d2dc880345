"""Shared parts of the benchmark commands: arguments, and reports as a table or as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from .environments import default_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .environments import Installed


class Column(NamedTuple):
    """A column of the table: the key in each row, the heading, and the number format."""

    key: str
    heading: str
    number: str = ""


class Target(NamedTuple):
    """A target of a benchmark: a value that is at most (or at least) `bound`.

    `floor` is the same value for a bare part that every client needs, which `floor_of` names.
    """

    what: str
    value: float
    bound: float
    unit: str = ""
    at_least: bool = False
    floor: float | None = None
    floor_of: str = ""

    @property
    def is_met(self) -> bool:
        """Return whether the value is within the bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def as_row(self) -> dict[str, Any]:
        """Return the target as plain values."""
        return {**self._asdict(), "is_met": self.is_met}


class Report(NamedTuple):
    """The outcome of one benchmark."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[dict[str, Any]]
    targets: Sequence[Target]
    environments: Sequence[Installed]
    notes: Sequence[str] = ()
    figures: Mapping[str, float] = MappingProxyType({})


def arguments(benchmark: str, description: str | None, *, rounds: int | None = None) -> argparse.ArgumentParser:
    """Return the parser for the arguments of all benchmarks; without rounds it has no `--rounds`."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{benchmark}", description=description)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--assert", action="store_true", dest="strict", help="exit with 1 if a target is missed")
    if rounds is not None:
        parser.add_argument("--rounds", type=int, default=rounds, help=f"how often each one is measured ({rounds})")
    parser.add_argument(
        "--envs",
        type=Path,
        default=default_folder(),
        help="the folder that keeps the contestants' environments, which are made where missing (%(default)s)",
    )
    return parser


def finish(report: Report, settings: argparse.Namespace) -> None:
    """Print the report, and exit with 1 if a target is missed and `--assert` was given."""
    print(as_json(report) if settings.json else as_text(report))
    if settings.strict and not all(target.is_met for target in report.targets):
        sys.exit(1)


def as_json(report: Report) -> str:
    """Return the report as JSON."""
    return json.dumps({"command": _command(), "machine": machine(), **as_data(report)}, indent=2)


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "title": report.title,
        "versions": {installed.name: installed.versions for installed in report.environments},
        "rows": list(report.rows),
        "targets": [target.as_row() for target in report.targets],
        "figures": dict(report.figures),
        "notes": list(report.notes),
    }


def as_text(report: Report) -> str:
    """Return the report as a table for people."""
    lines = [report.title, f"$ {_command()}", machine()]
    lines += [f"{installed.name}: {_versions(installed)}" for installed in report.environments]
    lines += ["", *table(report.columns, report.rows), "", *report.notes, *map(_sentence, report.targets)]
    return "\n".join(lines)


def _sentence(target: Target) -> str:
    verdict = "met   " if target.is_met else "MISSED"
    unit = f" {target.unit}" if target.unit else ""
    limit = "at least" if target.at_least else "at most"
    floor = "" if target.floor is None else f" (floor, {target.floor_of}: {target.floor:.3g}{unit})"
    return f"target {verdict}  {target.what}: {target.value:.3g}{unit}, {limit} {target.bound:.3g}{unit}{floor}"


def _versions(installed: Installed) -> str:
    return ", ".join(f"{name} {version}" for name, version in installed.versions.items())


def table(columns: Sequence[Column], rows: Iterable[dict[str, Any]]) -> list[str]:
    """Return the lines of a table, starting with its heading."""
    cells = [[column.heading for column in columns]]
    cells += [[_cell(column, row.get(column.key)) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if column.number else cell.ljust(width)
            for column, cell, width in zip(columns, line, widths, strict=True)
        ).rstrip()
        for line in cells
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _cell(column: Column, value: Any) -> str:
    return "" if value is None else format(value, column.number)


def _command() -> str:
    module = Path(sys.argv[0]).stem
    return " ".join(["python", "-m", f"benchmarks.{module}", *sys.argv[1:]])


def machine() -> str:
    """Return one line about the machine: processor, cores, load, system, Python."""
    cpuinfo = Path("/proc/cpuinfo")
    match = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    processor = match[1] if match else platform.processor() or platform.machine()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.release()}"
    return f"{processor}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {system}, {python}"
