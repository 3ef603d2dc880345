"""The example app as a person uses it: in a real browser, headless Chromium."""

from __future__ import annotations

import json
import secrets
import socket
import time
from typing import TYPE_CHECKING

import attrs
import pytest
from examples.fastapi_app.app import create_app
from examples.fastapi_app.local import Local, local_cognito
from examples.fastapi_app.sessions import MemoryStore

from cognito_idp import totp
from cognito_idp.testing import ServerNotInstalledError
from tests.support.browser import browser

from .fastapi_person import Person, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cognito_idp import Tokens

pytestmark = pytest.mark.long

PASSWORD = "Correct-Horse-1"


class KeepingStore(MemoryStore):
    """A store that remembers all tokens, so that the test can look for them in the browser."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tokens] = []

    async def add(self, session_id: str, tokens: Tokens, seconds: float) -> None:
        """Remember, and keep."""
        self.seen.append(tokens)
        await super().add(session_id, tokens, seconds)


@attrs.frozen
class Site:
    """The running app, and the Cognito behind it."""

    local: Local
    store: KeepingStore


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The app on a free port, by uvicorn in a thread, as `python -m examples.fastapi_app` runs it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            with local_cognito(f"http://127.0.0.1:{listener.getsockname()[1]}") as local:
                store = KeepingStore()
                with served(create_app(local.settings, store=store), listener):
                    yield Site(local, store)
        except ServerNotInstalledError as error:
            pytest.skip(str(error))


@pytest.fixture
def mary(site: Site, tmp_path: Path) -> Iterator[Person]:
    """A person at a browser with an empty profile."""
    with browser(tmp_path / "profile") as driver:
        yield Person(driver, site.local.settings.origin)


def test_a_person_signs_up_and_in_and_out(site: Site, mary: Person) -> None:
    """A person signs up, signs in, sets up an app and uses it; the browser shows no secret and has no complaint."""
    address = f"{secrets.token_hex(8)}@example.com"
    mary.open("/")
    assert "/sign-in" == mary.path
    mary.open("/sign-up")
    mary.fill(email=address, new_password=PASSWORD)
    assert "/sign-up/confirm" == mary.path
    mary.fill(code="000000")
    assert "This code is wrong" in mary.text(".problem")
    mary.fill(code=site.local.code_sent_to(address))
    assert "Your address is confirmed. Sign in now." == mary.text(".notice")

    mary.fill(email=address, password="Wrong-Horse-9")
    assert "The address or the password is wrong." == mary.text(".problem")
    assert address == mary.driver.find_element("id", "email").get_attribute("value")
    mary.fill(email=address, password=PASSWORD)
    assert ("/account", address) == (mary.path, mary.text("#email"))

    before = len(mary.seen)
    mary.press("#totp-on")
    secret = mary.text("#totp-secret")
    qr = mary.driver.find_element("css selector", "figure svg").size
    assert qr["width"] == qr["height"] > 150
    del mary.seen[before:]  # The one page that shows the app's key, which it must.
    mary.fill(code=totp(secret, time.time()))
    assert "Your authenticator app is set up. Its code is asked for from now on." == mary.text(".notice")

    mary.press("#sign-out")
    assert "You are signed out." == mary.text(".notice")
    mary.open("/account")
    assert "/sign-in" == mary.path
    mary.fill(email=address, password=PASSWORD)
    assert "/sign-in/challenge" == mary.path
    mary.fill(code=totp(secret, time.time()))
    assert ("/account", address) == (mary.path, mary.text("#email"))

    seen = "\n".join(mary.seen)
    hidden = [value for tokens in site.store.seen for value in attrs.astuple(tokens)[:3]]
    assert 6 == len(hidden)
    for value in (*hidden, PASSWORD, secret, site.local.settings.app.client_secret):
        assert value not in seen
    assert {json.dumps([{}, {}, "", mary.origin + path]).replace(" ", "") for path in ("/account", "/sign-up")} <= set(
        mary.seen
    )
    complaints = [
        entry for entry in mary.driver.get_log("browser") if "Failed to load resource" not in entry["message"]
    ]
    assert [] == complaints


def test_scripts_do_not_run(mary: Person) -> None:
    """The pages' policy stops a script that got into one, and the browser says so: the check above can fail."""
    mary.open("/sign-in")
    mary.driver.execute_script(
        "const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        "document.body.append(script)"
    )
    assert mary.driver.execute_script("return window.ran") is None
    assert any("Content Security Policy" in entry["message"] for entry in mary.driver.get_log("browser"))


@pytest.mark.parametrize("size", [(320, 640), (390, 844), (1280, 657), (1280, 800)], ids=str)
def test_pages_fit_the_screen(site: Site, mary: Person, size: tuple[int, int]) -> None:
    """On phones and on desktops no page is wider than the screen, the style is in force, and problems are in sight."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    mary.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    address = f"{'long' * 8}{secrets.token_hex(8)}@example.com"
    mary.open("/sign-up")
    assert mary.fits()
    mary.fill(email=address, new_password=PASSWORD)
    assert mary.fits()
    mary.fill(code=site.local.code_sent_to(address))
    mary.fill(email=address, password=PASSWORD)
    assert address == mary.text("#email")
    assert mary.fits()
    mary.press("#totp-on")
    assert mary.fits()
    mary.fill(code="000000")
    assert "This code is wrong or too old. Type in the newest one." == mary.text(".problem")
    assert mary.is_in_sight(".problem")
    button = mary.driver.find_element("css selector", "#main button")
    assert "rgba(79, 70, 229, 1)" == button.value_of_css_property("background-color")
