"""Tokens that nobody may accept, by what is wrong with them, and the error of each."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cognito_idp.errors import (
    TokenAlgorithmError,
    TokenAudienceError,
    TokenExpiredError,
    TokenFormatError,
    TokenIssuerError,
    TokenKeyError,
    TokenNotYetValidError,
    TokenSignatureError,
    TokenUseError,
)

from .issuing import ACCESS, CLIENT, ID, ISSUER, MISSING, NOW, SUB, base64url, claims, jwk, private_key, signed, token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cognito_idp.errors import TokenError

RS256 = {"kid": "first", "alg": "RS256"}
GOOD = token()
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")


OTHER_HEADER = base64url(json.dumps({"alg": "RS256", "kid": "first"}).encode())
_, OTHER_PAYLOAD, OTHER_SIGNATURE = token(username="eve").split(".")
HUGE_EXP = json.dumps(claims(exp=1)).replace('"exp": 1', '"exp": 1e999').encode()


def text(header: Any, payload: Any = ACCESS) -> str:
    """Return what is signed."""
    return f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(payload).encode())}"


def hs256(secret: bytes) -> str:
    """Sign with a secret that everybody knows: the public key."""
    content = text({"kid": "first", "alg": "HS256"})
    return f"{content}.{base64url(hmac.digest(secret, content.encode(), 'sha256'))}"


def public_key(encoding: Encoding, form: PublicFormat) -> bytes:
    """Return the public key as a file holds it."""
    return private_key("first").public_key().public_bytes(encoding, form)


def payload_with(members: str) -> str:
    """Sign the claims of an access token with JSON text put before them."""
    return signed(RS256, f"{{{members},{json.dumps(ACCESS)[1:]}".encode())


REFUSED: Mapping[str, tuple[Any, type[TokenError]]] = {
    # What the signature covers
    "header-of-another-token": (f"{OTHER_HEADER}.{PAYLOAD}.{SIGNATURE}", TokenSignatureError),
    "payload-changed": (f"{HEADER}.{OTHER_PAYLOAD}.{SIGNATURE}", TokenSignatureError),
    "signature-changed": (f"{HEADER}.{PAYLOAD}.{'A' * len(SIGNATURE)}", TokenSignatureError),
    "signature-of-another-token": (f"{HEADER}.{PAYLOAD}.{OTHER_SIGNATURE}", TokenSignatureError),
    "signature-missing": (f"{HEADER}.{PAYLOAD}.", TokenSignatureError),
    "signature-cut-off": (f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-2]}", TokenSignatureError),
    "signature-longer": (f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-2]}AAAA", TokenSignatureError),
    "signed-by-another-key": (signed(RS256, ACCESS, "second"), TokenSignatureError),
    # The algorithm
    "alg-none": (text({"kid": "first", "alg": "none"}) + ".", TokenAlgorithmError),
    "alg-none-capital": (text({"kid": "first", "alg": "None"}) + "." + SIGNATURE, TokenAlgorithmError),
    "alg-missing": (signed({"kid": "first"}, ACCESS), TokenAlgorithmError),
    "alg-null": (signed({"kid": "first", "alg": None}, ACCESS), TokenAlgorithmError),
    "alg-list": (signed({"kid": "first", "alg": ["RS256"]}, ACCESS), TokenAlgorithmError),
    "alg-rs512": (signed({"kid": "first", "alg": "RS512"}, ACCESS), TokenAlgorithmError),
    "hs256-with-the-pem": (hs256(public_key(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)), TokenAlgorithmError),
    "hs256-with-the-der": (hs256(public_key(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)), TokenAlgorithmError),
    "hs256-with-the-pkcs1": (hs256(public_key(Encoding.PEM, PublicFormat.PKCS1)), TokenAlgorithmError),
    # The key
    "kid-missing": (signed({"alg": "RS256"}, ACCESS), TokenKeyError),
    "kid-empty": (signed({"alg": "RS256", "kid": ""}, ACCESS), TokenKeyError),
    "kid-list": (signed({"alg": "RS256", "kid": ["first"]}, ACCESS), TokenKeyError),
    "kid-null": (signed({"alg": "RS256", "kid": None}, ACCESS), TokenKeyError),
    "kid-number": (signed({"alg": "RS256", "kid": 1}, ACCESS), TokenKeyError),
    "kid-unknown": (token(kid="second"), TokenKeyError),
    "kid-unknown-with-its-jwk": (
        signed({"alg": "RS256", "kid": "x", "jwk": jwk("second")}, ACCESS, "second"),
        TokenKeyError,
    ),
    "kid-with-another-jwk": (signed({**RS256, "jwk": jwk("second")}, ACCESS, "second"), TokenSignatureError),
    "kid-with-another-jku": (signed({**RS256, "jku": "https://evil.example/"}, ACCESS, "second"), TokenSignatureError),
    # The header
    "crit": (signed({**RS256, "crit": ["exp"]}, ACCESS), TokenFormatError),
    "crit-empty": (signed({**RS256, "crit": []}, ACCESS), TokenFormatError),
    "b64-false": (signed({**RS256, "b64": False}, ACCESS), TokenFormatError),
    "b64-and-crit": (signed({**RS256, "b64": False, "crit": ["b64"]}, ACCESS), TokenFormatError),
    "kid-twice": (signed(b'{"kid":"second","alg":"RS256","kid":"first"}', ACCESS), TokenFormatError),
    "alg-twice": (signed(b'{"kid":"first","alg":"none","alg":"RS256"}', ACCESS), TokenFormatError),
    "alg-twice-by-an-escape": (signed(rb'{"kid":"first","alg":"none","\u0061lg":"RS256"}', ACCESS), TokenFormatError),
    "header-list": (signed(b'["RS256"]', ACCESS), TokenFormatError),
    "header-no-json": (signed(b"RS256", ACCESS), TokenFormatError),
    "header-utf-16": (signed(json.dumps(RS256).encode("utf-16"), ACCESS), TokenFormatError),
    # The payload
    "claim-twice": (payload_with('"exp": 1'), TokenFormatError),
    "claim-twice-the-same": (payload_with(f'"sub": "{SUB}"'), TokenFormatError),
    "claim-twice-inside": (payload_with('"address": {"a": 1, "a": 2}'), TokenFormatError),
    "payload-list": (signed(RS256, b"[1]"), TokenFormatError),
    "payload-string": (signed(RS256, b'"sub"'), TokenFormatError),
    "payload-null": (signed(RS256, b"null"), TokenFormatError),
    "payload-no-json": (signed(RS256, b"{'sub': 1}"), TokenFormatError),
    "payload-with-more-after": (signed(RS256, json.dumps(ACCESS).encode() + b"{}"), TokenFormatError),
    "payload-no-utf-8": (signed(RS256, b'{"sub": "\xff"}'), TokenFormatError),
    "payload-with-a-mark": (signed(RS256, b"\xef\xbb\xbf" + json.dumps(ACCESS).encode()), TokenFormatError),
    "payload-utf-16": (signed(RS256, json.dumps(ACCESS).encode("utf-16-le")), TokenFormatError),
    "payload-nested-too-deep": (signed(RS256, b'{"a":' + b"[" * 4000 + b"]" * 4000 + b"}"), TokenFormatError),
    "number-too-long": (payload_with('"a": ' + "1" * 5000), TokenFormatError),
    # The form
    "empty": ("", TokenFormatError),
    "one-part": (HEADER, TokenFormatError),
    "two-parts": (f"{HEADER}.{PAYLOAD}", TokenFormatError),
    "four-parts": (f"{GOOD}.{SIGNATURE}", TokenFormatError),
    "five-parts": (f"{HEADER}.{PAYLOAD}.{SIGNATURE}.{SIGNATURE}.{SIGNATURE}", TokenFormatError),
    "no-header": (f".{PAYLOAD}.{SIGNATURE}", TokenFormatError),
    "no-payload": (f"{HEADER}..{SIGNATURE}", TokenFormatError),
    "only-dots": ("..", TokenFormatError),
    "bearer": (f"Bearer {GOOD}", TokenFormatError),
    "space-before": (f" {GOOD}", TokenFormatError),
    "line-break-after": (f"{GOOD}\n", TokenFormatError),
    "space-inside": (f"{HEADER}. {PAYLOAD}.{SIGNATURE}", TokenFormatError),
    "non-ascii": (f"{HEADER}.{PAYLOAD}.{SIGNATURE}é", TokenFormatError),
    "non-ascii-digits": (GOOD.replace(GOOD[5], "Ａ"), TokenFormatError),  # noqa: RUF001 - a full-width letter on purpose
    "nul": (f"{GOOD}\0", TokenFormatError),
    "padded": (f"{GOOD}==", TokenFormatError),
    "plain-base64": (GOOD.replace("-", "+").replace("_", "/") + "+", TokenFormatError),
    "header-one-digit-over": (f"{HEADER}AAA"[: len(HEADER) // 4 * 4 + 1] + f".{PAYLOAD}.{SIGNATURE}", TokenFormatError),
    "signature-in-another-spelling": (f"{GOOD[:-1]}{chr(ord(GOOD[-1]) + 1)}", TokenFormatError),
    "bytes": (GOOD.encode(), TokenFormatError),
    "none": (None, TokenFormatError),
    # The issuer
    "iss-another-pool": (token(iss=ISSUER + "X"), TokenIssuerError),
    "iss-another-region": (token(iss=ISSUER.replace("west-1.", "west-2.")), TokenIssuerError),
    "iss-http": (token(iss=ISSUER.replace("https", "http")), TokenIssuerError),
    "iss-with-slash": (token(iss=ISSUER + "/"), TokenIssuerError),
    "iss-in-capitals": (token(iss=ISSUER.upper()), TokenIssuerError),
    "iss-missing": (token(iss=MISSING), TokenIssuerError),
    "iss-null": (token(iss=None), TokenIssuerError),
    "iss-list": (token(iss=[ISSUER]), TokenIssuerError),
    "iss-object": (token(iss={}), TokenIssuerError),
    # The kind
    "token-use-refresh": (token(token_use="refresh"), TokenUseError),
    "token-use-missing": (token(token_use=MISSING), TokenUseError),
    "token-use-null": (token(token_use=None), TokenUseError),
    "token-use-list": (token(token_use=["access"]), TokenUseError),
    # The app client
    "client-another": (token(client_id="other"), TokenAudienceError),
    "client-missing": (token(client_id=MISSING), TokenAudienceError),
    "client-null": (token(client_id=None), TokenAudienceError),
    "client-list": (token(client_id=[CLIENT]), TokenAudienceError),
    "client-in-aud": (token(client_id=MISSING, aud=CLIENT), TokenAudienceError),
    "aud-another": (token(claims(ID, aud="other")), TokenAudienceError),
    "aud-missing": (token(claims(ID, aud=MISSING)), TokenAudienceError),
    "aud-list": (token(claims(ID, aud=[CLIENT, "other"])), TokenAudienceError),
    "aud-in-client-id": (token(claims(ID, aud=MISSING, client_id=CLIENT)), TokenAudienceError),
    # Time
    "expired": (token(exp=NOW - 6), TokenExpiredError),
    "expired-just-now": (token(exp=NOW - 5), TokenExpiredError),
    "expired-before-1970": (token(exp=-1), TokenExpiredError),
    "exp-missing": (token(exp=MISSING), TokenFormatError),
    "exp-null": (token(exp=None), TokenFormatError),
    "exp-string": (token(exp=str(NOW + 3600)), TokenFormatError),
    "exp-true": (token(exp=True), TokenFormatError),
    "exp-list": (token(exp=[NOW + 3600]), TokenFormatError),
    "exp-nan": (token(exp=float("nan")), TokenFormatError),
    "exp-infinity": (token(exp=float("inf")), TokenFormatError),
    "exp-too-large": (token(exp=10**40), TokenFormatError),
    "exp-too-large-for-a-float": (signed(RS256, HUGE_EXP), TokenFormatError),
    "nbf-in-the-future": (token(nbf=NOW + 6), TokenNotYetValidError),
    "nbf-string": (token(nbf=str(NOW - 10)), TokenFormatError),
    "nbf-null": (token(nbf=None), TokenFormatError),
    # The user
    "sub-missing": (token(sub=MISSING), TokenFormatError),
    "sub-number": (token(sub=1), TokenFormatError),
}
