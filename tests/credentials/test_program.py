"""Programs are bounded in time and output, and none outlives the call that ran it."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

import anyio
import anyio.to_thread
import pytest

from cognito_idp import CredentialsError
from cognito_idp._flow.effects import Run
from cognito_idp.credentials import CachedCredentials, ProcessProvider, program
from cognito_idp.credentials.program import Program
from cognito_idp.errors import DeadlineExceededError, WaitedTooLongError

from .support import MARK, assert_no_secret, context_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cognito_idp.credentials import Context
    from tests.support.kit import Kit

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes with names and signals are those of Unix")

GOOD = '{"Version": 1, "AccessKeyId": "AKIDPROC", "SecretAccessKey": "secret"}'
# A program that says that it runs, with a child that holds what it holds, and never ends.
HANG = "import signal; child('import signal; signal.pause()'); signal.pause()"


class Programs:
    """Runs Python programs that say when they run, and knows when the last of them and their children has ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fifo = folder / "fifo"
        os.mkfifo(self._fifo)
        self._descriptor = os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(self._descriptor, True)
        self._said = b""
        # Until `ended` is called, this keeps the pipe from ending.
        self._kept = os.open(self._fifo, os.O_WRONLY)

    def command(self, text: str) -> str:
        """Write a program, and return the command that runs it. It may call `child`."""
        lines = (
            "import os, subprocess, sys",
            f"pipe = os.open({str(self._fifo)!r}, os.O_WRONLY)",
            "os.set_inheritable(pipe, True)",
            "os.write(pipe, b'%d\\n' % os.getpid())",
            "def child(text): subprocess.Popen([sys.executable, '-Sc', text], close_fds=False)",
            text,
        )
        script = self._folder / "program.py"
        script.write_text("\n".join(lines), encoding="utf-8")
        return shlex.join([sys.executable, "-S", str(script)])

    def context(self, text: str) -> Context:
        """Return a context whose profile runs a program."""
        return context_of(self._folder, config=f"[default]\ncredential_process = {self.command(text)}\n")

    def environ(self, text: str) -> dict[str, str]:
        """Return the variables of a process whose profile runs a program."""
        return dict(self.context(text).environ)

    def wait_for_one(self) -> None:
        """Wait until a program says that it runs."""
        self._said += os.read(self._descriptor, 1)

    def ended(self) -> list[int]:
        """Wait for the end of every program and child; return the ids of the programs that ran."""
        os.close(self._kept)
        while chunk := os.read(self._descriptor, 1000):
            self._said += chunk
        return [int(line) for line in self._said.splitlines()]

    def assert_all_ended(self) -> None:
        """Wait for the end of every program and child, and check that each program has been waited for."""
        for process in self.ended():
            with pytest.raises(ProcessLookupError):
                os.kill(process, 0)

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._descriptor)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Make a place for programs."""
    made = Programs(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["_Pipe", "_ThreadedPipe"])
def pipe(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read programs' output in the way of Unix, and in that of Windows."""
    monkeypatch.setattr(program, "_PIPE", getattr(program, request.param))


