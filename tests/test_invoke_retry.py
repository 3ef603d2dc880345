"""The attempts of one call: what is repeated, what each attempt carries, and when there is no time for another."""

from __future__ import annotations

import gc
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from cognito_idp import Credentials, ListUsersRequest, StandardRetry, Timeout
from cognito_idp._call.retry import Retry
from cognito_idp.errors import (
    ConnectError,
    CredentialsError,
    DeadlineExceededError,
    InternalErrorException,
    InvalidResponseError,
    LimitExceededException,
    ReadError,
    ReadTimeoutError,
    SlowDown,
    TooManyRequestsException,
    UnknownServiceError,
    WaitedTooLongError,
)
from tests.support.kit import CREDENTIALS, FakeTime, kit_of, options_of, with_transport
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

LIST_USERS = ListUsersRequest(user_pool_id="us-east-1_a")
HTML = "<html><body>Bad gateway</body></html>"

PASSING: dict[str, httpx.Response | Exception] = {
    "connection refused": httpx.ConnectError("refused"),
    "connect limit": httpx.ConnectTimeout("slow"),
    "connection reset": httpx.ReadError("reset"),
    "read limit": httpx.ReadTimeout("slow"),
    "write": httpx.WriteError("broken"),
    "closed without a word": httpx.RemoteProtocolError("closed"),
    **{f"html {status}": httpx.Response(status, text=HTML) for status in (429, 500, 502, 503, 504)},
    **{f"unknown code, {status}": error("Strange", status) for status in (429, 500, 502, 503, 504)},
    "TooManyRequestsException": error("TooManyRequestsException"),
    "ThrottlingException": error("ThrottlingException"),
    "Throttling": error("Throttling"),
    "SlowDown": error("SlowDown", 503),
    "InternalErrorException": error("InternalErrorException", 500),
    "RequestTimeout": error("RequestTimeout"),
}
LASTING: dict[str, tuple[httpx.Response, type[Any]]] = {
    "LimitExceededException": (error("LimitExceededException"), LimitExceededException),
    "unknown code, 400": (error("Strange"), UnknownServiceError),
    "unknown code, 501": (error("Strange", 501), UnknownServiceError),
    "html 403": (httpx.Response(403, text=HTML), InvalidResponseError),
    "html 200": (httpx.Response(200, text=HTML), InvalidResponseError),
}


def half() -> float:
    """Return a number in the middle."""
    return 0.5


@pytest.fixture
def time() -> FakeTime:
    """Make a clock."""
    return FakeTime()


def client_of(kit: Kit, service: Callable[[httpx.Request], httpx.Response], time: FakeTime, **settings: Any) -> Any:
    """Make a client that sleeps on the fake clock, and draws 0.5 whenever it draws."""
    return kit.client(respond=service, time=time, options={"random": half}, **settings)


@pytest.mark.parametrize("name", PASSING)
def test_a_failure_that_passes(kit: Kit, time: FakeTime, name: str) -> None:
    """Connection errors, statuses 429, 500, 502, 503 and 504, and throttles are tried again, and success is told."""
    service = Responder(PASSING[name], PASSING[name], success({"Users": []}))
    response = kit.run(client_of(kit, service, time).send, LIST_USERS)
    assert () == response.users
    assert 3 == response.metadata.attempts == len(service.requests)
    assert 2 == len(time.waits)


@pytest.mark.parametrize("name", LASTING)
def test_a_failure_that_lasts(kit: Kit, time: FakeTime, name: str) -> None:
    """Other answers are final: no second attempt, no wait."""
    answer, expected = LASTING[name]
    service = Responder(answer, success())
    with pytest.raises(expected) as caught:
        kit.run(client_of(kit, service, time).send, LIST_USERS)
    assert type(caught.value) is expected
    assert 1 == caught.value.attempts == len(service.requests)
    assert [] == time.waits


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ConnectError("refused"), ConnectError),
        (httpx.ReadTimeout("slow"), ReadTimeoutError),
        (httpx.Response(502, text=HTML), InvalidResponseError),
        (error("InternalErrorException", 500), InternalErrorException),
        (error("TooManyRequestsException"), TooManyRequestsException),
    ],
)
@pytest.mark.parametrize("max_attempts", [1, 3, 5])
def test_the_last_failure_is_raised(
    kit: Kit, time: FakeTime, failure: Any, expected: type[Any], max_attempts: int
) -> None:
    """After the last attempt its failure comes out, and says the number of attempts and the operation."""
    service = Responder(failure)
    client = client_of(kit, service, time, retry=StandardRetry(max_attempts))
    with pytest.raises(expected) as caught:
        kit.run(client.send, LIST_USERS)
    assert max_attempts == caught.value.attempts == len(service.requests)
    assert "ListUsers" == caught.value.operation


