"""The pool of the sync transports, with connections that only say what was done to them."""

from __future__ import annotations

import ast
import gc
import inspect
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cognito_idp._protocol.wire import KEEPALIVE_SECONDS
from cognito_idp._transport import pool as pool_module
from cognito_idp._transport.pool import Pool
from cognito_idp.errors import ClientClosedError
from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = 0.05


class Connection:
    """A connection that leads nowhere."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.since = 0.0
        self.closed = False
        self.is_last = False
        self.usable = True
        self.broken_off = False

    def is_usable(self) -> bool:
        """Say what the test says."""
        return self.usable

    def close(self) -> None:
        """Close."""
        self.closed = True

    def break_off(self) -> None:
        """Note it."""
        self.broken_off = True


def pool_of(max_connections: int = 3) -> Pool[Connection]:
    """Return an empty pool."""
    return Pool(Connection, max_connections)


def take(pool: Pool[Connection], way: str = "a", max_idle: float = 60.0, seconds: float | None = SHORT) -> Connection:
    """Take a connection that must be there."""
    connection = pool.take(way, max_idle, seconds)
    assert connection is not None
    return connection


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace the clock by which connections age."""
    now = [1000.0]
    monkeypatch.setattr(pool_module, "age_clock", lambda: now[0])
    return now


def in_thread(function: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Start a thread, and return it with the list that its result goes to, or its exception."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(function())
        except ClientClosedError as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome


def wait_until_waiting(pool: Pool[Connection], number: int = 1) -> None:
    """Wait until so many threads wait for a place."""
    until = time.monotonic() + PATIENCE
    while len(pool._waiting) < number:
        assert time.monotonic() < until
        os.sched_yield()


def test_last_in_first_out() -> None:
    """The connection that was given back last is the next to be used: it is the likeliest to be alive."""
    pool = pool_of()
    first, second = take(pool), take(pool)
    pool.give_back(first)
    pool.give_back(second)
    assert [second, first] == [take(pool), take(pool)]


def test_ways_have_connections_of_their_own() -> None:
    """A connection serves the way that it was made for."""
    pool = pool_of()
    connection = take(pool, "a")
    pool.give_back(connection)
    assert "b" == take(pool, "b").way
    assert connection is take(pool, "a")


def test_a_connection_that_was_idle_for_too_long(now: list[float]) -> None:
    """A call that wants a fresh connection gets a new one; the older one stays for calls that mind less."""
    pool = pool_of()
    kept = take(pool)
    pool.give_back(kept)
    now[0] += 5.1
    fresh = take(pool, max_idle=5.0)
    assert fresh is not kept
    assert kept is take(pool)
    assert not kept.closed


def test_a_fresh_connection_where_all_places_are_taken_by_idle_ones(now: list[float]) -> None:
    """Where there is no room for a fresh connection, the one that was idle for the longest makes room."""
    pool = pool_of(2)
    oldest, other = take(pool), take(pool)
    pool.give_back(oldest)
    pool.give_back(other)
    now[0] += 6
    assert not take(pool, max_idle=5.0).closed
    assert (True, False) == (oldest.closed, other.closed)


def test_a_way_makes_room_for_another() -> None:
    """An idle connection of one way ends where another way needs its place."""
    pool = pool_of(1)
    connection = take(pool, "a")
    pool.give_back(connection)
    assert "b" == take(pool, "b").way
    assert connection.closed


def test_a_connection_that_the_peer_left() -> None:
    """An idle connection that is out of order is closed, and the next is looked at."""
    pool = pool_of()
    good, bad = take(pool), take(pool)
    pool.give_back(good)
    pool.give_back(bad)
    bad.usable = False
    assert good is take(pool)
    assert bad.closed


def test_idle_connections_end_after_a_while(now: list[float]) -> None:
    """A connection that nobody needed for a minute is closed when another one comes back."""
    pool = pool_of()
    first, second = take(pool), take(pool)
    pool.give_back(first)
    now[0] += KEEPALIVE_SECONDS
    pool.give_back(second)
    assert not first.closed
    pool.give_back(take(pool))
    now[0] += 0.5
    pool.give_back(take(pool))
    assert (True, False) == (first.closed, second.closed)


def test_a_full_pool_times_out() -> None:
    """Who finds all connections busy waits for as long as it may, and no connection is made for it."""
    pool = pool_of(1)
    held = take(pool)
    before = time.monotonic()
    assert pool.take("a", 60.0, SHORT) is None
    assert SHORT <= time.monotonic() - before
    assert 0 == len(pool._waiting)
    pool.give_back(held)
    assert held is take(pool)


@pytest.mark.parametrize("ending", ["give_back", "end"])
def test_a_full_pool_wakes_who_waits(ending: str) -> None:
    """Who waits gets the connection that comes back, or a new one in the place of one that ended."""
    pool = pool_of(1)
    held = take(pool)
    thread, outcome = in_thread(lambda: pool.take("a", 60.0, None))
    wait_until_waiting(pool)
    getattr(pool, ending)(held)
    thread.join(PATIENCE)
    assert 1 == len(outcome)
    assert (outcome[0] is held) == (ending == "give_back")
    assert held.closed == (ending == "end")


def test_a_lost_wake_is_made_good() -> None:
    """Who should be woken up, and isn't since a signal broke the waker off, finds the place by itself."""
    pool = pool_of(1)
    held = take(pool)
    thread, outcome = in_thread(lambda: pool.take("a", 60.0, PATIENCE))
    wait_until_waiting(pool)
    held.close()  # as far as `end` came
    thread.join(PATIENCE)
    assert 1 == len(outcome)
    assert outcome[0] not in (None, held)


@pytest.mark.slow
def test_a_lost_connection_leaves_its_place() -> None:
    """A connection that nobody refers to any more, as a signal handler that raises may leave it, counts no more."""
    pool = pool_of(2)
    take(pool)
    take(pool)
    gc.collect()
    assert 2 == len({take(pool) for _ in range(2)})


def test_an_ended_connection_leaves_its_place() -> None:
    """A connection that was ended counts no more, even while an exception's traceback holds it."""
    pool = pool_of(1)
    held = take(pool)
    pool.end(held)
    assert held.closed
    assert held is not take(pool)


def test_closing_ends_what_is_idle_and_what_is_in_use() -> None:
    """Closing closes idle connections and breaks those in use off, which close when they come back."""
    pool = pool_of()
    idle, used = take(pool), take(pool)
    pool.give_back(idle)
    pool.close()
    assert (True, False) == (idle.closed, used.closed)
    assert used.broken_off
    pool.give_back(used)
    assert used.closed
    with pytest.raises(ClientClosedError):
        pool.take("a", 60.0, None)


def test_closing_ends_the_waits() -> None:
    """Who waits for a place when the pool is closed learns of it at once."""
    pool = pool_of(1)
    held = take(pool)
    waits = [in_thread(lambda: pool.take("a", 60.0, None)) for _ in range(3)]
    wait_until_waiting(pool, 3)
    pool.close()
    for thread, outcome in waits:
        thread.join(PATIENCE)
        assert [ClientClosedError] == [type(result) for result in outcome]
    assert held.broken_off


@pytest.mark.slow
def test_a_forked_child_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child uses none of its parent's connections, has all places, and closes only its own."""
    pool = pool_of(1)
    theirs = take(pool)
    pool.give_back(theirs)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    ours = take(pool)
    assert ours is not theirs
    pool.give_back(ours)
    pool.close()
    assert (True, False) == (ours.closed, theirs.closed)
    gc.collect()
    assert not theirs.broken_off


def test_a_forked_child_that_closes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that never called closes nothing of its parent's; what was in use during the fork closes its copy."""
    pool = pool_of()
    idle, used = take(pool), take(pool)
    pool.give_back(idle)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    pool.close()
    assert (False, False) == (idle.closed, used.broken_off)
    with pytest.raises(ClientClosedError):
        pool.take("a", 60.0, None)


def test_a_forked_child_whose_parent_held_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that another thread of the parent held during the fork stops nobody in the child."""
    pool = pool_of()
    release, held = threading.Event(), threading.Event()

    def hold() -> None:
        with pool._lock:
            held.set()
            release.wait(PATIENCE)

    thread, _ = in_thread(hold)
    assert held.wait(PATIENCE)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    child, outcome = in_thread(lambda: pool.take("a", 60.0, None))
    child.join(PATIENCE)
    assert 1 == len(outcome)
    release.set()
    thread.join()


def test_a_handler_that_calls_while_a_connection_is_made() -> None:
    """A signal handler that makes a call itself is not stopped by what it interrupted."""
    nested: list[Connection | None] = []

    def make(way: str) -> Connection:
        if not nested:
            nested.append(None)
            nested[0] = pool.take(way, 60.0, SHORT)
        return Connection(way)

    pool = Pool(make, 3)
    assert pool.take("a", 60.0, SHORT) is not None
    assert nested[0] is not None


def test_no_loop_stands_in_a_block_that_holds_a_lock() -> None:
    """From CPython 3.12 on, a signal handler that raises at a loop's jump back would leave the lock held."""
    tree = ast.parse(inspect.getsource(pool_module))
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With) and "_lock" in ast.unparse(node.items[0])]
    loops = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp)
    assert blocks
    assert not [block.lineno for block in blocks for node in ast.walk(block) if isinstance(node, loops)]


