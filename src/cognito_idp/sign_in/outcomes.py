"""The outcomes of a sign-in step: tokens, or a challenge. Each challenge has its own class.

The service has sixteen challenges. Those for a person have members for what the person must know. The library normally
answers those that only need a password or a device (`PASSWORD_VERIFIER`, the device ones).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import attrs
from attrs import field

from .._errors import SignInStateError
from .._protocol.foreign_json import parsed_json
from .._protocol.redaction import REDACTED, parameters, personal, redacted
from .._protocol.tracebacks import clears_frames
from .packing import packed
from .signed_in import OF_TOKENS, SignedIn, no_attribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..types import ChallengeNameType


@attrs.frozen(kw_only=True, repr=False)
class Challenge:
    """The service asks for more. Answer with the client's `respond`, or store it with `to_state` and answer later.

    `session` ties the steps together, `username` is the name to answer with, `parameters` are the service's parameters
    by its own names, and `available` lists the challenges that it offers. `repr` hides the first three, and says what
    answers the challenge. `device_dropped` is as in `SignedIn`.
    """

    __module__ = "cognito_idp"

    challenge_name: ClassVar[str]
    is_automatic: ClassVar[bool] = False
    """Whether it asks for proof of a password or a device, which the library gives."""
    # The properties that a `repr` shows first. They come from the parameters, and are neither secret nor personal.
    _shown: ClassVar[tuple[str, ...]] = ()

    client_id: str = field(repr=personal)
    username: str = field(repr=personal)
    session: str | None = field(default=None, repr=redacted)
    parameters: dict[str, str] = field(factory=dict, repr=parameters)
    available: tuple[ChallengeNameType, ...] = ()
    admin: bool = False
    device_dropped: bool = False

    @property
    def name(self) -> str:
        """The service's name for the challenge, such as `SMS_MFA`."""
        return self.challenge_name

    def __repr__(self) -> str:
        shown = [f"{name}={REDACTED if kind else repr(value)}" for name, value, kind in self._parts()]
        return f"{type(self).__name__}({', '.join([*shown, self._hint()])})"

    if not TYPE_CHECKING:  # a checker would take every name for an attribute

        def __getattr__(self, name: str) -> Any:
            hint = ""
            if name in OF_TOKENS or name in ("tokens", "new_device"):
                hint = f": the sign-in isn't done; {self._hint()}, passed to client.respond(app, challenge, ...)"
            raise no_attribute(self, name, hint)

    def _parts(self) -> Iterator[tuple[str, Any, str]]:
        """Yield what there is to show: names, values, and what `Mask.kind` says of them."""
        for name in self._shown:
            if value := getattr(self, name):
                yield name, value, ""
        for member in attrs.fields(type(self)):
            if value := getattr(self, member.name):
                yield member.name, value, getattr(member.repr, "kind", "")

    def _hint(self) -> str:
        from .answers import how_to_answer

        return how_to_answer(self)

    @clears_frames
    def to_state(self) -> str:
        """Return the challenge as text for a cookie or a database. `challenge_from_state` reads it on any host.

        It holds the session, with which anyone can go on with the sign-in: encrypt it before it leaves your servers.
        Its `repr` shows nothing of it.

        Raises:
            SignInStateError: the challenge can't be continued elsewhere.
        """
        if self.is_automatic:
            msg = f"{self.name} can't be stored: only the process that began the sign-in can answer it"
            raise SignInStateError(msg)
        return packed(self.name, self._stored())

    def _stored(self) -> Mapping[str, Any]:
        return {
            "name": self.name,
            "client": self.client_id,
            "user": self.username,
            "session": self.session,
            "parameters": self.parameters,
            "available": list(map(str, self.available)),
            "admin": self.admin,
            "dropped": self.device_dropped,
        }

    def _listed(self, parameter: str) -> tuple[str, ...]:
        value = _json(self.parameters.get(parameter, ""))
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _json(text: str) -> Any:
    try:
        return parsed_json(text)
    except ValueError:
        return None


@attrs.frozen(kw_only=True, repr=False)
class CodeChallenge(Challenge):
    """The base of the challenges that you answer with `code=`."""

    __module__ = "cognito_idp"

    # The service has masked the destination.
    _shown = ("destination", "medium")

    @property
    def medium(self) -> str | None:
        """How the code was sent: `SMS` or `EMAIL`."""
        return self.parameters.get("CODE_DELIVERY_DELIVERY_MEDIUM")

    @property
    def destination(self) -> str | None:
        """Where the code was sent, masked by the service, such as `+*******1234`."""
        return self.parameters.get("CODE_DELIVERY_DESTINATION")


