"""`wait_for` through both clients: how a wait ends, what it bears, how long it pauses, and what observers are told."""

from __future__ import annotations

import pickle
import typing
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import (
    AsyncClient,
    Client,
    ConfigError,
    ConnectError,
    DeadlineExceededError,
    InternalErrorException,
    NotAuthorizedException,
    RequestValidationError,
    ResourceNotFoundException,
    TooManyRequestsException,
    WaitError,
    WaitFailedError,
    WaitTimeoutError,
)
from cognito_idp._call.waiters import GRACE_SECONDS, WAITERS, Pace, Waiter
from cognito_idp._structs.shapes import Choice, ListOf, Nested
from cognito_idp.model.index import load_type
from cognito_idp.observability import WaitProgressed
from tests.support.kit import CREDENTIALS, FakeTime, kit_of
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp._call.events import Event
    from tests.support.kit import Kit

POOL = "us-east-1_a"
JOB = {"user_pool_id": POOL, "job_id": "job-1"}
RESTORE_ID = "01234567-89ab-cdef-0123-456789abcdef"
# The arguments of each waiter, by the request that it looks with.
ARGUMENTS: dict[str, dict[str, str]] = {
    "DescribeUserImportJobRequest": JOB,
    "DescribePointInTimeRecoveryRequest": {"user_pool_id": POOL, "restore_id": RESTORE_ID},
    "DescribeUserPoolDomainRequest": {"domain": "auth"},
    "ListUserPoolReplicasRequest": {"user_pool_id": POOL, "region_name": "eu-west-1"},
}
NAMES = sorted(WAITERS)


def enum_of(waiter: Waiter) -> set[str]:
    """Return the values that the model lists for the state that a waiter looks at."""
    struct = load_type(waiter.request).operation.response_type
    *holders, last = waiter.state.split(".")
    for name in holders:
        shape = next(member.shape for member in struct._members if member.name == name)
        shape = shape.item if isinstance(shape, ListOf) else shape
        assert isinstance(shape, Nested)
        struct = shape.struct
    choice = next(member.shape for member in struct._members if member.name == last)
    assert isinstance(choice, Choice)
    return set(map(str, choice.enum))


def answer(name: str, state: str | None) -> httpx.Response:
    """Return the answer of the operation that a waiter looks with, in a state; None: the thing isn't there."""
    match WAITERS[name].request:
        case "DescribeUserImportJobRequest":
            return success({"UserImportJob": {"JobId": "job-1", "Status": state}})
        case "DescribePointInTimeRecoveryRequest":
            return success({"Restoration": {"RestoreId": RESTORE_ID, "RestoreStatus": state}})
        case "DescribeUserPoolDomainRequest":
            return success({"DomainDescription": {} if state is None else {"Domain": "auth", "Status": state}})
    own = [] if state is None else [{"RegionName": "eu-west-1", "Status": state}]
    return success({"UserPoolReplicas": [{"RegionName": "us-east-1", "Status": "ACTIVE"}, *own]})


def waiting(kit: Kit, *answers: httpx.Response | Exception, **settings: Any) -> tuple[Any, Responder, FakeTime]:
    """Make a client whose time moves only when it waits, and whose pauses are the longest that jitter allows."""
    service, time = Responder(*answers), FakeTime()
    options = {"random": lambda: 1.0, "new_id": lambda: "id-1"}
    return kit.client(respond=service, time=time, options=options, **settings), service, time


def wait(kit: Kit, client: Any, name: str, **more: Any) -> Any:
    """Wait for a waiter's thing."""
    return kit.run(client.wait_for, name, **ARGUMENTS[WAITERS[name].request], **more)


def job(state: str) -> httpx.Response:
    """Return an answer about an import job."""
    return answer("UserImportJobSucceeded", state)


# --- the table ---


@pytest.mark.parametrize("name", NAMES)
def test_every_state_of_the_model_has_one_meaning(name: str) -> None:
    """Each value of the model's enum ends a wait well, ends it badly, or goes on; a new one must be decided on."""
    waiter = WAITERS[name]
    sets = [waiter.well, waiter.badly, waiter.going]
    assert enum_of(waiter) == set().union(*sets)
    assert len(enum_of(waiter)) == sum(map(len, sets))
    assert waiter.well or waiter.gone


