"""Locks that a forked child finds free: the one way in which this library makes a lock of `threading`."""

from __future__ import annotations

import os
import threading
import time
from functools import cache, partial
from typing import Any
from weakref import WeakSet

from .platform import on_emscripten, pause


def new_lock() -> threading.Lock:
    """Return a new `threading.Lock`. In a forked child it is free, whoever held it in the parent.

    The thread that held it doesn't exist in the child, so nobody would ever release it there. What the lock protects
    must therefore make sense whenever another thread may be stopped.
    """
    lock = threading.Lock()
    _locks().add(lock)
    return lock


def take(lock: threading.Lock, seconds: float | None, taken: list[bool]) -> bool:
    """Take a lock, wait for it at most some seconds, and append to `taken` whether it was taken.

    Both are one step, as `with` is without a time limit. A signal handler that raises after `acquire` and before its
    result is stored would leave a lock that nobody releases.
    """
    if on_emscripten():
        return _take_without_blocking(lock, seconds, taken)
    taken.extend(map(lock.acquire, (True,), (-1 if seconds is None else seconds,)))
    return taken[-1]


def _take_without_blocking(lock: threading.Lock, seconds: float | None, taken: list[bool]) -> bool:
    # There is one thread. Who holds the lock is another stack of it, which goes on only while this one sleeps.
    until = None if seconds is None else time.monotonic() + seconds
    while not lock.acquire(blocking=False):
        if until is not None and time.monotonic() >= until:
            return False
        pause(_LOOK_AGAIN_SECONDS)
    taken.append(True)
    return True


_LOOK_AGAIN_SECONDS = 0.001


@cache
def _locks() -> WeakSet[Any]:
    locks: WeakSet[Any] = WeakSet()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=partial(_renew, locks))
    return locks


def _renew(locks: WeakSet[Any]) -> None:
    for lock in locks:
        # Not public, but the way in which `threading`, `logging` and `concurrent.futures` renew theirs. The lock stays
        # the same object, so that `with` takes it in one step, which no signal handler can split.
        lock._at_fork_reinit()  # noqa: SLF001
