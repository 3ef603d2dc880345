"""Marks for tests in which a library warns: of what is left to the garbage collector, or of what it does itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

Test = TypeVar("Test", bound="Callable[..., Any]")


def left_unread(test: Test) -> Test:
    """Let a test leave an answer unread on trio, which then warns of the async generators of httpx and httpcore.

    They are nested, and none closes the one inside it, so that the garbage collector has to. The warning is off by
    default. The test must use the fixture `fresh_kit`, so that it comes before the test ends.
    """
    pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")(test)
    return test


def left_open(test: Test) -> Test:
    """Let a test leave a connection to the garbage collector, since its event loop is gone."""
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")(test)
    return test


def asks_pycognito(test: Test) -> Test:
    """Let pycognito use `datetime.utcnow`, of which Python warns from 3.12 on. Only its authors can change that."""
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning:pycognito")(test)
    return test