@pytest.mark.parametrize("name", NAMES)
def test_every_waiter_is_typed(name: str) -> None:
    """Both clients declare each waiter with the arguments that it takes and the answer that it gives."""
    request = load_type(WAITERS[name].request)
    for client in (Client, AsyncClient):
        (overload,) = [
            declared
            for declared in typing.get_overloads(client.wait_for)
            if repr(name) in declared.__annotations__["waiter"]
        ]
        taken = set(overload.__annotations__) - set(overload.__kwdefaults__ or ()) - {"waiter", "return"}
        assert set(ARGUMENTS[WAITERS[name].request]) == taken
        assert request.operation.response_type.__name__ == overload.__annotations__["return"]


# --- how a wait ends ---


@pytest.mark.parametrize(("name", "state"), [(name, state) for name in NAMES for state in sorted(WAITERS[name].well)])
def test_a_good_end(kit: Kit, name: str, state: str) -> None:
    """A state that ends well gives the last answer, and no look follows."""
    before = sorted(WAITERS[name].going)
    client, service, time = waiting(kit, *(answer(name, each) for each in before), answer(name, state))
    response = wait(kit, client, name)
    assert load_type(WAITERS[name].request).operation.response_type is type(response)
    assert state in str(response)
    assert len(before) + 1 == len(service.requests)
    assert len(before) == len(time.waits)


@pytest.mark.parametrize(("name", "state"), [(name, state) for name in NAMES for state in sorted(WAITERS[name].badly)])
def test_a_bad_end(kit: Kit, name: str, state: str) -> None:
    """A state that ends badly raises an error with the state and the last answer, which can be pickled."""
    client, service, _ = waiting(kit, answer(name, state))
    with pytest.raises(WaitFailedError, match=f"waited for {name}, but the state is {state}$") as caught:
        wait(kit, client, name)
    assert (name, state) == (caught.value.waiter, caught.value.state)
    assert state in str(caught.value.response)
    assert 1 == len(service.requests)
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (str(caught.value), caught.value.response) == (str(copied), copied.response)


@pytest.mark.parametrize("name", [name for name in NAMES if WAITERS[name].gone])
def test_until_it_is_gone(kit: Kit, name: str) -> None:
    """A wait for a deletion ends well when the thing isn't there any more."""
    going = sorted(WAITERS[name].going)
    client, service, _ = waiting(kit, *(answer(name, each) for each in going), answer(name, None))
    wait(kit, client, name)
    assert len(going) + 1 == len(service.requests)


@pytest.mark.parametrize("name", NAMES)
def test_a_state_that_this_version_does_not_know(kit: Kit, name: str) -> None:
    """A state that the service adds later goes on until the limit, and the error names it."""
    client, service, time = waiting(kit, answer(name, "BRAND\nNEW"))
    with pytest.raises(
        WaitTimeoutError, match=f"{name} has not come within 100 s: the last state is BRAND NEW$"
    ) as caught:
        wait(kit, client, name, timeout=100)
    assert "BRAND\nNEW" == caught.value.state
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, WaitError)
    assert 2 < len(service.requests)
    assert sum(time.waits) <= 100


@pytest.mark.parametrize("name", [name for name in NAMES if not WAITERS[name].gone])
def test_a_thing_that_is_not_there_yet(kit: Kit, name: str) -> None:
    """What has just begun may show late."""
    (state, *_) = WAITERS[name].well
    client, service, _ = waiting(kit, answer(name, None), answer(name, None), answer(name, state))
    wait(kit, client, name)
    assert 3 == len(service.requests)


@pytest.mark.parametrize("name", [name for name in NAMES if not WAITERS[name].gone])
def test_a_thing_that_does_not_come(kit: Kit, name: str) -> None:
    """What isn't there after a minute, because of a slip in its name or since it was deleted, ends the wait."""
    client, _, time = waiting(kit, answer(name, None))
    with pytest.raises(WaitFailedError, match=r"finds nothing$") as caught:
        wait(kit, client, name)
    assert None is caught.value.state
    assert GRACE_SECONDS <= sum(time.waits) < 2 * GRACE_SECONDS


def test_an_id_that_is_not_known_yet(kit: Kit) -> None:
    """A ResourceNotFoundException counts as not there yet in the first minute, and only before the thing was seen."""
    missing = error("ResourceNotFoundException")
    client, _, time = waiting(kit, missing, missing, job("Succeeded"))
    assert "Succeeded" == wait(kit, client, "UserImportJobSucceeded").user_import_job.status
    client, _, time = waiting(kit, missing)
    with pytest.raises(ResourceNotFoundException):
        wait(kit, client, "UserImportJobSucceeded")
    assert GRACE_SECONDS <= sum(time.waits) < 2 * GRACE_SECONDS
    client, service, _ = waiting(kit, job("Pending"), missing)
    with pytest.raises(ResourceNotFoundException):
        wait(kit, client, "UserImportJobSucceeded")
    assert 2 == len(service.requests)


