"""Each claim holds through both drivers; the async one runs on asyncio and on trio."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import pytest

from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import Flow, Lock, call, finish, hold, offload, send, sleep
from cognito_idp._protocol.wire import HttpRequest, HttpResponse, Limits
from cognito_idp.errors import ConfigError, ConnectError, TransportError
from tests.support.kit import AsyncFunctionTransport, FakeTime, FunctionTransport, Kit, refuse

REQUEST = HttpRequest("POST", "https://example.com/", (), b"{}", Limits(None, None, None, None, 1000))
RESPONSE = HttpResponse(200, (), b"{}")


def test_a_flow_without_effects_gives_its_result(kit: Kit) -> None:
    """A flow that needs nothing done is run to its result."""

    def flow() -> Flow[int]:
        return 42
        yield

    assert 42 == kit.flow(flow())


def test_a_retry(kit: Kit) -> None:
    """A flow that catches a transport's failure can wait and send again."""
    answers: list[Exception | HttpResponse] = [ConnectError("refused"), ConnectError("refused"), RESPONSE]
    time = FakeTime()
    sent = []

    def respond(request: HttpRequest) -> HttpResponse:
        sent.append(request)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def flow() -> Flow[tuple[int, HttpResponse]]:
        failures = 0
        while True:
            try:
                response = yield from send(REQUEST)
            except TransportError:
                failures += 1
                yield from sleep(failures / 4)
            else:
                return failures, response

    assert (2, RESPONSE) == kit.flow(flow(), respond=respond, time=time)
    assert [REQUEST] * 3 == sent
    assert [0.25, 0.5] == time.waits


def test_a_sleep(kit: Kit) -> None:
    """A sleep's seconds reach the driver's sleep function unchanged, and the flow gets None for them."""
    time = FakeTime()

    def flow() -> Flow[list[None]]:
        first = yield from sleep(1.5)  # type: ignore[func-returns-value]
        second = yield from sleep(0.0)  # type: ignore[func-returns-value]
        return [first, second]

    assert [None, None] == kit.flow(flow(), time=time)
    assert [1.5, 0.0] == time.waits


def test_the_drivers_can_sleep_by_themselves(kit: Kit) -> None:
    """With no sleep function given, the drivers have one of their own."""
    if kit.kind == "sync":
        Driver(FunctionTransport(refuse)).run(sleep(0.0))
    else:
        kit.run(AsyncDriver(AsyncFunctionTransport(refuse)).run, sleep(0.0))


class NotThere(Exception):
    """A failure that no driver knows."""


def fails() -> Any:
    """Fail."""
    raise NotThere


async def fails_later() -> Any:
    """Fail on an event loop."""
    await anyio.lowlevel.checkpoint()
    raise NotThere


def fails_to_send(_: HttpRequest) -> HttpResponse:
    """Fail as a transport."""
    raise NotThere


class BrokenTime(FakeTime):
    """A time in which nobody can wait."""

    def sleep(self, seconds: float) -> None:  # noqa: ARG002 - the base's parameter
        """Fail."""
        raise NotThere


def failing_flow() -> Flow[Any]:
    """Fail inside a nested flow."""
    yield from sleep(0)
    return fails()


@pytest.mark.parametrize("effect", ["send", "sleep", "offload", "call", "hold", "finish"])
def test_a_failure_is_thrown_into_the_flow(kit: Kit, effect: str) -> None:
    """Whatever effect fails, the flow gets the failure where it yielded, may handle it, and goes on."""
    time = BrokenTime() if effect == "sleep" else FakeTime()
    flows: dict[str, Any] = {
        "send": lambda: send(REQUEST),
        "sleep": lambda: sleep(1),
        "offload": lambda: offload(fails),
        "call": lambda: call(fails if kit.kind == "sync" else fails_later),
        "hold": lambda: hold(Lock(), failing_flow()),
        "finish": lambda: finish(failing_flow()),
    }

    def flow() -> Flow[str]:
        try:
            yield from flows[effect]()
        except NotThere as error:
            handled = type(error).__name__
        return handled + (yield from call(lambda: ", and on"))

    assert "NotThere, and on" == kit.flow(flow(), respond=fails_to_send, time=time)


def test_a_failure_that_nobody_handles_comes_out(kit: Kit) -> None:
    """A failure that the flow lets pass runs its `finally` and comes out of the driver as it was."""
    steps = []

    def flow() -> Flow[None]:
        try:
            yield from send(REQUEST)
        finally:
            steps.append("cleaned up")

    with pytest.raises(NotThere):
        kit.flow(flow(), respond=fails_to_send)
    assert ["cleaned up"] == steps


def test_a_stray_stop_iteration_does_not_pass_for_a_result(kit: Kit) -> None:
    """A StopIteration out of a user's function is a failure, not the end of the flow."""

    def stops() -> Any:
        raise StopIteration

    def flow() -> Flow[str]:
        yield from call(stops)
        return "result"

    with pytest.raises(RuntimeError):
        kit.flow(flow())


def test_a_nested_flow(kit: Kit) -> None:
    """A flow under `hold` runs whole while the lock is held, its result comes back, and the lock is free again."""
    lock = Lock()

    def inner() -> Flow[tuple[int, bool]]:
        response = yield from send(REQUEST)
        return response.status_code, (yield from call(lambda: is_held(kit, lock)))

    def flow() -> Flow[list[tuple[int, bool]]]:
        return [(yield from hold(lock, inner())), (yield from hold(lock, inner()))]

    assert [(200, True), (200, True)] == kit.flow(flow(), respond=lambda _: RESPONSE)
    assert not kit.flow(call(lambda: is_held(kit, lock)))


