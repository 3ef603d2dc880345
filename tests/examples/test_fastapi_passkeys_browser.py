"""Passkeys as a person uses them: Chromium with a virtual authenticator, the example app, the suite's own Cognito."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import attrs
import pytest
from examples.fastapi_app.app import create_app

from tests.sign_in.fake_accounts import PASSWORD
from tests.support.browser import browser

from .fastapi_person import Person, served
from .passkey_cognito import ADDRESS, PasskeyCognito, passkey_cognito

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.long

ADD, SIGN_IN = "#passkey-create button", "#passkey-get button"
CANCELLED = "That was cancelled, or it took too long. Try again."
WITHOUT_AUTOFILL = "delete PublicKeyCredential.isConditionalMediationAvailable;"
WITHOUT_JSON = """
    delete PublicKeyCredential.parseCreationOptionsFromJSON;
    delete PublicKeyCredential.parseRequestOptionsFromJSON;
    delete PublicKeyCredential.prototype.toJSON;
"""


@attrs.define
class Somebody(Person):
    """A person at a browser with an authenticator, and the Cognito behind the app."""

    cognito: PasskeyCognito = attrs.field(kw_only=True)

    def sign_in_with_password(self) -> None:
        """Sign in with the password."""
        self.open("/sign-in")
        self.fill(email=ADDRESS, password=PASSWORD)
        assert "/account" == self.path

    def change_browser(self, script: str) -> None:
        """Have a script run before those of each page, as an older browser would be."""
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})

    def complaints(self) -> list[str]:
        """Return what the browser had to say about the pages, besides answers that are refusals."""
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        return [message for message in messages if "Failed to load resource" not in message]


@pytest.fixture
def mary(tmp_path: Path) -> Iterator[Somebody]:
    """A person whose device has a fingerprint reader, which always says yes."""
    # A passkey is for a domain, and 127.0.0.1 is none.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://localhost:{listener.getsockname()[1]}"
        with (
            passkey_cognito("localhost", origin) as (cognito, settings),
            served(create_app(settings), listener),
            browser(tmp_path / "profile") as driver,
        ):
            from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

            reader = VirtualAuthenticatorOptions(
                transport="internal", has_resident_key=True, has_user_verification=True, is_user_verified=True
            )
            driver.add_virtual_authenticator(reader)
            yield Somebody(driver, origin, cognito=cognito)


@pytest.mark.parametrize("browser_is", ["new", "old"])
def test_a_passkey_is_added_and_signs_in(mary: Somebody, browser_is: str) -> None:
    """A passkey is added, signs in after a sign-out, is deleted, and then not asked for, in browsers old and new."""
    mary.change_browser(WITHOUT_AUTOFILL + (WITHOUT_JSON if browser_is == "old" else ""))
    mary.sign_in_with_password()
    mary.press(ADD)
    assert "Your passkey is set up. You can sign in with it from now on." == mary.text(".notice")
    for count in (2, 3):
        mary.press("#sign-out")
        assert ("/sign-in", "You are signed out.") == (mary.path.partition("?")[0], mary.text(".notice"))
        mary.press(SIGN_IN)
        assert ("/account", ADDRESS) == (mary.path, mary.text("#email"))
        assert count == mary.cognito.passkeys[0].sign_count
    assert mary.fits()

    mary.press("section form.passkey button.link")
    assert "The passkey is deleted here. Delete it on your device, too." == mary.text(".notice")
    mary.press("#sign-out")
    assert [] == mary.driver.find_elements("css selector", SIGN_IN)
    assert [] == mary.cognito.refused
    assert [] == mary.complaints()


def test_autofill(mary: Somebody) -> None:
    """A browser that offers passkeys in the address's field signs in without a button."""
    mary.sign_in_with_password()
    mary.press(ADD)
    # Chromium's authenticator takes what is offered at once; so the page that follows the sign-out leads on.
    mary.driver.find_element("id", "sign-out").click()
    mary.wait_for("return document.querySelector('#email')?.tagName == 'DD' && !location.search")
    assert ("/account", ADDRESS) == (mary.path, mary.text("#email"))
    assert 1 == mary.cognito.operations.count("RespondToAuthChallenge WEB_AUTHN")
    assert [] == mary.complaints()


