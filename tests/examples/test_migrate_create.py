from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from examples.migration.create import ATTEMPTS, UNANSWERED_ROWS, Creator, Stop, StoppedError, work
from examples.migration.rate import Lease, Turns
from examples.migration.rows import Failure, Row

from cognito_idp import AdminCreateUserRequest, AttributeType

from .migrate_pool import POOL, FakePool, refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


def row(username: str = "mary", *, in_doubt: bool = False, groups: tuple[str, ...] = (), pool: str = POOL) -> Row:
    """Make a row."""
    request = AdminCreateUserRequest(
        user_pool_id=pool,
        username=username,
        temporary_password="Horse-Secret-1",
        user_attributes=[AttributeType(name="email", value=f"{username}@x.org")],
    )
    return Row(2, request, groups, in_doubt)


class Run:
    """Creates rows in a pool; `turns` counts the turns taken, `slept` the seconds between attempts."""

    def __init__(self, pool: FakePool) -> None:
        self.pool = pool
        self.turns = 0
        self.slept: list[float] = []

    def __call__(self, *rows: Row, skip_existing: bool = False) -> list[Failure | None]:
        """Create rows one after the other."""

        async def create() -> list[Failure | None]:
            async with self.pool.client() as client:
                creator = Creator(client, Turns(self._ask), skip_existing=skip_existing, sleep=self._sleep)
                return [await creator.create(row) for row in rows]

        return asyncio.run(create())

    async def _ask(self, _: int) -> Lease:
        self.turns += 1
        return Lease(1, 0.0)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def first(number: int, answer: Callable[[], httpx.Response]) -> Callable[[str, dict[str, Any]], httpx.Response | None]:
    """Answer the first calls of an operation so, and the others as the pool does."""
    left = [number]

    def hook(operation: str, _: dict[str, Any]) -> httpx.Response | None:
        if operation != "AdminCreateUser" or not left[0]:
            return None
        left[0] -= 1
        return answer()

    return hook


def broken() -> httpx.Response:
    """Break the connection after the request was sent."""
    msg = "reset"
    raise httpx.ReadError(msg)


def test_a_user_and_its_groups() -> None:
    """The user is created and put into each group; each request has a turn."""
    run = Run(pool := FakePool())
    assert [None] == run(row(groups=("staff", "admins")))
    assert {"mary": {"email": "mary@x.org"}} == pool.users
    assert {"staff": {"mary"}, "admins": {"mary"}} == pool.groups
    assert (3, 3) == (run.turns, len(pool.calls))


def test_somebody_else_s_user_is_a_failure() -> None:
    """A user who was there before is a failure that says the name is taken, and is not looked at."""
    run = Run(pool := FakePool())
    pool.users["mary"] = {"email": "mary@x.org"}
    (failure,) = run(row())
    assert failure is not None
    assert (2, "mary", "UsernameExistsException", True) == (
        failure.line,
        failure.username,
        failure.code,
        failure.is_taken,
    )
    assert ["AdminCreateUser"] == [operation for operation, _ in pool.calls]


def test_a_user_of_an_earlier_attempt_is_done() -> None:
    """In doubt, a user who exists with every attribute of the row is ours; the groups are still to be seen to."""
    run = Run(pool := FakePool())
    pool.users["mary"] = {"email": "mary@x.org", "sub": "1"}
    assert [None] == run(row(in_doubt=True, groups=("staff",)))
    assert {"mary"} == pool.groups["staff"]


def test_in_doubt_other_attributes_are_another_user() -> None:
    """In doubt, a user who lacks an attribute of the row is not ours."""
    run = Run(pool := FakePool())
    pool.users["mary"] = {"email": "other@x.org"}
    (failure,) = run(row(in_doubt=True))
    assert failure is not None
    assert failure.is_taken


def test_whoever_exists_may_count_as_done() -> None:
    """With `skip_existing` no question is asked."""
    run = Run(pool := FakePool())
    pool.users["mary"] = {"email": "other@x.org"}
    assert [None] == run(row(), skip_existing=True)


def test_an_answer_that_was_lost() -> None:
    """A user whose creation was not answered is found at the second attempt, and is done."""
    run = Run(pool := FakePool())
    pool.after = first(1, broken)
    assert [None] == run(row())
    assert ["AdminCreateUser", "AdminCreateUser", "AdminGetUser"] == [operation for operation, _ in pool.calls]
    assert (3, 1) == (run.turns, len(run.slept))


