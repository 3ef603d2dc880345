"""Challenges as text, so that another process can go on with the sign-in.

The text is `c1.` and base64url (RFC 4648, 5) of compressed JSON (RFC 1950). The compression's checksum finds texts that
were cut off or changed by accident; against changes on purpose, encrypt or sign it.
"""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

from ..base64url import base64url
from ..redaction import REDACTED, SecretBytes, Secrets, secret_text
from ..types import ChallengeNameType
from .errors import SignInAnswerError, SignInStateError
from .machine import AUTOMATIC, challenge_class
from .outcomes import Challenge, MfaSetup, TotpSetup, UnknownChallenge

if TYPE_CHECKING:
    from .app_client import AppClient

_VERSION = "c1."
_MAX_BYTES = 64 * 1024


class ChallengeState(str):
    """A stored challenge: a plain string whose `repr` shows nothing of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show only that there is one."""
        return f"ChallengeState({REDACTED})"


def to_state(challenge: Challenge) -> ChallengeState:
    """Return a challenge as text of letters, digits, `-`, `_` and `.`.

    Raises:
        SignInStateError: the challenge needs a secret of this process to be answered, or is too large.
    """
    if challenge.name in AUTOMATIC:
        msg = f"{challenge.name} can't be stored: only the process that began the sign-in can answer it"
        raise SignInStateError(msg)
    fields: dict[str, Any] = {
        "name": challenge.name,
        "client": challenge.client_id,
        "user": challenge.username,
        "session": challenge.session,
        "parameters": challenge.parameters,
        "available": list(map(str, challenge.available)),
        "admin": challenge.admin,
        "dropped": challenge.device_dropped,
    }
    if isinstance(challenge, TotpSetup):
        fields["secret"] = challenge.secret_code
    data = json.dumps(fields, separators=(",", ":")).encode("ascii")
    if len(data) > _MAX_BYTES:
        msg = f"{challenge.name} can't be stored: what the service sent along is {len(data)} bytes, over {_MAX_BYTES}"
        raise SignInStateError(msg)
    return ChallengeState(_VERSION + base64url(zlib.compress(data, 9)))


def challenge_from_state(state: str, app: AppClient | None = None) -> Challenge:
    """Return the challenge that a text from `to_state` stands for.

    `app`, if given, must be the app client that the sign-in began with; `respond` looks at that, too.

    Raises:
        SignInStateError: the text is of another version, cut off, changed, or of another app client.
    """
    fields = Secrets(_unpacked(secret_text(state)))
    try:
        challenge = _restored(fields)
    except (KeyError, TypeError, ValueError):
        challenge = None
    if challenge is None:
        msg = "the stored challenge does not hold what it must"
        raise SignInStateError(msg)
    if app is not None:
        check_client(challenge, app)
    return challenge


def check_client(challenge: Challenge, app: AppClient) -> None:
    """Refuse to continue a sign-in with another app client than it began with.

    Raises:
        SignInAnswerError: it is no challenge.
        SignInStateError: the clients differ.
    """
    if not isinstance(challenge, Challenge):
        msg = f"{type(challenge).__name__} is no challenge to go on with; SignedIn means that the sign-in is done"
        raise SignInAnswerError(msg)
    if challenge.client_id != app.client_id:
        msg = "the challenge belongs to a sign-in with another app client"
        raise SignInStateError(msg)


def _unpacked(state: str) -> dict[str, Any]:
    if not state.startswith(_VERSION) or len(state) > 2 * _MAX_BYTES:
        msg = f"the stored challenge is of another version than {_VERSION.rstrip('.')!r}, or is none"
        raise SignInStateError(msg)
    text = secret_text(state[len(_VERSION) :])
    fields: Any = None
    try:
        packed = SecretBytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        unpacker = zlib.decompressobj()
        data = SecretBytes(unpacker.decompress(packed, _MAX_BYTES))
        # Decoding passes over characters that are not of the alphabet, and over bits that are left at the end.
        if unpacker.eof and not unpacker.unused_data and base64url(packed) == text:
            fields = json.loads(data)
    except (ValueError, zlib.error, RecursionError):
        pass
    if not isinstance(fields, dict):
        msg = "the stored challenge is cut off or changed"
        raise SignInStateError(msg)
    return fields


def _restored(fields: dict[str, Any]) -> Challenge | None:
    texts = ("name", "client", "user")
    if not all(isinstance(fields[key], str) for key in texts) or fields["name"] in AUTOMATIC:
        return None
    session, parameters = fields["session"], fields["parameters"]
    if not isinstance(session, str | None) or not isinstance(parameters, dict):
        return None
    if not all(isinstance(value, str) for value in parameters.values()) or not isinstance(fields["available"], list):
        return None
    common: dict[str, Any] = {
        "client_id": fields["client"],
        "username": fields["user"],
        "session": session,
        "parameters": parameters,
        "available": tuple(map(ChallengeNameType, fields["available"])),
        "admin": fields["admin"] is True,
        "device_dropped": fields["dropped"] is True,
    }
    cls = challenge_class(fields["name"])
    if "secret" in fields:
        secret = fields["secret"]
        return TotpSetup(secret_code=secret, **common) if cls is MfaSetup and isinstance(secret, str) else None
    return UnknownChallenge(unknown_name=fields["name"], **common) if cls is UnknownChallenge else cls(**common)
