"""The rate limiter of the adaptive mode, in numbers: worked out by hand, and those of botocore."""

from __future__ import annotations

import heapq
import itertools
import threading
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from botocore.retries.adaptive import ClientRateLimiter, RateClocker
from botocore.retries.bucket import TokenBucket
from botocore.retries.throttling import CubicCalculator
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import ListUsersRequest
from cognito_idp._call.invoke import invoke
from cognito_idp._call.rate_limit import RateLimiter
from cognito_idp._flow.effects import Sleep
from cognito_idp._protocol.wire import HttpResponse
from cognito_idp.errors import CognitoIdpError, DeadlineExceededError, ThrottlingException
from tests.support.kit import FakeTime, kit_of, options_of
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

LIST_USERS = ListUsersRequest(user_pool_id="us-east-1_a")
DONE = success({"Users": []})

Updates = list[tuple[float, bool]]

STEP = st.floats(0, 2)
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
    while (first := wait_of(limiter, now)) == 0.0:
        pass
    return 1 / (wait_of(limiter, now) - first)


def wait_of(limiter: RateLimiter, now: float) -> float:
    """Return how long a new attempt has to wait; it stays in the line, unless it may be sent."""
    return limiter.wait(limiter.place(), now)


@pytest.mark.parametrize("updates", [[], [(0.0, False)], [(float(second), False) for second in range(50)]])
def test_no_limit_before_the_first_throttle(updates: Updates) -> None:
    """Before the first throttle no attempt waits, however many there are."""
    limiter = replayed(updates)
    assert [0.0] * 1000 == [wait_of(limiter, 50.0) for _ in range(1000)]


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


@given(began_anew=st.floats(0, 100), updates=st.sampled_from([THROTTLED, BUSY]))
def test_a_clock_that_began_anew(began_anew: float, updates: Updates) -> None:
    """Where the clock begins anew, as after a restore, the rate goes on as if no time had passed."""
    start, now = 5000.0, 5000.0 + updates[-1][0]
    other, same = replayed(updates, start), replayed(updates, start)
    for seconds in (0.0, 0.25, 0.5, 1.0):
        assert wait_of(same, now + seconds) == pytest.approx(wait_of(other, began_anew + seconds))
        same.update(now + seconds, throttled=False)
        other.update(began_anew + seconds, throttled=False)


def test_waits_grow_along_the_line() -> None:
    """Each attempt takes a place: with a rate of 0.5 a second and nothing left, they wait 2, 4 and 6 seconds."""
    limiter = replayed([(7.0, True)])
    places = [limiter.place() for _ in range(4)]
    assert [2.0, 4.0, 6.0] == [limiter.wait(place, 7.0) for place in places[:3]]
    # Two seconds later, the first may go, and there is nothing left for a fourth.
    assert [0.0, 2.0, 4.0, 6.0] == [limiter.wait(place, 9.0) for place in places]


def test_who_gives_up_leaves_the_line() -> None:
    """Those behind one that gives up move up, and a newcomer waits for no more than there are."""
    limiter = replayed([(7.0, True)])
    places = [limiter.place() for _ in range(4)]
    assert [2.0, 4.0, 6.0, 8.0] == [limiter.wait(place, 7.0) for place in places]
    limiter.leave(places[1])
    limiter.leave(places[2])
    limiter.leave(places[2])
    assert [2.0, 4.0] == [limiter.wait(places[0], 7.0), limiter.wait(places[3], 7.0)]
    assert 6.0 == wait_of(limiter, 7.0)


def test_a_token_that_is_not_used() -> None:
    """An attempt whose turn came and that is not sent gives its token back, once."""
    limiter = replayed([(7.0, True)])
    place = limiter.place()
    limiter.wait(place, 7.0)
    assert 0.0 == limiter.wait(place, 9.0)
    limiter.leave(place)
    limiter.leave(place)
    assert [0.0, 2.0] == [wait_of(limiter, 9.0) for _ in range(2)]


def test_a_rate_that_grows_while_somebody_waits() -> None:
    """Who looks again after the rate has grown waits for less."""
    limiter = replayed(THROTTLED)
    places = [limiter.place() for _ in range(100)]
    before = [limiter.wait(place, 1.5) for place in places][-1]
    for _ in range(100):
        limiter.update(3.25, throttled=False)
    limiter.update(6.0, throttled=False)
    for place in places:
        wait = limiter.wait(place, 6.0)
    # 4.5 s have passed.
    assert 0.0 < wait < before - 4.5 - 3.0


