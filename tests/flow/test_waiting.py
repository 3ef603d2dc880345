"""How long flows wait for functions and locks under a time limit."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from cognito_idp._call.deadline import Deadline
from cognito_idp._flow import drive_async
from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import (
    Call,
    Finish,
    Flow,
    Hold,
    Lock,
    Offload,
    UnderWay,
    call,
    hold,
    offload,
    run,
)
from cognito_idp.errors import DeadlineExceededError, WaitedTooLongError

if TYPE_CHECKING:
    from cognito_idp._protocol.wire import HttpRequest, HttpResponse


class NoTransport:
    """A transport that nothing is sent through."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Refuse."""
        raise AssertionError(request)


class NoAsyncTransport:
    """An async transport that nothing is sent through."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Refuse."""
        raise AssertionError(request)


def nothing() -> Flow[None]:
    """Do nothing."""
    return
    yield


def test_a_deadline_bounds_functions_and_locks() -> None:
    """Under a deadline the effects that wait for functions and locks carry the seconds that are left."""
    deadline = Deadline(5.0, lambda: 0.0)
    lock = Lock()
    assert 5.0 == next(deadline.bound(offload(lambda: None))).seconds  # type: ignore[union-attr]
    assert 5.0 == next(deadline.bound(call(lambda: None))).seconds  # type: ignore[union-attr]
    assert 5.0 == next(deadline.bound(hold(lock, nothing()))).seconds  # type: ignore[union-attr]


def test_a_thread_gives_up_waiting_for_a_lock() -> None:
    """A thread waits for a lock no longer than it may, and the lock stays with whoever has it."""
    lock = Lock()

    def flow() -> Flow[Any]:
        result = yield Hold(lock, nothing(), 0.001)
        return result

    with lock.for_threads, pytest.raises(WaitedTooLongError):
        Driver(NoTransport()).run(flow())
    assert lock.for_threads.acquire(blocking=False)


@pytest.mark.anyio
async def test_a_task_gives_up_waiting_for_a_lock() -> None:
    """A task waits for a lock no longer than it may, and the lock stays with whoever has it."""
    lock = Lock()

    def flow() -> Flow[Any]:
        result = yield Hold(lock, nothing(), 0.001)
        return result

    held, release = anyio.Event(), anyio.Event()

    async def keep() -> None:
        async with lock.for_tasks:
            held.set()
            await release.wait()

    async with anyio.create_task_group() as group:
        group.start_soon(keep)
        await held.wait()
        with pytest.raises(WaitedTooLongError):
            await AsyncDriver(NoAsyncTransport()).run(flow())
        assert lock.for_tasks.locked()
        release.set()
    assert not lock.for_tasks.locked()


@pytest.mark.anyio
async def test_a_task_gives_up_waiting_for_functions() -> None:
    """A task waits for an async function, and for one in a worker thread, no longer than it may."""
    release = threading.Event()

    def called() -> Flow[Any]:
        result = yield Call(anyio.sleep_forever, 0.001)
        return result

    def offloaded() -> Flow[Any]:
        result = yield Offload(release.wait, 0.001)
        return result

    driver = AsyncDriver(NoAsyncTransport())
    try:
        for flow in (called(), offloaded()):
            with pytest.raises(WaitedTooLongError):
                await driver.run(flow)
    finally:
        release.set()


@pytest.mark.anyio
async def test_a_second_waiter_has_a_deadline_of_its_own() -> None:
    """A task that waits too long for what another one began gets an error without a cause, and the work goes on."""
    under_way, began, go_on = UnderWay(), anyio.Event(), anyio.Event()
    driver = AsyncDriver(NoAsyncTransport())
    results: list[str] = []

    async def work() -> None:
        began.set()
        await go_on.wait()
        results.append("result")

    def flow(seconds: float | None) -> Flow[Any]:
        result = yield Finish(call(work), under_way, seconds)
        return result

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run, flow(None))
        await began.wait()
        with pytest.raises(DeadlineExceededError, match="the exchange goes on") as late:
            await driver.run(flow(0.001))
        go_on.set()
    assert late.value.__cause__ is None
    assert ["result"] == results


class Stopped:
    """A task that runs until it is stopped."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.is_stopped = threading.Event()

    def run(self, seconds: float | None) -> bool:
        """Wait for the stop."""
        self.has_begun.set()
        return self.is_stopped.wait(seconds)

    def stop(self) -> None:
        """End `run`."""
        self.is_stopped.set()


@pytest.mark.anyio
async def test_a_task_is_stopped_without_a_free_thread() -> None:
    """A cancelled caller's task is stopped at once, though it has the last thread of the driver's own."""
    task = Stopped()
    threads = drive_async._own_threads()
    before = threads.total_tokens
    threads.total_tokens = 1
    try:
        async with anyio.create_task_group() as callers:
            callers.start_soon(AsyncDriver(NoAsyncTransport()).run, run(task))
            await anyio.to_thread.run_sync(task.has_begun.wait, 20)
            assert 0 == threads.available_tokens
            callers.cancel_scope.cancel()
    finally:
        threads.total_tokens = before
    assert task.is_stopped.is_set()
