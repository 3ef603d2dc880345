"""Event loops, threads and processes: whose connections are whose, and how they end."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trio

from cognito_idp import AsyncClient, Timeout
from cognito_idp._protocol.wire import HttpRequest
from cognito_idp._transport import make_async_transport
from cognito_idp.errors import ClientClosedError, ConfigError, DeadlineExceededError
from tests.support.answers import answer, hang
from tests.support.kit import CREDENTIALS
from tests.support.server import PATIENCE
from tests.transport.behaviour.rig import GENEROUS

from .programs import PROGRAMS

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.server import Server
    from tests.support.tls import Authority

# What these clients leave open on purpose, they warn of.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed AsyncClient:ResourceWarning")

# What the library itself needs.
NEEDS = "import attrs, cattrs, certifi, cryptography, httpx"
VERSIONS = ("this", "3.11", "3.12", "3.13")


def client_of(url: str, **settings: Any) -> AsyncClient:
    """Return a client over the engine."""
    return AsyncClient("us-east-1", credentials=CREDENTIALS, endpoint_url=url, transport="stdlib", **settings)


def interpreter(version: str) -> str:
    """Return the path of an interpreter that can import what the library needs, or skip the test."""
    if version == "this":
        return sys.executable
    known = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    for candidate in [str(path) for path in known if path is not None]:
        if subprocess.run([candidate, "-c", NEEDS], capture_output=True, check=False).returncode == 0:
            return candidate
    pytest.skip(f"no Python {version} here that has what the library needs ({NEEDS})")


def ran(program: str, url: str, *options: str, version: str = "this") -> tuple[int, str]:
    """Run one of the programs, and return its exit status and what it wrote to stderr."""
    command = [interpreter(version), *options, "-m", "tests.transport.stdlib.programs", program, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3 * PATIENCE, check=False)
    # In development mode asyncio also says when a loaded machine takes long.
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Executing <")]
    return done.returncode, "\n".join(lines)


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest, serve: Serve, trusted: Authority) -> Server:
    """Start a server."""
    return serve(answer(), tls=trusted.server_context("127.0.0.1") if request.param == "https" else None)


@pytest.mark.slow
@pytest.mark.parametrize("version", ["this", *(pytest.param(one, marks=pytest.mark.long) for one in VERSIONS[1:])])
@pytest.mark.parametrize("program", ["threads", "loops"])
def test_threads_that_come_and_go(server: Server, program: str, version: str) -> None:
    """A program that calls from six short-lived threads, over sync clients and over loops, ends with status 0."""
    assert (0, "") == ran(program, server.url, version=version)
    server.wait_for(lambda: server.open == 0)
    assert len(server.requests) >= 24


@pytest.mark.slow
@pytest.mark.parametrize("program", ["loops", "dropped", "cancelled"])
def test_a_client_that_nobody_closes(server: Server, program: str) -> None:
    """An async client that outlives its event loops, or is dropped, warns of itself alone; its connections close."""
    assert program in PROGRAMS
    assert (0, "") == ran(program, server.url, "-X", "dev", "-W", "error")
    server.wait_for(lambda: server.open == 0)
    assert server.accepted >= 3


def test_connections_close_with_their_loop(server: Server) -> None:
    """The connections of an unclosed client close with each loop, not with the program."""
    client = client_of(server.url)
    for number in range(1, 4):
        asyncio.run(client.call("ListUsers"))
        server.wait_for(lambda: server.open == 0)
        assert number == server.accepted


def test_a_pool_for_each_loop(server: Server) -> None:
    """Two loops at once have connections of their own, one each here, and each uses its own again."""
    client = client_of(server.url)
    both = threading.Barrier(2)

    async def main() -> None:
        for _ in range(3):
            both.wait(PATIENCE)
            await client.call("ListUsers")

    other = threading.Thread(target=asyncio.run, args=(main(),))
    other.start()
    asyncio.run(main())
    other.join()
    assert (2, 6) == (server.accepted, len(server.requests))
    server.wait_for(lambda: server.open == 0)


def test_a_process_that_goes_on_with_its_parents_loop(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It makes connections of its own, and closes none of its parent's: two on one would read each other's answers."""

    async def main() -> None:
        async with client_of(server.url) as client:
            await client.call("ListUsers")
            with monkeypatch.context() as child:
                child.setattr("cognito_idp._transport.stdlib_async.os.getpid", lambda: -1)
                for _ in range(2):
                    await client.call("ListUsers")
                assert (2, 2) == (server.accepted, server.open)
                await client.aclose()
                await asyncio.to_thread(server.wait_for, lambda: server.open == 1)

    asyncio.run(main())


