"""A session's access token on a program's own httpx requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from cognito_idp import ConfigError, SessionEndedError
from tests.sign_in.fake_accounts import RefusedError

from .session_party import LIFETIME, REFRESH, SessionParty, session_party

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.kit import Kit

    Respond = Callable[[httpx.Request], httpx.Response]


def get(party: SessionParty, respond: Respond, *urls: str, **settings: Any) -> None:
    """Get some addresses with the session's `auth`, over httpx's client of the session's kind."""
    transport = httpx.MockTransport(respond)
    if party.kit.kind == "sync":
        with httpx.Client(transport=transport, auth=party.session.auth, **settings) as client:
            for url in urls:
                client.get(url)
        return

    async def get_all() -> None:
        async with httpx.AsyncClient(transport=transport, auth=party.session.auth, **settings) as async_client:
            for url in urls:
                await async_client.get(url)

    party.kit.run(get_all)


def test_every_request_has_a_fresh_token(kit: Kit) -> None:
    """The token is on each request, replaced when it is time, and takes the place of what stood there."""
    party = session_party(kit)
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        party.clock.set(LIFETIME)
        return httpx.Response(200)

    url = "https://api.example.com/"
    get(party, respond, url, url, url, headers={"authorization": "Basic bWFyeTpwYXNzd29yZA=="})
    fresh = party.session.tokens.access_token
    assert [f"Bearer {token}" for token in (party.first.access_token, fresh, fresh)] == seen
    assert [REFRESH] == party.fake.operations


def test_another_host_does_not_get_the_token(kit: Kit) -> None:
    """A redirect to another host goes there without the token."""
    party = session_party(kit)
    seen: dict[str, str | None] = {}

    def respond(request: httpx.Request) -> httpx.Response:
        seen[request.url.host] = request.headers.get("authorization")
        if request.url.host == "api.example.com":
            return httpx.Response(302, headers={"location": "https://elsewhere.example.com/"})
        return httpx.Response(200)

    get(party, respond, "https://api.example.com/", follow_redirects=True)
    assert {"api.example.com": f"Bearer {party.first.access_token}", "elsewhere.example.com": None} == seen


@pytest.mark.parametrize("url", ["http://api.example.com/", "http://127.0.0.1.example.com/", "http://10.0.0.1/"])
def test_no_token_unencrypted(kit: Kit, url: str) -> None:
    """Nothing is sent over plain http, where anyone on the way could read the token."""
    party = session_party(kit)
    with pytest.raises(ConfigError, match=r"an access token is not sent to '.*' over plain http"):
        get(party, lambda _: pytest.fail("a request was sent"), url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://localhost/", "https://api.example.com/"])
def test_a_token_stays_on_the_machine_or_is_encrypted(kit: Kit, url: str) -> None:
    """Plain http is good enough for a server on this machine."""
    party = session_party(kit)
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    get(party, respond, url)
    assert [f"Bearer {party.first.access_token}"] == [request.headers["authorization"] for request in seen]


def test_a_session_that_has_ended_sends_nothing(kit: Kit) -> None:
    """Without a token there is no request."""
    party = session_party(kit)
    party.clock.set(LIFETIME)
    party.fake.scripted[REFRESH] = [RefusedError("NotAuthorizedException", "Refresh Token has been revoked")]
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    with pytest.raises(SessionEndedError):
        get(party, respond, "https://api.example.com/")
    assert [] == seen


def test_the_wrong_kind_of_client_is_refused(kit: Kit) -> None:
    """A sync session's auth on an async client, or the other way round, sends nothing rather than no token."""
    party = session_party(kit)
    transport = httpx.MockTransport(lambda _: pytest.fail("a request was sent"))

    async def get_async() -> None:
        async with httpx.AsyncClient(transport=transport, auth=party.session.auth) as client:
            await client.get("https://api.example.com/")

    if party.kit.kind == "sync":
        with pytest.raises(TypeError, match=r"a UserSession's auth is for httpx.Client"):
            anyio.run(get_async)
        return
    with (
        httpx.Client(transport=transport, auth=party.session.auth) as client,
        pytest.raises(TypeError, match=r"an AsyncUserSession's auth is for httpx.AsyncClient"),
    ):
        client.get("https://api.example.com/")
