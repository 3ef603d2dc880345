"""Whether a failed attempt is repeated, after how long, and what it takes from the quota."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import AdaptiveRetry, NoRetry, StandardRetry
from cognito_idp._call.retry import MODES, Retry, policy_of
from cognito_idp._protocol.repeat import NOT_REPEATABLE
from cognito_idp.errors import (
    ConfigError,
    ConnectError,
    ConnectTimeoutError,
    DeadlineExceededError,
    InternalErrorException,
    InternalServerError,
    InvalidResponseError,
    LimitExceededException,
    NotAuthorizedException,
    ProtocolError,
    ReadError,
    ReadTimeoutError,
    ServiceUnavailable,
    SlowDown,
    ThrottlingException,
    TooManyRequestsException,
    UnknownServiceError,
    WriteError,
    WriteTimeoutError,
)
from tests.conformance.values import request_classes

TRANSIENT = ReadError("broken")
THROTTLE = TooManyRequestsException("slow down", status_code=400)
PERMANENT = NotAuthorizedException("no", status_code=400)
QUOTA, COST, COST_THROTTLED = 500, 14, 5


def never() -> float:
    """Fail: nothing random is needed here."""
    raise AssertionError


def half() -> float:
    """Return a number in the middle."""
    return 0.5


def after(
    policy: StandardRetry, failure: Any, attempt: int = 1, retry_after: float | None = None, random: Any = half
) -> Retry | None:
    """Ask a policy after a failed attempt."""
    return policy.after_failure(failure, attempt, retry_after, random, 0.0)


@pytest.mark.parametrize(
    "failure",
    [
        ConnectError("x"),
        ConnectTimeoutError("x"),
        ReadError("x"),
        ReadTimeoutError("x"),
        WriteError("x"),
        WriteTimeoutError("x"),
        ProtocolError("x"),
        *(InvalidResponseError("x", status_code=status) for status in (429, 500, 502, 503, 504)),
        *(UnknownServiceError("x", code="Strange", status_code=status) for status in (429, 500, 502, 503, 504)),
        InternalErrorException("x", status_code=400),
        InternalServerError("x", status_code=400),
        ServiceUnavailable("x", status_code=400),
        ThrottlingException("x", status_code=400),
        TooManyRequestsException("x", status_code=400),
        SlowDown("x", status_code=400),
    ],
    ids=lambda failure: f"{type(failure).__name__}-{getattr(failure, 'status_code', '')}",
)
def test_what_is_repeated(failure: Any) -> None:
    """Connection errors, statuses 429, 500, 502, 503 and 504, passing faults and throttles are repeated."""
    assert after(StandardRetry(), failure) is not None


@pytest.mark.parametrize(
    "failure",
    [
        DeadlineExceededError("x"),
        *(InvalidResponseError("x", status_code=status) for status in (None, 200, 400, 403, 404, 501)),
        *(UnknownServiceError("x", code="Strange", status_code=status) for status in (None, 400, 403, 404, 501)),
        NotAuthorizedException("x", status_code=400),
        LimitExceededException("x", status_code=400),
    ],
    ids=lambda failure: f"{type(failure).__name__}-{getattr(failure, 'status_code', '')}",
)
def test_what_is_not_repeated(failure: Any) -> None:
    """Other answers, a user's own limit, and a call that is out of time are not repeated, and cost nothing."""
    policy = StandardRetry()
    assert None is after(policy, failure, random=never)
    assert QUOTA // COST == retries_left(policy, TRANSIENT)


def retries_left(policy: StandardRetry, failure: Any) -> int:
    """Count the retries that the quota still allows, using them all up."""
    number = 0
    while after(policy, failure) is not None:
        number += 1
    return number


@pytest.mark.parametrize("max_attempts", [1, 2, 3, 7])
def test_the_number_of_attempts(max_attempts: int) -> None:
    """`max_attempts` counts the first attempt."""
    policy = StandardRetry(max_attempts)
    decisions = [after(policy, TRANSIENT, attempt) is not None for attempt in range(1, max_attempts + 3)]
    assert [True] * (max_attempts - 1) + [False] * 3 == decisions


@pytest.mark.parametrize("max_attempts", [0, -1])
def test_a_number_of_attempts_that_can_not_be_one(max_attempts: int) -> None:
    """There must be a first attempt."""
    with pytest.raises(ConfigError, match=f"max_attempts must be at least 1, not {max_attempts}"):
        StandardRetry(max_attempts)


