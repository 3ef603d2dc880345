"""Running the command line: in this process with click's runner, as a process, and at a terminal of its own."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import httpx
from click.testing import CliRunner

from cognito_idp import Client, Credentials
from cognito_idp.cli.app import run
from cognito_idp.cli.settings import Settings
from tests.support.answers import answer
from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.support.server import Connection, Received

CREDENTIALS = Credentials("AKIDEXAMPLE", "not-a-secret")
COMMAND = (sys.executable, "-W", "error", "-m", "cognito_idp.cli")


class Result(NamedTuple):
    """What a command line did."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON on standard output."""
        return json.loads(self.out)


def cli(*args: str, respond: Callable[[httpx.Request], httpx.Response] | None = None, given: bytes = b"") -> Result:
    """Run a command line in this process; `respond` plays the service, `given` is standard input."""
    settings = Settings()
    if respond is not None:
        transport = httpx.MockTransport(respond)
        settings.make_client = partial(_client, transport)
    with CliRunner().isolation(input=given) as (out, err, _):
        code = run(args, settings)
        return Result(code, out.getvalue().decode(), err.getvalue().decode())


def _client(transport: httpx.MockTransport, region: str | None, **settings: Any) -> Client:
    settings = {"credentials": CREDENTIALS, "retry": "off", **{k: v for k, v in settings.items() if v is not None}}
    return Client(region or "us-east-1", transport=transport, **settings)


class Service:
    """A service that keeps what it is sent, and answers with what it was given."""

    def __init__(self, *answers: dict[str, Any], status: int = 200) -> None:
        self.answers = list(answers)
        self.status = status
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request; the last answer stays."""
        self.sent.append((request.headers["x-amz-target"].rpartition(".")[2], json.loads(request.content)))
        data = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(self.status, json=data)


def over_http(respond: Callable[[httpx.Request], httpx.Response]) -> Callable[[Connection, Received], None]:
    """Let a loopback server answer with what plays the service."""

    def handle(connection: Connection, request: Received) -> None:
        asked = httpx.Request("POST", "http://127.0.0.1/", headers=dict(request.headers), content=request.body)
        response = respond(asked)
        answer(response.content, status=response.status_code)(connection, request)

    return handle


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process: this one's, without the machine's AWS settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "us-east-1",
        "COLUMNS": "100",
        "TERM": "xterm",
        "no_proxy": "127.0.0.1",
        **more,
    }


def process(*args: str, given: str = "", **more: str) -> Result:
    """Run a command line as a process; what else is given is for its environment."""
    done = subprocess.run(
        (*COMMAND, *args), env=environment(**more), input=given, capture_output=True, text=True, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


_OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
)


class Terminal:
    """A process at a terminal of its own. `shown` is everything that the screen has shown.

    `stdout` takes standard output away from the screen.
    """

    def __init__(self, *args: str, stdout: Any = None, **more: str) -> None:
        self.shown = ""
        self._screen, slave = pty.openpty()
        self.process = subprocess.Popen(
            (sys.executable, "-c", _OWN_TERMINAL, *COMMAND, *args),
            env=environment(**more),
            stdin=slave,
            stdout=slave if stdout is None else stdout,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def wait_for(self, text: str) -> None:
        """Wait until the screen shows a text that it did not show before the last answer."""
        end = time.monotonic() + PATIENCE
        begin = len(self.shown)
        while text not in self.shown[begin:]:
            assert time.monotonic() < end, f"no {text!r} on the screen:\n{self.shown}"
            assert self._read(), f"ended without {text!r}:\n{self.shown}"

    def enter(self, line: str) -> None:
        """Type a line, and press Enter."""
        os.write(self._screen, line.encode() + b"\n")

    def answer(self, prompt: str, line: str) -> None:
        """Wait for a prompt, and answer it."""
        self.wait_for(prompt)
        self.enter(line)

    def end(self) -> int:
        """Wait for the end of the process, and return its exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._screen], [], [], PATIENCE)
        try:
            data = os.read(self._screen, 65536) if ready else b""
        except OSError:  # Linux says so when the other side is closed
            data = b""
        self.shown += data.decode("utf-8", "replace")
        return bool(data)

    def __enter__(self) -> Self:
        """Return the terminal."""
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.process.kill()
        self.process.wait()
        os.close(self._screen)
