"""A refresh token that is rotated in a file: whatever breaks off the wait, the new one is written back."""

from __future__ import annotations

import json
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from joserfc.jwk import ECKey

from cognito_idp._call.deadline import Deadline
from cognito_idp.credentials import CachedCredentials, LoginProvider, SsoProvider
from cognito_idp.errors import WaitedTooLongError
from tests.support.kit import FakeTime

from .fake_aws import NOW
from .remote import REGION, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..support.kit import Kit
    from .fake_aws import FakeAws
    from .remote import Home

PATIENCE = 30.0
SHORT = 0.05
SESSION = "arn:aws:iam::111122223333:user/Admin"
CONFIG = f"""
[profile sso]
sso_account_id = 111122223333
sso_role_name = Reader
sso_session = team
[sso-session team]
sso_region = {REGION}
sso_start_url = https://example.awsapps.com/start
[profile login]
login_session = {SESSION}
"""


@attrs.frozen
class Kept:
    """A profile whose token file is over, and the service that refreshes it when a test opens it."""

    name: str
    kit: Kit
    aws: FakeAws
    path: Path
    source: CachedCredentials
    another: CachedCredentials
    asked: threading.Event
    open: threading.Event
    adapter: Any
    driver: Any

    def run(self, flow: Any) -> Any:
        """Run a flow."""
        return self.kit.run(self.driver.run, flow)

    def hurried(self, source: CachedCredentials) -> None:
        """Ask for credentials with too little time; at last the service was asked for new ones."""
        while True:
            with pytest.raises(WaitedTooLongError):
                self.run(Deadline(SHORT, time.monotonic).bound(source.get()))
            if self.asked.is_set():
                return

    def is_sound(self) -> None:
        """Check that one refresh was made, that it was written back, and that it serves whoever comes now."""
        found = self.run(self.source.get())
        assert found.access_key_id in self.aws.keys
        operation = {"sso": "CreateToken", "login": "CreateOAuth2Token"}[self.name]
        assert 1 == self.aws.operations().count(operation)
        assert json.loads(self.path.read_text())["refreshToken"].endswith("REFRESH2")


@pytest.fixture(params=["sso", "login"])
def kept(request: pytest.FixtureRequest, kit: Kit, home: Home, aws: FakeAws, pem: str) -> Iterator[Kept]:
    """Write the files of one provider."""
    name: str = request.param
    home.write("config", CONFIG)
    aws.login_key = ECKey.import_key(pem)
    over = text_of(NOW - 60)
    path = home.sso_token("team", expiresAt=over) if name == "sso" else home.login_token(SESSION, pem, expires_at=over)
    make: Callable[[], Any] = SsoProvider if name == "sso" else LoginProvider
    asked, opened = threading.Event(), threading.Event()

    def wait(_: Any) -> None:
        asked.set()
        assert opened.wait(PATIENCE)

    aws.instead = [wait]
    adapter, driver = kit._connected(None, FakeTime())
    source, another = (CachedCredentials(make(), lambda: home.context(name)) for _ in range(2))
    yield Kept(name, kit, aws, path, source, another, asked, opened, adapter, driver)
    opened.set()
    kit.run(driver.once_idle, adapter.close)


@pytest.mark.slow
def test_the_time_limit_of_a_call(kept: Kept) -> None:
    """A call whose time is up leaves; the refresh goes on, is shared by those who come meanwhile, and is written."""
    kept.hurried(kept.source)
    kept.hurried(kept.source)
    # Another client of the process has a provider of its own, and the same file.
    kept.hurried(kept.another)
    kept.open.set()
    kept.is_sound()


def test_closing_the_client(kept: Kept) -> None:
    """A client that is closed during a refresh lets it come to its end, and closes its connections then."""
    kept.hurried(kept.source)
    closed = threading.Event()

    async def close_async() -> None:
        closed.set()

    kept.kit.run(kept.driver.once_idle, closed.set if kept.kit.kind == "sync" else close_async)
    assert not closed.is_set()
    kept.open.set()
    kept.is_sound()
    assert closed.wait(PATIENCE)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system has no signals for threads")
@pytest.mark.parametrize("kit", ["sync"], indirect=True)
def test_a_signal_handler_that_raises(kept: Kept) -> None:
    """Ctrl-C ends only the wait for a refresh."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    def send() -> None:
        assert kept.asked.wait(PATIENCE)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, interrupt)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            kept.run(kept.source.get())
        sender.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    kept.open.set()
    kept.is_sound()
