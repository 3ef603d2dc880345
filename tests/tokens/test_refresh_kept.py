"""Whatever breaks off the wait for a refresh, its rotated token is kept, stored, and used next."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import attrs
import httpx
import pytest

from cognito_idp import AsyncClient, AsyncUserSession, Client, Tokens, UserSession
from cognito_idp._transport.limits import Timeout
from cognito_idp.errors import ClientClosedError, DeadlineExceededError, SessionEndedError, WaitedTooLongError
from tests.sign_in.fake_accounts import RefusedError, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.sign_in.party import PUBLIC_APP

from .session_party import LIFETIME, REFRESH, Clock, session_party, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.support.kit import Kit
    from tests.support.server import Connection, Received

PATIENCE = 30.0
OVER = LIFETIME + 30
SOON = LIFETIME - 30
SHORT = 0.02


class SoftTimeLimitExceeded(Exception):
    """What a signal handler raises."""


@attrs.define
class Room:
    """A service with rotation that answers a refresh only when a test opens it, and a sync session of it."""

    fake: FakeCognito
    clock: Clock
    first: Tokens
    asked: threading.Event
    open: threading.Event
    stored: list[tuple[Tokens, threading.Thread]]
    has_stored: threading.Event
    client: Client
    session: UserSession
    while_asked: Callable[[], None] = lambda: None
    while_storing: Callable[[], None] = lambda: None

    def was_stored(self) -> Tokens:
        """Wait until the hook was called, and return what it got."""
        assert self.has_stored.wait(PATIENCE)
        return self.stored[-1][0]

    def is_sound(self) -> None:
        """Check that the new tokens were kept and stored, and that the next refresh uses them."""
        assert self.was_stored() == self.session.tokens
        assert self.first.refresh_token != self.session.tokens.refresh_token
        self.open.set()
        client = Client("us-east-1", transport=httpx.MockTransport(self.fake), clock=self.clock, retry="off")
        session = UserSession(client, PUBLIC_APP, self.session.tokens)
        assert session.refresh().refresh_token not in {self.first.refresh_token, self.session.tokens.refresh_token}


def room_of(**settings: Any) -> Room:
    """Sign a user in, and make a session at the end of the first access token."""
    fake, clock = FakeCognito(PUBLIC_APP, user(), rotates=True), Clock()
    first = signed_in(fake)
    room: Room

    def respond(request: httpx.Request) -> httpx.Response:
        room.asked.set()
        room.while_asked()
        assert room.open.wait(PATIENCE)
        return fake(request)

    def store(tokens: Tokens) -> None:
        room.while_storing()
        room.stored.append((tokens, threading.current_thread()))
        room.has_stored.set()

    clock.set(OVER)
    settings = {"timeout": SHORT, "retry": "off", **settings}
    client = Client("us-east-1", transport=httpx.MockTransport(respond), clock=clock, **settings)
    session = UserSession(client, PUBLIC_APP, first, on_tokens=store)
    room = Room(fake, clock, first, threading.Event(), threading.Event(), [], threading.Event(), client, session)
    return room


@pytest.mark.parametrize("limits", [SHORT, Timeout(total=SHORT, read=SHORT, write=SHORT)], ids=["number", "Timeout"])
def test_a_deadline_of_a_thread(limits: Any) -> None:
    """The caller gets its DeadlineExceededError; the answer that comes later is kept, stored and used next."""
    room = room_of(timeout=limits)
    with pytest.raises(DeadlineExceededError, match="the exchange goes on, and what it brings is kept"):
        room.session.access_token()
    assert room.first == room.session.tokens
    room.open.set()
    room.is_sound()


def test_a_short_read_limit_does_not_break_a_refresh_off() -> None:
    """A refresh has limits of its own: at least 30 s for a read, a write and in all, and at most 120 s without any."""
    for given, own in (
        (Timeout(total=0.3, connect=0.1, read=0.1, write=0.1), Timeout(total=30, connect=0.1, read=30, write=30)),
        (Timeout(read=60), Timeout(total=120, read=60)),
        (Timeout(total=200, read=None), Timeout(total=200, read=None)),
    ):
        assert own == room_of(timeout=given).session._keeper._unhurried.timeout


@pytest.mark.slow
def test_impatient_callers_share_what_is_under_way() -> None:
    """Whoever comes while a refresh goes on waits for that one: neither requests nor threads add up."""
    room = room_of()
    before = threading.active_count()
    for _ in range(10):
        with pytest.raises(DeadlineExceededError):
            room.session.access_token()
        assert before + 1 == threading.active_count()
    room.open.set()
    room.was_stored()
    assert [REFRESH] == room.fake.operations


def test_a_deadline_while_the_old_token_is_good() -> None:
    """A caller whose time is up gets the old token as long as that is good."""
    room = room_of()
    room.clock.set(SOON)
    assert room.first.access_token == room.session.access_token()
    room.open.set()
    room.is_sound()


def test_a_sign_out_does_not_wait_for_ever() -> None:
    """A sign-out waits for a refresh under way as long as its own limit allows, and says that nothing was sent."""
    room = room_of()
    with pytest.raises(DeadlineExceededError):
        room.session.refresh()
    with pytest.raises(WaitedTooLongError):
        room.session.sign_out()
    room.open.set()
    room.was_stored()
    assert [REFRESH] == room.fake.operations


@pytest.mark.anyio
async def test_a_deadline_of_a_task(anyio_backend: str) -> None:
    """The same for a task: the caller is told in time, and nothing is lost."""
    assert anyio_backend
    fake, clock = FakeCognito(PUBLIC_APP, user(), rotates=True), Clock()
    first = signed_in(fake)
    clock.set(OVER)
    opened, has_stored, stored = anyio.Event(), anyio.Event(), list[Tokens]()

    async def respond(request: httpx.Request) -> httpx.Response:
        await opened.wait()
        return fake(request)

    async def store(tokens: Tokens) -> None:
        await anyio.lowlevel.checkpoint()
        stored.append(tokens)
        has_stored.set()

    transport = httpx.MockTransport(respond)
    async with AsyncClient("us-east-1", transport=transport, clock=clock, timeout=SHORT, retry="off") as client:
        session = AsyncUserSession(client, PUBLIC_APP, first, on_tokens=store)
        for _ in range(2):
            with pytest.raises(DeadlineExceededError, match="is kept"):
                await session.access_token()
        opened.set()
        with anyio.fail_after(PATIENCE):
            await has_stored.wait()
        assert [session.tokens] == stored
        assert session.tokens.refresh_token != first.refresh_token
        assert [REFRESH] == fake.operations
        assert (await session.refresh()).refresh_token not in {first.refresh_token, stored[0].refresh_token}


def raising(error: type[BaseException]) -> Callable[[Any, Any], None]:
    """Return a signal handler that raises."""

    def handle(_: Any, __: Any) -> None:
        raise error

    return handle


@pytest.fixture
def interrupts(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[BaseException]], None]:
    """Return what has a signal's handler raise in the main thread from now on."""
    assert monkeypatch

    def install(error: type[BaseException]) -> None:
        signal.signal(signal.SIGUSR1, raising(error))

    return install


