"""The sessions of machines show no token and no secret: not in frames at work, nor in what is left of a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import AppClient, AsyncMachineSession, MachineSession, TokenEndpoint
from cognito_idp.errors import CognitoIdpError

from .conftest import MARKS
from .test_live import looking

if TYPE_CHECKING:
    from tests.support.kit import Kit

    from .search import Search

APP = AppClient("us-east-1_EXAMPLE", "1example23456789", MARKS(40))
DOMAIN = "https://auth.example.com"
OWN = {"ClientAuthenticationResult": {"AccessToken": MARKS(60), "TokenType": "Bearer", "ExpiresIn": 0}}
DERIVED = {"IssuedToken": MARKS(60), "IssuedTokenType": "ACCESS_TOKEN", "TokenType": "Bearer", "ExpiresIn": 0}
GRANTED = {"access_token": MARKS(60), "token_type": "Bearer", "expires_in": 0}


def respond(request: httpx.Request) -> httpx.Response:
    """Issue a token that has ended when it comes, so that each call asks for another one."""
    operation = request.headers.get("x-amz-target", "")
    members: Any = OWN if operation.endswith("GetClientToken") else DERIVED if operation else GRANTED
    return httpx.Response(200, json=members)


def refuse(_: httpx.Request) -> httpx.Response:
    """Refuse, in the form of either service."""
    return httpx.Response(400, json={"__type": "NotAuthorizedException", "message": "no", "error": "invalid_client"})


def fail(_: httpx.Request) -> httpx.Response:
    """Don't answer."""
    msg = "broken"
    raise httpx.ReadError(msg)


ANSWERS = {
    "good": respond,
    "refused": refuse,
    "broken": fail,
    "no JSON": lambda _: httpx.Response(200, text=MARKS(60)),
    "empty": lambda _: httpx.Response(200, json={}),
}


@pytest.mark.parametrize("case", list(ANSWERS))
@pytest.mark.parametrize("endpoint", [None, TokenEndpoint(APP, domain=DOMAIN)], ids=["API", "domain"])
def test_sessions_of_machines(kit: Kit, search: Search, case: str, endpoint: TokenEndpoint | None) -> None:
    """Whatever becomes of a request for a token, no function of the user's sees a secret, and no error shows one."""

    def clock() -> float:
        search.live(f"clock, {case}")
        return 1_800_000_000.0

    client = kit.client(**looking(search, ANSWERS[case], case), clock=clock)
    session: Any = (MachineSession if kit.kind == "sync" else AsyncMachineSession)(client, APP, endpoint=endpoint)
    for function, arguments in (
        (session.access_token, ()),
        (session.access_token, ()),
        (session.refresh, ()),
        (session.exchange, (MARKS(60),)),
    ):
        named = {"actor_token": MARKS(60)} if arguments else {}
        try:
            kit.run(function, *arguments, **named)
        except CognitoIdpError as error:
            search.error(error, case)
    assert search.live_frames
    search.value(session, case)
    search.value(session._keeper._own._kept, case)
