"""The effect that a refresh is performed with: a flow that goes on to its end when its caller is cancelled."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from cognito_idp._flow.apart import Apart
from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import Lock, call, finish, hold, offload
from tests.support.kit import AsyncFunctionTransport, FunctionTransport, refuse

if TYPE_CHECKING:
    from cognito_idp._flow.effects import Flow


def steps(log: list[str], work: Flow[Any]) -> Flow[str]:
    """Return a flow that writes down how far it came."""
    log.append("began")
    yield from work
    log.append("ended")
    return "result"


def test_finish_is_the_flow_itself_under_a_sync_driver() -> None:
    """A sync driver runs the flow to its end and returns its result."""
    log: list[str] = []
    driver = Driver(FunctionTransport(refuse))
    assert "result" == driver.run(finish(steps(log, call(lambda: None))))
    assert ["began", "ended"] == log


@pytest.mark.anyio
async def test_finish_returns_and_raises() -> None:
    """An async driver returns what the flow returns, and raises what it raises."""
    driver = AsyncDriver(AsyncFunctionTransport(refuse))
    assert "result" == await driver.run(finish(steps([], call(lambda: None))))
    with pytest.raises(ZeroDivisionError):
        await driver.run(finish(steps([], call(lambda: 1 / 0))))


@pytest.mark.anyio
async def test_finish_outlives_its_caller() -> None:
    """A finished flow goes on after its caller was cancelled, keeps its lock meanwhile, and gives it back."""
    log: list[str] = []
    lock, began, go_on = Lock(), anyio.Event(), anyio.Event()
    driver = AsyncDriver(AsyncFunctionTransport(refuse))

    async def work() -> None:
        began.set()
        await go_on.wait()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run, finish(hold(lock, steps(log, call(work)))))
        await began.wait()
        tasks.cancel_scope.cancel()
    assert ["began"] == log
    assert lock.for_tasks.locked()
    go_on.set()
    async with lock.for_tasks:
        assert ["began", "ended"] == log


def test_flows_that_begin_at_the_same_time_are_all_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transport is closed after the last of the flows, also if the first ones of a client begin at the same time."""
    driver = Driver(FunctionTransport(refuse))
    both, began, first_began = threading.Barrier(2), threading.Barrier(3), threading.Event()
    closed, late = threading.Event(), list[threading.Thread]()
    make = Apart.__init__

    def made(apart: Apart) -> None:
        make(apart)
        if both.wait(20) == 0:
            late.append(threading.current_thread())
            first_began.wait(20)

    def work(end: threading.Event) -> Flow[None]:
        first_began.set()
        yield from offload(lambda: began.wait(20))
        yield from offload(lambda: end.wait(20))

    monkeypatch.setattr(Apart, "__init__", made)
    ends = {}
    for _ in range(2):
        end = threading.Event()
        ends[threading.Thread(target=driver.run, args=(finish(work(end)),))] = end
    for thread in ends:
        thread.start()
    began.wait(20)
    driver.once_idle(closed.set)
    for thread in sorted(ends, key=lambda thread: thread not in late):
        assert not closed.is_set()
        ends[thread].set()
        thread.join()
    assert closed.wait(20)
