"""Under Pyodide, in Node, each kind of call works against ministack and against a server that misbehaves."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cognito_idp.testing import cognito_server
from tests.support.server import Server

from .misbehaving import Misbehaving
from .prepare import ROOT, needed_there

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .prepare import Prepared

HERE = Path(__file__).parent
NAMES = re.findall(r"^@kind\nasync def (\w+)", (HERE / "kinds.py").read_text("utf-8"), re.MULTILINE)

pytestmark = [pytest.mark.long, pytest.mark.pyodide]


def run(
    prepared: Prepared, program: str, folders: Mapping[Path, str], environment: Mapping[str, str], *, jspi: bool = True
) -> str:
    """Run a program of this folder in Pyodide, and return what it printed."""
    mounts = {ROOT / "src": "/src", prepared.library: "/library", HERE: "/programs", **folders}
    command = [prepared.node, HERE / "run.mjs", prepared.pyodide, f"/programs/{program}"]
    done = subprocess.run(
        [*map(str, command), *(f"{folder}={place}" for folder, place in mounts.items())],
        env={"PROGRAM": json.dumps(dict(environment)), **({} if jspi else {"WITHOUT_JSPI": "1"})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,  # long enough for a loaded machine
        check=False,
    )
    assert 0 == done.returncode, done.stdout[-5000:]
    return done.stdout


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """Run both servers, and return what a program must know of them."""
    with cognito_server() as ministack, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # not listening, so that connections are refused
        misbehaving = Misbehaving(ministack.credentials)
        with Server(misbehaving) as faults:
            misbehaving.url = faults.url
            yield {
                "MINISTACK": ministack.endpoint_url,
                "FAULTS": faults.url,
                "NOBODY": f"http://127.0.0.1:{nobody.getsockname()[1]}",
                "KEYS": f"{ministack.credentials.access_key_id} {ministack.credentials.secret_access_key}",
            }


def outcomes_of(output: str) -> dict[str, str]:
    """Return what became of each kind."""
    lines = [line.removeprefix("OUTCOME ") for line in output.splitlines() if line.startswith("OUTCOME ")]
    return {name: outcome for name, outcome, _ in map(json.loads, lines)}


@pytest.fixture(scope="session")
def outcomes(pyodide: Prepared, servers: dict[str, str]) -> dict[str, str]:
    """Run all kinds in one interpreter."""
    output = run(pyodide, "kinds.py", {pyodide.fetch_transport: "/fetch-transport"}, servers)
    print(output)  # noqa: T201 - how long each took
    return outcomes_of(output)


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_of_call(name: str, outcomes: dict[str, str], pyodide: Prepared) -> None:
    """The kind works, with nothing installed but what the library requires there (httpx2 for one kind)."""
    if name.startswith("sync_") and not pyodide.has_jspi:
        pytest.skip("SYNC CLIENTS UNDER PYODIDE ARE NOT TESTED: no Node here lets Python wait for a promise")
    assert "ok" == outcomes[name]


def test_sync_clients_without_jspi(pyodide: Prepared, servers: dict[str, str]) -> None:
    """Where Python can't wait for a promise, a sync client says so, and what to use."""
    kinds = "sync_clients_in_two_stacks twenty_at_once"
    outcomes = outcomes_of(run(pyodide, "kinds.py", {}, {**servers, "KINDS": kinds}, jspi=False))
    assert "ConfigError: a sync client can't wait here" in outcomes["sync_clients_in_two_stacks"]
    assert "AsyncClient" in outcomes["sync_clients_in_two_stacks"]
    assert "ok" == outcomes["twenty_at_once"]


def test_what_is_required_there() -> None:
    """Under Pyodide the library requires pure packages only, and none that needs sockets."""
    names = {re.split(r"[<>=!~]", each)[0] for each in needed_there()}
    assert {"attrs", "cattrs", "anyio"} == names
