"""Following the model: a made-up later model is given to the command, which works on a copy of the sources and package.

The copy is brought to the model of today first, so that what differs is what is made up.
"""

from __future__ import annotations

import copy
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from cognito_idp_codegen import __main__ as command
from cognito_idp_codegen import model
from cognito_idp_codegen.__main__ import main
from cognito_idp_codegen.families import SOURCES, UNSIGNED_BY_DOCUMENTATION, read_texts
from cognito_idp_codegen.model import ModelError
from cognito_idp_codegen.newest import fetch, version_of
from cognito_idp_codegen.prose import MARK
from tests.docs.blocks import ROOT

from .later import DRAFTS, LATER, MARKS, NEWS, REPORT, TODAY, UNKNOWN, Documents, later, made_wheel, today

if TYPE_CHECKING:
    from collections.abc import Iterator


def write_sentences(sources: Path) -> None:
    """Put sentences where drafts wait for them."""
    for name, text in read_texts(sources).items():
        (sources / name).write_text(text.replace(f"{MARK}say", "Says"), "utf-8")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the wheels of today and of later, where pip can find them."""
    folder = tmp_path_factory.mktemp("wheels")
    made_wheel(folder, TODAY, today())
    made_wheel(folder, LATER, later())
    return folder


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """Give a copy of the sources and the package that is what today's model says."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("cognito_idp", "cognito_idp_codegen"):
        shutil.copytree(SOURCES.parent / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "cognito_idp_codegen" / "pin.txt").write_text(f"{TODAY}\n")
    with patched(folder):
        # Twice: the second run generates the sentences, if the model of today has names that the package lacks.
        for _ in range(2):
            assert main(["--newest", "--model", str(path_of(wheels, TODAY))]) == 0
            write_sentences(folder / "cognito_idp_codegen")
    return folder


@pytest.fixture
def copied(clone: Path, tmp_path: Path) -> Iterator[Path]:
    """Give a copy of its own, on which the command works."""
    folder = tmp_path / "src"
    shutil.copytree(clone, folder)
    with patched(folder):
        yield folder


@contextmanager
def patched(folder: Path) -> Iterator[None]:
    """Let the command work on a folder, with what the tables say of operations that today's model has."""
    known = {name: each for name, each in UNSIGNED_BY_DOCUMENTATION.items() if name in today()[0]["operations"]}
    with (
        mock.patch.multiple(command, SOURCES=folder / "cognito_idp_codegen", PACKAGE=folder / "cognito_idp"),
        mock.patch.object(model, "UNSIGNED_BY_DOCUMENTATION", known),
    ):
        yield


def path_of(wheels: Path, version: str) -> Path:
    """Return the wheel of a version."""
    return wheels / f"botocore-{version}-py3-none-any.whl"


def newest(wheels: Path) -> int:
    """Run the command with today's wheel as the pinned one and the later one as the newest."""
    return main(["--newest", "--pinned", str(path_of(wheels, TODAY)), "--model", str(path_of(wheels, LATER))])


def again(wheels: Path) -> int:
    """Run the command a second time, with the pin moved."""
    return main(["--newest", "--model", str(path_of(wheels, LATER))])


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pinned(copied: Path) -> str:
    """Return the pin of the copy."""
    return (copied / "cognito_idp_codegen" / "pin.txt").read_text()


# --- the command ---


