"""RSASSA-PKCS1-v1_5 with SHA-256, and keys from JWKs, by PyJWT. No other module imports PyJWT.

Under Pyodide, where PyJWT or cryptography may be missing, `rs256_integers.py` stands in for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import JwtNotInstalledError
from .._flow.platform import on_emscripten
from .._version import install_command
from .jws import MIN_KEY_BITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Rs256:
    """The algorithm that Cognito signs tokens with."""

    def __init__(self) -> None:
        """Load PyJWT, or what stands in for it.

        Raises:
            JwtNotInstalledError: PyJWT is not installed.
        """
        self._from_jwk: Any
        self._no_key: tuple[type[Exception], ...] = (ValueError,)
        self.fits: Callable[[bytes, Any, bytes], bool]
        """`fits(message, key, signature)` returns whether the key's owner signed the message."""
        try:
            from jwt.algorithms import RSAAlgorithm
            from jwt.exceptions import PyJWTError
        except ImportError as error:
            if on_emscripten():
                from .rs256_integers import fits, from_jwk

                self._from_jwk, self.fits = from_jwk, fits
                return
            msg = f"verifying tokens needs PyJWT with its crypto extra: {install_command('jwt')}"
            raise JwtNotInstalledError(msg) from error
        algorithm = RSAAlgorithm(RSAAlgorithm.SHA256)
        self._from_jwk = algorithm.from_jwk
        self._no_key = (PyJWTError, ValueError)
        self.fits = algorithm.verify

    def public_keys(self, jwks: object) -> dict[str, Any]:
        """Return the keys of a JWK set (RFC 7517, section 5) that can sign tokens, by `kid`.

        Other keys are ignored: other types and uses, keys without `kid`, and keys that are too small or garbled. If two
        keys have the same `kid`, the first one counts. Anything but a JWK set has no keys.
        """
        members = jwks.get("keys") if isinstance(jwks, dict) else None
        keys: dict[str, Any] = {}
        for member in members if isinstance(members, list) else ():
            if isinstance(member, dict) and _is_for_rs256(member):
                key = self._public_key(member)
                if key is not None:
                    keys.setdefault(member["kid"], key)
        return keys

    def _public_key(self, jwk: Mapping[str, Any]) -> Any:
        try:
            # Only these members: with `d`, it would be a private key.
            key = self._from_jwk({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
        except self._no_key:
            return None
        return key if key.key_size >= MIN_KEY_BITS else None


def _is_for_rs256(jwk: Mapping[str, Any]) -> bool:
    operations = jwk.get("key_ops")
    return (
        jwk.get("kty") == "RSA"
        and all(isinstance(jwk.get(name), str) and jwk[name] != "" for name in ("kid", "n", "e"))
        and jwk.get("use") in (None, "sig")
        and jwk.get("alg") in (None, "RS256")
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
    )
