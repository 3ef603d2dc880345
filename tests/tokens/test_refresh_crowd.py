"""Many callers at once, and callers that are cancelled: one refresh, and no token is lost."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import httpx
import pytest

from cognito_idp import (
    AsyncClient,
    AsyncUserSession,
    ClientClosedError,
    SessionEndedError,
    Tokens,
    TooManyRequestsException,
)
from cognito_idp._flow.effects import UnderWay, sleep
from tests.sign_in.fake_accounts import RefusedError, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.sign_in.party import PUBLIC_APP
from tests.support.kit import Kit, kit_of

from .session_party import LIFETIME, REFRESH, Clock, session_party, signed_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

CROWD = 100
OVER = LIFETIME + 30
THROTTLED = RefusedError("TooManyRequestsException", "Rate exceeded")
PATIENCE = 30.0


class CountingUnderWay(UnderWay):
    """What is under way in threads, which lets a test wait until so many have come to it."""

    def __init__(self) -> None:
        super().__init__()
        self._comers = threading.Semaphore(0)
        self.lock: Any = self
        self._own = threading.Lock()

    def __enter__(self) -> None:
        """Be counted when one leaves the lock: by then one has begun, or joined."""
        self._own.acquire()

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self._own.release()
        self._comers.release()

    def wait_for_all(self, number: int) -> None:
        """Wait until so many have come."""
        for _ in range(number):
            assert self._comers.acquire(timeout=PATIENCE)


def crowd_of_threads(task: Callable[[], Any]) -> list[Any]:
    """Do something in many threads, and return what came of it: results and errors."""

    def safely(_: int) -> Any:
        try:
            return task()
        except Exception as error:  # noqa: BLE001 - the tests look at it
            return error

    with ThreadPoolExecutor(CROWD) as pool:
        return list(pool.map(safely, range(CROWD)))


def test_a_crowd_of_threads() -> None:
    """Of 100 threads that want a token at once, one refreshes, and all get the new token."""
    party = session_party(Kit("sync", None))
    party.clock.set(OVER)
    under_way = party.session._keeper._under_way = CountingUnderWay()
    party.fake.before = lambda _: under_way.wait_for_all(CROWD)
    tokens = crowd_of_threads(party.session.access_token)
    assert {party.session.tokens.access_token} == set(tokens)
    assert [REFRESH] == party.fake.operations


def test_a_crowd_of_threads_and_a_failure() -> None:
    """If the one refresh fails, those who waited for it get its failure, and don't ask 99 times more."""
    party = session_party(Kit("sync", None))
    party.clock.set(OVER)
    under_way = party.session._keeper._under_way = CountingUnderWay()
    party.fake.before = lambda _: under_way.wait_for_all(CROWD)
    party.fake.scripted[REFRESH] = [THROTTLED]
    errors = crowd_of_threads(party.session.access_token)
    assert {TooManyRequestsException} == {type(error) for error in errors}
    assert CROWD == len({id(error) for error in errors})
    assert [REFRESH] == party.fake.operations
    party.fake.before = lambda _: None
    assert party.first.access_token != party.access_token()


def test_two_event_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two loops that refresh one session, one spends the refresh token, and the other waits for its tokens."""
    waits = threading.Event()

    def looks_again(seconds: float) -> Any:
        waits.set()
        return sleep(seconds)

    monkeypatch.setattr("cognito_idp.tokens.refresh.sleep", looks_again)
    with kit_of("asyncio") as kit, ThreadPoolExecutor(1) as pool:
        party = session_party(kit)
        others: list[Any] = []

        def before(_: object) -> None:
            others.append(pool.submit(asyncio.run, party.session.refresh()))
            assert waits.wait(PATIENCE)

        party.fake.before = before
        tokens = party.refresh()
        assert tokens is others[0].result(PATIENCE)
        assert [REFRESH] == party.fake.operations


@attrs.frozen
class Gate:
    """An async session whose service answers only when a test lets it."""

    fake: FakeCognito
    clock: Clock
    first: Tokens
    client: AsyncClient
    session: AsyncUserSession
    asked: anyio.Event
    open: anyio.Event
    stored: list[Tokens]

    async def is_over(self) -> None:
        """Wait for the refresh under way, which has the lock."""
        async with self.session._keeper._lock.for_tasks:
            return


@pytest.fixture
async def gate(anyio_backend: str) -> AsyncIterator[Gate]:
    """A session of an async client on the test's event loop, at the end of its first access token."""
    assert anyio_backend
    fake, clock = FakeCognito(PUBLIC_APP, user(), rotates=True), Clock()
    first = signed_in(fake)
    asked, opened, stored = anyio.Event(), anyio.Event(), list[Tokens]()

    async def respond(request: httpx.Request) -> httpx.Response:
        asked.set()
        await opened.wait()
        return fake(request)

    async def store(tokens: Tokens) -> None:
        await anyio.lowlevel.checkpoint()
        stored.append(tokens)

    clock.set(OVER)
    async with AsyncClient("us-east-1", transport=httpx.MockTransport(respond), clock=clock, retry="off") as client:
        session = AsyncUserSession(client, PUBLIC_APP, first, on_tokens=store)
        yield Gate(fake, clock, first, client, session, asked, opened, stored)
        opened.set()


