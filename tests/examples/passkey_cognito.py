"""The tests' own Cognito with passkeys: it checks what browsers answer, and its access tokens are real."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
from cryptography.fernet import Fernet
from examples.fastapi_app.settings import Settings

from cognito_idp._protocol.base64url import base64url
from cognito_idp.testing import TokenIssuer
from tests.sign_in.fake_accounts import Family, Talk, deny, refuse, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.sign_in.party import SECRET_APP
from tests.support.answers import answer
from tests.support.passkeys import Passkey, PasskeyError, RelyingParty
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import Connection, Received

ADDRESS = "mary@example.com"
_USER_HANDLE = b"user-handle-of-mary"


class PasskeyCognito(FakeCognito):
    """The service for one user, with passkeys. `server` lets a loopback server answer for it."""

    def __init__(self, rp_id: str, origin: str) -> None:
        super().__init__(SECRET_APP, user())
        self.party = RelyingParty(rp_id, origin)
        self.passkeys: list[Passkey] = []
        self.refused: list[str] = []
        """Why answers of browsers were refused."""
        self._issuer = TokenIssuer(SECRET_APP.user_pool_id, SECRET_APP.client_id)
        self.challenge: str | None = None
        """The challenge that the next answer of the browser must be for."""

    def handle(self, connection: Connection, request: Received) -> None:
        """Answer a request that came over the wire: for the pool's keys, or for an operation."""
        if request.request_line.startswith("GET "):
            answer(json.dumps(self._issuer.pool.jwks).encode())(connection, request)
            return
        called = httpx.Request("POST", "https://cognito", headers=request.headers, content=request.body)
        response = self(called)
        answer(response.content, status=response.status_code)(connection, request)

    def _issued(self, family: Family, *, refresh: bool) -> dict[str, Any]:
        result = super()._issued(family, refresh=refresh)
        token = self._issuer.access_token(family.user.name)
        self._access[token] = self._access.pop(result["AccessToken"])
        self.secrets.add(token)
        return {**result, "AccessToken": token}

    # -- the person's own passkeys --------------------------------------------------------------------------------

    def _get_user(self, body: dict[str, Any]) -> dict[str, Any]:
        user = self._signed_in(body).user
        return {"Username": user.name, "UserAttributes": [{"Name": "email", "Value": ADDRESS}]}

    def _start(self, body: dict[str, Any]) -> dict[str, Any]:
        name = self._signed_in(body).user.name
        self.challenge = base64url(secrets.token_bytes(16))
        options = {
            "rp": {"id": self.party.rp_id, "name": self.party.rp_id},
            "user": {"id": base64url(_USER_HANDLE), "name": name, "displayName": name},
            "challenge": self.challenge,
            # As the service does. Authenticators take the first that they have, which is ES256.
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
            "timeout": 60_000,
            "excludeCredentials": self._descriptors(),
            "authenticatorSelection": {
                "requireResidentKey": True,
                "residentKey": "required",
                "userVerification": "required",
            },
        }
        return {"CredentialCreationOptions": options}

    def _complete(self, body: dict[str, Any]) -> dict[str, Any]:
        self._signed_in(body)
        challenge = self._challenge_once()
        if challenge is None:
            refuse("WebAuthnChallengeNotFoundException")
        assert isinstance(body["Credential"], dict), "a document is an object, not a string of JSON"
        try:
            passkey = self.party.registered(body["Credential"], challenge)
        except PasskeyError as error:
            self.refused.append(str(error))
            refuse(_CODES.get(str(error), "WebAuthnCredentialNotSupportedException"))
        self.passkeys.append(passkey)
        return {}

    def _list(self, body: dict[str, Any]) -> dict[str, Any]:
        self._signed_in(body)
        described = [
            {
                "CredentialId": base64url(passkey.credential_id),
                "FriendlyCredentialName": f"Passkey {number}",
                "RelyingPartyId": self.party.rp_id,
                "AuthenticatorAttachment": passkey.attachment,
                "AuthenticatorTransports": passkey.transports,
                "CreatedAt": time.time(),
            }
            for number, passkey in enumerate(self.passkeys, 1)
        ]
        return {"Credentials": described}

    def _delete(self, body: dict[str, Any]) -> dict[str, Any]:
        self._signed_in(body)
        kept = [passkey for passkey in self.passkeys if base64url(passkey.credential_id) != body["CredentialId"]]
        if len(kept) == len(self.passkeys):
            refuse("ResourceNotFoundException")
        self.passkeys = kept
        return {}

    # -- signing in -----------------------------------------------------------------------------------------------

    def _ask(self, talk: Talk, name: str, srp_a: str | None = None) -> dict[str, Any]:
        if name != "WEB_AUTHN":
            return super()._ask(talk, name, srp_a)
        if not self.passkeys:
            return super()._ask(talk, "SELECT_CHALLENGE")
        self.challenge = base64url(secrets.token_bytes(16))
        return super()._ask(talk, name)

    def _parameters_of(self, talk: Talk) -> dict[str, str]:
        parameters = super()._parameters_of(talk)
        if talk.challenge == "WEB_AUTHN":
            options = {
                "challenge": self.challenge,
                "timeout": 60_000,
                "rpId": self.party.rp_id,
                "allowCredentials": self._descriptors(),
                "userVerification": "required",
            }
            parameters["CREDENTIAL_REQUEST_OPTIONS"] = json.dumps(options)
        return parameters

    def _with_passkey(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        challenge = self._challenge_once()
        try:
            self.party.check(json.loads(given["CREDENTIAL"]), challenge or "", self.passkeys, _USER_HANDLE)
        except PasskeyError as error:
            self.refused.append(str(error))
            deny("Passkey is wrong")
        return self._go_on(talk)

    def _challenge_once(self) -> str | None:
        """Return the challenge, which is for one answer, right or wrong."""
        challenge, self.challenge = self.challenge, None
        return challenge

    def _descriptors(self) -> list[dict[str, Any]]:
        return [
            {"type": "public-key", "id": base64url(passkey.credential_id), "transports": passkey.transports}
            for passkey in self.passkeys
        ]

    _ANSWERS: ClassVar[dict[str, Callable[[Any, Talk, dict[str, str]], dict[str, Any]]]] = {
        **FakeCognito._ANSWERS,
        "WEB_AUTHN": _with_passkey,
    }
    _OPERATIONS: ClassVar[dict[str, Callable[[Any, dict[str, Any]], dict[str, Any]]]] = {
        **FakeCognito._OPERATIONS,
        "GetUser": _get_user,
        "StartWebAuthnRegistration": _start,
        "CompleteWebAuthnRegistration": _complete,
        "ListWebAuthnCredentials": _list,
        "DeleteWebAuthnCredential": _delete,
    }


_CODES = {
    "another challenge": "WebAuthnChallengeNotFoundException",
    "another origin": "WebAuthnOriginNotAllowedException",
    "another relying party": "WebAuthnRelyingPartyMismatchException",
}


@contextmanager
def passkey_cognito(rp_id: str, origin: str) -> Iterator[tuple[PasskeyCognito, Settings]]:
    """Run the service on loopback for the block; give it, and the settings of an app at `origin` that uses it."""
    cognito = PasskeyCognito(rp_id, origin)
    with Server(cognito.handle) as server:
        yield (
            cognito,
            Settings(
                app=SECRET_APP,
                origin=origin,
                cookie_keys=(Fernet.generate_key().decode(),),
                endpoint_url=server.url,
                jwks_uri=f"{server.url}/jwks.json",
                passkeys=True,
            ),
        )
