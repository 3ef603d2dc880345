"""Marked credentials, and a search that each test ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cognito_idp import Credentials
from cognito_idp._protocol import tracebacks
from cognito_idp._protocol.sigv4 import signing_key
from tests.support.kit import kit_of

from .search import Marks, Search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kit import Kit

# 2027-01-15T08:00:00Z
NOW = 1_800_000_000.0
MARKS = Marks()
CREDENTIALS = Credentials("AKIDEXAMPLE", MARKS(), MARKS())
_KEY = signing_key(CREDENTIALS.secret_access_key, date="20270115", region="us-east-1", service="cognito-idp")


@pytest.fixture(scope="session")
def sync_kit() -> Iterator[Kit]:
    """Tools for sync clients, where both kinds run the same flow anyway and many cases are to be seen."""
    with kit_of("sync") as made:
        yield made


@pytest.fixture(autouse=True)
def _frames_are_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clear frames here even if pytest shows local variables."""
    monkeypatch.setattr(tracebacks, "keep_locals", False)


@pytest.fixture
def search(capfd: pytest.CaptureFixture[str]) -> Iterator[Search]:
    """A search that must have found nothing when the test ends, on standard output and error neither."""
    search = Search(repr(_KEY), _KEY.hex())
    with search.watching():
        yield search
    for name, text in zip(("standard output", "standard error"), capfd.readouterr(), strict=True):
        search.text(name, text)
    assert search.texts > 0
    if search.found:
        pytest.fail(f"secrets show in:\n{search.report()}", pytrace=False)
