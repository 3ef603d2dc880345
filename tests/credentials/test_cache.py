"""Credentials are loaded once, and renewed in time, however many ask for them."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import pytest

from cognito_idp import Credentials, CredentialsError, NoCredentialsError
from cognito_idp._call.deadline import Deadline
from cognito_idp._flow.drive import Driver
from cognito_idp._flow.drive_async import AsyncDriver
from cognito_idp._flow.effects import Flow, Hold, send, sleep
from cognito_idp._protocol.wire import HttpRequest, HttpResponse, Limits
from cognito_idp._transport import make_async_transport, make_transport
from cognito_idp.credentials import (
    CachedCredentials,
    ContainerProvider,
    Context,
    NotConfigured,
    ProviderChain,
    StaticCredentials,
)
from cognito_idp.credentials.cache import source_of
from cognito_idp.errors import ReadTimeoutError, WaitedTooLongError
from tests.support.answers import answer, gated
from tests.support.kit import FakeTime, FunctionTransport, refuse

from .support import LATER, MARK, NOW, SECRET, TOKEN, assert_no_secret, context_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support.kit import Kit

CALLERS = 100
MINUTE = 60.0
EXPIRES = NOW + 60 * MINUTE
ADVISORY = EXPIRES - 15 * MINUTE
FOREGROUND = EXPIRES - 10 * MINUTE
DRIVER = Driver(FunctionTransport(refuse))


def keys(number: int, expires: float | None = EXPIRES) -> Credentials:
    """Return the credentials of a load."""
    expiration = None if expires is None else datetime.fromtimestamp(expires, UTC)
    return Credentials(f"ASIA{number}", SECRET, TOKEN, expiration=expiration)


@attrs.define
class Numbered:
    """Gives numbered credentials, or fails as long as it is told to; each load counts."""

    name: str = "numbered"
    lifetime: float = 60 * MINUTE
    failure: Exception | None = None
    loads: int = 0

    def load(self, context: Context) -> Flow[Credentials]:
        """Load."""
        self.loads += 1
        yield from sleep(0)
        if self.failure is not None:
            raise self.failure
        return keys(self.loads, context.clock() + self.lifetime)


@attrs.define
class Clock:
    """A clock that a test sets."""

    now: float = NOW

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Make a clock that stands at `NOW`."""
    return Clock()


@pytest.fixture
def contexts(tmp_path: Path, clock: Clock) -> Callable[[], Context]:
    """Return what makes contexts with that clock."""
    context = context_of(tmp_path)._replace(clock=clock)
    return lambda: context


class Caller:
    """One of several who ask at the same time: it goes as far as the lock, and on when it is told to."""

    def __init__(self, flow: Flow[Credentials]) -> None:
        self._flow = flow
        self.result: Credentials | None = None
        self._hold: Any = None
        try:
            self._hold = next(flow)
        except StopIteration as stop:
            self.result = stop.value

    def go_on(self) -> Credentials:
        """Take the lock, and come to the end."""
        assert isinstance(self._hold, Hold)
        try:
            held = DRIVER.run(self._hold.flow)
        except Exception as error:
            self._flow.throw(error)
            raise
        try:
            self._flow.send(held)
        except StopIteration as stop:
            result: Credentials = stop.value
            return result
        raise AssertionError


def test_credentials_are_loaded_once(kit: Kit, contexts: Callable[[], Context]) -> None:
    """The second call gets what the first one loaded, and asks nobody."""
    provider = Numbered()
    source = CachedCredentials(provider, contexts)
    assert [keys(1), keys(1)] == [kit.flow(source.get()), kit.flow(source.get())]
    assert provider.loads == 1


def test_fresh_credentials_come_without_an_effect(contexts: Callable[[], Context]) -> None:
    """While they are good, a call does not so much as yield to its driver."""
    source = CachedCredentials(Numbered(), contexts)
    DRIVER.run(source.get())
    assert keys(1) == Caller(source.get()).result


