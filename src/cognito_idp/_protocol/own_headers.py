"""A caller's own headers: which names and values may be sent. Loaded only for a client that has some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from .._errors import ConfigError

if TYPE_CHECKING:
    from .wire import Headers

# Headers that say how to read the message, who sends it or where it goes. No caller sets them.
_PROTOCOLS_OWN: Final = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "date",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
_PROTOCOLS_OWN_PREFIXES: Final = ("amz-sdk-", "content-", "proxy-", "x-amz-")
# RFC 9110, 5.6.2 and 5.5, without characters outside ASCII.
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE: Final = re.compile(r"([!-~]([ -~]*[!-~])?)?")


def own_headers(headers: Mapping[str, str]) -> Headers:
    """Return a caller's own headers with lower-case names.

    Raises:
        ConfigError: a name or a value can't be sent, or the name is the protocol's own. No value is shown.
    """
    problem = _problem_with(headers)
    if problem is not None:
        raise ConfigError(problem)
    return tuple((name.lower(), value) for name, value in headers.items())


def _problem_with(headers: Mapping[str, str]) -> str | None:
    if not isinstance(headers, Mapping):
        return f"headers= is a mapping of names to values, not {type(headers).__name__}"
    seen = set()
    for name, value in headers.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return "headers= has a name with characters other than letters, digits and -, or none"
        lower = name.lower()
        # Some servers take one for the other.
        dashed = lower.replace("_", "-")
        if dashed in _PROTOCOLS_OWN or dashed.startswith(_PROTOCOLS_OWN_PREFIXES):
            return f"headers= can't set {name!r}: it belongs to the protocol"
        if lower in seen:
            return f"headers= has {name!r} twice"
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            return f"headers= has a value for {name!r} that is not visible ASCII text, without spaces around it"
        seen.add(lower)
    return None
