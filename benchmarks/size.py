"""Add up installed sizes: our package itself, and each client with all its dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import environments
from .report import Column, Report, Target, arguments, finish

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TARGET_MB: Final = 3.0
# Title, environment, and the packages of the client itself.
_CLIENTS: Final = {
    "cognito-idp": ("cognito_idp", environments.plain, ("cognito_idp",)),
    "capo": ("capo", environments.capo, ("capo_cognito_identity_provider",)),
    "boto3": ("boto3", environments.boto3, ("boto3", "botocore")),
    "aiobotocore": ("aiobotocore", environments.aiobotocore, ("aiobotocore", "botocore")),
}
_COLUMNS: Final = (
    Column("title", "client"),
    Column("packages", "the package itself"),
    Column("own_mb", "MB", ".2f"),
    Column("total_mb", "with all it needs, MB", ".1f"),
)
_INSTALLERS: Final = ("pip", "setuptools", "pkg_resources", "_distutils_hack")


def measure(envs: Path) -> Report:
    """Add up the sizes, and report."""
    installed = environments.install_all({name: home for name, (_, home, _) in _CLIENTS.items()}, envs)
    rows: list[dict[str, Any]] = []
    for name, (title, _, packages) in _CLIENTS.items():
        folder = installed[name].packages
        everything = [path for path in folder.iterdir() if not path.name.startswith(_INSTALLERS)]
        rows.append(
            {
                "name": name,
                "title": title,
                "packages": ", ".join(packages),
                "own_mb": _megabytes(folder / package for package in packages),
                "total_mb": _megabytes(everything),
            }
        )
    return Report(
        title="Installed size, without compiled bytecode",
        columns=_COLUMNS,
        rows=rows,
        targets=[Target("installed size of the package itself", rows[0]["own_mb"], _TARGET_MB, "MB")],
        environments=environments.distinct(installed.values()),
        notes=["1 MB is 1,000,000 bytes; our package is laid out as its wheel lays it out"],
    )


def _megabytes(places: Iterable[Path]) -> float:
    files = (file for place in places for file in (place.rglob("*") if place.is_dir() else (place,)))
    return sum(file.stat().st_size for file in files if file.is_file() and file.suffix != ".pyc") / 1e6


def main() -> None:
    """Run the command."""
    parser = arguments("size", __doc__)
    settings = parser.parse_args()
    finish(measure(settings.envs), settings)


if __name__ == "__main__":
    main()
