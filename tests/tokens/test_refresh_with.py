"""Sessions that refresh by REFRESH_TOKEN_AUTH, for servers that lack GetTokensFromRefreshToken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import AsyncUserSession, AuthFlowType, Client, ConfigError, Device, SessionEndedError, UserSession
from tests.integration.ministack import Recording, add_user, given, new_pool, settings, sign_in
from tests.sign_in.fake_accounts import RefusedError
from tests.sign_in.party import PUBLIC_APP, SECRET_APP

from .session_party import LIFETIME, hook_of, session_party

if TYPE_CHECKING:
    from cognito_idp import AppClient, Tokens
    from cognito_idp.testing import CognitoServer
    from tests.support.kit import Kit

FLOW: Any = "REFRESH_TOKEN_AUTH"
DEVICE = Device(key="us-east-1_device", group_key="group", password="secret")
NEW = {"AuthenticationResult": {"AccessToken": "new", "IdToken": "new id", "ExpiresIn": 3600}}


@pytest.mark.parametrize(
    ("app", "username", "device", "expected"),
    [
        (PUBLIC_APP, None, None, {}),
        (PUBLIC_APP, "mary", None, {"USERNAME": "mary"}),
        (PUBLIC_APP, None, DEVICE, {"DEVICE_KEY": DEVICE.key}),
        (SECRET_APP, "mary", DEVICE, {"USERNAME": "mary", "DEVICE_KEY": DEVICE.key, **SECRET_APP.hash_for("mary")}),
    ],
)
def test_what_is_sent(
    kit: Kit, app: AppClient, username: str | None, device: Device | None, expected: dict[str, str]
) -> None:
    """The refresh token goes to InitiateAuth, with the secret hash and the device's key where there are any."""
    party = session_party(kit, app=app, refresh_with=FLOW, username=username, device=device)
    party.fake.scripted["InitiateAuth"] = [NEW]
    assert "new" == party.refresh().access_token
    (operation, body), *rest = party.fake.sent
    assert [] == rest
    assert "InitiateAuth" == operation
    assert {
        "ClientId": app.client_id,
        "AuthFlow": FLOW,
        "AuthParameters": {"REFRESH_TOKEN": party.first.refresh_token, **expected},
    } == body


def test_the_flow_may_be_the_enums(kit: Kit) -> None:
    """A member of `AuthFlowType` does as well as its text."""
    party = session_party(kit, refresh_with=AuthFlowType.REFRESH_TOKEN_AUTH)
    party.fake.scripted["InitiateAuth"] = [NEW]
    assert "new" == party.refresh().access_token


def test_the_new_tokens_are_kept(kit: Kit) -> None:
    """The refresh token stays where none comes, a new one is kept, and `on_tokens` gets both sets."""
    told: list[Tokens] = []
    party = session_party(kit, refresh_with=FLOW, on_tokens=hook_of(kit, told.append))
    rotated = {"AuthenticationResult": {**NEW["AuthenticationResult"], "RefreshToken": "rotated"}}
    party.fake.scripted["InitiateAuth"] = [NEW, rotated]
    assert party.first.refresh_token == party.refresh().refresh_token
    party.clock.set(LIFETIME * 2)
    assert "new" == party.access_token()
    assert ["rotated", party.first.refresh_token] == [told[1].refresh_token, told[0].refresh_token]


def test_an_ended_session(kit: Kit) -> None:
    """A refresh token that the server no longer takes ends the session."""
    party = session_party(kit, refresh_with=FLOW)
    party.fake.scripted["InitiateAuth"] = [RefusedError("NotAuthorizedException", "Refresh Token has expired")]
    for _ in range(2):
        with pytest.raises(SessionEndedError, match="NotAuthorizedException"):
            party.refresh()
    assert 1 == len(party.fake.sent)


@pytest.mark.parametrize(
    ("app", "arguments", "message"),
    [
        (PUBLIC_APP, {"refresh_with": "USER_SRP_AUTH"}, "refresh_with='USER_SRP_AUTH' must be"),
        (PUBLIC_APP, {"refresh_with": None}, "refresh_with=None must be"),
        (SECRET_APP, {"refresh_with": FLOW}, "needs username= with an app client that has a secret"),
        (SECRET_APP, {"refresh_with": FLOW, "username": ""}, "needs username= with an app client that has a secret"),
    ],
)
def test_settings_that_can_not_work(kit: Kit, app: AppClient, arguments: dict[str, Any], message: str) -> None:
    """What can't refresh is refused when the session is made."""
    with pytest.raises(ConfigError, match=message):
        session_party(kit, app=app, **arguments)


def test_against_a_server(kit: Kit, cognito_server: CognitoServer) -> None:
    """A local server refreshes a session by the flow, and the operation isn't called."""
    recording = Recording()
    with (
        Client(**settings(cognito_server)) as client,
        new_pool(client) as pool,
        Client(**settings(cognito_server), transport=recording) as recorded,
    ):
        add_user(client, pool, "mary", email="mary@example.com")
        result = sign_in(client, pool)
        from cognito_idp import AppClient, Tokens

        app = AppClient(pool.id, pool.client_id)
        first = Tokens(access_token=given(result.access_token), refresh_token=result.refresh_token)
        if kit.kind == "sync":
            new = UserSession(recorded, app, first, refresh_with=FLOW).refresh()
            assert {"InitiateAuth"} == recording.succeeded
        else:
            other = kit.client(**settings(cognito_server))
            new = kit.run(AsyncUserSession(other, app, first, refresh_with=FLOW).refresh)
            kit.close(other)
    assert first.access_token != new.access_token
    assert first.refresh_token == new.refresh_token
