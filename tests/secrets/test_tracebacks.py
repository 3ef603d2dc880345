"""The mechanism that clears frames: what it clears, and what it must leave alone."""

from __future__ import annotations

import asyncio
import functools
import gc
import sys
import traceback
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import pytest

from cognito_idp import (
    AppClient,
    AsyncClient,
    Client,
    Credentials,
    TokenVerifier,
    UserSession,
    async_client,
    client,
    errors,
)
from cognito_idp._flow.drive import Driver
from cognito_idp._flow.effects import call, send
from cognito_idp._protocol import tracebacks
from cognito_idp._protocol.tracebacks import clear_frames, clears_frames
from cognito_idp._protocol.wire import HttpRequest, Limits
from tests.support.kit import FakeTime, FunctionTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

SECRET = "hunter2"
REQUEST = HttpRequest("POST", "https://example.com/", (), b"{}", Limits(None, None, None, None, 1000))


class OddError(Exception):
    """An error that equals any other, and has no hash."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OddError)

    __hash__ = None  # type: ignore[assignment]


def inside(package: str, source: str, folder: str = "/srv/app") -> Any:
    """Run source text as a module of a package in a folder would run, and return its function `function`."""
    variables: dict[str, Any] = {"__name__": f"{package}.module", "SECRET": SECRET, "OddError": OddError, "sys": sys}
    exec(compile(source, f"{folder}/{package}/module.py", "exec"), variables)
    return variables["function"]


FAILS = "def function(error=None):\n    secret = SECRET\n    raise error or OddError\n"
CALLS = "def function(other):\n    secret = SECRET\n    return other()\n"


def error_of(function: Callable[..., object], *arguments: object) -> BaseException:
    """Return what a function raises."""
    try:
        function(*arguments)
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError


def showing(error: BaseException | None) -> list[str]:
    """Return the modules of the frames of an error that still hold the secret, outermost first."""
    assert error is not None
    return [
        frame.f_globals["__name__"].removesuffix(".module")
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if "secret" in frame.f_locals
    ]


@pytest.mark.parametrize("package", sorted(tracebacks._PACKAGES))
def test_frames_of_the_library_and_of_http_libraries_are_cleared(package: str) -> None:
    """A frame of the library, or of one that it sends through, loses its variables, whoever is below or above it."""
    error = error_of(inside("theirs", CALLS), functools.partial(inside(package, CALLS), inside("theirs", FAILS)))
    assert ["theirs", package, "theirs"] == showing(error)
    clear_frames(error)
    assert ["theirs", "theirs"] == showing(error)


@pytest.mark.parametrize("package", ["theirs", "cognito_idp_addon", "__main__", "httpxy"])
def test_frames_of_others_keep_their_variables(package: str) -> None:
    """A frame of the user's function stays as it is, even one in a package whose name begins as ours does."""
    error = error_of(inside("cognito_idp", CALLS), inside(package, FAILS))
    clear_frames(error)
    assert [package] == showing(error)


def test_pythons_own_modules_belong_to_who_called_them() -> None:
    """A frame of the standard library is cleared if the library called it, and not if a user's function did."""
    json, ours, theirs = (inside(package, CALLS) for package in ("json", "cognito_idp", "theirs"))
    fails = inside("json", FAILS)
    for caller, expected in ((ours, []), (theirs, ["theirs", "json", "json"])):
        error = error_of(caller, functools.partial(json, fails))
        clear_frames(error)
        assert expected == showing(error)


@pytest.mark.parametrize(
    "folder", ["/venv/lib/python3.11/site-packages", "/usr/lib/python3/dist-packages", "C:\\venv\\Lib\\site-packages"]
)
def test_installed_packages_belong_to_who_called_them(folder: str) -> None:
    """A frame of a wrapper or a mock that was installed is cleared if the library called it, not if the user did."""
    folder = folder.replace("\\", "/") if folder.startswith("/") else f"{folder}\\"
    fails = inside("tracing", FAILS, folder)
    ours, theirs = (
        functools.partial(inside(package, CALLS), functools.partial(inside("tracing", CALLS, folder), fails))
        for package in ("cognito_idp", "theirs")
    )
    for caller, expected in ((ours, []), (theirs, ["theirs", "tracing", "tracing"])):
        error = error_of(caller)
        clear_frames(error)
        assert expected == showing(error)
    error = error_of(inside("cognito_idp", CALLS), functools.partial(inside("theirs", CALLS), fails))
    clear_frames(error)
    assert ["theirs", "tracing"] == showing(error)


def test_a_cause_begins_in_the_middle_of_an_error() -> None:
    """The frames of a cause belong to the frame that caught it, though the error itself came from the user's."""
    source = """
def function(fails):
    secret = SECRET
    try:
        try:
            fails()
        except OddError as error:
            raise LookupError from error
    except LookupError as error:
        raise error.__cause__ from error
"""
    installed = inside("mock", source, "/site-packages")
    error = error_of(inside("httpx", CALLS), functools.partial(installed, inside("theirs", FAILS)))
    assert isinstance(error.__cause__, LookupError)
    clear_frames(error)
    assert (["theirs"], []) == (showing(error), showing(error.__cause__))


