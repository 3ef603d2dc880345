"""DPoP proofs (RFC 9449): a short JWT that proves, with each token request, that the caller holds a private key.

The key is an EC key on P-256. The signature is ES256 (RFC 7518, section 3.4): r and s, 32 bytes each, concatenated.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .._errors import CredentialsError
from .._protocol.base64url import base64url

if TYPE_CHECKING:
    from typing import Final

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_BYTES: Final = 32


def proof(private_key: str, *, method: str, url: str, issued_at: int, jti: str) -> str:
    """Return the value of a `DPoP` header.

    `private_key` is PEM text, `url` is the request's URL without its query, `issued_at` is in seconds since 1970, and
    `jti` is an id that is unique to this proof. This imports `cryptography`, so flows call it through `offload`.

    Raises:
        CredentialsError: the key can't be read, or is not on P-256; or `cryptography` is not installed, which Pyodide
            has only as a package of its own.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    except ImportError as error:
        msg = "refreshing the session of `aws login` needs the package cryptography, which is not installed"
        raise CredentialsError(msg) from error
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    key = _load(private_key)
    point = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": _number(point.x), "y": _number(point.y)}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
    payload = {"htm": method, "htu": url, "iat": issued_at, "jti": jti}
    text = f"{_object(header)}.{_object(payload)}"
    r, s = decode_dss_signature(key.sign(text.encode(), ECDSA(SHA256())))
    return f"{text}.{base64url(r.to_bytes(_BYTES) + s.to_bytes(_BYTES))}"


def _load(private_key: str) -> EllipticCurvePrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    msg = "the DPoP key is not an unencrypted EC private key on P-256 in PEM"
    raise CredentialsError(msg)


def _number(number: int) -> str:
    return base64url(number.to_bytes(_BYTES))


def _object(value: object) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())
