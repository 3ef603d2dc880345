"""The example app's passkeys over HTTP, with an authenticator in software that can lie."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._protocol.base64url import base64url
from tests.sign_in.fake_accounts import PASSWORD
from tests.support.passkeys import PRESENT, VERIFIED, Authenticator

from .fastapi_visitor import Visitor, heading, opened, said
from .passkey_cognito import ADDRESS, PasskeyCognito, passkey_cognito

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from examples.fastapi_app.settings import Settings

pytestmark = pytest.mark.anyio

RP_ID, ORIGIN = "example.com", "https://app.example.com"
ADDED = "Your passkey is set up. You can sign in with it from now on."
NONE = {"error": "There is no passkey to sign in with. Use your password."}
REFUSED = "This passkey is not known here any more, or the sign-in took too long. Try again."


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as uvicorn does."""
    return "asyncio"


@pytest.fixture
def service() -> Iterator[tuple[PasskeyCognito, Settings]]:
    """A service with passkeys, and the settings of the app."""
    with passkey_cognito(RP_ID, ORIGIN) as made:
        yield made


def phone(**lies: Any) -> Authenticator:
    """Return an authenticator for the app."""
    return Authenticator(**{"origin": ORIGIN, "rp_id": RP_ID, **lies})


async def signed_in(mary: Visitor) -> httpx.Response:
    """Sign in with the password."""
    return await mary.post("/sign-in", email=ADDRESS, password=PASSWORD)


async def registered(mary: Visitor, authenticator: Authenticator) -> httpx.Response:
    """Register a passkey, and return the page after it."""
    options = (await mary.post("/account/passkeys/options")).json()
    return await mary.post("/account/passkeys", credential=json.dumps(authenticator.create(options)))


async def proven(mary: Visitor, authenticator: Authenticator) -> httpx.Response:
    """Sign in with a passkey, and return the page after it."""
    options = (await mary.post("/sign-in/passkey/options")).json()
    return await mary.post("/sign-in/passkey", credential=json.dumps(authenticator.get(options)))


async def test_a_passkey_signs_in(service: tuple[PasskeyCognito, Settings]) -> None:
    """A passkey that was registered signs in on the browser where the person was, and does so again."""
    cognito, settings = service
    key = phone()
    async with opened(settings) as visitor:
        mary = visitor()
        before = await mary.get("/sign-in")
        await signed_in(mary)
        added = await registered(mary, key)
        for _ in range(2):
            out = await mary.post("/sign-out")
            account = await proven(mary, key)
            assert ("Sign in", "Your account") == (heading(out), heading(account))
    assert [ADDED] == said(added)
    assert "Passkey 1, since " in added.text
    assert ("passkey" in before.text, "data-autofill" in out.text) == (False, True)
    assert 'autocomplete="username webauthn"' in out.text
    assert 2 == cognito.passkeys[0].sign_count


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lies", "text"),
    [
        ({"origin": "https://evil.example.com"}, "This passkey is for another site."),
        ({"rp_id": "evil.example.com"}, "This passkey is for another site."),
        ({"client_data": {"challenge": "b3RoZXI"}}, "This took too long. Try again."),
        ({"flags": PRESENT}, "This passkey can't be used here. Try another one."),
    ],
    ids=str,
)
async def test_a_registration_that_is_refused(
    service: tuple[PasskeyCognito, Settings], lies: dict[str, Any], text: str
) -> None:
    """A passkey for another site, for another challenge, or that verified nobody is not registered."""
    cognito, settings = service
    async with opened(settings) as visitor:
        mary = visitor()
        await signed_in(mary)
        page = await registered(mary, phone(**lies))
    assert (400, [text]) == (page.status_code, said(page))
    assert ([], 1) == (cognito.passkeys, len(cognito.refused))


@pytest.mark.slow
@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "https://evil.example.com"},
        {"rp_id": "evil.example.com"},
        {"client_data": {"challenge": "b3RoZXI"}},
        {"flags": VERIFIED},
        {"credential_id": b"another"},
        {"key": phone().key},
        {"sign_count": -1},
    ],
    ids=lambda lies: next(iter(lies)),
)
async def test_a_sign_in_that_is_refused(service: tuple[PasskeyCognito, Settings], lies: dict[str, Any]) -> None:
    """A proof that is wrong in one thing makes no session, and neither does the right one after it."""
    cognito, settings = service
    key = phone(sign_count=4)
    async with opened(settings) as visitor:
        mary = visitor()
        await signed_in(mary)
        await registered(mary, key)
        await mary.post("/sign-out")
        options = (await mary.post("/sign-in/passkey/options")).json()
        liar = phone(**{"key": key.key, "sign_count": key.sign_count, **lies})
        wrong = await mary.post("/sign-in/passkey", credential=json.dumps(liar.get(options)))
        late = await mary.post("/sign-in/passkey", credential=json.dumps(key.get(options)))
        then = await mary.get("/account")
    assert (401, [REFUSED]) == (wrong.status_code, said(wrong))
    assert ["This sign-in took too long, or was tried too often. Begin again."] == said(late)
    assert "Sign in" == heading(then)
    assert 1 == len(cognito.refused)