def test_an_answer_that_does_not_fit_after_a_retry(kit: Kit, time: FakeTime) -> None:
    """An answer whose members are of the wrong type says after how many attempts it came."""
    service = Responder(httpx.ReadError("reset"), success({"Users": 5}))
    with pytest.raises(InvalidResponseError) as caught:
        kit.run(client_of(kit, service, time).send, LIST_USERS)
    assert 2 == caught.value.attempts


def test_an_error_that_nobody_keeps_is_gone(time: FakeTime) -> None:
    """An error is in no circle with its own traceback, so that the request in there does not outlive it."""

    def fail(client: Any) -> weakref.ref[Exception]:
        try:
            client.send(LIST_USERS)
        except InternalErrorException as error_:
            return weakref.ref(error_)
        raise AssertionError

    with kit_of("sync") as kit:
        client = client_of(kit, Responder(error("InternalErrorException", 500)), time)
        gc.disable()
        try:
            assert None is fail(client)()
        finally:
            gc.enable()


def test_retry_off(kit: Kit, time: FakeTime) -> None:
    """With `retry="off"` there is one attempt."""
    service = Responder(httpx.ReadError("reset"), success())
    with pytest.raises(ReadError):
        kit.run(client_of(kit, service, time, retry="off").send, LIST_USERS)
    assert "attempt=1; max=1" == service.requests[0].headers["amz-sdk-request"]
    assert 1 == len(service.requests)


def test_the_waits(kit: Kit, time: FakeTime) -> None:
    """The waits are the policy's: half of 0.05 s and of 0.1 s here, and of 1 s and 2 s after throttles."""
    for failure, waits in ((error("InternalErrorException", 500), [0.025, 0.05]), (error("SlowDown"), [0.5, 1.0])):
        time.waits.clear()
        kit.run(client_of(kit, Responder(failure, failure, success()), time).send, LIST_USERS)
        assert waits == time.waits


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("1500", 1.5),
        ("200", 0.5),
        ("99999", 5.5),
        ("0", 0.5),
        ("-1000", 0.5),
        ("1.5", 0.5),
        ("soon", 0.5),
        ("", 0.5),
        ("٣٠٠٠", 0.5),
    ],
)
def test_the_wait_that_the_service_asks_for(kit: Kit, time: FakeTime, asked: str, wait: float) -> None:
    """`x-amz-retry-after` holds whole milliseconds, counts within its bounds, and anything else in it is ignored."""
    throttle = httpx.Response(400, json={"__type": "SlowDown"}, headers=[(b"x-amz-retry-after", asked.encode())])
    kit.run(client_of(kit, Responder(throttle, success()), time).send, LIST_USERS)
    assert [wait] == time.waits


def test_what_an_attempt_carries(kit: Kit, time: FakeTime) -> None:
    """All attempts of a call have one id and one body; each says its number and is signed for its own moment."""
    service = Responder(httpx.ReadError("reset"), error("SlowDown"), success())
    client = client_of(kit, service, time, clock=lambda: 1_440_938_160 + time.now)
    kit.run(client.send, LIST_USERS)
    first, second, third = service.requests
    assert ["attempt=1; max=3", "attempt=2; max=3", "attempt=3; max=3"] == [
        request.headers["amz-sdk-request"] for request in service.requests
    ]
    assert first.headers["amz-sdk-invocation-id"] == second.headers["amz-sdk-invocation-id"]
    assert first.headers["amz-sdk-invocation-id"] == third.headers["amz-sdk-invocation-id"]
    assert first.content == second.content == third.content
    assert 3 == len({request.headers["authorization"] for request in service.requests})
    assert ["20150830T135920Z", "20150830T135920Z", "20150830T135921Z"] == [
        request.headers["x-amz-date"] for request in service.requests
    ]


