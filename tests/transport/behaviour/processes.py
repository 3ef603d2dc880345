"""What tests do in child processes: `python -m tests.transport.behaviour.processes interrupt WIRE URL`."""

from __future__ import annotations

import inspect
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NoReturn

import anyio

from cognito_idp import AsyncClient, Client
from tests.support.kit import CREDENTIALS
from tests.support.server import PATIENCE

from .wires import WIRES

if TYPE_CHECKING:
    from collections.abc import Callable

    from .wires import Wire


def start(what: str, wire: Wire, *arguments: object, **settings: Any) -> subprocess.Popen[str]:
    """Start a process that does something over a wire; `settings` are for `Popen`."""
    command = [sys.executable, "-m", __name__, what, wire.name, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings)


def ended(process: subprocess.Popen[str], seconds: float = PATIENCE) -> tuple[int, str, str]:
    """Wait for a process, and return its exit status and what it wrote to stdout and stderr."""
    with process:
        try:
            output, errors = process.communicate(timeout=seconds)
        finally:
            process.kill()
    return process.returncode, output, errors


class Caller:
    """A client over a wire; each call names the process that makes it. An async one makes an event loop each time."""

    def __init__(self, wire: Wire, url: str) -> None:
        self._kind = wire.kind
        self.client = client_of(wire, url)

    def call(self, **members: Any) -> None:
        """Call, and return when the answer is there."""
        members["Process"] = os.getpid()
        if self._kind == "sync":
            self.client.call("ListUsers", members)
        else:
            anyio.run(self.client.call, "ListUsers", members, backend=self._kind)


def client_of(wire: Wire, url: str, **settings: Any) -> Any:
    """Make a client over a wire."""
    return (AsyncClient if wire.is_async else Client)(
        "us-east-1", credentials=CREDENTIALS, endpoint_url=url, transport=wire.make(False), timeout=20, **settings
    )


def interrupt(wire: Wire, url: str) -> None:
    """Call a server that never answers, until Ctrl-C; the exit status is 3 then."""
    try:
        Caller(wire, url).call()
    except KeyboardInterrupt:
        sys.exit(3)


def fork(wire: Wire, url: str) -> None:
    """Call, fork, and call from both processes, in turn and more than once."""
    caller = Caller(wire, url)
    caller.call()
    child = os.fork()
    if child == 0:
        try:
            caller.call()
            caller.call()
        except BaseException:  # noqa: BLE001 - the parent's code must not run on in the child
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    caller.call()
    sys.exit(os.waitstatus_to_exitcode(status))


def seconds_of(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    before = time.perf_counter()
    call()
    return time.perf_counter() - before


class SoftTimeLimit(Exception):
    """What Celery raises in a task that takes too long; that one is an `Exception`, too."""


def storm(wire: Wire, url: str, calls: str, at_once: str) -> None:
    """Call so many times, while a signal handler raises at a random moment of each; then from many threads at once.

    What became of the first calls is printed; the last ones name themselves, so that the server can hold them all.
    """
    caller = Caller(wire, url)
    moments = random.Random(20_260_101)  # always the same ones
    # From long before the end of a call to behind it: a new connection takes longer than one that is there already.
    usual = min(seconds_of(caller.call) for _ in range(20))

    def handle(*_: object) -> NoReturn:
        raise moments.choice((SoftTimeLimit, KeyboardInterrupt))

    signal.signal(signal.SIGALRM, handle)
    outcomes: Counter[str] = Counter()
    for _ in range(int(calls)):
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, usual * 2 ** moments.uniform(-4, 4))
                caller.call()
                outcome = "answer"
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except (SoftTimeLimit, KeyboardInterrupt):
            outcome = "interrupted"
        outcomes[outcome] += 1
    start = threading.Barrier(int(at_once))

    def last(_: int) -> None:
        start.wait()
        caller.call(Last=True)

    with ThreadPoolExecutor(int(at_once)) as pool:
        list(pool.map(last, range(int(at_once))))
    caller.client.close()
    json.dump(outcomes, sys.stdout)


def freeze(wire: Wire, *urls: str) -> None:
    """Make two warm clients a URL, wait for a line on stdin, then sign up with one and refresh tokens with the other.

    What became of these calls is printed, in the order of the URLs.
    """

    async def main() -> None:
        # Calls go out before an event loop can take note of what happened: nothing is awaited after the line came.
        clients = [client_of(wire, url, retry="off") for url in urls for _ in range(2)]
        for client in clients:
            await result_of(client.call("ListUsers"))
        print("warm", flush=True)  # noqa: T201 - the parent waits for it
        sys.stdin.readline()
        outcomes = []
        for first, second in zip(clients[::2], clients[1::2], strict=True):
            outcomes += [
                await outcome_of(first.sign_up, client_id="c", username="mary", password="p"),
                await outcome_of(second.get_tokens_from_refresh_token, client_id="c", refresh_token="r"),
            ]
        json.dump(outcomes, sys.stdout)
        for client in clients:
            await result_of(client.aclose() if wire.is_async else client.close())

    anyio.run(main, backend="trio" if wire.kind == "trio" else "asyncio")


async def outcome_of(call: Any, **arguments: Any) -> str:
    """Make a call, and return "answer" or what it raised."""
    try:
        await result_of(call(**arguments))
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return repr(error)
    return "answer"


async def result_of(result: Any) -> Any:
    """Return what a method of either client returns."""
    return await result if inspect.isawaitable(result) else result


if __name__ == "__main__":
    _, what, name, *arguments = sys.argv
    chosen = next(wire for wire in WIRES if wire.name == name)
    programs: dict[str, Callable[..., None]] = {"interrupt": interrupt, "fork": fork, "storm": storm, "freeze": freeze}
    programs[what](chosen, *arguments)
