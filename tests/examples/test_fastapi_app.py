"""The example app over ministack, which checks proofs, codes and tokens."""

from __future__ import annotations

import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from examples.fastapi_app.local import Local, local_cognito
from examples.fastapi_app.sessions import MemoryStore

from cognito_idp import Client, NotAuthorizedException, totp
from cognito_idp.testing import ServerNotInstalledError

from .fastapi_visitor import NEW_PASSWORD, PASSWORD, Visitor, heading, opened, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from cognito_idp import Tokens

pytestmark = pytest.mark.anyio

ORIGIN = "http://127.0.0.1:8000"
WRONG_CODE = "This code is wrong or too old. Type in the newest one."


class RecordingStore(MemoryStore):
    """A store that remembers all tokens that it was given, so that a test can look for them where they must not be."""

    def __init__(self) -> None:
        super().__init__()
        self.added: list[Tokens] = []
        self.replaced: list[Tokens] = []

    async def add(self, session_id: str, tokens: Tokens, seconds: float) -> None:
        """Remember, and keep."""
        self.added.append(tokens)
        await super().add(session_id, tokens, seconds)

    async def replace(self, session_id: str, tokens: Tokens) -> None:
        """Remember, and replace."""
        self.replaced.append(tokens)
        await super().replace(session_id, tokens)


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as uvicorn does."""
    return "asyncio"


@pytest.fixture(scope="module")
def local() -> Iterator[Local]:
    """A server with a pool."""
    try:
        with local_cognito(ORIGIN) as running:
            yield running
    except ServerNotInstalledError as error:
        pytest.skip(str(error))


@pytest.fixture
def address() -> str:
    """An address that nobody has."""
    return f"{secrets.token_hex(8)}@example.com"


async def sign_up(local: Local, visitor: Visitor, address: str) -> httpx.Response:
    """Sign up and confirm the address."""
    await visitor.post("/sign-up", email=address, new_password=PASSWORD)
    return await visitor.post("/sign-up/confirm", code=local.code_sent_to(address))


async def signed_in(local: Local, visitor: Visitor, address: str) -> httpx.Response:
    """Sign up, confirm and sign in."""
    await sign_up(local, visitor, address)
    return await visitor.post("/sign-in", email=address, password=PASSWORD)


async def set_up_totp(visitor: Visitor) -> str:
    """Set up an authenticator app, and return its secret."""
    page = await visitor.post("/account/totp")
    secret: str = re.findall(r'id="totp-secret">(\w+)<', page.text)[0]
    await visitor.post("/account/totp/confirm", code=totp(secret, time.time()))
    return secret


@pytest.mark.slow
async def test_signing_up(local: Local, address: str) -> None:
    """Who signs up and confirms the address by the code of the mail, and not by another, can sign in."""
    async with opened(local.settings) as visitor:
        mary = visitor()
        asked = await mary.post("/sign-up", email=address, new_password=PASSWORD)
        unconfirmed = await visitor().post("/sign-in", email=address, password=PASSWORD)
        wrong = await mary.post("/sign-up/confirm", code="000000")
        resent = await mary.post("/sign-up/resend")
        confirmed = await mary.post("/sign-up/confirm", code=local.code_sent_to(address))
        account = await mary.post("/sign-in", email=address, password=PASSWORD)

    assert ("/sign-up/confirm", "/sign-up/confirm") == (asked.url.path, unconfirmed.url.path)
    assert (400, [WRONG_CODE]) == (wrong.status_code, said(wrong))
    assert ["Another code is on its way, if it can be sent to this address."] == said(resent)
    assert ["Your address is confirmed. Sign in now."] == said(confirmed)
    assert ("Your account", "/account") == (heading(account), account.url.path)
    assert f'<dd id="email">{address}</dd>' in account.text


async def test_a_password_that_breaks_the_rules(local: Local, address: str) -> None:
    """A password that the pool doesn't take is refused with the service's reason, and stands nowhere in the answer."""
    async with opened(local.settings) as visitor:
        page = await visitor().post("/sign-up", email=address, new_password="horse-77")
    assert 400 == page.status_code
    assert "uppercase" in said(page)[0]
    assert "horse-77" not in page.text


@pytest.mark.slow
async def test_nobody_learns_who_has_an_account(local: Local, address: str) -> None:
    """A known and an unknown address get the same answers: to a wrong password, a sign-up, a lost password, a code."""
    async with opened(local.settings) as visitor:
        await sign_up(local, visitor(), address)
        answers = []
        for email in (address, f"no-{address}"):
            stranger = visitor()
            pages = [
                await stranger.post("/sign-in", email=email, password="Wrong-Horse-9"),
                await stranger.post("/password/forgot", email=email),
                await stranger.post("/password/reset", code="000000", new_password=NEW_PASSWORD),
                await stranger.post("/sign-up", email=email, new_password=PASSWORD),
                await stranger.post("/sign-up/confirm", code="000000"),
                await stranger.post("/sign-up/resend"),
            ]
            answers.append([(page.status_code, str(page.url), page.text.replace(email, "EMAIL")) for page in pages])

    assert answers[0] == answers[1]
    assert [401, 200, 400, 200, 400, 200] == [status for status, _, _ in answers[0]]


@pytest.mark.slow
async def test_an_authenticator_app(local: Local, address: str) -> None:
    """An authenticator app is turned on by its right code alone, is asked for at the next sign-in, and turned off."""
    async with opened(local.settings) as visitor:
        mary = visitor()
        await signed_in(local, mary, address)
        shown = await mary.post("/account/totp")
        secret = re.findall(r'id="totp-secret">(\w+)<', shown.text)[0]
        wrong = await mary.post("/account/totp/confirm", code="000000")
        on = await mary.post("/account/totp/confirm", code=totp(secret, time.time()))
        again = visitor()
        asked = await again.post("/sign-in", email=address, password=PASSWORD)
        early = await again.get("/account")
        mistyped = await again.post("/sign-in/challenge", code="000000")
        code = totp(secret, time.time())
        account = await again.post("/sign-in/challenge", code=f"{code[:3]} {code[3:]}")
        off = await again.post("/account/totp/off")

    assert '<svg viewBox="0 0 ' in shown.text
    assert (400, [WRONG_CODE]) == (wrong.status_code, said(wrong))
    assert secret in wrong.text
    assert ["Your authenticator app is set up. Its code is asked for from now on."] == said(on)
    assert ("/sign-in/challenge", "/sign-in") == (asked.url.path, early.url.path)
    assert (400, [WRONG_CODE]) == (mistyped.status_code, said(mistyped))
    assert "A code of your authenticator app is asked for" in account.text
    assert ["Your authenticator app is not asked for any more."] == said(off)


@pytest.mark.slow
async def test_a_temporary_password(local: Local, address: str) -> None:
    """Who was invited with a temporary password chooses another one, and is signed in."""
    server = local.server
    with Client(server.region, credentials=server.credentials, endpoint_url=server.endpoint_url) as client:
        client.admin_create_user(
            user_pool_id=local.settings.app.user_pool_id,
            username=address,
            temporary_password=PASSWORD,
            message_action="SUPPRESS",
        )
    async with opened(local.settings) as visitor:
        invited = visitor()
        asked = await invited.post("/sign-in", email=address, password=PASSWORD)
        account = await invited.post("/sign-in/challenge", new_password=NEW_PASSWORD)
    assert ("Choose a password", "Your account") == (heading(asked), heading(account))


@pytest.mark.slow
async def test_a_forgotten_password(local: Local, address: str) -> None:
    """A code by mail sets another password, which signs in, and the old one doesn't any more."""
    async with opened(local.settings) as visitor:
        mary = visitor()
        await sign_up(local, mary, address)
        await mary.post("/password/forgot", email=address)
        changed = await mary.post("/password/reset", code=local.code_sent_to(address), new_password=NEW_PASSWORD)
        old = await mary.post("/sign-in", email=address, password=PASSWORD)
        new = await mary.post("/sign-in", email=address, password=NEW_PASSWORD)
    assert ["Your password is changed. Sign in with it now."] == said(changed)
    assert (401, ["The address or the password is wrong."]) == (old.status_code, said(old))
    assert "Your account" == heading(new)


