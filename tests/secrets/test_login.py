"""Managed login: codes, verifiers, states, client secrets and tokens show nowhere, whatever becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import AppClient, AsyncUserSession, ManagedLogin, Tokens, UserSession, pending_from_state
from cognito_idp.errors import CognitoIdpError
from cognito_idp.tokens.token_endpoint import basic
from tests.login.support import POOL, REDIRECT_URI, callback, issuer, tokens
from tests.support.kit import FakeTime

from .conftest import MARKS
from .test_live import looking

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp import PendingLogin
    from tests.support.kit import Kit

    from .search import Search


def _raised(error: Exception) -> httpx.Response:
    raise error


# What the domain does, with a text that repeats what was sent.
WAYS: dict[str, Callable[[dict[str, Any], str], httpx.Response]] = {
    "success": lambda answer, _: httpx.Response(200, json={**answer, "sub": "1"}),
    "another nonce": lambda answer, _: httpx.Response(200, json={**answer, "id_token": issuer().id_token("mary")}),
    "no token": lambda answer, _: httpx.Response(200, json={**answer, "id_token": "token"}),
    "refusal": lambda _, said: httpx.Response(400, json={"error": "invalid_grant", "error_description": said}),
    "odd code": lambda _, said: httpx.Response(400, json={"error": said.replace(" ", "-")[:80]}),
    "page": lambda _, said: httpx.Response(502, html=f"<html>{said}</html>"),
    "cut off": lambda answer, _: httpx.Response(200, text=str(answer)[:-1]),
    "redirect": lambda _, said: httpx.Response(302, headers={"location": f"https://evil.example/?{said[:40]}"}),
    "broken": lambda *_: _raised(httpx.ReadError("broken")),
    "not connected": lambda *_: _raised(httpx.ConnectError("refused")),
}


def marked_login(search: Search) -> tuple[ManagedLogin, PendingLogin]:
    """Return a login all of whose secrets are searched for."""
    app = AppClient(POOL, "1example23456789", MARKS(24))
    settings: Any = {"domain": "my-app", "redirect_uri": REDIRECT_URI, "verifier": issuer().verifier(token_use="id")}
    login = ManagedLogin(app, **settings)
    pending = login.begin()
    search.also(pending.state, pending.nonce, pending.code_verifier, pending.to_state(), pending.url)
    search.also(basic(app.client_id, app.client_secret or "").removeprefix("Basic "))
    return login, pending


@pytest.mark.parametrize("way", list(WAYS))
def test_a_login(kit: Kit, search: Search, way: str) -> None:
    """Neither a user's function below, nor an error, a value or a log shows a secret of a login."""
    login, pending = marked_login(search)
    code, refresh_token, access_token = MARKS(20), MARKS(30), MARKS(40)
    answer = tokens(pending, refresh_token=refresh_token, access_token=access_token)
    search.also(answer["id_token"])
    said = f"{code} {pending.code_verifier} {login.app.client_secret} {refresh_token} {access_token}"
    client = kit.client(**looking(search, lambda _: WAYS[way](answer, said), way), time=FakeTime())
    session_class: Any = UserSession if kit.kind == "sync" else AsyncUserSession
    session = session_class(
        client, login.app, Tokens(access_token=access_token, refresh_token=refresh_token), refresh_with=login
    )
    for function, arguments, named in (
        (client.complete_login, (login, pending, callback(pending, code=code)), {}),
        (client.user_info, (login,), {"access_token": access_token}),
        (client.revoke_login, (login,), {"refresh_token": refresh_token}),
        (session.refresh, (), {}),
        (session.sign_out, (), {}),
    ):
        try:
            outcome = kit.run(function, *arguments, **named)
        except CognitoIdpError as error:
            search.error(error, way)
        else:
            # What userInfo answers is the user's to see.
            search.value(outcome if function != client.user_info else None, way)
    for shown in (login, pending, client, session, login.endpoint):
        search.value(shown, way)
    kit.close(client)
    assert search.live_frames > 10


@pytest.mark.parametrize(
    "changes", [{"state": "x"}, {"iss": "x"}, {"error": "access_denied"}, {"code": "\n"}, {"code": "a", "a": "#"}]
)
def test_a_refused_callback(sync_kit: Kit, search: Search, changes: dict[str, str]) -> None:
    """The error of a callback that is refused shows neither the callback's secrets nor the login's."""
    login, pending = marked_login(search)
    url = callback(pending, **{"code": MARKS(20), **changes})
    if "a" in changes:
        url = f"{url}#{MARKS()}"
    with pytest.raises(CognitoIdpError) as refused:
        sync_kit.client(respond=lambda _: httpx.Response(500)).complete_login(login, pending, url)
    search.error(refused.value)


def test_a_callback_that_is_no_url(sync_kit: Kit, search: Search) -> None:
    """What can't even be read as a URL isn't quoted, nor kept by an error of Python's."""
    login, pending = marked_login(search)
    client = sync_kit.client(respond=lambda _: httpx.Response(500))
    for url in (f"https://[{MARKS()}/signed-in?code={MARKS()}", f"/signed-in?code={MARKS()}&x=%ff", MARKS(20_000)):
        with pytest.raises(CognitoIdpError) as refused:
            client.complete_login(login, pending, url)
        search.error(refused.value)


def test_a_stored_login_that_is_none(search: Search) -> None:
    """A text in place of a stored login isn't shown."""
    _, pending = marked_login(search)
    for text in (MARKS(), f"c1.{MARKS(40)}", pending.to_state()[:-3]):
        with pytest.raises(CognitoIdpError) as refused:
            pending_from_state(text)
        search.error(refused.value)
