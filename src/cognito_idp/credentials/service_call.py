"""A credential provider's call to another AWS service, with retries and with errors that are safe to show.

Services sometimes quote the request. Every error from this module therefore masks the request's secrets, and keeps no
part of an answer's body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .._errors import InvalidResponseError, ServiceError, TransportError
from .._flow.effects import send, sleep
from .._protocol.redaction import masked
from .._protocol.repeat import backoff, is_retryable, was_not_carried_out
from .._protocol.response import parse
from .._protocol.user_agent import LIBRARY, trace_headers
from .._protocol.wire import HttpRequest, Limits
from ..model.exceptions import service_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from .._flow.effects import Flow
    from .._protocol.repeat import Failure
    from .._protocol.wire import Headers, HttpResponse
    from .provider import Context

R = TypeVar("R")

FAILURES: Final = (ServiceError, TransportError, InvalidResponseError)

_LIMITS = Limits(connect=5.0, read=20.0, write=20.0, total=30.0, max_response_bytes=256 * 1024)
ATTEMPTS = 3
# Failures that pass by themselves, besides throttles, transport errors and the statuses in `TRANSIENT_STATUSES`. STS
# returns these with status 400 if it could not reach the identity provider; the second kind also if it could not fetch
# the provider's keys. botocore retries the first kind, the SDK for Go both.
_PASSING_CODES = frozenset(
    f"{code}{suffix}" for code in ("IDPCommunicationError", "InvalidIdentityToken") for suffix in ("", "Exception")
)


class ServiceCall(NamedTuple):
    """A request, and what is needed to retry it and to report its failure.

    `secrets` are the parts of the request that no error may show. `once` is true if the service accepts the request
    only once (an MFA code, a refresh token): it must not be repeated if it may have been carried out.
    """

    operation: str
    request: HttpRequest
    secrets: tuple[str, ...]
    once: bool = False


def http_request(method: str, url: str, headers: Headers, body: bytes = b"") -> HttpRequest:
    """Return a request with the limits of a call for credentials."""
    return HttpRequest(method, url, headers, body, _LIMITS)


def common_headers(host: str, body: bytes | None = None, content_type: str = "application/json") -> Headers:
    """Return the headers of every request; those about the body only if there is one."""
    headers = (("host", host), ("accept-encoding", "identity"), ("user-agent", LIBRARY))
    if body is None:
        return headers
    return (*headers, ("content-type", content_type), ("content-length", str(len(body))))


def invoke_service(call: ServiceCall, read: Callable[[HttpResponse, str], R], context: Context) -> Flow[R]:
    """Send a request and return `read(response, operation)`; retry transient failures up to twice.

    On AWS Lambda it names the invocation, as the calls of a client do.

    Raises:
        ServiceError, TransportError, InvalidResponseError: the last attempt's failure; none shows a secret.
    """

    def delay_after(outcome: R | Failure, attempt: int) -> float | None:
        if not isinstance(outcome, FAILURES) or not _may_repeat(outcome, call):
            return None
        return backoff(outcome, attempt, context.random)

    headers = (*call.request.headers, *trace_headers(context.environ))
    call = call._replace(request=call.request._replace(headers=headers))
    return repeated(lambda: _sent(call, read), ATTEMPTS, delay_after)


def _sent(call: ServiceCall, read: Callable[[HttpResponse, str], R]) -> Flow[R | Failure]:
    request = call.request
    if call.once:
        request = request._replace(limits=request.limits.fresh())
    try:
        response = yield from send(request)
        return read(response, call.operation)
    except FAILURES as error:
        return _without_secrets(error, call)


def repeated(
    attempt: Callable[[], Flow[R | Failure]], attempts: int, delay_after: Callable[[R | Failure, int], float | None]
) -> Flow[R]:
    """Run a flow that returns a result or a failure, again and again while `delay_after` returns seconds to wait.

    Raises:
        ServiceError, TransportError, InvalidResponseError: the last attempt's failure.
    """
    number = 0
    while True:
        number += 1
        outcome = yield from attempt()
        delay = None if number >= attempts else delay_after(outcome, number)
        if delay is not None:
            yield from sleep(delay)
        elif isinstance(outcome, FAILURES):
            outcome.attempts = number
            raise outcome
        else:
            return outcome


def _may_repeat(failure: Failure, call: ServiceCall) -> bool:
    return was_not_carried_out(failure) if call.once else is_retryable(failure, _PASSING_CODES)


def _without_secrets(failure: Failure, call: ServiceCall) -> Failure:
    if isinstance(failure, ServiceError):
        return service_error(
            masked(failure.code, call.secrets),
            masked(failure.message, call.secrets),
            status_code=failure.status_code,
            request_id=failure.request_id,
            operation=call.operation,
            members={"error": failure.members.get("error")},
        )
    if isinstance(failure, InvalidResponseError):
        return InvalidResponseError(failure.problem, status_code=failure.status_code, operation=call.operation)
    return failure


def read_json(response: HttpResponse, operation: str) -> dict[str, Any]:
    """Return the JSON object in a service's answer.

    Raises:
        ServiceError: the answer is an error with a code.
        InvalidResponseError: the answer is not a JSON object.
    """
    return parse(response, operation, service_error)