unix = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system has no signals for threads")
ERRORS = pytest.mark.parametrize("error", [KeyboardInterrupt, SoftTimeLimitExceeded])


def send_signal() -> None:
    """Send the signal to the main thread, which waits."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)


@unix
@ERRORS
@pytest.mark.parametrize("closes", [False, True])
def test_a_signal_handler_that_raises(
    interrupts: Callable[[type[BaseException]], None], error: type[BaseException], *, closes: bool
) -> None:
    """Ctrl-C or Celery's soft limit ends only the wait, also where the block of the client ends with it."""
    room = room_of(timeout=None)
    interrupts(error)
    room.while_asked = send_signal
    with pytest.raises(error):
        room.session.access_token()
    if closes:
        room.client.close()
        with pytest.raises(ClientClosedError):
            room.session.refresh()
    room.open.set()
    room.is_sound()


@unix
@ERRORS
def test_a_signal_while_the_hook_stores(
    interrupts: Callable[[type[BaseException]], None], error: type[BaseException]
) -> None:
    """A hook that a signal handler breaks off is called again, in the thread of the refresh: its caller has left."""
    room = room_of(timeout=None)
    interrupts(error)
    room.open.set()

    def interrupted() -> None:
        room.while_storing = lambda: None
        signal.raise_signal(signal.SIGUSR1)

    room.while_storing = interrupted
    with pytest.raises(error):
        room.session.access_token()
    room.is_sound()
    assert threading.main_thread() is not room.stored[0][1]


VARIABLE: ContextVar[str] = ContextVar("VARIABLE")


def test_the_hook_runs_in_the_thread_of_the_caller_that_waits() -> None:
    """What belongs to a thread, such as a database's connection, is at hand in the hook."""
    room = room_of(timeout=None)
    room.open.set()
    room.session.access_token()
    assert threading.current_thread() is room.stored[0][1]


