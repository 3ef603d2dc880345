"""The plugin for pytest, in sessions of pytest's own, each in a process that loads nothing but it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from cognito_idp.testing import pytest_plugin

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = "cognito_idp.testing.pytest_plugin"
POOL = "eu-west-1_EXAMPLE"
IMPORTS = """
import pytest
from cognito_idp import AdminGetUserRequest, AdminGetUserResponse
from cognito_idp.testing import StubTransport
MARY = AdminGetUserRequest(user_pool_id="eu-west-1_EXAMPLE", username="mary")
"""


def run_pytest(folder: Path, source: str, *options: str) -> tuple[dict[str, int], str]:
    """Run a test module in a session of its own; return how many tests ended how, and what was printed."""
    (folder / "test_it.py").write_text(IMPORTS + dedent(source))
    return run_module(folder, *options)


def run_module(folder: Path, *options: str) -> tuple[dict[str, int], str]:
    """Run the test module of a folder in a session of its own; return how many tests ended how, and what it printed."""
    command = (sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "-W", "error", "-rA", *options)
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    summary = done.stdout.strip().rpartition("\n")[2]
    counts = {kind.rstrip("s"): int(number) for number, kind in re.findall(r"(\d+) ([a-z]+)", summary)}
    return counts, done.stdout + done.stderr


@pytest.mark.slow
def test_a_failure_shows_the_test_and_not_the_library(tmp_path: Path) -> None:
    """What the stub refuses is told by its message: no line of the library is shown."""
    counts, output = run_pytest(
        tmp_path,
        """
        def test_no_answer(cognito_stub):
            cognito_stub.client().send(MARY)

        def test_no_answer_for_pages(cognito_stub):
            list(cognito_stub.client().iter_list_users(user_pool_id="eu-west-1_EXAMPLE"))

        def test_class(cognito_stub):
            cognito_stub.add(AdminGetUserResponse)

        def test_not_sent(cognito_stub):
            cognito_stub.assert_sent(MARY)

        def test_left(cognito_stub):
            cognito_stub.add(AdminGetUserResponse(username="mary"))
        """,
    )
    assert {"failed": 4, "passed": 1, "error": 1} == counts, output
    assert "unexpected call: AdminGetUserRequest" in output
    assert "unused answers:" in output
    assert "pass an instance: AdminGetUserResponse(...)" in output
    failures = output.partition("short test summary")[0].replace("cognito_idp/testing/pytest_plugin.py", "")
    assert [] == re.findall(r"^\S*\bcognito_idp/\S*:[0-9]+:.*", failures, re.MULTILINE)


@pytest.mark.slow
def test_a_stub_for_each_test(tmp_path: Path) -> None:
    """Each test gets a stub of its own, and passes if it asked for all answers."""
    counts, output = run_pytest(
        tmp_path,
        """
        @pytest.mark.parametrize("number", [1, 2])
        def test_one(cognito_stub, number):
            assert () == cognito_stub.calls
            cognito_stub.add(AdminGetUserResponse(username="mary"))
            assert "mary" == cognito_stub.client().send(MARY).username
        """,
    )
    assert {"passed": 2} == counts, output


@pytest.mark.slow
def test_leftovers_fail_the_test(tmp_path: Path) -> None:
    """A test that leaves an answer fails, and is told which one."""
    counts, output = run_pytest(
        tmp_path,
        """
        def test_one(cognito_stub):
            cognito_stub.add(AdminGetUserResponse(username="mary"))
        """,
    )
    assert {"passed": 1, "error": 1} == counts, output
    assert "LeftoverAnswersError: unused answers:" in output


@pytest.mark.slow
def test_a_fixture_may_call_at_its_end(tmp_path: Path) -> None:
    """What the test's own fixtures call when they end comes before the check."""
    counts, output = run_pytest(
        tmp_path,
        """
        @pytest.fixture
        def app(cognito_stub):
            yield
            cognito_stub.client().send(MARY)

        def test_one(app, cognito_stub):
            cognito_stub.add(AdminGetUserResponse(username="mary"))
        """,
    )
    assert {"passed": 1} == counts, output


