"""What a process does to a call: Ctrl-C, and fork."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.answers import answer, hang

from .processes import ended, start
from .wires import over

if TYPE_CHECKING:
    from tests.conftest import Serve

    from .rig import Rig

pytestmark = pytest.mark.slow


@over(lambda wire: not wire.is_async)
def test_ctrl_c(rig: Rig, serve: Serve) -> None:
    """Ctrl-C ends a sync call to a server that never answers."""
    server = serve(hang)
    process = start("interrupt", rig.wire, server.url)
    server.wait_for(lambda: len(server.requests) == 1)
    process.send_signal(signal.SIGINT)
    assert (3, "", "") == ended(process)
    server.wait_for(lambda: server.open == 0)


@over(lambda wire: wire.is_async)
@pytest.mark.long
def test_ctrl_c_in_an_event_loop(rig: Rig, serve: Serve) -> None:
    """Ctrl-C ends an async call to a server that never answers, as `asyncio.run` and `trio.run` do with any call."""
    server = serve(hang)
    process = start("interrupt", rig.wire, server.url)
    server.wait_for(lambda: len(server.requests) == 1)
    process.send_signal(signal.SIGINT)
    status, _, errors = ended(process)  # some libraries complain that their client was not closed
    assert 3 == status, errors
    server.wait_for(lambda: server.open == 0)


@over(lambda wire: wire.is_default and not wire.is_async)
def test_fork(rig: Rig, serve: Serve) -> None:
    """A client that called before `os.fork` works in both processes, and no connection serves both of them."""
    server = serve(answer())
    assert (0, "", "") == ended(start("fork", rig.wire, server.url))
    users: dict[int, set[int]] = {}
    for request in server.requests:
        users.setdefault(request.connection, set()).add(json.loads(request.body)["Process"])
    assert 4 == len(server.requests)
    assert {1} == {len(processes) for processes in users.values()}
    assert 2 == len(set.union(*users.values()))


@over(lambda wire: wire.is_default and wire.is_async)
@pytest.mark.long
def test_fork_between_event_loops(rig: Rig, serve: Serve) -> None:
    """The same holds for an async client whose processes each have an event loop of their own."""
    test_fork(rig, serve)


@over(lambda wire: not wire.is_default and not wire.is_async)
@pytest.mark.long
def test_fork_with_a_transport_of_ones_own(rig: Rig, serve: Serve) -> None:
    """A transport that a user brought along can't be made anew: it works while one process calls at a time.

    The async ones belong to one event loop, which no fork takes along.
    """
    assert (0, "", "") == ended(start("fork", rig.wire, serve(answer()).url))
