"""The local server itself: how it starts, what it does when it can't, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from cognito_idp import AppClient, Client, SignedIn, TokenVerifier, TrustedPool
from cognito_idp.errors import TokenAudienceError
from cognito_idp.testing import ServerNotInstalledError, ServerStartError, cognito_server, local
from cognito_idp.testing import server as module
from tests.cli.support import process as run_cli

from .ministack import given, settings

if TYPE_CHECKING:
    from cognito_idp.testing import CognitoServer


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that temporary files go to in this test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def port_of(server: CognitoServer) -> int:
    """Return the port that a server listens on."""
    port = urlsplit(server.endpoint_url).port
    assert port is not None
    return port


@pytest.mark.long
@pytest.mark.usefixtures("server")
def test_nothing_stays_of_a_server(temporary: Path) -> None:
    """At the end of the block, even by an exception, the port is closed and the files are gone."""
    with cognito_server(region="eu-central-1") as server, Client(**settings(server)) as client:
        pool = given(client.create_user_pool(pool_name="people").user_pool)
        assert given(pool.id).startswith("eu-central-1_")
        assert 1 == len(list(temporary.iterdir()))
    assert [] == list(temporary.iterdir())
    with pytest.raises(LookupError), cognito_server() as server:
        raise LookupError
    assert [] == list(temporary.iterdir())
    with socket.socket() as probe:
        assert 0 != probe.connect_ex(("127.0.0.1", port_of(server)))


@pytest.mark.long
def test_a_taken_port_leads_to_another(server: CognitoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that was taken in the meantime, even by another such server, is given up for the next one."""
    ports = [port_of(server), module._free_port()]
    monkeypatch.setattr(module, "_free_port", lambda: ports.pop(0))
    with cognito_server() as other, Client(**settings(other)) as client:
        assert [] == ports
        assert port_of(server) != port_of(other)
        assert () == client.list_user_pools(max_results=1).user_pools


@pytest.mark.slow
def test_a_port_of_ones_own(server: CognitoServer) -> None:
    """A server takes the port that it is told to, and says so where that is taken, without trying another."""
    free = module._free_port()
    with cognito_server(port=free) as other:
        assert free == port_of(other)
    with pytest.raises(ServerStartError, match="already in use"), cognito_server(port=port_of(server)):
        pass