def test_generated_constructors_are_cleared() -> None:
    """The `__init__` that attrs generates, which may have no module, is cleared if it belongs to a class of ours."""
    error = error_of(lambda: AppClient("no pool", "client", SECRET))
    assert isinstance(error, errors.ConfigError)
    assert [] == [
        name
        for frame, _ in traceback.walk_tb(error.__traceback__)
        for name, value in frame.f_locals.items()
        if frame.f_globals.get("__name__") != __name__ and SECRET in repr(value) + repr(name)
    ]


def test_the_whole_chain_is_cleared() -> None:
    """Cause, context and the parts of a group are cleared, too, and a circle in the chain does no harm."""
    fails = inside("cognito_idp", FAILS)
    parts = [error_of(fails, each) for each in (ValueError(), TypeError(), LookupError())]
    group = BaseExceptionGroup("several", parts[:1])
    group.__cause__, parts[1].__context__ = parts[1], parts[2]
    parts[2].__cause__ = group
    clear_frames(group)
    assert [[], [], []] == [showing(each) for each in parts]


def test_errors_are_known_as_objects() -> None:
    """Errors that are equal, or have no hash, are each cleared."""
    fails = inside("cognito_idp", FAILS)
    error, cause = error_of(fails), error_of(fails)
    error.__cause__ = cause
    assert error == cause
    clear_frames(error)
    assert ([], []) == (showing(error), showing(cause))


def test_what_the_caller_was_handling_is_left_alone(kit: Kit) -> None:
    """An error that the user handles while calling is the context of ours; its frames, and its causes', stay."""

    def fails(_: object) -> Any:
        raise OddError

    handled = error_of(inside("httpx", FAILS), ValueError())
    handled.__cause__ = error_of(inside("httpcore", FAILS), ValueError())
    try:
        raise handled
    except ValueError:
        if kit.kind == "sync":
            error = error_of(Driver(FunctionTransport(fails)).run, send(REQUEST))
        else:
            error = error_of(kit.run, fails_while_handling, handled)
    assert error.__context__ is handled
    assert (["httpx"], ["httpcore"]) == (showing(handled), showing(handled.__cause__))


async def fails_while_handling(handled: BaseException) -> None:
    """Fail in a call while handling an error."""
    client = AsyncClient("us-east-1")
    try:
        raise handled
    except ValueError:
        await client.send(object())  # type: ignore[arg-type]


def test_an_error_that_is_raised_again_and_again() -> None:
    """Of an instance that a mock raises each time, the newest frames are cleared, and 500 at most are looked at."""
    fails, instance = inside("cognito_idp", FAILS), OddError()
    for _ in range(tracebacks._MOST_ENTRIES + 100):
        error_of(fails, instance)
    before = showing(instance)
    clear_frames(instance)
    after = [bool(frame.f_locals) for frame, _ in traceback.walk_tb(instance.__traceback__)]
    assert len(before) > tracebacks._MOST_ENTRIES
    # Each time left the entry of `error_of` and that of the function.
    assert not any(after[1 : tracebacks._MOST_ENTRIES : 2])
    assert all(after[tracebacks._MOST_ENTRIES + 1 :: 2])


# -- frames that have not ended -----------------------------------------------------------------------------------


def owns_its_code(frame: FrameType) -> bool:
    """Whether the garbage collector finds a frame's code by its object."""
    return any(each is frame.f_code for each in gc.get_referents(frame))


def test_a_frame_owns_its_code_once_it_has_ended() -> None:
    """What the mechanism goes by: running and waiting frames of every kind refer to no code, ended ones do."""
    code = sys._getframe().f_code  # a variable that is the code does not deceive it
    assert not owns_its_code(sys._getframe())

    def function() -> FrameType:
        assert not owns_its_code(sys._getframe())
        return sys._getframe()

    def generator() -> Iterator[FrameType]:
        own = sys._getframe().f_code
        yield sys._getframe()
        del own

    async def coroutine() -> FrameType:
        await anyio.lowlevel.checkpoint()
        return sys._getframe()

    assert owns_its_code(function())
    steps = generator()
    assert not owns_its_code(steps.gi_frame)  # type: ignore[attr-defined]
    frame = next(steps)
    assert not owns_its_code(frame)
    assert [] == list(steps)
    assert owns_its_code(frame)
    begun = coroutine()
    frame = begun.cr_frame  # type: ignore[attr-defined]
    assert not owns_its_code(frame)
    begun.close()
    assert owns_its_code(anyio.run(coroutine))
    assert code is sys._getframe().f_code


WAITS = """
def function(events):
    secret = SECRET
    try:
        try:
            raise OddError
        except OddError as error:
            yield error
        events.append("went on")
    finally:
        events.append("finally")
"""


def test_a_generator_that_waits_is_not_closed() -> None:
    """A frame of ours that caught the error and waits keeps its variables and goes on afterwards."""
    events: list[str] = []
    steps = inside("cognito_idp", WAITS)(events)
    error = next(steps)
    clear_frames(error)
    assert (["cognito_idp"], []) == (showing(error), events)
    assert [] == list(steps)
    assert ["went on", "finally"] == events
    clear_frames(error)
    assert [] == showing(error)