@pytest.mark.slow
def test_the_report_says_everything_that_differs(
    copied: Path, wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each thing that is new, changed or gone has a line, by its wire name, under its kind."""
    assert newest(wheels) == 0
    assert REPORT == capsys.readouterr().out.partition("drafts\n")[0]
    assert f"{LATER}\n" == pinned(copied)


@pytest.mark.slow
def test_the_drafts_are_all_that_changes_in_the_sources(copied: Path, wheels: Path) -> None:
    """New names get a place and a marked sentence, gone ones lose theirs, and every other line stays."""
    before = read_texts(copied / "cognito_idp_codegen")
    assert newest(wheels) == 0
    after = read_texts(copied / "cognito_idp_codegen")
    assert DRAFTS.keys() == {name for name in before if before[name] != after[name]}
    for name, (added, removed) in DRAFTS.items():
        old, new = (texts[name].splitlines() for texts in (before, after))
        assert added == names_of(name, [line for line in new if line not in old])
        assert removed == names_of(name, [line for line in old if line not in new])
        once = {line for line in old if old.count(line) == new.count(line) == 1}
        assert [line for line in old if line in once] == [line for line in new if line in once]


def names_of(file: str, lines: list[str]) -> list[str]:
    """Return the names that lines describe, or the whole lines where they have no sentence."""
    return [line.partition(" = ")[0] for line in lines] if file.startswith(("prose", "sensitive")) else lines


@pytest.mark.slow
def test_a_new_entry_stands_where_the_alphabet_puts_it(copied: Path, wheels: Path) -> None:
    """Sentences, and the operations of a family, stay sorted; a new family comes last."""
    assert newest(wheels) == 0
    texts = read_texts(copied / "cognito_idp_codegen")
    names = names_of("prose", texts["prose/operations.toml"].splitlines())
    assert names[names.index("AdminArchiveGroup") - 1] == "AdminAddUserToGroup"
    assert '    "AdminAddUserToGroup",\n    "AdminArchiveGroup",\n' in texts["families.toml"]
    assert texts["families.toml"].endswith('operations = [\n    "ListReports",\n    "UpdateReportState",\n]\n')


@pytest.mark.slow
def test_the_check_names_each_sentence_until_it_is_written(
    copied: Path, wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` fails while a mark is left, with or without a model, and passes once the sentences are generated."""
    check = ["--model", str(path_of(wheels, LATER)), "--check"]
    assert newest(wheels) == 0
    capsys.readouterr()
    for arguments in (check, ["--twins", "--check"]):
        assert main(arguments) == 1
        assert [f"{mark} is still to be written" for mark in MARKS] == capsys.readouterr().err.splitlines()
    write_sentences(copied / "cognito_idp_codegen")
    assert main(check) == 1
    assert "model/reports.py differs:" in capsys.readouterr().err
    assert again(wheels) == 0
    assert "\ncode\n  wrote model/async_operations.py\n" in capsys.readouterr().out
    assert main(check) == 0


@pytest.mark.slow
def test_a_second_run_changes_nothing(copied: Path, wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says that there is nothing new, and which sentences are still to be written."""
    assert newest(wheels) == 0
    before = contents(copied)
    capsys.readouterr()
    assert again(wheels) == 0
    first, _, rest = capsys.readouterr().out.partition("\n")
    assert f"nothing new: botocore {LATER} is pinned, and is the newest" == first
    assert [f"  {mark}" for mark in MARKS] == rest.splitlines()[2:]
    assert before == contents(copied)


@pytest.mark.slow
def test_the_code_follows(copied: Path, wheels: Path) -> None:
    """New families get a module, and a family without operations loses its own."""
    assert newest(wheels) == 0
    modules = copied / "cognito_idp" / "model"
    assert not (modules / "tags.py").exists()
    assert "class UpdateReportStateRequest(Request[EmptyResponse]):" in (modules / "reports.py").read_text("utf-8")
    assert "-> Iterator[ReportType]:" in (modules / "operations.py").read_text("utf-8")


@pytest.mark.long
def test_a_model_that_says_the_same_moves_the_pin_only(
    copied: Path, wheels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A newer botocore without news is pinned, and nothing else is written."""
    before = contents(copied)
    same = made_wheel(tmp_path, LATER, today())
    assert main(["--newest", "--pinned", str(path_of(wheels, TODAY)), "--model", str(same)]) == 0
    assert capsys.readouterr().out == (
        f"nothing new: botocore {LATER} says what {TODAY} says, which is pinned\n\npin\n  wrote pin.txt\n"
    )
    assert f"{LATER}\n" == pinned(copied)
    assert before | {"cognito_idp_codegen/pin.txt": f"{LATER}\n".encode()} == contents(copied)


def test_an_older_botocore_is_not_followed(
    copied: Path, wheels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An index that lags behind can't undo the package; versions are compared as numbers."""
    older = made_wheel(tmp_path, "0.99.10", later())
    before = contents(copied)
    assert main(["--newest", "--pinned", str(path_of(wheels, TODAY)), "--model", str(older)]) == 0
    assert f"nothing new: botocore {TODAY} is pinned, and the newest at hand is 0.99.10\n" == capsys.readouterr().out
    assert before == contents(copied)


@pytest.mark.long
def test_what_needs_a_decision_keeps_the_pin(
    copied: Path, wheels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the tables don't fit the model yet, the command says so, and the model is new until they do."""
    service, paginators = copy.deepcopy(later())
    service["shapes"]["ListReportsResponse"]["members"]["Drafts"] = {"shape": "ReportListType"}
    odd = made_wheel(tmp_path, LATER, (service, paginators))
    for _ in range(2):
        assert main(["--newest", "--pinned", str(path_of(wheels, TODAY)), "--model", str(odd)]) == 2
        shown = capsys.readouterr()
        assert shown.out.startswith(f"botocore {TODAY} -> {LATER}\n")
        assert shown.err == "ListReports answers with NextToken, but has no paginator\n"
        assert f"{TODAY}\n" == pinned(copied)
    pages = copied / "cognito_idp_codegen" / "pages.toml"
    pages.write_text(pages.read_text("utf-8") + 'ListReports = ["NextToken", "NextToken", "Reports"]\n', "utf-8")
    assert main(["--newest", "--pinned", str(path_of(wheels, TODAY)), "--model", str(odd)]) == 0
    assert f"{LATER}\n" == pinned(copied)


# --- what fetches ---


@pytest.mark.long
def test_both_wheels_are_fetched_with_pip(
    copied: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a path, pip finds the newest wheel and the pinned one, from where it is set up to look."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    assert main(["--drift"]) == 0
    assert f"{NEWS}\n" == capsys.readouterr().out
    assert main(["--newest"]) == 0
    assert REPORT == capsys.readouterr().out.partition("drafts\n")[0]
    assert main(["--newest"]) == 0
    assert capsys.readouterr().out.startswith(f"nothing new: botocore {LATER} is pinned, and is the newest\n")
    assert pinned(copied) == f"{LATER}\n"


@pytest.mark.long
def test_an_index_that_cant_be_reached(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--newest` fails with what pip said last and changes nothing; `--drift` says it in one line and doesn't fail."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    before = contents(copied)
    said = "pip could not fetch botocore: ERROR: No matching distribution found for botocore"
    assert main(["--newest"]) == 2
    assert f"{said}\n" == capsys.readouterr().err
    assert main(["--drift"]) == 0
    assert f"{UNKNOWN}{said}\n" == capsys.readouterr().out
    assert before == contents(copied)


def test_no_pip_is_an_error_of_its_own(tmp_path: Path) -> None:
    """An environment without pip is named by what Python says."""
    with mock.patch("sys.executable", "false"), pytest.raises(ModelError, match="pip could not fetch x: exit status 1"):
        fetch(tmp_path, "x")


ODD: Documents = ({"shapes": {"NewType": {}}, "operations": {}}, {})
DRIFTS = [
    (TODAY, today, f"nothing new: botocore {TODAY} is pinned, and is the newest"),
    (LATER, today, f"nothing new: botocore {LATER} says what {TODAY} says, which is pinned"),
    ("0.9", later, f"nothing new: botocore {TODAY} is pinned, and the newest at hand is 0.9"),
    (LATER, later, NEWS),
    (LATER, lambda: ODD, f"{UNKNOWN}the model has a form that the generator doesn't know: KeyError('type')"),
]


@pytest.mark.slow
@pytest.mark.parametrize("drift", DRIFTS, ids=["pinned", "same", "older", "newer", "odd"])
def test_the_drift_is_one_line(
    copied: Path, wheels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], drift: tuple[str, Any, str]
) -> None:
    """How far the pin is behind fits in a line, never fails, and writes nothing."""
    version, content, line = drift
    before = contents(copied)
    path = made_wheel(tmp_path / "wheel", version, content())
    assert main(["--drift", "--pinned", str(path_of(wheels, TODAY)), "--model", str(path)]) == 0
    assert f"{line}\n" == capsys.readouterr().out
    assert before == contents(copied)


def test_a_wheel_that_is_not_the_pinned_one_is_refused(
    copied: Path, wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is compared with is the model that the package has, not any other."""
    assert main(["--newest", "--pinned", str(path_of(wheels, LATER))]) == 2
    assert capsys.readouterr().err == f"botocore-{LATER}-py3-none-any.whl is not botocore {TODAY}, which is pinned\n"
    assert f"{TODAY}\n" == pinned(copied)


@pytest.mark.parametrize("name", ["botocore", "boto3-1.0.0-py3-none-any.whl", "botocore-1.0.0.tar.gz"])
def test_a_version_is_read_from_the_name_of_a_wheel(name: str) -> None:
    """Another file is named."""
    with pytest.raises(ModelError, match=f"^{re.escape(name)} is not the name of a botocore wheel"):
        version_of(Path(name))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--check"],
        ["--newest", "--twins"],
        ["--newest", "--check"],
        ["--drift", "--check"],
        ["--twins", "--model", "x"],
        ["--model", "x", "--pinned", "y"],
    ],
)
def test_what_does_not_go_together_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The command line says what it takes."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: cognito_idp_codegen" in capsys.readouterr().err


# --- the pin ---


@pytest.mark.parametrize(
    "name",
    [".ci/steps.sh", "CONTRIBUTING.md", "SECURITY.md", "docs/pages/evidence.md", "tests/conformance/reference.py"],
)
def test_the_pin_stands_in_one_place(name: str) -> None:
    """Who needs the pinned version reads it; nobody repeats it."""
    text = (ROOT / name).read_text("utf-8")
    assert "src/cognito_idp_codegen/pin.txt" in text
    assert (SOURCES / "pin.txt").read_text().strip() not in text
