"""A cache of credentials: they are loaded once and renewed in time, however many threads and tasks share it."""

from __future__ import annotations

import copy
import math
import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple, TypeGuard

from .._errors import CognitoIdpError, CredentialsError
from .._flow.clock import age_clock, is_over
from .._flow.effects import Lock, hold, offload
from .._flow.locks import new_lock, take
from .._protocol.arguments import FUNCTION, check_given
from .._protocol.ids import random_fraction
from .._protocol.tracebacks import clear_frames
from .chain import ProviderChain, boto_credentials, default_chain
from .provider import NotConfigured, make_context
from .types import Credentials, StaticCredentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._flow.effects import Flow
    from .chain import ProviderLike
    from .provider import Context, Provider
    from .types import CredentialSource

# From this many seconds before expiry, one caller renews the credentials while the others keep using the old ones; and
# the part of their life that this is at most, or credentials for 15 minutes would be due at once.
ADVISORY_SECONDS: Final = 15 * 60
_ADVISORY_SHARE: Final = 1 / 2
# From this many seconds before expiry, every caller waits for new credentials.
FOREGROUND_SECONDS: Final = 10 * 60
_FOREGROUND_SHARE: Final = 1 / 3
# The pause before the next load, after the provider returned the same credentials again, or failed.
PAUSE_SECONDS: Final = 60


class _State(NamedTuple):
    """Credentials and the times at which to renew them, in seconds since 1970 on their clock.

    `not_before` is when the provider may be asked again, in seconds of a clock that never jumps. `is_doubted` is true
    if no clock is to decide.
    """

    credentials: Credentials
    clock: Callable[[], float]
    refresh_at: float
    foreground_at: float
    expires_at: float
    not_before: float
    is_doubted: bool = False

    def is_due(self, at: float, age: float) -> bool:
        """Return whether to load new ones, from a time on and with the pause over; always once they have expired."""
        if self.is_doubted:
            return True
        now = self.clock()
        return now >= at and (is_over(self.not_before, age, PAUSE_SECONDS) or now >= self.expires_at)


def _state(credentials: Credentials, clock: Callable[[], float], old: _State | None, age: float) -> _State:
    expires_at = math.inf if credentials.expiration is None else credentials.expiration.timestamp()
    if old is not None and old.credentials == credentials:
        return old._replace(not_before=age + PAUSE_SECONDS, is_doubted=False)
    lifetime = expires_at - clock()
    advisory = min(ADVISORY_SECONDS, lifetime * _ADVISORY_SHARE)
    foreground = min(FOREGROUND_SECONDS, lifetime * _FOREGROUND_SHARE)
    return _State(credentials, clock, expires_at - advisory, expires_at - foreground, expires_at, -math.inf)


