"""Tokens for tests, signed like those of a user pool with a freshly generated key."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any, Literal, overload

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from .._protocol.arguments import FUNCTION, TEXT, check
from .._protocol.base64url import base64url
from ..tokens.async_verify import AsyncTokenVerifier
from ..tokens.pools import TrustedPool
from ..tokens.verify import TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Unpack

    from ..tokens.claims import AccessTokenClaims, AnyClaims, IdTokenClaims
    from ..tokens.core import Settings, TokenUse

_KEY_ID = "test-key"


class TokenIssuer:
    """Issues tokens that a `TokenVerifier` of its `pool` accepts, without a network.

    ```
    issuer = TokenIssuer()
    verifier = issuer.verifier()
    verifier.verify(issuer.access_token("mary", groups=["admins"])).groups  # ("admins",)
    ```

    Args:
        user_pool_id: the pool that the tokens claim to come from.
        client_id: the app client that the tokens claim to be issued to.
        clock: a function that returns the time of issue in seconds since 1970.

    Attributes:
        pool: the pool that the verifier under test must trust; it contains the public key.
    """

    def __init__(
        self,
        user_pool_id: str = "us-east-1_EXAMPLE",
        client_id: str = "1example23456789",
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        check(TEXT, user_pool_id=user_pool_id, client_id=client_id)
        check(FUNCTION, clock=clock)
        self._key = generate_private_key(65537, 2048)
        self._client_id = client_id
        self._clock = clock
        public = self._key.public_key().public_numbers()
        jwk = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": _KEY_ID,
            "n": _number(public.n),
            "e": _number(public.e),
        }
        self.pool = TrustedPool(user_pool_id, client_ids=client_id, jwks={"keys": [jwk]})
        self._issuer = next(iter(self.pool.jwks_uris))

    @overload
    def verifier(
        self, *, token_use: Literal["access"] = ..., **settings: Unpack[Settings]
    ) -> TokenVerifier[AccessTokenClaims]: ...
    @overload
    def verifier(self, *, token_use: Literal["id"], **settings: Unpack[Settings]) -> TokenVerifier[IdTokenClaims]: ...
    @overload
    def verifier(self, *, token_use: None, **settings: Unpack[Settings]) -> TokenVerifier[AnyClaims]: ...
    def verifier(
        self,
        *,
        token_use: TokenUse = "access",  # noqa: S107 - a kind of token, not a secret
        **settings: Unpack[Settings],
    ) -> TokenVerifier[AccessTokenClaims] | TokenVerifier[IdTokenClaims] | TokenVerifier[AnyClaims]:
        """Return a verifier that trusts these tokens and has the issuer's clock. It needs no network, and no `close`.

        `token_use` and the settings are those of `TokenVerifier`, without `client_ids` and `region`.

        Raises:
            ConfigError: a setting can't be used.
            JwtNotInstalledError: PyJWT is not installed.
        """
        return TokenVerifier(self.pool, token_use=token_use, **self._with_clock(settings))

    @overload
    def async_verifier(
        self, *, token_use: Literal["access"] = ..., **settings: Unpack[Settings]
    ) -> AsyncTokenVerifier[AccessTokenClaims]: ...
    @overload
    def async_verifier(
        self, *, token_use: Literal["id"], **settings: Unpack[Settings]
    ) -> AsyncTokenVerifier[IdTokenClaims]: ...
    @overload
    def async_verifier(self, *, token_use: None, **settings: Unpack[Settings]) -> AsyncTokenVerifier[AnyClaims]: ...
    def async_verifier(
        self,
        *,
        token_use: TokenUse = "access",  # noqa: S107 - a kind of token, not a secret
        **settings: Unpack[Settings],
    ) -> AsyncTokenVerifier[AccessTokenClaims] | AsyncTokenVerifier[IdTokenClaims] | AsyncTokenVerifier[AnyClaims]:
        """Return what `verifier` returns, for async code."""
        return AsyncTokenVerifier(self.pool, token_use=token_use, **self._with_clock(settings))

    def _with_clock(self, settings: Settings) -> Settings:
        return {"clock": self._clock, **settings}

    def access_token(
        self,
        username: str,
        *,
        scope: str = "aws.cognito.signin.user.admin",
        groups: Iterable[str] = (),
        expires_in: float = 3600,
        **claims: Any,
    ) -> str:
        """Issue an access token.

        Args:
            username: the user that the token is for.
            scope: the scopes of the token, separated by spaces.
            groups: the user's groups.
            expires_in: seconds until the token expires; negative for an expired token. A verifier adds its
                `leeway`, 5 s by default; -60 is expired for any usual one.
            claims: more claims, or other values for the standard ones (`sub`, `iss`, `token_use`, ...).
        """
        own = {"token_use": "access", "client_id": self._client_id, "scope": scope, "username": username, "version": 2}
        return self._issued(own, groups, expires_in, claims)

    def id_token(self, username: str, *, groups: Iterable[str] = (), expires_in: float = 3600, **claims: Any) -> str:
        """Issue an ID token; `claims` are claims such as `email`, and the rest is as for an access token."""
        own = {"token_use": "id", "aud": self._client_id, "cognito:username": username}
        return self._issued(own, groups, expires_in, claims)

    def _issued(self, own: dict[str, Any], groups: Iterable[str], expires_in: float, claims: dict[str, Any]) -> str:
        now = int(self._clock())
        group_names = list(groups)
        payload = {
            "iss": self._issuer,
            "sub": str(uuid.uuid4()),
            "jti": str(uuid.uuid4()),
            "auth_time": now + min(0, int(expires_in)),
            "iat": now + min(0, int(expires_in)),
            "exp": now + int(expires_in),
            **own,
            **({"cognito:groups": group_names} if group_names else {}),
            **claims,
        }
        text = f"{_json({'kid': _KEY_ID, 'alg': 'RS256'})}.{_json(payload)}"
        return f"{text}.{base64url(self._key.sign(text.encode('ascii'), PKCS1v15(), SHA256()))}"


def _json(value: dict[str, Any]) -> str:
    return base64url(json.dumps(value).encode())


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8))
