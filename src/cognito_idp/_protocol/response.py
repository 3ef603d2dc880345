"""Turn an HTTP response into a JSON object or an exception, by the rules of AWS JSON 1.1.

Source: Smithy, "AWS JSON 1.1 protocol", operation error serialization. The code is in the `x-amzn-errortype` header, a
top-level `code`, or `__type`, in that order. It ends at the first colon and begins after a `#`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import InvalidResponseError, ServiceError
from .foreign_json import NestedTooDeepError, parsed_json

if TYPE_CHECKING:
    from .service_errors import ExceptionFn
    from .wire import HttpResponse

SUCCESS = range(200, 300)
_NOT_MEMBERS = frozenset({"__type", "code", "message", "Message"})


def parse(response: HttpResponse, operation: str, service_error: ExceptionFn) -> dict[str, Any]:
    """Return the JSON object of a successful answer. An empty body counts as an empty object.

    `service_error` creates the exception for an error code.

    Raises:
        ServiceError: the answer is an error with a code.
        InvalidResponseError: the answer is not a JSON object, or it is an error without a code.
    """
    if response.status_code in SUCCESS:
        return json_object(response, operation) if response.body else {}
    raise _error(response, operation, service_error)


def request_id(response: HttpResponse) -> str | None:
    """Return AWS's id of the request."""
    return response.header("x-amzn-requestid") or response.header("x-amz-request-id")


def json_object(response: HttpResponse, operation: str) -> dict[str, Any]:
    """Return the JSON object in an answer, whatever its status.

    Raises:
        InvalidResponseError: it holds something else.
    """
    try:
        data = parsed_json(response.body)
    except UnicodeDecodeError:
        problem = "the body is not UTF-8"
    except NestedTooDeepError:
        problem = "the body is nested too deeply"
    except ValueError:
        problem = "the body is not JSON"
    else:
        if isinstance(data, dict):
            return data
        problem = f"the body is a JSON {_JSON_TYPES.get(type(data), 'number')}, not an object"
    # Raised outside the handlers: a JSONDecodeError as __context__ would hold the whole body.
    raise InvalidResponseError(
        problem,
        status_code=response.status_code,
        body=response.body,
        content_type=response.header("content-type"),
        request_id=request_id(response),
        operation=operation,
    )


_JSON_TYPES = {list: "array", str: "string", bool: "boolean", type(None): "null"}


def _error(response: HttpResponse, operation: str, service_error: ExceptionFn) -> ServiceError | InvalidResponseError:
    header = response.header("x-amzn-errortype")
    unreadable: InvalidResponseError | None = None
    members: dict[str, Any] = {}
    try:
        members = json_object(response, operation)
    except InvalidResponseError as error:
        unreadable = error
    code = _code(header) or _code(members.get("code")) or _code(members.get("__type"))
    if code is None:
        return unreadable or InvalidResponseError(
            "an error without a code",
            status_code=response.status_code,
            body=response.body,
            content_type=response.header("content-type"),
            request_id=request_id(response),
            operation=operation,
        )
    message = members.get("message") or members.get("Message") or response.header("x-amzn-errormessage") or ""
    return service_error(
        code,
        message if isinstance(message, str) else "",
        status_code=response.status_code,
        request_id=request_id(response),
        operation=operation,
        members={name: value for name, value in members.items() if name not in _NOT_MEMBERS},
    )


def _code(text: object) -> str | None:
    """Return the error code in any of its published forms: `Code`, `ns#Code`, `Code:uri`, `ns#Code:uri`."""
    if not isinstance(text, str):
        return None
    return text.partition(":")[0].rpartition("#")[2].strip() or None
