"""The rate limiter of the adaptive mode, in numbers: worked out by hand, and those of botocore."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from botocore.retries.adaptive import ClientRateLimiter, RateClocker
from botocore.retries.bucket import TokenBucket
from botocore.retries.throttling import CubicCalculator
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import ListUsersRequest
from cognito_idp._call.rate_limit import RateLimiter
from cognito_idp.errors import DeadlineExceededError
from tests.support.kit import FakeTime, options_of
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from tests.support.kit import Kit

LIST_USERS = ListUsersRequest(user_pool_id="us-east-1_a")
DONE = success({"Users": []})

Updates = list[tuple[float, bool]]

# 20 answers in 1.5 s, the last one a throttle. Measured: 0.8 x 20 / 1.5 = 32/3 a second. The cube root of
# 32/3 x 0.3 / 0.4 is 2, so 2 s later the rate is back there.
THROTTLED: Updates = [(0.0, False)] * 19 + [(1.5, True)]
# Enough answers that twice the measured rate is no bound at 3.5: 0.8 x 100 / 0.5 + 0.2 x (0.8 x 1 / 1.5 + 0.2 x 32/3).
BUSY: Updates = [*THROTTLED, *[(3.25, False)] * 100, (3.5, False)]


def replayed(updates: Updates, start: float = 0.0) -> RateLimiter:
    """Make a limiter that has seen some answers."""
    limiter = RateLimiter()
    for now, throttled in updates:
        limiter.update(start + now, throttled=throttled)
    return limiter


def rate_of(limiter: RateLimiter, now: float) -> float:
    """Return the limiter's rate a second, from two waits in its line."""
    while (first := limiter.acquire(now)) == 0.0:
        pass
    return 1 / (limiter.acquire(now) - first)


@pytest.mark.parametrize("updates", [[], [(0.0, False)], [(float(second), False) for second in range(50)]])
def test_no_limit_before_the_first_throttle(updates: Updates) -> None:
    """Before the first throttle no attempt waits, however many there are."""
    limiter = replayed(updates)
    assert [0.0] * 1000 == [limiter.acquire(50.0) for _ in range(1000)]


@pytest.mark.parametrize("start", [0.0, 5000.0])
@pytest.mark.parametrize(
    ("updates", "rate"),
    [
        # A throttle leaves 0.7 of the measured rate,
        (THROTTLED, 0.7 * 32 / 3),
        # and 0.7 of the limit where that is lower than what is measured.
        ([*BUSY, (3.5, True)], 0.7 * 32 / 3),
        ([*BUSY, (4.5, False), (5.0, True)], 0.7 * (0.8 * 2 + 0.2 * (0.8 + 0.2 * (160 + 0.2 * 8 / 3)))),
        # After a success: 0.4 x (seconds since the throttle - 2) cubed + 32/3,
        ([*THROTTLED, *[(2.25, False)] * 100, (2.5, False)], -0.4 + 32 / 3),
        (BUSY, 32 / 3),
        ([*BUSY, (4.5, False)], 0.4 + 32 / 3),
        # and at most twice the measured rate, here 0.8 x 1/2 + 0.2 x 32/3.
        ([*THROTTLED, (3.5, False)], 2 * (0.4 + 6.4 / 3)),
    ],
    ids=["throttle", "throttle at the limit", "throttle below the limit", "grows", "back", "grows on", "measured"],
)
def test_the_rate(updates: Updates, rate: float, start: float) -> None:
    """The rate after a sequence of answers is what the rules give, wherever the clock begins."""
    assert rate == pytest.approx(rate_of(replayed(updates, start), start + updates[-1][0]))


def test_waits_grow_along_the_line() -> None:
    """Each caller takes a place: with a rate of 0.5 a second and nothing left, they wait 2, 4 and 6 seconds."""
    limiter = replayed([(7.0, True)])
    assert [2.0, 4.0, 6.0] == [limiter.acquire(7.0) for _ in range(3)]
    # Three seconds later, 1.5 of the 3 places have been served.
    assert 5.0 == limiter.acquire(10.0)


def test_what_is_saved_up() -> None:
    """A slow limiter saves up one attempt, not more, while nobody sends."""
    limiter = replayed([(7.0, True)])
    assert [0.0, 2.0] == [limiter.acquire(1007.0) for _ in range(2)]


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans())))
def test_the_rate_is_never_below_one_in_two_seconds(steps: Updates) -> None:
    """Whatever the answers, a caller who waits behind another waits at most 2 s longer."""
    limiter = RateLimiter()
    now = 5000.0
    for step, throttled in [*steps, (0.0, True)]:
        now += step
        limiter.update(now, throttled=throttled)
    assert rate_of(limiter, now) >= 0.5 - 1e-6


