"""base64url, the encoding of bytes in URLs and tokens."""

from __future__ import annotations

from base64 import urlsafe_b64encode


def base64url(data: bytes) -> str:
    """Return bytes as base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
