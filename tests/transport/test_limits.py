"""`Timeout`, and the limits of one exchange."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cognito_idp import Client, Timeout
from cognito_idp._protocol.wire import Limits
from cognito_idp._transport.limits import timeout_of
from cognito_idp.errors import ConfigError


def test_the_defaults() -> None:
    """Unless told otherwise, a call has 120 s as a whole, 5 s to connect, and 30 s for each read and write."""
    assert Timeout(total=120.0, connect=5.0, read=30.0, write=30.0) == Timeout() == timeout_of(None)


def test_a_number_bounds_the_whole_call() -> None:
    """A plain number of seconds is the limit of the whole call, and the other limits stay."""
    assert Timeout(total=2.5) == timeout_of(2.5)


def test_the_limit_of_the_whole_call_can_be_taken_off() -> None:
    """`Timeout(total=None)` sets no limit for the whole call, for a client and for a copy."""
    assert None is Timeout(total=None).total
    assert None is timeout_of(Timeout(total=None)).total
    copy = Client("us-east-1").with_options(timeout=Timeout(total=None))
    assert (None, 120.0) == (copy._options.timeout.total, copy.with_options(timeout=None)._options.timeout.total)


def test_a_timeout_stays_what_it_is() -> None:
    """A `Timeout` is taken as it is."""
    timeout = Timeout(total=1, connect=None)
    assert timeout is timeout_of(timeout)


def test_the_limits_of_an_exchange() -> None:
    """The limits of an exchange are those of the timeout and the size limit; the whole call's is worked out later."""
    assert Limits(1, 2, None, None, 99) == Timeout(total=9, connect=1, read=2, write=None).limits(99)


@pytest.mark.parametrize("name", ["total", "connect", "read", "write"])
@pytest.mark.parametrize("value", [0, -1, 0.0, math.inf, -math.inf, math.nan, "5", True, [5]])
def test_a_limit_that_can_not_be_one(name: str, value: Any) -> None:
    """Zero, negative, infinite and non-numeric limits are refused, by name."""
    with pytest.raises(ConfigError, match=f"timeout {name}="):
        Timeout(**{name: value})


@pytest.mark.parametrize("value", [0, -1, math.nan, "5", True])
def test_a_client_refuses_such_a_limit(value: Any) -> None:
    """A client can't be made with it, nor copied with it."""
    with pytest.raises(ConfigError, match="timeout total="):
        Client("us-east-1", timeout=value)
    with pytest.raises(ConfigError, match="timeout total="):
        Client("us-east-1").with_options(timeout=value)
