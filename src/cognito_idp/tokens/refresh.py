"""Flows that keep a user's tokens fresh: one refresh at a time, and no new refresh token is ever lost.

Source: Cognito developer guide, "Refresh tokens"; GetTokensFromRefreshToken serves pools with and without rotation.
The older REFRESH_TOKEN_AUTH, a flow of InitiateAuth, serves those without. The token endpoint of the pool's domain
serves both, too.
"""

from __future__ import annotations

import os
from math import inf
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs

from .._call.invoke import invoke
from .._errors import CognitoIdpError, ConfigError, SessionEndedError
from .._flow.clock import is_over
from .._flow.effects import Lock, UnderWay, call, finish, hold, sleep
from .._flow.locks import new_lock
from .._protocol.arguments import FUNCTION, TEXT, check, check_given, instance_of
from .._protocol.oauth_errors import InvalidGrantError
from ..model.exceptions import NotAuthorizedException, RefreshTokenReuseException, UserNotFoundException
from ..sign_in.conversation import tokens_of
from ..sign_in.signed_in import Device, SignedIn, Tokens
from ..types import (
    AuthenticationResultType,
    GetTokensFromRefreshTokenRequest,
    GlobalSignOutRequest,
    InitiateAuthRequest,
    RevokeTokenRequest,
)
from .freshness import PAUSE_AFTER_FAILURE, check_margin, lifetime_of, margin_for, time_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .._call.options import Options
    from .._flow.effects import Flow
    from .._protocol.app_client import AppClient
    from .._structs.struct import Request
    from .._transport.limits import Timeout
    from ..types import GetTokensFromRefreshTokenResponse, InitiateAuthResponse
    from .token_endpoint import HasEndpoint, TokenEndpoint

    OnTokens = Callable[[Tokens], Awaitable[None] | None]
    Answer = GetTokensFromRefreshTokenResponse | InitiateAuthResponse

RefreshWith: TypeAlias = Literal["GetTokensFromRefreshToken", "REFRESH_TOKEN_AUTH"]

# The service's answers for a refresh token that is no longer valid and won't be again.
_ENDED = (NotAuthorizedException, RefreshTokenReuseException, UserNotFoundException, InvalidGrantError)
# What refreshes tokens, as `refresh_with=` names it.
BY_OPERATION: Final = "GetTokensFromRefreshToken"
BY_FLOW: Final = "REFRESH_TOKEN_AUTH"
# How long a refresh may take at least, whatever the client's limits are: to break it off may lose a rotated token. Its
# callers wait no longer than the client's total limit.
_LEAST_SECONDS = 30.0
_MOST_SECONDS = 120.0
# The clocks of two machines that share stored tokens, in seconds.
_CLOCKS_DIFFER_BY = 60.0
# How often an event loop looks whether another one has refreshed, in seconds.
_LOOK_AGAIN = 0.05


