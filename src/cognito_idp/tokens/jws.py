"""A strict reader of signed tokens: the compact form of RFC 7515, and unambiguous JSON.

PyJWT's own reader accepts duplicate members in JSON (it takes the last one; other readers take the first), and its
older versions ignore characters between the base64 digits. PyJWT reads everything that this module accepts, with the
same result.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from json import JSONDecoder
from typing import TYPE_CHECKING, Any, NamedTuple

from .._errors import TokenAlgorithmError, TokenFormatError, TokenKeyError, TokenTooLargeError
from .._protocol.foreign_json import check_depth

if TYPE_CHECKING:
    from typing import Final

ALGORITHM: Final = "RS256"
MAX_TOKEN_BYTES: Final = 16 * 1024
# RFC 7518, 3.3: smaller keys must not be used.
MIN_KEY_BITS: Final = 2048

# The signature may be missing here, so that `alg: none` is refused because of its algorithm.
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
        # Sizes only: the parts are the token.
        return f"Parts({', '.join(f'{name}={len(part)} characters' for name, part in self._asdict().items())})"


def split(token: str, max_bytes: int) -> Parts:
    """Split a token into its parts.

    Raises:
        TokenTooLargeError: it is longer than `max_bytes`.
        TokenFormatError: it doesn't have the form of a signed token.
    """
    if not isinstance(token, str):
        msg = f"a token is a string, not {type(token).__name__}"
        raise TokenFormatError(msg)
    if len(token) > max_bytes:
        msg = f"the token is {len(token):,} characters long; the limit is {max_bytes:,}"
        raise TokenTooLargeError(msg)
    match = _FORM.fullmatch(token)
    if match is None:
        raise TokenFormatError(_problem(token))
    return Parts(*match.groups())


def _problem(token: str) -> str:
    """Say why a text is not a token."""
    if token[:7].lower() == "bearer ":
        return "the token begins with 'Bearer '; pass what follows that"
    count = token.count(".") + 1
    if count == _JWE_PARTS:
        return "the token is encrypted (5 parts): it may be a refresh token, which only Cognito can read"
    if count != _JWS_PARTS:
        return f"a signed token has 3 parts separated by dots; this one has {count}"
    return "the token has characters outside base64url, or lacks its header or payload"


# By the number of base64 digits in the last, incomplete group of four: the padding, and the allowed last digits. Any
# other last digit sets bits that are thrown away, so it would be a second spelling of the same bytes.
_PADDING: Final = ("", "", "==", "=")
_LAST: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")


def decode(part: str, name: str) -> bytes:
    """Decode a part in base64url. Only one spelling of each sequence of bytes is accepted.

    Raises:
        TokenFormatError: the part is not base64url, or spelled another way. The message calls it `name`.
    """
    rest = len(part) % 4
    if rest and part[-1] not in _LAST[rest]:
        msg = f"the token's {name} is not valid base64url (RFC 7515)"
        raise TokenFormatError(msg)
    return a2b_base64(part.replace("-", "+").replace("_", "/") + _PADDING[rest])


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(members)
    if len(unique) != len(members):
        msg = "duplicate member"
        raise ValueError(msg)
    return unique


def _refuse(constant: str) -> Any:
    msg = f"{constant} is not JSON"
    raise ValueError(msg)


_JSON: Final = JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def read_object(part: str, name: str) -> dict[str, Any]:
    """Decode a part that holds a JSON object in UTF-8.

    Raises:
        TokenFormatError: it holds something else, or an object has a duplicate member. The message calls it `name`.
    """
    data = decode(part, name)
    try:
        text = data.decode()
        check_depth(text)
        members = _JSON.decode(text)
    except ValueError:
        # Raised below: the decoder's error holds the whole text, and must not become the context of ours.
        members = None
    if type(members) is not dict:
        msg = f"the token's {name} is not a JSON object in UTF-8, has a duplicate member, or is nested too deeply"
        raise TokenFormatError(msg)
    return members


def read_key_id(header: str) -> str:
    """Return the `kid` of the header of a token signed with RS256.

    Nothing else in the header is used: a key or a key's address (`jwk`, `jku`, `x5c`, ...) is ignored.

    Raises:
        TokenAlgorithmError: `alg` is missing or not RS256.
        TokenKeyError: `kid` is missing, empty or not a string.
        TokenFormatError: it is not a header, or it requires an extension (`crit`, `b64`).
    """
    members = read_object(header, "header")
    algorithm = members.get("alg")
    if algorithm != ALGORITHM:
        msg = f"the token's alg is {shown(algorithm)}; Cognito signs with {ALGORITHM}, and nothing else is accepted"
        raise TokenAlgorithmError(msg)
    for extension in ("crit", "b64"):
        if extension in members:
            msg = f"the token's header has {extension!r}, an extension that Cognito doesn't use"
            raise TokenFormatError(msg)
    key_id = members.get("kid")
    if not isinstance(key_id, str) or not key_id:
        msg = "the token's header has no kid, so it doesn't say which key signed it"
        raise TokenKeyError(msg)
    return key_id


def shown(value: object) -> str:
    """Return a value from a token as one short line of ASCII, for errors that must show it."""
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
