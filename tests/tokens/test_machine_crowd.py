"""Many callers of a machine's session at once, and callers that leave: one request at a time for each token."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import httpx
import pytest

from cognito_idp import AsyncClient, AsyncMachineSession, NotAuthorizedException, Timeout
from cognito_idp.errors import WaitedTooLongError
from tests.support.kit import Kit
from tests.support.responder import error

from .issuing import Clock
from .machine_party import APP, LIFE, Desk, machine_party

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CROWD = 50
DUE = LIFE - 60
PATIENCE = 30.0
WAYS = ("access_token", "refresh", "exchange")
ARGUMENTS: dict[str, tuple[str, ...]] = {"exchange": ("subject",)}


class CountedLock:
    """The lock of a token for threads, which lets a test wait until so many have come to it."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._comers = threading.Semaphore(0)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Count who comes, and take the lock."""
        self._comers.release()
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()

    def __enter__(self) -> None:
        """Count who comes, and take the lock."""
        self.acquire()

    def __exit__(self, *_: object) -> None:
        """Release the lock."""
        self.release()

    def wait_for_all(self, number: int) -> None:
        """Wait until so many have come."""
        for _ in range(number):
            assert self._comers.acquire(timeout=PATIENCE)


def token_of(session: Any, way: str) -> Any:
    """Return the `KeptToken` behind a method of a session, which has one after the method's first call."""
    keeper = session._keeper
    return next(iter(keeper._exchanged.values())) if way == "exchange" else keeper._own


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fails", [False, True])
def test_a_crowd_of_threads(way: str, *, fails: bool) -> None:
    """Of 50 threads that need a token at once, one asks, and all get its token, or each a copy of its failure."""
    party = machine_party(Kit("sync", None))
    call = getattr(party.session, way)
    call(*ARGUMENTS.get(way, ()))
    party.go(LIFE)
    lock = token_of(party.session, way)._lock
    lock.for_threads = counted = CountedLock(lock.for_threads)
    party.desk.before = lambda: counted.wait_for_all(CROWD)
    party.desk.next = [error("NotAuthorizedException")] if fails else []

    def safely(_: int) -> Any:
        try:
            return call(*ARGUMENTS.get(way, ()))
        except NotAuthorizedException as failure:
            return failure

    with ThreadPoolExecutor(CROWD) as pool:
        results = list(pool.map(safely, range(CROWD)))
    assert 2 == len(party.desk.sent)
    if fails:
        assert {NotAuthorizedException} == set(map(type, results))
        assert CROWD == len(set(map(id, results)))
    else:
        assert {"token-2"} == set(results)


def test_a_renewal_that_takes_long() -> None:
    """While one thread renews a token that is still good, the others go on with it and don't wait."""
    party = machine_party(Kit("sync", None))
    party.token()
    party.go(DUE)
    meanwhile: list[str] = []

    def others() -> None:
        party.desk.before = lambda: None
        with ThreadPoolExecutor(4) as pool:
            meanwhile.extend(pool.map(lambda _: party.token(), range(20)))

    party.desk.before = others
    assert "token-2" == party.token()
    assert ["token-1"] * 20 == meanwhile
    assert 2 == len(party.desk.sent)


def test_a_wait_has_the_clients_limit() -> None:
    """Who waits for another thread's request waits no longer than the client's total limit."""
    party = machine_party(Kit("sync", None), client={"timeout": Timeout(total=0.05)})
    lock = party.session._keeper._own._lock.for_threads
    with lock, pytest.raises(WaitedTooLongError):
        party.token()
    assert "token-1" == party.token()


@attrs.define
class Gate:
    """An async session whose service answers only when a test lets it."""

    desk: Desk
    clock: Clock
    session: AsyncMachineSession
    asked: anyio.Event
    open: anyio.Event

    def call(self, way: str) -> Any:
        """Call a method of the session."""
        return getattr(self.session, way)(*ARGUMENTS.get(way, ()))


@pytest.fixture
async def gate(anyio_backend: str) -> AsyncIterator[Gate]:
    """A session of an async client on the test's event loop."""
    assert anyio_backend
    desk, clock = Desk(), Clock()

    async def respond(request: httpx.Request) -> httpx.Response:
        answer = desk(request)
        made.asked.set()
        await made.open.wait()
        return answer

    async with AsyncClient("us-east-1", transport=httpx.MockTransport(respond), clock=clock, retry="off") as client:
        made = Gate(desk, clock, AsyncMachineSession(client, APP), anyio.Event(), anyio.Event())
        yield made
        made.open.set()


