"""The sync verifier: a driver for the flow in `core.py`.

Its async twin is generated from it: run `python -m cognito_idp_codegen --twins` after a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Literal, Self, TypeVar, cast, overload

from .._flow.drive import Driver
from .._protocol.frames import clears_frames
from .._settings.config import authorities_in_use
from .._transport import make_transport
from .._transport.lazy import Lazy
from .claims import AccessTokenClaims, AnyClaims, IdTokenClaims
from .core import Verification

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TypeAlias, Unpack

    from .._protocol.wire import HttpRequest, HttpResponse
    from .._transport import TransportLike
    from .._transport.adapter import Adapter
    from .core import Pools, Settings, TokenUse
    from .names import Names

    Transport: TypeAlias = TransportLike | None

_CLOSED: Final = "this verifier is closed, so it can't fetch keys; make a new one"

ClaimsT = TypeVar("ClaimsT", bound=AnyClaims)


class _LazyTransport(Lazy["Adapter"]):
    def send(self, request: HttpRequest) -> HttpResponse:
        adapter: Adapter = self.open()
        return adapter.send(request)


class TokenVerifier(Generic[ClaimsT]):
    """Verifies access tokens or ID tokens of user pools.

    ```
    verifier = TokenVerifier("eu-west-1_AbCdEfGhI", client_ids="1example23456789", token_use="access")
    claims = verifier.verify(token)
    ```

    Make one and keep it: it holds the pools' keys, which it fetches when it first needs them. Threads may share it.

    Args:
        user_pool_id: the id of the pool whose tokens are accepted, a `TrustedPool`, or several of either.
        token_use: `"access"` or `"id"`; None accepts both kinds.
        client_ids: the app client, or several, whose tokens are accepted; None accepts those of every app client of the
            pool. Required with an id; a `TrustedPool` has its own.
        region: the region of the pools that are given by an id, if the id doesn't begin with it.
        required_scopes: scopes that a token must have, all of them; a string may hold several, with spaces between.
        required_groups: groups that the user must be in, all of them.
        leeway: how many seconds this machine's clock may be wrong by; none unless given.
        max_token_bytes: refuse a longer token unread; 16 KiB unless given.
        jwks_max_age: fetch a pool's keys again after so many seconds, a day unless given; if that fails they stay in
            use.
        timeout: seconds for one fetch of keys, or a `Timeout` for each limit. None: 10 s, 3 s of them to connect.
        clock: a function that gives the time in seconds since 1970.
        transport: as for `Client`, with the `ca_bundle` of the profile that the environment names, or of `default`;
            `close` closes it.

    Raises:
        ConfigError: a setting can't be used.
        JwtNotInstalledError: PyJWT is not installed.
    """

    __module__ = "cognito_idp"

    @overload
    def __init__(
        self: TokenVerifier[AccessTokenClaims],
        user_pool_id: Pools,
        *,
        token_use: Literal["access"],
        transport: Transport = None,
        **settings: Unpack[Settings],
    ) -> None: ...

    @overload
    def __init__(
        self: TokenVerifier[IdTokenClaims],
        user_pool_id: Pools,
        *,
        token_use: Literal["id"],
        transport: Transport = None,
        **settings: Unpack[Settings],
    ) -> None: ...

    @overload
    def __init__(
        self: TokenVerifier[AnyClaims],
        user_pool_id: Pools,
        *,
        token_use: TokenUse,
        transport: Transport = None,
        **settings: Unpack[Settings],
    ) -> None: ...

    def __init__(
        self, user_pool_id: Pools, *, token_use: TokenUse, transport: Transport = None, **settings: Unpack[Settings]
    ) -> None:
        self._verification = Verification(user_pool_id, token_use, **settings)
        self._transport = _LazyTransport(lambda: make_transport(transport, authorities_in_use()), transport, _CLOSED)
        self._driver = Driver(self._transport)

    @clears_frames
    def verify(self, token: str, *, required_scopes: Names = (), required_groups: Names = ()) -> ClaimsT:
        """Return the claims of a token that is good in every respect; the scopes and groups add to the verifier's own.

        Raises:
            TokenError: the token is refused; the class says why.
            JwksError: the keys can't be had, so nothing can be said about the token. It is a `TokenError`, too.
        """
        flow = self._verification.verified(token, required_scopes, required_groups)
        del token  # a transport of the user's runs below
        return cast("ClaimsT", self._driver.run(flow))

    def close(self) -> None:
        """Close all connections; with the keys at hand the verifier goes on working. Closing twice does no harm."""
        adapter = self._transport.close()
        if adapter is not None:
            adapter.close()

    def __enter__(self) -> Self:
        """Return the verifier, which is closed at the end of the block."""
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the verifier."""
        self.close()
