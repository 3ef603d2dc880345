"""Flows that get tokens for an app client, and keep each until shortly before its end.

A token that is lost can be asked for again. So a caller who leaves breaks off the request, and the next one makes
another.
"""

from __future__ import annotations

import copy
import json
from hashlib import sha256
from math import inf
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from .._call.invoke import invoke
from .._errors import CognitoIdpError, ConfigError, InvalidResponseError
from .._flow.clock import age_clock, is_over
from .._flow.effects import Lock, hold
from .._flow.locks import new_lock
from .._protocol.arguments import TEXT, check_given
from .._protocol.redaction import Opaque
from .._protocol.tracebacks import clear_frames
from .._structs.convert import to_wire
from ..types import GetClientTokenRequest
from . import names
from .freshness import PAUSE_AFTER_FAILURE, lifetime_of, margin_for, time_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._call.options import Options
    from .._flow.effects import Flow
    from .._protocol.app_client import AppClient
    from ..types import GetDerivedTokenRequest
    from .names import Names
    from .token_endpoint import HasEndpoint, TokenEndpoint

# How many exchanged tokens are kept; the one that was used longest ago goes first.
MOST_EXCHANGED: Final = 1000
_SWEEP_SECONDS: Final = 60.0
# What a token is good for that nobody knows the life of: the shortest that a user pool can give an access token
# (API reference, CreateUserPoolClient, AccessTokenValidity).
_SHORTEST_LIFE: Final = 5 * 60.0
# No token is kept for longer, whatever an answer says. It is the longest that a user pool can give.
_LONGEST_LIFE: Final = 24 * 3600.0

# A token, for how many seconds it is good as far as the answer says, and when it ends at the latest.
Answer: TypeAlias = tuple[Opaque[str], float | None, float]


@attrs.frozen
class _Kept:
    """A token, its end by two clocks, its life in seconds, and how many of them before its end a new one is due."""

    token: Opaque[str]
    ends_at: float
    ends_at_age: float
    life: float
    margin: float


class KeptToken:
    """One token, replaced when it is due. Safe to share between threads and between tasks.

    A token ends by whichever clock comes first: the client's, or the one for ages. Where both say that more is left
    than the token's whole life, they were ahead when it came, and it counts as ended.
    """

    def __init__(self, options: Options, margin: float, age: Callable[[], float]) -> None:
        """Begin without a token. `age` returns seconds of a clock for ages (`_flow/clock.py`)."""
        self._options = options
        self._margin = margin
        self._age = age
        self._kept: _Kept | None = None
        # The number of fetches that have ended, and the error of the last one if it failed.
        self._last: tuple[int, CognitoIdpError | None] = (0, None)
        self._lock = Lock()
        self._next_try = -inf

    def fresh(self, fetch: Callable[[], Flow[Answer]]) -> Flow[str]:
        """Return the token; fetch one first if there is none, or if it is due.

        While the old token is good, one caller fetches and the others go on with it; so does that one if the fetch
        fails.

        Raises:
            CognitoIdpError: a fetch was needed and failed.
        """
        # Read before the token: a fetch that ends in between then counts as one that ended while this call waited.
        seen, _ = self._last
        kept = self._kept
        if kept is not None:
            remaining = self._remaining(kept)
            now = self._age()
            if remaining > kept.margin or (remaining > 0 and not is_over(self._next_try, now, PAUSE_AFTER_FAILURE)):
                return kept.token.value
            # Set before the fetch, so that other callers don't wait for it.
            self._next_try = now + PAUSE_AFTER_FAILURE
        try:
            return (yield from self._replaced(fetch, seen))
        except CognitoIdpError:
            self._next_try = self._age() + PAUSE_AFTER_FAILURE
            if kept is None or self._remaining(kept) <= 0:
                raise
        return kept.token.value

    def refresh(self, fetch: Callable[[], Flow[Answer]]) -> Flow[str]:
        """Fetch a new token now. Concurrent callers share one fetch.

        Raises:
            CognitoIdpError: the fetch failed.
        """
        seen, _ = self._last
        return (yield from self._replaced(fetch, seen))

    def is_empty(self) -> bool:
        """Return whether there has been no token yet."""
        return self._kept is None

    def has_ended(self) -> bool:
        """Return whether there is a token that has ended."""
        kept = self._kept
        return kept is not None and self._remaining(kept) <= 0

    def _remaining(self, kept: _Kept) -> float:
        remaining = min(kept.ends_at - self._options.clock(), kept.ends_at_age - self._age())
        return 0.0 if is_over(remaining, 0.0, kept.life) else remaining

    def _replaced(self, fetch: Callable[[], Flow[Answer]], seen: int) -> Flow[str]:
        return hold(self._lock, self._fetched(fetch, seen), self._options.timeout.total)

    def _fetched(self, fetch: Callable[[], Flow[Answer]], seen: int) -> Flow[str]:
        number, failure = self._last
        if number != seen:
            # Another caller's fetch ended while this one waited: both share its result.
            if failure is not None:
                raise copy.copy(failure) from failure
            if self._kept is not None and not self.has_ended():
                return self._kept.token.value
        # The life begins before the request: the answer may have been long on its way.
        now, age = self._options.clock(), self._age()
        try:
            token, expires_in, until = yield from fetch()
        except CognitoIdpError as error:
            clear_frames(error)
            self._last = (number + 1, error)
            raise
        life = _life(token.value, expires_in, now)
        margin = margin_for(self._margin, life)
        if life > until - now:
            # The next one would end then, too.
            life, margin = until - now, 0.0
        self._kept = _Kept(token, now + life, age + life, life, margin)
        self._last = (number + 1, None)
        self._next_try = -inf
        return token.value


