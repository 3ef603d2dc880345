"""Many callers with one token at once: one question to the service, whatever it answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from cognito_idp import (
    AsyncClient,
    AsyncTokenVerifier,
    Client,
    RevocationCheck,
    RevocationUnknownError,
    Timeout,
    TokenError,
    TokenRevokedError,
    TokenVerifier,
)
from cognito_idp._flow.effects import Lock
from tests.support.responder import error

from .issuing import NOW, REASON, SUB, Clock, offline_pool, token
from .test_machine_crowd import CROWD, PATIENCE, CountedLock

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("jwt", reason=REASON)

TOKEN = token(scope="aws.cognito.signin.user.admin")
ANSWERS: dict[str, tuple[Callable[[], httpx.Response], type[Exception] | None]] = {
    "good": (lambda: httpx.Response(200, json={"Username": "mary", "UserAttributes": []}), None),
    "revoked": (lambda: error("NotAuthorizedException"), TokenRevokedError),
    "unknown": (lambda: error("ForbiddenException"), RevocationUnknownError),
}
SETTINGS: Any = {"token_use": "access", "clock": Clock(NOW)}


def outcome(call: Callable[[], Any]) -> Any:
    """Return the subject of a token, or the error."""
    try:
        return call().sub
    except TokenError as refusal:
        return refusal


def agree(outcomes: list[Any], expected: type[Exception] | None) -> bool:
    """Return whether all callers got the subject, or each an error of its own."""
    if expected is None:
        return outcomes == [SUB] * len(outcomes)
    return {expected} == set(map(type, outcomes)) and len(outcomes) == len(set(map(id, outcomes)))


@pytest.mark.parametrize("case", list(ANSWERS))
def test_a_crowd_of_threads(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 50 threads with one token, one asks, and the others get its answer, or a copy of its failure."""
    lock: Any = Lock()
    lock.for_threads = counted = CountedLock(lock.for_threads)
    monkeypatch.setattr("cognito_idp.tokens.revocation.Lock", lambda: lock)
    answer, expected = ANSWERS[case]
    sent = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        counted.wait_for_all(CROWD)
        return answer()

    client = Client("eu-west-1", transport=httpx.MockTransport(respond), retry="off")
    verifier = TokenVerifier(offline_pool(), revocation=RevocationCheck(client), **SETTINGS)
    with ThreadPoolExecutor(CROWD) as pool:
        outcomes = list(pool.map(lambda _: outcome(lambda: verifier.verify(TOKEN)), range(CROWD)))
    assert 1 == len(sent)
    assert agree(outcomes, expected)
    assert not verifier._verification._revocation._questions  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("case", list(ANSWERS))
async def test_a_crowd_of_tasks(anyio_backend: str, case: str) -> None:
    """Of 50 tasks with one token, one asks; if it leaves, the others get its answer all the same."""
    assert anyio_backend
    answer, expected = ANSWERS[case]
    sent, opened, outcomes = [], anyio.Event(), list[Any]()

    async def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        await opened.wait()
        return answer()

    async def ask() -> None:
        try:
            outcomes.append((await verifier.verify(TOKEN)).sub)
        except TokenError as refusal:
            outcomes.append(refusal)

    async with AsyncClient("eu-west-1", transport=httpx.MockTransport(respond), retry="off") as client:
        verifier = AsyncTokenVerifier(offline_pool(), revocation=RevocationCheck(client), **SETTINGS)
        async with anyio.create_task_group() as tasks:
            first = anyio.CancelScope()

            async def leave() -> None:
                with first:
                    await ask()

            tasks.start_soon(leave)
            await anyio.wait_all_tasks_blocked()
            for _ in range(CROWD):
                tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            assert 1 == len(sent)
            first.cancel()
            await anyio.wait_all_tasks_blocked()
            opened.set()
    assert (1, CROWD) == (len(sent), len(outcomes))
    assert agree(outcomes, expected)


def test_an_answer_is_as_old_as_its_question() -> None:
    """An accepted token is asked about again `remember` seconds after the question, however late the answer came."""
    clock, sent = Clock(0.0), []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        clock.now += 50.0
        return ANSWERS["good"][0]()

    client = Client("eu-west-1", transport=httpx.MockTransport(respond))
    check = RevocationCheck(client, remember=60.0, clock=clock)
    verifier = TokenVerifier(offline_pool(), revocation=check, **SETTINGS)
    for moment, asked in ((0.0, 1), (59.0, 1), (60.0, 2)):
        clock.now = max(clock.now, moment)
        assert SUB == verifier.verify(TOKEN).sub
        assert asked == len(sent)