class Rotating:
    """Credentials that are others each time."""

    def __init__(self) -> None:
        self.number = 0

    def get(self) -> Flow[Credentials]:
        """Return the next ones."""
        self.number += 1
        return Credentials(f"AKID{self.number}", "secret")
        yield

    def replace(self, rejected: Credentials) -> Flow[Credentials]:  # noqa: ARG002 - the protocol's parameter
        """Return the next ones."""
        return self.get()


def test_each_attempt_asks_for_credentials(kit: Kit, time: FakeTime) -> None:
    """Credentials that were renewed between two attempts are used for the second one."""
    service = Responder(httpx.ReadError("reset"), success())
    kit.run(client_of(kit, service, time, credentials=Rotating()).send, LIST_USERS)
    assert ["AKID1", "AKID2"] == [
        request.headers["authorization"].partition("Credential=")[2].partition("/")[0] for request in service.requests
    ]


def test_the_quota_runs_out(kit: Kit, time: FakeTime) -> None:
    """Calls of one client share the quota: when all of them fail, they stop to try again; successes fill it up."""
    service = Responder(httpx.ReadError("reset"))
    client = client_of(kit, service, time)
    attempts = []
    for _ in range(20):
        with pytest.raises(ReadError) as caught:
            kit.run(client.send, LIST_USERS)
        attempts.append(caught.value.attempts)
    # 35 retries at 14 each are paid for by 500: 17 calls have two of them, one has a single one, the rest none.
    assert [3] * 17 + [2, 1, 1] == attempts


class SlowService(Responder):
    """A service that takes its time."""

    def __init__(self, time: FakeTime, seconds: float, *answers: httpx.Response | Exception) -> None:
        super().__init__(*answers)
        self._time = time
        self._seconds = seconds

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer late."""
        self._time.now += self._seconds
        return super().__call__(request)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (error("TooManyRequestsException"), TooManyRequestsException),
        (error("InternalErrorException", 500), InternalErrorException),
        (httpx.Response(503, text=HTML), InvalidResponseError),
        (httpx.ReadError("reset"), ReadError),
        (httpx.ConnectError("refused"), ConnectError),
    ],
)
def test_no_time_for_another_attempt(kit: Kit, time: FakeTime, failure: Any, expected: type[Any]) -> None:
    """A retry whose wait would end after the limit of the call is not begun: the failure is the last word, with a note.

    No retry is announced, and none is paid for.
    """
    events: list[Any] = []
    service = SlowService(time, 1.995, failure)
    client = client_of(kit, service, time, timeout=2.0, observer=events.append)
    for _ in range(110):
        with pytest.raises(expected) as caught:
            kit.run(client.send, LIST_USERS)
        assert ["The call's time limit of 2 s left no time for another attempt."] == caught.value.__notes__
        assert ([], 1) == (time.waits, caught.value.attempts)
    assert [] == [event for event in events if type(event).__name__ == "RetryScheduled"]
    assert QUOTA == quota_of(client)


def test_no_time_after_a_timeout(kit: Kit, time: FakeTime) -> None:
    """A retry after a timeout that the limit of the call leaves no time for: the reason is time."""
    service = SlowService(time, 1.99, httpx.ReadTimeout("slow"))
    with pytest.raises(
        DeadlineExceededError,
        match=r"ListUsers did not end within 2 s: 1 attempt, and the next one .* 0\.025 s, the last",
    ) as caught:
        kit.run(client_of(kit, service, time, timeout=2.0).send, LIST_USERS)
    assert isinstance(caught.value.__cause__, ReadTimeoutError)
    assert ([], 1) == (time.waits, caught.value.attempts)


QUOTA = 500


def quota_of(client: Any) -> int:
    """Return what is left of a client's retry quota."""
    quota: int = options_of(client).retry._quota
    return quota


class Interrupt(BaseException):
    """Stands for Ctrl-C."""


