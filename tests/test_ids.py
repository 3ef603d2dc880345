"""Ids and random numbers, also in copies of one process."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp._protocol import ids
from cognito_idp.credentials import CachedCredentials
from tests.support.kit import options_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.kit import Kit


def test_an_id_is_a_uuid() -> None:
    """An id is a UUID of version 4, written as `uuid` writes it."""
    made = ids.random_uuid()
    assert (str(uuid.UUID(made)), 4, uuid.RFC_4122) == (made, uuid.UUID(made).version, uuid.UUID(made).variant)


@given(st.binary(min_size=7, max_size=7))
def test_a_fraction(drawn: bytes) -> None:
    """Whatever the system gives, a fraction is at least 0, below 1, and a whole number of steps of 2^-53."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", lambda size: drawn[:size])
        fraction = ids.random_fraction()
    assert 0.0 <= fraction < 1.0
    assert (fraction * 2.0**53).is_integer()


def sources(client: Any) -> dict[str, Callable[[], Any]]:
    """Return whatever draws random numbers for a client: of its calls, of its credentials, and of others'."""
    options = options_of(client)
    shared = CachedCredentials()
    return {
        "delay": options.random,
        "id": options.new_id,
        "bytes": lambda: options.token_bytes(8),
        "credentials": options.credentials._context().random,
        "shared credentials": shared._context().random,
    }


def test_nothing_is_drawn_from_a_state_that_copies_share(kit: Kit) -> None:
    """Two copies that share the state of `random`, as after a restore, draw different numbers from every source."""
    client = kit.client(credentials=None)
    state = random.getstate()
    first = {name: draw() for name, draw in sources(client).items()}
    random.setstate(state)
    second = {name: draw() for name, draw in sources(client).items()}
    assert [] == [name for name in first if first[name] == second[name]]


# No hook of Python's runs in such a copy, as none does in one that a snapshot is restored to. `os.fork` would give
# `random` a new state.
COPIES = """
import ctypes, json, os, random, sys
from cognito_idp import Client
from cognito_idp._protocol.repeat import backoff
from cognito_idp.errors import ReadError

client = Client("us-east-1")
options = client._options
out, copy = os.pipe()
child = ctypes.PyDLL(None).fork()
delays = [backoff(ReadError("lost"), attempt, options.random) for attempt in range(1, 4)]
drawn = json.dumps([options.new_id(), options.token_bytes(16).hex(), *delays])
if child == 0:
    os.write(copy, json.dumps([drawn, random.random()]).encode())
    os._exit(0)
os.waitpid(child, 0)
print(json.dumps([[drawn, random.random()], json.loads(os.read(out, 4096))]))
"""


def test_two_copies_of_a_process() -> None:
    """A process that is copied without a word, as by a snapshot, makes other ids and delays than its copy."""
    done = subprocess.run([sys.executable, "-c", COPIES], capture_output=True, text=True, check=True)
    (ours, our_state), (theirs, their_state) = json.loads(done.stdout)
    assert our_state == their_state, "the copy was told that it is one"
    assert [] == [one for one, other in zip(json.loads(ours), json.loads(theirs), strict=True) if one == other]
