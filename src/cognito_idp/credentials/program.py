"""An external program, run within limits of time and output."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from .._errors import CredentialsError, WaitedTooLongError
from .._flow.locks import new_lock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from typing import IO

_LARGEST: Final = 64 * 1024
# How often a program is looked at that shows neither output nor its end.
_SLICE: Final = 0.02
# How long to wait for a killed program. One that the kernel can't end now is reaped later, by `subprocess`.
_PATIENCE: Final = 1.0


class Program:
    """A program to run once, without a shell, through the effect `Run`; `run` returns what it printed.

    `where` names the setting with the command in errors. `timeout` is in seconds.
    """

    def __init__(self, arguments: Sequence[str] | str, environ: Mapping[str, str], where: str, timeout: float) -> None:
        self._arguments = arguments
        self._environ = environ
        self._where = where
        self._timeout = timeout
        self._stopped = threading.Event()
        self._running = new_lock()

    def run(self, seconds: float | None) -> bytes:
        """Run the program until it ends; kill it if it takes too long or prints too much.

        Raises:
            CredentialsError: it can't be started, fails, takes longer than its own timeout, or prints too much.
            WaitedTooLongError: `seconds` passed.
        """
        if seconds is None or self._timeout <= seconds:
            limit: Exception = self._error(f"did not end within {self._timeout:g} s")
            seconds = self._timeout
        else:
            msg = f"the call's time limit passed while the program of {self._where} ran"
            limit = WaitedTooLongError(msg)
        with self._running:
            if self._stopped.is_set():
                raise limit
            return self._output(time.monotonic() + seconds, limit)

    def stop(self) -> None:
        """Kill the program that another thread runs, or is about to run, and wait until that thread is done with it."""
        self._stopped.set()
        with self._running:
            pass

    def _output(self, until: float, limit: Exception) -> bytes:
        # A program that asks its user at the terminal needs to stay in the terminal's session.
        own_group = os.name != "nt" and not os.isatty(0)
        process = self._started(own_group)
        pipe = _PIPE(process)
        try:
            while True:
                # Before the pipe is read: what an ended program printed is in the pipe.
                status = process.poll()
                pipe.read(ended=status is not None)
                if len(pipe.data) > _LARGEST:
                    problem = f"printed more than {_LARGEST:,} bytes"
                    raise self._error(problem)
                if status is not None:
                    break
                remaining = until - time.monotonic()
                if remaining <= 0 or self._stopped.is_set():
                    raise limit
                pipe.wait(min(remaining, _SLICE))
        finally:
            _end(process, own_group=own_group)
            pipe.close()
        if status != 0:
            problem = f"ended with exit status {status}"
            raise self._error(problem)
        return bytes(pipe.data)

    def _started(self, own_group: bool) -> subprocess.Popen[bytes]:
        import subprocess

        try:
            return subprocess.Popen(  # noqa: S603 - no shell
                self._arguments, stdout=subprocess.PIPE, env=dict(self._environ), start_new_session=own_group
            )
        except OSError as error:
            problem = f"can't be started: {error.strerror}"
        raise self._error(problem)

    def _error(self, problem: str) -> CredentialsError:
        return CredentialsError(f"{self._where}: the program {problem}")


def _end(process: subprocess.Popen[bytes], *, own_group: bool) -> None:
    """Kill a program that has not ended, with the processes of its group if it has one of its own."""
    if process.returncode is not None:
        return
    import subprocess

    if own_group:
        # It has not been waited for, so its number can't have become another group's.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)


class _Pipe:
    """The output of a program, read without blocking: a child of the program may hold the pipe open for ever."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.data = bytearray()
        self._process = process
        self._file = _stdout(process)
        self._at_end = False
        os.set_blocking(self._file.fileno(), False)

    def read(self, *, ended: bool) -> None:  # noqa: ARG002 - the other class needs it
        """Read what is there, but not much more than is allowed."""
        with suppress(BlockingIOError):
            while not self._at_end and len(self.data) <= _LARGEST:
                chunk = os.read(self._file.fileno(), _LARGEST)
                self.data += chunk
                self._at_end = not chunk

    def wait(self, seconds: float) -> None:
        """Wait for output, or for the end of the program if it has closed its output."""
        if self._at_end:
            _wait(self._process, seconds)
            return
        import select

        poll = select.poll()
        poll.register(self._file, select.POLLIN)
        poll.poll(max(1, int(seconds * 1000)))

    def close(self) -> None:
        """Close the pipe."""
        self._file.close()


class _ThreadedPipe:
    """The same for Windows, where only a thread can wait for a pipe.

    The thread ends when every process that holds the pipe has ended.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.data = bytearray()
        self._process = process
        self._file = _stdout(process)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._file:
            while len(self.data) <= _LARGEST and (chunk := os.read(self._file.fileno(), _LARGEST)):
                self.data += chunk

    def read(self, *, ended: bool) -> None:
        """Give the thread time to read the rest if the program has ended."""
        if ended:
            self._thread.join(_PATIENCE)

    def wait(self, seconds: float) -> None:
        """Wait for the program."""
        _wait(self._process, seconds)

    def close(self) -> None:
        """Do nothing: the thread closes the pipe. Closing a pipe that a thread reads would block."""


def _stdout(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    return process.stdout


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    import subprocess

    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


_PIPE: Final = _ThreadedPipe if os.name == "nt" else _Pipe
