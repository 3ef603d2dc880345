"""Sessions that refresh, and sign out, at the token endpoint of the pool's domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import AppClient, AsyncUserSession, ConfigError, SessionEndedError, TokenEndpoint, Tokens, UserSession

from .support import DOMAIN, HOST, SECRET_APP, basic_of, domain, form_of, login_of, refusal

if TYPE_CHECKING:
    from tests.support.kit import Kit

    from .support import Domain

OLD = Tokens(access_token="old", id_token="old id", refresh_token="the-refresh-token")
NEW = {"access_token": "new", "id_token": "new id", "token_type": "Bearer", "expires_in": 3600}


def session_of(kit: Kit, party: Domain, refresh_with: Any, app: AppClient = SECRET_APP) -> Any:
    """Make a session of the old tokens."""
    cls = UserSession if kit.kind == "sync" else AsyncUserSession
    return cls(party.client, app, OLD, refresh_with=refresh_with)


@pytest.mark.parametrize("refresh_with", [login_of(), TokenEndpoint(SECRET_APP, domain=DOMAIN)])
def test_a_refresh_at_the_domain(kit: Kit, refresh_with: Any) -> None:
    """The refresh token goes to the token endpoint with the proof of the app client, and a rotated one is kept."""
    party = domain(kit, NEW, {**NEW, "refresh_token": "rotated"})
    session = session_of(kit, party, refresh_with)
    refreshed = kit.run(session.refresh)
    assert ("new", "new id", "the-refresh-token") == (
        refreshed.access_token,
        refreshed.id_token,
        refreshed.refresh_token,
    )
    assert "rotated" == kit.run(session.refresh).refresh_token
    request, _ = party.requests
    assert f"https://{HOST}/oauth2/token" == str(request.url)
    assert {"grant_type": "refresh_token", "refresh_token": "the-refresh-token"} == form_of(request)
    assert (SECRET_APP.client_id, SECRET_APP.client_secret) == basic_of(request)


def test_a_session_that_ended(kit: Kit) -> None:
    """A refresh token that the domain no longer takes ends the session; another refusal doesn't."""
    party = domain(kit, refusal("invalid_client", 401), refusal("invalid_grant"))
    session = session_of(kit, party, login_of())
    with pytest.raises(Exception, match="invalid_client"):
        kit.run(session.refresh)
    for _ in range(2):
        with pytest.raises(SessionEndedError, match="invalid_grant"):
            kit.run(session.refresh)
    assert 2 == len(party.requests)


def test_signing_out(kit: Kit) -> None:
    """The refresh token is revoked where it is refreshed, and the session is over."""
    party = domain(kit, httpx.Response(200))
    session = session_of(kit, party, login_of())
    kit.run(session.sign_out)
    (request,) = party.requests
    assert f"https://{HOST}/oauth2/revoke" == str(request.url)
    assert {"token": "the-refresh-token"} == form_of(request)
    with pytest.raises(SessionEndedError):
        kit.run(session.access_token)


def test_the_clients_methods(kit: Kit) -> None:
    """`user_info` and `revoke_login` of a client ask the login's domain."""
    login = login_of()
    party = domain(kit, {"sub": "1"})
    assert {"sub": "1"} == kit.run(party.client.user_info, login, access_token="the-access-token")
    kit.run(party.client.revoke_login, login, refresh_token="the-refresh-token")
    assert ["/oauth2/userInfo", "/oauth2/revoke"] == [each.url.path for each in party.requests]
    for method, argument in (("user_info", "access_token"), ("revoke_login", "refresh_token")):
        with pytest.raises(ConfigError, match=f"{argument}= takes a string, not int"):
            kit.run(getattr(party.client, method), login, **{argument: 7})
        with pytest.raises(ConfigError, match="login= takes a ManagedLogin, not str"):
            kit.run(getattr(party.client, method), "login", **{argument: "t"})


def test_a_login_of_another_app_client(kit: Kit) -> None:
    """A session and its login have one app client, and something else refreshes nothing."""
    party = domain(kit, NEW)
    with pytest.raises(ConfigError, match="refresh_with= has another AppClient than app="):
        session_of(kit, party, login_of(), AppClient(SECRET_APP.user_pool_id, "another"))
    with pytest.raises(ConfigError, match="refresh_with= takes a TokenEndpoint or a ManagedLogin, not int"):
        session_of(kit, party, 7)
