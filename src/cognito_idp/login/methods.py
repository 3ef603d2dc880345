"""The managed-login methods of the sync client.

Its async twin is generated from it: run `python -m cognito_idp_codegen --twins` after a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .._protocol.redaction import Opaque
from .._protocol.tracebacks import clears_frames

if TYPE_CHECKING:
    from .._call.options import Options
    from .._flow.effects import Flow
    from ..sign_in.signed_in import SignedIn
    from .managed import ManagedLogin
    from .pending import PendingLogin

R = TypeVar("R")


class LoginMethods:
    """The managed-login methods of `Client`."""

    _options: Options

    def _run(self, flow: Flow[R]) -> R:
        raise NotImplementedError

    @clears_frames
    def complete_login(self, login: ManagedLogin, pending: PendingLogin, callback_url: str) -> SignedIn:
        """Complete a managed login with the URL that the browser came back to, and return its tokens.

        The callback is checked before anything is sent. Then its code is exchanged for tokens, and the ID token is
        verified, with its nonce and, if it has one, its `at_hash`. Without an ID token (you didn't ask for the scope
        `openid`), there is nothing to verify: the tokens come from the pool's domain, but nothing says who signed in.

        A code works once, so a callback can't be completed twice. If this call breaks off, the person begins again.

        Args:
            login: the login.
            pending: what its `begin` returned for this browser.
            callback_url: the URL of the browser's request to `redirect_uri`, with its query. Only path and query count,
                since a proxy may have changed the scheme and the host.

        Raises:
            LoginStateError: the callback or the pending login belongs to another login.
            LoginIssuerError: the callback names another issuer.
            LoginRefusedError: the callback says that the login failed (`error=`); `code` says why.
            LoginCallbackError: the URL is not a login's callback: another path, a parameter twice, a fragment, neither
                code nor error.
            OAuthError: the domain refuses the code (`InvalidGrantError`) or the app client (`InvalidClientError`).
            TokenError: the ID token is refused; the class says why.
            CognitoIdpError: as for `send`.
        """
        from .calls import complete_flow

        steps = complete_flow(self._options, login, pending, Opaque(callback_url))
        del callback_url  # the user's own transport may run below
        return self._run(steps)

    @clears_frames
    def user_info(self, login: ManagedLogin, *, access_token: str) -> dict[str, Any]:
        """Return the claims about the user of an access token, from the userInfo endpoint.

        The token must have the scope `openid`; its other scopes say which claims there are. `sub` is a string. The
        other values are unchecked: `email_verified` may be a string. If you know who signed in, compare `sub` with that
        of the ID token (OpenID Connect Core 1.0, 5.3.2).

        Raises:
            OAuthError: the domain refuses; for the token, as `InvalidTokenError`.
            CognitoIdpError: as for `send`.
        """
        from .calls import user_info_flow

        steps = user_info_flow(self._options, login, Opaque(access_token))
        del access_token
        return self._run(steps)

    @clears_frames
    def revoke_login(self, login: ManagedLogin, *, refresh_token: str) -> None:
        """Revoke a refresh token and the access tokens made from it, at the domain's revocation endpoint.

        It doesn't end the browser's session with the pages: send it to `logout_url`.

        Raises:
            OAuthError: the domain refuses.
            CognitoIdpError: as for `send`.
        """
        from .calls import revoke_flow

        steps = revoke_flow(self._options, login, Opaque(refresh_token))
        del refresh_token
        self._run(steps)
