"""Every test of this folder runs over every wire, unless it chooses some with `over`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.kit import Kit, kit_of

from .rig import Rig
from .wires import params

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def kits() -> Iterator[dict[str, Kit]]:
    """Make the event loops that tests can share."""
    with ExitStack() as stack:
        yield {kind: stack.enter_context(kit_of(kind)) for kind in ("sync", "asyncio")}


@pytest.fixture(params=params())
def rig(request: pytest.FixtureRequest, kits: dict[str, Kit]) -> Iterator[Rig]:
    """Make the tools of one wire."""
    kind = request.param.kind
    with ExitStack() as stack:
        # A trio loop ends with its test, so that what was left unread there is collected while the test's filters hold.
        kit = kits.get(kind) or stack.enter_context(kit_of(kind))
        yield Rig(request.param, kit, stack)
