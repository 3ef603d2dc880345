"""The example app's managed login, over ministack's pages."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

import attrs
import pytest
from examples.fastapi_app.local import Local, local_cognito

from cognito_idp.testing import ServerNotInstalledError
from tests.login.support import visit

from .fastapi_visitor import PASSWORD, Visitor, heading, opened, said

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

ORIGIN = "http://127.0.0.1:8000"
LINK = '<a href="/sign-in/managed">Continue with managed login</a>'


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


async def sign_up(local: Local, visitor: Visitor) -> str:
    """Make an account, and return its address."""
    address = f"{secrets.token_hex(8)}@example.com"
    await visitor.post("/sign-up", email=address, new_password=PASSWORD)
    await visitor.post("/sign-up/confirm", code=local.code_sent_to(address))
    return address


async def begin(visitor: Visitor) -> str:
    """Follow the link, and return where the app sends the browser."""
    answer = await visitor.http.get("/sign-in/managed", follow_redirects=False)
    assert HTTPStatus.SEE_OTHER == answer.status_code
    return answer.headers["location"]


@pytest.mark.slow
async def test_signing_in_on_the_pages_of_the_domain(local: Local) -> None:
    """Who follows the link and signs in on the pages comes back to the account, and can sign out; once only."""
    async with opened(local.settings) as visitor:
        mary = visitor()
        address = await sign_up(local, mary)
        assert LINK in (await mary.get("/sign-in")).text
        callback = visit(await begin(mary), address)
        account = await mary.get(callback)
        again = await visitor().get(callback)
        left = await mary.post("/sign-out")
    assert ("Your account", "/account") == (heading(account), account.url.path)
    assert f'<dd id="email">{address}</dd>' in account.text
    assert ("/sign-in", ["This sign-in took too long, or was tried too often. Begin again."]) == (
        again.url.path,
        said(again),
    )
    assert ["You are signed out."] == said(left)


async def test_another_browser_can_not_take_the_callback(local: Local) -> None:
    """A callback that another browser began is refused, and leaves no session."""
    async with opened(local.settings) as visitor:
        mary, mallory = visitor(), visitor()
        address = await sign_up(local, mallory)
        lure = visit(await begin(mallory), address)
        await begin(mary)
        refused = await mary.get(lure)
        account = await mary.get("/account")
    assert (400, ["This sign-in can't go on. Begin again."]) == (refused.status_code, said(refused))
    assert LINK in refused.text
    assert "/sign-in" == account.url.path


async def test_the_pages_may_refuse(local: Local) -> None:
    """An error in the callback is said on the sign-in page."""
    async with opened(local.settings) as visitor:
        mary = visitor()
        url = await begin(mary)
        state = url.partition("state=")[2].partition("&")[0]
        refused = await mary.get(f"/sign-in/managed/callback?error=access_denied&state={state}")
    assert (401, ["The sign-in was refused, or given up."]) == (refused.status_code, said(refused))


@pytest.mark.slow
async def test_without_a_domain(local: Local) -> None:
    """An app whose settings name no domain offers no managed login."""
    async with opened(attrs.evolve(local.settings, domain=None)) as visitor:
        page = await visitor().get("/sign-in/managed")
        callback = await visitor().get("/sign-in/managed/callback?code=a&state=b")
    assert ("/sign-in", "/sign-in") == (page.url.path, callback.url.path)
    assert LINK not in page.text
