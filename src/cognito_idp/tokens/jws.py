"""Reading a signed token strictly: the compact form of RFC 7515, and JSON without two readings.

PyJWT's own reader is not used: it takes JSON that has a member twice (the last one counts there, the first one
elsewhere), and older versions pass over characters between the base64 digits. Whatever is read here, PyJWT reads too,
and in the same way.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from json import JSONDecoder
from typing import TYPE_CHECKING, Any, NamedTuple

from .._errors import TokenAlgorithmError, TokenFormatError, TokenKeyError, TokenTooLargeError

if TYPE_CHECKING:
    from typing import Final

ALGORITHM: Final = "RS256"
MAX_TOKEN_BYTES: Final = 16 * 1024

# A signature may be missing here, so that `alg: none` is refused for what it is.
_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")
_JWS_PARTS: Final = 3
_JWE_PARTS: Final = 5
_SHOWN: Final = 120


class Parts(NamedTuple):
    """The three parts of a token, still encoded."""

    header: str
    payload: str
    signature: str

    def __repr__(self) -> str:
        """Show sizes only: the parts are the token."""
        return f"Parts({', '.join(f'{name}={len(part)} characters' for name, part in self._asdict().items())})"


def split(token: str, max_bytes: int) -> Parts:
    """Take a token apart.

    Raises:
        TokenTooLargeError: it is longer than `max_bytes`.
        TokenFormatError: it doesn't have the form of a signed token.
    """
    if not isinstance(token, str):
        msg = f"a token is a str, not {type(token).__name__}"
        raise TokenFormatError(msg)
    if len(token) > max_bytes:
        msg = f"the token is {len(token):,} characters long, and at most {max_bytes:,} are read"
        raise TokenTooLargeError(msg)
    found = _FORM.fullmatch(token)
    if found is None:
        raise TokenFormatError(_problem(token))
    return Parts(*found.groups())


def _problem(token: str) -> str:
    """Say why a text is no token."""
    if token[:7].lower() == "bearer ":
        return "the token begins with 'Bearer '; pass what follows that"
    count = token.count(".") + 1
    if count == _JWE_PARTS:
        return "the token is encrypted (5 parts): it may be a refresh token, which only Cognito can read"
    if count != _JWS_PARTS:
        return f"a signed token has 3 parts with dots between, this one has {count}"
    return "the token holds characters that base64url doesn't have, or lacks its header or payload"


# How many base64 digits stand in the last, unfinished group of four: what must be added, and the digits that may be the
# last one. Any other digit has bits set that are thrown away, and so would be a second spelling of the same bytes.
_PADDING: Final = ("", "", "==", "=")
_LAST: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")


def decode(part: str, name: str) -> bytes:
    """Decode a part in base64url; there is one spelling for each sequence of bytes, and only that is taken.

    Raises:
        TokenFormatError: this is another one. The text calls it `name`.
    """
    rest = len(part) % 4
    if rest and part[-1] not in _LAST[rest]:
        msg = f"the token's {name} is not base64url as RFC 7515 has it"
        raise TokenFormatError(msg)
    return a2b_base64(part.replace("-", "+").replace("_", "/") + _PADDING[rest])


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        msg = "a member stands there twice"
        raise ValueError(msg)
    return found


def _refuse(constant: str) -> Any:
    msg = f"{constant} is no JSON"
    raise ValueError(msg)


_JSON: Final = JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def read_object(part: str, name: str) -> dict[str, Any]:
    """Decode a part that holds a JSON object in UTF-8.

    Raises:
        TokenFormatError: it doesn't, or one of its objects has a member twice. The text calls the part `name`.
    """
    data = decode(part, name)
    try:
        found = _JSON.decode(data.decode())
    except (ValueError, RecursionError):
        # Raised below, where the decoder's error, which holds the whole text, is not attached to ours.
        found = None
    if type(found) is not dict:
        msg = f"the token's {name} is no JSON object in UTF-8, or has a member twice"
        raise TokenFormatError(msg)
    return found


def read_key_id(header: str) -> str:
    """Return the `kid` of a header, which must be one of a token signed with RS256.

    Nothing else is taken from a header: a key or the address of one in it (`jwk`, `jku`, `x5c`, ...) is ignored.

    Raises:
        TokenAlgorithmError: `alg` is missing, or not RS256.
        TokenKeyError: `kid` is missing, or no string.
        TokenFormatError: it is no header, or asks for an extension to be understood (`crit`, `b64`).
    """
    found = read_object(header, "header")
    algorithm = found.get("alg")
    if algorithm != ALGORITHM:
        msg = f"the token's alg is {shown(algorithm)}; Cognito signs with {ALGORITHM}, and nothing else is accepted"
        raise TokenAlgorithmError(msg)
    for extension in ("crit", "b64"):
        if extension in found:
            msg = f"the token's header has {extension!r}, an extension that Cognito doesn't use"
            raise TokenFormatError(msg)
    key_id = found.get("kid")
    if not isinstance(key_id, str) or not key_id:
        msg = "the token's header has no kid, so there is no telling which key signed it"
        raise TokenKeyError(msg)
    return key_id


def shown(value: object) -> str:
    """Return a value of a token as one short line of ASCII, for an error that can't do without it."""
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
