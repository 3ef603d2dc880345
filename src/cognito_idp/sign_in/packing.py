"""The text form of a stored challenge or login.

The text is `c1.` and base64url (RFC 4648, 5) of compressed JSON (RFC 1950). The checksum of the compression detects
truncation and accidental changes. To detect deliberate changes, encrypt or sign the text.
"""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

from .._errors import SignInStateError
from .._protocol.base64url import base64url
from .._protocol.foreign_json import parsed_json
from .._protocol.redaction import REDACTED

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = "c1."
_MAX_BYTES = 64 * 1024


class Hidden(str):
    """A string whose `repr` hides it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({REDACTED})"


class ChallengeState(Hidden):
    """A stored challenge: a string whose `repr` hides it."""

    __module__ = "cognito_idp"

    __slots__ = ()


def packed(name: str, fields: Mapping[str, Any]) -> ChallengeState:
    """Return fields as text of letters, digits, `-`, `_` and `.`; `name` is for errors.

    Raises:
        SignInStateError: the fields are too large.
    """
    data = json.dumps(fields, separators=(",", ":")).encode("ascii")
    if len(data) > _MAX_BYTES:
        msg = f"{name} can't be stored: with the data from the service it has {len(data)} bytes, over {_MAX_BYTES}"
        raise SignInStateError(msg)
    return ChallengeState(_VERSION + base64url(zlib.compress(data, 9)))


def unpacked(state: str, kind: str = "challenge") -> dict[str, Any]:
    """Return the fields of a stored challenge, or of what else `kind` says, for errors.

    Raises:
        SignInStateError: the text is from another version, truncated or changed.
    """
    if not state.startswith(_VERSION) or len(state) > 2 * _MAX_BYTES:
        msg = f"the text is not a stored {kind} of version {_VERSION.rstrip('.')!r}"
        raise SignInStateError(msg)
    text = state[len(_VERSION) :]
    fields: Any = None
    try:
        compressed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(compressed, _MAX_BYTES)
        # Decoding ignores characters outside the alphabet and leftover bits at the end, so the text is compared.
        if unpacker.eof and not unpacker.unused_data and base64url(compressed) == text:
            fields = parsed_json(data)
    except (ValueError, zlib.error):
        pass
    if not isinstance(fields, dict):
        msg = f"the stored {kind} was truncated or changed"
        raise SignInStateError(msg)
    return fields
