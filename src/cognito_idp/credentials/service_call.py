"""One call to another AWS service for a credential provider: sent, repeated a few times, read, and safe to show.

Services sometimes quote what they were sent. Whatever is secret in a request is therefore masked in the text of every
error that comes out of here, and no part of an answer's body is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .._errors import InvalidResponseError, ServiceError, TransportError, one_line
from .._flow.effects import send, sleep
from .._protocol.repeat import backoff, was_not_carried_out
from .._protocol.response import parse
from .._protocol.user_agent import LIBRARY
from .._protocol.wire import HttpRequest, Limits
from ..model.exceptions import service_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from .._flow.effects import Flow
    from .._protocol.repeat import Failure
    from .._protocol.wire import Headers, HttpResponse

R = TypeVar("R")

FAILURES: Final = (ServiceError, TransportError, InvalidResponseError)

_LIMITS = Limits(connect=5.0, read=20.0, write=20.0, total=30.0, max_response_bytes=256 * 1024)
_ATTEMPTS = 3
# STS answers so, with status 400, when it could not reach the identity provider; its API reference says to try again.
_PASSING_CODES = frozenset({"IDPCommunicationError", "IDPCommunicationErrorException"})
_LONGEST_MESSAGE = 500


class ServiceCall(NamedTuple):
    """A request, and what must be known to repeat it and to speak of its failure.

    `secrets` are the parts of the request that no error may show. `once` is true where the service takes what is sent
    only once (an MFA code, a refresh token), so that it must not be repeated after it may have been carried out.
    """

    operation: str
    request: HttpRequest
    secrets: tuple[str, ...]
    once: bool = False


def http_request(method: str, url: str, headers: Headers, body: bytes = b"") -> HttpRequest:
    """Return a request with the limits that calls for credentials have."""
    return HttpRequest(method, url, headers, body, _LIMITS)


def common_headers(host: str, body: bytes | None = None, content_type: str = "application/json") -> Headers:
    """Return the headers that every such request carries; those about the body only where there is one."""
    headers = (("host", host), ("accept-encoding", "identity"), ("user-agent", LIBRARY))
    if body is None:
        return headers
    return (*headers, ("content-type", content_type), ("content-length", str(len(body))))


def invoke_service(call: ServiceCall, read: Callable[[HttpResponse, str], R], random: Callable[[], float]) -> Flow[R]:
    """Send, and read the answer with `read(response, operation)`; repeat up to twice what may pass by itself.

    Raises:
        ServiceError, TransportError, InvalidResponseError: the last attempt's failure; none shows a secret.
    """

    def delay_after(outcome: R | Failure, attempt: int) -> float | None:
        if not isinstance(outcome, FAILURES) or not _may_repeat(outcome, call):
            return None
        return backoff(outcome, attempt, random)

    return repeated(lambda: _sent(call, read), _ATTEMPTS, delay_after)


def _sent(call: ServiceCall, read: Callable[[HttpResponse, str], R]) -> Flow[R | Failure]:
    try:
        response = yield from send(call.request)
        return read(response, call.operation)
    except FAILURES as error:
        return _without_secrets(error, call)


def repeated(
    attempt: Callable[[], Flow[R | Failure]], attempts: int, delay_after: Callable[[R | Failure, int], float | None]
) -> Flow[R]:
    """Run a flow that returns its result or its failure, and again where `delay_after` says in how many seconds.

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
    if isinstance(failure, ServiceError) and failure.code in _PASSING_CODES:
        return True
    return was_not_carried_out(failure) if call.once else failure.is_retryable


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


def masked(text: str, secrets: tuple[str, ...]) -> str:
    """Return the beginning of a text as one printable line, with every secret in it replaced by `***`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    line = one_line(text)
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}..."


def read_json(response: HttpResponse, operation: str) -> dict[str, Any]:
    """Read the answer of a service that speaks JSON.

    Raises:
        ServiceError: the answer is an error with a code.
        InvalidResponseError: the answer is not a JSON object.
    """
    return parse(response, operation, service_error)
