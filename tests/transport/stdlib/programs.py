"""The programs of `test_life.py`: `python -m tests.transport.stdlib.programs NAME URL`. They close no client."""

from __future__ import annotations

import asyncio
import atexit
import gc
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

from cognito_idp import AsyncClient, Client, Credentials

if TYPE_CHECKING:
    from collections.abc import Callable


# The client's own warning, which it gives here with good reason.
warnings.filterwarnings("ignore", "unclosed (Async)?Client", ResourceWarning)


def made(cls: Any, url: str) -> Any:
    """Make a client over the library's own engine."""
    return cls("us-east-1", credentials=Credentials("AKIDEXAMPLE", "secret"), endpoint_url=url, transport="stdlib")


def in_threads(work: Callable[[], Any], number: int = 6) -> None:
    """Do something in so many threads, one after the other, each of which ends; then in as many at once."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised in the main thread
            failures.append(error)

    for _ in range(number):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def threads(url: str) -> None:
    """Call from threads, over one client and over one for each; then from the main thread, and at exit."""
    client = made(Client, url)
    in_threads(lambda: client.call("ListUsers"))
    in_threads(lambda: made(Client, url).call("ListUsers") and gc.collect())
    client.call("ListUsers")
    atexit.register(client.call, "ListUsers")


async def calls(client: Any) -> None:
    """Make some calls at once, then one."""
    await asyncio.gather(*(client.call("ListUsers") for _ in range(4)))
    await client.call("ListUsers")


def loops(url: str) -> None:
    """Call from event loops in threads, in turn and at once, over one client and over one for each."""
    client = made(AsyncClient, url)
    in_threads(lambda: asyncio.run(calls(client)))
    in_threads(lambda: asyncio.run(calls(made(AsyncClient, url))))
    for _ in range(3):
        asyncio.run(calls(client))


def dropped(url: str) -> None:
    """Drop clients while their loop goes on, and have them collected."""

    async def main() -> None:
        for _ in range(5):
            await calls(made(AsyncClient, url))
            gc.collect()
            await asyncio.sleep(0)

    asyncio.run(main())


def cancelled(url: str) -> None:
    """End an event loop while calls are under way."""
    client = made(AsyncClient, url)

    async def main() -> None:
        tasks = [asyncio.ensure_future(client.call("ListUsers")) for _ in range(20)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    for _ in range(3):
        asyncio.run(main())


PROGRAMS = {program.__name__: program for program in (threads, loops, dropped, cancelled)}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](sys.argv[2])
