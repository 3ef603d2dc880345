"""The session of a signed-in user, on the sync client.

Its async twin is generated from it: run `python -m cognito_idp_codegen --twins` after a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .._protocol.tracebacks import clears_frames
from .._transport.lazy import not_copied
from ..sign_in.calls import in_region_of
from ..sign_in.state import check_app
from .freshness import DEFAULT_MARGIN, check_client
from .refresh import BY_OPERATION, TokenKeeper

if TYPE_CHECKING:
    import httpx

    from .._protocol.app_client import AppClient
    from ..client import Client
    from ..sign_in.signed_in import Device, SignedIn, Tokens
    from ..types import AuthenticationResultType
    from .refresh import OnTokens, RefreshWith
    from .token_endpoint import HasEndpoint, TokenEndpoint


class UserSession:
    """The tokens of one signed-in user, kept fresh. You can share it between threads.

    The client's `timeout` bounds how long a caller waits for a refresh. The refresh itself goes on when its caller has
    left, since the answer may hold the only valid refresh token. It has the client's total limit, but at least 30 s,
    and 120 s without one. `close` doesn't break it off either, and the end of the program waits for it.

    Args:
        client: the client that refreshes the tokens.
        app: the app client that the user signed in with.
        tokens: the tokens of a sign-in (`SignedIn`, its `tokens`, or the `authentication_result` of a response that
            just came), or stored ones.
        device: the user's remembered device. Where the pool remembers devices, a refresh needs it.
        on_tokens: called with each new set of tokens, to store them; a plain function. If the pool rotates refresh
            tokens, the old one is void by then. It runs where the caller waits, or apart if the caller has left
            (its time was up, or it was interrupted), and then with the caller's context variables. If the function
            raises, so does the call that refreshed, or the error is logged if nobody waits for that any more; the
            session goes on with the new tokens. Don't refresh or sign out in it: that would wait for itself.
        margin: how many seconds before it expires an access token is replaced, but at most half of its lifetime.
        refresh_with: `"GetTokensFromRefreshToken"`, or for local servers that lack this operation, the flow
            `"REFRESH_TOKEN_AUTH"` of InitiateAuth. AWS refuses the flow for app clients that rotate refresh tokens. A
            `ManagedLogin` or `TokenEndpoint` refreshes at the token endpoint of the pool's domain, and `sign_out`
            revokes there.
        username: the user's name, not an alias. `REFRESH_TOKEN_AUTH` needs it if the app client has a secret.

    Raises:
        ConfigError: an argument has the wrong type, `margin` is negative, `refresh_with` is none of these or has
            another app client, or `username` is missing.
    """

    __module__ = "cognito_idp"

    @clears_frames
    def __init__(
        self,
        client: Client,
        app: AppClient,
        tokens: Tokens | SignedIn | AuthenticationResultType,
        *,
        device: Device | None = None,
        on_tokens: OnTokens | None = None,
        margin: float = DEFAULT_MARGIN,
        refresh_with: RefreshWith | TokenEndpoint | HasEndpoint = BY_OPERATION,
        username: str | None = None,
    ) -> None:
        check_client(client, self)
        check_app(app)
        self._client = client
        self._keeper = TokenKeeper(
            app,
            tokens,
            in_region_of(app, client._options),  # noqa: SLF001 - a session is part of its client
            device=device,
            on_tokens=on_tokens,
            margin=margin,
            refresh_with=refresh_with,
            username=username,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._keeper.app!r})"

    def __reduce__(self) -> NoReturn:
        raise not_copied(self, "a client", "store its tokens")

    @property
    def tokens(self) -> Tokens:
        """The newest tokens. They may have expired."""
        return self._keeper.tokens

    @property
    def auth(self) -> httpx.Auth:
        """An `httpx.Auth` that adds a fresh access token to your own requests, as `authorization: Bearer ...`."""
        from .._transport.httpx_auth import SessionAuth

        return SessionAuth(self.access_token, type(self).__name__)

    @clears_frames
    def access_token(self) -> str:
        """Return a valid access token; refresh it first if it is about to expire. Concurrent callers share one refresh.

        Raises:
            SessionEndedError: the user must sign in again.
            CognitoIdpError: a refresh was needed and failed.
        """
        tokens = self._client._run(self._keeper.fresh())  # noqa: SLF001
        return tokens.access_token

    @clears_frames
    def refresh(self) -> Tokens:
        """Refresh now, regardless of the expiry, and return the new tokens.

        Raises:
            SessionEndedError: the user must sign in again.
            CognitoIdpError: the refresh failed.
        """
        return self._client._run(self._keeper.refresh())  # noqa: SLF001

    @clears_frames
    def sign_out(self) -> None:
        """Revoke the refresh token and the access tokens made from it, and end the session.

        Raises:
            CognitoIdpError: as for `send`.
        """
        self._client._run(self._keeper.sign_out())  # noqa: SLF001

    @clears_frames
    def global_sign_out(self) -> None:
        """Revoke all tokens of the user on all devices, and end the session.

        Raises:
            CognitoIdpError: as for `send`.
        """
        self._client._run(self._keeper.global_sign_out())  # noqa: SLF001