class CachedCredentials:
    """A `CredentialSource` that caches the credentials of a provider or a chain.

    Clients, threads and tasks may share it. From 15 minutes before the credentials expire, one caller renews them; from
    10 minutes before, every caller waits until one of them has. For credentials that live for less than half an hour,
    that is half and a third of their life. If the renewal fails, the old credentials stay in use while they are valid,
    and the next attempt is a minute later. The provider that returned the first credentials also returns the later
    ones: a client does not change its identity while it runs.

    Tasks wait only for tasks in their own event loop, and sync clients only for each other. If several kinds of client
    share a source, each kind may load it once.
    """

    def __init__(
        self,
        provider: ProviderLike | None = None,
        context: Callable[[], Context] | None = None,
        *,
        monotonic: Callable[[], float] = age_clock,
    ) -> None:
        """Cache the credentials of `provider`: anything that a `ProviderChain` accepts, or None for the default chain.

        `context` returns the context for providers. It is called before each load, outside the event loop, since it
        reads files. By default it uses the process's environment and the profile named there. `monotonic` returns
        seconds of a clock that never jumps, for the pauses between loads.

        Raises:
            ConfigError: `provider` is not a provider.
        """
        check_given(FUNCTION, context=context, monotonic=monotonic)
        if provider is None:
            self._chain = default_chain()
        else:
            self._chain = provider if isinstance(provider, ProviderChain) else ProviderChain([provider])
        self._context = context or _process_context
        self._monotonic = monotonic
        self._provider: Provider | None = None
        self._state: _State | None = None
        # The number of loads that have finished, and the error of the last one if it failed.
        self._last: tuple[int, CognitoIdpError | None] = (0, None)
        self._lock = Lock()
        self._renewing = new_lock()

    def get(self) -> Flow[Credentials]:
        """Return credentials that are valid now.

        Raises:
            NoCredentialsError: no credentials are configured.
            CredentialsError: credentials are configured, but can't be loaded.
        """
        state = self._state
        if state is not None and not state.is_due(state.refresh_at, self._monotonic()):
            return state.credentials
        return (yield from self._renewed())

    def _renewed(self) -> Flow[Credentials]:
        # Read before the state: a load that ends in between then counts as one that ended while this call waited.
        seen, _ = self._last
        state = self._state
        if state is None or state.is_due(state.foreground_at, self._monotonic()):
            return (yield from hold(self._lock, self._load(seen, keep=True)))
        taken: list[bool] = []
        try:
            if not take(self._renewing, 0, taken):
                return state.credentials
            return (yield from hold(self._lock, self._load(seen, keep=True)))
        finally:
            if True in taken:
                self._renewing.release()

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Return new credentials after the service rejected some as expired; the same ones if there are no others.

        Raises:
            CredentialsError: new credentials should exist, but can't be loaded.
        """
        seen, _ = self._last
        state = self._state
        if state is not None and state.credentials != rejected:
            return state.credentials
        return (yield from hold(self._lock, self._load(seen, keep=False)))

    def renew(self) -> None:
        """Ask the provider anew when credentials are needed next, whatever the clock says about the old ones.

        If that fails, the old ones stay in use while they are valid.
        """
        if self._state is not None:
            self._state = self._state._replace(is_doubted=True)

    def _load(self, seen: int, *, keep: bool) -> Flow[Credentials]:
        """Load new credentials while holding the lock; `keep` falls back to the old ones if they are still valid."""
        number, failure = self._last
        state = self._state
        if number != seen:
            # Another caller's load ended while this one waited: both share its result.
            if failure is not None:
                raise copy.copy(failure) from failure
            if state is not None and state.clock() < state.expires_at:
                return state.credentials
        try:
            state = yield from self._loaded()
        except Exception as error:
            # The error may be kept for other callers, or logged while the old credentials stay in use.
            clear_frames(error)
            if state is None or not keep or state.clock() >= state.expires_at:
                self._last = (number + 1, error if isinstance(error, CognitoIdpError) else None)
                raise
            _warn(state.credentials, error)
            state = _state(state.credentials, state.clock, state, self._monotonic())
        self._state = state
        self._last = (number + 1, None)
        return state.credentials

    def _loaded(self) -> Flow[_State]:
        context = yield from offload(self._context)
        if self._provider is None:
            provider, credentials = yield from self._chain.find(context)
        else:
            provider = self._provider
            try:
                credentials = yield from provider.load(context)
            except NotConfigured as error:
                msg = f"{provider.name} returned credentials before, but has none now: {error}"
                raise CredentialsError(msg) from error
        state = _state(credentials, context.clock, self._state, self._monotonic())
        if context.clock() >= state.expires_at:
            msg = f"{provider.name} returned credentials that expired at {credentials.expiration}"
            raise CredentialsError(msg)
        self._provider = provider
        return state


def _warn(credentials: Credentials, error: Exception) -> None:
    import logging

    logging.getLogger(__name__).warning(
        "failed to renew credentials; the old ones, which expire at %s, stay in use: %s: %s",
        credentials.expiration,
        type(error).__name__,
        error if isinstance(error, CognitoIdpError) else "",
    )


def _process_context() -> Context:
    return make_context(os.environ, clock=time.time, random=random_fraction)


def source_of(
    credentials: CredentialSource | ProviderLike | None, context: Callable[[], Context] | None = None
) -> CredentialSource:
    """Return a source for the `credentials` argument of a client; None means the default chain.

    `context` is as for `CachedCredentials`. It is ignored if `credentials` already are a source.

    Raises:
        ConfigError: `credentials` can't be used as a source.
    """
    if isinstance(credentials, Credentials):
        return StaticCredentials(credentials)
    if _is_source(credentials):
        return credentials
    return boto_credentials(credentials) or CachedCredentials(credentials, context)  # type: ignore[arg-type]  # it is not a source, see above


def _is_source(credentials: object) -> TypeGuard[CredentialSource]:
    return all(hasattr(credentials, name) for name in ("get", "replace")) and not isinstance(credentials, type)
