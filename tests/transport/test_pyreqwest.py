"""What is particular to the adapters over pyreqwest; what they share with the others is in `behaviour/`."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import AsyncClient, Client, Timeout
from cognito_idp._version import __version__
from cognito_idp.errors import (
    ClientClosedError,
    ConfigError,
    ConnectTimeoutError,
    InvalidResponseError,
    ReadTimeoutError,
)
from cognito_idp.transport import make_async_transport, make_transport
from cognito_idp.wire import HttpRequest, Limits
from tests.support.answers import answer, chunked, gated, hang, head
from tests.support.kit import CREDENTIALS
from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support.kit import Kit
    from tests.support.server import Server
    from tests.support.tls import Authority

pytest.importorskip("pyreqwest", reason="pyreqwest is not installed")

SHORT = 0.1
LIMITS = Limits(connect=5, read=20, write=20, total=None, max_response_bytes=1024 * 1024)


def settings_of(server: Server, **settings: Any) -> dict[str, Any]:
    """Return the arguments of a client."""
    return {
        "credentials": CREDENTIALS,
        "endpoint_url": server.url,
        "retry": "off",
        "transport": "pyreqwest",
        **settings,
    }


def request_to(url: str, **changes: Any) -> HttpRequest:
    """Return a request."""
    headers = (("host", "127.0.0.1"), ("content-length", "2"), ("authorization", "a-signature"))
    return HttpRequest("POST", url, headers, b"{}", LIMITS._replace(**changes))


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


SETTINGS = """
import sys
from cognito_idp import AsyncClient, Client, Credentials
def settings():
    return {"credentials": Credentials("AKIDEXAMPLE", "secret"), "endpoint_url": sys.argv[1], "transport": "pyreqwest"}
"""


@pytest.mark.parametrize(
    "call",
    [
        'Client("us-east-1", **settings()).call("ListUsers")',
        'import asyncio; asyncio.run(AsyncClient("us-east-1", **settings()).call("ListUsers"))',
    ],
    ids=["sync", "async"],
)
def test_what_a_call_imports(serve: Serve, call: str) -> None:
    """A call over pyreqwest imports neither httpx nor anyio, nor what a plain-http endpoint doesn't need."""
    heavy = "{'httpx', 'anyio', 'certifi', 'urllib.request', 'http.client'}"
    ended = run(f"{SETTINGS}\n{call}\nprint({heavy} & set(sys.modules))", serve(answer()).url)
    assert ("set()\n", "", 0) == (ended.stdout, ended.stderr, ended.returncode)


@pytest.mark.parametrize("end", ["", "await client.aclose()"])
def test_a_short_program_ends_in_order(serve: Serve, end: str) -> None:
    """A program that ends just after its last async answer isn't aborted by pyreqwest's thread."""
    program = f"""{SETTINGS}
import asyncio
async def main():
    client = AsyncClient("us-east-1", **settings())
    await asyncio.gather(*[client.call("ListUsers") for _ in range(20)])
    {end}
asyncio.run(main())
"""
    url = serve(answer()).url
    assert {(0, "")} == {(ended.returncode, ended.stderr) for ended in (run(program, url) for _ in range(5))}


def test_headers_on_the_wire(kit: Kit, serve: Serve) -> None:
    """Headers go in their order, once each; pyreqwest adds `accept`, and our own agent where there is none."""
    server = serve(answer())
    if kit.kind == "trio":
        pytest.skip("pyreqwest runs on asyncio only")
    adapter: Any = make_transport("pyreqwest") if kit.kind == "sync" else make_async_transport("pyreqwest")
    request = request_to(server.url)
    kit.run(adapter.send, request)
    kit.run(adapter.close)
    agent = ("user-agent", f"cognito-idp/{__version__}")
    assert (*request.headers, ("accept", "*/*"), agent) == server.requests[0].headers


def test_a_request_without_a_body(serve: Serve) -> None:
    """A GET goes out with the headers that it was given, and no others."""
    server = serve(answer())
    adapter = make_transport("pyreqwest")
    headers = (("host", "example.com"), ("user-agent", "me"))
    request = HttpRequest("GET", f"{server.url}/keys?a=%2F", headers, b"", LIMITS)
    assert b"{}" == adapter.send(request).body
    adapter.close()
    assert "GET /keys?a=%2F HTTP/1.1" == server.requests[0].request_line
    assert (*headers, ("accept", "*/*")) == server.requests[0].headers


@pytest.mark.parametrize("handler", [answer(b"[" * 200_000), chunked(b"[" * 100_000, b"[" * 100_000)])
def test_an_answer_larger_than_a_buffer(serve: Serve, handler: Any) -> None:
    """An answer of more than the 64 KiB that pyreqwest reads ahead is whole, sync and async."""
    url = serve(handler).url
    adapter, other = make_transport("pyreqwest"), make_async_transport("pyreqwest")

    async def send() -> bytes:
        body = (await other.send(request_to(url))).body
        await other.close()
        return body

    assert b"[" * 200_000 == adapter.send(request_to(url)).body == asyncio.run(send())
    adapter.close()