@pytest.mark.slow
def test_a_failure_is_told_once(tmp_path: Path) -> None:
    """A test that fails for another reason is not failed again for what it left."""
    counts, output = run_pytest(
        tmp_path,
        """
        def test_one(cognito_stub):
            cognito_stub.add(AdminGetUserResponse(username="mary"))
            assert False, "another reason"
        """,
    )
    assert {"failed": 1} == counts, output
    assert "LeftoverAnswersError" not in output


@pytest.mark.slow
@pytest.mark.parametrize(("seen", "expected"), [("500", {"passed": 1, "error": 1}), ("200", {"failed": 1})])
def test_a_swallowed_call(tmp_path: Path, seen: str, expected: dict[str, int]) -> None:
    """An unexpected call that the program swallowed fails a test that passed, and explains one that failed."""
    counts, output = run_pytest(
        tmp_path,
        f"""
        def status(client):
            try:
                client.send(MARY)
            except Exception:
                return 500
            return 200

        def test_one(cognito_stub):
            assert {seen} == status(cognito_stub.client())
        """,
    )
    assert expected == counts, output
    assert "unexpected call: AdminGetUserRequest(user_pool_id='eu-west-1_EXAMPLE', username='mary')" in output
    assert ("- cognito_stub -" in output) == ("failed" in expected)


@pytest.mark.slow
def test_structs_that_differ(tmp_path: Path) -> None:
    """A failed comparison shows the members that differ, one a line, with personal data and without secrets."""
    counts, output = run_pytest(
        tmp_path,
        """
        from cognito_idp import AttributeType, SignedIn, Tokens

        MARY_THERE = AdminGetUserResponse(username="mary", user_attributes={"email": "mary@example.com", "sub": "1"})

        def test_struct():
            assert MARY_THERE == AdminGetUserResponse(username="bob", user_attributes={"email": "b@x.y", "sub": "1"})

        def test_list():
            assert MARY_THERE.user_attributes == [AttributeType(name="email", value="b@x.y")]

        def test_outcome():
            assert SignedIn(tokens=Tokens(access_token="hunter1")) == SignedIn(tokens=Tokens(access_token="hunter2"))

        def test_in():
            assert AttributeType(name="sub", value="2") in MARY_THERE.user_attributes

        def test_others():
            assert {"a": 1} == {"a": 2}
        """,
        "-vv",
        "--tb=short",
    )
    assert {"failed": 5} == counts, output
    for line in (
        "E     username: 'mary' != 'bob'",
        "E     user_attributes[0].value: 'mary@example.com' != 'b@x.y'",
        "E     a tuple != a list",
        "E     [0].value: 'mary@example.com' != 'b@x.y'",
        "E     [1]: AttributeType(name='sub', value='1') != nothing",
        "E     tokens.access_token: '***' differs",
        "E   AssertionError: assert AttributeType(name='sub', value='2') in (AttributeType(name='email', ",
        "E     {'a': 1} != {'a': 2}",
    ):
        assert line in output, output
    explained = [line for line in output.splitlines() if line.startswith("E ")]
    assert not [line for line in explained if "hunter" in line]


@pytest.mark.slow
def test_comparisons_cost_nothing_elsewhere(tmp_path: Path) -> None:
    """A failed comparison in a program that made nothing of this library loads nothing of it."""
    (tmp_path / "test_it.py").write_text(
        dedent(
            """
            import sys

            def test_one():
                assert [1] == [2]

            def test_two():
                assert not [name for name in sys.modules if name.startswith("cognito_idp._reveal")]
                assert "attrs" not in sys.modules and "cognito_idp.testing.compare" not in sys.modules
            """
        )
    )
    counts, output = run_module(tmp_path)
    assert {"failed": 1, "passed": 1} == counts, output


@pytest.mark.slow
def test_a_rerun_starts_anew(tmp_path: Path) -> None:
    """A test that failed and is run again, as rerun plugins do, fails for what it leaves in the second run."""
    (tmp_path / "conftest.py").write_text(
        dedent(
            """
            from _pytest.runner import runtestprotocol

            def pytest_runtest_protocol(item, nextitem):
                runtestprotocol(item, log=False, nextitem=nextitem)
            """
        )
    )
    counts, output = run_pytest(
        tmp_path,
        """
        runs = []

        def test_one(cognito_stub):
            cognito_stub.add(AdminGetUserResponse(username="mary"))
            runs.append(None)
            assert len(runs) > 1
        """,
    )
    assert {"passed": 1, "error": 1} == counts, output


