"""One sync client in the hands of many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from cognito_idp import Client
from tests.support.answers import answer
from tests.support.kit import CREDENTIALS

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.server import Connection, Received

THREADS = 8


def echo(connection: Connection, request: Received) -> None:
    """Answer with what came."""
    answer(request.body)(connection, request)


def test_eight_threads_share_a_client(serve: Serve) -> None:
    """Of 200 calls from 8 threads each gets its own answer, over at most 8 connections, which close with the client."""
    server = serve(echo)
    start = threading.Barrier(THREADS)
    with Client("us-east-1", credentials=CREDENTIALS, endpoint_url=server.url, retry="off") as client:

        def work(thread: int) -> list[dict[str, Any]]:
            start.wait()  # the first calls come at once: together they must make one transport
            return [client.call("ListUsers", {"Limit": thread * 1000 + number}) for number in range(25)]

        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(work, range(THREADS)))
        assert server.accepted <= THREADS
    assert [[{"Limit": thread * 1000 + number} for number in range(25)] for thread in range(THREADS)] == answers
    server.wait_for(lambda: server.open == 0)