def test_a_renewed_pool() -> None:
    """Idle connections are closed at once, those in use when they come back, and whoever waits for one may go on."""
    pool = pool_of(2)
    idle, used = take(pool), take(pool)
    pool.give_back(idle)
    pool.renew()
    assert [True, False] == [idle.closed, used.closed]
    other = take(pool)
    thread, outcome = in_thread(lambda: pool.take("a", 60.0, PATIENCE))
    wait_until_waiting(pool)
    pool.give_back(used)
    thread.join(PATIENCE)
    assert used.closed
    assert outcome[0] not in (idle, used, other)


def test_a_renewed_pool_leaves_what_its_parent_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a forked child, the parent's connections are neither closed nor used."""
    pool = pool_of()
    parents = take(pool)
    pool.give_back(parents)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    pool.renew()
    assert parents is not take(pool)
    assert (False, False) == (parents.closed, parents.is_last)


@pytest.mark.slow
@pytest.mark.parametrize("max_connections", [1, 3, 50])
def test_threads_share_a_pool(max_connections: int) -> None:
    """No connection is in two hands at once, and never are there more than allowed, whatever 16 threads do."""
    used: dict[Connection, int] = {}
    peak = [0]
    lock = threading.Lock()
    pool = pool_of(max_connections)

    def work(number: int) -> None:
        for turn in range(300):
            connection = take(pool, "ab"[turn % 7 == 0], max_idle=(0.0, 60.0)[turn % 3 > 0], seconds=PATIENCE)
            with lock:
                assert connection not in used
                used[connection] = number
                peak[0] = max(peak[0], len(used))
            os.sched_yield()
            with lock:
                del used[connection]
            if turn % 5:
                pool.give_back(connection)
            else:
                pool.end(connection)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    assert peak[0] <= max_connections
