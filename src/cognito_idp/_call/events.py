"""The typed events that a client sends to its observer. No event has room for a secret.

`Client(observer=...)` takes a function of one argument. The function gets an event when a call or one of its attempts
starts or ends, when a retry is scheduled, when the credentials that sign the calls have been renewed, when a member of
an answer can't be read, and when `wait_for` has looked at what it waits for. An event holds names, codes, states, ids,
counts and seconds. It never holds the values of members, headers, bodies or error texts, any of which may be secret.

Events cover calls to the service's operations; each page of a list counts as one call. They don't cover `warm_up`,
requests that load credentials, or calls that can't start (because there is no region, for example).

The observer runs in the thread or task that makes the call, between two of its steps, so it must not block. If it
raises, the error is logged and otherwise ignored: a sign-in doesn't fail because somebody watched it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

import attrs

from .._errors import ServiceError
from .._protocol.arguments import Kind, check
from .._protocol.redaction import Opaque
from .._protocol.response import request_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .._flow.effects import Flow
    from .._protocol.endpoint import Target
    from .._protocol.wire import HttpResponse
    from ..credentials.types import Credentials
    from .options import Options

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class CallEvent:
    """The base of all events: the operation, such as `AdminInitiateAuth`, and the id of the call.

    All attempts of a call share its `call_id`, a random id (`amz-sdk-invocation-id`).
    """

    operation: str
    call_id: str


@attrs.frozen(kw_only=True)
class CallStarted(CallEvent):
    """A call started. `region` is the region it is signed for; `url` is the endpoint's URL.

    `parent_id` is the `call_id` of the step of a sign-in that makes the call; None if the program made it.
    """

    region: str | None
    url: str
    parent_id: str | None = None


@attrs.frozen(kw_only=True)
class AttemptStarted(CallEvent):
    """A request is about to be sent. `attempt` counts from 1."""

    attempt: int


@attrs.frozen(kw_only=True)
class AttemptEnded(CallEvent):
    """An attempt ended, `seconds` after it began.

    `status_code` and `request_id` are None if no answer came. `error` is None after a success; otherwise it is the
    service's error code (`NotAuthorizedException`) or the name of our exception class.
    """

    attempt: int
    seconds: float
    status_code: int | None
    request_id: str | None
    error: str | None


@attrs.frozen(kw_only=True)
class RetryScheduled(CallEvent):
    """Attempt number `attempt` failed with `error`; the next one follows in `delay` seconds."""

    attempt: int
    delay: float
    error: str


@attrs.frozen(kw_only=True)
class CredentialsRefreshed(CallEvent):
    """The call is signed with different credentials from the client's previous call, or is the first signed call.

    `expiration` is when the credentials expire; None if they don't.
    """

    expiration: datetime | None


@attrs.frozen(kw_only=True)
class MemberUnreadable(CallEvent):
    """A member of the answer can't be read, so it is None, or its item or entry is missing; the call goes on.

    `member` is the struct and its member, such as `UserPoolClientType.creation_date`. `problem` says what was expected,
    and never shows the value. There is one event for each member and problem, however many items have it.
    """

    member: str
    problem: str


@attrs.frozen(kw_only=True)
class CallEnded(CallEvent):
    """A call ended, `seconds` after it began, with its answer or with an exception.

    `error` is as in `AttemptEnded`, or `Cancelled` if the call was interrupted (a cancelled task, Ctrl-C).
    """

    attempts: int
    seconds: float
    status_code: int | None
    request_id: str | None
    error: str | None


@attrs.frozen(kw_only=True)
class SignInStarted(CallEvent):
    """A step of a sign-in started: `operation` is `SignIn` for the client's `sign_in`, `Respond` for its `respond`.

    `step` is the flow or the challenge that is answered, such as `USER_SRP_AUTH` or `SMS_MFA`. The step has a `call_id`
    of its own, which the calls that it makes have as their `parent_id`.
    """

    step: str


@attrs.frozen(kw_only=True)
class SignInEnded(CallEvent):
    """A step of a sign-in ended, `seconds` after it began.

    `challenge` is what the service asks for next; None if there are tokens, or an error. `error` is as in `CallEnded`.
    """

    seconds: float
    challenge: str | None
    error: str | None


@attrs.frozen(kw_only=True)
class WaitProgressed(CallEvent):
    """`wait_for` looked for the `looks`-th time, `seconds` after the wait began.

    `waiter` is the name of what is waited for, and `state` the last state that was seen; None if the thing isn't there.
    The next look follows in `delay` seconds; None if the wait is over. The events of a wait share a `call_id` of their
    own. Each look is a call, or a call for each page, with its own events.
    """

    waiter: str
    state: str | None
    looks: int
    seconds: float
    delay: float | None


Event: TypeAlias = (
    CallStarted
    | AttemptStarted
    | AttemptEnded
    | RetryScheduled
    | CredentialsRefreshed
    | MemberUnreadable
    | CallEnded
    | SignInStarted
    | SignInEnded
    | WaitProgressed
)


def combined(*observers: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return an observer that passes each event to several observers in turn.

    If one of them raises, those after it don't get the event.
    """
    check(Kind("functions", lambda each: all(map(callable, each))), observers=observers)

    def tell(event: Event) -> None:
        for observer in observers:
            observer(event)

    return tell


