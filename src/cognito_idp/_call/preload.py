"""Warm-up: do the first call's one-time work when a program starts, such as a Lambda function."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .._errors import ConfigError, InvalidResponseError
from .._flow.effects import send
from .._protocol.wire import HttpRequest
from .._structs.convert import make_hooks
from .._structs.struct import Request
from ..model.index import load_type
from .deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._flow.effects import Flow
    from .options import Options


def warm_up(operations: Iterable[str | type[Request[Any]]], options: Options) -> Flow[None]:
    """Make the hooks of operations, load credentials if any of them is signed, and open a connection.

    If you name no operation, credentials are loaded too. An unsigned, empty `GET /` opens the connection. Whatever the
    answer, the connection stays open for the first call.

    Raises:
        ConfigError: no operation has this name.
        NoRegionError: the client has no region.
        CredentialsError: there are no credentials.
        TransportError: no connection could be made.
    """
    requests = [_request_type(operation) for operation in operations]
    for request in requests:
        make_hooks(request)
        make_hooks(request.operation.response_type)
    signed = not requests or any(request.operation.signed for request in requests)
    target = options.target_for({}, signed=signed)
    deadline = Deadline(options.timeout.total, options.monotonic)
    if signed:
        yield from deadline.bound(options.credentials.get())
    headers = (("host", target.host), *options.headers)
    opening = HttpRequest("GET", target.url, headers, b"", deadline.shortened(options.limits))
    with suppress(InvalidResponseError):  # any answer proves that the connection works
        yield from send(opening)


def _request_type(operation: str | type[Request[Any]]) -> type[Request[Any]]:
    if isinstance(operation, type) and issubclass(operation, Request) and hasattr(operation, "operation"):
        return operation
    try:
        request_type: type[Request[Any]] = load_type(f"{operation}Request")
    except KeyError:
        from .._protocol.spelling import did_you_mean
        from .names import operation_meant

        msg = f"{operation!r} is not an operation; name one as AWS does ('InitiateAuth'), or pass its request struct"
        msg += did_you_mean(operation_meant(operation))
        raise ConfigError(msg) from None
    return request_type
