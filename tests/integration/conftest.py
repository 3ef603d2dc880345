"""The one Cognito server of the session (a fixture of our own plugin); a client and a user pool for each test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cognito_idp import Client

from .ministack import new_pool, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp.testing import CognitoServer

    from .ministack import Pool


@pytest.fixture(scope="session")
def server(cognito_server: CognitoServer) -> CognitoServer:
    """The running server, which all tests of the session share."""
    return cognito_server


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's AWS settings and proxies out of our client and boto3's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def client(server: CognitoServer) -> Iterator[Client]:
    """A sync client with keys that may do everything."""
    with Client(**settings(server)) as client:
        yield client


@pytest.fixture
def pool(client: Client) -> Iterator[Pool]:
    """A user pool of the test's own."""
    with new_pool(client) as pool:
        yield pool
