"""The session of a machine: an app client's own tokens, on the sync client.

Its async twin is generated from it: run `python -m cognito_idp_codegen --twins` after a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .._protocol.arguments import TEXT, check_given
from .._protocol.tracebacks import clears_frames
from .._transport.lazy import not_copied
from ..sign_in.calls import in_region_of
from ..sign_in.state import check_app
from ..types import GetDerivedTokenRequest, TokenTypeIdentifierType
from .freshness import DEFAULT_MARGIN, check_client, check_margin
from .machine_tokens import MachineKeeper, asking, listed

if TYPE_CHECKING:
    import httpx

    from .._protocol.app_client import AppClient
    from ..client import Client
    from ..model.choices import IssuedTokenTypeIdentifierTypeValue, TokenTypeIdentifierTypeValue
    from ..types import IssuedTokenTypeIdentifierType
    from .names import Names
    from .token_endpoint import HasEndpoint, TokenEndpoint


class MachineSession:
    """An app client's own access token, kept fresh. You can share it between threads.

    ```
    session = MachineSession(client, app, scopes="orders/read")
    httpx.get("https://api.example.com/orders", auth=session.auth)
    ```

    The token stands for the machine and for no user. The first call asks for it (`GetClientToken`, the
    client-credentials grant of OAuth 2.0), and later ones get the same one until shortly before it ends. Then one
    caller asks for a new one, while the others go on with the old one. If that fails, the old token stays in use while
    it is good, and the next try is 5 s later. A forked process goes on with the token that it has.

    Args:
        client: the client that gets the tokens. It needs no AWS credentials.
        app: the app client, with its secret. It must allow the client-credentials grant.
        scopes: the scopes to ask for, such as `"orders/read"`; a string may hold several, separated by spaces. None:
            all custom scopes that the app client allows.
        endpoint: a `TokenEndpoint` or a `ManagedLogin` of the same app client, to get the tokens from the pool's domain
            instead. None: from the user pools API. `exchange` goes there always.
        resource: the URI of the API that the tokens are for, which becomes their `aud`. It needs `endpoint`.
        margin: how many seconds before it ends a token is replaced, but at most half of its lifetime.

    Raises:
        ConfigError: an argument has the wrong type, `app` has no secret, `scopes` is empty, `endpoint` has another app
            client, or `margin` is negative.
        RequestValidationError: the secret or the scopes are out of bounds.
    """

    __module__ = "cognito_idp"

    @clears_frames
    def __init__(
        self,
        client: Client,
        app: AppClient,
        *,
        scopes: Names | None = None,
        endpoint: TokenEndpoint | HasEndpoint | None = None,
        resource: str | None = None,
        margin: float = DEFAULT_MARGIN,
    ) -> None:
        check_client(client, self)
        check_app(app)
        check_margin(margin)
        self._app = app
        self._client = client
        options = in_region_of(app, client._options)  # noqa: SLF001 - a session is part of its client
        self._keeper = MachineKeeper(asking(app, scopes, endpoint, resource, options), options, margin)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._app!r})"

    def __reduce__(self) -> NoReturn:
        raise not_copied(self, "a client")

    @property
    def auth(self) -> httpx.Auth:
        """An `httpx.Auth` that adds a fresh access token to your own requests, as `authorization: Bearer ...`."""
        from .._transport.httpx_auth import SessionAuth

        return SessionAuth(self.access_token, type(self).__name__)

    @clears_frames
    def access_token(self) -> str:
        """Return a good access token; ask for one first if there is none. Concurrent callers share one request.

        Raises:
            CognitoIdpError: a token was needed, and the service refused it (`NotAuthorizedException`, ..., or an
                `OAuthError` from the domain) or didn't answer.
        """
        return self._client._run(self._keeper.fresh())  # noqa: SLF001

    @clears_frames
    def refresh(self) -> str:
        """Get a new access token now, for when an API refuses the one that there is.

        Raises:
            CognitoIdpError: as for `access_token`.
        """
        return self._client._run(self._keeper.refresh())  # noqa: SLF001

    @clears_frames
    def exchange(
        self,
        subject_token: str,
        *,
        audience: str | None = None,
        resource: str | None = None,
        scopes: Names | None = None,
        subject_token_type: TokenTypeIdentifierType
        | TokenTypeIdentifierTypeValue
        | str = TokenTypeIdentifierType.ACCESS_TOKEN,
        subject_token_provider_name: str | None = None,
        actor_token: str | None = None,
        actor_token_type: TokenTypeIdentifierType
        | TokenTypeIdentifierTypeValue
        | str = TokenTypeIdentifierType.ACCESS_TOKEN,
        actor_token_provider_name: str | None = None,
        requested_token_type: IssuedTokenTypeIdentifierType | IssuedTokenTypeIdentifierTypeValue | str | None = None,
    ) -> str:
        """Exchange a token that you hold for one to call another API with (`GetDerivedToken`; RFC 8693).

        The same arguments get the same token until shortly before it ends, or until the subject's or the actor's token
        does. The session keeps the 1,000 exchanged tokens that were used last. It knows the tokens that they were
        exchanged for by a digest, and doesn't keep these. Verify a token that you were sent before you exchange it.

        Args:
            subject_token: the token of the user, or of the machine, for whom the new one is.
            audience: the party that is meant to accept the new token.
            resource: the identifier of the resource server at which it will be used.
            scopes: the scopes to ask for; a string may hold several, separated by spaces. None: the service decides.
            subject_token_type: `"ACCESS_TOKEN"`, `"ID_TOKEN"` or `"SAML2"`.
            subject_token_provider_name: the pool's identity provider that issued the token, if the pool didn't.
            actor_token: the token of who acts for the subject, such as this session's own `access_token()`.
            actor_token_type: as for the subject's token.
            actor_token_provider_name: as for the subject's token.
            requested_token_type: `"ACCESS_TOKEN"` or `"ID_TOKEN"`. None: the service decides.

        Raises:
            RequestValidationError: an argument has the wrong type, or is out of bounds.
            ConfigError: `scopes` is empty, or neither a string nor several.
            CognitoIdpError: the service refused the exchange (`NotAuthorizedException`, ...) or didn't answer.
        """
        check_given(TEXT, audience=audience, resource=resource)
        request = GetDerivedTokenRequest(
            client_id=self._app.client_id,
            client_secret=self._app.client_secret,
            subject_token=subject_token,
            subject_token_type=subject_token_type,
            subject_token_provider_name=subject_token_provider_name,
            actor_token=actor_token,
            actor_token_type=None if actor_token is None else actor_token_type,
            actor_token_provider_name=actor_token_provider_name,
            scopes=listed(scopes),
            audiences=None if audience is None else (audience,),
            resources=None if resource is None else (resource,),
            requested_token_type=requested_token_type,
        )
        del subject_token, actor_token  # the user's own transport may run below
        return self._client._run(self._keeper.exchanged(request))  # noqa: SLF001
