"""Log lines about calls: the operation, the attempts, the duration, and AWS's request id."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .._call.events import (
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
    combined,
)
from .._errors import ConfigError, one_line
from .._protocol.arguments import WHOLE, check, check_given, with_methods
from .._protocol.spelling import did_you_mean, near

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._call.events import Event


_LOGGER = with_methods("a logger", "isEnabledFor", "log")
_NAME = "cognito_idp.calls"
VARIABLE = "COGNITO_IDP_LOG"
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
# How other variables are turned on.
_YES = frozenset({"1", "on", "true", "yes"})


class LoggingObserver:
    """Writes a line for each event to a logger: `cognito_idp.calls` at level DEBUG by default.

    A retry is a WARNING, and the end of a call or of a step of a sign-in an INFO, unless `level` is higher. Each log
    record has the event as its attribute `cognito_idp_event`, for formatters that write fields.
    """

    def __init__(self, logger: logging.Logger | None = None, level: int = logging.DEBUG) -> None:
        check_given(_LOGGER, logger=logger)
        check(WHOLE, level=level)
        self._logger = logging.getLogger(_NAME) if logger is None else logger
        self._level = level

    def __call__(self, event: Event) -> None:
        """Log an event."""
        level = max(self._level, _least(event))
        if self._logger.isEnabledFor(level):
            extra = {"cognito_idp_event": event}
            self._logger.log(level, "%s %s: %s", event.operation, event.call_id, _text(event), extra=extra)


def with_log(observer: Callable[[Event], None] | None, level: str) -> Callable[[Event], None]:
    """Return an observer that also writes log lines, from the level that the environment names, to standard error.

    As with OpenAI's `OPENAI_LOG`, a program that has configured logging keeps its handlers.

    Raises:
        ConfigError: the variable has another value.
    """
    number = _LEVELS.get(level.lower())
    if number is None:
        meant = did_you_mean("debug" if level in _YES else near(level, _LEVELS, 0.7))
        msg = f"{VARIABLE} must be {', '.join(_LEVELS)} or empty{meant}"
        raise ConfigError(msg)
    logging.basicConfig()
    logging.getLogger(_NAME).setLevel(number)
    return LoggingObserver() if observer is None else combined(observer, LoggingObserver())


def _least(event: Event) -> int:
    match event:
        case RetryScheduled():
            return logging.WARNING
        case CallEnded() | SignInEnded():
            return logging.INFO
    return logging.DEBUG


def _text(event: Event) -> str:  # noqa: C901, PLR0911 - one for each event
    match event:
        case CallStarted(region=region, url=url):
            return f"call to {url}, region {region}"
        case AttemptStarted(attempt=attempt):
            return f"attempt {attempt} started"
        case AttemptEnded(attempt=attempt):
            return f"attempt {attempt} ended after {_milliseconds(event.seconds)}: {_outcome(event)}"
        case RetryScheduled(attempt=attempt, delay=delay, error=error):
            return f"attempt {attempt} failed with {one_line(error)}; the next one in {_milliseconds(delay)}"
        case CredentialsRefreshed(expiration=expiration):
            return "signed with new credentials" + ("" if expiration is None else f", which expire at {expiration}")
        case MemberUnreadable(member=member, problem=problem):
            return f"the answer's {member} was left out: it {problem}"
        case CallEnded(attempts=attempts):
            times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
            return f"ended after {_milliseconds(event.seconds)} and {times}: {_outcome(event)}"
        case SignInStarted(step=step):
            return f"a step of a sign-in started: {one_line(step)}"
        case SignInEnded(challenge=challenge, error=error):
            result = error or (f"asked for {challenge}" if challenge else "tokens")
            return f"the step of the sign-in ended after {_milliseconds(event.seconds)}: {one_line(result)}"
        case WaitProgressed(waiter=waiter, state=state, looks=looks, delay=delay):
            after = f"look {looks} after {event.seconds:.1f} s"
            follows = "the wait is over" if delay is None else f"the next one in {delay:.1f} s"
            return f"waiting for {waiter}, {after}: {one_line(state or 'not there')}; {follows}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _outcome(event: AttemptEnded | CallEnded) -> str:
    parts = ["success" if event.error is None else one_line(event.error)]
    if event.status_code is not None:
        parts.append(f"HTTP status {event.status_code}")
    if event.request_id is not None:
        parts.append(f"request id {one_line(event.request_id)}")
    return ", ".join(parts)
