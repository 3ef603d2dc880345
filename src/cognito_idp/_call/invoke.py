"""The whole path of a call as a flow: struct, bytes, signature, exchange, retry, answer."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import InvalidResponseError, ServiceError, TransportError, WaitedTooLongError
from .._flow.effects import Flow, Send, Sleep
from .._protocol.endpoint import SERVICE
from .._protocol.redaction import Opaque
from .._protocol.repeat import why_once
from .._protocol.response import parse, request_id
from .._protocol.sigv4 import amz_date, sign
from .._protocol.tracebacks import clear_frames
from .._protocol.wire import CONTENT_TYPE, TARGET_PREFIX, HttpRequest, HttpResponse
from .._structs.convert import read_struct, to_wire
from .._structs.struct import Request, ResponseMetadata
from .attempts import Attempts
from .deadline import Deadline
from .remedies import Remedies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._errors import Fault
    from .._protocol.endpoint import Target
    from .._protocol.wire import Headers, Limits, Operation
    from .options import Options
    from .watch import Watch

R = TypeVar("R")

_LATE = "the call's time limit passed while credentials were being loaded"


def invoke(request: Request[R], options: Options) -> Flow[R]:
    """Call the operation of a request struct, and return its response struct with `metadata` set."""
    watch = options.watch(request.operation.name)
    return watch.over(_invoked(request, options, watch))


def _invoked(request: Request[R], options: Options, watch: Watch) -> Flow[R]:
    operation = request.operation
    try:
        data, metadata = yield from exchange(operation.name, to_wire(request), options, watch, signed=operation.signed)
    except ServiceError as error:
        from .names import add_value_hints

        add_value_hints(error, request)
        raise
    response: R
    read = read_struct(operation.response_type, data)
    if read is not None:
        response = read
    else:
        from .._structs.salvage import salvaged

        # An observer runs below, so the answer is not in a variable here.
        box, faults = salvaged(operation.response_type, data)
        del data
        _check_pages(operation, faults, metadata)
        for member, problem in dict.fromkeys((fault.member, fault.problem) for fault in faults):
            watch.member_unreadable(member, problem)
        response = box.value
    object.__setattr__(response, "metadata", metadata)
    return response


def _check_pages(operation: Operation[Any], faults: tuple[Fault, ...], metadata: ResponseMetadata) -> None:
    """Refuse a page without its items or the token of the next page: it would look like the end of the list.

    Raises:
        InvalidResponseError: one of them can't be read.
    """
    pages = operation.pages
    if pages is None:
        return
    for fault in faults:
        if fault.path in (pages.output_token, pages.result):
            unreadable = InvalidResponseError(
                f"{operation.response_type.__name__}: {fault.problem} @ $.{fault.path}",
                status_code=metadata.status_code,
                request_id=metadata.request_id,
                operation=operation.name,
            )
            unreadable.attempts = metadata.attempts
            raise unreadable


def exchange(
    operation: str, members: Mapping[str, Any], options: Options, watch: Watch, *, signed: bool
) -> Flow[tuple[dict[str, Any], ResponseMetadata]]:
    """Send a JSON object to an operation, retry as the policy says, and return the answer's JSON object."""
    # Observers, retry policies and credential providers run below this frame, so no variable here holds a secret.
    body = Opaque(json.dumps(members).encode("ascii"))
    target = options.target_for(members, signed=signed)
    is_repeatable = why_once(operation, members) is None
    del members
    call_id = options.new_id()
    headers = _headers(operation, target, options, len(body.value), call_id)
    if options.invocation is not None:
        headers = (*headers, *options.invocation_headers())
    watch.call_started(call_id, target)
    deadline = Deadline(options.timeout.total, options.monotonic)
    limits = options.limits_of(operation, is_repeatable=is_repeatable)
    remedies = Remedies(options, watch)
    request = partial(_request, target, headers, body, remedies, deadline, limits=limits, signed=signed)
    read = partial(parse, operation=operation, service_error=_service_error)
    return (yield from answered(operation, request, read, remedies, watch, deadline, is_repeatable=is_repeatable))