@pytest.mark.slow
def test_what_reaches_the_server(server: CognitoServer) -> None:
    """A server gives clients of both kinds, with further settings, and a pool whose tokens can be verified."""

    async def find(pool_id: str) -> str | None:
        async with server.async_client() as client:
            pool = (await client.describe_user_pool(user_pool_id=pool_id)).user_pool
            return None if pool is None else pool.name

    with server.client(transport="stdlib") as client:
        assert "stdlib" == client.transport_name
        pool_id, client_id = local._make_pool(client)
        signed_in = client.sign_in(AppClient(pool_id, client_id), username="mary", password="Correct-Horse-1")
    assert isinstance(signed_in, SignedIn)
    assert "people" == asyncio.run(find(pool_id))
    with TokenVerifier(server.trusted_pool(pool_id, client_ids=client_id), token_use="access") as verifier:
        assert client_id == verifier.verify(signed_in.tokens.access_token).client_id
    with (
        TokenVerifier(server.trusted_pool(pool_id, client_ids="another"), token_use="access") as verifier,
        pytest.raises(TokenAudienceError),
    ):
        verifier.verify(signed_in.tokens.access_token)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [("-m", "cognito_idp.testing"), ("-m", "cognito_idp.cli", "local")], ids=["testing", "cli"]
)
def test_a_server_to_keep(command: tuple[str, ...]) -> None:
    """The command says how to reach its server, in Python and in a shell of its own, and ends well with Ctrl-C."""
    process = subprocess.Popen((sys.executable, *command), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        shown: list[str] = []
        for line in process.stdout:
            shown.append(line)
            if " sign-in " in line:
                break
        code = "".join(line.removeprefix("  ") for line in shown[shown.index("Python:\n") + 1 :][:3])
        names: dict[str, Any] = {}
        exec(code.replace("client.sign_in", "outcome = client.sign_in") + "client.close()", names)
        try:
            address = next(line for line in shown if "token keys" in line).split()[2]
            pool_id, client_id = (
                next(line for line in shown if name in line).split()[-1] for name in ("pool  ", "client  ")
            )
            with TokenVerifier(
                TrustedPool(pool_id, client_ids=client_id, jwks_uri=address), token_use="access"
            ) as verifier:
                assert "mary" == verifier.verify(names["outcome"].tokens.access_token).username
            heading = next(index for index, line in enumerate(shown) if line.startswith("Command line"))
            assert "pip install '.[cli]'" in shown[heading]
            export, listing = (line.split() for line in shown[heading + 1 :][:2])
            assert ["export", "cognito-idp"] == [export[0], listing[0]]
            users = run_cli(*listing[1:], **dict(pair.split("=", 1) for pair in export[1:]))
            assert ["mary"] == [user["Username"] for user in users.data["Users"]], users.err
        finally:
            process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert isinstance(names["outcome"], SignedIn)
    assert "" == rest
    assert 0 == process.returncode


def test_a_port_that_is_taken(server: CognitoServer, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that can't start its server says why in a line, and ends with 1."""
    port = port_of(server)
    assert 1 == local.main(["--port", str(port)])
    expected = f"port {port} of 127.0.0.1 is already in use; choose another, or none for any free one\n"
    assert expected == capsys.readouterr().err


@pytest.mark.parametrize("port", [-1, 65_536, 10**12])
def test_no_port(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A number that is no port's is refused in a line, too."""
    assert 1 == local.main(["--port", str(port)])
    said = capsys.readouterr().err
    assert said.startswith(f"port {port} of 127.0.0.1 can't be used (")
    assert 1 == said.count("\n")


def test_the_secret_never_shows(server: CognitoServer) -> None:
    """A server's repr tells where it is, and not the secret key."""
    assert server.endpoint_url in repr(server)
    assert server.credentials.secret_access_key not in repr(server)


def test_missing_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ministack is not installed, the error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "ministack", None)
    with pytest.raises(ServerNotInstalledError, match=r"pip install '\.\[local\]'"), cognito_server():
        pass


def test_a_server_that_dies_at_start(tmp_path: Path) -> None:
    """The error of a server that ends at once has its exit code and the last lines that it printed."""
    command = (sys.executable, "-c", "for n in range(50): print('line', n)\nraise SystemExit(3)")
    with (
        pytest.raises(ServerStartError, match=r"exit code 3; it printed:\n  line 30\n(?s:.)*line 49$"),
        module._running(command, tmp_path, "us-east-1", 30),
    ):
        pass


def test_a_server_that_never_answers(tmp_path: Path) -> None:
    """A server that doesn't answer in time is stopped, and the error says so."""
    command = (sys.executable, "-c", "import threading; threading.Event().wait()")
    with (
        pytest.raises(ServerStartError, match=r"did not answer in time; it printed: nothing"),
        module._running(command, tmp_path, "us-east-1", 0.01),
    ):
        pass


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows knows no signal that a process can ignore")
def test_a_server_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ignores the request to end is ended by force, and waited for."""
    monkeypatch.setattr(module, "_STOP_SECONDS", 0.01)
    stubborn = (
        "import signal, threading; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('deaf', flush=True); threading.Event().wait()"
    )
    readable, writable = os.pipe()
    with (
        os.fdopen(readable, "rb") as heard,
        os.fdopen(writable, "wb") as output,
        module._process((sys.executable, "-c", stubborn), tmp_path, dict(os.environ), output) as process,
    ):
        assert b"deaf\n" == heard.readline()
    assert -signal.SIGKILL == process.returncode


def test_the_machine_s_credentials_stay_out_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's environment has none of the machine's AWS settings."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the machine")
    environment = module._environment(tmp_path, "us-east-1", 1, "name")
    assert [] == [name for name in environment if name.startswith("AWS_")]
    assert "of the machine" not in environment.values()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system knows no SIGKILL")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGKILL"])
def test_a_program_that_is_ended_leaves_no_server_behind(number: str) -> None:
    """When the program that started it is ended by a signal, the server ends, and its folder goes."""
    program = (
        "import sys, threading\n"
        "from cognito_idp.testing import cognito_server\n"
        "with cognito_server() as server:\n"
        "    print(server.endpoint_url, flush=True)\n"
        "    threading.Event().wait()\n"
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "TMPDIR": name}
        with subprocess.Popen(
            (sys.executable, "-c", program), stdout=subprocess.PIPE, text=True, env=environment
        ) as run:
            assert run.stdout is not None
            port = int(run.stdout.readline().rpartition(":")[2])
            assert 1 == len(list(folder.iterdir()))
            run.send_signal(getattr(signal, number))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and (_is_open(port) or any(folder.iterdir())):
            threading.Event().wait(0.02)
        assert [] == list(folder.iterdir())
        assert not _is_open(port)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