def test_an_answer_that_came_too_late_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an answer takes longer than it may be remembered, those who waited ask at the same time, not in turn."""
    lock: Any = Lock()
    lock.for_threads = counted = CountedLock(lock.for_threads)
    monkeypatch.setattr("cognito_idp.tokens.revocation.Lock", lambda: lock)
    clock, sent, others = Clock(0.0), [], threading.Barrier(3)

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if len(sent) == 1:
            counted.wait_for_all(4)
            clock.now += 61.0
        else:
            others.wait(PATIENCE)
        return ANSWERS["good"][0]()

    client = Client("eu-west-1", transport=httpx.MockTransport(respond))
    check = RevocationCheck(client, remember=60.0, clock=clock)
    verifier = TokenVerifier(offline_pool(), revocation=check, **SETTINGS)
    with ThreadPoolExecutor(4) as pool:
        assert [SUB] * 4 == list(pool.map(lambda _: verifier.verify(TOKEN).sub, range(4)))
    assert 4 == len(sent)


def test_after_renewal_nobody_waits_for_an_old_question() -> None:
    """Who comes after `renew` asks anew, although a question is on its way since before."""
    sent: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if len(sent) == 1:
            check.renew()
            assert SUB == verifier.verify(TOKEN).sub
        return ANSWERS["good"][0]()

    check = RevocationCheck(Client("eu-west-1", transport=httpx.MockTransport(respond), timeout=Timeout(total=1.0)))
    verifier = TokenVerifier(offline_pool(), revocation=check, **SETTINGS)
    assert SUB == verifier.verify(TOKEN).sub
    assert 2 == len(sent)
    assert not check._questions


def test_an_answer_from_before_a_renewal() -> None:
    """An answer that was on its way at `renew` is not remembered."""
    sent: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if len(sent) == 1:
            check.renew()
        return ANSWERS["good"][0]()

    check = RevocationCheck(Client("eu-west-1", transport=httpx.MockTransport(respond)))
    verifier = TokenVerifier(offline_pool(), revocation=check, **SETTINGS)
    for asked in (1, 2, 2):
        assert SUB == verifier.verify(TOKEN).sub
        assert asked == len(sent)


@pytest.mark.parametrize(("remember", "asked"), [(60.0, 1), (0.0, 6)])
@pytest.mark.anyio
async def test_callers_who_leave(anyio_backend: str, remember: float, asked: int) -> None:
    """However many callers with one token leave, one question is asked; with `remember=0`, each asks for itself."""
    assert anyio_backend
    sent, opened = [], anyio.Event()

    async def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        await opened.wait()
        return ANSWERS["good"][0]()

    async with AsyncClient("eu-west-1", transport=httpx.MockTransport(respond), retry="off") as client:
        check = RevocationCheck(client, remember=remember)
        verifier = AsyncTokenVerifier(offline_pool(), revocation=check, **SETTINGS)
        for _ in range(5):
            async with anyio.create_task_group() as leaving:
                leaving.start_soon(verifier.verify, TOKEN)
                await anyio.wait_all_tasks_blocked()
                leaving.cancel_scope.cancel()
        opened.set()
        assert SUB == (await verifier.verify(TOKEN)).sub
    assert asked == len(sent)
    assert not check._questions


def test_a_wait_has_the_clients_limit() -> None:
    """Who waits for another one's question waits no longer than the client's total limit, and is not let in."""
    client = Client(
        "eu-west-1", transport=httpx.MockTransport(lambda _: ANSWERS["good"][0]()), timeout=Timeout(total=0.05)
    )
    verifier = TokenVerifier(offline_pool(), revocation=RevocationCheck(client), **SETTINGS)
    lock: Any = Lock()
    with pytest.MonkeyPatch.context() as patch, lock.for_threads:
        patch.setattr("cognito_idp.tokens.revocation.Lock", lambda: lock)
        with pytest.raises(RevocationUnknownError):
            verifier.verify(TOKEN)
    assert not verifier._verification._revocation._questions  # type: ignore[union-attr]
