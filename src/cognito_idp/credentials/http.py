"""How the endpoints on the machine itself (container, instance metadata) are asked: short limits, few attempts."""

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
    """Return a request without a body whose every step may take `timeout` seconds, and the whole twice that."""
    length = () if method == "GET" else (("content-length", "0"),)
    return HttpRequest(
        method,
        url,
        (*common_headers(Endpoint(url, None).host), *length, *headers),
        b"",
        Limits(timeout, timeout, timeout, 2 * timeout, _MAX_RESPONSE_BYTES),
    )


def fetch(request: HttpRequest, *, attempts: int, pause: float) -> Flow[HttpResponse]:
    """Send; try again after `pause` seconds where no answer came, or one that speaks of a passing fault.

    Raises:
        TransportError: the last attempt brought no answer.
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
    """Return the JSON object of an answer; `secrets` are what was sent and must not be shown.

    Raises:
        CredentialsError: the answer is an error or no JSON object; shows nothing of it but an error's code and message.
    """
    try:
        return parse(response, where, service_error)
    except ServiceError as error:
        problem = masked(f"{error.code}: {error.message}", secrets)
    except InvalidResponseError as error:
        problem = error.problem
    msg = f"{where} answered with status {response.status_code}: {problem}"
    raise CredentialsError(msg)