def test_a_pool_that_is_not_there(kit: Kit) -> None:
    """A wait for a deletion doesn't take an unknown pool for a deleted replica."""
    client, service, _ = waiting(kit, error("ResourceNotFoundException"))
    with pytest.raises(ResourceNotFoundException):
        wait(kit, client, "UserPoolReplicaDeleted")
    assert 1 == len(service.requests)


def test_a_replica_on_a_later_page(kit: Kit) -> None:
    """A replica is looked for on every page, by its region."""
    first = success({"UserPoolReplicas": [{"RegionName": "us-east-1", "Status": "CREATING"}], "NextToken": "n"})
    second = success({"UserPoolReplicas": [{"RegionName": "eu-west-1", "Status": "INACTIVE"}]})
    client, service, time = waiting(kit, first, second)
    page = wait(kit, client, "UserPoolReplicaCreated")
    assert ["eu-west-1"] == [replica.region_name for replica in page.user_pool_replicas]
    assert 2 == len(service.requests)
    assert [] == time.waits


# --- what a wait bears ---


def test_passing_failures(kit: Kit) -> None:
    """Once the service has answered, throttles, broken connections and time limits cost a look and not the wait."""
    client, service, time = waiting(
        kit,
        job("InProgress"),
        error("TooManyRequestsException"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        error("InternalErrorException", 500),
        httpx.Response(503, text="<html>"),
        job("Succeeded"),
        retry="off",
    )
    wait(kit, client, "UserImportJobSucceeded")
    assert 7 == len(service.requests)
    assert 6 == len(time.waits)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (error("TooManyRequestsException"), TooManyRequestsException),
        (httpx.ConnectError("refused"), ConnectError),
        (error("NotAuthorizedException"), NotAuthorizedException),
    ],
)
def test_a_first_look_that_fails(kit: Kit, failure: Any, expected: type[Exception]) -> None:
    """A wait whose first look fails ends at once: the settings may be wrong."""
    client, service, time = waiting(kit, failure, retry="off")
    with pytest.raises(expected):
        wait(kit, client, "UserImportJobSucceeded")
    assert 1 == len(service.requests)
    assert [] == time.waits


def test_a_failure_that_does_not_pass(kit: Kit) -> None:
    """A refusal ends the wait whenever it comes."""
    client, service, _ = waiting(kit, job("Pending"), error("NotAuthorizedException"))
    with pytest.raises(NotAuthorizedException):
        wait(kit, client, "UserImportJobSucceeded")
    assert 2 == len(service.requests)


def test_retries_of_a_look(kit: Kit) -> None:
    """Each look is a call, which is retried as any other."""
    client, service, _ = waiting(kit, error("InternalErrorException", 500), job("Succeeded"))
    assert 2 == wait(kit, client, "UserImportJobSucceeded").metadata.attempts
    assert 2 == len(service.requests)


def test_a_limit_that_passes_in_failures(kit: Kit) -> None:
    """The error of a wait whose last look failed has that failure as its cause, and the last state that was seen."""
    client, _, _ = waiting(kit, job("Pending"), error("InternalErrorException", 500), retry="off")
    with pytest.raises(WaitTimeoutError, match="last state is Pending, and the last error: Internal") as caught:
        wait(kit, client, "UserImportJobSucceeded", timeout=50)
    assert isinstance(caught.value.__cause__, InternalErrorException)
    assert "Pending" == caught.value.state == caught.value.response.user_import_job.status


class Slow:
    """A service each of whose answers takes some time, unless the client's patience ends before."""

    def __init__(self, time: FakeTime, seconds: float, state: str = "InProgress") -> None:
        self.limits: list[float] = []
        self._time, self._seconds, self._state = time, seconds, state

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, or give up."""
        limit = request.extensions["timeout"]["read"]
        self.limits.append(limit)
        self._time.now += min(self._seconds, limit)
        if self._seconds > limit:
            reason = "late"
            raise httpx.ReadTimeout(reason, request=request)
        return job(self._state)


def test_a_look_ends_with_the_wait(kit: Kit) -> None:
    """A look has no longer than the wait has left, and then the wait's own error comes."""
    time = FakeTime()
    service = Slow(time, 20.0)
    client = kit.client(respond=service, time=time, retry="off")
    with pytest.raises(WaitTimeoutError):
        wait(kit, client, "UserImportJobSucceeded", timeout=10)
    assert [10.0] == service.limits
    assert 5010.0 == time.now


