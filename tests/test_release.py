"""What is released, and how it is checked: bounds, licences, the steps of the gate, and the workflows that run them."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest

from cognito_idp import __version__

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOWS = {path.name: path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}
TESTS = WORKFLOWS["tests.yml"]
SBOM: dict[str, Any] = json.loads((ROOT / "docs" / "cognito-idp.cdx.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "pages" / "platforms.md").read_text("utf-8")
CHANGELOG = "# Changelog\n\n## [Unreleased]\n{unreleased}\n## [{version}] - 2026-12-01\n- A client.\n"


def tool() -> Any:
    """Return the script that writes the SBOM and the table."""
    spec = importlib.util.spec_from_file_location("dependencies", ROOT / "docs" / "tools" / "dependencies.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # A class of the module is looked up there while it is made.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def rows() -> dict[str, list[str]]:
    """Return the cells of the table of licences, by package."""
    lines = PAGE.partition("<!-- dependencies -->")[2].partition("<!-- end")[0].strip().splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name: rest for name, *rest in cells}


def steps() -> list[str]:
    """Return the steps of the gate."""
    command = ["bash", ".ci/run", "--list"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()


# --- dependencies ---


def test_the_sbom_names_what_the_package_requires() -> None:
    """Each dependency of the library itself is in the SBOM as required, with the versions that are admitted."""
    components = {each["name"]: each for each in SBOM["components"]}
    for name, bounds in re.findall(r"^([\w-]+)([^;\n]*)", "\n".join(PROJECT["dependencies"]), re.MULTILINE):
        component = components[name.lower()]
        assert "required" == component["scope"]
        assert f"vers:pypi/{bounds.strip().replace(',', '|')}" == component["versionRange"]
    assert __version__ == SBOM["metadata"]["component"]["version"]


def test_the_page_and_the_sbom_say_the_same() -> None:
    """Both list the same packages under the same licences."""
    listed = {each["name"]: each["licenses"][0] for each in SBOM["components"]}
    assert {name: cells[0] for name, cells in rows().items()} == {
        name: licence.get("expression") or licence["license"]["id"] for name, licence in listed.items()
    }


@pytest.mark.parametrize("name", rows())
def test_a_licence_is_what_the_package_says(name: str) -> None:
    """The licence on the page is the one in the metadata of the package that is installed."""
    try:
        distribution(name)
    except PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    assert rows()[name][0] == tool().licence_of(name)


def test_everything_that_is_named_is_reached() -> None:
    """Each package of the SBOM is needed by the library or by another package that is."""
    graph = {each["ref"]: each["dependsOn"] for each in SBOM["dependencies"]}
    reached, queue = set(), [SBOM["metadata"]["component"]["bom-ref"]]
    while queue:
        ref = queue.pop()
        if ref not in reached:
            reached.add(ref)
            queue += graph[ref]
    assert graph.keys() == reached


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    """The constraints for the oldest versions hold each dependency of the library once, at its lower bound."""
    command = [sys.executable, ".ci/oldest.py"]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    bounds = dict(line.split("==") for line in lines)
    assert len(lines) == len(bounds)
    expected = dict(re.findall(r"^([\w-]+)>=([\d.]+)", "\n".join(PROJECT["dependencies"]), re.MULTILINE))
    assert len(PROJECT["dependencies"]) == len(expected)
    assert expected == {name: bounds[name] for name in expected}
    assert {"PyJWT", "click", "ministack"} <= bounds.keys()
    assert not {"pytest", "mypy", "mkdocs-material"} & bounds.keys()


# --- steps and workflows ---


def test_every_step_runs_by_itself() -> None:
    """Each step is a function, and a job of the workflow for tests runs it."""
    text = (ROOT / ".ci" / "steps.sh").read_text("utf-8")
    [others] = re.findall(r"^ +step: \[(.+)\]$", TESTS, re.MULTILINE)
    assert set(steps()) == {"tests", *others.split(", ")}
    assert [] == [step for step in steps() if f"\nstep_{step}() {{\n" not in text]


def test_jobs_run_steps_that_exist() -> None:
    """What a job runs is a step of the gate; no workflow has commands of its own."""
    commands = [
        command for text in WORKFLOWS.values() for command in re.findall(r"^ +- run: (.+)$", text, re.MULTILINE)
    ]
    named = {word for command in commands for word in command.removeprefix("bash .ci/run ").split()}
    known = {*steps(), "docs", "release", '"$STEP"'}
    assert all(command.startswith("bash .ci/run ") for command in commands)
    assert named <= known


def test_an_unknown_step_is_refused() -> None:
    """A step that doesn't exist is an error, before any other step runs."""
    command = ["bash", ".ci/run", "typing", "nothing"]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (2, "") == (run.returncode, run.stdout)
    assert "no step is called nothing" in run.stderr


def test_every_claimed_python_has_a_job() -> None:
    """The Pythons of the classifiers, of the jobs and of the page are the same."""
    claimed = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    [matrix] = re.findall(r"^ +python: \[(.+)\]$", TESTS, re.MULTILINE)
    [page] = re.findall(r"^\| CPython (3[^|]*) on Linux \|", PAGE, re.MULTILINE)
    assert claimed == matrix.replace('"', "").split(", ")
    assert claimed == page.split(", ")
    assert sorted(claimed) == sorted(re.findall(r"^ +(3\.\d+)$", TESTS, re.MULTILINE))


def test_every_action_is_pinned() -> None:
    """An action is named by the full hash of a commit, with the version that the hash stands for."""
    uses = [line for text in WORKFLOWS.values() for line in re.findall(r"uses: (.+)$", text, re.MULTILINE)]
    foreign = [line for line in uses if not line.startswith("$/.github/")]
    assert [] == [line for line in foreign if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)]
    versions = dict(line.split("@") for line in foreign)
    assert {*map(tuple, (line.split("@") for line in foreign))} == {*versions.items()}, "two versions of one action"


# --- a release ---


@pytest.mark.parametrize(
    ("expected", "tag", "changelog"),
    [
        ("v1.2.3 may be released", "v1.2.3", CHANGELOG.format(unreleased="", version="1.2.3")),
        ("the tag v1.2.4 is not v1.2.3", "v1.2.4", CHANGELOG.format(unreleased="", version="1.2.3")),
        ("the tag 1.2.3 is not v1.2.3", "1.2.3", CHANGELOG.format(unreleased="", version="1.2.3")),
        ("has no section `## [1.2.3] - ", "v1.2.3", CHANGELOG.format(unreleased="", version="1.2.2")),
        ("has no section `## [1.2.3] - ", "v1.2.3", CHANGELOG.format(unreleased="", version="1x2.3")),
        ("lines under Unreleased", "v1.2.3", CHANGELOG.format(unreleased="- A thing.\n", version="1.2.3")),
    ],
)
def test_what_may_be_released(expected: str, tag: str, changelog: str, tmp_path: Path) -> None:
    """A tag is released if it names the version, which the changelog has with a date and with nothing left over."""
    source = tmp_path / "src" / "cognito_idp"
    source.mkdir(parents=True)
    (source / "_version.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(changelog)
    command = [sys.executable, str(ROOT / ".ci" / "check_release.py"), tag]
    run = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert ("may be released" not in expected) == bool(run.returncode)
    assert expected in run.stdout
    assert 1 == len(run.stdout.splitlines())
