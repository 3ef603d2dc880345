"""The pinned botocore and the newest one: fetched with pip, and their models compared.

What the package holds now is what the pinned wheel says; `--check` makes sure of it. So the two wheels are compared,
and no copy of botocore's facts has to be kept here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from .changes import compare, summary
from .model import ModelError, documents, facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .changes import Change
    from .model import Facts

PIN: Final = "pin.txt"
"""The file that holds the version of botocore whose model the package has: the one place."""

COMMAND: Final = "python -m cognito_idp_codegen --newest"


class Newest(NamedTuple):
    """The newest botocore beside the pinned one."""

    pinned: str
    version: str
    wheel: Path
    old: Facts
    new: Facts

    @property
    def changes(self) -> list[Change]:
        """What the newest model says otherwise."""
        return compare(self.old, self.new)

    @property
    def headline(self) -> str:
        """Both versions in one line, for what is reported below it."""
        if self.version == self.pinned:
            return f"nothing new: botocore {self.pinned} is pinned, and is the newest"
        if not self.is_later:
            return f"nothing new: botocore {self.pinned} is pinned, and the newest at hand is {self.version}"
        if not self.changes:
            return f"nothing new: botocore {self.version} says what {self.pinned} says, which is pinned"
        return f"botocore {self.pinned} -> {self.version}"

    @property
    def is_later(self) -> bool:
        """Whether the newest botocore is newer than the pinned one."""
        return _parts(self.version) > _parts(self.pinned)

    @property
    def drift(self) -> str:
        """How far the pin is behind, in one line."""
        if not (self.is_later and self.changes):
            return self.headline
        return f"{self.headline}: {summary(self.changes)}; run {COMMAND}"


def pin(sources: Path) -> str:
    """Return the pinned version of botocore."""
    return (sources / PIN).read_text("utf-8").strip()


@contextmanager
def newest(sources: Path, pinned: Path | None, wheel: Path | None) -> Iterator[Newest]:
    """Compare the newest botocore with the pinned one, and keep its wheel until the end of the block.

    Args:
        sources: the generator's folder.
        pinned: the pinned wheel, if it need not be fetched.
        wheel: the wheel to take as the newest, if it need not be fetched.

    Raises:
        ModelError: a wheel can't be fetched or read.
    """
    version = pin(sources)
    if pinned is not None and version_of(pinned) != version:
        msg = f"{pinned.name} is not botocore {version}, which is pinned"
        raise ModelError(msg)
    with TemporaryDirectory() as folder:
        later = wheel or fetch(Path(folder) / "newest", "botocore")
        facts = facts_of(*documents(later))
        found = Newest(version, version_of(later), later, facts, facts)
        if found.is_later:
            earlier = pinned or fetch(Path(folder) / "pinned", f"botocore=={version}")
            found = found._replace(old=facts_of(*documents(earlier)))
        yield found


def version_of(wheel: Path) -> str:
    """Return the version in a wheel's name.

    Raises:
        ModelError: it is not the name of a wheel of botocore.
    """
    match = re.fullmatch(r"botocore-(\d+(?:\.\d+)*)-.+\.whl", wheel.name)
    if match is None:
        msg = f"{wheel.name} is not the name of a botocore wheel, such as botocore-1.2.3-py3-none-any.whl"
        raise ModelError(msg)
    return match[1]


def fetch(folder: Path, requirement: str) -> Path:
    """Download a wheel with pip, from where pip is set up to look.

    Raises:
        ModelError: pip fails, with what it said last.
    """
    options = ("--quiet", "--no-deps", "--no-input", "--disable-pip-version-check", "--retries", "1")
    command = [sys.executable, "-m", "pip", "download", *options, "--only-binary", ":all:", "--dest", str(folder)]
    result = subprocess.run([*command, requirement], capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode:
        said = result.stderr.strip().splitlines() or [f"exit status {result.returncode}"]
        msg = f"pip could not fetch {requirement}: {said[-1]}"
        raise ModelError(msg)
    return next(folder.glob("*.whl"))


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
