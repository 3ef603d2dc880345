"""Waiting for what an operation only begins: look, pause, look again, until it has ended well or badly.

`WAITERS` is the table of what can be waited for. A test holds its states against the model's enums: each value must
stand in exactly one of the three sets, so a value that a later model adds has to be decided on. At run time, a state
that is in none of them counts as going on, until the limit.

A look that fails ends the wait, with two exceptions. A thing that isn't there yet is waited for during the first
minute, since the service may not show at once what it has just begun. And once the service has answered, a failure that
will pass (a throttle, a broken connection, a time limit of the call) costs one look and not the wait.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import attrs

from .._errors import (
    ConfigError,
    Fault,
    InvalidResponseError,
    RequestValidationError,
    ServiceError,
    TimeoutError_,
    TransportError,
    WaitFailedError,
    WaitTimeoutError,
    one_line,
)
from .._flow.effects import Sleep
from .._protocol.tracebacks import clear_frames
from .._transport.limits import is_seconds
from ..model.exceptions import ResourceNotFoundException
from .deadline import Deadline
from .invoke import invoke
from .pagination import Pager
from .requests import made_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._flow.effects import Flow
    from .._protocol.repeat import Failure
    from .._structs.struct import Request
    from .options import Options


class Waiter(NamedTuple):
    """What is waited for: the request that shows its state, where the state is in the answer, and what states mean.

    `gone` says that the wait ends well when the thing isn't there any more. If the answer is a list, `item` names the
    argument and the member that pick the thing from it.
    """

    request: str
    state: str
    well: frozenset[str]
    badly: frozenset[str]
    going: frozenset[str]
    gone: bool = False
    item: str | None = None


def _states(text: str) -> frozenset[str]:
    return frozenset(text.split())


_JOB: Final = ("DescribeUserImportJobRequest", "user_import_job.status")
_RECOVERY: Final = ("DescribePointInTimeRecoveryRequest", "restoration.restore_status")
_DOMAIN: Final = ("DescribeUserPoolDomainRequest", "domain_description.status")
_REPLICA: Final = ("ListUserPoolReplicasRequest", "user_pool_replicas.status")
_NOT_RESTORED: Final = frozenset(
    {
        "PREVIEW_CANCELLED",
        "PREVIEW_GENERATION_FAILED",
        "PREVIEW_EXPIRED",
        "AWS_ABORTED",
        "TEMPORARY_INTERNAL_ERROR_SEE_SUPPORT_CASE",  # a person of AWS's has to mend it, which may take days
    }
)

# The state right after a beginning may still be the one before it, so those go on.
WAITERS: Final[Mapping[str, Waiter]] = {
    "UserImportJobSucceeded": Waiter(
        *_JOB,
        well=_states("Succeeded"),
        badly=_states("Expired Stopped Failed"),
        going=_states("Created Pending InProgress Stopping"),
    ),
    "UserImportJobStopped": Waiter(
        *_JOB,
        well=_states("Stopped"),
        badly=_states("Expired Failed Succeeded"),
        going=_states("Created Pending InProgress Stopping"),
    ),
    "PointInTimeRecoveryPreviewGenerated": Waiter(
        *_RECOVERY,
        well=_states("PREVIEW_GENERATED"),
        badly=_NOT_RESTORED | _states("RESTORING RESTORE_COMPLETED"),
        going=_states("PREVIEW_GENERATING"),
    ),
    "PointInTimeRecoveryCompleted": Waiter(
        *_RECOVERY,
        well=_states("RESTORE_COMPLETED"),
        badly=_NOT_RESTORED,
        going=_states("PREVIEW_GENERATING PREVIEW_GENERATED RESTORING"),
    ),
    "UserPoolDomainActive": Waiter(
        *_DOMAIN,
        well=_states("ACTIVE"),
        badly=_states("FAILED DELETING"),
        going=_states("CREATING UPDATING"),
    ),
    "UserPoolDomainDeleted": Waiter(
        *_DOMAIN,
        well=_states(""),
        badly=_states("FAILED"),
        going=_states("CREATING UPDATING ACTIVE DELETING"),
        gone=True,
    ),
    "UserPoolReplicaCreated": Waiter(
        *_REPLICA,
        # A new replica is INACTIVE until UpdateUserPoolReplica puts it into service.
        well=_states("ACTIVE INACTIVE"),
        badly=_states("DELETING"),
        going=_states("CREATING"),
        item="region_name",
    ),
    "UserPoolReplicaDeleted": Waiter(
        *_REPLICA,
        well=_states(""),
        badly=_states(""),
        going=_states("CREATING ACTIVE INACTIVE DELETING"),
        gone=True,
        item="region_name",
    ),
}

# How long a thing that isn't there may be yet to come.
GRACE_SECONDS: Final = 60.0
# Enough to reach any longest pause. Without a limit, the power would overflow.
_MAX_DOUBLINGS: Final = 30


@attrs.frozen
class Pace:
    """The limit of a wait and the bounds of its pauses, in seconds.

    Raises:
        ConfigError: a number is not above 0, or the longest pause is shorter than the shortest.
    """

    timeout: float
    min_delay: float
    max_delay: float

    def __attrs_post_init__(self) -> None:
        for name in ("timeout", "min_delay", "max_delay"):
            value = getattr(self, name)
            if not is_seconds(value):
                msg = f"{name}={value!r} must be a number of seconds above 0"
                raise ConfigError(msg)
        if self.max_delay < self.min_delay:
            msg = f"max_delay={self.max_delay!r} must not be below min_delay={self.min_delay!r}"
            raise ConfigError(msg)

    def pause(self, looks: int, left: float, random: Callable[[], float]) -> float | None:
        """Return the pause after so many looks, with `left` seconds to the limit; None if no other look fits in.

        Pauses grow exponentially, with jitter. The last one is cut so that a look of `min_delay` seconds still fits in.
        """
        ceiling = min(self.min_delay * 2.0 ** min(looks - 1, _MAX_DOUBLINGS), self.max_delay)
        pause = min(self.min_delay + random() * (ceiling - self.min_delay), left - self.min_delay)
        return pause if pause >= self.min_delay else None


def wait_for(name: str, members: dict[str, Any], options: Options, pace: Pace) -> Flow[Any]:
    """Wait until the thing that `members` describe has come to the end that `name` names; return the last answer.

    Raises:
        RequestValidationError: there is no such waiter, or the members don't fit it.
    """
    waiter = WAITERS.get(name) if isinstance(name, str) else None
    if waiter is None:
        raise RequestValidationError(struct="wait_for", faults=(Fault("wait_for.waiter", "waiter", _unknown(name)),))
    item = None
    if waiter.item is not None:
        item = members.pop(waiter.item, None)
        if not isinstance(item, str):
            fault = Fault(f"wait_for.{waiter.item}", waiter.item, "is required, as a string")
            raise RequestValidationError(struct="wait_for", faults=(fault,))
    return _waited(name, waiter, made_request(waiter.request, members), item, options, pace)


def _unknown(name: object) -> str:
    from .._protocol.spelling import did_you_mean, near

    meant = near(name, WAITERS) if isinstance(name, str) else None
    return f"is not a waiter{did_you_mean(meant)}; there are {', '.join(WAITERS)}"


def _waited(
    name: str, waiter: Waiter, request: Request[Any], item: str | None, options: Options, pace: Pace
) -> Flow[Any]:
    handled = sys.exception()
    deadline = Deadline(pace.timeout, options.monotonic)
    began = options.monotonic()
    watch = options.watch_wait(name, request.operation.name)
    response: Any = None
    state: str | None = None
    has_answered = False
    looks = 0
    while True:
        looks += 1
        failure: Failure | None = None
        try:
            response, state = yield from deadline.bound(_look(waiter, request, item, options))
            has_answered = True
        except (ServiceError, TransportError, InvalidResponseError) as error:
            clear_frames(error, handled)
            failure = error
        seconds = options.monotonic() - began
        if failure is None:
            has_ended = _has_ended(waiter, state, seconds)
        elif has_answered and _will_pass(failure):
            has_ended = False
        elif response is None and _is_missing(waiter, failure, seconds):
            has_answered, has_ended = True, False
        elif deadline.is_over() and isinstance(failure, TimeoutError_):
            has_ended = False  # the limit cut this look off
        else:
            raise failure
        pause = None if has_ended else pace.pause(looks, pace.timeout - seconds, options.random)
        watch.looked(state, looks, seconds, pause)
        if has_ended:
            break
        if pause is None:
            what = "nothing was there" if state is None else f"the last state is {one_line(state)}"
            last = "" if failure is None else f", and the last error: {failure}"
            msg = f"{name} has not come within {pace.timeout:g} s: {what}{last}"
            raise WaitTimeoutError(msg, waiter=name, state=state, response=response) from failure
        yield Sleep(pause)
    if state is None if waiter.gone else state in waiter.well:
        return response
    what = f"{request.operation.name} finds nothing" if state is None else f"the state is {one_line(state)}"
    msg = f"waited for {name}, but {what}"
    raise WaitFailedError(msg, waiter=name, state=state, response=response)


def _has_ended(waiter: Waiter, state: str | None, seconds: float) -> bool:
    if state is None:
        return waiter.gone or seconds >= GRACE_SECONDS
    return state in waiter.well or state in waiter.badly


def _will_pass(failure: Failure) -> bool:
    return failure.is_retryable or isinstance(failure, TimeoutError_)


def _is_missing(waiter: Waiter, failure: Failure, seconds: float) -> bool:
    return isinstance(failure, ResourceNotFoundException) and not waiter.gone and seconds < GRACE_SECONDS


def _look(waiter: Waiter, request: Request[Any], item: str | None, options: Options) -> Flow[tuple[Any, str | None]]:
    """Return the answer and the state in it; None if the thing isn't there."""
    holder, member = waiter.state.split(".")
    response: Any = None
    if waiter.item is None:
        response = yield from invoke(request, options)
        return response, _text(getattr(getattr(response, holder), member, None))
    pager = Pager(request, options)
    while (page := (yield from pager.next_page())) is not None:
        response = page
        for thing in getattr(page, holder) or ():
            if getattr(thing, waiter.item) == item:
                return page, _text(getattr(thing, member))
    return response, None


def _text(state: object) -> str | None:
    return None if state is None else str(state)
