"""Both ends of passkeys: a relying party that believes nothing, and an authenticator in software that can lie.

Written from Web Authentication Level 3 (7.1 registers, 7.2 verifies an assertion), for one algorithm (ES256) and no
attestation.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import Any, NoReturn

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from cognito_idp._protocol.base64url import base64url

from . import cbor

PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, HAS_KEY, HAS_EXTENSIONS = 1, 4, 8, 16, 64, 128
"""The flags of authenticator data (6.1)."""
_RESERVED = 2 | 32
_ES256 = {1: 2, 3: -7, -1: 1}
"""COSE (RFC 9053, 7.1): an elliptic curve, ES256, P-256."""
_COORDINATES = (-2, -3)
_COORDINATE_BYTES = 32
_MAX_ID_BYTES = 1023


class PasskeyError(Exception):
    """The answer of a browser is not to be believed."""


def _refuse(problem: str) -> NoReturn:
    raise PasskeyError(problem)


@attrs.define
class Passkey:
    """A registered passkey."""

    credential_id: bytes
    key: ec.EllipticCurvePublicKey
    sign_count: int
    transports: list[str]
    attachment: str | None


@attrs.frozen
class RelyingParty:
    """Who asks for passkeys: its domain, and the origin of its pages."""

    rp_id: str
    origin: str

    def registered(self, credential: dict[str, Any], challenge: str) -> Passkey:
        """Return the passkey that an answer to `navigator.credentials.create` registers.

        Raises:
            PasskeyError: something about it is wrong.
        """
        response = self._response(credential)
        self._check_client_data(response, "webauthn.create", challenge)
        attestation = _cbor(_bytes(response, "attestationObject"))
        if set(attestation) != {"fmt", "attStmt", "authData"} or attestation["fmt"] != "none" or attestation["attStmt"]:
            _refuse("an attestation nobody asked for")
        data = self._authenticator_data(attestation["authData"])
        if data.credential_id is None or data.key is None:
            _refuse("no key")
        if data.credential_id != _bytes(credential, "rawId"):
            _refuse("another id")
        transports = response.get("transports", [])
        return Passkey(
            data.credential_id, data.key, data.sign_count, transports, credential.get("authenticatorAttachment")
        )

    def check(self, credential: dict[str, Any], challenge: str, passkeys: list[Passkey], user_handle: bytes) -> None:
        """Check an answer to `navigator.credentials.get`, and keep its signature count.

        Raises:
            PasskeyError: something about it is wrong.
        """
        response = self._response(credential)
        credential_id = _bytes(credential, "rawId")
        passkey = next((passkey for passkey in passkeys if passkey.credential_id == credential_id), None)
        if passkey is None:
            _refuse("not registered")
        if response.get("userHandle") is not None and _bytes(response, "userHandle") != user_handle:
            _refuse("another user")
        self._check_client_data(response, "webauthn.get", challenge)
        signed = _bytes(response, "authenticatorData")
        data = self._authenticator_data(signed)
        if data.credential_id is not None:
            _refuse("a key in an assertion")
        digest = sha256(_bytes(response, "clientDataJSON")).digest()
        try:
            passkey.key.verify(_bytes(response, "signature"), signed + digest, ec.ECDSA(SHA256()))
        except InvalidSignature:
            _refuse("a wrong signature")
        if (data.sign_count or passkey.sign_count) and data.sign_count <= passkey.sign_count:
            _refuse("a signature count that did not grow")
        passkey.sign_count = data.sign_count

    def _response(self, credential: dict[str, Any]) -> dict[str, Any]:
        if credential.get("type") != "public-key" or credential.get("id") != credential.get("rawId"):
            _refuse("not a public-key credential")
        if not isinstance(credential.get("response"), dict):
            _refuse("no response")
        response: dict[str, Any] = credential["response"]
        return response

    def _check_client_data(self, response: dict[str, Any], kind: str, challenge: str) -> None:
        try:
            data = json.loads(_bytes(response, "clientDataJSON").decode("utf-8"))
        except ValueError:
            _refuse("client data that is not JSON")
        if data.get("type") != kind:
            _refuse("another ceremony")
        if data.get("challenge") != challenge:
            _refuse("another challenge")
        if data.get("origin") != self.origin:
            _refuse("another origin")
        if data.get("crossOrigin", False) is not False or "topOrigin" in data:
            _refuse("a frame in another site")

    def _authenticator_data(self, data: Any) -> _AuthenticatorData:
        if not isinstance(data, bytes) or len(data) < 37:
            _refuse("authenticator data that are too short")
        flags, rest = data[32], data[37:]
        if data[:32] != sha256(self.rp_id.encode()).digest():
            _refuse("another relying party")
        if not flags & PRESENT:
            _refuse("nobody present")
        if not flags & VERIFIED:
            _refuse("nobody verified")
        if flags & _RESERVED or (flags & BACKED_UP and not flags & BACKUP_ELIGIBLE):
            _refuse("flags that can't be")
        credential_id = key = None
        if flags & HAS_KEY:
            size = int.from_bytes(rest[16:18])
            credential_id, rest = rest[18 : 18 + size], rest[18 + size :]
            if not 0 < len(credential_id) == size <= _MAX_ID_BYTES:
                _refuse("an id of a wrong length")
            written, rest = _first(rest)
            key = _public_key(written)
        if flags & HAS_EXTENSIONS:
            _, rest = _first(rest)
        if rest:
            _refuse("bytes after the authenticator data")
        return _AuthenticatorData(credential_id, key, int.from_bytes(data[33:37]))


@attrs.frozen
class _AuthenticatorData:
    credential_id: bytes | None
    key: ec.EllipticCurvePublicKey | None
    sign_count: int


def _public_key(cose: Any) -> ec.EllipticCurvePublicKey:
    if not isinstance(cose, dict) or set(cose) != {*_ES256, *_COORDINATES} or not cose.items() >= _ES256.items():
        _refuse("a key that is not for ES256")
    x, y = (cose[label] for label in _COORDINATES)
    if not all(isinstance(part, bytes) and len(part) == _COORDINATE_BYTES for part in (x, y)):
        _refuse("a key of a wrong length")
    try:
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    except ValueError:
        _refuse("a key that is not on the curve")


def _cbor(data: bytes) -> dict[str, Any]:
    try:
        value = cbor.decoded(data)
    except cbor.CborError as error:
        _refuse(str(error))
    if not isinstance(value, dict):
        _refuse("CBOR that is not a map")
    return value


def _first(data: bytes) -> tuple[Any, bytes]:
    try:
        return cbor.first_item(data)
    except cbor.CborError as error:
        _refuse(str(error))


def _bytes(values: dict[str, Any], name: str) -> bytes:
    """Return a member as bytes; base64url without padding and without spare bits, as browsers write it."""
    text = values.get(name)
    if not isinstance(text, str):
        _refuse(f"no {name}")
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        data = None
    if data is None or base64url(data) != text:
        _refuse(f"a {name} that is not base64url")
    return data


@attrs.define(kw_only=True)
class Authenticator:
    """A passkey and the browser around it; each attribute can be set to what it should not be."""

    origin: str
    rp_id: str
    key: ec.EllipticCurvePrivateKey = attrs.field(factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = bytes(range(16))
    user_handle: bytes | None = None
    sign_count: int = 0
    counts: bool = True
    flags: int = PRESENT | VERIFIED
    client_data: dict[str, Any] = attrs.field(factory=dict)
    """What stands in the client data instead of what should."""
    cose: dict[int, Any] = attrs.field(factory=dict)
    """The same for the public key."""

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        self.user_handle = urlsafe_b64decode(options["user"]["id"] + "==")
        numbers = self.key.public_key().public_numbers()
        x, y = (part.to_bytes(_COORDINATE_BYTES) for part in (numbers.x, numbers.y))
        cose = cbor.encoded({**_ES256, -2: x, -3: y, **self.cose})
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cose
        data = self._data(self.flags | HAS_KEY) + attested
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._credential(
            clientDataJSON=self._client_data("webauthn.create", options["challenge"]),
            attestationObject=cbor.encoded(attestation),
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.get`."""
        self.sign_count += self.counts
        client_data, data = self._client_data("webauthn.get", options["challenge"]), self._data(self.flags)
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        handle = {} if self.user_handle is None else {"userHandle": self.user_handle}
        return self._credential(clientDataJSON=client_data, authenticatorData=data, signature=signature, **handle)

    def _data(self, flags: int) -> bytes:
        return sha256(self.rp_id.encode()).digest() + bytes((flags,)) + self.sign_count.to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        own = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps({**own, **self.client_data}).encode()

    def _credential(self, **response: bytes) -> dict[str, Any]:
        written = base64url(self.credential_id)
        return {
            "id": written,
            "rawId": written,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {name: base64url(value) for name, value in response.items()},
        }
