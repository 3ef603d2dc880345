"""Each answer is the one for its request, whatever became of the other calls."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._protocol.wire import HttpRequest, HttpResponse
from cognito_idp._transport import make_async_transport, make_transport
from cognito_idp.errors import TimeoutError_
from tests.support.answers import answer
from tests.support.server import Server
from tests.transport.behaviour.rig import GENEROUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import Connection, Received

pytestmark = pytest.mark.slow

TASKS, THREADS = 200, 16
FEW = 600
CALLS = pytest.mark.parametrize("calls", [FEW, pytest.param(20_000, marks=pytest.mark.long)])
ENGINES = pytest.mark.parametrize("engine", ["stdlib", "httpx"])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Start a server that answers with the user name of each request."""

    def echo(connection: Connection, request: Received) -> None:
        name = json.loads(request.body)["AuthParameters"]["USERNAME"]
        answer(json.dumps({"ChallengeParameters": {"USERNAME": name}}).encode())(connection, request)

    with Server(echo) as server:
        yield server.url


def question(url: str, name: str, total: float = GENEROUS.total or 0) -> HttpRequest:
    """Return a request that names somebody; the names are of many lengths."""
    body = json.dumps({"AuthParameters": {"USERNAME": name}}).encode()
    headers = (("host", url.split("/")[2]), ("content-length", str(len(body))))
    return HttpRequest("POST", url, headers, body, GENEROUS._replace(total=total))


def name_in(response: HttpResponse) -> Any:
    """Return whom an answer names."""
    return json.loads(response.body)["ChallengeParameters"]["USERNAME"]


def names_of(worker: int, number: int, chance: random.Random) -> list[str]:
    """Return the names that a worker asks for."""
    return [f"{worker}.{call}." + "x" * int(10 ** chance.uniform(0, 4)) for call in range(number)]


async def cancelled(transport: Any, request: HttpRequest, turns: int) -> HttpResponse | None:
    """Cancel a call after some turns of the loop; None if that came before its answer."""
    task = asyncio.ensure_future(transport.send(request))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait((task,))
    return None if task.cancelled() else task.result()


@CALLS
@ENGINES
def test_tasks(url: str, engine: Any, calls: int) -> None:
    """Of 200 tasks that cancel calls, let them time out, and repeat them, each gets the answers to its own."""
    outcomes: Counter[str] = Counter()

    async def work(transport: Any, worker: int) -> None:
        chance = random.Random(worker)
        for name in names_of(worker, calls // TASKS, chance):
            fate, response = chance.random(), None
            try:
                if fate < 0.3:
                    response = await cancelled(transport, question(url, name), int(2 ** chance.uniform(0, 6)))
                    outcomes["cancelled"] += response is None
                elif fate < 0.6:
                    response = await transport.send(question(url, name, 10 ** chance.uniform(-4, -1)))
            except TimeoutError_:
                outcomes["late"] += 1
            if response is None:
                response = await transport.send(question(url, name))
            assert name == name_in(response)
            outcomes["answered"] += 1

    async def main() -> None:
        transport = make_async_transport(engine)
        await asyncio.gather(*(work(transport, worker) for worker in range(TASKS)))
        await transport.close()

    asyncio.run(main())
    assert {"answered", "cancelled", "late"} == set(outcomes)
    assert calls <= outcomes["answered"]


@CALLS
@ENGINES
def test_threads(url: str, engine: Any, calls: int) -> None:
    """Of 16 threads that let calls time out, and repeat them, each gets the answers to its own."""
    transport = make_transport(engine)

    def work(worker: int) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        chance = random.Random(worker)
        for name in names_of(worker, calls // THREADS + 1, chance):
            response = None
            try:
                if chance.random() < 0.5:
                    response = transport.send(question(url, name, 10 ** chance.uniform(-4, -1)))
            except TimeoutError_:
                outcomes["late"] += 1
            if response is None:
                response = transport.send(question(url, name))
            assert name == name_in(response)
            outcomes["answered"] += 1
        return outcomes

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = sum(pool.map(work, range(THREADS)), Counter())
    transport.close()
    assert calls <= outcomes["answered"]
    assert outcomes["late"] > 0
