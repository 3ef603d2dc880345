"""Warm-up: what a first call would do once on the network, done when a program starts."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .._errors import InvalidResponseError
from .._flow.effects import send
from .._protocol.wire import HttpRequest
from .deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Collection

    from .._flow.effects import Flow
    from .._structs.struct import Request
    from .options import Options


def warm_up(requests: Collection[type[Request[Any]]], options: Options) -> Flow[None]:
    """Load credentials if any of the operations is signed, and open a connection.

    If there is no operation, credentials are loaded too. An unsigned, empty `GET /` opens the connection. Whatever the
    answer, the connection stays open for the first call.

    Raises:
        NoRegionError: the client has no region.
        CredentialsError: there are no credentials.
        TransportError: no connection could be made.
    """
    signed = not requests or any(request.operation.signed for request in requests)
    target = options.target_for({}, signed=signed)
    deadline = Deadline(options.timeout.total, options.monotonic)
    if signed:
        yield from deadline.bound(options.credentials.get())
    headers = (("host", target.host), *options.headers)
    opening = HttpRequest("GET", target.url, headers, b"", deadline.shortened(options.limits))
    with suppress(InvalidResponseError):  # any answer proves that the connection works
        yield from send(opening)
