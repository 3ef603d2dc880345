"""Locks in a forked child: the thread that holds one in the parent doesn't exist there, so it must be free."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cognito_idp

PATIENCE = 60.0
SOURCE = Path(cognito_idp.__file__).parent
# These renew everything that belongs to a process, not only their lock.
OWN_WAY = {"_transport/pool.py", "_transport/httpx_default.py"}

HELD = """
import os, signal, sys, threading
import httpx
from cognito_idp import Client
from cognito_idp._flow.effects import Lock, UnderWay
from cognito_idp._transport import certificates
from cognito_idp.errors import InternalErrorException
from cognito_idp.testing import StubTransport
from tests.support.kit import CREDENTIALS

client = Client("us-east-1", transport=StubTransport(), retry="adaptive", credentials=CREDENTIALS)
policy = client._options.retry
answers = iter([httpx.Response(500), httpx.Response(200, json={})] * 9)
unused = Client("us-east-1", transport=httpx.MockTransport(lambda _: next(answers)), credentials=CREDENTIALS)
stub = client._link.given
locks = {
    "quota": policy._lock,
    "limiter": policy._limiter._lock,
    "quota of the other client": unused._options.retry._lock,
    "link": unused._link._both._lock,
    "stub": stub._queue._lock,
    "flows": Lock().for_threads,
    "under way": UnderWay().lock,
    "certificates": certificates._READING,
}
held, leave = threading.Event(), threading.Event()

def hold():
    for lock in locks.values():
        lock.acquire()
    held.set()
    leave.wait()

threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    signal.alarm(30)
    taken = [name for name, lock in locks.items() if lock.locked()]
    policy.before_attempt(0.0)
    policy.after_failure(InternalErrorException("x"), 1, None, lambda: 0.0, 0.0)
    policy.after_success(None, 0.0)
    assert {} == unused.call("ListUsers")
    assert certificates.Authorities(environ={}).ssl_context()
    print("free" if not taken else taken, flush=True)
    os._exit(0)
status = os.waitpid(child, 0)[1]
assert all(lock.locked() for lock in locks.values())
print(os.waitstatus_to_exitcode(status), flush=True)
os._exit(0)
"""

HAMMERED = """
import os, signal, threading
from cognito_idp import AdaptiveRetry
from cognito_idp._protocol.service_errors import ThrottlingException

policy = AdaptiveRetry()
failure = ThrottlingException("x")

def use():
    policy.before_attempt(0.0)
    policy.after_success(policy.after_failure(failure, 1, None, lambda: 0.0, 0.0), 0.0)

def hammer():
    while True:
        use()

for _ in range(2):
    threading.Thread(target=hammer, daemon=True).start()
statuses = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        for _ in range(10):
            use()
        os._exit(0)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(statuses == [0] * 20, flush=True)
os._exit(0)
"""

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def ran(program: str) -> tuple[int, str, str]:
    """Run a program in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return result.returncode, result.stdout, result.stderr


@pytest.mark.slow
@forks
def test_locks_that_are_held_at_a_fork() -> None:
    """All that another thread holds at a fork is free in the child, whose calls work, and stays held in the parent."""
    assert (0, "free\n0\n", "") == ran(HELD)


@forks
def test_a_fork_while_threads_hammer() -> None:
    """Children that are forked while threads use the rate limiter all the time make their calls."""
    assert (0, "True\n", "") == ran(HAMMERED)


def test_no_other_lock_is_made() -> None:
    """Every lock of the library is made in the one way that knows of forks."""
    makes = re.compile(r"\b(?:threading|_thread)\.(?:R?Lock|Condition|Semaphore|BoundedSemaphore|Barrier)\(")
    found = {
        path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if makes.search(path.read_text("utf-8"))
    }
    assert OWN_WAY | {"_flow/locks.py"} == found
