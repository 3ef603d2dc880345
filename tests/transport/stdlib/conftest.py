"""Every test of this folder runs over the library's own engine, sync and on asyncio."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.kit import Kit, kit_of
from tests.transport.behaviour.rig import Rig
from tests.transport.behaviour.wires import params

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def kits() -> Iterator[dict[str, Kit]]:
    """Make an event loop that tests can share."""
    with ExitStack() as stack:
        yield {kind: stack.enter_context(kit_of(kind)) for kind in ("sync", "asyncio")}


@pytest.fixture(params=params(lambda wire: wire.library == "stdlib"))
def rig(request: pytest.FixtureRequest, kits: dict[str, Kit]) -> Iterator[Rig]:
    """Make the tools of one wire."""
    with ExitStack() as stack:
        yield Rig(request.param, kits[request.param.kind], stack)
