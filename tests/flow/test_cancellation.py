"""What breaks a call off in the middle closes its flow, and goes on; the flow can't take it for a failure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

import anyio
import anyio.from_thread
import pytest

from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import Flow, Lock, call, finish, hold, offload, send, sleep
from cognito_idp._protocol.wire import HttpRequest, HttpResponse, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST = HttpRequest("POST", "https://example.com/", (), b"{}", Limits(None, None, None, None, 1000))


class Log:
    """A flow around another one that writes down how it ended."""

    def __init__(self) -> None:
        self.ends: list[str] = []

    def around(self, inner: Flow[Any]) -> Flow[Any]:
        """Run the inner flow; whatever `Exception` it raises counts as handled."""
        try:
            result = yield from inner
        except Exception as error:  # noqa: BLE001 - the claim is that no cancellation comes here
            self.ends.append(f"handled {type(error).__name__}")
        except BaseException as error:
            self.ends.append(type(error).__name__)
            raise
        else:
            self.ends.append("ended")
            return result


def interrupts(*_: Any) -> NoReturn:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


class InterruptedTransport:
    """A transport during whose work somebody presses Ctrl-C."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Be interrupted."""
        interrupts(request)


FLOWS: dict[str, Callable[[Lock], Flow[Any]]] = {
    "send": lambda _: send(REQUEST),
    "sleep": lambda _: sleep(1),
    "offload": lambda _: offload(interrupts),
    "call": lambda _: call(interrupts),
    "hold": lambda lock: hold(lock, send(REQUEST)),
}


@pytest.mark.parametrize("effect", FLOWS)
def test_ctrl_c_in_the_middle_of_an_effect(effect: str) -> None:
    """A KeyboardInterrupt closes the flow, comes out of the driver, and leaves no lock behind."""
    log, lock = Log(), Lock()
    driver = Driver(InterruptedTransport(), interrupts)
    with pytest.raises(KeyboardInterrupt):
        driver.run(log.around(FLOWS[effect](lock)))
    assert ["GeneratorExit"] == log.ends
    assert not lock.for_threads.locked()


class HangingTransport:
    """An async transport whose answer never comes; it sets an event when it is asked, and keeps how it was left."""

    def __init__(self) -> None:
        self.asked = anyio.Event()
        self.was_cancelled = False

    async def send(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 - the protocol's parameter
        """Wait for ever."""
        await self.wait()
        raise AssertionError

    async def wait(self, _: float = 0.0) -> None:
        """Wait for ever."""
        self.asked.set()
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            self.was_cancelled = True
            raise


def hanging(effect: str, transport: HangingTransport, lock: Lock) -> Flow[Any]:
    """Return a flow that hangs in an effect."""
    flows: dict[str, Callable[[], Flow[Any]]] = {
        "send": lambda: send(REQUEST),
        "sleep": lambda: sleep(1),
        "call": lambda: call(transport.wait),
        "hold": lambda: hold(lock, send(REQUEST)),
    }
    return flows[effect]()


@pytest.mark.anyio
@pytest.mark.parametrize("effect", ["send", "sleep", "call", "hold"])
async def test_a_cancel_scope_around_a_call(effect: str) -> None:
    """A cancelled scope ends the effect, closes the flow, swallows its own cancellation, and leaves no lock behind."""
    log, lock, transport = Log(), Lock(), HangingTransport()
    driver = AsyncDriver(transport, transport.wait)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run, log.around(hanging(effect, transport, lock)))
        await transport.asked.wait()
        tasks.cancel_scope.cancel()
    assert ["GeneratorExit"] == log.ends
    assert transport.was_cancelled
    assert not lock.for_tasks.locked()


@pytest.mark.parametrize("effect", ["send", "sleep", "call", "hold"])
def test_a_cancelled_asyncio_task(effect: str) -> None:
    """A cancelled asyncio task ends as cancelled, with its flow closed."""

    async def main() -> None:
        log, lock, transport = Log(), Lock(), HangingTransport()
        driver = AsyncDriver(transport, transport.wait)
        task = asyncio.ensure_future(driver.run(log.around(hanging(effect, transport, lock))))
        await transport.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert ["GeneratorExit"] == log.ends
        assert transport.was_cancelled
        assert not lock.for_tasks.locked()

    asyncio.run(main())


@pytest.mark.anyio
async def test_cancelled_while_waiting_for_a_lock() -> None:
    """A call that is cancelled while it waits for a lock never runs its nested flow, and the lock stays whole."""
    log, lock, transport = Log(), Lock(), HangingTransport()
    driver = AsyncDriver(transport)
    began: list[str] = []

    def nested() -> Flow[None]:
        began.append("nested")
        yield from sleep(0)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run, hold(lock, send(REQUEST)))
        await transport.asked.wait()
        async with anyio.create_task_group() as waiting:
            waiting.start_soon(driver.run, log.around(hold(lock, nested())))
            await anyio.wait_all_tasks_blocked()
            waiting.cancel_scope.cancel()
        tasks.cancel_scope.cancel()
    assert ["GeneratorExit"] == log.ends
    assert [] == began
    await driver.run(hold(lock, nested()))
    assert ["nested"] == began


@pytest.mark.anyio
async def test_cancelled_while_offloaded() -> None:
    """A call that is cancelled while its function runs in a thread ends when the function has: no thread is left."""
    log, started = Log(), anyio.Event()
    steps: list[str] = []

    def works() -> None:
        anyio.from_thread.run_sync(started.set)
        steps.append("the function ended")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(AsyncDriver(HangingTransport()).run, log.around(offload(works)))
        await started.wait()
        tasks.cancel_scope.cancel()
    steps.append("the call ended")
    assert ["the function ended", "the call ended"] == steps
    assert 1 == len(log.ends)


@pytest.mark.anyio
async def test_a_flow_to_be_finished() -> None:
    """A flow under `finish` goes on when the call that waits for it is cancelled; that call ends all the same."""
    log, asked, may_go_on, ended = Log(), anyio.Event(), anyio.Event(), anyio.Event()

    async def wait() -> None:
        asked.set()
        await may_go_on.wait()

    def inner() -> Flow[None]:
        yield from call(wait)
        yield from call(ended.set)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(AsyncDriver(HangingTransport()).run, log.around(finish(inner())))
        await asked.wait()
        tasks.cancel_scope.cancel()
    assert ["GeneratorExit"] == log.ends
    assert not ended.is_set()
    may_go_on.set()
    with anyio.fail_after(20):
        await ended.wait()


@pytest.mark.anyio
async def test_a_flow_can_not_hold_a_cancellation_up() -> None:
    """A flow that yields in its `finally`, which no flow may, fails loudly instead of going on after a cancellation."""
    transport = HangingTransport()

    def stubborn() -> Flow[None]:
        try:
            yield from send(REQUEST)
        finally:
            yield from sleep(0)

    async def run() -> None:
        with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
            await AsyncDriver(transport).run(stubborn())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await transport.asked.wait()
        tasks.cancel_scope.cancel()
