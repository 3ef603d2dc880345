"""The environments of the contestants, one each, so that no contestant depends on another's packages.

They are made on first use and kept; `python -m benchmarks.environments` makes all of them at once. Ours hold the
wheel's runtime dependencies and a copy of the package from the working tree, laid out as in the wheel. The copy is
refreshed when the tree has changed.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ROOT: Final = Path(__file__).resolve().parent.parent
_PACKAGE: Final = ROOT / "src" / "cognito_idp"
_RUNTIME: Final = "awslambdaric==4.2.2"


class Environment(NamedTuple):
    """The contents of an environment: requirements from the package index, and whether it has our own package."""

    name: str
    requirements: tuple[str, ...]
    holds_our_package: bool = False


def plain() -> Environment:
    """Return ours with only the package and its dependencies."""
    return _ours("plain")


def transports() -> Environment:
    """Return ours with the other HTTP libraries whose transports it accepts."""
    return _ours("transports", "httpx-aiohttp==0.2.0", "httpx2==2.16.2")


def gmpy2() -> Environment:
    """Return ours with the library that speeds up SRP."""
    return _ours("gmpy2", "gmpy2==2.3.2")


def jwt() -> Environment:
    """Return ours with the newest PyJWT."""
    return _ours("jwt", "PyJWT[crypto]")


def jwt_oldest() -> Environment:
    """Return ours with the oldest PyJWT that it supports."""
    return _ours("jwt-oldest", "PyJWT[crypto]==2.10.0")


def guard() -> Environment:
    """Return ours with FastAPI and fastapi-cognito, which guards the same routes."""
    return _ours("guard", "PyJWT[crypto]", "fastapi==0.165.0", "fastapi-cognito==2.10.0")


def boto3() -> Environment:
    """Return boto3's."""
    return Environment("boto3", ("boto3==1.44.5",))


def aiobotocore() -> Environment:
    """Return aiobotocore's, which pins its own botocore."""
    return Environment("aiobotocore", ("aiobotocore==3.10.0",))


def lambda_ours() -> Environment:
    """Return ours under AWS's Lambda runtime client."""
    return _ours("lambda", _RUNTIME)


def lambda_boto3() -> Environment:
    """Return boto3's under the same."""
    return Environment("lambda-boto3", (*boto3().requirements, _RUNTIME))


def capo() -> Environment:
    """Return the capo SDK's, which has one distribution per service (the one named `capo` is about guitars)."""
    return Environment("capo", ("capo-cognito-identity-provider==0.13.0",))


def pycognito() -> Environment:
    """Return pycognito's."""
    return Environment("pycognito", ("pycognito==2024.5.1",))


def plot() -> Environment:
    """Return the environment for drawing the plots."""
    return Environment("plot", ("matplotlib==3.11.2",))


ALL: Final = (
    plain,
    transports,
    gmpy2,
    jwt,
    jwt_oldest,
    guard,
    lambda_ours,
    lambda_boto3,
    boto3,
    aiobotocore,
    capo,
    pycognito,
    plot,
)


def _ours(name: str, *more: str) -> Environment:
    return Environment(name, (*_project()["dependencies"], *more), holds_our_package=True)


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project


class Installed(NamedTuple):
    """An installed environment."""

    name: str
    python: Path
    packages: Path
    versions: dict[str, str]


def default_folder() -> Path:
    """Return the folder for this user's environments."""
    return Path(tempfile.gettempdir()) / f"cognito-idp-benchmarks-{os.getuid()}"


def install(environment: Environment, folder: Path) -> Installed:
    """Make the environment in `folder` if it is missing, and update our package in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        msg = f"{folder} belongs to another user; name another folder with --envs"
        raise PermissionError(msg)
    version = ".".join(map(str, sys.version_info[:3]))
    digest = hashlib.sha256(repr(environment.requirements).encode()).hexdigest()[:8]
    place = folder / f"{environment.name}-py{version}-{digest}"
    python = place / "bin" / "python"
    whole = place / "whole"
    if not whole.exists():
        _say(f"making {place}: {', '.join(environment.requirements)}")
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qq", *environment.requirements], check=True)
        whole.touch()
    (packages,) = place.glob("lib/python*/site-packages")
    versions = {
        distribution.metadata["Name"]: distribution.version
        for distribution in distributions(path=[str(packages)])
        if distribution.metadata["Name"] not in ("pip", "setuptools")
    }
    if environment.holds_our_package:
        _copy_our_package(packages)
        versions["cognito-idp"] = "working tree"
    return Installed(environment.name, python, packages, dict(sorted(versions.items())))


def install_all(homes: Mapping[str, Callable[[], Environment]], folder: Path) -> dict[str, Installed]:
    """Make the environments of all contestants, and return them by contestant."""
    installed: dict[Callable[[], Environment], Installed] = {}
    for home in homes.values():
        if home not in installed:
            installed[home] = install(home(), folder)
    return {name: installed[home] for name, home in homes.items()}


def distinct(installed: Iterable[Installed]) -> list[Installed]:
    """Return each environment once."""
    return list({environment.name: environment for environment in installed}.values())


def _copy_our_package(packages: Path) -> None:
    copy, mark = packages / _PACKAGE.name, packages.parent / "cognito_idp.sha256"
    digest = _digest(_PACKAGE)
    if mark.exists() and mark.read_text() == digest:
        return
    mark.unlink(missing_ok=True)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(_PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    if not compileall.compile_dir(copy, quiet=1):
        msg = f"{_PACKAGE} does not compile"
        raise SyntaxError(msg)
    mark.write_text(digest)


def _digest(package: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(f"{file.relative_to(package)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def clean_environ(home: Path) -> dict[str, str]:
    """Return environment variables that hold no proxies, no AWS settings, and no Python settings."""
    return {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8"}


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> None:
    """Make all environments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.environments", description="Make all environments that the benchmarks need."
    )
    parser.add_argument("--envs", type=Path, default=default_folder(), help="the folder for them (%(default)s)")
    folder = parser.parse_args().envs
    for environment in ALL:
        installed = install(environment(), folder)
        versions = ", ".join(f"{name} {version}" for name, version in installed.versions.items())
        print(f"{installed.name}: {versions}")


if __name__ == "__main__":
    main()
