"""A user's session, the service behind it, and a clock for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import httpx

from cognito_idp import AsyncUserSession, Client, SignedIn, Tokens, UserSession
from tests.sign_in.fake_accounts import NOW, PASSWORD, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.sign_in.party import PUBLIC_APP

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp import AppClient
    from tests.support.kit import Kit

LIFETIME = 3600.0
REFRESH = "GetTokensFromRefreshToken"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now

    def set(self, seconds: float) -> None:
        """Set it to some time after the sign-in."""
        self.now = NOW + seconds


def signed_in(fake: FakeCognito) -> Tokens:
    """Sign the service's user in."""
    with Client("us-east-1", transport=httpx.MockTransport(fake), clock=lambda: NOW) as client:
        outcome = client.sign_in(fake.app, username="mary", password=PASSWORD, flow="USER_PASSWORD_AUTH")
    assert isinstance(outcome, SignedIn)
    fake.sent.clear()
    return outcome.tokens


@attrs.frozen
class SessionParty:
    """A client of some kind, a session of it, and the service."""

    kit: Kit
    client: Any
    fake: FakeCognito
    clock: Clock
    first: Tokens
    session: Any

    def access_token(self) -> str:
        """Ask the session for an access token."""
        token: str = self.kit.run(self.session.access_token)
        return token

    def refresh(self) -> Tokens:
        """Have the session refresh."""
        tokens: Tokens = self.kit.run(self.session.refresh)
        return tokens


def session_party(
    kit: Kit,
    *,
    app: AppClient = PUBLIC_APP,
    rotates: bool = True,
    change: Callable[[Tokens], Tokens] = lambda tokens: tokens,
    client: dict[str, Any] | None = None,
    **settings: Any,
) -> SessionParty:
    """Sign a user in, and make a session of the tokens, or of what `change` makes of them."""
    fake, clock = FakeCognito(app, user(), rotates=rotates), Clock()
    first = change(signed_in(fake))
    made = kit.client(respond=fake, clock=clock, **{"retry": "off", **(client or {})})
    cls: Any = UserSession if kit.kind == "sync" else AsyncUserSession
    return SessionParty(kit, made, fake, clock, first, cls(made, app, first, **settings))


def hook_of(kit: Kit, function: Callable[[Tokens], None]) -> Any:
    """Return a function for `on_tokens`: an async one for an async client."""

    async def hook(tokens: Tokens) -> None:
        function(tokens)

    return function if kit.kind == "sync" else hook
