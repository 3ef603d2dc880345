"""Issues tokens as a user pool does, and as nobody should; PyJWT has no part in it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from cognito_idp.tokens.async_verify import AsyncTokenVerifier
from cognito_idp.tokens.pools import TrustedPool
from cognito_idp.tokens.verify import TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.kit import Kit

Json: TypeAlias = "Mapping[str, Any] | bytes"

REASON = "verifying tokens needs PyJWT: pip install '.[jwt]'"
POOL = "eu-west-1_AbCdEfGhI"
CLIENT = "1example23456789"
ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
NOW = 1_800_000_000
SUB = "11112222-b0f0-4a6e-9d3e-3c2f1e0d9c8b"


def private_key(kid: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return the key of a name, made on first use."""
    return _made(kid, bits)


@cache
def _made(kid: str, bits: int) -> rsa.RSAPrivateKey:  # noqa: ARG001 - each name has a key of its own
    return rsa.generate_private_key(65537, bits)


def base64url(data: bytes) -> str:
    """Encode without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    """Encode a number as JWKs have it."""
    return base64url(value.to_bytes((value.bit_length() + 7) // 8))


def jwk(name: str, /, *, bits: int = 2048, **changes: Any) -> dict[str, Any]:
    """Return the public key of a name as Cognito publishes it, with changes; None takes a member away."""
    public = private_key(name, bits).public_key().public_numbers()
    members = {
        "alg": "RS256",
        "e": number(public.e),
        "kid": name,
        "kty": "RSA",
        "n": number(public.n),
        "use": "sig",
        **changes,
    }
    return {member: value for member, value in members.items() if value is not None}


def jwks(*kids: str) -> dict[str, Any]:
    """Return a JWK set."""
    return {"keys": [jwk(kid) for kid in kids or ("first",)]}


ACCESS: Mapping[str, Any] = {
    "sub": SUB,
    "cognito:groups": ["admins", "editors"],
    "iss": ISSUER,
    "version": 2,
    "client_id": CLIENT,
    "origin_jti": "origin-1",
    "event_id": "event-1",
    "token_use": "access",
    "scope": "openid orders/read",
    "auth_time": NOW - 60,
    "exp": NOW + 3600,
    "iat": NOW - 60,
    "jti": "jti-1",
    "username": "mary",
}
ID: Mapping[str, Any] = {
    "at_hash": "AbCdEf",
    "sub": SUB,
    "cognito:groups": ["admins"],
    "email_verified": True,
    "cognito:preferred_role": "arn:aws:iam::1:role/admin",
    "iss": ISSUER,
    "cognito:username": "mary",
    "nonce": "nonce-1",
    "origin_jti": "origin-1",
    "cognito:roles": ["arn:aws:iam::1:role/admin"],
    "aud": CLIENT,
    "event_id": "event-1",
    "token_use": "id",
    "auth_time": NOW - 60,
    "phone_number": "+15555550100",
    "phone_number_verified": False,
    "exp": NOW + 3600,
    "iat": NOW - 60,
    "jti": "jti-1",
    "email": "mary@example.com",
    "custom:tenant": "north",
}
MISSING = object()


def claims(base: Mapping[str, Any] = ACCESS, **changes: Any) -> dict[str, Any]:
    """Return claims with changes; `MISSING` takes one away."""
    return {name: value for name, value in {**base, **changes}.items() if value is not MISSING}


def signed(header: Json, payload: Json, kid: str = "first") -> str:
    """Sign a header and a payload, whatever they are, with the key of a name."""
    text = ".".join(
        base64url(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, payload)
    )
    return f"{text}.{base64url(private_key(kid).sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def token(payload: Json | None = None, *, kid: str = "first", **changes: Any) -> str:
    """Issue a token: an access token unless a payload is given."""
    return signed({"kid": kid, "alg": "RS256"}, claims(**changes) if payload is None else payload, kid)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time in seconds since 1970."""
        return self.now


def offline_pool(**settings: Any) -> TrustedPool:
    """Trust the pool, with the key `first` at hand and nothing to be fetched."""
    return TrustedPool(POOL, **{"client_ids": CLIENT, "jwks": jwks(), **settings})


def offline(pool: Any = None, **settings: Any) -> TokenVerifier[Any]:
    """Make a verifier that needs no network."""
    return TokenVerifier(offline_pool() if pool is None else pool, **{"token_use": None, "clock": Clock(), **settings})


def verifier_of(kit: Kit, user_pool_id: Any, **settings: Any) -> Any:
    """Make a verifier of a kit's kind."""
    make: Any = TokenVerifier if kit.kind == "sync" else AsyncTokenVerifier
    return make(user_pool_id, **{"token_use": "access", "clock": Clock(), **settings})
