"""Fixtures for the whole suite: an environment without settings, loopback servers, and tools for both clients."""

from __future__ import annotations

import gc
import os
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import hypothesis
import pytest

from cognito_idp._protocol import tracebacks

from .support.kit import KINDS, Kit, kit_of
from .support.server import Server
from .support.tls import Authority

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from .support.answers import Handler

# A loaded machine may take long over an example; no test measures time.
hypothesis.settings.register_profile("suite", deadline=None, derandomize="FIXED_SEEDS" in os.environ)
hypothesis.settings.load_profile("suite")

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
# Only the processes of pytest are measured: in a program that a test starts, coverage would load modules of its own.
_COVERAGE = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
_SETTINGS = (*_PROXIES, *(name.lower() for name in _PROXIES), *_AUTHORITIES, *_COVERAGE, "REQUEST_METHOD")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the variables of the library's frames where pytest is to show them (`-l`)."""
    tracebacks.keep_locals = bool(config.getoption("showlocals"))
    # A shell starts its background jobs with Ctrl-C ignored, and the programs that tests start would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Keep what collecting left, which lives as long as the session, out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _environment_without_settings() -> Iterator[None]:
    """Take away whatever the machine says about AWS, proxies and certificates; a test sets what it needs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("AWS_") or name in _SETTINGS:
                patch.delenv(name)
        # No test may read a developer's own files, or look for the machine's role.
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(autouse=True)
def _garbage_collected() -> Iterator[None]:
    """Collect what a test leaves, so that a connection that it left open fails this test, and no other one later."""
    yield
    gc.collect()
    # What a test leaves on purpose is not searched after each test that follows.
    gc.freeze()


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """Turn the collector off, so that a test sees what closes without it."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run each `anyio` test on both event loops."""
    backend: str = request.param
    return backend


@pytest.fixture(scope="session", params=KINDS)
def kit(request: pytest.FixtureRequest) -> Iterator[Kit]:
    """Run a test with the sync client, and with the async one on both event loops."""
    with kit_of(request.param) as made:
        yield made


@pytest.fixture(params=KINDS)
def fresh_kit(request: pytest.FixtureRequest) -> Iterator[Kit]:
    """Make a kit whose event loop ends with the test, and everything that the test left there with it."""
    with kit_of(request.param) as made:
        yield made


class Serve(Protocol):
    """Starts a loopback server that runs until the test ends."""

    def __call__(self, handler: Handler, *, tls: ssl.SSLContext | None = None, greeting: bytes = b"") -> Server:
        """Start it."""
        ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start loopback servers."""
    with ExitStack() as stack:
        yield lambda handler, *, tls=None, greeting=b"": stack.enter_context(
            Server(handler, tls=tls, greeting=greeting)
        )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make an authority for the certificates of loopback servers."""
    return Authority(tmp_path_factory.mktemp("authority"), "authority of the tests")