def test_the_hook_of_a_caller_that_left() -> None:
    """Once the caller is gone, the hook runs in another thread, with the caller's context variables."""
    room, seen = room_of(), []
    VARIABLE.set("the caller's")
    room.while_storing = lambda: seen.append(VARIABLE.get())
    with pytest.raises(DeadlineExceededError):
        room.session.access_token()
    room.open.set()
    room.was_stored()
    assert threading.current_thread() is not room.stored[0][1]
    assert ["the caller's"] == seen


def test_a_hook_that_refreshes_is_refused() -> None:
    """A hook that has its own session refresh would wait for itself; it gets an error instead."""
    room = room_of(timeout=None)
    room.open.set()
    errors: list[str] = []

    def refresh() -> None:
        room.while_storing = lambda: None
        assert room.session.tokens.access_token == room.session.access_token()
        try:
            room.session.refresh()
        except RuntimeError as error:
            errors.append(str(error))

    room.while_storing = refresh
    room.session.access_token()
    assert ["a function that a refresh calls can't wait for that refresh"] == errors


def test_a_failure_that_nobody_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    """A hook that fails once the caller is gone is logged by its kind, without its text, and the tokens are kept."""
    room = room_of()

    def fail() -> None:
        room.has_stored.set()
        msg = "secret of another library"
        raise OSError(msg)

    room.while_storing = fail
    with caplog.at_level(logging.WARNING, "cognito_idp"), pytest.raises(DeadlineExceededError):
        room.session.access_token()
    room.open.set()
    with caplog.at_level(logging.WARNING, "cognito_idp"):
        room.client.close()
        for thread in threading.enumerate():
            if thread.name == "cognito_idp":
                thread.join(PATIENCE)
    assert "an exchange failed after its caller had left: OSError" in caplog.text
    assert "secret" not in caplog.text
    assert room.first.refresh_token != room.session.tokens.refresh_token


def test_a_session_that_ended_when_nobody_waited() -> None:
    """That the refresh token is no longer valid is remembered for the next caller."""
    room = room_of()
    room.fake.scripted[REFRESH] = [RefusedError("NotAuthorizedException", "no more")]
    with pytest.raises(DeadlineExceededError):
        room.session.access_token()
    room.open.set()
    for thread in threading.enumerate():
        if thread.name == "cognito_idp":
            thread.join(PATIENCE)
    with pytest.raises(SessionEndedError, match="no longer valid"):
        room.session.access_token()
    assert [REFRESH] == room.fake.operations


@pytest.mark.parametrize("starts", ["threading.Thread.start", "cognito_idp._flow.apart.start_new_thread"])
def test_without_threads(monkeypatch: pytest.MonkeyPatch, starts: str) -> None:
    """Where no thread can be started, a refresh runs in the caller's."""

    def refuse(*_: object) -> None:
        msg = "can't start new thread"
        raise RuntimeError(msg)

    room = room_of(timeout=None)
    room.open.set()
    monkeypatch.setattr(starts, refuse)
    for _ in range(2):
        assert room.session.refresh() == room.was_stored()
    assert threading.current_thread() is room.stored[0][1]


def test_closing_waits_for_nothing_and_breaks_no_refresh_off(kit: Kit) -> None:
    """A closed client refuses calls at once, and its transport is closed after the refresh that is under way."""
    closed: list[int] = []
    party = session_party(kit)

    class Transport(httpx.MockTransport):
        def close(self) -> None:
            closed.append(len(party.fake.sent))

        async def aclose(self) -> None:
            self.close()

    client = kit.client(transport=Transport(party.fake), clock=party.clock)
    session = type(party.session)(client, PUBLIC_APP, party.first)

    def before(_: str) -> None:
        if kit.kind == "sync":
            client.close()
            with pytest.raises(ClientClosedError):
                client.call("ListUsers")

    party.fake.before = before
    kit.run(session.refresh)
    assert party.first.refresh_token != session.tokens.refresh_token
    kit.close(client)
    assert [1] == closed


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("own", [False, True], ids=["engine", "transport of the user"])
def test_the_end_of_an_event_loop_waits_for_a_refresh(serve: Serve, backend: str, *, own: bool) -> None:
    """A program that ends during a refresh (Ctrl-C, a timeout around its client) keeps what the refresh brings."""
    fake, clock = FakeCognito(PUBLIC_APP, user(), rotates=True), Clock()
    first = signed_in(fake)
    clock.set(OVER)
    ending, stored = threading.Event(), list[Tokens]()

    def handler(connection: Connection, request: Received) -> None:
        assert ending.wait(PATIENCE)
        answer = fake(httpx.Request("POST", "https://x/", headers=dict(request.headers), content=request.body))
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(answer.content)}\r\n\r\n"
        connection.send(head.encode() + answer.content)

    server = serve(handler)

    async def main() -> None:
        transport: Any = httpx.AsyncHTTPTransport() if own else None
        client = AsyncClient("us-east-1", endpoint_url=server.url, transport=transport, clock=clock)
        session = AsyncUserSession(client, PUBLIC_APP, first, on_tokens=stored.append)
        with anyio.CancelScope() as scope:
            async with client, anyio.create_task_group() as tasks:
                tasks.start_soon(session.access_token)
                await anyio.to_thread.run_sync(server.wait_for, lambda: bool(server.requests))
                scope.cancel()
        assert first == session.tokens
        ending.set()

    anyio.run(main, backend=backend)
    assert [REFRESH] == fake.operations
    assert 1 == len(stored)
    assert first.refresh_token != stored[0].refresh_token


