"""What a test of the suite holds: clients over one wire, and ways to make them call."""

from __future__ import annotations

import os
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from cognito_idp._flow.effects import send
from cognito_idp._protocol.tracebacks import clears_frames
from cognito_idp._protocol.wire import HttpRequest, Limits
from cognito_idp.errors import CognitoIdpError
from tests.support.hostile import MIB
from tests.support.kit import link_of
from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from contextlib import ExitStack

    from cognito_idp._protocol.wire import HttpResponse
    from tests.support.kit import Kit

    from .wires import Wire

GENEROUS = Limits(connect=PATIENCE, read=PATIENCE, write=PATIENCE, total=PATIENCE, max_response_bytes=MIB)


class Rig:
    """Makes clients of one kind over one transport, which are closed when the test ends."""

    def __init__(self, wire: Wire, kit: Kit, stack: ExitStack) -> None:
        self.wire = wire
        self.kit = kit
        self._stack = stack

    def client(self, url: str, **settings: Any) -> Any:
        """Make a client, without retries unless told otherwise."""
        settings.setdefault("retry", "off")
        verify = url.startswith("https:") and not self.wire.is_default and authorities()
        client = self.kit.client(endpoint_url=url, allow_http=True, transport=self.wire.make(verify), **settings)
        self._stack.callback(self.kit.close, client)
        return client

    def call(self, client: Any, **members: Any) -> Any:
        """Make a call, and return the answer's JSON object."""
        return self.kit.run(client.call, "ListUsers", members)

    def call_once(self, url: str, **settings: Any) -> Any:
        """Make one call with a client of its own, which is closed then."""
        client = self.client(url, **settings)
        try:
            return self.call(client)
        finally:
            self.kit.close(client)

    def failure(self, url: str, **settings: Any) -> Any:
        """Make one call as `call_once` does, and return what it raises, without the tracebacks."""
        try:
            answer = self.call_once(url, **settings)
        except CognitoIdpError as error:
            return without_tracebacks(error)
        msg = f"no failure, but {answer!r}"
        raise AssertionError(msg)

    def calls(self, client: Any, number: int) -> list[Any]:
        """Make so many calls at once, and return their answers, or the exceptions that they raised."""
        if self.wire.is_async:
            outcomes: list[Any] = self.kit.run(at_once, partial(client.call, "ListUsers"), number)
            return outcomes
        start = threading.Barrier(number)

        def one(_: int) -> Any:
            start.wait()
            try:
                return client.call("ListUsers")
            except Exception as error:  # noqa: BLE001 - the test looks at it
                return error

        with ThreadPoolExecutor(number) as pool:
            return list(pool.map(one, range(number)))

    def exchange(
        self,
        url: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"{}",
        limits: Limits = GENEROUS,
        client: Any = None,
    ) -> HttpResponse:
        """Hand a request to the driver under a client, as a flow in a public function of the library does."""
        client = client or self.client(url)
        driver = self.kit.run(link_of(client).open)
        host = url.partition("://")[2].partition("/")[0]
        request = HttpRequest("POST", url, (("host", host), ("content-length", str(len(body))), *headers), body, limits)
        response: HttpResponse = self.kit.run(clears_frames(driver.run), send(request))
        return response


def without_tracebacks(error: Exception) -> Exception:
    """Return an exception that holds nothing of what raised it, so that keeping it keeps nothing else."""
    part: BaseException | None = error
    while part is not None:
        part.__traceback__ = None
        part = part.__cause__ or part.__context__
    return error


def authorities() -> ssl.SSLContext:
    """Do what a user does for a transport of their own: trust the authorities that the environment names."""
    variables = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
    path = next((path for name in variables if (path := os.environ.get(name))), None)
    if path is None:
        return ssl.create_default_context()
    return ssl.create_default_context(capath=path) if Path(path).is_dir() else ssl.create_default_context(cafile=path)


async def at_once(call: Any, number: int) -> list[Any]:
    """Make so many calls at once, and return their answers, or the exceptions that they raised."""
    outcomes: list[Any] = []

    async def one() -> None:
        try:
            outcomes.append(await call())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            outcomes.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(one)
    return outcomes
