"""What tells a client's observer about a call, a step of a sign-in and a wait: the hooks of `watch.py`, with events.

It is loaded only for a client that has an observer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .._errors import ServiceError
from .._protocol.redaction import Opaque
from .._protocol.response import request_id
from .events import (
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    CallStarted,
    CredentialsRefreshed,
    MemberUnreadable,
    RetryScheduled,
    SignInEnded,
    SignInStarted,
    WaitProgressed,
)
from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._flow.effects import Flow
    from .._protocol.endpoint import Target
    from .._protocol.wire import HttpResponse
    from ..credentials.types import Credentials
    from .events import Event

R = TypeVar("R")


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


class Watched(Watch):
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
            self._attempt_ended(answer, None if error is None else _error_name(error))

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
                error=_error_name(error),
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


class WatchedStep(Watch):
    """Reports the beginning and the end of a step of a sign-in to the observer."""

    __slots__ = ("_call_id", "_monotonic", "_name", "_observed", "_step")

    def __init__(self, observed: Observed, name: str, step: str, call_id: str, monotonic: Callable[[], float]) -> None:
        self._observed = observed
        self._name = name
        self._step = step
        self._call_id = call_id
        self._monotonic = monotonic

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


class WatchedWait(Watch):
    """Reports each look of a wait to the observer."""

    __slots__ = ("_call_id", "_observed", "_operation", "_waiter")

    def __init__(self, observed: Observed, waiter: str, operation: str, call_id: str) -> None:
        self._observed = observed
        self._waiter = waiter
        self._operation = operation
        self._call_id = call_id

    def looked(self, state: str | None, looks: int, seconds: float, delay: float | None) -> None:
        """Report a look."""
        self._observed.tell(
            WaitProgressed(
                operation=self._operation,
                call_id=self._call_id,
                waiter=self._waiter,
                state=state,
                looks=looks,
                seconds=seconds,
                delay=delay,
            )
        )


def _end_name(error: BaseException) -> str:
    return "Cancelled" if isinstance(error, GeneratorExit) else _error_name(error)


def _error_name(error: BaseException) -> str:
    """Return the service's error code, or the name of the error's class; never the error's text."""
    return error.code if isinstance(error, ServiceError) else type(error).__name__
