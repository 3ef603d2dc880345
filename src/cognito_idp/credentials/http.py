"""Requests to endpoints on the machine itself (container, instance metadata): short timeouts, few attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .._errors import TRANSIENT_STATUSES, CredentialsError, InvalidResponseError, ServiceError, TransportError
from .._flow.effects import send
from .._protocol.endpoint import Endpoint
from .._protocol.response import parse
from .._protocol.wire import HttpRequest, HttpResponse, Limits
from ..model.exceptions import service_error
from .service_call import common_headers, masked, repeated

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .._protocol.repeat import Failure
    from .._protocol.wire import Headers

_MAX_RESPONSE_BYTES: Final = 64 * 1024


def local_request(method: str, url: str, timeout: float, headers: Headers = ()) -> HttpRequest:
    """Return a request without a body. Each step may take `timeout` seconds, and all of them together twice that."""
    length = () if method == "GET" else (("content-length", "0"),)
    return HttpRequest(
        method,
        url,
        (*common_headers(Endpoint(url, None).host), *length, *headers),
        b"",
        Limits(timeout, timeout, timeout, 2 * timeout, _MAX_RESPONSE_BYTES),
    )


def fetch(request: HttpRequest, *, attempts: int, pause: float) -> Flow[HttpResponse]:
    """Send a request; retry after `pause` seconds if there is no answer or its status is transient.

    Raises:
        TransportError: the last attempt got no answer.
        InvalidResponseError: an answer is compressed or too large.
    """

    def delay_after(outcome: HttpResponse | Failure, _: int) -> float | None:
        if isinstance(outcome, HttpResponse):
            return pause if outcome.status_code in TRANSIENT_STATUSES else None
        return pause

    return repeated(lambda: _sent(request), attempts, delay_after)


def _sent(request: HttpRequest) -> Flow[HttpResponse | Failure]:
    try:
        return (yield from send(request))
    except TransportError as error:
        return error


def json_object(response: HttpResponse, where: str, secrets: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the JSON object in an answer; `secrets` are the parts of the request that no error may show.

    Raises:
        CredentialsError: the answer is an error or not a JSON object; the text shows only an error's code and message.
    """
    try:
        return parse(response, where, service_error)
    except ServiceError as error:
        problem = masked(f"{error.code}: {error.message}", secrets)
    except InvalidResponseError as error:
        problem = error.problem
    msg = f"{where} answered with status {response.status_code}: {problem}"
    raise CredentialsError(msg)
