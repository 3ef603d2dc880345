"""How long flows wait for functions and locks under a time limit."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from cognito_idp._call.deadline import Deadline
from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import Call, Flow, Hold, Lock, Offload, call, hold, offload
from cognito_idp.errors import WaitedTooLongError

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
