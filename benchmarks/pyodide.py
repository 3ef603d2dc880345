"""Time imports and the first call under Pyodide in Node, from `.pyc` files and from source.

It is not part of `python -m benchmarks`, since it needs Node, npm and the development environment:
`.venv/bin/python -m benchmarks.pyodide`. Calls go to a loopback server over plain http. What Pyodide itself takes to
start isn't counted. WebAssembly has no clock of CPU time, so these are wall times.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from .environments import ROOT
from .report import Column, Report, arguments, finish
from .server import running_server

if TYPE_CHECKING:
    from tests.pyodide.prepare import Prepared

_STARTS: Final = {
    "compiled": ("from .pyc files", False, True),
    "compiled-preload": ("from .pyc files, preload", True, True),
    "source": ("from source", False, False),
    "source-preload": ("from source, preload", True, False),
}
_COLUMNS: Final = (
    Column("title", "one fresh interpreter"),
    Column("fetch", "a bare fetch ms", ".0f"),
    Column("libraries", "import attrs, cattrs ms", ".0f"),
    Column("client", "import, AsyncClient() ms", ".0f"),
    Column("preload", "preload ms", ".0f"),
    Column("first", "first call ms", ".1f"),
    Column("second", "second call ms", ".1f"),
)


def measure(envs: Path, *, rounds: int) -> Report:
    """Run all starts in turn and report."""
    from tests.pyodide.prepare import PYODIDE, prepared

    with TemporaryDirectory() as temporary, running_server(envs) as server:
        folder = Path(temporary)
        there = prepared(folder / "fetched")
        places = {name: _copied(there, folder / name) for name in ("compiled", "source")}
        _run(there, places["compiled"], {"COMPILE": "1"})
        samples: dict[str, list[dict[str, float]]] = {name: [] for name in _STARTS}
        for _ in range(rounds):
            for name, (_, preloads, is_compiled) in _STARTS.items():
                environ = {"URL": server.http, **({"PRELOAD": "1"} if preloads else {})}
                samples[name].append(_run(there, places["compiled" if is_compiled else "source"], environ))
    rows: list[dict[str, Any]] = [
        {"name": name, "title": _STARTS[name][0], **{key: median(each[key] for each in of_one) for key in of_one[0]}}
        for name, of_one in samples.items()
    ]
    return Report(
        title=f"Imports and the first call under Pyodide {PYODIDE} in Node",
        columns=_COLUMNS,
        rows=rows,
        targets=[],
        environments=[],
        notes=[f"{rounds} interpreters each, in turn; medians of wall times; plain http"],
    )


def _copied(there: Prepared, folder: Path) -> dict[Path, str]:
    """Copy what is imported, without what is compiled, and return the folders by their places in Pyodide."""
    sources = {"src": ROOT / "src", "library": there.library, "programs": ROOT / "benchmarks"}
    for name, source in sources.items():
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return {folder / name: f"/{name}" for name in sources}


def _run(there: Prepared, folders: dict[Path, str], environ: dict[str, str]) -> dict[str, float]:
    command = [there.node, ROOT / "tests" / "pyodide" / "run.mjs", there.pyodide, "/programs/pyodide_work.py"]
    done = subprocess.run(
        [*map(str, command), *(f"{folder}={place}" for folder, place in folders.items())],
        env={**os.environ, "PROGRAM": json.dumps(environ)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    steps = [line.removeprefix("STEPS ") for line in done.stdout.splitlines() if line.startswith("STEPS ")]
    seconds: dict[str, float] = json.loads(steps[0]) if steps else {}
    return seconds


def main() -> None:
    """Run the command."""
    settings = arguments("pyodide", __doc__, rounds=5).parse_args()
    finish(measure(settings.envs, rounds=settings.rounds), settings)


if __name__ == "__main__":
    main()