@attrs.frozen(kw_only=True, repr=False)
class SmsMfa(CodeChallenge):
    """A code was sent by SMS as a second factor; answer with `code=`."""

    __module__ = "cognito_idp"

    challenge_name = "SMS_MFA"


@attrs.frozen(kw_only=True, repr=False)
class SmsOtp(CodeChallenge):
    """A code was sent by SMS as the first factor; answer with `code=`."""

    __module__ = "cognito_idp"

    challenge_name = "SMS_OTP"


@attrs.frozen(kw_only=True, repr=False)
class EmailOtp(CodeChallenge):
    """A code was sent by email; answer with `code=`."""

    __module__ = "cognito_idp"

    challenge_name = "EMAIL_OTP"


@attrs.frozen(kw_only=True, repr=False)
class SoftwareTokenMfa(CodeChallenge):
    """The user's authenticator app shows a code; answer with `code=`."""

    __module__ = "cognito_idp"

    challenge_name = "SOFTWARE_TOKEN_MFA"

    @property
    def device_name(self) -> str | None:
        """The name that the user gave the authenticator app."""
        return self.parameters.get("FRIENDLY_DEVICE_NAME")


@attrs.frozen(kw_only=True, repr=False)
class SelectMfaType(Challenge):
    """The user has several second factors; answer with `choice=`, one of `options`."""

    __module__ = "cognito_idp"

    challenge_name = "SELECT_MFA_TYPE"
    _shown = ("options",)

    @property
    def options(self) -> tuple[str, ...]:
        """The factors to choose from, such as `SMS_MFA` and `SOFTWARE_TOKEN_MFA`."""
        return self._listed("MFAS_CAN_CHOOSE")


@attrs.frozen(kw_only=True, repr=False)
class SelectChallenge(Challenge):
    """The user may choose how to sign in; answer with `choice=`, and `password=` or `credential=` if it needs one."""

    __module__ = "cognito_idp"

    challenge_name = "SELECT_CHALLENGE"
    _shown = ("options",)

    @property
    def options(self) -> tuple[str, ...]:
        """The first factors to choose from, such as `PASSWORD_SRP` and `EMAIL_OTP`."""
        return tuple(map(str, self.available))


@attrs.frozen(kw_only=True, repr=False)
class MfaSetup(Challenge):
    """The pool demands MFA, and the user has none.

    For an authenticator app, call the client's `set_up_totp`. For codes by email, answer with `email=`.
    """

    __module__ = "cognito_idp"

    challenge_name = "MFA_SETUP"
    _shown = ("options",)

    @property
    def options(self) -> tuple[str, ...]:
        """The factors that can be set up, such as `SOFTWARE_TOKEN_MFA` and `EMAIL_OTP`."""
        return self._listed("MFAS_CAN_SETUP")


@attrs.frozen(kw_only=True, repr=False)
class TotpSetup(CodeChallenge):
    """The set-up of an authenticator app in an `MFA_SETUP` challenge; answer with the `code=` that the app shows.

    `secret_code` is the app's shared secret in base32, and `uri` holds it for a QR code. Both are secret.
    """

    __module__ = "cognito_idp"

    challenge_name = "MFA_SETUP"

    secret_code: str = field(repr=redacted)

    def _stored(self) -> Mapping[str, Any]:
        return {**super()._stored(), "secret": self.secret_code}

    def uri(self, *, issuer: str, account: str | None = None) -> str:
        """Return the `otpauth://` URI that authenticator apps read from a QR code.

        `issuer` is the name of your service. `account` is the label in the app; None: the user's name. Apps split the
        label at its colon, so any other colon, in either name, becomes a space.

        Source: the Key Uri Format of Google Authenticator.
        """
        from urllib.parse import quote, urlencode

        issuer, account = (" ".join(name.replace(":", " ").split()) for name in (issuer, account or self.username))
        label = f"{quote(issuer, safe='', errors='replace')}:{quote(account, safe='', errors='replace')}"
        query = urlencode({"secret": self.secret_code, "issuer": issuer}, quote_via=quote, errors="replace")
        return f"otpauth://totp/{label}?{query}"


