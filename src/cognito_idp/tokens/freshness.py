"""When a token is due to be replaced: its own times, the margin before its end, the pause after a failure.

It also checks the arguments that all sessions take.
"""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Any, Final

from .._call.base_client import BaseClient
from .._errors import ConfigError, TokenError
from .._protocol.arguments import NUMBER, check, instance_of
from .jws import MAX_TOKEN_BYTES, read_object, split

DEFAULT_MARGIN: Final = 60.0
PAUSE_AFTER_FAILURE: Final = 5.0
# The margin is at most this part of a token's life, or a token that lives no longer than it would be due at once.
_MARGIN_SHARE: Final = 0.5
_LAST_TIME: Final = 2**53


def margin_for(margin: float, lifetime: float | None) -> float:
    """Return how many seconds before its end a token is due, if it is good for `lifetime` seconds in all."""
    if lifetime is None or lifetime >= margin / _MARGIN_SHARE:
        return margin
    return max(lifetime, 0) * _MARGIN_SHARE


def lifetime_of(token: str) -> float | None:
    """Return for how many seconds a token is good in all, as far as it says so."""
    issued_at, expires_at = time_of(token, "iat"), time_of(token, "exp")
    return None if issued_at is None or expires_at is None else expires_at - issued_at


def time_of(token: str, claim: str) -> float | None:
    """Return a time that a token names, unverified: it decides nothing but when to replace the token.

    It may have a fraction (RFC 7519, section 2, NumericDate). A time that no float holds exactly counts as missing.
    """
    try:
        seconds: Any = read_object(split(token, MAX_TOKEN_BYTES).payload, "payload").get(claim)
    except TokenError:
        return None
    is_time = type(seconds) is int or type(seconds) is float
    return seconds if is_time and abs(seconds) <= _LAST_TIME else None


def check_margin(margin: float) -> None:
    """Check a session's `margin=`.

    Raises:
        ConfigError: it is not a number, or negative.
    """
    check(NUMBER, margin=margin)
    if not margin >= 0:
        msg = f"margin={margin!r} must be a number, 0 or more"
        raise ConfigError(msg)


def check_client(client: object, session: object) -> None:
    """Check that a session and its client are both sync, or both async.

    Raises:
        ConfigError: they aren't, or it is not a client.
    """
    is_async = iscoroutinefunction(getattr(session, "refresh"))  # noqa: B009 - both kinds of session have it
    expected = "an AsyncClient" if is_async else "a Client"
    if isinstance(client, BaseClient) and iscoroutinefunction(getattr(client, "_run")) != is_async:  # noqa: B009
        name = type(session).__name__
        other = name.removeprefix("Async") if is_async else f"Async{name}"
        msg = f"client= takes {expected}, not {type(client).__name__}; {other} takes that"
        raise ConfigError(msg)
    check(instance_of(BaseClient, expected), client=client)
