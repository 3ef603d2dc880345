"""AWS Lambda on this machine: its runtime interface client in a process, and the Runtime API that it asks for events.

Source of the API: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes". The client is AWS's
own, `awslambdaric`.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from tests.support.answers import head
from tests.support.server import PATIENCE, Connection, Received, Server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

_API = "/2018-06-01/runtime"
_ARN = "arn:aws:lambda:us-east-1:111122223333:function:sign-in"
_JSON = ("Content-Type", "application/json")


class Outcome(NamedTuple):
    """What a function said of an invocation or its start: `response`, `error` or `init error`, and the JSON of it."""

    kind: str
    body: Any


class _Event(NamedTuple):
    body: bytes
    headers: tuple[tuple[str, str], ...]


class RuntimeApi:
    """The Runtime API for one function. The function's first request for an event means that its init is over."""

    def __init__(self) -> None:
        self._server = Server(self._handle)
        self._events: queue.Queue[_Event | None] = queue.Queue()
        self._outcomes: queue.Queue[Outcome] = queue.Queue()
        self._count = 0
        self.started = threading.Event()
        self.snapshot = threading.Event()
        self.restored = threading.Event()

    @property
    def address(self) -> str:
        """Host and port, as a function's environment names them."""
        return f"127.0.0.1:{self._server.port}"

    def invoke(self, event: object, *, trace_id: str | None = None, seconds: float = PATIENCE) -> Outcome:
        """Hand over an event that may take 20 s, and return what the function makes of it."""
        self._count += 1
        headers = [
            _JSON,
            ("Lambda-Runtime-Aws-Request-Id", f"request-{self._count}"),
            ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 20) * 1000))),
            ("Lambda-Runtime-Invoked-Function-Arn", _ARN),
        ]
        if trace_id is not None:
            headers.append(("Lambda-Runtime-Trace-Id", trace_id))
        self._events.put(_Event(json.dumps(event).encode(), tuple(headers)))
        return self.outcome(seconds)

    def outcome(self, seconds: float = PATIENCE) -> Outcome:
        """Wait for the next thing that the function says."""
        return self._outcomes.get(timeout=seconds)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._events.put(None)
        self.restored.set()
        self._server.__exit__(error_type, error, traceback)

    def _handle(self, connection: Connection, request: Received) -> None:
        path = request.request_line.split(" ")[1].removeprefix(_API)
        status, body = 202, b""
        headers: tuple[tuple[str, str], ...] = ()
        if path == "/invocation/next":
            self.started.set()
            event = self._events.get()
            if event is None:
                return
            status, headers, body = 200, event.headers, event.body
        elif path == "/restore/next":
            self.snapshot.set()
            self.restored.wait(PATIENCE)
            status = 200
        elif path.endswith(("/response", "/error")):
            kind = "init error" if path == "/init/error" else path.rpartition("/")[2]
            self._outcomes.put(Outcome(kind, json.loads(request.body)))
        else:
            status = 404
        connection.send(head(status, *headers, ("Content-Length", str(len(body)))) + body)


class Function:
    """A function in its own process, with the environment that Lambda gives it: no HOME, and what `environ` adds."""

    def __init__(
        self,
        handler: str,
        api: RuntimeApi,
        environ: Mapping[str, str],
        *folders: Path,
        python: str | Path = sys.executable,
        arguments: tuple[str, ...] = (),
    ) -> None:
        """Start `handler`, a module and a function, with folders to import from."""
        self._process = subprocess.Popen(
            [str(python), *arguments, "-m", "awslambdaric", handler],
            env={
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
                "AWS_LAMBDA_FUNCTION_NAME": "sign-in",
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "AWS_REGION": "us-east-1",
                "LANG": "en_US.UTF-8",
                "PATH": os.defpath,
                "PYTHONPATH": os.pathsep.join(map(str, folders)),
                **environ,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.log = ""

    def freeze(self) -> None:
        """Stop the process, as Lambda does between two invocations."""
        self._process.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(self._process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the process; `log` has what it wrote."""
        self._process.kill()
        self.log, _ = self._process.communicate()
        if error is not None:
            error.add_note(self.log)
