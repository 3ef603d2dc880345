"""The page of evidence says what is so today: counts, commands, challenges and providers are those of the tree."""

from __future__ import annotations

import inspect
import re
import shlex

import pytest

from cognito_idp import types
from cognito_idp._call.events import CallEvent
from cognito_idp._call.waiters import WAITERS
from cognito_idp._protocol import service_errors
from cognito_idp._structs.enums import OpenEnum
from cognito_idp._structs.struct import Struct
from cognito_idp._updates import WAYS
from cognito_idp.cli.waiting import BEGINS
from cognito_idp.credentials import default_chain
from cognito_idp.model import exceptions
from cognito_idp.model.operations import Operations
from cognito_idp.sign_in.machine import TABLE
from cognito_idp_codegen.families import FAMILIES
from tests.faults.faults import Rotation, faults
from tests.fuzz.targets import TARGETS
from tests.judges.servers import JUDGES
from tests.judges.sign_ins import SIGN_INS
from tests.secrets.test_credentials import PLACES
from tests.transport.behaviour.wires import WIRES

from .blocks import PAGES as SITE
from .blocks import ROOT

PAGE = (SITE / "evidence.md").read_text("utf-8")
FEATURES, _, REST = PAGE.partition("## Operations")


def counts() -> list[str]:
    """Return what the page must say, by the tree."""
    public = [getattr(types, name) for name in types.__all__]
    classes = [each for each in public if inspect.isclass(each)]
    requests = [each for each in classes if hasattr(each, "operation")]
    unsigned = [each for each in requests if not each.operation.signed]
    iterators = [name for name in vars(Operations) if name.startswith("iter_")]
    structs = [each for each in classes if issubclass(each, Struct)]
    enums = [each for each in classes if issubclass(each, OpenEnum)]
    side_by_side = (ROOT / "examples" / "from_boto3.md").read_text("utf-8")
    tasks = re.findall(r"^## ", side_by_side.partition("\n## What differs")[0], re.MULTILINE)
    libraries = {wire.library for wire in WIRES}
    return [
        f"| {len(requests)} of {len(requests)}; {len(unsigned)} need no AWS credentials |",
        f"| {len(iterators)} of {len(iterators)} |",
        f"| {len(structs)} and {len(enums)} |",
        f"| {len(exceptions.__all__)} modelled, {len(service_errors.__all__)} common to AWS services |",
        f"| {len(TABLE)} of {len(TABLE)}, ",
        f"| {len(default_chain().providers)}, ",
        f"| {len(libraries)} libraries, {len(WIRES)} combinations ",
        f"| {len(faults(Rotation()))} faults, {len(WIRES)} transports |",
        f"| {len(CallEvent.__subclasses__())} events |",
        f"| {len(WAITERS)} waiters for {len(BEGINS)} commands |",
        f"| {len(WAYS)} updates |",
        f"| {len(tasks)} tasks |",
        f"| {len(requests)} operations, all challenges, {len(PLACES)} credential set-ups |",
        f"| {len(JUDGES)} servers, {len(SIGN_INS)} sign-ins |",
        f"| {len(TARGETS)} targets, ",
        f"| {len(requests)} operations on {len(FAMILIES)} pages |",
    ]


@pytest.mark.parametrize("count", counts())
def test_a_count(count: str) -> None:
    """Each count on the page is the tree's."""
    assert count in FEATURES


@pytest.mark.parametrize("path", ["README.md", "CHANGELOG.md"])
def test_the_count_of_operations(path: str) -> None:
    """A page for those who come first says how many operations there are; so does the benchmark of imports."""
    operations = [name for name in vars(Operations) if not name.startswith(("_", "iter_"))]
    assert f" all {len(operations)} operations" in (ROOT / path).read_text("utf-8")
    assert f", {len(operations)})" in (ROOT / "benchmarks" / "imports.py").read_text("utf-8")


def test_what_commands_run_exists() -> None:
    """Each row has a command, and the commands name tests that there are."""
    rows = re.findall(r"^\| .* \| (`.*`) \|$", FEATURES, re.MULTILINE)
    commands = [command for row in rows for command in re.findall(r"`([^`]+)`", row)]
    paths = [word for command in commands for word in shlex.split(command) if word.startswith("tests/")]
    assert len(rows) > 20
    assert len(paths) > 25
    assert [] == [path for path in paths if not list(ROOT.glob(path))]


def test_every_challenge_has_a_row() -> None:
    """The table of challenges has each of them once."""
    table = REST.partition("## Sign-in challenges")[2].partition("\n## ")[0]
    first = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    assert sorted(map(str, TABLE)) == sorted(re.findall(r"`([A-Z_]+)`", first))


def test_every_provider_has_a_row() -> None:
    """The table of providers has as many rows as the default chain has providers, and names tests that there are."""
    table = REST.partition("## Credential providers")[2].partition("\n## ")[0]
    tests = re.findall(r"^\| .* \| `(test_\w+\.py)` \|", table, re.MULTILINE)
    assert len(default_chain().providers) == len(tests)
    assert [] == [name for name in tests if not (ROOT / "tests" / "credentials" / name).exists()]
