"""The sync adapter over pyreqwest's own sync client: a plain request in, a plain response out."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from pyreqwest.client import SyncClient, SyncClientBuilder
from pyreqwest.exceptions import PyreqwestError

from ..errors import ClientClosedError
from .adapter import CLOSED
from .interruptible import Interruptible
from .pyreqwest_common import Clients, ForkedError, builder_of, incoming
from .pyreqwest_errors import translated
from .routes import MAX_CONNECTIONS

if TYPE_CHECKING:
    from pyreqwest.request import SyncStreamRequest

    from ..wire import HttpRequest, HttpResponse
    from .adapter import Adapter
    from .pyreqwest_common import Made


class PyreqwestTransport:
    """Sends through pyreqwest. Threads may share it.

    Ctrl-C ends a call at once; its exchange goes on by itself until its answer or one of its limits.

    pyreqwest's threads don't outlive a fork: a process that was forked after the first call sends through httpx.
    """

    def __init__(self) -> None:
        """Make no client yet."""
        self._closed = False
        self._outlived: list[Any] = []
        self._begin()

    def _begin(self) -> None:
        self._clients: Clients[SyncClient] = Clients(SyncClientBuilder, MAX_CONNECTIONS)
        self._interruptible = Interruptible()
        self._instead: Adapter | None = None
        # Last: a thread that sees this process's id takes the rest for this process's, too.
        self._process = os.getpid()

    @property
    def name(self) -> str:
        """The library in use."""
        return "pyreqwest" if self._instead is None else self._instead.name

    def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange a request for its response.

        Raises:
            TransportError: no answer came.
            InvalidResponseError: the answer is larger than the limit, or compressed.
            ClientClosedError: `close` was called.
        """
        if self._closed:
            raise ClientClosedError(CLOSED)
        if os.getpid() != self._process:
            # Never dropped: what they hold belongs to threads that are not there.
            self._outlived.append((self._clients, self._interruptible, self._instead))
            self._begin()
        instead = self._instead
        if instead is None:
            try:
                made = self._clients.for_request(request)
            except ForkedError:
                from . import make_transport

                instead = self._instead = make_transport("httpx")
            else:
                return self._interruptible.run(_exchange, (made, request))
        return instead.send(request)

    def close(self) -> None:
        """Fail all calls, those of other threads too, and close all idle connections.

        An exchange that was under way goes on by itself until its answer or one of its limits.
        """
        self._closed = True
        if os.getpid() != self._process:
            return
        clients = self._clients.drop()
        while clients:
            clients.pop().close()
        if self._instead is not None:
            self._instead.close()


def _exchange(job: tuple[Made[SyncClient], HttpRequest]) -> HttpResponse:
    made, request = job
    limits = request.limits
    started = 0.0 if limits.total is None else time.monotonic()
    try:
        enter, leave = _ends(builder_of(made, request).build_streamed())
        response = enter()
        try:
            answer = incoming(response, limits.max_response_bytes)
            if answer.is_bounded:
                answer.add(response.bytes().to_bytes())
            else:
                read = response.body_reader.read_chunk
                while (chunk := read()) is not None:
                    answer.add(chunk.to_bytes())
        except BaseException:
            leave(None, None, None)
            raise
    except PyreqwestError as error:
        raise translated(error, request, started) from error
    return answer.finish()


def _ends(exchange: SyncStreamRequest) -> tuple[Any, Any]:
    """Return how an exchange begins and ends.

    The object itself is let go of: error reporters print the local variables of every frame, and it shows its headers.
    """
    return exchange.__enter__, exchange.__exit__