def test_calls_with_any_total_share_connections(serve: Serve) -> None:
    """A limit that the total comes before has no effect, so that it needs no connections of its own."""
    server = serve(answer())
    adapter = make_transport("pyreqwest")
    for total in (9.0, 8.0, 7.5):
        adapter.send(request_to(server.url, connect=5, read=total, write=total, total=total))
    for total in (4.0, 3.0):
        adapter.send(request_to(server.url, connect=total, read=total, write=total, total=total))
    assert 1 == server.accepted
    adapter.send(request_to(server.url, connect=4.0))
    assert 2 == server.accepted
    adapter.close()


def test_the_read_limit_of_a_large_body(serve: Serve) -> None:
    """While a large body is sent, the limit for reads isn't over before the one for writes."""
    server = serve(answer())
    adapter = make_transport("pyreqwest")
    body = b"x" * 1_000_000
    request = HttpRequest("POST", server.url, (("content-length", str(len(body))),), body, LIMITS)
    adapter.send(request_to(server.url))
    adapter.send(request)
    adapter.close()
    # Two sets of limits, so two clients.
    assert ([2, 1_000_000], 2) == ([len(received.body) for received in server.requests], server.accepted)


def test_ctrl_c_and_on(serve: Serve) -> None:
    """A signal's handler that raises ends a call of the main thread's at once, and the client goes on working."""
    gate = threading.Event()
    server = serve(lambda connection, request: (hang if b"Hang" in request.body else answer())(connection, request))

    def interrupt() -> None:
        server.wait_for(lambda: len(server.requests) == 1)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        gate.set()

    with Client("us-east-1", **settings_of(server, timeout=Timeout(read=2))) as client:
        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            client.call("ListUsers", {"Hang": True})
        assert gate.wait(PATIENCE)
        thread.join()
        assert {} == client.call("ListUsers")
    server.wait_for(lambda: server.open == 0)


def test_a_handler_that_calls(serve: Serve) -> None:
    """The handler of a signal may call through the same client while a call of the main thread's waits."""
    gate = threading.Event()
    server = serve(
        lambda connection, request: (gated(gate, answer()) if b"Wait" in request.body else answer())(
            connection, request
        )
    )
    inner: list[dict[str, Any]] = []
    with Client("us-east-1", **settings_of(server)) as client:

        def handle(*_: object) -> None:
            inner.append(client.call("ListUsers"))
            gate.set()

        def interrupt() -> None:
            server.wait_for(lambda: len(server.requests) == 1)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

        before = signal.signal(signal.SIGUSR1, handle)
        thread = threading.Thread(target=interrupt)
        try:
            thread.start()
            assert {} == client.call("ListUsers", {"Wait": True})
        finally:
            thread.join()
            signal.signal(signal.SIGUSR1, before)
    assert [{}] == inner


@pytest.mark.parametrize(
    "call",
    ['client.call("ListUsers", members)', 'asyncio.run(client.call("ListUsers", members))'],
    ids=["sync", "async"],
)
def test_a_fork(serve: Serve, call: str) -> None:
    """After a fork the child sends through httpx, over connections of its own, and both processes end in order."""
    kind = "AsyncClient" if "asyncio" in call else "Client"
    program = f"""{SETTINGS}
import asyncio, os
client = {kind}("us-east-1", **settings())
def call():
    members = {{"Process": os.getpid()}}
    {call}
    return client._link.transport.name
assert "pyreqwest" == call()
child = os.fork()
if child == 0:
    assert ["httpx", "httpx"] == [call(), call()]
    sys.exit(0)
assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert "pyreqwest" == call()
"""
    server = serve(answer())
    ended = run(program, server.url)
    assert (0, "") == (ended.returncode, ended.stderr)
    processes: dict[int, set[int]] = {}
    for request in server.requests:
        processes.setdefault(request.connection, set()).add(json.loads(request.body)["Process"])
    assert {1} == {len(some) for some in processes.values()}
    assert 4 == len(server.requests)


def test_a_fork_before_the_first_call(serve: Serve) -> None:
    """A client that was made and not used before a fork sends through pyreqwest in the child."""
    program = f"""{SETTINGS}
import os
client = Client("us-east-1", **settings())
child = os.fork()
client.call("ListUsers")
assert "pyreqwest" == client._link.transport.name
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else 0)
"""
    server = serve(answer())
    ended = run(program, server.url)
    assert (0, "") == (ended.returncode, ended.stderr)
    assert {1, 2} == {request.connection for request in server.requests}