async def crowd_of_tasks(gate: Gate, task: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Do something in many tasks, let the service answer when all wait, and return what came of it."""
    results: list[Any] = []

    async def safely() -> None:
        try:
            results.append(await task())
        except Exception as error:  # noqa: BLE001 - the tests look at it
            results.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(CROWD):
            tasks.start_soon(safely)
        await anyio.wait_all_tasks_blocked()
        gate.open.set()
    return results


@pytest.mark.anyio
async def test_a_crowd_of_tasks(gate: Gate) -> None:
    """Of 100 tasks that want a token at once, one refreshes, and all get the new token."""
    tokens = await crowd_of_tasks(gate, gate.session.access_token)
    assert [gate.session.tokens.access_token] * CROWD == tokens
    assert [REFRESH] == gate.fake.operations
    assert [gate.session.tokens] == gate.stored


@pytest.mark.anyio
async def test_a_crowd_that_refreshes(gate: Gate) -> None:
    """100 explicit refreshes at once are one, too."""
    tokens = await crowd_of_tasks(gate, gate.session.refresh)
    assert [gate.session.tokens] * CROWD == tokens
    assert [REFRESH] == gate.fake.operations


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("refused", "error"),
    [(THROTTLED, TooManyRequestsException), (RefusedError("NotAuthorizedException"), SessionEndedError)],
)
async def test_a_crowd_of_tasks_and_a_failure(gate: Gate, refused: RefusedError, error: type[Exception]) -> None:
    """If the one refresh fails, those who waited for it get its failure, each an error of its own."""
    gate.fake.scripted[REFRESH] = [refused]
    errors = await crowd_of_tasks(gate, gate.session.access_token)
    assert [error] * CROWD == [type(each) for each in errors]
    assert CROWD == len({id(each) for each in errors})
    assert [REFRESH] == gate.fake.operations


@pytest.mark.anyio
async def test_a_crowd_and_a_failure_while_the_token_is_good(gate: Gate) -> None:
    """With the old token still good, a failed refresh gives all of a crowd the old token, for one call."""
    gate.clock.set(LIFETIME - 30)
    gate.fake.scripted[REFRESH] = [THROTTLED]
    assert [gate.first.access_token] * CROWD == await crowd_of_tasks(gate, gate.session.access_token)
    assert [REFRESH] == gate.fake.operations


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_cancelled_caller_loses_no_token(gate: Gate) -> None:
    """The refresh of a cancelled caller goes on: its rotated token is kept, stored by the hook, and used next."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.session.access_token)
        await gate.asked.wait()
        tasks.cancel_scope.cancel()
    gc.collect()
    assert gate.first == gate.session.tokens
    gate.open.set()
    await gate.is_over()
    assert [gate.session.tokens] == gate.stored
    assert gate.first.refresh_token != gate.session.tokens.refresh_token
    assert gate.session.tokens.access_token == await gate.session.access_token()
    assert [REFRESH] == gate.fake.operations
    await gate.session.refresh()
    assert [gate.first.refresh_token, gate.stored[0].refresh_token] == [
        body["RefreshToken"] for _, body in gate.fake.sent
    ]


@pytest.mark.anyio
async def test_a_deadline_of_the_callers(gate: Gate) -> None:
    """A caller whose time is up leaves, and another one who comes later gets what the refresh brings."""
    with anyio.move_on_after(0) as scope:
        await gate.session.access_token()
    assert scope.cancelled_caught
    results = await crowd_of_tasks(gate, gate.session.access_token)
    assert [gate.session.tokens.access_token] * CROWD == results
    assert len(gate.fake.operations) == len(gate.stored) == 1


@pytest.mark.anyio
async def test_everybody_is_cancelled(gate: Gate) -> None:
    """If all of a crowd leave, the one that refreshes and those that wait for it, nothing is lost or left locked."""
    async with anyio.create_task_group() as tasks:
        for _ in range(CROWD):
            tasks.start_soon(gate.session.access_token)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    gate.open.set()
    await gate.is_over()
    assert [gate.session.tokens] == gate.stored
    assert gate.session.tokens.access_token == await gate.session.access_token()
    assert [REFRESH] == gate.fake.operations


@pytest.mark.anyio
async def test_a_cancelled_caller_and_a_failure(gate: Gate) -> None:
    """A refresh that fails when nobody waits for it any more disturbs nobody, and the next caller tries again."""
    gate.fake.scripted[REFRESH] = [THROTTLED]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.session.access_token)
        await gate.asked.wait()
        tasks.cancel_scope.cancel()
    gate.open.set()
    await gate.is_over()
    assert gate.first.access_token != await gate.session.access_token()