def test_a_flow_to_be_finished(kit: Kit) -> None:
    """A flow under `finish` runs whole, and its result comes back."""

    def inner() -> Flow[int]:
        response = yield from send(REQUEST)
        yield from sleep(1)
        return response.status_code

    time = FakeTime()
    assert 200 == kit.flow(finish(inner()), respond=lambda _: RESPONSE, time=time)
    assert [1] == time.waits


def is_held(kit: Kit, lock: Lock) -> bool:
    """Whether the lock of a kind is held; to be called where its flows run."""
    held: bool = lock.for_threads.locked() if kit.kind == "sync" else lock.for_tasks.locked()
    return held


def test_a_lock_is_free_after_a_failure(kit: Kit) -> None:
    """A nested flow that fails gives its lock back, so that the next one can have it."""
    lock = Lock()

    def flow() -> Flow[str]:
        try:
            yield from hold(lock, failing_flow())
        except NotThere:
            yield from hold(lock, sleep(0))
        return "done"

    assert "done" == kit.flow(flow())


def test_locks_of_two_names_nest(kit: Kit) -> None:
    """A flow that holds one lock may hold another inside."""
    outer, inner = Lock(), Lock()
    assert "in both" == kit.flow(hold(outer, hold(inner, call(lambda: "in both"))))


def test_offload_is_a_call_in_the_same_thread_for_the_sync_driver() -> None:
    """The sync driver has no loop to keep free: it calls the function where it is."""
    assert threading.get_ident() == Driver(FunctionTransport(refuse)).run(offload(threading.get_ident))


@pytest.mark.anyio
async def test_offload_leaves_the_loop_free() -> None:
    """The async driver offloads to another thread, and the loop goes on meanwhile: it sets what the function awaits."""
    started, answered = anyio.Event(), threading.Event()

    def blocks() -> tuple[int, bool]:
        anyio.from_thread.run_sync(started.set)
        return threading.get_ident(), answered.wait(20)

    async def answer() -> None:
        await started.wait()
        answered.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answer)
        thread, was_answered = await AsyncDriver(AsyncFunctionTransport(refuse)).run(offload(blocks))
    assert was_answered
    assert threading.get_ident() != thread


@pytest.mark.anyio
async def test_offload_needs_no_thread_of_the_programs() -> None:
    """If functions of the program that wait for a call of ours have all threads, the call still ends."""
    threads = anyio.to_thread.current_default_thread_limiter().total_tokens

    async def offloaded() -> int:
        return await AsyncDriver(AsyncFunctionTransport(refuse)).run(offload(lambda: 42))

    results: list[int] = []
    all_there = threading.Barrier(int(threads))

    def waits() -> None:
        all_there.wait(20)
        results.append(anyio.from_thread.run(offloaded))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for _ in range(int(threads)):
                tasks.start_soon(anyio.to_thread.run_sync, waits)
    assert [42] * int(threads) == results


def test_call_takes_a_plain_function(kit: Kit) -> None:
    """A plain function of the user's is called by both drivers."""
    assert "plain" == kit.flow(call(lambda: "plain"))


async def an_async_function() -> str:
    """Give way, and return."""
    await anyio.lowlevel.checkpoint()
    return "async"


class AwaitableThing:
    """Something to await that is no coroutine."""

    def __await__(self) -> Any:
        """Give a result."""
        return an_async_function().__await__()


def test_call_awaits_what_an_async_function_returns(kit: Kit) -> None:
    """The async driver awaits; the sync one refuses, and leaves no coroutine that was never awaited."""
    awaitables: list[Any] = [an_async_function, AwaitableThing]
    for function in awaitables:
        if kit.kind == "sync":
            with pytest.raises(ConfigError, match=r"a sync client got an async function \(\w+\); use AsyncClient"):
                kit.flow(call(function))
        else:
            assert "async" == kit.flow(call(function))


def test_a_flow_may_handle_the_refusal_of_an_async_function() -> None:
    """The refusal is thrown into the flow like any failure of an effect."""

    def flow() -> Flow[str]:
        try:
            return (yield from call(an_async_function))
        except ConfigError:
            return "refused"

    assert "refused" == Driver(FunctionTransport(refuse)).run(flow())


@pytest.mark.parametrize("wrong", [None, "sleep", 3.0, ("send", REQUEST)])
def test_a_wrong_effect(kit: Kit, wrong: Any) -> None:
    """A flow that yields anything but an effect fails with a TypeError that shows it, and is closed."""
    steps = []

    def flow() -> Flow[None]:
        try:
            yield wrong
        finally:
            steps.append("closed")

    with pytest.raises(TypeError, match="which is not an effect") as caught:
        kit.flow(flow())
    assert repr(wrong) in str(caught.value)
    assert ["closed"] == steps


def test_the_effects_show_no_secret() -> None:
    """A request in an effect's repr shows neither its headers nor its body."""
    request = REQUEST._replace(headers=(("authorization", "top secret"),), body=b"top secret")
    assert "Send(request=HttpRequest(POST https://example.com/, 10 bytes))" == repr(next(send(request)))