def test_asyncio_cancels_everything_but_a_refresh() -> None:
    """What cancels all tasks of a loop, as `asyncio.run` does at its end, doesn't reach a refresh."""
    fake, clock = FakeCognito(PUBLIC_APP, user(), rotates=True), Clock()
    first = signed_in(fake)
    clock.set(OVER)
    stored: list[Tokens] = []

    async def main() -> None:
        asked, opened = asyncio.Event(), asyncio.Event()

        async def respond(request: httpx.Request) -> httpx.Response:
            asked.set()
            await opened.wait()
            return fake(request)

        client = AsyncClient("us-east-1", transport=httpx.MockTransport(respond), clock=clock)
        session = AsyncUserSession(client, PUBLIC_APP, first, on_tokens=stored.append)
        task = asyncio.ensure_future(session.access_token())
        await asked.wait()
        for other in asyncio.all_tasks() - {asyncio.current_task()}:
            other.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        opened.set()

    asyncio.run(main())
    assert [REFRESH] == fake.operations
    assert 1 == len(stored)


PROGRAM = """
import threading
import httpx
from cognito_idp import Client, UserSession
from cognito_idp.errors import DeadlineExceededError
from tests.sign_in.fake_accounts import user
from tests.sign_in.fake_cognito import FakeCognito
from tests.sign_in.party import PUBLIC_APP
from tests.tokens.session_party import Clock, signed_in

fake, clock, gate = FakeCognito(PUBLIC_APP, user(), rotates=True), Clock(), threading.Event()
first = signed_in(fake)
clock.set(4000)

def respond(request):
    gate.wait()
    return fake(request)

client = Client("us-east-1", transport=httpx.MockTransport(respond), clock=clock, timeout=0.02)
session = UserSession(client, PUBLIC_APP, first, on_tokens=lambda tokens: print("stored", flush=True))

def ask():
    try:
        session.access_token()
    except DeadlineExceededError:
        print("left", flush=True)

# As the workers of some servers: what such a thread starts would be a daemon, too.
worker = threading.Thread(target=ask, daemon=True)
worker.start()
worker.join()
threading.Thread(target=lambda: (threading.main_thread().join(), gate.set())).start()
"""


@pytest.mark.slow
def test_the_interpreter_waits_for_a_refresh() -> None:
    """A program that ends while a refresh goes on stores what that brings, and prints no traceback."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=PATIENCE * 2, check=False
    )
    assert ("left\nstored\n", "") == (result.stdout, result.stderr)


AT_EXIT = """
import atexit, threading
import httpx
from cognito_idp import Client, UserSession
from tests.sign_in.fake_accounts import user
from tests.sign_in.fake_cognito import FakeCognito
from tests.sign_in.party import PUBLIC_APP
from tests.tokens.session_party import Clock, signed_in

fake, clock = FakeCognito(PUBLIC_APP, user(), rotates=True), Clock()
first = signed_in(fake)
clock.set(4000)

def respond(request):
    print(threading.current_thread().name, flush=True)
    return fake(request)

client = Client("us-east-1", transport=httpx.MockTransport(respond), clock=clock)
session = UserSession(client, PUBLIC_APP, first)
atexit.register(session.refresh)
"""


@pytest.mark.slow
def test_a_refresh_at_the_end_of_the_interpreter() -> None:
    """A refresh in a function of `atexit` runs in its caller's thread: the interpreter waits for no other any more."""
    result = subprocess.run(
        [sys.executable, "-c", AT_EXIT], capture_output=True, text=True, timeout=PATIENCE * 2, check=False
    )
    assert ("MainThread\n", "") == (result.stdout, result.stderr)