class Clock:
    """A clock for botocore's limiter."""

    def __init__(self) -> None:
        self.now = 0.0

    def current_time(self) -> float:
        """Return the time in seconds."""
        return self.now


class AdvancingCondition(threading.Condition):
    """A condition that is not waited for: the clock moves on, by a little more so that rounding can't stop it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        """Move the clock."""
        assert timeout is not None
        self._clock.now += timeout + 1e-9
        return False


class Flag:
    """Tells botocore's limiter whether an answer is a throttle."""

    def __init__(self) -> None:
        self.throttled = False

    def is_throttling_error(self, **_: Any) -> bool:
        """Whether it is."""
        return self.throttled


class Botocore:
    """Botocore's limiter on a clock of ours."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._flag = Flag()
        self.bucket: Any = TokenBucket(max_rate=1, clock=self.clock)
        self.bucket._new_fill_rate_condition = AdvancingCondition(self.clock)
        self._limiter: Any = ClientRateLimiter(
            rate_adjustor=CubicCalculator(starting_max_rate=0, start_time=0.0),
            rate_clocker=RateClocker(self.clock),
            token_bucket=self.bucket,
            throttling_detector=self._flag,
            clock=self.clock,
        )

    def acquire(self) -> float:
        """Wait for a place, and return how long that took."""
        before = self.clock.now
        self._limiter.on_sending_request(None)
        return self.clock.now - before

    def update(self, *, throttled: bool) -> None:
        """Learn from an answer."""
        self._flag.throttled = throttled
        self._limiter.on_receiving_response()


# Steps in quarters of a second meet the ends of the half seconds that answers are counted in; the others don't.
STEPS = st.tuples(st.floats(0, 5) | st.integers(0, 20).map(lambda quarters: quarters / 4), st.booleans())


@given(st.lists(STEPS, max_size=60), st.lists(STEPS, max_size=60))
def test_botocore_waits_as_long(before: Updates, after: Updates) -> None:
    """Over any sequence of attempts one after the other, each waits as long as with botocore's limiter."""
    theirs = Botocore()
    ours = RateLimiter()
    for step, throttled in [(0.0, False), *before, (0.0, True), *after]:
        assert ours.acquire(theirs.clock.now) == pytest.approx(theirs.acquire(), abs=1e-6)
        theirs.clock.now += step
        theirs.update(throttled=throttled)
        ours.update(theirs.clock.now, throttled=throttled)
    assert theirs.bucket.max_rate == pytest.approx(rate_of(ours, theirs.clock.now), rel=1e-6)


def half() -> float:
    """Return a number in the middle."""
    return 0.5


def test_an_adaptive_client_slows_down(kit: Kit) -> None:
    """After a throttle each attempt waits for the limiter, besides the policy's own delay."""
    time = FakeTime()
    service = Responder(error("ThrottlingException"), DONE)
    client = kit.client(respond=service, time=time, retry="adaptive", options={"random": half})
    assert 2 == kit.run(client.send, LIST_USERS).metadata.attempts
    # Half of 1 s, and 2 s at 0.5 a second.
    assert [2.5] == time.waits
    kit.run(client.send, LIST_USERS)
    # Measured: 0.8 x 2 / 2.5; twice that is 1.28 a second. Of the 2.5 s a quarter of an attempt is left.
    assert [2.5, pytest.approx(0.75 / 1.28)] == time.waits


@pytest.mark.parametrize("retry", ["standard", "off"])
def test_other_modes_do_not_slow_down(kit: Kit, retry: str) -> None:
    """Without the adaptive mode a call after a throttled one goes at once."""
    time = FakeTime()
    service = Responder(DONE)
    client = kit.client(respond=service, time=time, retry=retry, options={"random": half})
    policy = options_of(client).retry
    from cognito_idp.errors import ThrottlingException

    policy.after_failure(ThrottlingException("slow", status_code=400), 1, None, half, time.now)
    kit.run(client.send, LIST_USERS)
    assert [] == time.waits


def test_no_time_to_wait_for_the_limiter(kit: Kit) -> None:
    """An attempt whose place in the line is after the call's time limit is not begun."""
    time = FakeTime()
    service = Responder(error("ThrottlingException"), DONE)
    client = kit.client(respond=service, time=time, retry="adaptive", timeout=2.4, options={"random": half})
    with pytest.raises(DeadlineExceededError) as caught:
        kit.run(client.send, LIST_USERS)
    assert (1, 1, []) == (caught.value.attempts, len(service.requests), time.waits)