class Observed:
    """A client's observer, and the credentials it last heard of. Copies of the client share it."""

    __slots__ = ("_credentials", "_observer")

    def __init__(self, observer: Callable[[Event], None]) -> None:
        self._observer = observer
        self._credentials: Credentials | None = None

    def tell(self, event: Event) -> None:
        """Pass an event to the observer."""
        try:
            self._observer(event)
        except Exception as error:  # noqa: BLE001 - whoever watches a call must not break it
            import logging

            logging.getLogger(__name__).warning(
                "the observer raised %s for %s; the call goes on", type(error).__name__, type(event).__name__
            )

    def are_new(self, credentials: Credentials) -> bool:
        """Return whether these credentials differ from the last ones, and remember them."""
        is_new = credentials is not self._credentials
        self._credentials = credentials
        return is_new


class Watched:
    """Reports the events of one call to the observer."""

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
        "_parent_id",
    )

    def __init__(
        self, observed: Observed, operation: str, monotonic: Callable[[], float], parent_id: str | None
    ) -> None:
        self._observed = observed
        self._operation = operation
        self._monotonic = monotonic
        self._parent_id = parent_id
        self._call_id = ""
        self._began = self._attempt_began = 0.0
        self._attempts = 0
        self._is_under_way = False
        self._answer: HttpResponse | None = None

    def over(self, flow: Flow[R]) -> Flow[R]:
        """Return the call's flow, which reports its end."""
        try:
            result = Opaque((yield from flow))
        except BaseException as error:
            self._call_ended(_end_name(error))
            raise
        self._call_ended(None)
        return result.value

    def call_started(self, call_id: str, target: Target) -> None:
        """Report the start of the call."""
        self._call_id = call_id
        self._began = self._monotonic()
        self._observed.tell(
            CallStarted(
                operation=self._operation,
                call_id=call_id,
                region=target.region,
                url=target.url,
                parent_id=self._parent_id,
            )
        )

    def signed_with(self, credentials: Credentials) -> None:
        """Report the credentials that sign the next attempt, if they are new."""
        if self._observed.are_new(credentials):
            self._observed.tell(
                CredentialsRefreshed(
                    operation=self._operation, call_id=self._call_id, expiration=credentials.expiration
                )
            )

    def attempt_started(self, attempt: int) -> None:
        """Report the start of an attempt."""
        self._attempts = attempt
        self._is_under_way = True
        self._answer = None
        self._attempt_began = self._monotonic()
        self._observed.tell(AttemptStarted(operation=self._operation, call_id=self._call_id, attempt=attempt))

    def attempt_ended(self, answer: HttpResponse | None, error: Exception | None) -> None:
        """Report the end of an attempt; an attempt that failed before it was sent never started."""
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
        """Report that another attempt follows."""
        self._observed.tell(
            RetryScheduled(
                operation=self._operation,
                call_id=self._call_id,
                attempt=self._attempts,
                delay=delay,
                error=error_name(error),
            )
        )

    def member_unreadable(self, member: str, problem: str) -> None:
        """Report a member of the answer that was left out."""
        self._observed.tell(
            MemberUnreadable(operation=self._operation, call_id=self._call_id, member=member, problem=problem)
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


class WatchedStep:
    """Reports the beginning and the end of a step of a sign-in to the observer."""

    __slots__ = ("_call_id", "_monotonic", "_name", "_observed", "_step")

    def __init__(self, observed: Observed, name: str, step: str, call_id: str, monotonic: Callable[[], float]) -> None:
        self._observed = observed
        self._name = name
        self._step = step
        self._call_id = call_id
        self._monotonic = monotonic

    def below(self, options: Options) -> Options:
        """Return options whose calls name this step as their parent."""
        return attrs.evolve(options, parent_id=self._call_id)

    def over(self, flow: Flow[R]) -> Flow[R]:
        """Return the step's flow, which reports its beginning and its end."""
        began = self._monotonic()
        self._observed.tell(SignInStarted(operation=self._name, call_id=self._call_id, step=self._step))
        try:
            outcome = Opaque((yield from flow))
        except BaseException as error:
            self._ended(began, None, _end_name(error))
            raise
        self._ended(began, getattr(outcome.value, "name", None), None)
        return outcome.value

    def _ended(self, began: float, challenge: str | None, error: str | None) -> None:
        self._observed.tell(
            SignInEnded(
                operation=self._name,
                call_id=self._call_id,
                seconds=self._monotonic() - began,
                challenge=challenge,
                error=error,
            )
        )


def _end_name(error: BaseException) -> str:
    return "Cancelled" if isinstance(error, GeneratorExit) else error_name(error)


def error_name(error: BaseException) -> str:
    """Return the service's error code, or the name of the error's class; never the error's text."""
    return error.code if isinstance(error, ServiceError) else type(error).__name__
