"""Fixtures for pytest (7.0 and newer), which loads them automatically if the package is installed.

`cognito_stub` is a `StubTransport` for one test; the test fails if an answer was never used. `cognito_server` is a real
Cognito server on this machine that all tests of a session share; they are skipped if the extra `local` is missing.
An assertion that compares structs says which members differ, and shows personal data, but no secrets.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from types import TracebackType

    from .server import CognitoServer
    from .stub import StubTransport

# Every pytest run with this package installed loads this module. So the rest is imported when a test needs it, and the
# hook looks at nothing but what the fixture left in the test's stash.
_STUB = pytest.StashKey["StubTransport"]()
_FAILED = pytest.StashKey[bool]()


@pytest.fixture
def cognito_stub(request: pytest.FixtureRequest) -> Iterator[StubTransport]:
    """Replace the service: queue typed answers with `add`, and make clients with `client` and `async_client`.

    The test fails on a call without an answer, even if the program swallows the error, and on unused answers.
    """
    from .stub import StubTransport

    stash = request.node.stash
    stub = stash[_STUB] = StubTransport()
    stash[_FAILED] = False
    yield stub
    del stash[_STUB]  # pytest keeps its items until the end
    # If the test failed, another error would only hide the cause.
    if not stash[_FAILED]:
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


@pytest.hookimpl(hookwrapper=True)  # `wrapper` is unknown to pluggy 1.0, which pytest 7 still takes
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Remember that a test failed, and report unexpected calls whose errors the program under test swallowed.

    The traceback of an unexpected call leads through the library to the stub. These lines say nothing about the test.
    """
    if call.excinfo is not None and _STUB in item.stash and not item.config.getoption("fulltrace"):
        from .stub_queue import UnexpectedCallError

        if call.excinfo.errisinstance(UnexpectedCallError):
            _unlink_library(call.excinfo.tb)
    outcome = yield
    stub = item.stash.get(_STUB, None)
    if stub is None or not (report := outcome.get_result()).failed:
        return
    item.stash[_FAILED] = True
    if call.when == "call" and stub.unexpected:
        report.sections.append(("cognito_stub", stub.unexpected))


def _unlink_library(entry: TracebackType) -> None:
    # In the traceback itself: pytest makes its own view of it several times.
    while (after := entry.tb_next) is not None:
        if str(after.tb_frame.f_globals.get("__name__")).partition(".")[0] == "cognito_idp":
            entry.tb_next = after.tb_next
        else:
            entry = after


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain a failed comparison of what this library made: the members that differ, one a line."""
    # Nothing was made by it in a process that hasn't loaded what hides secrets.
    if "cognito_idp._protocol.redaction" not in sys.modules:
        return None
    from .compare import explained

    return explained(op, left, right)
