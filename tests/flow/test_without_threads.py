"""Where there are no threads (Pyodide), long computations run on the event loop, and locks don't block."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._flow.clock import age_clock
from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import Flow, Lock, hold, offload, run
from cognito_idp._flow.locks import take
from cognito_idp.credentials.program import Program
from cognito_idp.errors import CredentialsError, WaitedTooLongError
from cognito_idp.sign_in.srp import SrpSession
from tests.support.kit import AsyncFunctionTransport, FunctionTransport, refuse

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def ffi(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make the platform Pyodide's; return when Python waited for a promise."""
    waits: list[float] = []

    def run_sync(awaitable: Any) -> None:
        waits.append(time.monotonic())
        awaitable.close()

    module: Any = ModuleType("pyodide.ffi")
    module.run_sync = run_sync
    monkeypatch.setitem(sys.modules, "pyodide", ModuleType("pyodide"))
    monkeypatch.setitem(sys.modules, "pyodide.ffi", module)
    monkeypatch.setattr(sys, "platform", "emscripten")
    return waits


@pytest.fixture
def _no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_to_start(_: threading.Thread) -> None:
        msg = "can't start new thread"
        raise RuntimeError(msg)

    monkeypatch.setattr(threading.Thread, "start", refuse_to_start)


def driver() -> AsyncDriver:
    """Make a driver without a network."""
    return AsyncDriver(AsyncFunctionTransport(refuse))


@pytest.mark.usefixtures("ffi", "_no_thread_can_be_started")
@pytest.mark.parametrize("flow", [lambda: offload(threading.get_ident), lambda: run(Work())], ids=["offload", "run"])
def test_work_is_done_on_the_event_loop(flow: Callable[[], Flow[Any]]) -> None:
    """What would go to a worker thread is called in the loop's own."""
    assert threading.get_ident() == asyncio.run(driver().run(flow()))


class Work:
    """Work that can be stopped."""

    def run(self, _: float | None) -> int:
        """Return the thread that it runs in."""
        return threading.get_ident()

    def stop(self) -> None:
        """Stop."""


@pytest.mark.usefixtures("ffi", "_no_thread_can_be_started")
def test_srp_lets_other_tasks_run() -> None:
    """SRP is computed in slices, and between any two of them another task gets its turn."""

    async def main() -> tuple[SrpSession, int]:
        turns = 0

        async def tick() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ticking = asyncio.ensure_future(tick())
        session = await driver().run(SrpSession.begin(2**255 + 95))
        ticking.cancel()
        return session, turns

    session, turns = asyncio.run(main())
    assert SrpSession(2**255 + 95).srp_a == session.srp_a
    assert turns >= 2


@pytest.mark.usefixtures("ffi", "_no_thread_can_be_started")
def test_a_program_that_can_t_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `credential_process` is refused with the system's own words."""

    def refuse_to_start(*_: object, **__: object) -> None:
        raise OSError(138, "emscripten does not support processes.")

    monkeypatch.setattr(subprocess, "Popen", refuse_to_start)
    with pytest.raises(CredentialsError, match=r"can't be started: emscripten does not support processes"):
        asyncio.run(driver().run(run(Program(["/bin/echo"], {}, "profile 'a'", 60.0))))


def test_a_lock_is_taken_without_blocking(ffi: list[float]) -> None:
    """Who waits for a lock sleeps, so that another stack of the only thread can go on and release it."""
    lock = Lock()
    sync = Driver(FunctionTransport(refuse))

    def held() -> Flow[int]:
        return len(ffi)
        yield

    assert 0 == sync.run(hold(lock, held()))
    lock.for_threads.acquire()
    with pytest.raises(WaitedTooLongError):
        sync.run(hold(lock, held(), 0.001))
    assert ffi
    lock.for_threads.release()
    taken: list[bool] = []
    assert take(lock.for_threads, None, taken)
    assert [True] == taken


def test_a_pause_is_a_promise(ffi: list[float]) -> None:
    """A sync driver's sleep waits for a promise there."""
    from cognito_idp._flow.effects import sleep

    Driver(FunctionTransport(refuse)).run(sleep(1000.0))
    assert 1 == len(ffi)


PROGRAM = """
import time

def no_clock(_):
    raise OSError(28, "Invalid argument")

time.CLOCK_BOOTTIME = 7
time.clock_gettime = no_clock
from cognito_idp._flow.clock import age_clock
print(age_clock() >= time.monotonic() - 1)
"""


def test_the_clock_of_ages() -> None:
    """Where the clock that runs while a machine sleeps has a name only, the monotonic one stands in for it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert "True" == done.stdout.strip()
    assert age_clock() <= age_clock()