def test_a_rate_that_falls_while_somebody_waits() -> None:
    """Nobody goes by a rate that holds no more: what is sent is what the service now accepts."""
    limiter = replayed(BUSY)
    places = [limiter.place() for _ in range(60)]
    for place in places:
        limiter.wait(place, 3.5)
    limiter.update(3.5, throttled=True)
    limiter.update(10.0, throttled=True)
    rate = rate_of(limiter, 10.0)
    waits = [limiter.wait(place, 11.0) for place in places]
    assert waits.count(0.0) <= max(1.0, rate) + rate + 1
    assert sorted(waits) == waits


def test_who_is_gone_holds_up_nobody() -> None:
    """Places whose attempts never come back (a loop that stopped, the threads of a forked parent) are passed over."""
    limiter = replayed([(7.0, True)])
    for _ in range(50):
        wait_of(limiter, 7.0)
    place = limiter.place()
    assert 102.0 == limiter.wait(place, 7.0)
    assert 0.0 < limiter.wait(place, 8.0)
    assert 0.0 == limiter.wait(place, 20.0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["join", "look", "leave", "throttle", "success"]), st.integers(0, 50), STEP),
        max_size=60,
    )
)
def test_nobody_waits_for_more_than_there_are(steps: list[tuple[str, int, float]]) -> None:
    """Whatever joins, goes and gives up, a newcomer waits for those who are waiting and for itself, and not longer."""
    limiter, now = replayed([(0.0, False), (1.0, True)]), 1.0
    waiting: list[Any] = []
    for step, index, seconds in steps:
        now += seconds
        if step == "join":
            waiting.append(limiter.place())
        elif step in ("throttle", "success"):
            limiter.update(now, throttled=step == "throttle")
        elif waiting and step == "leave":
            limiter.leave(waiting.pop(index % len(waiting)))
        # All look again, as they do in a client.
        waiting = [place for place in waiting if limiter.wait(place, now) > 0]
    newcomer = limiter.place()
    wait = limiter.wait(newcomer, now)
    limiter.leave(newcomer)
    assert wait <= (len(waiting) + 1) / rate_of(limiter, now) + 1e-6


def test_what_is_saved_up() -> None:
    """A slow limiter saves up one attempt, not more, while nobody sends."""
    limiter = replayed([(7.0, True)])
    assert [0.0, 2.0] == [wait_of(limiter, 1007.0) for _ in range(2)]


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


def waited(limiter: RateLimiter, now: float) -> float:
    """Wait for a place with nobody else in the line, and return how long that took."""
    place, began = limiter.place(), now
    while (wait := limiter.wait(place, now)) > 0:
        now += wait
    return now - began


# Steps in quarters of a second meet the ends of the half seconds that answers are counted in; the others don't.
STEPS = st.tuples(st.floats(0, 5) | st.integers(0, 20).map(lambda quarters: quarters / 4), st.booleans())


@pytest.mark.slow
@given(st.lists(STEPS, max_size=60), st.lists(STEPS, max_size=60))
def test_botocore_waits_as_long(before: Updates, after: Updates) -> None:
    """Over any sequence of attempts one after the other, each waits as long as with botocore's limiter."""
    theirs = Botocore()
    ours = RateLimiter()
    for step, throttled in [(0.0, False), *before, (0.0, True), *after]:
        assert waited(ours, theirs.clock.now) == pytest.approx(theirs.acquire(), abs=1e-6)
        theirs.clock.now += step
        theirs.update(throttled=throttled)
        ours.update(theirs.clock.now, throttled=throttled)
    assert theirs.bucket.max_rate == pytest.approx(rate_of(ours, theirs.clock.now), rel=1e-6)


def half() -> float:
    """Return a number in the middle."""
    return 0.5


def retries_left(policy: Any) -> int:
    """Count the retries after a throttle that the quota still allows, using them all up."""
    throttle = ThrottlingException("slow", status_code=400)
    number = 0
    while policy.after_failure(throttle, 1, None, half, 0.0) is not None:
        number += 1
    return number


def test_an_adaptive_client_slows_down(kit: Kit) -> None:
    """After a throttle each attempt waits for the limiter, after the policy's own delay; it looks every second."""
    time = FakeTime()
    service = Responder(error("ThrottlingException"), DONE)
    client = kit.client(respond=service, time=time, retry="adaptive", options={"random": half})
    assert 2 == kit.run(client.send, LIST_USERS).metadata.attempts
    # Half of 1 s, and what is left then of 2 s at 0.5 a second.
    assert [0.5, 1.0, 0.5] == time.waits
    kit.run(client.send, LIST_USERS)
    # Measured: 0.8 x 2 / 2; twice that is 1.6 a second.
    assert [0.5, 1.0, 0.5, pytest.approx(1 / 1.6)] == time.waits


