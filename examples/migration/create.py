"""Create users: each request waits for its turn, and a limited number of users is in work at a time."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final, TypeVar

from cognito_idp import (
    AdminGetUserRequest,
    CognitoIdpError,
    ConfigError,
    CredentialsError,
    InvalidResponseError,
    ResourceNotFoundException,
    ServiceError,
    TransportError,
    UsernameExistsException,
    attributes_of,
)

from .rows import Failure, group_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from cognito_idp import AdminCreateUserRequest, AsyncClient

    from .rate import Turns
    from .rows import Row

R = TypeVar("R")

STOPPED = 3
# Every row would fail for the same reason, on the caller's side.
REFUSALS: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "OptInRequired",
        "UnrecognizedClientException",
    }
)
ATTEMPTS = 6
# Upper bounds of a delay in seconds: for the first delay, for the first after a throttle, and for any.
DELAY, DELAY_THROTTLED, LONGEST_DELAY = 0.05, 1.0, 20.0
UNANSWERED_ROWS = 20


class StoppedError(Exception):
    """No further row would succeed."""


class Creator:
    """Creates users; each request waits for its turn. The client must not retry by itself."""

    def __init__(
        self,
        client: AsyncClient,
        turns: Turns,
        *,
        skip_existing: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the client; `skip_existing` counts every user who exists already as done."""
        self._client, self._turns, self._sleep = client, turns, sleep
        self._skip_existing = skip_existing
        self._unanswered = 0

    async def create(self, row: Row) -> Failure | None:
        """Create a user and add it to its groups; return the failure, if any.

        Raises:
            StoppedError: the next rows would fail too.
        """
        try:
            await self._create_user(row)
            for group in row.groups:
                joining = group_request(row.request, group)
                await self._send(partial(self._client.send, joining))
        except (ConfigError, CredentialsError) as error:
            raise StoppedError(str(error)) from error
        except CognitoIdpError as error:
            if getattr(error, "code", None) in REFUSALS:
                raise StoppedError(str(error)) from error
            if isinstance(error, TransportError):
                self._unanswered += 1
                if self._unanswered >= UNANSWERED_ROWS:
                    msg = f"{UNANSWERED_ROWS} rows in a row were not answered; the last one: {error}"
                    raise StoppedError(msg) from error
            return _failure(row, error)
        self._unanswered = 0
        return None

    async def _create_user(self, row: Row) -> None:
        try:
            await self._send(partial(self._client.send, row.request))
        except UsernameExistsException as error:
            may_be_ours = row.in_doubt or error.attempts > 1
            if not self._skip_existing and not (may_be_ours and await self._is_ours(row.request)):
                raise
        except ResourceNotFoundException as error:
            raise StoppedError(str(error)) from error

    async def _is_ours(self, request: AdminCreateUserRequest) -> bool:
        wanted = AdminGetUserRequest(user_pool_id=request.user_pool_id, username=request.username)
        user = await self._send(partial(self._client.send, wanted))
        values = attributes_of(user)
        return all(values.get(attribute.name) == attribute.value for attribute in request.user_attributes or ())

    async def _send(self, call: Callable[[], Awaitable[R]]) -> R:
        for attempt in count(1):
            await self._turns.take()
            try:
                return await call()
            except (ServiceError, TransportError, InvalidResponseError) as error:
                error.attempts = attempt
                if attempt == ATTEMPTS or not error.is_retryable:
                    raise
                delay = backoff(error, attempt)
            await self._sleep(delay)
        raise AssertionError


def backoff(error: ServiceError | TransportError | InvalidResponseError, attempt: int) -> float:
    """Return a random delay in seconds after a failed attempt (counted from 1); its bound doubles each time."""
    first = DELAY_THROTTLED if isinstance(error, ServiceError) and error.is_throttle else DELAY
    return random.uniform(0, min(first * 2 ** (attempt - 1), LONGEST_DELAY))


def _failure(row: Row, error: CognitoIdpError) -> Failure:
    # No message is known to repeat a password, but if one ever did, it would end up in a file.
    reason = str(error).replace(row.request.temporary_password or "\n", "***")
    code = getattr(error, "code", type(error).__name__)
    return Failure(row.line, row.request.username, code, reason, isinstance(error, UsernameExistsException))


class Stop:
    """A request to stop, with its reason; the first one counts."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.exit_code = STOPPED

    def __call__(self, reason: str, exit_code: int = STOPPED) -> None:
        """Request a stop."""
        if self.reason is None:
            self.reason, self.exit_code = reason, exit_code


async def work(
    rows: AsyncIterator[Row],
    create: Callable[[Row], Awaitable[Failure | None]],
    settle: Callable[[Row, Failure | None], None],
    *,
    concurrency: int,
    stop: Stop,
) -> None:
    """Create users, `concurrency` at a time, until none is left or a stop is requested; started users are finished."""
    slots = asyncio.Semaphore(concurrency)

    async def one(row: Row) -> None:
        try:
            settle(row, await create(row))
        except StoppedError as error:
            stop(str(error))
        finally:
            slots.release()

    async with asyncio.TaskGroup() as tasks:
        async for row in rows:
            await slots.acquire()
            if stop.reason is not None:
                break
            tasks.create_task(one(row))
