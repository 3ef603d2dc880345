"""Credentials that are loaded once and renewed in time, however many threads and tasks ask for them."""

from __future__ import annotations

import copy
import math
import os
import random
import time
from typing import TYPE_CHECKING, Final, NamedTuple, TypeGuard

from .._errors import CognitoIdpError, CredentialsError
from .._flow.effects import Lock, hold, offload
from .._protocol.frames import clear_frames
from .chain import ProviderChain, default_chain
from .provider import NotConfigured, make_context
from .types import Credentials, StaticCredentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._flow.effects import Flow
    from .chain import ProviderLike
    from .provider import Context, Provider
    from .types import CredentialSource

# From here on one caller renews the credentials, while the others go on with those that there are.
ADVISORY_SECONDS: Final = 15 * 60
# From here on every caller waits for new ones.
FOREGROUND_SECONDS: Final = 10 * 60
# How long to leave the provider alone after it gave credentials that are about to expire, or none.
PAUSE_SECONDS: Final = 60


class _State(NamedTuple):
    """Credentials, and when to do what about them, in seconds since 1970 on their clock."""

    credentials: Credentials
    clock: Callable[[], float]
    refresh_at: float
    foreground_at: float
    expires_at: float


def _state(credentials: Credentials, clock: Callable[[], float]) -> _State:
    now = clock()
    expires_at = math.inf if credentials.expiration is None else credentials.expiration.timestamp()
    refresh_at, foreground_at = (
        min(max(expires_at - seconds, now + PAUSE_SECONDS), expires_at)
        for seconds in (ADVISORY_SECONDS, FOREGROUND_SECONDS)
    )
    return _State(credentials, clock, refresh_at, foreground_at, expires_at)


class CachedCredentials:
    """A `CredentialSource` over a provider or a chain. Clients, threads and tasks may share it.

    Credentials are renewed from 15 minutes before they expire by one caller, and from 10 minutes before by all, who
    wait for one of them. If that fails, those that there are stay in use as long as they are good, and the next try is
    a minute later. The provider that gave the first credentials gives the later ones, too: a client does not turn into
    someone else while it runs.

    Tasks wait only for tasks of their own event loop, and sync clients for each other: a source that several kinds of
    client share may be loaded once by each.
    """

    def __init__(self, provider: ProviderLike | None = None, context: Callable[[], Context] | None = None) -> None:
        """Take a provider as it may stand in a `ProviderChain`; None is the default chain.

        `context` makes what providers may look at. It is called before each load, off the event loop, since it reads
        files. None: the process's environment and the profile that this names.

        Raises:
            ConfigError: `provider` is none.
        """
        if provider is None:
            self._chain = default_chain()
        else:
            self._chain = provider if isinstance(provider, ProviderChain) else ProviderChain([provider])
        self._context = context or _process_context
        self._found: Provider | None = None
        self._state: _State | None = None
        # The number of loads that have come to their end, and how the last one failed.
        self._last: tuple[int, CognitoIdpError | None] = (0, None)
        self._lock = Lock()
        self._renewing = Lock()

    def get(self) -> Flow[Credentials]:
        """Return credentials that are good now.

        Raises:
            NoCredentialsError: none are configured.
            CredentialsError: they are configured, and can't be had.
        """
        state = self._state
        if state is not None and state.clock() < state.refresh_at:
            return state.credentials
        return (yield from self._renewed())

    def _renewed(self) -> Flow[Credentials]:
        # Read before the state: a load that ends in between is then taken for one that ended while this call waited.
        seen, _ = self._last
        state = self._state
        if state is None or state.clock() >= state.foreground_at:
            return (yield from hold(self._lock, self._load(seen, keep=True)))
        renewing = self._renewing.for_threads
        if not renewing.acquire(blocking=False):
            return state.credentials
        try:
            return (yield from hold(self._lock, self._load(seen, keep=True)))
        finally:
            renewing.release()

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Return other credentials after the service refused some as expired; the same ones if there are no others.

        Raises:
            CredentialsError: there should be others, and they can't be had.
        """
        seen, _ = self._last
        state = self._state
        if state is not None and state.credentials != rejected:
            return state.credentials
        return (yield from hold(self._lock, self._load(seen, keep=False)))

    def _load(self, seen: int, *, keep: bool) -> Flow[Credentials]:
        """Load new credentials, holding the lock; `keep` those that there are if that fails and they are still good."""
        number, failure = self._last
        state = self._state
        if number != seen:
            # While this caller waited, another one's load came to its end: its result is the result of both.
            if failure is not None:
                raise copy.copy(failure) from failure
            if state is not None and state.clock() < state.expires_at:
                return state.credentials
        try:
            state = yield from self._loaded()
        except Exception as error:
            # It may be kept for other callers, and is logged where the old credentials are good for a while.
            clear_frames(error)
            if state is None or not keep or state.clock() >= state.expires_at:
                self._last = (number + 1, error if isinstance(error, CognitoIdpError) else None)
                raise
            _warn(state.credentials, error)
            state = _state(state.credentials, state.clock)
        self._state = state
        self._last = (number + 1, None)
        return state.credentials

    def _loaded(self) -> Flow[_State]:
        context = yield from offload(self._context)
        if self._found is None:
            provider, credentials = yield from self._chain.find(context)
        else:
            provider = self._found
            try:
                credentials = yield from provider.load(context)
            except NotConfigured as error:
                msg = f"{provider.name}, where the credentials came from before, has none any more: {error}"
                raise CredentialsError(msg) from error
        state = _state(credentials, context.clock)
        if context.clock() >= state.expires_at:
            msg = f"{provider.name} gave credentials that expired at {credentials.expiration}"
            raise CredentialsError(msg)
        self._found = provider
        return state


def _warn(credentials: Credentials, error: Exception) -> None:
    import logging

    logging.getLogger(__name__).warning(
        "credentials could not be renewed; those that expire at %s stay in use: %s: %s",
        credentials.expiration,
        type(error).__name__,
        error if isinstance(error, CognitoIdpError) else "",
    )


def _process_context() -> Context:
    return make_context(os.environ, clock=time.time, random=random.random)


def source_of(
    given: CredentialSource | ProviderLike | None, context: Callable[[], Context] | None = None
) -> CredentialSource:
    """Return a source for whatever a client may be given as its credentials; None means the default chain.

    `context` is as for `CachedCredentials`, and counts for what is no source yet.

    Raises:
        ConfigError: it is nothing of the kind.
    """
    if isinstance(given, Credentials):
        return StaticCredentials(given)
    if _is_source(given):
        return given
    return CachedCredentials(given, context)  # type: ignore[arg-type]  # it is no source, as was just seen


def _is_source(given: object) -> TypeGuard[CredentialSource]:
    return hasattr(given, "get") and hasattr(given, "replace")
