"""Of the flows that hold a lock, one runs at a time."""

from __future__ import annotations

import itertools
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from cognito_idp import Credentials
from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import Flow, Lock, call, hold, sleep
from cognito_idp.credentials.cache import CachedCredentials
from cognito_idp.credentials.provider import make_context
from tests.support.kit import AsyncFunctionTransport, FunctionTransport, refuse

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from cognito_idp.credentials.provider import Context

CALLERS = 50


class Room:
    """Counts who is inside."""

    def __init__(self) -> None:
        self.inside = 0
        self.most_inside = 0
        self.visits = 0

    def visit(self) -> Flow[None]:
        """Go in, give everybody else a chance to come too, and go out."""
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        for _ in range(5):
            yield from sleep(0)
        self.visits += 1
        self.inside -= 1


def test_threads_exclude_each_other() -> None:
    """Of 50 threads with one lock, never two are inside, and all of them get in."""
    lock, room, start = Lock(), Room(), threading.Barrier(CALLERS)
    driver = Driver(FunctionTransport(refuse))

    def work() -> None:
        start.wait()
        driver.run(hold(lock, room.visit()))

    threads = [threading.Thread(target=work) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (1, CALLERS) == (room.most_inside, room.visits)


@pytest.mark.anyio
async def test_tasks_exclude_each_other() -> None:
    """Of 50 tasks with one lock, never two are inside, and all of them get in."""
    lock, room = Lock(), Room()
    driver = AsyncDriver(AsyncFunctionTransport(refuse))
    async with anyio.create_task_group() as tasks:
        for _ in range(CALLERS):
            tasks.start_soon(driver.run, hold(lock, room.visit()))
    assert (1, CALLERS) == (room.most_inside, room.visits)


def test_a_lock_serves_one_event_loop_after_the_other() -> None:
    """A lock that was used on asyncio works on a new asyncio loop and on trio."""
    lock = Lock()

    async def use() -> str:
        with anyio.fail_after(20):
            return await AsyncDriver(AsyncFunctionTransport(refuse)).run(hold(lock, call(lambda: "held")))

    assert ["held"] * 3 == [anyio.run(use, backend=backend) for backend in ("asyncio", "asyncio", "trio")]


def test_event_loops_in_two_threads_do_not_wait_for_each_other() -> None:
    """While a task of one loop is inside, one of another loop gets in: it could never be woken from the first."""
    lock = Lock()
    first_is_inside, second_is_done = threading.Event(), threading.Event()
    answers: list[bool] = []

    def inside_first() -> bool:
        first_is_inside.set()
        return second_is_done.wait(20)

    async def first() -> None:
        answers.append(await AsyncDriver(AsyncFunctionTransport(refuse)).run(hold(lock, call(inside_first))))

    async def second() -> None:
        with anyio.fail_after(20):
            await AsyncDriver(AsyncFunctionTransport(refuse)).run(hold(lock, call(second_is_done.set)))

    thread = threading.Thread(target=anyio.run, args=(first,))
    thread.start()
    assert first_is_inside.wait(20)
    anyio.run(second)
    thread.join()
    assert [True] == answers


class SignalError(BaseException):
    """What a signal handler raises."""


class Interruption:
    """Raises after the n-th C function that the thread calls, or at the start of a Python function.

    That is where a signal handler may run.
    """

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, _frame: FrameType, event: str, _argument: object) -> None:
        """Take one event of the interpreter's."""
        if event in ("call", "c_return"):
            self.left -= 1
            if self.left == 0:
                sys.setprofile(None)
                raise SignalError


def locked_by_driver() -> tuple[threading.Lock, Callable[[], object]]:
    """Return the lock of a flow, and what runs the flow."""
    lock, driver = Lock(), Driver(FunctionTransport(refuse))
    return lock.for_threads, lambda: driver.run(hold(lock, call(lambda: None), 20.0))


def locked_by_renewal() -> tuple[threading.Lock, Callable[[], object]]:
    """Return the lock of a renewal of credentials that are about to expire, and what renews them."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    credentials = Credentials("AKIDEXAMPLE", "secret", "token", expiration=now + timedelta(minutes=60))

    class Provider:
        name = "test"

        def load(self, _: Context) -> Flow[Credentials]:
            return credentials
            yield

    seconds = [now.timestamp()]
    context = make_context({}, clock=lambda: seconds[0], random=lambda: 0.5)
    source, driver = CachedCredentials(Provider(), lambda: context), Driver(FunctionTransport(refuse))
    driver.run(source.get())
    seconds[0] += 46 * 60
    return source._renewing, lambda: driver.run(source.get())


@pytest.mark.parametrize("make", [locked_by_driver, locked_by_renewal])
def test_a_signal_handler_that_raises_leaves_no_lock_taken(
    make: Callable[[], tuple[threading.Lock, Callable[[], object]]],
) -> None:
    """Whenever a signal handler raises while a flow takes a lock or holds it, the lock is free afterwards."""
    make()[1]()  # what is imported and compiled at first
    for number in itertools.count(1):
        lock, run = make()
        interruption = Interruption(number)
        before = sys.getprofile()
        try:
            sys.setprofile(interruption)
            run()
        except SignalError:
            pass
        finally:
            sys.setprofile(before)
        assert not lock.locked(), number
        if interruption.left > 0:
            break
    assert number > 10
