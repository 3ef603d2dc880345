"""The sync verifier, which drives the flow in `core.py`.

Its async twin is generated from it: run `python -m cognito_idp_codegen --twins` after a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Literal, NoReturn, Self, TypeVar, cast, overload

from .._flow.drive import Driver
from .._protocol.tracebacks import clears_frames
from .._settings.config import authorities_in_use
from .._transport import check_transport, make_transport, reseed
from .._transport.lazy import Lazy, not_copied
from .claims import AccessTokenClaims, AnyClaims, IdTokenClaims
from .core import Verification, check_revocation

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TypeAlias, Unpack

    from .._protocol.wire import HttpRequest, HttpResponse
    from .._transport import TransportLike
    from .._transport.adapter import Adapter
    from .core import Pools, Settings, TokenUse
    from .names import Names

    Transport: TypeAlias = TransportLike | None

_CLOSED: Final = "this verifier is closed, so it can't fetch keys; create a new one"

ClaimsT = TypeVar("ClaimsT", bound=AnyClaims)


class _LazyTransport(Lazy["Adapter"]):
    def send(self, request: HttpRequest) -> HttpResponse:
        adapter: Adapter = self.open()
        return adapter.send(request)


class TokenVerifier(Generic[ClaimsT]):
    """A verifier of access tokens or ID tokens from user pools.

    ```
    verifier = TokenVerifier("eu-west-1_AbCdEfGhI", client_ids="1example23456789", token_use="access")
    claims = verifier.verify(token)
    ```

    Create one and keep it: it holds the pools' keys, which it fetches on first need. You can share it between threads.

    Args:
        user_pool_id: the id of the pool to trust, a `TrustedPool`, or several of either.
        token_use: `"access"` or `"id"`; None accepts both kinds.
        client_ids: the app client or app clients to accept, by id or as `AppClient`; None accepts every app client of
            the pool. Required with a pool id; a `TrustedPool` has its own.
        region: the region of the pools you name by id, if the id doesn't begin with it.
        required_scopes: scopes that a token must have, all of them; a string may hold several, separated by spaces.
        required_groups: groups that the user must be in, all of them.
        audience: the resources that this verifier stands for, as `aud` of an access token names them: the token must be
            bound to one of them (RFC 8707). Without it, a token that is bound to a resource is refused.
        check: a rule of your own: a plain function that takes the claims and returns whether to accept them.
        revocation: a `RevocationCheck`, to ask the service whether the token was revoked. For access tokens only.
        leeway: how many seconds this machine's clock may be off: a token is accepted so long after its `exp` and before
            its `nbf`. The default is 5. `iat` is never a reason to refuse a token.
        max_token_bytes: refuse a longer token unread. The default is 16 KiB.
        jwks_max_age: fetch a pool's keys again after this many seconds, by default a day. If that fails, the old keys
            stay in use.
        timeout: seconds for one fetch of keys, or a `Timeout` to set each limit. None: 10 s in all, 3 s to connect.
        clock: a function that returns the time in seconds since 1970.
        transport: as for `Client`, with the `ca_bundle` of the profile that the environment names, or of `default`.
            `close` closes it.

    Raises:
        ConfigError: a setting can't be used.
        JwtNotInstalledError: PyJWT is not installed, and this is not Pyodide, which can do without.
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
        check_transport(transport)
        check_revocation(settings.get("revocation"), self.verify)
        self._verification = Verification(user_pool_id, token_use, **settings)
        self._transport = _LazyTransport(
            lambda: make_transport(transport, authorities_in_use()), transport, type(self).__name__, _CLOSED
        )
        self._driver = Driver(self._transport)

    @clears_frames
    def verify(self, token: str, *, required_scopes: Names = (), required_groups: Names = ()) -> ClaimsT:
        """Check a token and return its claims. Scopes and groups are required in addition to the verifier's own.

        Raises:
            TokenError: the token is refused; the class says why.
            JwksError: the keys can't be fetched, so the token can't be checked. It is also a `TokenError`.
            RevocationUnknownError: the service can't be asked if the token was revoked. It is also a `TokenError`.
            ConfigError: the function that `check=` names returned neither True nor False.
        """
        flow = self._verification.verified(token, required_scopes, required_groups)
        del token  # the user's own transport may run below
        return cast("ClaimsT", self._driver.run(flow))

    @clears_frames
    def load_keys(self) -> None:
        """Fetch the keys of all pools, ahead of the first request. Keys that are there and fresh stay.

        Raises:
            JwksError: no issuer of a pool gives its keys, and there are no old ones.
        """
        self._driver.run(self._verification.keys_loaded())

    def renew(self) -> None:
        """Forget what may have become stale while the process stood still. Call it in a copy restored from a snapshot.

        The next token waits for a fetch of its pool's keys, over a new connection; if that fails, the old keys stay in
        use. A `RevocationCheck` asks again about each token; its client has a `renew` of its own. Nothing is sent now.
        A transport of your own takes part if it has a method `renew`.
        """
        self._verification.renew()
        reseed()
        adapter = self._transport.value
        if adapter is not None:
            adapter.renew()

    def close(self) -> None:
        """Close all connections. The verifier still works with the keys it has. You can close more than once."""
        adapter = self._transport.close()
        if adapter is not None:
            adapter.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._verification.described()})"

    def __reduce__(self) -> NoReturn:
        raise not_copied(self, "connections")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
