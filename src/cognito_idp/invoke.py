"""The whole path of a call on one page, as a flow: struct, bytes, signature, exchange, retry, answer."""

from __future__ import annotations

import json
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any, TypeVar

from .convert import from_wire, to_wire
from .deadline import Deadline
from .errors import InvalidResponseError, ServiceError, TransportError
from .flow.effects import Flow, Send, Sleep
from .response import parse, request_id
from .sigv4 import sign
from .struct import Request, ResponseMetadata
from .wire import HttpRequest, HttpResponse, check_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .options import Options, Target
    from .retry import Retry
    from .wire import Headers

R = TypeVar("R")

CONTENT_TYPE = "application/x-amz-json-1.1"
TARGET_PREFIX = "AWSCognitoIdentityProviderService"
SERVICE = "cognito-idp"


def invoke(request: Request[R], options: Options) -> Flow[R]:
    """Call the operation that a request struct belongs to, and return its response struct with `metadata` set."""
    operation = request.operation
    data, metadata = yield from exchange(operation.name, to_wire(request), options, signed=operation.signed)
    try:
        response: R = from_wire(operation.response_type, data)
    except InvalidResponseError as error:
        problem = error.problem
    else:
        object.__setattr__(response, "metadata", metadata)
        return response
    raise InvalidResponseError(
        problem, status_code=metadata.status_code, request_id=metadata.request_id, operation=operation.name
    )


def exchange(
    operation: str, members: Mapping[str, Any], options: Options, *, signed: bool
) -> Flow[tuple[dict[str, Any], ResponseMetadata]]:
    """Send a JSON object to an operation, repeat it as the retry policy says, and return the answer's JSON object."""
    body = json.dumps(members).encode("ascii")
    target = options.target_for(members, signed=signed)
    headers = _headers(operation, target, options, body)
    deadline = Deadline(options.timeout.total, options.monotonic)
    attempt = 0
    retry: Retry | None = None
    while True:
        attempt += 1
        response: HttpResponse | None = None
        try:
            request = yield from _request(target, headers, body, options, deadline, attempt, signed=signed)
            response = yield Send(request)
            data = parse(response, operation)
        except (ServiceError, TransportError, InvalidResponseError) as error:
            error.attempts = attempt
            retry_after = None if response is None else _retry_after(response)
            retry = options.retry.after_failure(error, attempt, retry_after, options.random)
            deadline.check(operation, attempt, error, 0.0 if retry is None else retry.delay)
            if retry is None:
                raise
        else:
            options.retry.after_success(retry)
            return data, ResponseMetadata(
                request_id=request_id(response),
                status_code=response.status_code,
                attempts=attempt,
                headers=response.headers,
            )
        yield Sleep(retry.delay)


def _headers(operation: str, target: Target, options: Options, body: bytes) -> Headers:
    headers = (
        ("host", target.host),
        ("content-type", CONTENT_TYPE),
        ("content-length", str(len(body))),
        ("x-amz-target", f"{TARGET_PREFIX}.{operation}"),
        ("amz-sdk-invocation-id", options.new_id()),
        *options.headers,
    )
    check_headers(headers)
    return headers


def _request(
    target: Target, headers: Headers, body: bytes, options: Options, deadline: Deadline, attempt: int, *, signed: bool
) -> Flow[HttpRequest]:
    headers = (*headers, ("amz-sdk-request", f"attempt={attempt}; max={options.retry.max_attempts}"))
    if signed:
        credentials = yield from options.credentials.get()
        headers = sign(
            "POST",
            target.path,
            "",
            headers,
            body,
            credentials=credentials,
            amz_date=strftime("%Y%m%dT%H%M%SZ", gmtime(options.clock())),
            region=target.region or "",
            service=SERVICE,
        )
    remaining = deadline.remaining()
    limits = options.limits if remaining is None else options.timeout.limits(remaining, options.max_response_bytes)
    return HttpRequest("POST", target.url, headers, body, limits)


def _retry_after(response: HttpResponse) -> float | None:
    """Return the seconds that the service asks to wait: `x-amz-retry-after` holds whole milliseconds."""
    text = response.header("x-amz-retry-after")
    return int(text) / 1000 if text is not None and text.isascii() and text.isdigit() else None
