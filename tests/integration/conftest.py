"""One Cognito server for the whole session; a client and a user pool for each test that asks for them."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cognito_idp import Client
from cognito_idp.testing import ServerNotInstalledError, cognito_server

from .ministack import new_pool, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp.testing import CognitoServer

    from .ministack import Pool


@pytest.fixture(scope="session")
def server() -> Iterator[CognitoServer]:
    """A running server, which the tests of the session share."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(cognito_server())
        except ServerNotInstalledError as error:
            pytest.skip(str(error))
        yield running


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
