"""Time-based one-time passwords (RFC 6238), as authenticator apps compute them. For tests and automation."""

from __future__ import annotations

import hmac
from base64 import b32decode

from .._errors import SignInError
from .._protocol.arguments import NUMBER, TEXT, WHOLE, check
from .._protocol.tracebacks import clears_frames


@clears_frames
def totp(secret_base32: str, at: float, digits: int = 6, period: int = 30) -> str:
    """Return the code for the Unix time `at`, by HMAC-SHA1.

    Cognito uses 6 digits and 30 seconds. The secret is base32, as AssociateSoftwareToken returns it. Case, spaces and
    missing padding don't matter.

    Raises:
        SignInError: the secret is empty or not base32.
    """
    check(TEXT, SignInError, secret_base32=secret_base32)
    check(NUMBER, SignInError, at=at)
    check(WHOLE, SignInError, digits=digits, period=period)
    text = "".join(secret_base32.split()).rstrip("=").upper()
    try:
        key = b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        key = b""
    if not key:
        msg = "the TOTP secret is not base32 (A to Z and 2 to 7); pass the SecretCode as the service sent it"
        raise SignInError(msg)
    counter = int(at // period).to_bytes(8, "big")
    # RFC 4226, 5.3: the last four bits select the 31 bits that become the code.
    mac = hmac.digest(key, counter, "sha1")
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"