def test_another_task_is_not_closed() -> None:
    """A task that caught a shared error and waits is not closed by another one that raises it on."""
    source = """
async def function(event, errors, done):
    secret = SECRET
    try:
        try:
            raise OddError
        except OddError as error:
            errors.append(error)
            await event.wait()
        return "went on"
    finally:
        done.append("finally")
"""

    async def main() -> tuple[str, list[str], list[str]]:
        event, shared, done = asyncio.Event(), [], []  # type: ignore[var-annotated]
        task = asyncio.create_task(inside("cognito_idp", source)(event, shared, done))
        await asyncio.sleep(0)
        clear_frames(shared[0])
        before = [*done]
        event.set()
        return await task, before, done

    assert ("went on", [], ["finally"]) == asyncio.run(main())


# -- the drivers and the guards -----------------------------------------------------------------------------------


def test_frames_are_cleared_before_a_flow_sees_the_error(kit: Kit) -> None:
    """What an effect raised has lost its variables when the flow gets it, which may hand it to a retry policy."""
    fails = inside("httpx", FAILS)
    seen: list[list[str]] = []

    def flow() -> Flow[None]:
        for effect in (lambda: send(REQUEST), lambda: call(fails)):
            try:
                yield from effect()
            except OddError as error:
                seen.append(showing(error))

    kit.flow(flow(), respond=lambda _: fails())
    assert [[], []] == seen


@pytest.mark.parametrize("error", [OddError, KeyboardInterrupt])
def test_a_driver_drops_its_own_references(error: type[BaseException]) -> None:
    """The flow is closed and the driver's frame holds neither it nor its effect when an error leaves."""
    closed: list[str] = []

    def flow() -> Flow[None]:
        try:
            yield from send(REQUEST)
        finally:
            closed.append("closed")

    def fails(_: object) -> Any:
        raise error

    caught = error_of(Driver(FunctionTransport(fails), FakeTime().sleep).run, flow())
    frame = next(frame for frame, _ in traceback.walk_tb(caught.__traceback__) if frame.f_code.co_name == "run")
    assert ["closed"] == closed
    assert set() == {"flow", "effect", "results"} & set(frame.f_locals)


KINDS = {
    "function": "def function(secret):\n    raise OddError\n",
    "coroutine": "async def function(secret):\n    raise OddError\n",
    "generator": "def function(secret):\n    yield 1\n    raise OddError\n",
    "async generator": "async def function(secret):\n    yield 1\n    raise OddError\n",
}


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("named", [False, True])
def test_the_first_frame_counts(kind: str, named: bool) -> None:
    """Neither the function nor what guards it shows the argument afterwards, whatever kind of function it is."""
    function = clears_frames(inside("cognito_idp", KINDS[kind]))

    def run() -> object:
        begun = function(secret=SECRET) if named else function(SECRET)
        if kind == "generator":
            return list(begun)
        if kind == "async generator":
            return anyio.run(collected, begun)
        return anyio.run(awaited, begun) if kind == "coroutine" else begun

    caught = error_of(run)
    ours = [
        frame
        for frame, _ in traceback.walk_tb(caught.__traceback__)
        if frame.f_globals["__name__"].startswith("cognito_idp")
    ]
    assert 2 == len(ours)
    assert [] == [value for frame in ours for value in frame.f_locals.values() if SECRET in repr(value)]


async def awaited(coroutine: Any) -> object:
    """Await a coroutine."""
    return await coroutine


async def collected(generator: Any) -> list[object]:
    """Return all that an async generator yields."""
    return [each async for each in generator]


def test_a_guard_is_of_the_functions_kind_and_has_its_signature() -> None:
    """What is guarded can be told apart and documented as before."""
    import inspect

    for name, kind in (("send", "call"), ("sign_in", "call"), ("call", "call")):
        assert inspect.iscoroutinefunction(getattr(AsyncClient, name)), (name, kind)
        assert not inspect.iscoroutinefunction(getattr(Client, name))
        assert list(inspect.signature(getattr(Client, name)).parameters) == list(
            inspect.signature(getattr(AsyncClient, name)).parameters
        )
    # `paginate` and `call_pages` refuse at once, and then give what these make.
    assert inspect.isasyncgenfunction(async_client._pages)
    assert inspect.isgeneratorfunction(client._pages)
    assert ["self", "token", "required_scopes", "required_groups"] == list(
        inspect.signature(TokenVerifier.verify).parameters
    )
    assert "tokens" in inspect.signature(UserSession).parameters
    assert attrs.has(Credentials)


def test_maintainers_can_keep_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag that only tests set leaves every frame as it is; `pytest -l` sets it."""
    monkeypatch.setattr(tracebacks, "keep_locals", True)
    error = error_of(inside("cognito_idp", FAILS))
    clear_frames(error)
    assert ["cognito_idp"] == showing(error)
