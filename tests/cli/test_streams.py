"""Standard output and standard error: pipes, terminals and encodings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from .support import COMMAND, Service, Terminal, cli, environment, over_http, process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve

LIST = ("list-users", "--user-pool-id", "us-east-1_a")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
PAGES = ({"Users": [{"Username": "u0"}], "PaginationToken": "1"}, {"Users": [{"Username": "u1"}]})
START_IMPORT = ("start-user-import-job", "--user-pool-id", "us-east-1_a", "--job-id", "job-1", "--wait")
JOB = {"UserImportJob": {"JobId": "job-1", "Status": "Succeeded"}}


def url(serve: Serve, *answers: dict[str, Any]) -> tuple[str, str]:
    """Return the option for a loopback server with these answers."""
    return ("--endpoint-url", serve(over_http(Service(*answers))).url)


@pytest.mark.slow
def test_a_bar_at_a_terminal(serve: Serve) -> None:
    """At a terminal a list counts pages and items on a bar, and prints the items whole."""
    with Terminal(*LIST, "--output", "jsonl", *url(serve, *PAGES), **KEYS) as terminal:
        code = terminal.end()

    assert 0 == code
    assert '{"Username": "u0"}' in terminal.shown
    assert '{"Username": "u1"}' in terminal.shown
    assert "2 pages, 2 items" in terminal.shown


@pytest.mark.slow
def test_a_bar_beside_a_file(serve: Serve, tmp_path: Path) -> None:
    """While the items go to a file, the terminal shows the bar."""
    args = (*LIST, "--output", "jsonl", *url(serve, *PAGES))
    with (tmp_path / "users").open("w") as file, Terminal(*args, stdout=file.fileno(), **KEYS) as terminal:
        code = terminal.end()

    assert 0 == code
    assert "2 pages, 2 items" in terminal.shown
    assert '{"Username": "u0"}\n{"Username": "u1"}\n' == (tmp_path / "users").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("args", "answers", "shown"), [(LIST, PAGES, ""), (START_IMPORT, (JOB,), "Succeeded after")])
def test_no_bar_beside_a_pipe(serve: Serve, args: tuple[str, ...], answers: Any, shown: str) -> None:
    """What reads a pipe may draw on the same terminal, as a pager does, so nothing else is drawn there."""
    read, write = os.pipe()
    with Terminal(*args, *url(serve, *answers), stdout=write, **KEYS) as terminal:
        os.close(write)
        code = terminal.end()
    with os.fdopen(read) as pipe:
        assert json.loads(pipe.read())

    assert 0 == code
    assert "\x1b" not in terminal.shown
    assert "items" not in terminal.shown
    assert shown in terminal.shown


@pytest.mark.slow
@pytest.mark.parametrize(
    "args",
    [
        (*LIST, "--output", "json"),
        (*LIST, "--output", "jsonl"),
        (*LIST, "--output", "yaml"),
        (*LIST, "--output", "text"),
        (*LIST, "--output", "table"),
        (*LIST, "--query", "length(Users)"),
        ("list-users", "--generate-cli-skeleton"),
        ("--help",),
        ("list-users", "--help"),
        ("--version",),
    ],
)
def test_a_closed_pipe(serve: Serve, args: tuple[str, ...]) -> None:
    """A reader that has enough ends the command with 141, as a shell shows SIGPIPE, and without a word."""
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(
        (*COMMAND, *url(serve, *PAGES), *args), env=environment(**KEYS), stdout=write, stderr=subprocess.PIPE, text=True
    ) as running:
        os.close(write)
        _, err = running.communicate()

    assert (141, "") == (running.returncode, err)


@pytest.mark.slow
def test_no_more_pages_for_a_closed_pipe(serve: Serve) -> None:
    """A list ends with its reader, and the pages that nobody reads are not asked for."""
    server = serve(over_http(Service(*({"Users": [{"Username": "u"}], "PaginationToken": str(n)} for n in range(99)))))
    read, write = os.pipe()
    os.close(read)
    subprocess.run((*COMMAND, *LIST, "--endpoint-url", server.url), env=environment(**KEYS), stdout=write, check=False)
    os.close(write)

    assert 1 == len(server.requests)


def test_a_closed_standard_error() -> None:
    """An error that nobody reads leaves its exit code."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run((*COMMAND, "no-such-command"), env=environment(), stderr=write, check=False)
    os.close(write)

    assert 252 == done.returncode


