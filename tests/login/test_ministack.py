"""Managed login against ministack, which serves the pages, the token endpoint, userInfo and logout."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest

from cognito_idp import (
    AppClient,
    AsyncUserSession,
    InvalidGrantError,
    InvalidTokenError,
    LoginRefusedError,
    ManagedLogin,
    TokenVerifier,
    UserSession,
)
from tests.integration.ministack import PASSWORD, add_user, given, new_pool, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp import PendingLogin
    from cognito_idp.testing import CognitoServer
    from tests.support.kit import Kit

REDIRECT_URI = "https://app.example.com/signed-in"
SCOPES = ("openid", "email", "aws.cognito.signin.user.admin")


@attrs.frozen
class Pages:
    """A login at the server, and the browser that goes there."""

    login: ManagedLogin
    http: httpx.Client

    def sign_in(self, pending: PendingLogin) -> str:
        """Fill in the form, and return the callback URL."""
        page = self.http.get(pending.url)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        form = {name: html.unescape(text) for name, text in hidden.items()}
        answer = self.http.post(page.url.join("/login"), data={**form, "username": "mary", "password": PASSWORD})
        return answer.headers["location"]


@pytest.fixture(scope="module", params=[True, False], ids=["secret", "public"])
def pages(cognito_server: CognitoServer, request: pytest.FixtureRequest) -> Iterator[Pages]:
    """A pool with a user, and an app client that allows managed login, with a secret and without."""
    with cognito_server.client() as client, new_pool(client) as pool, httpx.Client(trust_env=False) as http:
        add_user(client, pool, email="mary@example.com")
        app = given(
            client.create_user_pool_client(
                user_pool_id=pool.id,
                client_name="web",
                generate_secret=request.param,
                explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
                allowed_oauth_flows=["code"],
                allowed_oauth_scopes=SCOPES,
                allowed_oauth_flows_user_pool_client=True,
                callback_urls=[REDIRECT_URI],
                logout_urls=["https://app.example.com/bye"],
            ).user_pool_client
        )
        with TokenVerifier(cognito_server.trusted_pool(pool.id), token_use="id") as verifier:
            login = ManagedLogin(
                AppClient(pool.id, given(app.client_id), app.client_secret),
                domain=cognito_server.endpoint_url,
                redirect_uri=REDIRECT_URI,
                scopes=SCOPES,
                verifier=verifier,
            )
            yield Pages(login, http)


@pytest.fixture
def client(kit: Kit, cognito_server: CognitoServer) -> Any:
    """A client of the server."""
    return kit.client(**settings(cognito_server))


def test_a_whole_login(kit: Kit, client: Any, pages: Pages) -> None:
    """A person signs in on the pages; the code, userInfo, a refresh at the domain and one by the API work."""
    login = pages.login
    pending = login.begin()
    url = pages.sign_in(pending)
    tokens = kit.run(client.complete_login, login, pending, url).tokens
    assert "mary@example.com" == kit.run(client.user_info, login, access_token=tokens.access_token)["email"]
    session_class: Any = UserSession if kit.kind == "sync" else AsyncUserSession
    for ways in ({"refresh_with": login}, {}):
        session = session_class(client, login.app, tokens, **ways)
        refreshed = kit.run(session.refresh)
        assert tokens.access_token != refreshed.access_token
        assert "mary" == kit.run(client.get_user, access_token=refreshed.access_token).username


def test_a_code_works_once(kit: Kit, client: Any, pages: Pages) -> None:
    """The second exchange of a code is refused."""
    pending = pages.login.begin()
    url = pages.sign_in(pending)
    kit.run(client.complete_login, pages.login, pending, url)
    with pytest.raises(InvalidGrantError):
        kit.run(client.complete_login, pages.login, pending, url)


def test_a_code_belongs_to_its_verifier(kit: Kit, client: Any, pages: Pages) -> None:
    """Whoever has a code and its state, but not the verifier, gets no tokens for it."""
    pending = pages.login.begin()
    stolen = attrs.evolve(pending, code_verifier=pages.login.begin().code_verifier)
    with pytest.raises(InvalidGrantError, match="PKCE"):
        kit.run(client.complete_login, pages.login, stolen, pages.sign_in(pending))


def test_a_scope_that_the_app_client_may_not_have(kit: Kit, client: Any, pages: Pages) -> None:
    """The pages' refusal comes back in the callback."""
    pending = pages.login.begin(scopes="openid phone")
    url = pages.http.get(pending.url).headers["location"]
    with pytest.raises(LoginRefusedError, match="invalid_request: invalid_scope"):
        kit.run(client.complete_login, pages.login, pending, url)


def test_user_info_of_no_token(kit: Kit, client: Any, pages: Pages) -> None:
    """A token that isn't one is refused with the code of RFC 6750."""
    with pytest.raises(InvalidTokenError):
        kit.run(client.user_info, pages.login, access_token="not-a-token")


def test_logging_out(pages: Pages) -> None:
    """The logout page sends the browser to the sign-out page."""
    answer = pages.http.get(pages.login.logout_url("https://app.example.com/bye"))
    assert (302, "https://app.example.com/bye") == (answer.status_code, answer.headers["location"])