def test_no_thread_is_left_to_find_the_way(server: Server) -> None:
    """A call that waits for a thread of the loop's executor keeps its time limit."""
    go_on = threading.Event()

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        busy = asyncio.ensure_future(asyncio.to_thread(go_on.wait, PATIENCE))
        async with client_of(server.url, timeout=0.1, retry="off") as client:
            with pytest.raises(DeadlineExceededError):
                await client.call("ListUsers")
        go_on.set()
        await busy

    asyncio.run(main())
    assert 0 == server.accepted


def test_closing_while_calls_wait_for_a_place(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that waits for a free connection, without any limit, ends as the others do."""
    monkeypatch.setattr("cognito_idp._transport.stdlib_async.MAX_CONNECTIONS", 1)
    server = serve(hang)
    settings: Any = {"timeout": Timeout(total=None, connect=None, read=None, write=None), "retry": "off"}

    async def main() -> list[object]:
        client = client_of(server.url, **settings)
        calls = [asyncio.ensure_future(client.call("ListUsers")) for _ in range(3)]
        await asyncio.to_thread(server.wait_for, lambda: len(server.requests) == 1)
        await client.aclose()
        return list(await asyncio.gather(*calls, return_exceptions=True))

    assert [ClientClosedError] * 3 == list(map(type, asyncio.run(main())))


def test_loops_that_are_gone_are_forgotten(server: Server) -> None:
    """A client that lives through many loops keeps nothing of those that ended."""
    client = client_of(server.url)
    for _ in range(5):
        asyncio.run(client.call("ListUsers"))
    transport: Any = client._link.transport
    assert 1 == len(transport._pools)


def test_closing_from_another_loop(serve: Serve) -> None:
    """Closing a client on one loop ends its calls on another one."""
    server = serve(hang)
    client = client_of(server.url, timeout=PATIENCE)
    outcomes: list[object] = []

    async def call() -> None:
        try:
            await client.call("ListUsers")
        except ClientClosedError as error:
            outcomes.append(type(error))

    other = threading.Thread(target=lambda: asyncio.run(call()))
    other.start()
    server.wait_for(lambda: len(server.requests) == 1)
    asyncio.run(client.aclose())
    other.join(PATIENCE)
    assert [ClientClosedError] == outcomes
    server.wait_for(lambda: server.open == 0)


def test_closing_when_the_loop_is_gone(server: Server) -> None:
    """A client can be closed on another loop than the one that it was used on, also when that has ended; and twice."""
    client = client_of(server.url)
    asyncio.run(client.call("ListUsers"))
    asyncio.run(client.aclose())
    asyncio.run(client.aclose())
    with pytest.raises(ClientClosedError):
        asyncio.run(client.call("ListUsers"))


def test_closing_on_trio_after_asyncio(server: Server) -> None:
    """Even on trio."""
    client = client_of(server.url)
    asyncio.run(client.call("ListUsers"))
    trio.run(client.aclose)
    with pytest.raises(ClientClosedError):
        asyncio.run(client.call("ListUsers"))


def test_trio() -> None:
    """On trio, a call is an error in the settings that says what to use instead, and the client can be closed."""

    async def main() -> None:
        client = client_of("http://127.0.0.1:1")
        for _ in range(2):
            with pytest.raises(ConfigError, match="on trio use transport='httpx'"):
                await client.call("ListUsers")
        await client.aclose()

    trio.run(main)


def test_a_loop_whose_generators_were_closed(serve: Serve) -> None:
    """Limits hold, too, on a loop that goes on after `shutdown_asyncgens`, which ends the connections."""
    server = serve(answer())
    silent = serve(hang)

    async def main() -> None:
        transport: Any = make_async_transport("stdlib")

        def call(url: str, limits: Any = GENEROUS) -> Any:
            return transport.send(HttpRequest("POST", url, (("host", "x"), ("content-length", "2")), b"{}", limits))

        await call(server.url)
        await asyncio.get_running_loop().shutdown_asyncgens()
        await call(server.url)
        with pytest.raises(TimeoutError):
            await call(silent.url, GENEROUS._replace(read=0.05))
        await transport.close()

    asyncio.run(main())
    server.wait_for(lambda: server.open == 0)
    assert 2 == server.accepted
