"""The time limit of a whole call, on a clock that moves only when told to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._call.deadline import Deadline
from cognito_idp._flow.effects import Flow, Lock, call, finish, hold, offload, send, sleep
from cognito_idp._protocol.wire import HttpRequest, HttpResponse, Limits
from cognito_idp.errors import (
    ConnectError,
    ConnectTimeoutError,
    DeadlineExceededError,
    InternalErrorException,
    InvalidResponseError,
    ReadError,
    ReadTimeoutError,
)
from tests.support.kit import FakeTime

if TYPE_CHECKING:
    from tests.support.kit import Kit

LIMITS = Limits(connect=5, read=30, write=None, total=None, max_response_bytes=99)


@pytest.fixture
def time() -> FakeTime:
    """Make a clock."""
    return FakeTime()


def test_no_limit(time: FakeTime) -> None:
    """Without a limit there is always time, nothing is shortened, and the clock is not even looked at."""

    def look() -> float:
        raise AssertionError

    deadline = Deadline(None, look)
    assert None is deadline.remaining()
    assert LIMITS is deadline.shortened(LIMITS)
    deadline.check_attempt("ListUsers", 3, ReadTimeoutError("x"))
    deadline.check_wait("ListUsers", 3, ReadTimeoutError("x"), 1e9)
    flow = sleep(time.now)
    assert flow is deadline.bound(flow)


def test_what_remains(time: FakeTime) -> None:
    """The time that is left shrinks with the clock, down to a millisecond: to a transport, 0 could mean no limit."""
    deadline = Deadline(2.0, time.monotonic)
    remaining = []
    for seconds in (0.0, 0.5, 1.4, 0.2, 100.0):
        time.sleep(seconds)
        remaining.append(deadline.remaining())
    assert [2.0, 1.5, pytest.approx(0.1), 0.001, 0.001] == remaining


def test_shortened_limits(time: FakeTime) -> None:
    """The limits of an exchange end at the deadline: shorter ones stay, longer ones and missing ones are cut."""
    deadline = Deadline(10.0, time.monotonic)
    assert Limits(connect=5, read=10, write=10, total=10, max_response_bytes=99) == deadline.shortened(LIMITS)
    time.sleep(8)
    assert Limits(connect=2, read=2, write=2, total=2, max_response_bytes=99) == deadline.shortened(LIMITS)
    already = LIMITS._replace(total=1)
    assert 1 == deadline.shortened(already).total


@pytest.mark.parametrize(
    ("passed", "error", "raises"),
    [
        (1.9, ReadTimeoutError("x"), False),
        (2.0, ReadTimeoutError("x"), True),
        (2.0, ConnectTimeoutError("x"), True),
        (9.0, DeadlineExceededError("x"), True),
        (9.0, ConnectError("x"), False),
        (9.0, InternalErrorException("x"), False),
    ],
)
def test_an_attempt_that_the_limit_ended(time: FakeTime, passed: float, error: Any, *, raises: bool) -> None:
    """A timeout at the end of the call's time is the call's; other errors, and earlier ones, are the caller's."""
    deadline = Deadline(2.0, time.monotonic)
    time.sleep(passed)
    if not raises:
        deadline.check_attempt("ListUsers", 2, error)
        return
    with pytest.raises(DeadlineExceededError) as caught:
        deadline.check_attempt("ListUsers", 2, error)
    assert error is caught.value.__cause__
    assert (2, "ListUsers") == (caught.value.attempts, caught.value.operation)
    assert isinstance(caught.value, TimeoutError)


@pytest.mark.parametrize("error", [None, ReadTimeoutError("x"), ConnectTimeoutError("x")])
@pytest.mark.parametrize(("passed", "wait", "raises"), [(0.0, 1.99, False), (0.0, 2.0, True), (1.5, 0.6, True)])
def test_no_time_to_wait(time: FakeTime, passed: float, wait: float, error: Any, *, raises: bool) -> None:
    """A wait past the end is not begun; if nothing or only a timeout came before, the time limit is the reason."""
    deadline = Deadline(2.0, time.monotonic)
    time.sleep(passed)
    if not raises:
        deadline.check_wait("ListUsers", 2, error, wait)
        return
    with pytest.raises(DeadlineExceededError) as caught:
        deadline.check_wait("ListUsers", 2, error, wait)
    assert error is caught.value.__cause__
    assert (2, "ListUsers") == (caught.value.attempts, caught.value.operation)


