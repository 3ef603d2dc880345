"""One Cognito server for the tests of the command line."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cognito_idp.testing import ServerNotInstalledError, cognito_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp.testing import CognitoServer


@pytest.fixture(scope="session")
def server() -> Iterator[CognitoServer]:
    """A running server, which the tests of the session share."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(cognito_server())
        except ServerNotInstalledError as error:
            pytest.skip(str(error))
        yield running