@attrs.frozen(kw_only=True, repr=False)
class NewPasswordRequired(Challenge):
    """The password is temporary; answer with `new_password=` and `attributes=` for each of `required_attributes`."""

    __module__ = "cognito_idp"

    challenge_name = "NEW_PASSWORD_REQUIRED"
    _shown = ("required_attributes",)

    @property
    def required_attributes(self) -> tuple[str, ...]:
        """The attributes that the user must still provide, such as `email`."""
        return tuple(name.removeprefix("userAttributes.") for name in self._listed("requiredAttributes"))

    @property
    def user_attributes(self) -> dict[str, str]:
        """The user's attributes in the pool."""
        value = _json(self.parameters.get("userAttributes", ""))
        return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}


@attrs.frozen(kw_only=True, repr=False)
class CustomChallenge(Challenge):
    """The pool's Lambda triggers ask a question, described in `parameters`; answer with `answer=`."""

    __module__ = "cognito_idp"

    challenge_name = "CUSTOM_CHALLENGE"


@attrs.frozen(kw_only=True, repr=False)
class Password(Challenge):
    """The service asks for the password; answer with `password=`, which is sent as it is."""

    __module__ = "cognito_idp"

    challenge_name = "PASSWORD"


@attrs.frozen(kw_only=True, repr=False)
class PasswordSrp(Challenge):
    """The service asks for the password; answer with `password=`, which is proven by SRP and not sent."""

    __module__ = "cognito_idp"

    challenge_name = "PASSWORD_SRP"


@attrs.frozen(kw_only=True, repr=False)
class AdminNoSrpAuth(Challenge):
    """The service asks an administrator for the password; answer with `password=`, which is sent as it is."""

    __module__ = "cognito_idp"

    challenge_name = "ADMIN_NO_SRP_AUTH"


@attrs.frozen(kw_only=True, repr=False)
class WebAuthn(Challenge):
    """The service asks for a passkey; answer with `credential=`, the browser's result for `request_options`."""

    __module__ = "cognito_idp"

    challenge_name = "WEB_AUTHN"

    @property
    def request_options(self) -> Any:
        """The JSON for `navigator.credentials.get` in the browser; None if the service sent none."""
        return _json(self.parameters.get("CREDENTIAL_REQUEST_OPTIONS", ""))


@attrs.frozen(kw_only=True, repr=False)
class PasswordVerifier(Challenge):
    """The second half of SRP. The library answers it if this step has the password."""

    __module__ = "cognito_idp"

    challenge_name = "PASSWORD_VERIFIER"
    is_automatic = True


@attrs.frozen(kw_only=True, repr=False)
class DeviceSrpAuth(Challenge):
    """The device must prove itself. The library answers it if you pass `device=`, to `sign_in` or `respond`."""

    __module__ = "cognito_idp"

    challenge_name = "DEVICE_SRP_AUTH"
    is_automatic = True


@attrs.frozen(kw_only=True, repr=False)
class DevicePasswordVerifier(Challenge):
    """The second half of a device's SRP. The library answers it."""

    __module__ = "cognito_idp"

    challenge_name = "DEVICE_PASSWORD_VERIFIER"
    is_automatic = True


@attrs.frozen(kw_only=True, repr=False)
class UnknownChallenge(Challenge):
    """A challenge that this version doesn't know; answer with `responses=`, by the service's names."""

    __module__ = "cognito_idp"

    challenge_name = ""
    unknown_name: str

    @property
    def name(self) -> str:
        """The service's name for the challenge."""
        return self.unknown_name


Outcome: TypeAlias = (
    SignedIn
    | AdminNoSrpAuth
    | CustomChallenge
    | DevicePasswordVerifier
    | DeviceSrpAuth
    | EmailOtp
    | MfaSetup
    | NewPasswordRequired
    | Password
    | PasswordSrp
    | PasswordVerifier
    | SelectChallenge
    | SelectMfaType
    | SmsMfa
    | SmsOtp
    | SoftwareTokenMfa
    | TotpSetup
    | UnknownChallenge
    | WebAuthn
)
"""What a step of a sign-in leads to. It is closed: a `match` over these classes leaves nothing for `assert_never`.

`TotpSetup` comes from `set_up_totp` alone.
"""