@pytest.mark.slow
@pytest.mark.parametrize("funcargs", ["", "self.funcargs = None", "self.funcargs = {'cognito_stub': None}"])
def test_other_kinds_of_items(tmp_path: Path, funcargs: str) -> None:
    """An item of another plugin that fails is reported as such, whatever it holds as `funcargs`."""
    (tmp_path / "conftest.py").write_text(
        dedent(
            f"""
            import pytest

            class Item(pytest.Item):
                def setup(self):
                    {funcargs or "pass"}

                def runtest(self):
                    raise ValueError("this item fails")

            class File(pytest.File):
                def collect(self):
                    yield Item.from_parent(self, name="item")

            def pytest_collect_file(file_path, parent):
                return File.from_parent(parent, path=file_path) if file_path.suffix == ".item" else None
            """
        )
    )
    (tmp_path / "one.item").touch()
    counts, output = run_pytest(tmp_path, "")
    assert {"failed": 1} == counts, output
    assert "INTERNALERROR" not in output


def test_the_hook_is_of_the_old_kind() -> None:
    """The hook uses only what pluggy 1.0 knows, which the oldest supported pytest is installed with."""
    options = vars(pytest_plugin.pytest_runtest_makereport)["pytest_impl"]
    used = {name for name, value in options.items() if value}
    assert {"hookwrapper"} == used


@pytest.mark.slow
def test_no_server_without_the_extra(tmp_path: Path) -> None:
    """Where ministack is not installed, tests of the server are skipped with the name of the extra."""
    counts, output = run_pytest(
        tmp_path,
        """
        import sys
        sys.modules["ministack"] = None

        def test_one(cognito_server):
            assert False

        def test_two(cognito_server):
            assert False
        """,
    )
    assert {"skipped": 2} == counts, output
    assert "ministack, which is not installed: pip install '.[local]'" in output


SERVER_TESTS = """
import os
from cognito_idp import Client

def note(server):
    with open("seen", "a") as file:
        file.write(f"{os.getpid()} {server.endpoint_url}\\n")

def test_one(cognito_server):
    note(cognito_server)
    with Client(
        cognito_server.region, credentials=cognito_server.credentials, endpoint_url=cognito_server.endpoint_url
    ) as client:
        assert client.create_user_pool(pool_name="people").user_pool.id

def test_two(cognito_server):
    note(cognito_server)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [(), pytest.param(("-p", "xdist", "-n", "2", "--dist", "each"), id="xdist")], ids=["plain", ""]
)
def test_one_server_a_process(tmp_path: Path, options: tuple[str, ...]) -> None:
    """The tests of a session share one server; under pytest-xdist, each worker has one."""
    pytest.importorskip("ministack", reason="the server needs the extra local: pip install '.[local]'")
    if options:
        pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    counts, output = run_pytest(tmp_path, SERVER_TESTS, *options)
    assert {"passed": 4 if options else 2} == counts, output
    seen = [line.split() for line in (tmp_path / "seen").read_text().splitlines()]
    processes, urls = ({line[column] for line in seen} for column in (0, 1))
    assert (2 if options else 1) == len(processes) == len(urls)


def test_the_plugin_costs_nothing() -> None:
    """Loading the plugin loads no HTTP library, no client, no struct and no converter."""
    code = f"import json, sys, pytest; import {PLUGIN}; print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    loaded = json.loads(subprocess.check_output((sys.executable, "-c", code), env=environment))
    ours = {name for name in loaded if name.startswith("cognito_idp.testing")}
    assert {"cognito_idp.testing", PLUGIN} == ours
    assert [] == [name for name in ("attrs", "cattrs", "cryptography", "http.client", "httpx", "ssl") if name in loaded]
    assert [] == [name for name in loaded if name in ("cognito_idp.client", "cognito_idp.async_client")]
