"""A signal handler that raises during a sync call, as Celery's soft time limit and Ctrl-C do."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from cognito_idp._transport.limits import MAX_CONNECTIONS
from tests.support.answers import answer
from tests.support.server import PATIENCE

from .processes import ended, start
from .wires import over

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.server import Connection, Received

    from .rig import Rig

pytestmark = pytest.mark.slow

DEFAULT = over(lambda wire: wire.is_default and not wire.is_async)


def interrupted_calls(rig: Rig, serve: Serve, calls: int, seconds: float) -> None:
    """Interrupt so many calls, then make as many at once as there are connections, all of which are needed."""
    all_there = threading.Barrier(MAX_CONNECTIONS)

    def handle(connection: Connection, request: Received) -> None:
        if b"Last" in request.body:
            all_there.wait(PATIENCE)
        answer()(connection, request)

    # A child process, so that a call that hangs is a failure.
    process = start("storm", rig.wire, serve(handle).url, calls, MAX_CONNECTIONS)
    status, output, errors = ended(process, seconds)
    assert 0 == status, errors
    outcomes = json.loads(output)
    assert calls == sum(outcomes.values())
    assert outcomes["interrupted"] > calls / 10, outcomes


@DEFAULT
def test_a_handler_that_raises(rig: Rig, serve: Serve) -> None:
    """After 300 calls, each interrupted at a random moment, no connection is lost and no lock is held."""
    interrupted_calls(rig, serve, 300, PATIENCE)


@DEFAULT
@pytest.mark.long
def test_a_handler_that_raises_ten_thousand_times(rig: Rig, serve: Serve) -> None:
    """The same holds after 10,000 calls."""
    interrupted_calls(rig, serve, 10_000, 120)
