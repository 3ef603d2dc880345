"""A Lambda function that signs users in behind API Gateway's HTTP API, and one for a queue, with concurrent calls.

    POST /sign-in   {"username": ..., "password": ...}  ->  tokens, or the challenge that comes next
    GET /me         Authorization: Bearer ...           ->  the user's attributes

Settings: `USER_POOL_ID`, `CLIENT_ID`, and `CLIENT_SECRET` if the app client has one. Handlers: `lambda_handler.handler`
and `lambda_handler.queue_handler`. The role needs `cognito-idp:AdminInitiateAuth` and `AdminUserGlobalSignOut`.

Everything possible happens while this module is imported, before the first request, when Lambda gives a function the
full processor: the clients are made, connected, and warmed up for their operations. With SnapStart, all of that is in
the snapshot, and each copy that is restored from it renews its clients first.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
from typing import TYPE_CHECKING, Any, Final, Protocol

from cognito_idp import AppClient, AsyncClient, Client, SignedIn, attributes_of, errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cognito_idp import Outcome

    Event = Mapping[str, Any]
    Answer = dict[str, Any]


class Context(Protocol):
    """Lambda's information about an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how much time is left."""
        ...


LOG: Final = logging.getLogger(__name__)
APP: Final = AppClient(os.environ["USER_POOL_ID"], os.environ["CLIENT_ID"], os.environ.get("CLIENT_SECRET"))
CLIENT: Final = Client(APP.region)

# Concurrent calls need an event loop. It is kept, so that its connections are kept too.
RUNNER: Final = asyncio.Runner()
ASYNC_CLIENT: Final = AsyncClient(APP.region)
_AT_ONCE = 10


def warm_up() -> None:
    """Connect, and load what the first requests need."""
    try:
        CLIENT.warm_up("AdminInitiateAuth", "GetUser")
        RUNNER.run(ASYNC_CLIENT.warm_up("AdminUserGlobalSignOut"))
    except errors.CognitoIdpError as problem:
        # Lambda would restart a function that fails here again and again; the problem may be gone by the first request.
        LOG.warning("not warmed up: %s: %s", type(problem).__name__, problem)


def renew() -> None:
    """Make the clients of a restored copy its own: no connection of the snapshot, and no stale credentials."""
    CLIENT.renew()
    RUNNER.run(ASYNC_CLIENT.renew())
    warm_up()


warm_up()
try:
    # Lambda's runtime brings it.
    from snapshot_restore_py import register_after_restore
except ImportError:
    pass
else:
    register_after_restore(renew)


def handler(event: Event, context: Context) -> Answer:
    """Answer one request of an HTTP API (payload format 2.0)."""
    route = _ROUTES.get(event["routeKey"])
    if route is None:
        return _answer(404, {"error": "NotFound"})
    # Answer shortly before Lambda would stop us: a 504 tells the caller more than no answer.
    client = CLIENT.with_options(timeout=max(0.1, context.get_remaining_time_in_millis() / 1000 - 0.5))
    try:
        return route(client, event)
    except errors.CognitoIdpError as error:
        status, retry_after = _status_of(error)
        # The library's errors hold neither a password nor a token.
        LOG.log(logging.ERROR if status >= 500 else logging.INFO, "%s: %s", type(error).__name__, error)  # noqa: PLR2004
        return _answer(status, {"error": _public_name(error, status)}, retry_after)


def sign_in(client: Client, event: Event) -> Answer:
    """Sign a user in by password through the admin flow, which the function's role allows."""
    body = _json_of(event)
    username, password = body.get("username"), body.get("password")
    if not isinstance(username, str) or not isinstance(password, str):
        return _answer(400, {"error": "BadRequest"})
    outcome = client.sign_in(APP, username=username, password=password, flow="ADMIN_USER_PASSWORD_AUTH", admin=True)
    return _answer(200, _shown(outcome))


def me(client: Client, event: Event) -> Answer:
    """Return the attributes of the access token's user.

    The service accepts tokens of every pool in the region, including other people's pools. If more than this display
    depends on the user's identity, verify the token first, with the API's JWT authorizer or a `TokenVerifier` for
    `APP`'s pool.
    """
    scheme, _, token = event["headers"].get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return _answer(401, {"error": "NotAuthorizedException"})
    user = client.get_user(access_token=token)
    return _answer(200, attributes_of(user))


_ROUTES: Final[Mapping[str, Callable[[Client, Event], Answer]]] = {"POST /sign-in": sign_in, "GET /me": me}

_STATUSES: Final[Mapping[type[errors.CognitoIdpError], tuple[int, int | None]]] = {
    errors.NotAuthorizedException: (401, None),
    errors.UserNotFoundException: (401, None),
    errors.PasswordResetRequiredException: (403, None),
    errors.UserNotConfirmedException: (403, None),
    errors.InvalidParameterException: (400, None),
    errors.RequestValidationError: (400, None),
    errors.ServiceError: (502, None),
    errors.InvalidResponseError: (502, None),
    errors.TransportError: (503, 1),
    errors.TimeoutError_: (504, 1),
    errors.CognitoIdpError: (500, None),
}


def _status_of(error: errors.CognitoIdpError) -> tuple[int, int | None]:
    """Return the HTTP status for an error, and after how many seconds to try again."""
    if isinstance(error, errors.ServiceError) and error.is_throttle:
        return 429, 5
    if isinstance(error, errors.ServiceError) and error.is_retryable:
        return 503, 1
    return next(_STATUSES[cls] for cls in type(error).__mro__ if cls in _STATUSES)


def _public_name(error: errors.CognitoIdpError, status: int) -> str:
    """Return the error name for the caller, which hides unknown users and problems on our side."""
    if status == 401:  # noqa: PLR2004
        return "NotAuthorizedException"
    if status == 429:  # noqa: PLR2004
        return "TooManyRequestsException"
    return type(error).__name__ if status < 500 else "Unavailable"  # noqa: PLR2004


def _shown(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, SignedIn):
        tokens = outcome.tokens
        return {
            "access_token": tokens.access_token,
            "id_token": tokens.id_token,
            "refresh_token": tokens.refresh_token,
            "expires_at": tokens.expires_at.isoformat() if tokens.expires_at else None,
        }
    # The caller continues with the service itself, or with a function like examples/fastapi_app/sign_in.py.
    return {"challenge": outcome.name, "session": outcome.session}


def _json_of(event: Event) -> Mapping[str, Any]:
    body = event.get("body") or ""
    try:
        content = json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _answer(status: int, body: Mapping[str, Any], retry_after: int | None = None) -> Answer:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def queue_handler(event: Event, _: Context) -> Answer:
    """Sign users out on all their devices: each message of an SQS queue is a username.

    The answer names messages that failed for a temporary reason, and SQS sends them again (`ReportBatchItemFailures`).
    """
    return RUNNER.run(_sign_out_all(event["Records"]))


async def _sign_out_all(records: list[Mapping[str, str]]) -> Answer:
    limit = asyncio.Semaphore(_AT_ONCE)

    async def failed(record: Mapping[str, str]) -> bool:
        try:
            async with limit:
                await ASYNC_CLIENT.admin_user_global_sign_out(user_pool_id=APP.user_pool_id, username=record["body"])
        except errors.CognitoIdpError as error:
            status, _ = _status_of(error)
            LOG.warning("message %s: %s: %s", record["messageId"], type(error).__name__, error)
            return status == 429 or status >= 500  # noqa: PLR2004
        return False

    results = await asyncio.gather(*map(failed, records))
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]}
            for record, came_to_nothing in zip(records, results, strict=True)
            if came_to_nothing
        ]
    }