@pytest.mark.slow
async def test_pages_for_who_is_signed_in(local: Local, address: str) -> None:
    """Without a session, or with a cookie that is forged, changed or of another purpose, a page asks to sign in."""
    async with opened(local.settings) as visitor:
        mary, stranger = visitor(), visitor()
        await signed_in(local, mary, address)
        await stranger.post("/password/forgot", email=address)
        pending, session = stranger.http.cookies["pending"], mary.http.cookies["session"]
        pages = [
            await visitor().get("/account", cookie=f"session={value}")
            for value in ("", "forged", pending, f"{session[:-8]}AAAAAAA=")
        ]
        good = await visitor().get("/account", cookie=f"session={session}")
    assert ["Sign in"] * 4 == [heading(page) for page in pages]
    assert "Your account" == heading(good)


@pytest.mark.slow
async def test_the_api(local: Local, address: str) -> None:
    """The API takes a verified access token, whatever cookies say, and nothing else."""
    store = RecordingStore()
    async with opened(local.settings, store=store) as visitor:
        mary = visitor()
        await signed_in(local, mary, address)
        [tokens] = store.added
        good = await visitor().get("/api/me", authorization=f"Bearer {tokens.access_token}")
        bad = [
            await mary.get("/api/me", **headers)
            for headers in (
                {},
                {"authorization": "Basic bWFyeTpzZWNyZXQ="},
                {"authorization": f"Bearer {tokens.id_token}"},
                {"authorization": f"Bearer {tokens.access_token[:-4]}AAAA"},
            )
        ]
    assert 200 == good.status_code
    assert {"sub", "username", "groups", "scope", "expires"} == set(good.json())
    assert ["aws.cognito.signin.user.admin"] == good.json()["scope"]
    assert [401] * 4 == [answer.status_code for answer in bad]
    for answer in bad[:2]:
        assert {"error": "A bearer token is needed."} == answer.json()
        assert 'Bearer realm="api"' == answer.headers["www-authenticate"]
    for answer in bad[2:]:
        assert {"error": "The token is not valid."} == answer.json()
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert "no-store" == answer.headers["cache-control"]


