"""Fixtures for pytest. It finds them by itself where the package is installed.

`cognito_stub` is a `StubTransport` for one test, which fails if an answer was not asked for. `cognito_server` is a real
Cognito server on this machine that all tests of a session share; they are skipped where the extra `local` is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .server import CognitoServer
    from .stub import StubTransport

# Every pytest on a machine with this package loads this module, so the rest is imported when a test asks for it.


@pytest.fixture
def cognito_stub(request: pytest.FixtureRequest) -> Iterator[StubTransport]:
    """Stand for the service: queue typed answers with `add`, and make clients with `client` and `async_client`.

    The test fails on a call without an answer, even one whose error the program swallowed, and on answers that no call
    asked for.
    """
    from .stub import StubTransport

    stub = StubTransport()
    yield stub
    # A test that failed has said enough.
    if not request.node.stash.get(_FAILED, False):
        stub.assert_done()


@pytest.fixture(scope="session")
def cognito_server() -> Iterator[CognitoServer]:
    """Run a Cognito server (ministack) on a free loopback port; under pytest-xdist, each worker has one."""
    from contextlib import ExitStack

    from .server import ServerNotInstalledError
    from .server import cognito_server as running

    with ExitStack() as stack:
        try:
            server = stack.enter_context(running())
        except ServerNotInstalledError as error:
            pytest.skip(str(error))
        yield server


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note that a test failed, and tell it of calls without an answer that the program under test swallowed."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
        stub: Any = getattr(item, "funcargs", {}).get("cognito_stub")
        if stub is not None and call.when == "call" and stub.unexpected:
            report.sections.append(("cognito_stub", stub.unexpected))
    return report