@pytest.mark.parametrize(
    ("failure", "delays"),
    [
        (TRANSIENT, [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20.0, 20.0]),
        (THROTTLE, [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]),
    ],
)
@pytest.mark.parametrize("drawn", [0.0, 0.25, 0.999])
def test_the_delays(failure: Any, delays: list[float], drawn: float) -> None:
    """The delay doubles with each retry up to 20 s, and the random number says how much of it is waited."""
    policy = StandardRetry(max_attempts=100)
    for attempt, delay in enumerate(delays, 1):
        retry = after(policy, failure, attempt, random=lambda: drawn)
        assert retry is not None
        assert drawn * delay == pytest.approx(retry.delay, abs=1e-12)


@given(
    attempt=st.integers(1, 2000),
    throttled=st.booleans(),
    drawn=st.floats(0, 1, exclude_max=True),
    retry_after=st.none() | st.floats(0, 1e9),
)
def test_the_bounds_of_a_delay(attempt: int, drawn: float, retry_after: float | None, *, throttled: bool) -> None:
    """Whatever is drawn and asked for, a delay is between 0 and 20 s, and at most 5 s more where the service asks."""
    policy = StandardRetry(max_attempts=10_000)
    failure = THROTTLE if throttled else TRANSIENT
    plain = after(policy, failure, attempt, None, lambda: drawn)
    asked = after(policy, failure, attempt, retry_after, lambda: drawn)
    assert plain is not None
    assert asked is not None
    assert 0.0 <= plain.delay <= 20.0
    assert plain.delay <= asked.delay <= plain.delay + 5.0


@pytest.mark.parametrize(
    ("retry_after", "expected"), [(None, 1.0), (0.0, 1.0), (0.5, 1.0), (1.5, 1.5), (6.0, 6.0), (6.5, 6.0), (3600, 6.0)]
)
def test_the_delay_that_the_service_asks_for(retry_after: float | None, expected: float) -> None:
    """What the service asks for counts within the computed delay and 5 s more."""
    retry = after(StandardRetry(), THROTTLE, 2, retry_after)
    assert retry is not None
    assert expected == retry.delay


def test_the_quota() -> None:
    """A retry takes 14 of 500, one after a throttle 5; when too little is left, nothing is repeated any more."""
    assert (COST, COST_THROTTLED) == tuple(
        retry.cost for failure in (TRANSIENT, THROTTLE) if (retry := after(StandardRetry(), failure)) is not None
    )
    assert QUOTA // COST == retries_left(StandardRetry(), TRANSIENT)
    assert QUOTA // COST_THROTTLED == retries_left(StandardRetry(), THROTTLE)
    mixed = StandardRetry()
    assert QUOTA // COST == retries_left(mixed, TRANSIENT)
    # 500 = 35 x 14 + 10, and 10 is enough for two throttles.
    assert 2 == retries_left(mixed, THROTTLE)


def test_a_success_after_a_retry_gives_back_what_that_took() -> None:
    """A success gives back the cost of its last retry."""
    for failure in (TRANSIENT, THROTTLE):
        policy = StandardRetry()
        last = after(policy, failure)
        retries_left(policy, failure)
        policy.after_success(last, 0.0)
        assert 1 == retries_left(policy, failure)


def test_a_success_at_once_gives_back_one() -> None:
    """14 successes at the first attempt pay for a retry."""
    policy = StandardRetry()
    retries_left(policy, TRANSIENT)
    retries_left(policy, THROTTLE)
    for _ in range(COST - 1):
        policy.after_success(None, 0.0)
    assert None is after(policy, TRANSIENT, random=never)
    policy.after_success(None, 0.0)
    assert 1 == retries_left(policy, TRANSIENT)


def test_the_quota_is_never_more_than_full() -> None:
    """However many calls succeed, there is no more than a full quota."""
    policy = StandardRetry()
    last = after(policy, TRANSIENT)
    for _ in range(1000):
        policy.after_success(None, 0.0)
        policy.after_success(last, 0.0)
    assert QUOTA // COST == retries_left(policy, TRANSIENT)


def test_threads_share_the_quota() -> None:
    """Threads that draw on one quota get out of it together what one alone would."""
    policy, start, counts = StandardRetry(), threading.Barrier(8), []

    def work() -> None:
        start.wait()
        counts.append(retries_left(policy, THROTTLE))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert QUOTA // COST_THROTTLED == sum(counts)