@pytest.mark.slow
async def test_tokens_are_refreshed(local: Local, address: str) -> None:
    """An access token that is near its end is replaced before a page is shown, and the new tokens are stored."""
    store = RecordingStore()
    async with opened(local.settings, store=store) as visitor:
        mary = visitor()
        await signed_in(local, mary, address)
        cookie = mary.http.cookies["session"]
        assert [] == store.replaced
    # Its access token lasts an hour; now it is as if that were over.
    [session_id], [first] = store._entries, store.added
    old = attrs.evolve(first, expires_at=datetime.now(UTC) + timedelta(seconds=30))
    await MemoryStore.replace(store, session_id, old)
    async with opened(local.settings, store=store) as visitor:
        page = await visitor().get("/account", cookie=f"session={cookie}")
    assert "Your account" == heading(page)
    [new] = store.replaced
    assert store.added[0].access_token != new.access_token
    assert store.added[0].refresh_token == new.refresh_token


@pytest.mark.slow
async def test_signing_out(local: Local, address: str) -> None:
    """A sign-out ends the session for whoever kept its cookie, and has the refresh token revoked."""
    store = RecordingStore()
    async with opened(local.settings, store=store) as visitor:
        mary = visitor()
        await signed_in(local, mary, address)
        cookie = mary.http.cookies["session"]
        left = await mary.post("/sign-out")
        replayed = await visitor().get("/account", cookie=f"session={cookie}")
        nobody = await visitor().post("/sign-out")
    assert ["You are signed out."] == said(left) == said(nobody)
    assert "session" not in mary.http.cookies
    assert ["Your session has ended. Sign in again."] == said(replayed)
    app = local.settings.app
    with (
        Client(app.region, endpoint_url=local.settings.endpoint_url) as client,
        pytest.raises(NotAuthorizedException, match="revoked"),
    ):
        client.get_tokens_from_refresh_token(
            client_id=app.client_id, client_secret=app.client_secret, refresh_token=store.added[0].refresh_token or ""
        )


@pytest.mark.slow
async def test_signing_out_everywhere(local: Local, address: str) -> None:
    """A sign-out on all devices ends the sessions of the other browsers, too."""
    async with opened(local.settings) as visitor:
        phone, desk = visitor(), visitor()
        await signed_in(local, phone, address)
        await desk.post("/sign-in", email=address, password=PASSWORD)
        before = await desk.get("/account")
        left = await phone.post("/sign-out-everywhere")
        after = await desk.get("/account")
    assert "Your account" == heading(before)
    assert ["You are signed out on all devices."] == said(left)
    assert ["Your session has ended. Sign in again."] == said(after)


@pytest.mark.slow
async def test_another_sign_in_begins_another_session(local: Local, address: str) -> None:
    """A sign-in ends the session that the browser had, whose cookie is worth nothing then."""
    async with opened(local.settings) as visitor:
        mary = visitor()
        await signed_in(local, mary, address)
        first = mary.http.cookies["session"]
        await mary.post("/sign-in", email=address, password=PASSWORD)
        replayed = await visitor().get("/account", cookie=f"session={first}")
        account = await mary.get("/account")
    assert ("Sign in", "Your account") == (heading(replayed), heading(account))


