"""The keys of one issuer: fetched on first need, kept, and fetched again when they may have changed.

Working keys are never thrown away because a fetch failed. They are fetched again

- when a token names an unknown key, which is the sign of a rotation, but not within 10 s of the last fetch: anyone can
  send tokens that name keys nobody has;
- when they are a day old, so that a withdrawn key stops working even in a process that runs for months (aws-jwt-verify
  and others keep it until a restart). One caller waits for that fetch; the others go on with the old keys.

A fetch goes on if its caller leaves, so that nobody can begin one after the other by requests that they break off.
"""

from __future__ import annotations

import logging
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from .._errors import CognitoIdpError, ConfigError, JwksError, TokenKeyError
from .._flow.clock import is_over
from .._flow.effects import Lock, UnderWay, finish, hold, send
from .._flow.locks import new_lock
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
    renewals: int = 0
    fetches: int = 0
    fetched_at: float = -inf
    failure: str | None = None
    cause: CognitoIdpError | None = None


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

        If `uri` is None, nothing is fetched. `max_age` is in seconds. `clock` returns seconds of a clock for ages
        (`_flow/clock.py`): keys must not stay trusted for years because they were fetched while the date was wrong.
        """
        self._uri = uri
        self._read = read
        self._limits = limits
        self._clock = clock
        self._max_age = max_age
        self._longest = inf if uri is None else max(max_age, _PAUSE_WITH_OLD_KEYS)
        # One fetch at a time; what is under way goes on without the caller that has the lock.
        self._lock = Lock()
        self._under_way = UnderWay()
        self._state = _State(keys, old_at=inf if uri is None else clock() + max_age)
        self._changes = new_lock()

    def ready(self, kid: str) -> Any:
        """Return a key if it is cached and fresh, else None."""
        state = self._state
        return None if is_over(state.old_at, self._clock(), self._longest) else state.keys.get(kid)

    def renew(self) -> None:
        """Have the keys fetched again when one is needed next; they stay in use if that fails."""
        if self._uri is not None:
            with self._changes:
                state = self._state
                self._state = state._replace(old_at=-inf, fetched_at=-inf, renewals=state.renewals + 1)
                # Nobody waits any more for what was under way.
                self._lock, self._under_way = Lock(), UnderWay()

    def key(self, kid: str) -> Flow[Any]:
        """Return a key, and fetch the keys first if needed.

        Raises:
            TokenKeyError: the issuer has no such key.
            JwksError: the keys can't be fetched.
        """
        seen = self._state
        if kid in seen.keys:
            if is_over(seen.old_at, self._clock(), self._longest):
                yield from self._looked_at_again(seen)
        elif self._uri is not None:
            yield from self._looked_for(seen)
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
        yield from self._fetched(seen)
        state = self._state
        if not state.keys and state.failure is not None:
            raise JwksError(state.failure) from state.cause

    def _looked_at_again(self, seen: _State) -> Flow[None]:
        """Fetch old keys again, unless another caller does."""
        # Set before the fetch, so that other callers don't wait for it.
        waiting = seen._replace(old_at=self._clock() + _PAUSE_WITH_OLD_KEYS)
        if not self._replace(seen, waiting):
            return
        try:
            yield from self._fetched(waiting)
        except Exception as error:  # noqa: BLE001 - old keys stay in use, whatever went wrong
            logging.getLogger(__name__).warning("%s can't be fetched again: %s", self._uri, type(error).__name__)
        except BaseException:
            # Who leaves before the fetch has begun puts nothing off.
            self._replace(waiting, seen)
            raise

    def _looked_for(self, seen: _State) -> Flow[None]:
        """Fetch keys, of which one is unknown, unless that was done a moment ago."""
        pause = _PAUSE if seen.keys else _PAUSE_WITHOUT_KEYS
        now = self._clock()
        if not is_over(seen.fetched_at + pause, now, pause):
            return
        if seen.failure is not None and not seen.keys:
            # One caller tries again, and the others don't wait for it: an issuer may be out of reach for good, and
            # anyone can send tokens that name it.
            trying = seen._replace(fetched_at=now)
            if not self._replace(seen, trying):
                return
            seen = trying
        yield from self._fetched(seen)

    def _fetched(self, seen: _State) -> Flow[None]:
        lock, under_way = self._lock, self._under_way
        return hold(lock, self._unless_changed(seen, under_way))

    def _unless_changed(self, seen: _State, under_way: UnderWay) -> Flow[None]:
        if self._state.fetches == seen.fetches:
            yield from finish(self._fetch(seen), under_way, tasks_only=True)
        # Otherwise another caller fetched while this one waited for the lock. They share the result.

    def _fetch(self, seen: _State) -> Flow[None]:
        try:
            keys = yield from fetch(self._uri or "", self._read, self._limits)
        except Exception as error:
            cause = error.__cause__
            self._ended(
                seen,
                failure=str(error) if isinstance(error, JwksError) else f"the keys at {self._uri} can't be fetched",
                cause=cause if isinstance(cause, CognitoIdpError) else None,
            )
            if not isinstance(error, JwksError):
                raise
        else:
            self._ended(seen, keys=keys, old_at=self._clock() + self._max_age, failure=None, cause=None)

    def _ended(self, seen: _State, **changes: Any) -> None:
        with self._changes:
            state = self._state
            if state.renewals == seen.renewals:
                self._state = state._replace(fetches=seen.fetches + 1, fetched_at=self._clock(), **changes)
            elif state.fetches == seen.fetches:
                # The keys were renewed meanwhile: what came is for those who waited, and is fetched again for others.
                self._state = state._replace(**changes | {"old_at": -inf})

    def _replace(self, seen: _State, new: _State) -> bool:
        """Replace a state, and return whether it was the current one."""
        with self._changes:
            is_current = self._state is seen
            if is_current:
                self._state = new
            return is_current


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
    except ConfigError:
        raise
    except CognitoIdpError as error:
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
