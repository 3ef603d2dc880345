"""Fixtures for pytest, which loads them automatically if the package is installed.

`cognito_stub` is a `StubTransport` for one test; the test fails if an answer was never used. `cognito_server` is a real
Cognito server on this machine that all tests of a session share; they are skipped if the extra `local` is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .server import CognitoServer
    from .stub import StubTransport

# Every pytest run with this package installed loads this module, so the rest is imported when a test needs it.


@pytest.fixture
def cognito_stub(request: pytest.FixtureRequest) -> Iterator[StubTransport]:
    """Replace the service: queue typed answers with `add`, and make clients with `client` and `async_client`.

    The test fails on a call without an answer, even if the program swallows the error, and on unused answers.
    """
    from .stub import StubTransport

    stub = StubTransport()
    yield stub
    # If the test failed, another error would only hide the cause.
    if not request.node.stash.get(_FAILED, False):
        stub.assert_done()


@pytest.fixture(scope="session")
def cognito_server() -> Iterator[CognitoServer]:
    """Run a Cognito server (ministack) on a free loopback port; with pytest-xdist, each worker has its own."""
    from contextlib import ExitStack

    from .server import ServerNotInstalledError
    from .server import cognito_server as run_server

    with ExitStack() as stack:
        try:
            server = stack.enter_context(run_server())
        except ServerNotInstalledError as error:
            pytest.skip(str(error))
        yield server


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, and report unexpected calls whose errors the program under test swallowed."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
        stub: Any = getattr(item, "funcargs", {}).get("cognito_stub")
        if stub is not None and call.when == "call" and stub.unexpected:
            report.sections.append(("cognito_stub", stub.unexpected))
    return report