def test_a_prompt_that_is_cancelled(mary: Somebody) -> None:
    """Who cancels a prompt reads what happened, on the same page, and can try again."""
    mary.change_browser(WITHOUT_AUTOFILL)
    mary.sign_in_with_password()
    mary.driver.set_user_verified(False)
    assert CANCELLED == mary.told(ADD)
    mary.driver.set_user_verified(True)
    mary.press(ADD)
    mary.press("#sign-out")
    mary.driver.set_user_verified(False)
    assert CANCELLED == mary.told(SIGN_IN)
    mary.driver.set_user_verified(True)
    mary.press(SIGN_IN)
    assert "/account" == mary.path


def test_one_passkey_for_each_device(mary: Somebody) -> None:
    """A device that has a passkey for the account makes no second one, and the person reads why."""
    mary.sign_in_with_password()
    mary.press(ADD)
    assert "This device already has a passkey for your account." == mary.told(ADD)
    assert 1 == len(mary.cognito.passkeys)


@pytest.mark.parametrize("what", ["another origin", "another challenge", "another relying party", "not registered"])
def test_an_answer_that_is_refused(mary: Somebody, what: str) -> None:
    """The browser's real answer is refused where the service expects another origin, challenge, domain or passkey."""
    mary.change_browser(WITHOUT_AUTOFILL)
    mary.sign_in_with_password()
    mary.press(ADD)
    mary.press("#sign-out")
    cognito, party = mary.cognito, mary.cognito.party

    def expect_another(operation: str) -> None:
        if operation != "RespondToAuthChallenge":
            return
        match what:
            case "another origin":
                cognito.party = attrs.evolve(party, origin="https://localhost")
            case "another relying party":
                cognito.party = attrs.evolve(party, rp_id="example.com")
            case "another challenge":
                cognito.challenge = "b3RoZXI"
            case "not registered":
                cognito.passkeys.clear()

    cognito.before = expect_another
    mary.press(SIGN_IN)
    assert "This passkey is not known here any more, or the sign-in took too long. Try again." == mary.text(".problem")
    assert [what] == cognito.refused


def test_a_passkey_that_the_service_forgot(mary: Somebody) -> None:
    """Where the account has no passkey any more, the button says so, and the password signs in."""
    mary.change_browser(WITHOUT_AUTOFILL)
    mary.sign_in_with_password()
    mary.press(ADD)
    mary.press("#sign-out")
    mary.cognito.passkeys.clear()
    assert "There is no passkey to sign in with. Use your password." == mary.told(SIGN_IN)
    mary.sign_in_with_password()


def test_a_session_that_is_over(mary: Somebody) -> None:
    """A button that needs a session leads to the sign-in when there is none any more."""
    mary.change_browser(WITHOUT_AUTOFILL)
    mary.sign_in_with_password()
    mary.driver.delete_cookie("session")
    mary.press(ADD)
    assert "/sign-in" == mary.path


@pytest.mark.parametrize("missing", ["scripts", "passkeys"])
def test_a_browser_without(mary: Somebody, missing: str) -> None:
    """Without scripts or without passkeys, no button for one is in sight, and the password signs in."""
    if missing == "scripts":
        mary.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    else:
        mary.change_browser("delete window.PublicKeyCredential;")
    mary.driver.get(f"{mary.origin}/sign-in")
    for name, value in (("email", ADDRESS), ("password", PASSWORD)):
        mary.driver.find_element("id", name).send_keys(value)
    mary.driver.find_element("css selector", "#main button").click()
    assert ADDRESS == mary.wait_for_text("dd#email")
    assert not mary.driver.find_element("css selector", ADD).is_displayed()
    notes = mary.driver.find_elements("css selector", "noscript p")
    assert (["Passkeys need JavaScript."] if missing == "scripts" else []) == [note.text for note in notes]
