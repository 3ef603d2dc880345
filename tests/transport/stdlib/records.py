"""TLS 1.3 records as a server writes them, for what the module `ssl` can't be made to send: late session tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

if TYPE_CHECKING:
    from pathlib import Path

HANDSHAKE, APPLICATION_DATA = b"\x16", b"\x17"
# A NewSessionTicket (RFC 8446, 4.6.1): lifetime and age, a nonce, a ticket, and no extensions.
_TICKET = bytes(8) + b"\x01\x00" + b"\x00\x08" + bytes(8) + b"\x00\x00"
SESSION_TICKET = b"\x04" + len(_TICKET).to_bytes(3, "big") + _TICKET


def record(key_log: Path, number: int, kind: bytes, data: bytes) -> bytes:
    """Return a record of the connection that was made last, with TLS_AES_256_GCM_SHA384.

    `key_log` is the file in which the server's context logs its secrets; `number` is how many records the server has
    sent since its handshake. OpenSSL does not know of this one, so whatever follows must be made here, too.
    """
    lines = [line.split() for line in key_log.read_text().splitlines()]
    secret = next(bytes.fromhex(line[2]) for line in reversed(lines) if line[0] == "SERVER_TRAFFIC_SECRET_0")
    inner = data + kind
    header = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big")
    nonce = int.from_bytes(_expanded(secret, b"iv", 12), "big") ^ number
    return header + AESGCM(_expanded(secret, b"key", 32)).encrypt(nonce.to_bytes(12, "big"), inner, header)


def _expanded(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446, 7.1)."""
    label = b"tls13 " + label
    return HKDFExpand(SHA384(), length, length.to_bytes(2, "big") + bytes((len(label),)) + label + b"\0").derive(secret)