@pytest.mark.parametrize("retry", ["standard", "off"])
def test_other_modes_do_not_slow_down(kit: Kit, retry: str) -> None:
    """Without the adaptive mode a call after a throttled one goes at once."""
    time = FakeTime()
    service = Responder(DONE)
    client = kit.client(respond=service, time=time, retry=retry, options={"random": half})
    policy = options_of(client).retry
    policy.after_failure(ThrottlingException("slow", status_code=400), 1, None, half, time.now)
    kit.run(client.send, LIST_USERS)
    assert [] == time.waits


def test_no_time_to_wait_for_the_limiter(kit: Kit) -> None:
    """An attempt whose turn comes after the call's time limit is not begun; the throttle before it is the last word."""
    time = FakeTime()
    service = Responder(error("ThrottlingException"), DONE)
    client = kit.client(respond=service, time=time, retry="adaptive", timeout=1.9, options={"random": half})
    with pytest.raises(ThrottlingException) as caught:
        kit.run(client.send, LIST_USERS)
    assert (1, 1, [0.5]) == (caught.value.attempts, len(service.requests), time.waits)
    assert ["The call's time limit of 1.9 s left no time for another attempt."] == caught.value.__notes__
    # The next call has sent nothing, so the limit alone is its reason.
    policy = options_of(client).retry
    limiter, taken = policy.limiter, policy.limiter.place()
    limiter.wait(taken, time.now)
    with pytest.raises(DeadlineExceededError, match=r"0 attempts, and the next one would have to wait for 3\.5 s"):
        kit.run(client.send, LIST_USERS)
    # Neither of them is in the line, nor took from the quota.
    limiter.leave(taken)
    assert 1.5 == wait_of(limiter, time.now)
    assert 500 // 5 == retries_left(policy)


class Crowd:
    """Calls of one client that begin one after the other, on a clock that jumps from event to event."""

    def __init__(self, kit: Kit, throttled_until: float, **settings: Any) -> None:
        self.now = 0.0
        self._until = throttled_until
        self._queue: list[tuple[float, int, Flow[Any], Any]] = []
        self._numbers = itertools.count()
        draw = Random(1).random
        client = kit.client(retry="adaptive", options={"monotonic": lambda: self.now, "random": draw}, **settings)
        self.options = options_of(client)
        self.ended: dict[int, str] = {}

    def run(self, seconds: float, a_second: int) -> list[str]:
        """Start calls for some seconds, run all to their ends, and return these in the order of their starts."""
        flows = [invoke(LIST_USERS, self.options) for _ in range(int(seconds * a_second))]
        for number, flow in enumerate(flows):
            self._resume_at(number / a_second, flow, None)
        while self._queue:
            self.now, _, flow, result = heapq.heappop(self._queue)
            try:
                effect = flow.send(result)
            except StopIteration:
                self.ended[id(flow)] = "answered"
            except CognitoIdpError as failure:
                self.ended[id(flow)] = type(failure).__name__
            else:
                self._perform(effect, flow)
        return [self.ended[id(flow)] for flow in flows]

    def _perform(self, effect: Any, flow: Flow[Any]) -> None:
        if isinstance(effect, Sleep):
            self._resume_at(self.now + effect.seconds, flow, None)
        elif self.now < self._until:
            self._resume_at(self.now + 0.02, flow, HttpResponse(400, (), b'{"__type": "TooManyRequestsException"}'))
        else:
            self._resume_at(self.now + 0.02, flow, HttpResponse(200, (), b"{}"))

    def _resume_at(self, when: float, flow: Flow[Any], result: Any) -> None:
        heapq.heappush(self._queue, (when, next(self._numbers), flow, result))


@pytest.mark.parametrize("timeout", [1.0, 5.0, None])
def test_a_service_that_was_overloaded(timeout: float | None) -> None:
    """After 3 s of throttling at 100 calls a second, a healthy service gets all calls again within seconds.

    Those that gave up owe nothing: nobody is left in the line, and the quota is as if they had not been.
    """
    with kit_of("sync") as kit:
        crowd = Crowd(kit, 3.0, timeout=timeout)
        ends = crowd.run(14.0, 100)
    assert {"answered"} == set(ends[1000:])
    assert {"DeadlineExceededError", "TooManyRequestsException", "answered"} >= set(ends)
    assert 0.0 == wait_of(crowd.options.retry.limiter, crowd.now + 1.0)