def test_trio_by_name(serve: Serve) -> None:
    """Asked for by its name, pyreqwest says that it doesn't run on trio; the default takes httpx there."""
    trio = pytest.importorskip("trio")
    server = serve(answer())

    async def call(transport: Any) -> str:
        async with AsyncClient("us-east-1", **settings_of(server, transport=transport)) as client:
            await client.call("ListUsers")
            adapter = client._link.transport
            assert adapter is not None
            return str(adapter.name)

    with pytest.raises(ConfigError, match='on trio use transport=None or transport="httpx"'):
        trio.run(call, "pyreqwest")
    assert "httpx" == trio.run(call, None)
    assert "pyreqwest" == asyncio.run(call(None))


def test_several_event_loops(serve: Serve) -> None:
    """A client outlives the event loop that it was used on, and keeps its connection."""
    server = serve(answer())
    client = AsyncClient("us-east-1", **settings_of(server))
    for _ in range(3):
        assert {} == asyncio.run(client.call("ListUsers"))
    assert 1 == server.accepted
    asyncio.run(client.aclose())
    server.wait_for(lambda: server.open == 0)


def test_a_cancelled_call_gives_its_place_to_another(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exchange of a cancelled call takes no place in the pool, though it goes on to its limit by itself."""
    monkeypatch.setattr("cognito_idp.transport.pyreqwest_async.MAX_CONNECTIONS", 1)
    server = serve(lambda connection, request: (hang if b"Hang" in request.body else answer())(connection, request))

    async def main() -> None:
        async with AsyncClient("us-east-1", **settings_of(server, timeout=Timeout(connect=1, read=1))) as client:
            task = asyncio.create_task(client.call("ListUsers", {"Hang": True}))
            await asyncio.to_thread(server.wait_for, lambda: len(server.requests) == 1)
            with pytest.raises(ConnectTimeoutError, match="all 1 connections were busy for"):
                await client.with_options(timeout=Timeout(connect=SHORT)).call("ListUsers")
            task.cancel("by the test")
            with pytest.raises(asyncio.CancelledError, match="by the test"):
                await task
            assert {} == await client.call("ListUsers")

    asyncio.run(main())
    server.wait_for(lambda: server.open == 0)


def test_what_a_traceback_shows(serve: Serve) -> None:
    """No frame of a failed call has a local variable that shows a header or the body."""
    adapter = make_transport("pyreqwest")
    for handler, limits in ((hang, {"read": SHORT}), (chunked(b"x" * 50), {"max_response_bytes": 9})):
        with pytest.raises((ReadTimeoutError, InvalidResponseError)) as caught:
            adapter.send(request_to(serve(handler).url, **limits))
        shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        assert "a-signature" not in shown
    adapter.close()


def test_a_head_that_is_not_ascii(serve: Serve) -> None:
    """A header that pyreqwest doesn't show is left out; the others, and the body, are there."""
    data = head(200, ("X-One", "1"), ("X-Name", "?"), ("Content-Length", "2")).replace(b"?", b"\xff") + b"{}"
    adapter = make_transport("pyreqwest")
    response = adapter.send(request_to(serve(lambda connection, _: connection.send(data)).url))
    adapter.close()
    assert ((("x-one", "1"), ("content-length", "2")), b"{}") == (response.headers, response.body)


def test_the_authorities_of_the_system(
    serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine without authorities of its own gets certifi's; nothing else is trusted then."""
    from cognito_idp.errors import ConnectError

    tries: list[str] = []
    import certifi

    contents = certifi.contents()

    def counted() -> str:
        tries.append("certifi")
        return contents

    monkeypatch.setattr(certifi, "contents", counted)
    # pyreqwest looks here for the system's authorities; to ours, the variable is not set.
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setattr("cognito_idp.transport.pyreqwest_common.bundle_of", lambda: None)
    server = serve(answer(), tls=authority.server_context("127.0.0.1"))
    adapter = make_transport("pyreqwest")
    with pytest.raises(ConnectError, match="invalid peer certificate"):
        adapter.send(request_to(server.url))
    assert ["certifi"] == tries
    adapter.close()


def test_closing_breaks_calls_off(serve: Serve) -> None:
    """A call under way in another thread ends when its client is closed."""
    server = serve(hang)
    adapter = make_transport("pyreqwest")
    outcomes: list[type[BaseException]] = []

    def call() -> None:
        try:
            adapter.send(request_to(server.url, read=2))
        except ClientClosedError as error:
            outcomes.append(type(error))

    thread = threading.Thread(target=call)
    thread.start()
    server.wait_for(lambda: len(server.requests) == 1)
    adapter.close()
    thread.join()
    assert [ClientClosedError] == outcomes
    with pytest.raises(ClientClosedError):
        adapter.send(request_to(server.url))
