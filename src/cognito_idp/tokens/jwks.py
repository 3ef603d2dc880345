"""The keys of one issuer: fetched on first need, kept, and fetched again when they may have changed.

Working keys are never thrown away because a fetch failed. They are fetched again

- when a token names an unknown key, which is the sign of a rotation, but not within 10 s of the last fetch: anyone can
  send tokens that name keys nobody has;
- when they are a day old, so that a withdrawn key stops working even in a process that runs for months (aws-jwt-verify
  and others keep it until a restart). One caller waits for that fetch; the others go on with the old keys.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from .._errors import InvalidResponseError, JwksError, TokenKeyError, TransportError
from .._flow.clock import is_over
from .._flow.effects import Lock, hold, send
from .._protocol.endpoint import Endpoint
from .._protocol.foreign_json import parsed_json
from .._protocol.user_agent import LIBRARY
from .._protocol.wire import OK, HttpRequest
from .jws import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final

    from .._flow.effects import Flow
    from .._protocol.wire import Limits

MAX_AGE: Final = 24 * 3600.0
# Two keys take 1 kB.
MAX_RESPONSE_BYTES: Final = 64 * 1024

_PAUSE: Final = 10.0
# With no keys nothing works, so the next try comes soon, but not in every call.
_PAUSE_WITHOUT_KEYS: Final = 1.0
_PAUSE_WITH_OLD_KEYS: Final = 300.0


class _State(NamedTuple):
    """The state of a cache, replaced as a whole. Times are in seconds of its clock; failed fetches count as fetches."""

    keys: Mapping[str, Any]
    old_at: float
    fetches: int = 0
    fetched_at: float = -inf
    failure: str | None = None
    cause: TransportError | InvalidResponseError | None = None


class JwksCache:
    """The keys of one issuer. Safe to share between threads, and between the tasks of event loops."""

    def __init__(
        self,
        uri: str | None,
        read: Callable[[object], Mapping[str, Any]],
        limits: Limits,
        clock: Callable[[], float],
        *,
        keys: Mapping[str, Any],
        max_age: float = MAX_AGE,
    ) -> None:
        """Start with `keys`, which may be empty. `read` returns the keys of a JWK set.

        If `uri` is None, nothing is fetched. `max_age` is in seconds. `clock` returns seconds of a clock that never
        jumps: keys must not stay trusted for years because they were fetched while the date was wrong.
        """
        self._uri = uri
        self._read = read
        self._limits = limits
        self._clock = clock
        self._max_age = max_age
        self._longest = inf if uri is None else max(max_age, _PAUSE_WITH_OLD_KEYS)
        self._lock = Lock()
        self._state = _State(keys, old_at=inf if uri is None else clock() + max_age)

    def ready(self, kid: str) -> Any:
        """Return a key if it is cached and fresh, else None."""
        state = self._state
        return None if is_over(state.old_at, self._clock(), self._longest) else state.keys.get(kid)

    def renew(self) -> None:
        """Have the keys fetched again when one is needed next; they stay in use if that fails."""
        if self._uri is not None:
            self._state = self._state._replace(old_at=-inf, fetched_at=-inf)

    def key(self, kid: str) -> Flow[Any]:
        """Return a key, and fetch the keys first if needed.

        Raises:
            TokenKeyError: the issuer has no such key.
            JwksError: the keys can't be fetched.
        """
        now = self._clock()
        seen = self._state
        if kid in seen.keys and is_over(seen.old_at, now, self._longest):
            # Set before the fetch, so that other callers don't wait for it.
            self._state = seen = seen._replace(old_at=now + _PAUSE_WITH_OLD_KEYS)
            yield from hold(self._lock, self._fetch(seen))
        elif kid not in seen.keys and self._uri is not None:
            yield from hold(self._lock, self._fetch_unless_paused(seen))
        state = self._state
        if kid in state.keys:
            return state.keys[kid]
        if state.failure is not None:
            raise JwksError(state.failure) from state.cause
        msg = f"the token names the key {shown(kid)}, which is not among the {len(state.keys)} keys of its issuer"
        raise TokenKeyError(msg)

    def load(self) -> Flow[None]:
        """Fetch the keys now, unless there are fresh ones.

        Raises:
            JwksError: they can't be fetched, and there are no old ones.
        """
        seen = self._state
        if self._uri is None or (seen.keys and not is_over(seen.old_at, self._clock(), self._longest)):
            return
        yield from hold(self._lock, self._fetch(seen))
        state = self._state
        if not state.keys and state.failure is not None:
            raise JwksError(state.failure) from state.cause

    def _fetch_unless_paused(self, seen: _State) -> Flow[None]:
        pause = _PAUSE if seen.keys else _PAUSE_WITHOUT_KEYS
        if is_over(seen.fetched_at + pause, self._clock(), pause):
            yield from self._fetch(seen)

    def _fetch(self, seen: _State) -> Flow[None]:
        if self._state.fetches != seen.fetches:
            # Another caller fetched while this one waited for the lock. They share the result.
            return
        try:
            keys = yield from fetch(self._uri or "", self._read, self._limits)
        except JwksError as error:
            cause = error.__cause__
            self._state = self._state._replace(
                fetches=seen.fetches + 1,
                fetched_at=self._clock(),
                failure=str(error),
                cause=cause if isinstance(cause, TransportError | InvalidResponseError) else None,
            )
        else:
            now = self._clock()
            self._state = _State(keys, old_at=now + self._max_age, fetches=seen.fetches + 1, fetched_at=now)


def fetch(uri: str, read: Callable[[object], Mapping[str, Any]], limits: Limits) -> Flow[Mapping[str, Any]]:
    """Fetch a JWK set and return its keys.

    Raises:
        JwksError: no answer came, or the answer has no keys.
    """
    headers = (
        ("host", Endpoint(uri, None).host),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("user-agent", LIBRARY),
    )
    try:
        response = yield from send(HttpRequest("GET", uri, headers, b"", limits))
    except (TransportError, InvalidResponseError) as error:
        msg = f"the keys at {uri} can't be fetched: {error}"
        raise JwksError(msg) from error
    if response.status_code != OK:
        msg = f"the keys at {uri} can't be fetched: it answered with HTTP status {response.status_code}"
        raise JwksError(msg)
    try:
        keys = read(parsed_json(response.body))
    except ValueError:
        keys = {}
    if not keys:
        msg = f"the answer from {uri} is not a JWK set with an RSA key for signatures"
        raise JwksError(msg)
    return keys