class TokenKeeper:
    """The tokens of one signed-in user. Safe to share between threads and between tasks."""

    def __init__(
        self,
        app: AppClient,
        tokens: Tokens | SignedIn | AuthenticationResultType,
        options: Options,
        *,
        device: Device | None,
        on_tokens: OnTokens | None,
        margin: float,
        refresh_with: RefreshWith | TokenEndpoint | HasEndpoint,
        username: str | None,
    ) -> None:
        """Start with the tokens of a sign-in, or with stored ones. `margin` is in seconds before the expiry.

        Raises:
            ConfigError: `margin` is negative, or the tokens can't be refreshed with `refresh_with`.
        """
        check_given(_DEVICE, device=device)
        check_given(FUNCTION, on_tokens=on_tokens)
        check_margin(margin)
        check_given(TEXT, username=username)
        self._endpoint = refreshing_endpoint(refresh_with, app, username)
        self.tokens = _tokens(tokens, options)
        self.app = app
        self._options = options
        self._unhurried = options._replace(timeout=_unhurried(options.timeout))
        self._device_key = None if device is None else device.key
        self._refresh_with = refresh_with
        self._username = username
        self._on_tokens = on_tokens
        self._margin = margin
        # Tokens, and for how many seconds they were good when they were new, as far as that is known.
        self._lifetime: tuple[Tokens, float | None] | None = None
        self._lock = Lock()
        self._under_way = UnderWay()
        # The process that spends the refresh token now.
        self._spender: int | None = None
        self._claim = new_lock()
        self._ended: str | None = None
        self._next_try = -inf

    def fresh(self) -> Flow[Tokens]:
        """Return tokens with a valid access token; refresh them first if they are about to expire.

        If the refresh fails while the old access token is still valid, the old tokens are returned.

        Raises:
            SessionEndedError: the user must sign in again.
            CognitoIdpError: a refresh was needed and failed.
        """
        self._check_open()
        tokens = self.tokens
        can_wait = tokens.refresh_token is None or not is_over(
            self._next_try, self._options.monotonic(), PAUSE_AFTER_FAILURE
        )
        if not self._is_due(tokens) or (can_wait and not self._is_over(tokens)):
            return tokens
        try:
            return (yield from self._refreshed(tokens))
        except SessionEndedError:
            raise
        except CognitoIdpError:
            # If there are new tokens, the refresh succeeded and the function that stores them failed.
            if self.tokens is not tokens or self._is_over(tokens):
                raise
            self._next_try = self._options.monotonic() + PAUSE_AFTER_FAILURE
        return tokens

    def refresh(self) -> Flow[Tokens]:
        """Refresh now, regardless of the expiry. Concurrent callers share one refresh.

        Raises:
            SessionEndedError: the user must sign in again.
            CognitoIdpError: the refresh failed.
        """
        self._check_open()
        return (yield from self._refreshed(self.tokens))

    def sign_out(self) -> Flow[None]:
        """Revoke the refresh token and the access tokens made from it, and end the session."""
        # Wait for a refresh in progress: the token that it brings is the one to revoke.
        yield from hold(self._lock, self._revoked(), self._options.timeout.total)

    def _revoked(self) -> Flow[None]:
        self._check_open()
        tokens = self.tokens
        if tokens.refresh_token is not None and self._endpoint is not None:
            yield from self._endpoint.revoked(self._options, tokens.refresh_token)
        elif tokens.refresh_token is not None:
            request = RevokeTokenRequest(
                token=tokens.refresh_token, client_id=self.app.client_id, client_secret=self.app.client_secret
            )
            yield from invoke(request, self._options)
        self._ended = "the user has signed out"

    def global_sign_out(self) -> Flow[None]:
        """Revoke all tokens of the user on all devices (GlobalSignOut), and end the session."""
        tokens = yield from self.fresh()
        yield from invoke(GlobalSignOutRequest(access_token=tokens.access_token), self._options)
        self._ended = "the user has signed out everywhere"

    def _check_open(self) -> None:
        if self._ended is not None:
            raise SessionEndedError(self._ended)

    def _is_due(self, tokens: Tokens) -> bool:
        expires_at = _expires_at(tokens)
        if expires_at is None:
            return False
        remaining = expires_at - self._options.clock()
        lifetime = self._lifetime_of(tokens)
        # More than its whole life is left only by a clock that was ahead when the token came.
        is_too_far = lifetime is not None and remaining - _CLOCKS_DIFFER_BY > lifetime
        return is_too_far or remaining <= margin_for(self._margin, lifetime)

    def _lifetime_of(self, tokens: Tokens) -> float | None:
        known = self._lifetime
        if known is None or known[0] is not tokens:
            self._lifetime = known = tokens, lifetime_of(tokens.access_token)
        return known[1]

    def _is_over(self, tokens: Tokens) -> bool:
        expires_at = _expires_at(tokens)
        return expires_at is not None and expires_at <= self._options.clock()

    def _refreshed(self, stale: Tokens) -> Flow[Tokens]:
        is_own = False

        def refreshed() -> Flow[Tokens]:
            nonlocal is_own
            is_own = True
            return (yield from self._replaced(stale))

        try:
            return (yield from finish(hold(self._lock, refreshed()), self._under_way, self._options.timeout.total))
        except Exception:
            # What failed after the exchange concerns the caller that began it.
            if is_own or self.tokens is stale:
                raise
            return self.tokens

    def _replaced(self, stale: Tokens) -> Flow[Tokens]:
        """Refresh, unless somebody did while this waited for the lock: a client of another kind, say."""
        self._check_open()
        if self.tokens is not stale:
            return self.tokens
        while not self._spends():
            # Another event loop spends the refresh token; each has locks of its own.
            yield from sleep(_LOOK_AGAIN)
            if self.tokens is not stale:
                return self.tokens
            self._check_open()
        try:
            return (yield from self._spent(stale))
        finally:
            self._spender = None

    def _spends(self) -> bool:
        with self._claim:
            # A forked child inherits what its parent was about.
            is_free = self._spender != os.getpid()
            if is_free:
                self._spender = os.getpid()
            return is_free

    def _spent(self, stale: Tokens) -> Flow[Tokens]:
        result = yield from self._exchanged(stale)
        # Kept before anything else can fail, also without an access token: the old refresh token may be void now.
        self.tokens = kept = attrs.evolve(stale, refresh_token=result.refresh_token or stale.refresh_token)
        if result.access_token:
            new = tokens_of(result, self._options)
            kept = attrs.evolve(new, refresh_token=kept.refresh_token, id_token=new.id_token or stale.id_token)
            self._lifetime = None if result.expires_in is None else (kept, result.expires_in)
        self.tokens = kept
        if self._on_tokens is not None:
            on_tokens = self._on_tokens
            yield from call(lambda: on_tokens(kept))
        if not result.access_token:
            msg = "the service answered a refresh without an access token"
            raise CognitoIdpError(msg)
        return kept

    def _exchanged(self, stale: Tokens) -> Flow[AuthenticationResultType]:
        if stale.refresh_token is None:
            msg = "there is no refresh token, so the session ends with its access token"
            raise SessionEndedError(msg)
        try:
            if self._endpoint is not None:
                return (yield from self._endpoint.refresh_grant(self._unhurried, stale.refresh_token))
            answer: Answer = yield from invoke(self._request(stale.refresh_token), self._unhurried)
        except _ENDED as error:
            self._ended = f"the refresh token is no longer valid ({error.code})"
            raise SessionEndedError(self._ended) from error
        if answer.authentication_result is None:
            msg = "the service answered a refresh without tokens"
            raise CognitoIdpError(msg)
        return answer.authentication_result

    def _request(self, refresh_token: str) -> Request[Any]:
        app = self.app
        if self._refresh_with == BY_OPERATION:
            return GetTokensFromRefreshTokenRequest(
                refresh_token=refresh_token,
                client_id=app.client_id,
                client_secret=app.client_secret,
                device_key=self._device_key,
            )
        parameters = {"REFRESH_TOKEN": refresh_token}
        if self._username is not None:
            parameters |= {"USERNAME": self._username, **app.hash_for(self._username)}
        if self._device_key is not None:
            parameters["DEVICE_KEY"] = self._device_key
        return InitiateAuthRequest(client_id=app.client_id, auth_flow=BY_FLOW, auth_parameters=parameters)