@pytest.mark.slow
async def test_a_passkey_that_was_deleted(service: tuple[PasskeyCognito, Settings]) -> None:
    """A passkey that is deleted during a sign-in doesn't finish it; afterwards none is asked for."""
    _, settings = service
    key = phone()
    async with opened(settings) as visitor:
        mary = visitor()
        await signed_in(mary)
        await registered(mary, key)
        other = visitor()
        await signed_in(other)
        await other.post("/sign-out")
        options = (await other.post("/sign-in/passkey/options")).json()
        deleted = await mary.post("/account/passkeys/delete", credential_id=base64url(key.credential_id))
        page = await other.post("/sign-in/passkey", credential=json.dumps(key.get(options)))
        refused = await other.post("/sign-in/passkey/options")
        await mary.post("/sign-out")
        forgotten = await mary.get("/sign-in")
    assert ["The passkey is deleted here. Delete it on your device, too."] == said(deleted)
    assert (401, [REFUSED]) == (page.status_code, said(page))
    assert (404, NONE) == (refused.status_code, refused.json())
    assert "passkey" not in forgotten.text


async def test_several_passkeys(service: tuple[PasskeyCognito, Settings]) -> None:
    """Each passkey of a person is listed and signs in; a browser learns which ones not to register again."""
    _, settings = service
    keys = [phone(credential_id=name) for name in (b"phone", b"laptop")]
    async with opened(settings) as visitor:
        mary = visitor()
        await signed_in(mary)
        for key in keys:
            await registered(mary, key)
        excluded = (await mary.post("/account/passkeys/options")).json()["excludeCredentials"]
        page = await mary.get("/account")
        for key in keys:
            await mary.post("/sign-out")
            assert "Your account" == heading(await proven(mary, key))
    ids = [base64url(key.credential_id) for key in keys]
    assert ids == [each["id"] for each in excluded]
    assert ids == re.findall(r'name="credential_id" value="(\w+)"', page.text)


async def test_nobody_learns_who_has_a_passkey(service: tuple[PasskeyCognito, Settings]) -> None:
    """A browser where nobody with a passkey signed in gets no options, whatever address it names, and costs no call."""
    cognito, settings = service
    async with opened(settings) as visitor:
        mary = visitor()
        await signed_in(mary)
        await registered(mary, phone())
        asked = len(cognito.sent)
        stranger = visitor()
        stranger.http.cookies.set("__Host-known", mary.http.cookies["__Host-session"])
        answers = [await stranger.post("/sign-in/passkey/options", email=email) for email in (ADDRESS, f"no-{ADDRESS}")]
        page = await stranger.get("/sign-in")
    assert [(404, NONE)] * 2 == [(answer.status_code, answer.json()) for answer in answers]
    assert asked == len(cognito.sent)
    assert "passkey" not in page.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("credential", "statuses"), [("", (422, 422)), ("no JSON", (400, 400)), ("[]", (400, 400)), ("{}", (400, 401))]
)
async def test_an_answer_that_no_browser_gives(
    service: tuple[PasskeyCognito, Settings], credential: str, statuses: tuple[int, int]
) -> None:
    """An answer that is empty or of another form registers nothing, signs nobody in, and is told to the person."""
    cognito, settings = service
    async with opened(settings) as visitor:
        mary = visitor()
        await signed_in(mary)
        await mary.post("/account/passkeys/options")
        unregistered = await mary.post("/account/passkeys", credential=credential)
        await registered(mary, phone())
        await mary.post("/sign-out")
        await mary.post("/sign-in/passkey/options")
        page = await mary.post("/sign-in/passkey", credential=credential)
        account = await mary.get("/account")
    assert 1 == len(cognito.passkeys)
    assert statuses == (unregistered.status_code, page.status_code)
    assert "Sign in" == heading(account)


async def test_passkeys_need_a_session_and_the_apps_pages(service: tuple[PasskeyCognito, Settings]) -> None:
    """Without a session nothing is registered or deleted; posts from other sites are refused everywhere."""
    cognito, settings = service
    paths = ("/account/passkeys/options", "/account/passkeys", "/account/passkeys/delete")
    async with opened(settings) as visitor:
        stranger = visitor()
        pages = [await stranger.post(path, credential="{}", credential_id="a") for path in paths]
        mary = visitor()
        await signed_in(mary)
        asked = len(cognito.sent)
        forged = [
            await mary.http.post(path, headers={"origin": "https://evil.example.com"}, data={"credential": "{}"})
            for path in (*paths, "/sign-in/passkey/options", "/sign-in/passkey")
        ]
    assert ["Sign in"] * 3 == [heading(page) for page in pages]
    assert [403] * 5 == [answer.status_code for answer in forged]
    assert asked == len(cognito.sent)


async def test_scripts_are_the_apps_own(service: tuple[PasskeyCognito, Settings]) -> None:
    """Pages allow scripts from the app's own files alone, and have none within; without passkeys they allow none."""
    _, settings = service
    async with opened(settings) as visitor:
        mary = visitor()
        await signed_in(mary)
        page = await registered(mary, phone())
        script = await mary.get("/static/passkeys.js")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; " in policy
    assert policy.endswith("; script-src 'self'; connect-src 'self'")
    assert ['<script type="module" src="/static/passkeys.js"></script>'] == re.findall(
        r"<script.*?</script>", page.text
    )
    assert not re.findall(r" on\w+=", html.unescape(page.text))
    assert "javascript" in script.headers["content-type"]
