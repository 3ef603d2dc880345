"""The typed events that a client sends to its observer. No event has room for a secret.

`Client(observer=...)` takes a function of one argument. The function gets an event when a call, one of its attempts or
a step of a sign-in starts or ends, when a retry is scheduled, when the credentials that sign the calls have been
renewed, when a member of an answer can't be read, and when `wait_for` has looked at what it waits for. An event holds
names, codes, states, ids, counts and seconds. It never holds the values of members, headers, bodies or error texts, any
of which may be secret.

Events cover calls to the service's operations; each page of a list counts as one call. Requests to the OAuth 2.0
endpoints of a pool's domain are calls, too, whose `operation` is the path, such as `oauth2/token`. Events don't cover
`warm_up`, requests that load credentials or a verifier's keys, or calls that can't start (because there is no region,
for example).

The observer runs in the thread or task that makes the call, between two of its steps, so it must not block. If it
raises, the error is logged and otherwise ignored: a sign-in doesn't fail because somebody watched it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs

from .._protocol.arguments import Kind, check

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


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

    For `complete_login`, it is `CompleteLogin`. `step` is the flow or the challenge that is answered, such as
    `USER_SRP_AUTH` or `SMS_MFA`; `authorization_code` for a managed login. The step has a `call_id`
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
