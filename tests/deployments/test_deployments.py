"""Ways to deploy the package: in zip files, without docstrings, without a home, on a disk that nobody can write to.

The table on the page about Lambda says the same.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipapp
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.answers import answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Serve
    from tests.support.server import Connection, Received
    from tests.support.tls import Authority

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("program.py")
PURE = (
    *("anyio", "attrs", "cattrs", "certifi", "click", "h11", "httpcore", "httpx", "idna", "jmespath", "markdown-it-py"),
    *("mdurl", "Pygments", "PyJWT", "rich", "segno", "typing_extensions"),
)
NATIVE = ("cffi", "cryptography", "pycparser")
ANSWERS = {
    "ListUsers": {"Users": [{"Username": "mary"}]},
    "InitiateAuth": {"AuthenticationResult": {"AccessToken": "a", "ExpiresIn": 60}},
}
EXPECTED = {
    "names": True,
    "sign-in over httpx": "SignedIn",
    "sign-in over stdlib": "SignedIn",
    "users": ["mary"] * 4,
    "verified": "mary",
    "refused": 1,
    "trusted by default": ["refused", "refused"],
    "command": ["mary"],
}

READ_ONLY = ("unshare", "--mount", "sh", "-c", 'mount -o remount,ro,bind / && cd / && exec "$@"', "sh")
UNKNOWN_USER = ("unshare", "--user", "--map-user=54321", "--map-group=54321")


class Way(NamedTuple):
    """A way to deploy: what is in a zip file, Python's options, what starts it, and whether there is a home."""

    zipped: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    has_home: bool = True
    is_application: bool = False


OURS = ("cognito-idp",)
WAYS = {
    "a folder": Way(),
    "a zip file on the path": Way(OURS),
    "a zip file with all that is pure Python": Way((*OURS, *PURE)),
    "a zipapp": Way((*OURS, *PURE), is_application=True),
    "-O": Way(options=("-O",)),
    "-OO": Way(options=("-OO",)),
    "no HOME": Way(has_home=False),
    "an unknown user without HOME": Way(start=UNKNOWN_USER, has_home=False),
    "a read-only disk": Way(start=READ_ONLY),
    "everything at once": Way((*OURS, *PURE), ("-OO",), (*READ_ONLY, *UNKNOWN_USER), has_home=False),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Copy each distribution to a folder of its own; those in C stay together."""
    base = tmp_path_factory.mktemp("distributions")
    copies = {name: copied((name,), base / name) for name in PURE}
    copies["native"] = copied(NATIVE, base / "native")
    source = ROOT / "src" / "cognito_idp"
    shutil.copytree(source, base / "ours" / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return {**copies, "cognito-idp": base / "ours"}


def copied(names: Iterable[str], target: Path) -> Path:
    """Copy the modules and the metadata of installed distributions."""
    for name in names:
        for file in distribution(name).files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                place = target / file
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), place)
    return target


def zipped(folders: Iterable[Path], target: Path) -> Path:
    """Write one zip file with what is in some folders."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            for file in sorted(folder.rglob("*")):
                archive.write(file, file.relative_to(folder))
    return target


def service(connection: Connection, request: Received) -> None:
    """Stand for Cognito."""
    operation = (request.header("x-amz-target") or ".").rpartition(".")[2]
    answer(json.dumps(ANSWERS.get(operation, {})).encode())(connection, request)


def can(start: tuple[str, ...]) -> bool:
    """Return whether this machine starts processes in this way."""
    return not start or subprocess.run([*start, "true"], capture_output=True, check=False).returncode == 0


def test_the_page_has_the_same_table() -> None:
    """The page about Lambda lists these ways, and no others."""
    table = (
        (ROOT / "docs" / "pages" / "lambda.md").read_text("utf-8").partition("| deployed as |")[2].partition("\n\n")[0]
    )
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines()[2:]]
    assert [[name, "yes"] for name in WAYS] == rows


@pytest.mark.long
@pytest.mark.parametrize("name", WAYS)
def test_a_deployment(folders: dict[str, Path], authority: Authority, serve: Serve, tmp_path: Path, name: str) -> None:
    """Clients over both engines, a sign-in, a verifier, certifi's authorities and the command work in this way."""
    way = WAYS[name]
    if shutil.which("unshare") is None or not can(way.start):
        pytest.skip("this machine has no namespaces for us")
    path = [folders[part] for part in folders if part not in way.zipped]
    program = [PROGRAM]
    if way.zipped:
        archive = zipped([folders[part] for part in way.zipped], tmp_path / "packages.zip")
        path.insert(0, archive)
    if way.is_application:
        application = tmp_path / "application"
        with zipfile.ZipFile(path.pop(0)) as content:
            content.extractall(application)
        shutil.copy(PROGRAM, application / "__main__.py")
        program = [tmp_path / "application.pyz"]
        zipapp.create_archive(application, program[0])
    server = serve(service, tls=authority.server_context("127.0.0.1"))
    done = subprocess.run(
        [*way.start, sys.executable, "-S", "-W", "error", *way.options, *map(str, program), server.url],
        env={
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_CA_BUNDLE": str(authority.bundle),
            "BUNDLE": str(authority.bundle),
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            **({"HOME": str(tmp_path)} if way.has_home else {}),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    results = json.loads(done.stdout)
    assert ("zip" in results.pop("where") or ".pyz" in done.args[-2]) == bool(way.zipped)
    assert results == EXPECTED
