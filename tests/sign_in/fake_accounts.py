"""What the tests' own Cognito keeps: users with verifiers, sign-ins under way, and tokens."""

from __future__ import annotations

import hmac
import struct
from base64 import b32decode
from functools import cache
from itertools import count
from typing import Any, NoReturn

import attrs

from .rfc5054_server import Account, Exchange, enrol, enrol_device

# The tests have few passwords, and a verifier takes milliseconds.
enrolled = cache(enrol)

NOW = 1_740_000_000.0
PASSWORD = "Correct-Horse-1"
CODE = "314159"
CREDENTIAL = {"id": "passkey", "response": {"signature": "c2lnbmF0dXJl"}}
POOL_ID = "us-east-1_EXAMPLE"
CLIENT_ID = "1example23456789"
CLIENT_SECRET = "a-client-secret-of-the-tests"
TOKENS = "tokens"
FACTORS = ("PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")
MFA = ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP")


class RefusedError(Exception):
    """The service's answer is an error."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def refuse(code: str, message: str = "") -> NoReturn:
    """Answer with an error."""
    raise RefusedError(code, message)


def deny(message: str = "Incorrect username or password.") -> NoReturn:
    """Refuse whoever proves nothing."""
    refuse("NotAuthorizedException", message)


@attrs.define(kw_only=True)
class User:
    """A user: the verifier of the password, and what comes after the first factor."""

    name: str = "mary"
    aliases: tuple[str, ...] = ("mary@example.com",)
    account: Account
    plan: tuple[str, ...] = ()
    factors: tuple[str, ...] = FACTORS
    required_attributes: tuple[str, ...] = ()
    devices: dict[str, Account | None] = attrs.field(factory=dict)

    def knows(self, password: str | None) -> bool:
        """Whether it is the password, which is found out without keeping it."""
        return password is not None and enrolled(self.account.identity, password, self.account.salt) == self.account


def user(*plan: str, name: str = "mary", password: str = PASSWORD, **more: Any) -> User:
    """Make a user with a password and a plan."""
    return User(name=name, account=enrolled(f"EXAMPLE{name}", password, 0xA5A5 << 104), plan=plan, **more)


@attrs.define(kw_only=True, eq=False)
class Talk:
    """A sign-in under way, as the service keeps it for a session."""

    user: User
    admin: bool
    flow: str
    plan: list[str]
    device_key: str | None
    passed: bool = False
    challenge: str = ""
    exchange: Exchange | None = None
    secret_code: str | None = None
    is_set_up: bool = False


@attrs.define
class Family:
    """The refresh tokens that came from one sign-in, of which the last one is good."""

    user: User
    device_key: str | None
    tokens: list[str] = attrs.field(factory=list)
    revoked: bool = False


class TokenDesk:
    """Tokens and remembered devices: the half of the service that comes after a sign-in."""

    def __init__(self, client_secret: str | None, *, rotates: bool, remembers_devices: bool) -> None:
        self.rotates = rotates
        self.remembers_devices = remembers_devices
        self.secrets: set[str] = set()
        """Everything that was given out and must not be shown."""
        self.numbers = count(1)
        self._client_secret = client_secret
        self._access: dict[str, Family] = {}
        self._families: list[Family] = []

    def _check_client_secret(self, body: dict[str, Any]) -> None:
        if body.get("ClientSecret") != self._client_secret:
            deny("Client secret is wrong")

    def tokens(self, talk: Talk) -> dict[str, Any]:
        """Finish a sign-in."""
        known = talk.device_key is not None
        family = Family(talk.user, talk.device_key)
        self._families.append(family)
        result = self._issued(family, refresh=True)
        if self.remembers_devices and not known:
            key = f"us-east-1_device-{next(self.numbers)}"
            talk.user.devices[key] = None
            result["NewDeviceMetadata"] = {"DeviceKey": key, "DeviceGroupKey": "-group"}
        return {"AuthenticationResult": result, "ChallengeParameters": {}}

    def _issued(self, family: Family, *, refresh: bool) -> dict[str, Any]:
        number = next(self.numbers)
        access, identity = f"access-token-{number:020}", f"id-token-{number:020}"
        self._access[access] = family
        self.secrets |= {access, identity}
        result = {"AccessToken": access, "IdToken": identity, "ExpiresIn": 3600, "TokenType": "Bearer"}
        if refresh:
            family.tokens.append(f"refresh-token-{number:020}")
            self.secrets.add(family.tokens[-1])
            result["RefreshToken"] = family.tokens[-1]
        return result

    def get_tokens(self, body: dict[str, Any]) -> dict[str, Any]:
        """GetTokensFromRefreshToken."""
        self._check_client_secret(body)
        return self.refresh(body["RefreshToken"], body.get("DeviceKey"))

    def refresh(self, token: str, device_key: str | None) -> dict[str, Any]:
        """Trade a refresh token, of one device perhaps, for new tokens."""
        family = self._family(token)
        if family.revoked or device_key != family.device_key:
            deny("Refresh Token has been revoked" if family.revoked else "Invalid Refresh Token")
        if token != family.tokens[-1]:
            family.revoked = True
            refuse("RefreshTokenReuseException", "Refresh token reuse detected")
        return {"AuthenticationResult": self._issued(family, refresh=self.rotates)}

    def _family(self, token: str) -> Family:
        for family in self._families:
            if token in family.tokens:
                return family
        deny("Invalid Refresh Token")

    def revoke(self, body: dict[str, Any]) -> dict[str, Any]:
        """RevokeToken."""
        self._check_client_secret(body)
        self._family(body["Token"]).revoked = True
        return {}

    def sign_out(self, body: dict[str, Any]) -> dict[str, Any]:
        """GlobalSignOut."""
        user = self._signed_in(body).user
        for family in self._families:
            family.revoked |= family.user is user
        return {}

    def _signed_in(self, body: dict[str, Any]) -> Family:
        family = self._access.get(body["AccessToken"])
        if family is None or family.revoked:
            deny("Access Token has been revoked")
        return family

    def confirm_device(self, body: dict[str, Any]) -> dict[str, Any]:
        """ConfirmDevice."""
        family = self._signed_in(body)
        key, config = body["DeviceKey"], body["DeviceSecretVerifierConfig"]
        if key not in family.user.devices:
            refuse("ResourceNotFoundException", "Device does not exist.")
        family.user.devices[key] = enrol_device(f"-group{key}", config["Salt"], config["PasswordVerifier"])
        family.device_key = key
        return {"UserConfirmationNecessary": body.get("DeviceName") == "shared"}


def totp_now(secret_base32: str) -> str:
    """Return the code of an authenticator app at `NOW` (RFC 6238: SHA-1, 30 s, 6 digits)."""
    digest = hmac.digest(b32decode(secret_base32), struct.pack(">Q", int(NOW) // 30), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 10**6:06}"