@pytest.mark.slow
async def test_no_secret_leaves_the_server(local: Local, address: str) -> None:
    """Neither pages nor headers hold a token, a password, the app client's secret, or the key of an unasked-for app."""
    store = RecordingStore()
    async with opened(local.settings, store=store) as visitor:
        mary = visitor()
        seen = [await signed_in(local, mary, address)]
        secret = await set_up_totp(mary)
        seen.append(await mary.get("/account"))
        again = visitor()
        seen.append(await again.post("/sign-in", email=address, password=PASSWORD))
        seen.append(await again.post("/sign-in/challenge", code=totp(secret, time.time())))
    text = "".join(f"{each.url}{each.headers}{each.text}" for page in seen for each in (page, *page.history))
    every = [getattr(tokens, name) for tokens in store.added for name in ("access_token", "id_token", "refresh_token")]
    assert 6 == len(every)
    for hidden in (*every, PASSWORD, secret, local.settings.app.client_secret):
        assert hidden
        assert hidden not in text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": ORIGIN}, 401),
        ({"sec-fetch-site": "same-origin"}, 401),
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": f"{ORIGIN}.evil.example", "sec-fetch-site": "same-origin"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
    ids=str,
)
async def test_forms_of_other_sites(local: Local, headers: dict[str, str], status: int) -> None:
    """A form post is taken from the app's own pages alone."""
    async with opened(local.settings) as visitor:
        form = {"email": "nobody@example.com", "password": PASSWORD}
        answer = await visitor().http.post("/sign-in", data=form, headers=headers)
    assert status == answer.status_code


@pytest.mark.slow
async def test_every_answer_is_guarded(local: Local) -> None:
    """Pages, errors and refusals forbid scripts, frames and caches; files may be cached."""
    async with opened(local.settings) as visitor:
        anybody: Visitor = visitor()
        answers = [await anybody.get(path) for path in ("/sign-in", "/nowhere", "/api/me")]
        answers.append(await anybody.http.post("/sign-in"))
        style = await anybody.get("/static/style.css")
    assert [200, 404, 401, 403] == [answer.status_code for answer in answers]
    for answer in (*answers, style):
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "nosniff" == answer.headers["x-content-type-options"]
    assert {"no-store"} == {answer.headers["cache-control"] for answer in answers}
    assert "cache-control" not in style.headers


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/account", 405)])
async def test_addresses_that_are_wrong(local: Local, method: str, path: str, status: int) -> None:
    """A page that does not exist is said to be missing once, in words of its own below the heading."""
    async with opened(local.settings) as visitor:
        page = await visitor().http.request(method, path, headers={"origin": local.settings.origin})
    assert status == page.status_code
    assert 1 == page.text.count(f"<h1>{HTTPStatus(status).phrase}</h1>")
    assert [] == [text for text in said(page) if text == HTTPStatus(status).phrase]
    assert 1 == len(said(page))


async def test_an_incomplete_form(local: Local) -> None:
    """A form that lacks a field is refused without repeating what was typed in."""
    async with opened(local.settings) as visitor:
        answer = await visitor().post("/sign-in", password=PASSWORD)
    assert (422, ["The form was not filled in completely."]) == (answer.status_code, said(answer))
    assert PASSWORD not in answer.text


async def test_a_form_that_is_too_large(local: Local) -> None:
    """A form of more than 64 KB is refused before it is read, whoever sends it."""
    async with opened(local.settings) as visitor:
        page = await visitor().post("/sign-in", email="a" * 70_000, password="x")
    assert 413 == page.status_code


async def test_what_is_typed_in_is_escaped(local: Local) -> None:
    """Markup that is typed in, or put in an address, comes back as text or not at all."""
    evil = '"><script>alert(1)</script>'
    async with opened(local.settings) as visitor:
        typed = await visitor().post("/sign-in", email=evil, password="x")
        linked = await visitor().http.get("/sign-in", params={"notice": evil})
        missing = await visitor().http.get(f"/{evil}")
    for page in (typed, linked, missing):
        assert "<script" not in page.text
    assert "&lt;script&gt;" in typed.text


@pytest.mark.slow
async def test_steps_that_nobody_began(local: Local) -> None:
    """A step whose cookie is missing leads back to the first one."""
    async with opened(local.settings) as visitor:
        paths: dict[str, dict[str, Any]] = {
            "/sign-up/confirm": {"code": "123456"},
            "/sign-up/resend": {},
            "/password/reset": {"code": "123456", "new_password": NEW_PASSWORD},
            "/sign-in/challenge": {"code": "123456"},
        }
        posted = [(await visitor().post(path, **form)).url.path for path, form in paths.items()]
        opened_pages = [(await visitor().get(path)).url.path for path in paths if path != "/sign-up/resend"]
    assert ["/sign-up", "/sign-up", "/password/forgot", "/sign-in"] == posted
    assert ["/sign-up", "/password/forgot", "/sign-in"] == opened_pages
