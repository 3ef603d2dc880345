"""The child processes of `test_processes.py`: `python -m tests.transport.behaviour.processes interrupt WIRE URL`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import anyio

from cognito_idp import AsyncClient, Client
from tests.support.kit import CREDENTIALS

from .wires import WIRES

if TYPE_CHECKING:
    from .wires import Wire


class Caller:
    """A client over a wire; each call names the process that makes it. An async one makes an event loop each time."""

    def __init__(self, wire: Wire, url: str) -> None:
        self._kind = wire.kind
        self.client: Any = (AsyncClient if wire.is_async else Client)(
            "us-east-1", credentials=CREDENTIALS, endpoint_url=url, transport=wire.make(False), timeout=20
        )

    def call(self) -> None:
        """Call, and return when the answer is there."""
        members = {"Process": os.getpid()}
        if self._kind == "sync":
            self.client.call("ListUsers", members)
        else:
            anyio.run(self.client.call, "ListUsers", members, backend=self._kind)


def interrupt(caller: Caller) -> None:
    """Call a server that never answers, until Ctrl-C; the exit status is 3 then."""
    try:
        caller.call()
    except KeyboardInterrupt:
        sys.exit(3)


def fork(caller: Caller) -> None:
    """Call, fork, and call from both processes, in turn and more than once."""
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


if __name__ == "__main__":
    _, what, name, address = sys.argv
    chosen = next(wire for wire in WIRES if wire.name == name)
    {"interrupt": interrupt, "fork": fork}[what](Caller(chosen, address))
