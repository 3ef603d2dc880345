"""The servers of the session, each of which all tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.judges.servers import JUDGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.judges.servers import Judge


@pytest.fixture(scope="session", params=JUDGES)
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    """Each of the servers in turn; where one can't be installed, its tests are skipped and say so."""
    with JUDGES[request.param]() as judge:
        yield judge