def test_a_cancelled_asyncio_task() -> None:
    """A task that asyncio cancels ends as cancelled, and its refresh goes on."""

    async def main() -> None:
        fake, clock = FakeCognito(PUBLIC_APP, user(), rotates=True), Clock()
        first = signed_in(fake)
        asked, opened = asyncio.Event(), asyncio.Event()

        async def respond(request: httpx.Request) -> httpx.Response:
            asked.set()
            await opened.wait()
            return fake(request)

        clock.set(OVER)
        async with AsyncClient("us-east-1", transport=httpx.MockTransport(respond), clock=clock) as client:
            session = AsyncUserSession(client, PUBLIC_APP, first)
            task = asyncio.ensure_future(session.access_token())
            await asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            opened.set()
            assert first.access_token != await session.access_token()
        assert [REFRESH] == fake.operations

    asyncio.run(main())


@pytest.mark.anyio
async def test_signing_out_during_a_refresh(gate: Gate) -> None:
    """A sign-out waits for the refresh under way, and revokes what that brings."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.session.access_token)
        await gate.asked.wait()
        tasks.start_soon(gate.session.sign_out)
        await anyio.wait_all_tasks_blocked()
        gate.open.set()
    assert [REFRESH, "RevokeToken"] == gate.fake.operations
    assert gate.stored[0].refresh_token == gate.fake.sent[1][1]["Token"]
    with pytest.raises(SessionEndedError, match="the user has signed out"):
        await gate.session.access_token()


@pytest.mark.anyio
async def test_waiting_for_a_session_that_ends(gate: Gate) -> None:
    """Who waits while the user signs out is told so, instead of refreshing with a revoked token."""
    errors: list[Exception] = []

    async def wait() -> None:
        try:
            await gate.session.access_token()
        except SessionEndedError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.session.sign_out)
        await gate.asked.wait()
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        gate.open.set()
    assert ["the user has signed out"] == list(map(str, errors))
    assert ["RevokeToken"] == gate.fake.operations


@pytest.mark.anyio
async def test_closing_the_client_during_a_refresh(gate: Gate) -> None:
    """A client that is closed takes no more calls, but lets a refresh come to its end, which its limits see to."""
    tokens: list[Tokens] = []

    async def wait() -> None:
        tokens.append(await gate.session.refresh())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await gate.asked.wait()
        await gate.client.aclose()
        with pytest.raises(ClientClosedError):
            await gate.session.refresh()
        gate.open.set()
    assert [gate.session.tokens] == tokens == gate.stored


def test_two_event_loops_and_one_session() -> None:
    """A session may go from one event loop to the next."""
    fake, clock = FakeCognito(PUBLIC_APP, user(), rotates=True), Clock()
    first = signed_in(fake)
    sessions: list[AsyncUserSession] = []

    async def main() -> str:
        async with AsyncClient("us-east-1", transport=httpx.MockTransport(fake), clock=clock) as client:
            session = AsyncUserSession(client, PUBLIC_APP, sessions[-1].tokens if sessions else first)
            sessions.append(session)
            return (await session.refresh()).access_token

    assert 2 == len({anyio.run(main), anyio.run(main, backend="trio")})