def test_credentials_without_expiration_are_never_renewed(contexts: Callable[[], Context], clock: Clock) -> None:
    """Keys for good are loaded once and for all."""
    source = CachedCredentials(lambda: keys(1, None), contexts)
    DRIVER.run(source.get())
    clock.now += timedelta(days=3650).total_seconds()
    assert keys(1, None) == Caller(source.get()).result


def test_a_hundred_threads_make_one_request(serve: Serve, contexts: Callable[[], Context]) -> None:
    """Of 100 threads that need credentials at once, one asks the server; all get its answer."""
    gate = threading.Event()
    server = serve(gated(gate, answer(CONTAINER_ANSWER)))
    source = CachedCredentials(ContainerProvider(), _asking(server.url, contexts))
    transport, start, results = make_transport(None), threading.Barrier(CALLERS), []
    driver = Driver(transport)

    def work() -> None:
        start.wait()
        results.append(driver.run(source.get()).access_key_id)

    threads = [threading.Thread(target=work) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    server.wait_for(lambda: bool(server.requests))
    gate.set()
    for thread in threads:
        thread.join()
    transport.close()
    assert (["ASIAONCE"] * CALLERS, 1) == (results, len(server.requests))


@pytest.mark.anyio
async def test_a_hundred_tasks_make_one_request(serve: Serve, contexts: Callable[[], Context]) -> None:
    """Of 100 tasks that need credentials at once, one asks the server; all get its answer."""
    gate = threading.Event()
    server = serve(gated(gate, answer(CONTAINER_ANSWER)))
    source = CachedCredentials(ContainerProvider(), _asking(server.url, contexts))
    transport, results = make_async_transport(None), []
    driver = AsyncDriver(transport)

    async def work() -> None:
        results.append((await driver.run(source.get())).access_key_id)

    async with anyio.create_task_group() as tasks:
        for _ in range(CALLERS):
            tasks.start_soon(work)
        await anyio.to_thread.run_sync(server.wait_for, lambda: bool(server.requests))
        gate.set()
    await transport.close()
    assert (["ASIAONCE"] * CALLERS, 1) == (results, len(server.requests))


CONTAINER_ANSWER = json.dumps(
    {"AccessKeyId": "ASIAONCE", "SecretAccessKey": SECRET, "Token": TOKEN, "Expiration": LATER}
).encode()


def _asking(url: str, contexts: Callable[[], Context]) -> Callable[[], Context]:
    context = contexts()
    environ = {**context.environ, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url}
    return lambda: context._replace(environ=environ)


def test_one_caller_renews_while_the_others_go_on(contexts: Callable[[], Context], clock: Clock) -> None:
    """From 15 minutes before the end, one caller loads; those who come meanwhile get the old ones without waiting."""
    source = CachedCredentials(Numbered(), contexts)
    DRIVER.run(source.get())
    clock.now = ADVISORY
    first = Caller(source.get())
    assert [keys(1)] * 3 == [Caller(source.get()).result for _ in range(3)]
    assert first.go_on().access_key_id == "ASIA2"
    assert DRIVER.run(source.get()).access_key_id == "ASIA2"


def test_nothing_is_renewed_before(contexts: Callable[[], Context], clock: Clock) -> None:
    """A moment before, nobody loads."""
    source = CachedCredentials(Numbered(), contexts)
    DRIVER.run(source.get())
    clock.now = ADVISORY - 0.001
    assert keys(1) == Caller(source.get()).result


def test_everybody_waits_for_one_in_the_end(contexts: Callable[[], Context], clock: Clock) -> None:
    """From 10 minutes before the end, every caller waits; one loads, and all get what it loaded."""
    provider = Numbered()
    source = CachedCredentials(provider, contexts)
    DRIVER.run(source.get())
    clock.now = FOREGROUND
    callers = [Caller(source.get()) for _ in range(5)]
    assert ["ASIA2"] * 5 == [caller.go_on().access_key_id for caller in callers]
    assert provider.loads == 2


def test_nobody_waits_before_the_end_is_near(contexts: Callable[[], Context], clock: Clock) -> None:
    """Until 10 minutes before the end, whoever does not load itself goes on at once."""
    source = CachedCredentials(Numbered(), contexts)
    DRIVER.run(source.get())
    clock.now = FOREGROUND - 0.001
    first, second = Caller(source.get()), Caller(source.get())
    assert (None, keys(1)) == (first.result, second.result)


def test_those_who_come_late_wait_for_the_renewal_under_way(contexts: Callable[[], Context], clock: Clock) -> None:
    """A renewal that began early and lasts into the last 10 minutes is the one that the others then wait for."""
    provider = Numbered()
    source = CachedCredentials(provider, contexts)
    DRIVER.run(source.get())
    clock.now = ADVISORY
    early = Caller(source.get())
    clock.now = FOREGROUND
    late = Caller(source.get())
    assert ["ASIA2", "ASIA2"] == [early.go_on().access_key_id, late.go_on().access_key_id]
    assert provider.loads == 2


@pytest.mark.parametrize("now", [ADVISORY, FOREGROUND, EXPIRES - 1])
def test_good_credentials_outlive_a_failure(
    contexts: Callable[[], Context], clock: Clock, caplog: pytest.LogCaptureFixture, now: float
) -> None:
    """Where a renewal fails, those that there are stay in use while they are good, and a warning says why."""
    provider = Numbered()
    source = CachedCredentials(provider, contexts)
    DRIVER.run(source.get())
    provider.failure = CredentialsError("the role was deleted")
    clock.now = now
    with caplog.at_level(logging.WARNING, "cognito_idp"):
        assert keys(1) == DRIVER.run(source.get())
    assert "stay in use: CredentialsError: the role was deleted" in caplog.text
    assert MARK not in caplog.text


def test_a_failure_is_not_repeated_at_once(contexts: Callable[[], Context], clock: Clock) -> None:
    """After a failed renewal nobody asks for a minute; then somebody does, and may succeed."""
    provider, time = Numbered(), FakeTime()
    source = CachedCredentials(provider, contexts, monotonic=time.monotonic)
    DRIVER.run(source.get())
    provider.failure = CredentialsError("not now")
    clock.now = FOREGROUND
    DRIVER.run(source.get())
    provider.failure = None
    time.sleep(MINUTE - 0.001)
    assert keys(1) == Caller(source.get()).result
    time.sleep(0.001)
    assert DRIVER.run(source.get()).access_key_id == "ASIA3"


def test_a_clock_that_is_set_does_not_change_the_pause(contexts: Callable[[], Context], clock: Clock) -> None:
    """The minute after a failure is measured by a clock that nobody sets: set back, the other would prolong it."""
    provider, time = Numbered(), FakeTime()
    source = CachedCredentials(provider, contexts, monotonic=time.monotonic)
    DRIVER.run(source.get())
    provider.failure = CredentialsError("not now")
    clock.now = EXPIRES - 1
    DRIVER.run(source.get())
    provider.failure = None
    clock.now = FOREGROUND
    time.sleep(MINUTE)
    assert DRIVER.run(source.get()).access_key_id == "ASIA3"


def test_expired_credentials_are_not_kept(contexts: Callable[[], Context], clock: Clock) -> None:
    """Once they have expired, a failure to renew them is the caller's, each time."""
    provider = Numbered()
    source = CachedCredentials(provider, contexts)
    DRIVER.run(source.get())
    clock.now = EXPIRES - 1
    provider.failure = CredentialsError("not now")
    DRIVER.run(source.get())
    clock.now = EXPIRES
    for _ in range(2):
        with pytest.raises(CredentialsError, match="not now"):
            DRIVER.run(source.get())
    provider.failure = None
    assert DRIVER.run(source.get()).access_key_id == "ASIA5"


@pytest.mark.parametrize("minutes", [1, 5, 15, 20])
def test_credentials_that_live_shortly_are_renewed_at_half_of_their_life(
    contexts: Callable[[], Context], clock: Clock, minutes: int
) -> None:
    """Credentials that live no longer than the windows before their end are not renewed at once, nor every minute."""
    provider = Numbered(lifetime=minutes * MINUTE)
    source = CachedCredentials(provider, contexts)
    for _ in range(2 * minutes * 60):
        DRIVER.run(source.get())
        clock.now += 1
    assert provider.loads == 4


def test_everybody_waits_in_the_last_third_of_a_short_life(contexts: Callable[[], Context], clock: Clock) -> None:
    """With credentials for 15 minutes, nobody waits for new ones until 5 minutes before the end."""
    source = CachedCredentials(Numbered(lifetime=15 * MINUTE), contexts)
    first = DRIVER.run(source.get())
    clock.now += 10 * MINUTE - 1
    renewing, another = Caller(source.get()), Caller(source.get())
    assert (None, first) == (renewing.result, another.result)
    clock.now += 1
    waiting = Caller(source.get())
    assert None is waiting.result
    assert ["ASIA2", "ASIA2"] == [renewing.go_on().access_key_id, waiting.go_on().access_key_id]


def test_a_pause_that_another_machine_began(contexts: Callable[[], Context], clock: Clock) -> None:
    """The minute after a failure does not last for days where the clock of the pause began anew, as after a restore."""
    provider, time = Numbered(), FakeTime()
    source = CachedCredentials(provider, contexts, monotonic=time.monotonic)
    DRIVER.run(source.get())
    provider.failure = CredentialsError("not now")
    clock.now = ADVISORY
    DRIVER.run(source.get())
    provider.failure = None
    time.now = 3.0
    assert DRIVER.run(source.get()).access_key_id == "ASIA3"


def test_the_same_credentials_again_are_asked_for_once_a_minute(contexts: Callable[[], Context], clock: Clock) -> None:
    """A provider that has no newer credentials, as instance metadata at times, is asked once a minute at most."""
    time, loads = FakeTime(), []

    def load() -> Credentials:
        loads.append(time.now)
        return keys(1)

    source = CachedCredentials(load, contexts, monotonic=time.monotonic)
    DRIVER.run(source.get())
    clock.now = ADVISORY
    for _ in range(3 * 60):
        DRIVER.run(source.get())
        time.sleep(1)
    assert 1 + 3 == len(loads)


def test_those_who_waited_share_a_failure(contexts: Callable[[], Context]) -> None:
    """Callers who waited for a load that failed get its error without asking again; the next one asks."""
    provider = Numbered(failure=CredentialsError("no such role"))
    source = CachedCredentials(provider, contexts)
    callers = [Caller(source.get()) for _ in range(5)]
    errors = []
    for caller in callers:
        with pytest.raises(CredentialsError, match="no such role") as caught:
            caller.go_on()
        errors.append(caught.value)
    assert (1, 5) == (provider.loads, len(set(map(id, errors))))
    with pytest.raises(CredentialsError):
        DRIVER.run(source.get())
    assert provider.loads == 2


def test_a_caller_out_of_time_does_not_fail_the_others(contexts: Callable[[], Context]) -> None:
    """Where the time limit of the one that loads runs out, that is no failure of the load: the next one loads."""

    class Remote:
        name = "remote"

        def load(self, context: Context) -> Flow[Credentials]:
            yield from send(HttpRequest("GET", "http://127.0.0.1/", (), b"", Limits(1, 1, 1, None, 1000)))
            return keys(1, context.clock() + 60 * MINUTE)

    time = FakeTime()

    def slow(request: HttpRequest) -> HttpResponse:
        if request.limits.total is None:
            return HttpResponse(200, (), b"")
        time.now += 2
        msg = "slow"
        raise ReadTimeoutError(msg)

    driver = Driver(FunctionTransport(slow))
    source = CachedCredentials(Remote(), contexts)
    hurried, patient = Deadline(1, time.monotonic).bound(source.get()), source.get()
    first, second = next(hurried), next(patient)
    assert isinstance(first, Hold)
    assert isinstance(second, Hold)
    with pytest.raises(WaitedTooLongError) as caught:
        driver.run(first.flow)
    with pytest.raises(WaitedTooLongError):
        hurried.throw(caught.value)
    assert "ASIA1" == driver.run(second.flow).access_key_id


def test_a_fault_in_a_provider_is_not_shared(contexts: Callable[[], Context]) -> None:
    """An exception that is none of ours goes to its caller; the others try for themselves."""
    provider = Numbered(failure=KeyError("a fault"))
    source = CachedCredentials(provider, contexts)
    first, second = Caller(source.get()), Caller(source.get())
    with pytest.raises(KeyError):
        first.go_on()
    provider.failure = None
    assert second.go_on().access_key_id == "ASIA2"


def test_expired_credentials_are_no_answer_after_a_fault(contexts: Callable[[], Context], clock: Clock) -> None:
    """Where the load that one waited for ended in a fault, expired credentials are not what one gets."""
    provider = Numbered()
    source = CachedCredentials(provider, contexts)
    DRIVER.run(source.get())
    clock.now = EXPIRES
    provider.failure = KeyError("a fault")
    first, second = Caller(source.get()), Caller(source.get())
    with pytest.raises(KeyError):
        first.go_on()
    provider.failure = None
    assert second.go_on().access_key_id == "ASIA3"


def test_a_caller_that_gives_up_leaves_the_work_to_the_next(contexts: Callable[[], Context], clock: Clock) -> None:
    """Where the one that renews is cancelled, the next caller renews."""
    source = CachedCredentials(Numbered(), contexts)
    DRIVER.run(source.get())
    clock.now = ADVISORY
    cancelled = source.get()
    next(cancelled)
    cancelled.close()
    assert DRIVER.run(source.get()).access_key_id == "ASIA2"


@pytest.mark.anyio
async def test_a_cancelled_load_is_done_by_another_task(contexts: Callable[[], Context]) -> None:
    """Where the task that loads is cancelled in the middle, one of those that wait loads instead."""
    provider = Numbered()
    source = CachedCredentials(provider, contexts)
    under_way, results = anyio.Event(), []

    async def wait_for_ever(seconds: float) -> None:
        assert seconds == 0
        if provider.loads == 1:
            under_way.set()
            await anyio.sleep_forever()

    driver = AsyncDriver(make_async_transport(None), wait_for_ever)

    async def work() -> None:
        results.append((await driver.run(source.get())).access_key_id)

    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as cancelled:
                cancelled.start_soon(work)
                await under_way.wait()
                tasks.start_soon(work)
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
    assert ["ASIA2"] == results


def test_rejected_credentials_are_replaced_once(contexts: Callable[[], Context]) -> None:
    """Of several whose credentials the service refused, one loads; all get what it loaded."""
    provider = Numbered()
    source = CachedCredentials(provider, contexts)
    old = DRIVER.run(source.get())
    callers = [Caller(source.replace(old)) for _ in range(5)]
    assert ["ASIA2"] * 5 == [caller.go_on().access_key_id for caller in callers]
    assert keys(2) == Caller(source.replace(old)).result
    assert keys(2) == Caller(source.get()).result
    assert provider.loads == 2


def test_a_replacement_that_fails_is_an_error(contexts: Callable[[], Context]) -> None:
    """Refused credentials are no consolation: where there are no others, the error says why."""
    provider = Numbered()
    source = CachedCredentials(provider, contexts)
    old = DRIVER.run(source.get())
    provider.failure = CredentialsError("no such role")
    with pytest.raises(CredentialsError, match="no such role"):
        DRIVER.run(source.replace(old))


def test_the_same_credentials_may_come_again(contexts: Callable[[], Context]) -> None:
    """Where the provider has no others, the caller gets the refused ones back and can see that."""
    source = CachedCredentials(lambda: keys(1), contexts)
    old = DRIVER.run(source.get())
    assert old == DRIVER.run(source.replace(old))


def test_a_client_stays_who_it_is(contexts: Callable[[], Context], clock: Clock) -> None:
    """Renewals go to the provider that gave the first credentials, also when one before it in the chain would apply."""
    answers: list[Credentials | None] = [None]
    source = CachedCredentials(ProviderChain([lambda: answers[0], Numbered()]), contexts)
    assert DRIVER.run(source.get()).access_key_id == "ASIA1"
    answers[0] = Credentials("SOMEBODY-ELSE", SECRET)
    clock.now = FOREGROUND
    assert DRIVER.run(source.get()).access_key_id == "ASIA2"


def test_a_provider_that_stops_to_apply_is_an_error(contexts: Callable[[], Context], clock: Clock) -> None:
    """A provider that gave credentials and has none any more is not skipped: the next one may be another identity."""
    provider = Numbered()
    source = CachedCredentials(ProviderChain([provider, lambda: Credentials("SOMEBODY-ELSE", SECRET)]), contexts)
    DRIVER.run(source.get())
    provider.failure = NotConfigured("the variable is not set")
    clock.now = EXPIRES
    with pytest.raises(CredentialsError, match="numbered returned credentials before, but has none now"):
        DRIVER.run(source.get())


def test_credentials_that_have_expired_already(contexts: Callable[[], Context]) -> None:
    """A provider that gives expired credentials is named, with the time."""
    source = CachedCredentials(Numbered(lifetime=0), contexts)
    with pytest.raises(
        CredentialsError, match="numbered returned credentials that expired at 2027-01-15 08:00:00"
    ) as caught:
        DRIVER.run(source.get())
    assert_no_secret(caught.value)


def test_the_surroundings_are_looked_at_anew(contexts: Callable[[], Context], clock: Clock) -> None:
    """Each load gets a context of its own, so that changed files count."""
    made = []

    def make() -> Context:
        made.append(contexts())
        return made[-1]

    source = CachedCredentials(Numbered(), make)
    DRIVER.run(source.get())
    clock.now = FOREGROUND
    DRIVER.run(source.get())
    assert len(made) == 2


def test_a_shared_file_that_breaks_does_no_harm_at_once(contexts: Callable[[], Context], clock: Clock) -> None:
    """Files that can't be read any more are a failed renewal like any other."""
    failing: list[Exception] = []

    def make() -> Context:
        for failure in failing:
            raise failure
        return contexts()

    source = CachedCredentials(Numbered(), make)
    DRIVER.run(source.get())
    failing.append(OSError("gone"))
    clock.now = FOREGROUND
    assert keys(1) == DRIVER.run(source.get())


def test_sources_for_whatever_a_client_is_given(contexts: Callable[[], Context]) -> None:
    """Credentials are themselves, a source stays what it is, and a provider or function is cached."""
    fixed = keys(1, None)
    assert StaticCredentials(fixed) == source_of(fixed)
    source = CachedCredentials(Numbered(), contexts)
    assert source is source_of(source)
    assert keys(1) == DRIVER.run(source_of(Numbered(), contexts).get())
    assert fixed == DRIVER.run(source_of(lambda: fixed, contexts).get())


def test_no_source_at_all(tmp_path: Path, clock: Clock) -> None:
    """None stands for the default chain, which says what each provider answered."""
    context = context_of(tmp_path, {"AWS_EC2_METADATA_DISABLED": "true"})._replace(clock=clock)
    with pytest.raises(NoCredentialsError, match="AWS_EC2_METADATA_DISABLED is true"):
        DRIVER.run(source_of(None, lambda: context).get())


def test_a_source_of_ones_own_takes_the_process_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a context, the process's environment counts, and the true time."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert DRIVER.run(CachedCredentials().get()).access_key_id == "AKIDPROCESS"
