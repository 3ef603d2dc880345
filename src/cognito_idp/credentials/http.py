"""Requests to endpoints on the machine itself (container, instance metadata): short timeouts, few attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .._errors import (
    TRANSIENT_STATUSES,
    ConnectError,
    CredentialsError,
    InvalidResponseError,
    ServiceError,
    TimeoutError_,
    TransportError,
)
from .._flow.effects import send
from .._flow.platform import on_emscripten
from .._protocol.endpoint import Endpoint
from .._protocol.redaction import masked
from .._protocol.repeat import backoff
from .._protocol.response import parse
from .._protocol.wire import OK, HttpRequest, HttpResponse, Limits
from ..model.exceptions import service_error
from .service_call import ATTEMPTS, common_headers, repeated

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._flow.effects import Flow
    from .._protocol.repeat import Failure
    from .._protocol.wire import Headers

# The longest pause after the first attempt, in seconds; twice that after the second.
_PAUSE: Final = 1.0
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


def fetch(
    request: HttpRequest,
    random: Callable[[], float],
    *,
    attempts: int = ATTEMPTS,
    attempts_if_absent: int | None = None,
    is_json: bool = False,
) -> Flow[HttpResponse]:
    """Send a request; retry after a pause what may pass: no answer, a transient status, or an empty body.

    A body that is not JSON may pass as well if `is_json` says that it should be. `attempts_if_absent` is for what may
    not exist: the number of attempts if no connection can be made, or no answer comes in time.

    Raises:
        TransportError: the last attempt got no answer.
        InvalidResponseError: an answer is compressed or too large.
    """

    def delay_after(outcome: HttpResponse | Failure, attempt: int) -> float | None:
        failure = _failure(outcome, is_json=is_json) if isinstance(outcome, HttpResponse) else outcome
        if failure is None:
            return None
        if _may_be_absent(failure) and attempt >= (attempts_if_absent or attempts):
            return None
        return backoff(failure, attempt, random, _PAUSE)

    return repeated(lambda: _sent(request), attempts, delay_after)


def _may_be_absent(failure: Failure) -> bool:
    # `fetch` doesn't tell a refused connection from a broken one.
    return isinstance(failure, TransportError if on_emscripten() else ConnectError | TimeoutError_)


def _failure(response: HttpResponse, *, is_json: bool) -> InvalidResponseError | None:
    """Return what is wrong with an answer if it may pass, by botocore's rules for these endpoints."""
    if response.status_code in TRANSIENT_STATUSES:
        return InvalidResponseError("a transient status", status_code=response.status_code)
    if response.status_code == OK and not response.body:
        return InvalidResponseError("an empty body", status_code=OK)
    if response.status_code == OK and is_json:
        try:
            parse(response, "", service_error)
        except InvalidResponseError as error:
            return error
    return None


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