def answered(
    operation: str,
    request: Callable[[int], Flow[HttpRequest]],
    read: Callable[[HttpResponse], R],
    remedies: Remedies,
    watch: Watch,
    deadline: Deadline,
    *,
    is_repeatable: bool,
) -> Flow[tuple[R, ResponseMetadata]]:
    """Send the request of each attempt, counted from 1, until one is answered or the policy gives up.

    `read` turns the answer into the result, or raises what the answer stands for.
    """
    handled = sys.exception()
    attempts = Attempts(operation, remedies.options, deadline, is_repeatable=is_repeatable)
    try:
        while True:
            while (seconds := attempts.wait()) > 0:
                yield Sleep(seconds)
            response: HttpResponse | None = None
            try:
                prepared = yield from request(attempts.number)
                watch.attempt_started(attempts.number)
                attempts.sent()
                answer: HttpResponse = yield Send(prepared)
                response = answer
                data = Opaque(read(answer))
            except (ServiceError, TransportError, InvalidResponseError) as failure:
                clear_frames(failure, handled)
                attempts.failed(failure)
                watch.attempt_ended(response, failure)
                attempts.check_time(failure)
                if not deadline.is_over() and (yield from deadline.bound(remedies.apply(failure, response))):
                    attempts.again_at_once(failure)
                    watch.retry_scheduled(0.0, failure)
                    continue
                delay = attempts.again(failure, None if response is None else _retry_after(response))
                if delay is None:
                    raise
                watch.retry_scheduled(delay, failure)
            else:
                watch.attempt_ended(answer, None)
                attempts.succeeded()
                return data.value, ResponseMetadata(
                    request_id=request_id(answer),
                    status_code=answer.status_code,
                    attempts=attempts.number,
                    headers=answer.headers,
                )
    finally:
        attempts.end()


def _headers(operation: str, target: Target, options: Options, size: int, call_id: str) -> Headers:
    return (
        ("host", target.host),
        ("content-type", CONTENT_TYPE),
        ("content-length", str(size)),
        ("x-amz-target", f"{TARGET_PREFIX}.{operation}"),
        ("amz-sdk-invocation-id", call_id),
        *options.headers,
    )


def _request(
    target: Target,
    headers: Headers,
    body: Opaque[bytes],
    remedies: Remedies,
    deadline: Deadline,
    attempt: int,
    *,
    limits: Limits,
    signed: bool,
) -> Flow[HttpRequest]:
    options = remedies.options
    headers = (*headers, ("amz-sdk-request", f"attempt={attempt}; max={options.retry.max_attempts}"))
    credentials = None
    if signed:
        credentials = yield from deadline.bound(remedies.credentials())
        if deadline.is_over():
            raise WaitedTooLongError(_LATE)
    if options.own_headers is not None:
        headers = (*headers, *options.own_headers.value)
    if credentials is not None:
        headers = sign(
            "POST",
            target.path,
            "",
            headers,
            body.value,
            credentials=credentials,
            amz_date=amz_date(int(remedies.now())),
            region=target.region or "",
            service=SERVICE,
        )
    return HttpRequest("POST", target.url, headers, body.value, deadline.shortened(limits))


def _service_error(*args: Any, **facts: Any) -> ServiceError:
    # Loaded for the first error: its 90 classes take a cold start 3 ms.
    from ..model.exceptions import service_error

    return service_error(*args, **facts)


# More digits of milliseconds than this would be months.
_DIGITS = 10


def _retry_after(response: HttpResponse) -> float | None:
    """Return how many seconds the service asks us to wait; `x-amz-retry-after` holds whole milliseconds."""
    text = response.header("x-amz-retry-after")
    return int(text) / 1000 if text is not None and text.isascii() and text.isdigit() and len(text) < _DIGITS else None