@pytest.mark.slow
def test_a_program_ends_at_the_calls_limit(kit: Kit, programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that hangs is killed, with its child, when the time limit of the call passes."""
    for name, value in programs.environ(HANG).items():
        monkeypatch.setenv(name, value)
    client = kit.client(credentials=None, timeout=0.5, respond=lambda _: pytest.fail("nothing must be sent"))
    with pytest.raises(DeadlineExceededError):
        kit.run(client.list_user_pools, max_results=1)
    programs.assert_all_ended()
    kit.close(client)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_many_calls_leave_no_program(backend: str, programs: Programs) -> None:
    """Forty calls that give up, at the same time and one after the other, leave no program and no busy thread."""
    from cognito_idp._call.deadline import Deadline
    from cognito_idp._flow.drive_async import AsyncDriver

    context = programs.context(HANG)
    source = CachedCredentials(ProcessProvider(), lambda: context)

    async def one() -> None:
        driver = AsyncDriver(None)  # type: ignore[arg-type]  # nothing is sent
        with pytest.raises(WaitedTooLongError):
            await driver.run(Deadline(0.1, time.monotonic).bound(source.get()))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(37):
                group.start_soon(one)
        for _ in range(3):
            await one()

    anyio.run(main, backend=backend)
    programs.assert_all_ended()
    files = {frame.f_code.co_filename for frame in sys._current_frames().values()}
    assert program.__file__ not in files


@pytest.mark.parametrize("way", ["asyncio", "asyncio's own", "trio"])
def test_a_cancelled_call_ends_its_program(way: str, programs: Programs) -> None:
    """Cancelling a call without a limit kills the program at once, however the task is cancelled."""
    from cognito_idp._flow.drive_async import AsyncDriver

    context = programs.context(HANG)
    driver = AsyncDriver(None)  # type: ignore[arg-type]  # nothing is sent
    source = CachedCredentials(ProcessProvider(), lambda: context)

    async def by_a_scope() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(driver.run, source.get())
            await anyio.to_thread.run_sync(programs.wait_for_one)
            group.cancel_scope.cancel()

    async def by_the_task() -> None:
        task = asyncio.ensure_future(driver.run(source.get()))
        await anyio.to_thread.run_sync(programs.wait_for_one)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    if way == "asyncio's own":
        asyncio.run(by_the_task())
    else:
        anyio.run(by_a_scope, backend=way)
    programs.assert_all_ended()


class SoftLimitError(BaseException):
    """What a signal handler may raise at any moment, as `KeyboardInterrupt`."""


def test_a_signal_ends_the_program(programs: Programs) -> None:
    """If a signal handler raises while a sync client waits for a program, the program is killed."""
    from cognito_idp._flow.drive import Driver

    def raises(*_: Any) -> NoReturn:
        raise SoftLimitError

    text = f"import signal; os.kill(os.getppid(), {int(signal.SIGUSR1)}); {HANG}"
    context = programs.context(text)
    before = signal.signal(signal.SIGUSR1, raises)
    try:
        with pytest.raises(SoftLimitError):
            Driver(None).run(ProcessProvider().load(context))  # type: ignore[arg-type]  # nothing is sent
    finally:
        signal.signal(signal.SIGUSR1, before)
    programs.assert_all_ended()


@pytest.mark.slow
def test_a_program_at_a_terminal_is_killed_alone(kit: Kit, programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a program may ask at a terminal it stays in our session, and it alone is killed."""
    monkeypatch.setattr("os.isatty", lambda _: True)
    text = "import signal; assert os.getsid(0) == os.getsid(os.getppid()); signal.pause()"
    with pytest.raises(CredentialsError, match=r"the program did not end within 0\.5 s"):
        kit.flow(ProcessProvider(timeout=0.5).load(programs.context(text)))
    programs.assert_all_ended()


@pytest.mark.usefixtures("pipe")
@pytest.mark.parametrize("text", [f"while True: print('{MARK}' * 1000)", f"print('{MARK}' + 65_536 * ' ')"])
def test_too_much_output(kit: Kit, programs: Programs, text: str) -> None:
    """A program that prints more than 64 KiB is killed, or refused if it has ended."""
    with pytest.raises(CredentialsError, match="the program printed more than 65,536 bytes") as caught:
        kit.flow(ProcessProvider().load(programs.context(text)))
    assert_no_secret(caught.value)
    programs.assert_all_ended()


@pytest.mark.usefixtures("pipe")
def test_the_most_output(kit: Kit, programs: Programs) -> None:
    """A program may print 64 KiB."""
    text = f"sys.stdout.write({GOOD!r}.ljust(65_536))"
    assert "AKIDPROC" == kit.flow(ProcessProvider().load(programs.context(text))).access_key_id


@pytest.mark.slow
@pytest.mark.usefixtures("pipe")
def test_a_child_that_keeps_the_output_open(kit: Kit, programs: Programs, tmp_path: Path) -> None:
    """The output is complete when the program ends; a child that it leaves behind delays nothing, and lives on."""
    release = tmp_path / "release"
    os.mkfifo(release)
    context = programs.context(f"child({f'open({str(release)!r}).read()'!r}); print({GOOD!r})")
    assert "AKIDPROC" == kit.flow(ProcessProvider().load(context)).access_key_id
    # This waits for the child to open the other end.
    release.write_text("go on")
    programs.assert_all_ended()


@pytest.mark.usefixtures("pipe")
def test_output_that_is_closed_early(kit: Kit, programs: Programs) -> None:
    """A program that closes its output before it ends is waited for, and its exit status counts."""
    text = f"print({GOOD!r}, flush=True); os.close(1); raise SystemExit(3)"
    with pytest.raises(CredentialsError, match="the program ended with exit status 3"):
        kit.flow(ProcessProvider().load(programs.context(text)))


def test_a_program_stopped_before_it_starts(programs: Programs) -> None:
    """A program that is stopped before its turn has come is never started."""
    stopped = Program(shlex.split(programs.command("")), {}, "setting", 60.0)
    stopped.stop()
    with pytest.raises(CredentialsError):
        stopped.run(None)
    assert [] == programs.ended()


def test_the_time_of_a_program_is_what_is_left() -> None:
    """Under a deadline a task gets the seconds that are left."""
    from cognito_idp._call.deadline import Deadline
    from cognito_idp._flow.effects import run

    task = Program(["true"], {}, "setting", 60.0)
    assert Run(task, 5.0) == next(Deadline(5.0, lambda: 0.0).bound(run(task)))