def test_a_retry_that_is_interrupted_costs_nothing(time: FakeTime) -> None:
    """A call that Ctrl-C breaks off while it waits for its retry gives back what that took."""

    def interrupt(seconds: float) -> None:
        raise Interrupt(seconds)

    time.sleep = interrupt  # type: ignore[method-assign]
    with kit_of("sync") as kit:
        client = client_of(kit, Responder(error("InternalErrorException", 500)), time)
        with pytest.raises(Interrupt):
            client.send(LIST_USERS)
    assert QUOTA == quota_of(client)


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_a_retry_that_is_cancelled_costs_nothing(time: FakeTime, kind: str) -> None:
    """A call that is cancelled while it waits for its retry gives back what that took, and its place in the line."""

    async def cancelled(client: Any) -> bool:
        with anyio.CancelScope() as scope:

            async def sleep(_: float) -> None:
                scope.cancel()
                await anyio.lowlevel.checkpoint()

            time.sleep_async = sleep  # type: ignore[assignment, method-assign]
            with_transport(client, partial(kit._connected, httpx.MockTransport(service), time))
            await client.send(LIST_USERS)
        return scope.cancelled_caught

    with kit_of(kind) as kit:
        service = Responder(error("SlowDown"), error("InternalErrorException", 500))
        client = client_of(kit, service, time, retry="adaptive")
        assert kit.run(cancelled, client)
        assert kit.run(cancelled, client)
    assert QUOTA == quota_of(client)
    limiter = options_of(client).retry.limiter
    assert 2.0 == limiter.wait(limiter.place(), time.now)


class Vanishing:
    """Credentials that can be had once."""

    def __init__(self, failure: Exception) -> None:
        self._failures = [failure]
        self._first = True

    def get(self) -> Flow[Credentials]:
        """Return some, and fail from then on."""
        if not self._first:
            raise self._failures[0]
        self._first = False
        return CREDENTIALS
        yield

    replace = None


def test_a_retry_without_credentials_costs_nothing(kit: Kit, time: FakeTime) -> None:
    """A retry that fails before it is sent gives back what it took."""
    client = client_of(
        kit, Responder(httpx.ReadError("reset")), time, credentials=Vanishing(CredentialsError("none left"))
    )
    with pytest.raises(CredentialsError):
        kit.run(client.send, LIST_USERS)
    assert QUOTA == quota_of(client)


def test_a_retry_that_is_sent_costs_what_it_costs(kit: Kit, time: FakeTime) -> None:
    """What is sent is paid for, also where the time limit ends it, and where no answer comes."""
    service = SlowService(time, 1.0, httpx.ReadTimeout("slow"))
    client = client_of(kit, service, time, timeout=2.5)
    with pytest.raises(DeadlineExceededError):
        kit.run(client.send, LIST_USERS)
    assert 3 == len(service.requests)
    assert QUOTA - 2 * 14 == quota_of(client)


class Late:
    """Credentials that come at once the first time, and then too late."""

    def __init__(self) -> None:
        self._seconds = [0.0, 100.0]

    def get(self) -> Flow[Credentials]:
        """Wait."""
        from cognito_idp._flow.effects import sleep

        seconds = self._seconds.pop(0)
        if seconds:
            yield from sleep(seconds)
        return CREDENTIALS

    replace = None


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(error("SlowDown"), SlowDown), (httpx.ReadTimeout("slow"), DeadlineExceededError)],
)
def test_a_retry_whose_credentials_come_too_late(kit: Kit, time: FakeTime, failure: Any, expected: type[Any]) -> None:
    """If the time ends before a retry is sent, the service's answer before it is the last word."""
    client = client_of(kit, Responder(failure), time, timeout=9.0, credentials=Late())
    with pytest.raises(expected):
        kit.run(client.send, LIST_USERS)
    assert QUOTA == quota_of(client)


def test_the_limit_passes_during_an_attempt(kit: Kit, time: FakeTime) -> None:
    """A timeout at the end of the whole call's time is told as that, with the timeout as its cause."""
    service = SlowService(time, 1.0, httpx.ReadTimeout("slow"))
    with pytest.raises(DeadlineExceededError, match=r"within 2\.5 s: 3 attempts, the last error was: .*slow") as caught:
        kit.run(client_of(kit, service, time, timeout=2.5).send, LIST_USERS)
    assert isinstance(caught.value.__cause__, ReadTimeoutError)
    assert 3 == caught.value.attempts == len(service.requests)


def test_an_error_that_more_time_would_not_have_helped(kit: Kit, time: FakeTime) -> None:
    """A final error is raised as it is, even if it came late."""
    service = SlowService(time, 9.0, error("LimitExceededException"))
    with pytest.raises(LimitExceededException):
        kit.run(client_of(kit, service, time, timeout=2.0).send, LIST_USERS)


