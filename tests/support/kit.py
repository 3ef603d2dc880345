"""One test for the sync and the async client: a `Kit` makes clients of one kind and runs what they do to its end."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import attrs
import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from cognito_idp import AsyncClient, Client, Credentials
from cognito_idp._call.base_client import Link
from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._transport import make_async_transport, make_transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cognito_idp._flow.effects import Flow
    from cognito_idp._protocol.wire import HttpRequest, HttpResponse

R = TypeVar("R")

KINDS = ("sync", "asyncio", "trio")
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


class FakeTime:
    """A clock that moves only when somebody waits; it remembers how long they waited."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Wait for no time at all."""
        self.waits.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        """Wait for no time at all."""
        self.sleep(seconds)


class FunctionTransport:
    """A transport for drivers that calls a function."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self._respond = respond

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return what the function returns."""
        return self._respond(request)


class AsyncFunctionTransport:
    """A transport for async drivers that calls a function, after giving way to other tasks."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self._respond = respond

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return what the function returns."""
        await anyio.lowlevel.checkpoint()
        return self._respond(request)


def options_of(client: Any) -> Any:
    """Return the `Options` that a client worked out from its settings."""
    return client._options


def with_options(client: Any, **changes: Any) -> Any:
    """Give a client other fields of its options, also those that it offers no argument for; return the client."""
    client._options = client._options._replace(**changes)
    return client


def with_transport(client: Any, connect: Callable[[], tuple[Any, Any]]) -> Any:
    """Have a client send through what `connect` makes, a transport and its driver; return the client."""
    client._link = Link(connect, transport=True)
    return client


def link_of(client: Any) -> Any:
    """Return the `Link` that ties a client to its transport."""
    return client._link


def refuse(request: HttpRequest) -> HttpResponse:
    """Stand for the network where a flow must not send."""
    msg = f"nothing must be sent here: {request!r}"
    raise AssertionError(msg)


@attrs.frozen
class Kit:
    """The tools of one kind: `sync`, `asyncio` or `trio`."""

    kind: str
    _portal: BlockingPortal | None
    _over_the_network: list[Any] = attrs.field(factory=list, init=False, repr=False)

    def run(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a function of a client; if it is an async one, run it to its end on the kit's event loop."""
        if self._portal is None:
            return function(*arguments, **named)
        return self._portal.call(partial(function, *arguments, **named))

    def flow(
        self,
        flow: Flow[R],
        *,
        respond: Callable[[HttpRequest], HttpResponse] = refuse,
        time: FakeTime | None = None,
    ) -> R:
        """Run a flow through this kind's driver, with a function for the network and a fake time to sleep in."""
        time = time or FakeTime()
        if self._portal is None:
            return Driver(FunctionTransport(respond), time.sleep).run(flow)
        result: R = self._portal.call(AsyncDriver(AsyncFunctionTransport(respond), time.sleep_async).run, flow)
        return result

    def client(
        self,
        region: str | None = "us-east-1",
        *,
        respond: Callable[[httpx.Request], httpx.Response] | None = None,
        time: FakeTime | None = None,
        options: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Any:
        """Make a client of this kind.

        `respond` stands for the network (None: the real one); `time` for its sleeps and its monotonic clock; `options`
        are fields of `Options` that the client itself offers no argument for.
        """
        settings.setdefault("credentials", CREDENTIALS)
        transport: Any = settings.pop("transport", None) if respond is None else httpx.MockTransport(respond)
        client: Any = (Client if self._portal is None else AsyncClient)(region, transport=transport, **settings)
        if respond is None:
            self._over_the_network.append(client)
        changes = {} if time is None else {"monotonic": time.monotonic}
        with_options(client, **changes, **(options or {}))
        if time is not None:
            with_transport(client, partial(self._connected, transport, time))
        return client

    def _connected(self, transport: Any, time: FakeTime) -> tuple[Any, Any]:
        if self._portal is None:
            adapter = make_transport(transport)
            return adapter, Driver(adapter, time.sleep)
        async_adapter = make_async_transport(transport)
        return async_adapter, AsyncDriver(async_adapter, time.sleep_async)

    def end(self) -> None:
        """Close the clients that may hold connections."""
        while self._over_the_network:
            self.close(self._over_the_network.pop())

    def close(self, client: Any) -> None:
        """Close a client."""
        self.run(client.close if self._portal is None else client.aclose)

    def collect(self, iterator: Any) -> list[Any]:
        """Return everything that an iterator of a client yields."""
        if self._portal is None:
            return list(iterator)
        collected: list[Any] = self._portal.call(_collect, iterator)
        return collected

    def first(self, iterator: Any, number: int) -> list[Any]:
        """Return the first things that an iterator of a client yields, and leave it there."""
        if self._portal is None:
            return [next(iterator) for _ in range(number)]
        collected: list[Any] = self._portal.call(_first, iterator, number)
        return collected


async def _collect(iterator: Any) -> list[Any]:
    return [each async for each in iterator]


async def _first(iterator: Any, number: int) -> list[Any]:
    collected = [await anext(iterator) for _ in range(number)]
    await iterator.aclose()
    return collected


@contextmanager
def kit_of(kind: str) -> Iterator[Kit]:
    """Make the kit of a kind, with an event loop in a thread of its own where one is needed."""
    if kind == "sync":
        kit = Kit(kind, None)
        yield kit
        kit.end()
        return
    with start_blocking_portal(kind) as portal:
        kit = Kit(kind, portal)
        yield kit
        kit.end()