def test_a_refusal_at_the_limit(kit: Kit) -> None:
    """A refusal that comes when no time is left is raised as it is, since time would not have helped."""
    time = FakeTime()

    def respond(_: httpx.Request) -> httpx.Response:
        time.now += 10.0
        return error("NotAuthorizedException")

    with pytest.raises(NotAuthorizedException):
        wait(kit, kit.client(respond=respond, time=time), "UserImportJobSucceeded", timeout=10)


def test_the_limit_of_each_call_holds(kit: Kit) -> None:
    """The client's own time limit bounds each look: a first one that is late ends the wait, a later one doesn't."""
    time = FakeTime()
    client = kit.client(respond=Slow(time, 20.0), time=time, retry="off", timeout=3.0)
    with pytest.raises(DeadlineExceededError):
        wait(kit, client, "UserImportJobSucceeded")
    late = Slow(time, 20.0)
    answers: list[Callable[[httpx.Request], httpx.Response]] = [
        lambda _: job("Pending"),
        late,
        lambda _: job("Succeeded"),
    ]
    client = kit.client(respond=_in_turn(answers), time=time, retry="off", timeout=3.0)
    wait(kit, client, "UserImportJobSucceeded")
    assert [3.0] == late.limits


def _in_turn(answers: list[Callable[[httpx.Request], httpx.Response]]) -> Callable[[httpx.Request], httpx.Response]:
    def respond(request: httpx.Request) -> httpx.Response:
        return answers.pop(0)(request)

    return respond


# --- pauses ---


def test_pauses_grow(kit: Kit) -> None:
    """Pauses double from the shortest to the longest, and the last one leaves time for a look."""
    client, _, time = waiting(kit, job("InProgress"))
    with pytest.raises(WaitTimeoutError):
        wait(kit, client, "UserImportJobSucceeded", timeout=100, min_delay=2, max_delay=30)
    assert [2, 4, 8, 16, 30, 30, 8] == time.waits


@given(
    timeout=st.floats(0.001, 1e6),
    shortest=st.floats(0.001, 1e4),
    factor=st.floats(1, 1e4),
    jitter=st.lists(st.floats(0, 1, exclude_max=True), min_size=1),
)
def test_the_law_of_pauses(timeout: float, shortest: float, factor: float, jitter: list[float]) -> None:
    """No pause is longer than the longest or shorter than the shortest, and their sum stays below the limit."""
    pace = Pace(timeout, shortest, shortest * factor)
    pauses: list[float] = []
    waited = 0.0
    while len(pauses) < 200:
        pause = pace.pause(len(pauses) + 1, timeout - waited, lambda: jitter[len(pauses) % len(jitter)])
        if pause is None:
            break
        pauses.append(pause)
        waited += pause
    assert [] == [pause for pause in pauses if not pace.min_delay <= pause <= pace.max_delay]
    assert waited < timeout


@pytest.mark.slow
@given(timeout=st.floats(1, 500), seconds=st.floats(0, 40), shortest=st.floats(0.5, 20), factor=st.floats(1, 10))
def test_no_wait_exceeds_its_limit(timeout: float, seconds: float, shortest: float, factor: float) -> None:
    """Whatever a look takes, the wait ends within its limit."""
    time = FakeTime()
    with kit_of("sync") as kit:
        client = kit.client(respond=Slow(time, seconds), time=time, retry="off", timeout=30.0)
        with pytest.raises((WaitTimeoutError, DeadlineExceededError)):
            wait(
                kit, client, "UserImportJobSucceeded", timeout=timeout, min_delay=shortest, max_delay=shortest * factor
            )
    assert time.now - 5000.0 <= timeout + 1e-6