def _life(token: str, expires_in: float | None, now: float) -> float:
    life = lifetime_of(token) if expires_in is None else expires_in
    if life is None:
        end = time_of(token, "exp")
        life = _SHORTEST_LIFE if end is None else end - now
    return max(0.0, min(life, _LONGEST_LIFE))


class MachineKeeper:
    """The tokens of one app client: its own, and those that it got for others' by exchange."""

    def __init__(
        self, ask: Callable[[], Flow[Answer]], options: Options, margin: float, age: Callable[[], float] = age_clock
    ) -> None:
        """Begin without tokens. `ask` fetches the app client's own; `margin` is in seconds before a token's end."""
        self._ask = ask
        self._options = options
        self._margin = margin
        self._age = age
        self._own = KeptToken(options, margin, age)
        # By a digest of the request, the one used longest ago first.
        self._exchanged: dict[bytes, KeptToken] = {}
        self._next_sweep = -inf
        self._lock = new_lock()

    def fresh(self) -> Flow[str]:
        """Return the app client's own token."""
        return self._own.fresh(self._ask)

    def refresh(self) -> Flow[str]:
        """Fetch the app client's own token again."""
        return self._own.refresh(self._ask)

    def exchanged(self, request: GetDerivedTokenRequest) -> Flow[str]:
        """Return the token that a request brings, or brought before."""
        key = sha256(json.dumps(to_wire(request), sort_keys=True).encode()).digest()
        with self._lock:
            entry = self._entry(key)
        try:
            return (yield from entry.fresh(lambda: _derived(request, self._options)))
        finally:
            # An exchange that brought nothing takes no room: else a thousand bad ones would push out the good tokens.
            if entry.is_empty():
                with self._lock:
                    if self._exchanged.get(key) is entry:
                        del self._exchanged[key]

    def _entry(self, key: bytes) -> KeptToken:
        """Find or make an entry, which is then the one used last."""
        entries = self._exchanged
        entry = entries.pop(key, None)
        if entry is None:
            now = self._age()
            if is_over(self._next_sweep, now, _SWEEP_SECONDS):
                self._next_sweep = now + _SWEEP_SECONDS
                for ended in [other for other, old in entries.items() if old.has_ended()]:
                    del entries[ended]
            if len(entries) >= MOST_EXCHANGED:
                del entries[next(iter(entries))]
            entry = KeptToken(self._options, self._margin, self._age)
        entries[key] = entry
        return entry


def listed(scopes: Names | None) -> tuple[str, ...] | None:
    """Return the scopes that a session asks for, in one order; None leaves them to the service.

    Raises:
        ConfigError: there are none, or they are not strings.
    """
    if scopes is None:
        return None
    ordered = tuple(sorted(names.scopes(scopes, "scopes")))
    if not ordered:
        msg = "scopes= is empty; leave it out to get what the app client allows"
        raise ConfigError(msg)
    return ordered


def asking(
    app: AppClient,
    scopes: Names | None,
    endpoint: TokenEndpoint | HasEndpoint | None,
    resource: str | None,
    options: Options,
) -> Callable[[], Flow[Answer]]:
    """Return what gets an app client's own token: by GetClientToken, or from the token endpoint of the pool's domain.

    Raises:
        ConfigError: the app client has no secret, or a setting can't be used.
        RequestValidationError: the secret or the scopes are out of bounds.
    """
    ordered = listed(scopes)
    check_given(TEXT, resource=resource)
    if app.client_secret is None:
        msg = "app= needs its client_secret, by which an app client proves that it asks for itself"
        raise ConfigError(msg)
    if endpoint is not None:
        from .token_endpoint import endpoint_of

        token_endpoint = endpoint_of(endpoint, app, "endpoint")
        return lambda: _granted(token_endpoint, ordered or (), resource, options)
    if resource is not None:
        msg = "resource= needs endpoint=: GetClientToken issues no token for a resource"
        raise ConfigError(msg)
    request = GetClientTokenRequest(client_id=app.client_id, secret=app.client_secret, scopes=ordered)
    return lambda: _asked(request, options)


def _granted(endpoint: TokenEndpoint, scopes: tuple[str, ...], resource: str | None, options: Options) -> Flow[Answer]:
    result = yield from endpoint.client_credentials_grant(options, scopes, resource)
    return Opaque(result.access_token or ""), result.expires_in, inf


def _asked(request: GetClientTokenRequest, options: Options) -> Flow[Answer]:
    result = (yield from invoke(request, options)).client_authentication_result
    if result is None or not result.access_token:
        msg = "it has no access token"
        raise InvalidResponseError(msg, operation=request.operation.name)
    return Opaque(result.access_token), result.expires_in, inf


def _derived(request: GetDerivedTokenRequest, options: Options) -> Flow[Answer]:
    answer = yield from invoke(request, options)
    if not answer.issued_token:
        msg = "it has no token"
        raise InvalidResponseError(msg, operation=request.operation.name)
    # What a token was exchanged for is not handed out after its end, when the service would refuse the exchange.
    ends = (time_of(token, "exp") for token in (request.subject_token, request.actor_token) if token is not None)
    until = min((end for end in ends if end is not None), default=inf)
    return Opaque(answer.issued_token), answer.expires_in, until