TEXT = "Zo\u00eb \u20ac \u738b \U0001f600"
ENCODINGS = ["ascii", "latin-1", "cp1252", "utf-8", "ascii:strict"]


@pytest.mark.slow
@pytest.mark.parametrize("output", ["json", "jsonl", "yaml", "text", "table"])
@pytest.mark.parametrize(
    "encoding", [ENCODINGS[0], *(pytest.param(one, marks=pytest.mark.long) for one in ENCODINGS[1:])]
)
def test_any_encoding(serve: Serve, encoding: str, output: str) -> None:
    """What an encoding lacks is an escape, of JSON's or YAML's where they are printed."""
    yaml: Any = pytest.importorskip("yaml") if output == "yaml" else None
    args = (*LIST, "--output", output, *url(serve, {"Users": [{"Username": TEXT}]}))
    done = subprocess.run(
        (*COMMAND, *args), env=environment(PYTHONIOENCODING=encoding, **KEYS), capture_output=True, check=False
    )
    name = encoding.partition(":")[0]
    shown = done.stdout.decode(name)

    assert (0, b"") == (done.returncode, done.stderr)
    match output:
        case "json":
            assert TEXT == json.loads(shown)["Users"][0]["Username"]
        case "jsonl":
            assert TEXT == json.loads(shown)["Username"]
        case "yaml":
            assert TEXT == yaml.safe_load(shown)["Users"][0]["Username"]
        case _:
            assert TEXT.encode(name, "backslashreplace").decode(name) in shown


@pytest.mark.long
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_errors_in_any_encoding(serve: Serve, encoding: str) -> None:
    """The text of an error survives as well."""
    refusal = Service({"__type": "InvalidParameterException", "message": TEXT}, status=400)
    args = (*LIST, "--endpoint-url", serve(over_http(refusal)).url)
    done = subprocess.run(
        (*COMMAND, *args), env=environment(PYTHONIOENCODING=encoding, **KEYS), capture_output=True, check=False
    )
    name = encoding.partition(":")[0]

    assert 254 == done.returncode
    assert TEXT.encode(name, "backslashreplace") in done.stderr


@pytest.mark.parametrize(
    ("missing", "option", "args"),
    [
        ("yaml", ("--output", "yaml"), LIST),
        ("yaml", ("--output", "yaml"), ("admin-delete-user", "--user-pool-id", "p", "--username", "u")),
        ("yaml", ("--output", "yaml"), ("update-user-pool", "--user-pool-id", "p", "--keep-others", "--yes")),
        ("rich", ("--output", "table"), LIST),
        ("jmespath", ("--query", "Users"), LIST),
    ],
)
def test_no_call_without_what_prints_its_answer(
    missing: str, option: tuple[str, ...], args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output format whose library is missing is refused before anything is sent or printed."""
    monkeypatch.setitem(sys.modules, missing, None)
    service = Service({"Users": [{"Username": "u"}]})
    result = cli(*args, *option, respond=service)

    assert (1, "", []) == (result.code, result.out, service.sent)
    assert "not installed" in result.err


@pytest.mark.slow
def test_yaml_without_its_library(serve: Serve) -> None:
    """Without PyYAML, `--output yaml` says what to install, and nothing else needs it."""
    code = (
        "import sys\nsys.modules['yaml'] = None\nfrom cognito_idp.cli import main\n"
        f"sys.argv = ['cognito-idp', *{(*LIST, *url(serve, PAGES[1]))!r}, *OUTPUT]\nmain()\n"
    )
    done = [
        subprocess.run(
            (*COMMAND[:3], "-c", code.replace("OUTPUT", repr(output))),
            env=environment(**KEYS),
            capture_output=True,
            text=True,
            check=False,
        )
        for output in (["--output", "yaml"], [])
    ]

    assert [1, 0] == [process.returncode for process in done]
    assert "--output yaml needs PyYAML, which is not installed: pip install PyYAML" in done[0].stderr


@pytest.mark.slow
def test_a_table_is_straight_in_any_encoding(serve: Serve) -> None:
    """All lines of a table are equally long, also where a cell has characters that the encoding lacks."""
    page = {"Users": [{"Username": "zo\u00eb \u65e5\u672c"}, {"Username": "mary"}]}
    args = (*LIST, *url(serve, page), "--output", "table")
    shown = process(*args, **KEYS, PYTHONIOENCODING="ascii")

    assert 0 == shown.code, shown.err
    assert "zo\\xeb \\u65e5\\u672c" in shown.out
    assert 1 == len({len(line) for line in shown.out.splitlines() if line[:1] in "+|"})
