"""One Cognito server for the tests of the command line: the one that all tests of a run share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cognito_idp.testing import CognitoServer


@pytest.fixture(scope="session")
def server(cognito_server: CognitoServer) -> CognitoServer:
    """Return the running server."""
    return cognito_server
