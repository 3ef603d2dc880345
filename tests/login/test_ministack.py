"""Managed login against ministack, which serves the pages, the token endpoint, userInfo and logout."""

from __future__ import annotations

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
from tests.integration.ministack import add_user, given, new_pool, settings

from .support import visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp.testing import CognitoServer
    from tests.support.kit import Kit

REDIRECT_URI = "https://app.example.com/signed-in"
SCOPES = ("openid", "email", "aws.cognito.signin.user.admin")


@pytest.fixture(scope="module", params=[True, False], ids=["secret", "public"])
def login(cognito_server: CognitoServer, request: pytest.FixtureRequest) -> Iterator[ManagedLogin]:
    """A pool with a user, and an app client that allows managed login, with a secret and without."""
    with cognito_server.client() as client, new_pool(client) as pool:
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
            yield login


@pytest.fixture
def client(kit: Kit, cognito_server: CognitoServer) -> Any:
    """A client of the server."""
    return kit.client(**settings(cognito_server))


@pytest.mark.slow
def test_a_whole_login(kit: Kit, client: Any, login: ManagedLogin) -> None:
    """A person signs in on the pages; the code, userInfo, a refresh at the domain and one by the API work."""
    pending = login.begin()
    url = visit(pending.url)
    tokens = kit.run(client.complete_login, login, pending, url).tokens
    assert "mary@example.com" == kit.run(client.user_info, login, access_token=tokens.access_token)["email"]
    session_class: Any = UserSession if kit.kind == "sync" else AsyncUserSession
    for ways in ({"refresh_with": login}, {}):
        session = session_class(client, login.app, tokens, **ways)
        refreshed = kit.run(session.refresh)
        assert tokens.access_token != refreshed.access_token
        assert "mary" == kit.run(client.get_user, access_token=refreshed.access_token).username


def test_a_code_works_once(kit: Kit, client: Any, login: ManagedLogin) -> None:
    """The second exchange of a code is refused."""
    pending = login.begin()
    url = visit(pending.url)
    kit.run(client.complete_login, login, pending, url)
    with pytest.raises(InvalidGrantError):
        kit.run(client.complete_login, login, pending, url)


def test_a_code_belongs_to_its_verifier(kit: Kit, client: Any, login: ManagedLogin) -> None:
    """Whoever has a code and its state, but not the verifier, gets no tokens for it."""
    pending = login.begin()
    stolen = attrs.evolve(pending, code_verifier=login.begin().code_verifier)
    with pytest.raises(InvalidGrantError, match="PKCE"):
        kit.run(client.complete_login, login, stolen, visit(pending.url))


def test_a_scope_that_the_app_client_may_not_have(kit: Kit, client: Any, login: ManagedLogin) -> None:
    """The pages' refusal comes back in the callback."""
    pending = login.begin(scopes="openid phone")
    url = httpx.get(pending.url, trust_env=False).headers["location"]
    with pytest.raises(LoginRefusedError, match="invalid_request: invalid_scope"):
        kit.run(client.complete_login, login, pending, url)


def test_user_info_of_no_token(kit: Kit, client: Any, login: ManagedLogin) -> None:
    """A token that isn't one is refused with the code of RFC 6750."""
    with pytest.raises(InvalidTokenError):
        kit.run(client.user_info, login, access_token="not-a-token")


def test_logging_out(login: ManagedLogin) -> None:
    """The logout page sends the browser to the sign-out page."""
    answer = httpx.get(login.logout_url("https://app.example.com/bye"), trust_env=False)
    assert (302, "https://app.example.com/bye") == (answer.status_code, answer.headers["location"])
