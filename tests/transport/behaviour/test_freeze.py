"""A process that is stopped and goes on later, as a Lambda function between two invocations."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.answers import answer
from tests.support.server import PATIENCE, Connection, Received, Server

from .processes import ended, start
from .wires import WIRES, over

if TYPE_CHECKING:
    import ssl

    from tests.conftest import Serve
    from tests.support.tls import Authority

    from .rig import Rig
    from .wires import Wire

BODY = b'{"UserConfirmed": true, "UserSub": "s", "AuthenticationResult": {}, "Users": []}'
IS_DEFAULT = [wire for wire in WIRES if wire.is_default and wire.kind != "trio"]
DEFAULT = over(IS_DEFAULT.__contains__)

SIGN_UP: Any = {"client_id": "c", "username": "mary", "password": "p"}
REFRESH: Any = {"client_id": "c", "refresh_token": "r"}


def age(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let idle connections be so much older."""
    for name, module in list(sys.modules.items()):
        if name.startswith("cognito_idp._transport.") and hasattr(module, "age_clock"):
            clock = module.age_clock
            monkeypatch.setattr(module, "age_clock", lambda clock=clock: clock() + seconds)


@DEFAULT
@pytest.mark.parametrize("operation", ["sign_up", "get_tokens_from_refresh_token"])
def test_what_must_not_be_repeated_needs_a_fresh_connection(
    rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """It takes a connection that was idle for 5 s at most; a call that may be repeated takes one of a minute."""
    server = serve(answer(BODY))
    client = rig.client(server.url)
    members = SIGN_UP if operation == "sign_up" else REFRESH

    def call() -> int:
        rig.kit.run(lambda: getattr(client, operation)(**members))
        return server.accepted

    rig.call(client)
    age(monkeypatch, 4)
    assert 1 == call()
    age(monkeypatch, 5)
    assert 2 == call()
    age(monkeypatch, 50)
    rig.call(client)
    assert 2 == server.accepted


class Ending:
    """A server's behaviour: it answers, ends what is idle when the client is frozen, and answers on new connections."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.frozen = threading.Event()

    def __call__(self, connection: Connection, request: Received) -> None:
        """Handle a request, and the time after it."""
        answer(BODY)(connection, request)
        if self.frozen.is_set():
            return
        self.frozen.wait(PATIENCE)
        if self.how == "unheard":
            # What a client sees that was frozen with its network: it hears of the end when it sends.
            connection.read_request()
        if self.how == "fin":
            connection.close()
        else:
            connection.reset()


WAYS = [(scheme, how) for scheme in ("http", "https") for how in ("fin", "reset", "unheard")]
SECONDS = (0.1, 1.0, 3.0, 6.0, 8.0)
Outcomes = dict[tuple[str, str], list[str]]


def frozen(wire: Wire, seconds: float, tls: ssl.SSLContext) -> Outcomes:
    """Stop a client for a while, and return what becomes of its next calls, for each way of ending connections."""
    endings = [Ending(how) for _, how in WAYS]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(Server(ending, tls=tls if scheme == "https" else None))
            for ending, (scheme, _) in zip(endings, WAYS, strict=True)
        ]
        process = start("freeze", wire, *[server.url for server in servers], stdin=subprocess.PIPE)
        stack.callback(process.kill)
        assert process.stdin is not None
        assert process.stdout is not None
        assert "warm\n" == process.stdout.readline(), ended(process)
        process.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        for ending in endings:
            ending.frozen.set()
        for ending, server in zip(endings, servers, strict=True):
            server.wait_for(lambda ending=ending, server=server: ending.how == "unheard" or server.open == 0)  # type: ignore[misc]
        # The time passes for the kernel and for the process that stands still, so nothing can be waited for instead.
        threading.Event().wait(seconds)
        process.send_signal(signal.SIGCONT)
        process.stdin.write("\n")
        status, output, errors = ended(process)
        assert 0 == status, errors
        calls = json.loads(output)
    return {way: calls[2 * number : 2 * number + 2] for number, way in enumerate(WAYS)}


@pytest.mark.long
@pytest.mark.parametrize("wire", IS_DEFAULT, ids=[wire.name for wire in IS_DEFAULT])
def test_a_freeze(authority: Authority, monkeypatch: pytest.MonkeyPatch, wire: Wire) -> None:
    """No call fails for an end that the kernel has heard of, and after 5 s none for one that it hasn't heard of."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    tls = authority.server_context("127.0.0.1")
    with ThreadPoolExecutor(len(SECONDS)) as pool:
        freezes = {seconds: pool.submit(frozen, wire, seconds, tls) for seconds in SECONDS}
    failures = [
        (seconds, way, call)
        for seconds, freeze in freezes.items()
        for way, calls in freeze.result().items()
        for call in calls
        if call != "answer" and (way[1] != "unheard" or seconds > 5)
    ]
    assert [] == failures
