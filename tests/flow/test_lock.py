"""Of the flows that hold a lock, one runs at a time."""

from __future__ import annotations

import threading

import anyio
import anyio.lowlevel
import pytest

from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import Flow, Lock, call, hold, sleep
from tests.support.kit import AsyncFunctionTransport, FunctionTransport, refuse

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
