"""What a client tells an observer about its calls: typed events, none of which has a place for a secret.

`Client(observer=...)` takes a function of one argument. It gets an event when a call and each of its attempts begin and
end, when a retry is decided on, and when the credentials that sign the calls were renewed. An event holds names, codes,
ids, counts and seconds; it never holds members, headers, bodies or the text of an error, any of which may be secret.

Told are calls of the service's operations, each page of a walk as one. `warm_up`, the requests that load credentials,
and a call that can't begin (there is no region) are not.

An observer is called in the thread or task that makes the call, between two steps of it, so it must not block. What
it raises is logged and otherwise ignored: a sign-in does not fail since somebody watched it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

import attrs

from .._errors import ServiceError
from .._protocol.redaction import Opaque
from .._protocol.response import request_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .._flow.effects import Flow
    from .._protocol.endpoint import Target
    from .._protocol.wire import HttpResponse
    from ..credentials.types import Credentials

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class CallEvent:
    """What every event says: the operation, such as `AdminInitiateAuth`, and which call of it.

    `call_id` is the random id (`amz-sdk-invocation-id`) that all attempts of one call share.
    """

    operation: str
    call_id: str


@attrs.frozen(kw_only=True)
class CallStarted(CallEvent):
    """A call began. `region` is the one it is signed for; `url` is the endpoint's."""

    region: str | None
    url: str


@attrs.frozen(kw_only=True)
class AttemptStarted(CallEvent):
    """A request is about to be sent, for the `attempt`th time (from 1)."""

    attempt: int


@attrs.frozen(kw_only=True)
class AttemptEnded(CallEvent):
    """An attempt ended, `seconds` after it began.

    `status_code` and `request_id` are None where no answer came. `error` is None after a success; otherwise the
    service's error code (`NotAuthorizedException`), or the name of our exception's class.
    """

    attempt: int
    seconds: float
    status_code: int | None
    request_id: str | None
    error: str | None


@attrs.frozen(kw_only=True)
class RetryScheduled(CallEvent):
    """After the `attempt`th attempt failed with `error`, the next one is sent in `delay` seconds."""

    attempt: int
    delay: float
    error: str


@attrs.frozen(kw_only=True)
class CredentialsRefreshed(CallEvent):
    """The call is signed with other credentials than the client's last one; also at the first signed call.

    `expiration` is when they expire, None for keys that don't.
    """

    expiration: datetime | None


@attrs.frozen(kw_only=True)
class CallEnded(CallEvent):
    """A call ended, `seconds` after it began, with its answer or with an exception.

    `error` is as for `AttemptEnded`, or `Cancelled` for a call that was broken off: a cancelled task, Ctrl-C.
    """

    attempts: int
    seconds: float
    status_code: int | None
    request_id: str | None
    error: str | None


Event: TypeAlias = CallStarted | AttemptStarted | AttemptEnded | RetryScheduled | CredentialsRefreshed | CallEnded


def combined(*observers: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return an observer that hands each event to several ones in turn.

    One that raises keeps the event from those behind it.
    """

    def tell(event: Event) -> None:
        for observer in observers:
            observer(event)

    return tell


class Observed:
    """A client's observer, and which credentials it was told of last. Copies of the client share it."""

    __slots__ = ("_credentials", "_observer")

    def __init__(self, observer: Callable[[Event], None]) -> None:
        """Take the function that gets the events."""
        self._observer = observer
        self._credentials: Credentials | None = None

    def tell(self, event: Event) -> None:
        """Hand an event to the observer."""
        try:
            self._observer(event)
        except Exception as error:  # noqa: BLE001 - whoever watches a call must not break it
            import logging

            logging.getLogger(__name__).warning(
                "the observer raised %s for %s; the call goes on", type(error).__name__, type(event).__name__
            )

    def are_new(self, credentials: Credentials) -> bool:
        """Whether these are others than the last ones, which they are from now on."""
        is_new = credentials is not self._credentials
        self._credentials = credentials
        return is_new


class Watched:
    """Tells the story of one call to the observer."""

    __slots__ = (
        "_answer",
        "_attempt_began",
        "_attempts",
        "_began",
        "_call_id",
        "_is_under_way",
        "_monotonic",
        "_observed",
        "_operation",
    )

    def __init__(self, observed: Observed, operation: str, monotonic: Callable[[], float]) -> None:
        """Begin with nothing told yet."""
        self._observed = observed
        self._operation = operation
        self._monotonic = monotonic
        self._call_id = ""
        self._began = self._attempt_began = 0.0
        self._attempts = 0
        self._is_under_way = False
        self._answer: HttpResponse | None = None

    def over(self, flow: Flow[R]) -> Flow[R]:
        """Return the flow of the call, with its end told."""
        try:
            result = Opaque((yield from flow))
        except BaseException as error:
            self._call_ended("Cancelled" if isinstance(error, GeneratorExit) else error_name(error))
            raise
        self._call_ended(None)
        return result.value

    def call_started(self, call_id: str, target: Target) -> None:
        """The call has an id and a target."""
        self._call_id = call_id
        self._began = self._monotonic()
        self._observed.tell(
            CallStarted(operation=self._operation, call_id=call_id, region=target.region, url=target.url)
        )

    def signed_with(self, credentials: Credentials) -> None:
        """The next attempt is signed with these credentials."""
        if self._observed.are_new(credentials):
            self._observed.tell(
                CredentialsRefreshed(
                    operation=self._operation, call_id=self._call_id, expiration=credentials.expiration
                )
            )

    def attempt_started(self, attempt: int) -> None:
        """An attempt begins."""
        self._attempts = attempt
        self._is_under_way = True
        self._answer = None
        self._attempt_began = self._monotonic()
        self._observed.tell(AttemptStarted(operation=self._operation, call_id=self._call_id, attempt=attempt))

    def attempt_ended(self, answer: HttpResponse | None, error: Exception | None) -> None:
        """The attempt ended, with an answer or without; one that failed before it was sent had not begun."""
        if self._is_under_way:
            self._attempt_ended(answer, None if error is None else error_name(error))

    def _attempt_ended(self, answer: HttpResponse | None, error: str | None) -> None:
        self._is_under_way = False
        self._answer = answer
        self._observed.tell(
            AttemptEnded(
                operation=self._operation,
                call_id=self._call_id,
                attempt=self._attempts,
                seconds=self._monotonic() - self._attempt_began,
                status_code=None if answer is None else answer.status_code,
                request_id=None if answer is None else request_id(answer),
                error=error,
            )
        )

    def retry_scheduled(self, delay: float, error: Exception) -> None:
        """Another attempt follows."""
        self._observed.tell(
            RetryScheduled(
                operation=self._operation,
                call_id=self._call_id,
                attempt=self._attempts,
                delay=delay,
                error=error_name(error),
            )
        )

    def _call_ended(self, error: str | None) -> None:
        if not self._call_id:
            return
        if self._is_under_way:
            self._attempt_ended(None, error)
        answer = self._answer
        self._observed.tell(
            CallEnded(
                operation=self._operation,
                call_id=self._call_id,
                attempts=self._attempts,
                seconds=self._monotonic() - self._began,
                status_code=None if answer is None else answer.status_code,
                request_id=None if answer is None else request_id(answer),
                error=error,
            )
        )


def error_name(error: BaseException) -> str:
    """Return the service's code of an error, or else the name of its class; never its text."""
    return error.code if isinstance(error, ServiceError) else type(error).__name__