@pytest.mark.anyio
@pytest.mark.parametrize("way", WAYS)
async def test_a_crowd_of_tasks(gate: Gate, way: str) -> None:
    """Of 50 tasks that need a token at once, one asks, and all get its token."""
    results: list[str] = []

    async def ask() -> None:
        results.append(await gate.call(way))

    async with anyio.create_task_group() as tasks:
        for _ in range(CROWD):
            tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        gate.open.set()
    assert ["token-1"] * CROWD == results
    assert 1 == len(gate.desk.sent)


@pytest.mark.anyio
@pytest.mark.parametrize("way", WAYS)
async def test_who_asks_is_cancelled(gate: Gate, way: str) -> None:
    """If the task that asks is cancelled, one of those that wait asks again, and all of them get its token."""
    results: list[str] = []
    scope = anyio.CancelScope()

    async def leave() -> None:
        with scope:
            await gate.call(way)

    async def ask() -> None:
        results.append(await gate.call(way))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(leave)
        await gate.asked.wait()
        for _ in range(CROWD):
            tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        scope.cancel()
        await anyio.wait_all_tasks_blocked()
        gate.open.set()
    assert ["token-2"] * CROWD == results
    assert 2 == len(gate.desk.sent)


@pytest.mark.anyio
async def test_exchanges_do_not_wait_for_each_other(gate: Gate) -> None:
    """Exchanges of several tokens are under way at the same time, and the session's own token beside them."""
    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(gate.session.exchange, f"subject {number}")
        tasks.start_soon(gate.session.access_token)
        await anyio.wait_all_tasks_blocked()
        assert 11 == len(gate.desk.sent)
        gate.open.set()


@pytest.mark.anyio
async def test_tasks_go_on_during_a_renewal(gate: Gate) -> None:
    """While one task renews a token that is still good, the others go on with it."""
    gate.open.set()
    await gate.session.access_token()
    gate.clock.now += DUE
    gate.asked, gate.open = anyio.Event(), anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.session.access_token)
        await gate.asked.wait()
        assert ["token-1"] * 3 == [await gate.session.access_token() for _ in range(3)]
        gate.open.set()
    assert "token-2" == await gate.session.access_token()
    assert 2 == len(gate.desk.sent)


FORKED = """
import os, signal, threading
import httpx
from cognito_idp import AppClient, Client, MachineSession

now, number = [1000.0], [0]
asked, opened, gate = threading.Event(), threading.Event(), [False]

def respond(request):
    number[0] += 1
    token = f"token-{number[0]}"
    if gate[0]:
        asked.set()
        assert opened.wait(30)
    own = {"AccessToken": token, "ExpiresIn": 3600}
    derived = {"IssuedToken": token, "IssuedTokenType": "ACCESS_TOKEN", "TokenType": "Bearer", "ExpiresIn": 3600}
    is_own = request.headers["x-amz-target"].endswith("GetClientToken")
    return httpx.Response(200, json={"ClientAuthenticationResult": own} if is_own else derived)

client = Client("us-east-1", transport=httpx.MockTransport(respond), clock=lambda: now[0])
session = MachineSession(client, AppClient("us-east-1_EXAMPLE", "c", "secret-of-the-app-client-51"))
calls = [session.access_token, lambda: session.exchange("subject")]
first = [call() for call in calls]
now[0] += 3600
gate[0] = True
threads = [threading.Thread(target=call) for call in calls]
for thread in threads:
    thread.start()
assert asked.wait(30)
session._keeper._lock.acquire()
child = os.fork()
if child == 0:
    signal.alarm(30)
    gate[0] = False
    new = [call() for call in calls]
    print([call() for call in calls] == new, set(new).isdisjoint(first), flush=True)
    os._exit(0)
status = os.waitpid(child, 0)[1]
session._keeper._lock.release()
opened.set()
for thread in threads:
    thread.join()
print(os.waitstatus_to_exitcode(status), flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_during_a_request() -> None:
    """A child that is forked while other threads ask, and hold every lock, asks by itself and keeps what it gets."""
    command = (sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE * 2)
    assert (["True True", "0"], "") == (done.stdout.splitlines(), done.stderr)