_DEVICE: Final = instance_of(Device, "a Device")
_TOKENS: Final = instance_of(Tokens, "Tokens, SignedIn or an AuthenticationResultType")


def _tokens(tokens: Tokens | SignedIn | AuthenticationResultType, options: Options) -> Tokens:
    if isinstance(tokens, AuthenticationResultType):
        return tokens_of(tokens, options)
    if isinstance(tokens, SignedIn):
        return tokens.tokens
    check(_TOKENS, tokens=tokens)
    return tokens


def refreshing_endpoint(
    refresh_with: RefreshWith | TokenEndpoint | HasEndpoint, app: AppClient, username: str | None
) -> TokenEndpoint | None:
    """Check a session's `refresh_with=` and `username=`, and return the token endpoint that refreshes, if one does.

    Raises:
        ConfigError: the first is unknown, needs the second, or has another app client.
    """
    if not isinstance(refresh_with, str | None):
        from .token_endpoint import endpoint_of

        return endpoint_of(refresh_with, app, "refresh_with")
    if refresh_with not in (BY_OPERATION, BY_FLOW):
        msg = f"refresh_with={refresh_with!r} must be {BY_OPERATION!r}, {BY_FLOW!r} or a ManagedLogin"
        raise ConfigError(msg)
    if refresh_with == BY_FLOW and app.client_secret is not None and not username:
        msg = f"refresh_with={BY_FLOW!r} needs username= with an app client that has a secret: SECRET_HASH needs both"
        raise ConfigError(msg)
    return None


def _unhurried(timeout: Timeout) -> Timeout:
    read, write = (None if limit is None else max(limit, _LEAST_SECONDS) for limit in (timeout.read, timeout.write))
    total = _MOST_SECONDS if timeout.total is None else max(timeout.total, _LEAST_SECONDS)
    return attrs.evolve(timeout, total=total, read=read, write=write)


def _expires_at(tokens: Tokens) -> float | None:
    """Return when the access token expires, in seconds since 1970: as the service said, or as the token says itself."""
    return time_of(tokens.access_token, "exp") if tokens.expires_at is None else tokens.expires_at.timestamp()