# --- arguments ---


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UserImportJobSuceeded", "did you mean UserImportJobSucceeded?"),
        ("user_pool_domain_active", "did you mean UserPoolDomainActive?"),
        ("DescribeUserImportJob", "is not a waiter; "),
        (None, "is not a waiter; there are UserImportJobSucceeded, "),
    ],
)
def test_an_unknown_waiter(kit: Kit, name: Any, expected: str) -> None:
    """A name that is no waiter's is refused with those that there are, and the one that is near."""
    client, service, _ = waiting(kit)
    with pytest.raises(RequestValidationError) as caught:
        kit.run(client.wait_for, name)
    assert expected in str(caught.value)
    assert [] == service.requests


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        ("UserImportJobSucceeded", {}, "user_pool_id: is required"),
        (
            "UserImportJobSucceeded",
            {**JOB, "UserPoolId": "p"},
            "UserPoolId: is not a member; did you mean user_pool_id?",
        ),
        ("UserPoolReplicaCreated", {"user_pool_id": POOL}, "wait_for.region_name: is required, as a string"),
        ("UserPoolReplicaCreated", {"region_name": "eu-west-1"}, "user_pool_id: is required"),
        ("UserPoolDomainActive", {"domain": ""}, "domain: must have between 1 and 63 characters"),
    ],
)
def test_wrong_members(kit: Kit, name: str, members: dict[str, Any], expected: str) -> None:
    """What a waiter needs is checked before anything is sent."""
    client, service, _ = waiting(kit)
    with pytest.raises(RequestValidationError) as caught:
        kit.run(client.wait_for, name, **members)
    assert expected in str(caught.value)
    assert [] == service.requests


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), True, "60", None])
@pytest.mark.parametrize("name", ["timeout", "min_delay", "max_delay"])
def test_wrong_numbers(kit: Kit, name: str, value: Any) -> None:
    """A limit and bounds of pauses are numbers of seconds above 0: no wait is without end or without pauses."""
    client, service, _ = waiting(kit)
    with pytest.raises(ConfigError, match=f"{name}=.* must be a number of seconds above 0"):
        wait(kit, client, "UserPoolDomainActive", **{name: value})
    with pytest.raises(ConfigError, match="max_delay=1 must not be below min_delay=2"):
        wait(kit, client, "UserPoolDomainActive", max_delay=1)
    assert [] == service.requests


# --- observers and interruptions ---


def test_what_an_observer_is_told(kit: Kit) -> None:
    """Each look is told with the state, the count, the seconds so far and the next pause, under the wait's own id."""
    events: list[Event] = []
    client, _, _ = waiting(
        kit, error("ResourceNotFoundException"), job("InProgress"), job("Succeeded"), observer=events.append
    )
    wait(kit, client, "UserImportJobSucceeded")
    told = {"operation": "DescribeUserImportJob", "call_id": "id-1", "waiter": "UserImportJobSucceeded"}
    assert [
        WaitProgressed(**told, state=None, looks=1, seconds=0.0, delay=2.0),
        WaitProgressed(**told, state="InProgress", looks=2, seconds=2.0, delay=4.0),
        WaitProgressed(**told, state="Succeeded", looks=3, seconds=6.0, delay=None),
    ] == [event for event in events if isinstance(event, WaitProgressed)]


def test_the_last_event_of_a_wait_that_fails(kit: Kit) -> None:
    """A wait that ends badly or at its limit says that no look follows."""
    for state, options in (("Failed", {}), ("Pending", {"timeout": 1})):
        events: list[Event] = []
        client, _, _ = waiting(kit, job(state), observer=events.append)
        with pytest.raises(WaitError):
            wait(kit, client, "UserImportJobSucceeded", **options)
        (progress,) = [event for event in events if isinstance(event, WaitProgressed)]
        assert (state, None) == (progress.state, progress.delay)


def test_ctrl_c_ends_a_wait_at_once() -> None:
    """An interrupted pause ends the wait, and nothing is sent after it."""

    class Interrupting(FakeTime):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.waits) == 2:
                raise KeyboardInterrupt

    with kit_of("sync") as kit:
        time, service = Interrupting(), Responder(job("InProgress"))
        client = kit.client(respond=service, time=time)
        with pytest.raises(KeyboardInterrupt):
            wait(kit, client, "UserImportJobSucceeded")
    assert (2, 2) == (len(time.waits), len(service.requests))


@pytest.mark.anyio
async def test_a_cancelled_wait_ends_at_once() -> None:
    """A wait that is cancelled in a pause, which is an hour here, ends there."""
    service = Responder(job("InProgress"))
    async with (
        AsyncClient("us-east-1", credentials=CREDENTIALS, transport=httpx.MockTransport(service)) as client,
        anyio.create_task_group() as tasks,
    ):
        hour = {"timeout": 9 * 3600, "min_delay": 3600, "max_delay": 3600}
        tasks.start_soon(partial(client.wait_for, "UserImportJobSucceeded", **JOB, **hour))
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert 1 == len(service.requests)
