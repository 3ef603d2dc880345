"""Fixtures for the tests of the sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.conftest import server
from tests.support.kit import kit_of

__all__ = ["server", "sync_kit"]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kit import Kit


@pytest.fixture(scope="session")
def sync_kit() -> Iterator[Kit]:
    """Tools for sync clients, where both kinds run the same flow anyway and many cases are to be seen."""
    with kit_of("sync") as made:
        yield made