def test_every_attempt_has_a_turn() -> None:
    """A throttle is retried after a pause, in a turn of its own."""
    run = Run(pool := FakePool())
    pool.before = first(ATTEMPTS - 1, partial(refused, "TooManyRequestsException"))
    assert [None] == run(row())
    assert (ATTEMPTS, ATTEMPTS - 1) == (run.turns, len(run.slept))


def test_attempts_end() -> None:
    """A throttle that does not pass fails the row, and the next one is tried."""
    run = Run(pool := FakePool())
    pool.before = first(ATTEMPTS, partial(refused, "TooManyRequestsException"))
    failure, other = run(row(), row("bob"))
    assert failure is not None
    assert ("TooManyRequestsException", False) == (failure.code, failure.is_taken)
    assert other is None


def test_a_refusal_fails_one_row() -> None:
    """What the service has against one user is reported, with the password masked wherever it stands."""
    run = Run(pool := FakePool())
    pool.before = first(1, partial(refused, "InvalidPasswordException", "Horse-Secret-1 is too short"))
    failure, other = run(row(), row("bob"))
    assert failure is not None
    assert "InvalidPasswordException (HTTP status 400) from AdminCreateUser: *** is too short" == failure.reason
    assert (None, 2) == (other, run.turns)


def test_a_missing_group_fails_the_row_and_leaves_it_in_doubt() -> None:
    """The user exists by then, so that the name does not count as taken."""
    failure, other = Run(FakePool())(row(groups=("nobody",)), row("bob"))
    assert failure is not None
    assert ("ResourceNotFoundException", False) == (failure.code, failure.is_taken)
    assert other is None


@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidSignatureException", "UnrecognizedClientException"])
def test_what_every_row_would_suffer_stops_the_run(code: str) -> None:
    """A refusal of the caller stops at the first row."""
    run = Run(pool := FakePool())
    pool.before = first(1, partial(refused, code, status=403))
    with pytest.raises(StoppedError, match=code):
        run(row(), row("bob"))
    assert {} == pool.users


def test_a_pool_that_is_not_there_stops_the_run() -> None:
    """Without the pool no row can succeed."""
    with pytest.raises(StoppedError, match="there is no such pool"):
        Run(FakePool())(row(pool="us-east-1_OTHER"))


def test_a_service_that_never_answers_stops_the_run() -> None:
    """So many rows in a row without any answer stop the run; an answered one in between begins the count anew."""
    run = Run(pool := FakePool())
    rows = [row(f"user{number}") for number in range(2 * UNANSWERED_ROWS)]
    answered = f"user{UNANSWERED_ROWS - 1}"
    pool.before = lambda _, members: None if members["Username"] == answered else broken()
    with pytest.raises(StoppedError, match=f"{UNANSWERED_ROWS} rows in a row were not answered"):
        run(*rows)
    assert [answered] == list(pool.users)
    assert f"user{2 * UNANSWERED_ROWS - 1}" == pool.calls[-1][1]["Username"]


async def endless(taken: list[int]) -> AsyncIterator[Row]:
    """Give rows without end, and note how many were taken."""
    while True:
        taken.append(1)
        yield row(f"user{len(taken)}")


def test_concurrency_and_memory_are_bounded() -> None:
    """No more than so many rows are in work, and no more than one more was read, however many there are."""
    taken: list[int] = []
    settled: list[Row] = []
    busy = most = most_read_ahead = 0

    async def create(_: Row) -> Failure | None:
        nonlocal busy, most, most_read_ahead
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        most_read_ahead = max(most_read_ahead, len(taken) - len(settled))
        busy -= 1
        return None

    stop = Stop()

    def settle(row: Row, _: Failure | None) -> None:
        settled.append(row)
        if len(settled) == 500:
            stop("enough")

    asyncio.run(work(endless(taken), create, settle, concurrency=7, stop=stop))
    assert 7 == most
    assert most_read_ahead <= 8
    assert 500 <= len(settled) <= 507


def test_what_was_begun_is_finished() -> None:
    """When one row stops the run, those in flight are settled, and no other is begun."""
    begun: list[str] = []
    settled: list[str] = []

    async def create(row: Row) -> Failure | None:
        begun.append(row.request.username)
        if len(begun) == 3:
            msg = "no further"
            raise StoppedError(msg)
        await asyncio.sleep(0)
        return None

    stop = Stop()
    asyncio.run(
        work(endless([]), create, lambda row, _: settled.append(row.request.username), concurrency=3, stop=stop)
    )
    assert ("no further", 3) == (stop.reason, stop.exit_code)
    assert sorted({*begun} - {"user3"}) == sorted(settled)