def test_a_timeout_with_time_left(kit: Kit, time: FakeTime) -> None:
    """A read that takes too long while there is time left is an ordinary timeout."""
    service = SlowService(time, 1.0, httpx.ReadTimeout("slow"))
    with pytest.raises(ReadTimeoutError) as caught:
        kit.run(client_of(kit, service, time, timeout=60).send, LIST_USERS)
    assert 3 == caught.value.attempts


def test_the_limits_shrink(kit: Kit, time: FakeTime) -> None:
    """Each attempt's limits are what is left of the whole call's time, where that is less."""
    service = SlowService(time, 1.0, httpx.ConnectError("refused"))
    client = client_of(kit, service, time, timeout=Timeout(total=6, connect=5, read=None, write=9))
    with pytest.raises(ConnectError):
        kit.run(client.send, LIST_USERS)
    limits = [request.extensions["timeout"] for request in service.requests]
    assert [5, 4.975, 3.925] == pytest.approx([each["connect"] for each in limits])
    assert [6, 4.975, 3.925] == pytest.approx([each["read"] for each in limits])
    assert [6, 4.975, 3.925] == pytest.approx([each["write"] for each in limits])


class SlowCredentials:
    """Credentials that are a request and a wait away."""

    def get(self) -> Flow[Credentials]:
        """Wait."""
        from cognito_idp._flow.effects import sleep

        yield from sleep(100)
        return CREDENTIALS

    replace = None


def test_the_limit_holds_for_credentials_too(kit: Kit, time: FakeTime) -> None:
    """A wait while credentials are loaded ends with the call's time, and nothing is sent after it."""
    service = Responder(httpx.ConnectTimeout("slow"))
    with pytest.raises(DeadlineExceededError) as caught:
        kit.run(client_of(kit, service, time, timeout=3.0, credentials=SlowCredentials()).send, LIST_USERS)
    assert isinstance(caught.value.__cause__, WaitedTooLongError)
    assert [] == service.requests
    assert [3.0] == time.waits


def test_call_is_repeated_like_any_other(kit: Kit, time: FakeTime) -> None:
    """`client.call` goes the same way: repeated, and failing with the number of attempts."""
    service = Responder(httpx.ReadError("reset"), success({"A": 1}))
    assert {"A": 1} == kit.run(client_of(kit, service, time).call, "BrandNewOperation")
    service = Responder(httpx.ReadError("reset"))
    with pytest.raises(ReadError) as caught:
        kit.run(client_of(kit, service, time).call, "BrandNewOperation")
    assert 3 == caught.value.attempts


class Eager:
    """A policy of a user's own: tries again at once, whatever happened, and keeps what it is told."""

    name = "eager"
    max_attempts = 4
    limiter = "the policy's own"

    def __init__(self) -> None:
        self.told: list[Any] = []

    def before_attempt(self, now: float) -> float:
        """Note the time."""
        self.told.append(("before", now))
        return 0.0

    def after_failure(self, failure: Any, attempt: int, retry_after: float | None, random: Any, now: float) -> Any:
        """Note everything."""
        self.told.append(("failure", type(failure).__name__, attempt, retry_after, random(), now))
        return Retry(0.0, 0)

    def after_success(self, last: Any, now: float) -> None:
        """Note the end."""
        self.told.append(("success", last, now))


def test_a_policy_of_ones_own(kit: Kit, time: FakeTime) -> None:
    """A policy object decides alone, and is told the failure, the attempt, what the service asks for, and the time."""
    policy = Eager()
    throttle = error("LimitExceededException", headers={"x-amz-retry-after": "250"})
    service = Responder(throttle, success())
    kit.run(client_of(kit, service, time, retry=policy).send, LIST_USERS)
    now = time.now
    expected = [
        ("before", now),
        ("failure", "LimitExceededException", 1, 0.25, 0.5, now),
        ("before", now),
        ("success", Retry(0.0, 0), now),
    ]
    assert expected == policy.told
    assert "attempt=2; max=4" == service.requests[1].headers["amz-sdk-request"]
    assert service.requests[0].headers["user-agent"].endswith("cfg/retry-mode#eager")