@pytest.mark.parametrize("operation", sorted(NOT_REPEATABLE))
def test_operations_that_must_not_be_sent_twice(operation: str) -> None:
    """They are repeated only where the service certainly did nothing: after a throttle, or with no connection."""
    policy = StandardRetry()
    for failure, expected in (
        (ConnectError("x"), True),
        (ConnectTimeoutError("x"), True),
        (TooManyRequestsException("x", status_code=400), True),
        (ReadError("x"), False),
        (ReadTimeoutError("x"), False),
        (InternalErrorException("x", status_code=500), False),
        (InvalidResponseError("x", status_code=503), False),
    ):
        failure.operation = operation
        assert expected is (after(policy, failure) is not None), type(failure).__name__


# Operations whose names are those of the verbs below, but whose second request does no harm and says nothing wrong.
HARMLESS = {
    "AdminAddUserToGroup": "the user is in the group already",
    "AdminInitiateAuth": "begins another sign-in",
    "InitiateAuth": "begins another sign-in",
    "StartWebAuthnRegistration": "gives another challenge",
}


def test_operations_that_make_begin_end_or_confirm_are_not_sent_twice() -> None:
    """Each operation whose name says so is in the table, or it is known why it need not be."""
    verbs = r"(Admin)?(Add|Associate|Cancel|Complete|Confirm|Create|Initiate|Link|SignUp|Start|Stop|Verify)"
    named = {cls.operation.name for cls in request_classes() if re.match(verbs, cls.operation.name)}
    assert len(named) > 30
    assert set() == named - NOT_REPEATABLE.keys() - HARMLESS.keys()
    assert HARMLESS.keys() <= named


def test_operations_of_the_table_exist() -> None:
    """Each entry of the table is an operation."""
    assert NOT_REPEATABLE.keys() <= {cls.operation.name for cls in request_classes()}


def test_no_retry() -> None:
    """The mode `off` gives up after the first attempt, whatever happened."""
    policy = NoRetry()
    assert ("off", 1) == (policy.name, policy.max_attempts)
    assert [None, None] == [after(policy, failure, random=never) for failure in (TRANSIENT, THROTTLE)]
    assert 0.0 == policy.before_attempt(0.0)


@pytest.mark.parametrize("mode", ["standard", "adaptive"])
def test_a_mode_by_its_name(mode: str) -> None:
    """A mode's name gives a policy of that mode with 3 attempts, or as many as are asked for, and its own quota."""
    policy = policy_of(mode)
    assert type(policy) is MODES[mode]
    assert (mode, 3) == (policy.name, policy.max_attempts)
    assert 9 == policy_of(mode, 9).max_attempts
    assert policy is not policy_of(mode)


def test_the_default_mode() -> None:
    """With nothing said, the standard mode counts."""
    assert type(policy_of(None)) is StandardRetry
    assert 5 == policy_of(None, 5).max_attempts


def test_the_mode_off_has_one_attempt_whatever_else_is_set() -> None:
    """`off` is one attempt, even where the environment sets a number of them."""
    assert 1 == policy_of("off", 5).max_attempts


def test_a_policy_of_ones_own() -> None:
    """An object that is no string is taken for a policy."""
    policy = StandardRetry(8)
    assert policy is policy_of(policy)


@pytest.mark.parametrize("mode", ["legacy", "Standard", "none"])
def test_a_mode_that_does_not_exist(mode: str) -> None:
    """An unknown mode is refused by name, with the names that there are."""
    with pytest.raises(ConfigError, match=f"retry='{mode}' is not a retry mode; use 'standard', 'adaptive' or 'off'"):
        policy_of(mode)


def test_the_adaptive_mode_decides_as_the_standard_one() -> None:
    """Delays, number of attempts and quota are those of the standard mode."""
    adaptive, standard = AdaptiveRetry(5), StandardRetry(5)
    for failure in (TRANSIENT, THROTTLE, PERMANENT):
        for attempt in range(1, 7):
            assert after(standard, failure, attempt, 0.7) == after(adaptive, failure, attempt, 0.7)


def test_the_adaptive_mode_waits_after_a_throttle() -> None:
    """Without a throttle no attempt waits; after one, attempts wait for their turn, and each one longer."""
    policy = AdaptiveRetry()
    for tick in range(20):
        assert 0.0 == policy.before_attempt(tick / 10)
        policy.after_success(None, tick / 10)
    after_throttle = policy.after_failure(THROTTLE, 1, None, half, 2.0)
    assert after_throttle is not None
    waits = [policy.before_attempt(2.0) for _ in range(10)]
    assert sorted(waits) == waits
    assert 0.0 < waits[-1]
