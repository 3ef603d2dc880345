"""What users see in their editors and checkers, held against mypy and basedpyright."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import cognito_idp
from tests.docs.blocks import ROOT, blocks_of

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
SOURCE = Path(cognito_idp.__file__).parent.parent


class Finding(NamedTuple):
    """One error of a checker."""

    file: str
    line: int
    rule: str
    text: str


def run(module: str, *arguments: str, folder: Path) -> str:
    """Run a checker, if it is installed, and return what it prints."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    result = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode in (0, 1), result.stderr
    return result.stdout


def findings_of_mypy(folder: Path) -> list[Finding]:
    """Return the errors of `mypy --strict` in the folder's files."""
    (folder / "mypy.ini").write_text(f"[mypy]\nmypy_path = {SOURCE}\n")
    # Errors within the package are found by the repository's own run.
    flags = ("--strict", "--follow-imports=silent", "--cache-dir", str(folder / "cache"), "--output", "json")
    samples = sorted(path.name for path in folder.glob("*.py"))
    printed = run("mypy", "--config-file", "mypy.ini", *flags, *samples, folder=folder)
    lines = map(json.loads, printed.splitlines())
    return [
        Finding(Path(line["file"]).stem, line["line"], line["code"], line["message"])
        for line in lines
        if line["severity"] == "error"
    ]


def findings_of_pyright(folder: Path) -> list[Finding]:
    """Return the errors of basedpyright, in pyright's strict mode, in the folder's files."""
    settings = {
        "include": ["*.py"],
        "extraPaths": [str(SOURCE)],
        "typeCheckingMode": "strict",
        # Looking at an attribute for its type alone is what the samples do.
        "reportUnusedExpression": False,
        "reportUnusedImport": False,
        # The blocks of the README each import what they use.
        "reportDuplicateImport": False,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    printed = run("basedpyright", "--outputjson", "--pythonpath", sys.executable, folder=folder)
    return [
        Finding(Path(found["file"]).stem, found["range"]["start"]["line"] + 1, found.get("rule", ""), found["message"])
        for found in json.loads(printed)["generalDiagnostics"]
        if found["severity"] == "error"
    ]


@pytest.fixture(scope="module", params=[findings_of_mypy, findings_of_pyright], ids=["mypy", "pyright"])
def findings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """Give what a checker finds in both samples, and in the blocks of the README."""
    folder = tmp_path_factory.mktemp("typing")
    (folder / "accepted.py").write_text((HERE / "accepted.py").read_text("utf-8"), "utf-8")
    (folder / "rejected.py").write_text((HERE / "rejected.py.txt").read_text("utf-8"), "utf-8")
    (folder / "readme.py").write_text("\n".join(block.code for block in blocks_of(ROOT / "README.md")), "utf-8")
    check: Callable[[Path], list[Finding]] = request.param
    return check(folder)


def expected(column: int) -> dict[int, str]:
    """Return the lines of the rejected sample in which a checker must find an error, with the rule for it."""
    lines = (HERE / "rejected.py.txt").read_text("utf-8").splitlines()
    rules = {number: line.partition("  # E: ")[2] for number, line in enumerate(lines, 1)}
    wanted = {number: text.split(" ")[column] for number, text in rules.items() if text}
    return {number: rule for number, rule in wanted.items() if rule != "-"}


def test_types_are_inferred(findings: list[Finding]) -> None:
    """Every `assert_type` of the accepted sample holds: send, methods, pages, members, enums, errors."""
    assert [finding for finding in findings if finding.file == "accepted"] == []


def test_the_readme_is_clean(findings: list[Finding]) -> None:
    """Neither checker finds anything in the README's own examples."""
    assert [finding for finding in findings if finding.file == "readme"] == []


def test_mistakes_are_rejected(findings: list[Finding], request: pytest.FixtureRequest) -> None:
    """Each mistake of the rejected sample is found, as the mistake that it is, and nothing else is."""
    found: dict[int, set[str]] = {}
    for finding in findings:
        if finding.file == "rejected":
            found.setdefault(finding.line, set()).add(finding.rule)
    wanted = expected(["mypy", "pyright"].index(request.node.callspec.id))
    assert len(wanted) > 25
    assert set(wanted) == set(found)
    assert {line: rule for line, rule in wanted.items() if rule not in found[line]} == {}
