"""The sync adapter over any transport of httpx or httpx2: a plain request in, a plain response out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .._errors import ClientClosedError, DeadlineExceededError, TransportError
from .adapter import CLOSED
from .httpx_common import forget_surplus, incoming, outgoing
from .httpx_errors import failures_of, translated
from .proxies import origin_of

if TYPE_CHECKING:
    from .._protocol.wire import HttpRequest, HttpResponse
    from .httpx_errors import Library


class HttpxTransport:
    """Sends through an httpx transport. Threads may share it if they may share that transport."""

    def __init__(self, transport: Any, library: Library) -> None:
        """Take a transport, and the module whose requests it takes: `httpx` or `httpx2`."""
        self._transport = transport
        self._library = library
        self._failures = failures_of(library)
        self._closed = False
        self.name: str = library.__name__

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return its response.

        Raises:
            TransportError: no answer came.
            InvalidResponseError: the answer is larger than the limit, or compressed.
            ClientClosedError: `close` was called.
        """
        if self._closed:
            raise ClientClosedError(CLOSED)
        total = request.limits.total
        deadline = None if total is None else time.monotonic() + total
        try:
            sent = outgoing(self._library, request, self._library.ByteStream(request.body))
            response = self._transport.handle_request(sent)
            try:
                answer = incoming(response.status_code, response.headers.raw, request.limits.max_response_bytes)
                for chunk in response.stream:
                    answer.add(chunk)
                    del chunk  # a user's transport runs below
                    if deadline is not None and time.monotonic() > deadline:
                        msg = f"{origin_of(request.url).shown}: the answer was still coming after {total:g} s"
                        raise DeadlineExceededError(msg)
                forget_surplus(response)
            finally:
                response.close()
        except TransportError:
            # Already one of ours: a `TimeoutError_` is also an OSError.
            raise
        except self._failures as error:
            host = origin_of(request.url).shown
            failure = translated(self._library, error, host)
            is_over = deadline is not None and time.monotonic() >= deadline
            if is_over and isinstance(error, self._library.TimeoutException):
                cause = failure.__cause__
                failure = DeadlineExceededError(f"{host}: no whole answer within {total:g} s")
                failure.__cause__ = cause
        else:
            return answer.finish()
        raise failure

    def renew(self) -> None:
        """Use no connection again that there is now; a user's transport has to know how, by a method `renew`."""
        renew = getattr(self._transport, "renew", None)
        if renew is not None:
            renew()

    def close(self) -> None:
        """Close all connections, including those that other threads are using."""
        self._closed = True
        self._transport.close()
