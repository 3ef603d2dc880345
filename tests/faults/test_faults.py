"""Thousands of calls to a server that fails them in every way: each ends, leaves nothing behind, and fails as ours."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from cognito_idp import AsyncClient, Client
from cognito_idp.errors import CognitoIdpError
from tests.support.hostile import BEHAVIOUR, as_asked
from tests.support.server import Server
from tests.transport.behaviour.rig import without_tracebacks
from tests.transport.behaviour.wires import WIRES, params

from .census import grown, open_files, threads
from .faults import UNKNOWN_HOST, NoWaiting, Rotation, faults, plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.transport.behaviour.wires import Wire

    from .faults import Fault

pytestmark = pytest.mark.slow

THREADS = 8
TASKS = 20
# 10,000 calls in all, whatever libraries are there to share them.
CALLS = 10_000 // len(WIRES) + 1
FEW = 60


def settings(wire: Wire, url: str, rotation: Rotation) -> dict[str, Any]:
    """Return the arguments of a client."""
    return {
        "credentials": rotation.credentials,
        "endpoint_url": url,
        "allow_http": True,
        "retry": NoWaiting(),
        "transport": wire.make(False),
    }


def storm(wire: Wire, url: str, rotation: Rotation, known: Mapping[str, Fault], names: list[str]) -> list[object]:
    """Call once for each name, eight threads at a time, and return what came: None for an answer, or the exception."""
    with (
        Client("us-east-1", **settings(wire, url, rotation)) as client,
        Client("us-east-1", **settings(wire, UNKNOWN_HOST, rotation)) as lost,
        ThreadPoolExecutor(THREADS) as pool,
    ):

        def one(name: str) -> object:
            caller = (lost if name == UNKNOWN_HOST else client).with_options(timeout=known[name].timeout)
            try:
                caller.call("ListUsers", {BEHAVIOUR: name})
            except Exception as error:  # noqa: BLE001 - the test looks at it
                return without_tracebacks(error)
            return None

        return list(pool.map(one, names))


async def async_storm(
    wire: Wire, url: str, rotation: Rotation, known: Mapping[str, Fault], names: list[str]
) -> list[object]:
    """Do the same with twenty tasks at a time, none of which is left in the end."""
    outcomes: list[object] = [None] * len(names)
    numbered = iter(enumerate(names))
    before = living()
    async with (
        AsyncClient("us-east-1", **settings(wire, url, rotation)) as client,
        AsyncClient("us-east-1", **settings(wire, UNKNOWN_HOST, rotation)) as lost,
        anyio.create_task_group() as tasks,
    ):

        async def work() -> None:
            for place, name in numbered:
                caller = (lost if name == UNKNOWN_HOST else client).with_options(timeout=known[name].timeout)
                try:
                    await caller.call("ListUsers", {BEHAVIOUR: name})
                except Exception as error:  # noqa: BLE001 - the test looks at it
                    outcomes[place] = without_tracebacks(error)

        for _ in range(TASKS):
            tasks.start_soon(work)
    # asyncio closes the generators of httpx that a broken answer leaves behind in tasks of its own.
    await anyio.wait_all_tasks_blocked()
    assert before == living()
    return outcomes


def living() -> int:
    """Count the tasks of the running event loop, trio's system tasks included."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        import trio

        return trio.lowlevel.current_statistics().tasks_living


def run(wire: Wire, server: Server, rotation: Rotation, known: Mapping[str, Fault], number: int) -> None:
    """Run a storm, and look at how each call ended and at what the server still holds."""
    names = plan(known, number)
    if wire.is_async:
        outcomes = anyio.run(async_storm, wire, server.url, rotation, known, names, backend=wire.kind)
    else:
        outcomes = storm(wire, server.url, rotation, known, names)
    assert number == len(outcomes)
    failures = [outcome for outcome in outcomes if outcome is not None]
    assert [] == [failure for failure in failures if not isinstance(failure, CognitoIdpError)]
    unexplained = [pair for pair in zip(names, outcomes, strict=True) if not known[pair[0]].explains(pair[1])]
    assert [] == unexplained
    server.wait_for(lambda: server.open == 0)


@pytest.mark.parametrize("wire", params(usual=lambda wire: wire.is_default and wire.kind != "trio"))
@pytest.mark.parametrize(
    "number", [FEW, pytest.param(CALLS, marks=pytest.mark.long)], ids=["few", "10,000 over all transports"]
)
def test_every_fault(wire: Wire, number: int) -> None:
    """Every call ends within its limit, every failure is one of ours, and no socket, file, thread or task stays."""
    rotation = Rotation()
    known = faults(rotation)
    with Server(as_asked({name: fault.handler for name, fault in known.items()})) as server:
        # Once before counting: what a library keeps for the life of the process is there then.
        run(wire, server, rotation, known, FEW)
        files_before, threads_before = open_files(), threads()
        run(wire, server, rotation, known, number)
        assert {} == grown(files_before, open_files)
        assert {} == grown(threads_before, threads)