@pytest.mark.parametrize(
    "error", [ConnectError("x"), ReadError("x"), InternalErrorException("x"), InvalidResponseError("x")]
)
@pytest.mark.parametrize(("passed", "wait"), [(0.0, 2.0), (1.5, 0.6), (9.0, 0.0)])
def test_the_last_word(time: FakeTime, passed: float, wait: float, error: Any) -> None:
    """An answer, or a failure that is not about time, stays what it is, and a note says why nothing followed."""
    deadline = Deadline(2.0, time.monotonic)
    time.sleep(passed)
    with pytest.raises(type(error)) as caught:
        deadline.check_wait("ListUsers", 2, error, wait)
    assert error is caught.value
    assert "The call's time limit of 2 s left no time for another attempt." == error.__notes__[-1]


@pytest.mark.parametrize(
    ("attempts", "error", "text"),
    [
        (0, None, "0 attempts, and the next one would have to wait for 1 s"),
        (
            1,
            ReadTimeoutError("slow"),
            "1 attempt, and the next one would have to wait for 1 s, the last error was: slow",
        ),
    ],
)
def test_the_text(time: FakeTime, attempts: int, error: Any, text: str) -> None:
    """The error says what was called, the limit, how far the call got, and what went wrong last."""
    with pytest.raises(DeadlineExceededError) as caught:
        Deadline(0.25, time.monotonic).check_wait("ListUsers", attempts, error, 1.0)
    assert f"ListUsers did not end within 0.25 s: {text}" == str(caught.value)


def test_the_text_of_an_attempt_that_the_limit_ended(time: FakeTime) -> None:
    """If no wait was ahead, none is spoken of."""
    deadline = Deadline(0.25, time.monotonic)
    time.sleep(1.0)
    with pytest.raises(DeadlineExceededError) as caught:
        deadline.check_attempt("ListUsers", 2, ReadTimeoutError("slow"))
    assert "ListUsers did not end within 0.25 s: 2 attempts, the last error was: slow" == str(caught.value)


REQUEST = HttpRequest("POST", "https://example.com/", (), b"{}", LIMITS)
RESPONSE = HttpResponse(200, (), b"{}")


def test_a_bound_flow(kit: Kit, time: FakeTime) -> None:
    """The requests and waits of a bound flow end at the deadline, nested ones too; what is to be finished doesn't."""
    seen: list[float | None] = []

    def respond(request: HttpRequest) -> HttpResponse:
        seen.append(request.limits.total)
        time.sleep(1)
        return RESPONSE

    def inner() -> Flow[str]:
        yield from send(REQUEST)
        yield from sleep(60)
        return "inner"

    def flow() -> Flow[list[Any]]:
        # These two first: later the real clock would have to be as fast as the fake one.
        first = yield from offload(lambda: "offloaded")
        second = yield from call(lambda: "called")
        third = yield from send(REQUEST)
        fourth = yield from hold(Lock(), inner())
        return [first, second, third, fourth]

    results = kit.flow(Deadline(10, time.monotonic).bound(flow()), respond=respond, time=time)
    assert ["offloaded", "called", RESPONSE, "inner"] == results
    # With a deadline of its own: a thread may take longer to start than the nothing that is left of the other one.
    assert "inner" == kit.flow(Deadline(10, time.monotonic).bound(finish(inner())), respond=respond, time=time)
    # The first wait ends at the deadline. What is to be finished has the limits that it came with.
    assert [10, 9, None] == seen
    assert [1, 1, 8, 1, 60] == time.waits


def test_failures_reach_a_bound_flow(kit: Kit, time: FakeTime) -> None:
    """A bound flow gets the failures of its effects, and what it raises comes out."""
    steps, refused = [], ("refused",)

    def respond(_: HttpRequest) -> HttpResponse:
        raise ConnectError(*refused)

    def flow() -> Flow[None]:
        try:
            yield from send(REQUEST)
        except ConnectError as error:
            steps.append(str(error))
            raise LookupError from error
        finally:
            steps.append("cleaned up")

    with pytest.raises(LookupError):
        kit.flow(Deadline(10, time.monotonic).bound(flow()), respond=respond)
    assert ["refused", "cleaned up"] == steps


def test_closing_a_bound_flow(time: FakeTime) -> None:
    """A bound flow that is closed closes the flow inside."""
    steps = []

    def flow() -> Flow[None]:
        try:
            yield from sleep(1)
        finally:
            steps.append("closed")

    bound = Deadline(10, time.monotonic).bound(flow())
    next(bound)
    bound.close()
    assert ["closed"] == steps
