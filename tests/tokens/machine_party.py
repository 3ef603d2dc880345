"""A machine's session, the service behind it, and clocks for both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from cognito_idp import AppClient, AsyncMachineSession, MachineSession
from cognito_idp.tokens.machine_tokens import MachineKeeper

from .issuing import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.kit import Kit

APP = AppClient("us-east-1_EXAMPLE", "1example23456789", "secret-of-the-app-client-51")
LIFE = 3600
OWN = "GetClientToken"
DERIVED = "GetDerivedToken"


class Desk:
    """The service: it issues `token-1`, `token-2`, ... for `life` seconds (None: it doesn't say), or what is next."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[httpx.Request] = []
        self.life: int | None = LIFE
        self.next: list[httpx.Response | Exception | str] = []
        """What comes next: an answer, a failure to answer, or a token."""
        self.before: Callable[[], None] = lambda: None
        """Called before each answer."""

    @property
    def operations(self) -> list[str]:
        """The operations that were called."""
        return [operation for operation, _ in self.sent]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        self.requests.append(request)
        self.sent.append((operation, json.loads(request.content)))
        token: Any = f"token-{len(self.sent)}"
        self.before()
        if self.next:
            token = self.next.pop(0)
            if isinstance(token, Exception):
                raise token
            if isinstance(token, httpx.Response):
                return token
        end = {} if self.life is None else {"ExpiresIn": self.life}
        if operation == OWN:
            return httpx.Response(
                200, json={"ClientAuthenticationResult": {"AccessToken": token, "TokenType": "Bearer", **end}}
            )
        assert operation == DERIVED
        members = {"IssuedToken": token, "IssuedTokenType": "ACCESS_TOKEN", "TokenType": "Bearer", **end}
        return httpx.Response(200, json=members)


@attrs.frozen
class MachineParty:
    """A session of some kind, the service, its client's clock, and the one that never jumps."""

    kit: Kit
    desk: Desk
    clock: Clock
    age: Clock
    client: Any
    session: Any

    def go(self, seconds: float) -> None:
        """Let time pass by both clocks."""
        self.clock.now += seconds
        self.age.now += seconds

    def token(self) -> str:
        """Ask for the machine's own token."""
        token: str = self.kit.run(self.session.access_token)
        return token

    def exchange(self, subject_token: str = "subject", **arguments: Any) -> str:
        """Exchange a token."""
        token: str = self.kit.run(self.session.exchange, subject_token, **arguments)
        return token


def machine_party(
    kit: Kit, *, app: AppClient = APP, client: dict[str, Any] | None = None, **settings: Any
) -> MachineParty:
    """Make a session whose clocks stand until a test moves them."""
    desk, clock, age = Desk(), Clock(), Clock(50.0)
    made = kit.client(**{"respond": desk, "clock": clock, "credentials": None, "retry": "off", **(client or {})})
    cls: Any = MachineSession if kit.kind == "sync" else AsyncMachineSession
    session = cls(made, app, **settings)
    old = session._keeper
    session._keeper = MachineKeeper(old._ask, old._options, old._margin, age)
    return MachineParty(kit, desk, clock, age, made, session)
