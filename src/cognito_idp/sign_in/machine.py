"""The rules of a sign-in: which answer fits which challenge, and what may follow. Each rule is a row in a table.

Source: Cognito developer guide, "Authentication flows", and the API reference of RespondToAuthChallenge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ..types import AuthFlowType as Flow
from ..types import ChallengeNameType as Name
from .outcomes import (
    AdminNoSrpAuth,
    Challenge,
    CustomChallenge,
    DevicePasswordVerifier,
    DeviceSrpAuth,
    EmailOtp,
    MfaSetup,
    NewPasswordRequired,
    Password,
    PasswordSrp,
    PasswordVerifier,
    SelectChallenge,
    SelectMfaType,
    SmsMfa,
    SmsOtp,
    SoftwareTokenMfa,
    UnknownChallenge,
    WebAuthn,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class Start(NamedTuple):
    """How a flow starts: required and optional arguments, who may use it, and which challenges may come first."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    public: bool
    admin: bool
    leads_to: frozenset[Name]


class Row(NamedTuple):
    """One challenge: its class, the arguments that answer it with their wire names, optional ones, and what may follow.

    An argument with an empty wire name is not sent: it is proven, or used in an earlier step. A challenge with no
    answer needs a secret from the call that led to it. Every answer may include a device.
    """

    challenge: type[Challenge]
    answer: Mapping[str, str]
    optional: tuple[str, ...]
    leads_to: frozenset[Name]


# What the service may ask for after the password or another first factor. Tokens may follow anything.
_SECOND: Final = frozenset(
    {
        Name.SMS_MFA,
        Name.EMAIL_OTP,
        Name.SOFTWARE_TOKEN_MFA,
        Name.SELECT_MFA_TYPE,
        Name.MFA_SETUP,
        Name.NEW_PASSWORD_REQUIRED,
        Name.DEVICE_SRP_AUTH,
        Name.CUSTOM_CHALLENGE,
    }
)
_FIRST: Final = frozenset(
    {
        Name.SELECT_CHALLENGE,
        Name.PASSWORD,
        Name.PASSWORD_SRP,
        Name.PASSWORD_VERIFIER,
        Name.EMAIL_OTP,
        Name.SMS_OTP,
        Name.WEB_AUTHN,
    }
)
_PROOF: Final = frozenset({Name.PASSWORD_VERIFIER})
_REFRESH: Final = Start(("refresh_token",), ("username", "device"), True, True, frozenset())

STARTS: Final[Mapping[Flow, Start]] = {
    Flow.USER_SRP_AUTH: Start(("username", "password"), ("device",), True, True, _PROOF),
    Flow.USER_PASSWORD_AUTH: Start(("username", "password"), ("device",), True, False, _SECOND),
    Flow.ADMIN_USER_PASSWORD_AUTH: Start(("username", "password"), ("device",), False, True, _SECOND),
    Flow.ADMIN_NO_SRP_AUTH: Start(
        ("username", "password"), ("device",), False, True, _SECOND | {Name.ADMIN_NO_SRP_AUTH}
    ),
    Flow.CUSTOM_AUTH: Start(("username",), ("password", "device"), True, True, _PROOF | _SECOND),
    Flow.USER_AUTH: Start(
        ("username",), ("password", "device", "preferred_challenge", "session"), True, True, _FIRST | _SECOND
    ),
    Flow.REFRESH_TOKEN_AUTH: _REFRESH,
    Flow.REFRESH_TOKEN: _REFRESH,
}

TABLE: Final[Mapping[Name, Row]] = {
    Name.SMS_MFA: Row(SmsMfa, {"code": "SMS_MFA_CODE"}, (), _SECOND),
    Name.EMAIL_OTP: Row(EmailOtp, {"code": "EMAIL_OTP_CODE"}, (), _SECOND),
    Name.SMS_OTP: Row(SmsOtp, {"code": "SMS_OTP_CODE"}, (), _SECOND),
    Name.SOFTWARE_TOKEN_MFA: Row(SoftwareTokenMfa, {"code": "SOFTWARE_TOKEN_MFA_CODE"}, (), _SECOND),
    Name.SELECT_MFA_TYPE: Row(
        SelectMfaType,
        {"choice": "ANSWER"},
        (),
        frozenset({Name.SMS_MFA, Name.EMAIL_OTP, Name.SOFTWARE_TOKEN_MFA, Name.MFA_SETUP}),
    ),
    Name.SELECT_CHALLENGE: Row(SelectChallenge, {"choice": "ANSWER"}, ("password", "credential"), _FIRST | _SECOND),
    # For an authenticator app, the answer is only the session of the finished set-up.
    Name.MFA_SETUP: Row(MfaSetup, {"email": "EMAIL"}, (), _SECOND),
    Name.NEW_PASSWORD_REQUIRED: Row(NewPasswordRequired, {"new_password": "NEW_PASSWORD"}, ("attributes",), _SECOND),
    Name.CUSTOM_CHALLENGE: Row(CustomChallenge, {"answer": "ANSWER"}, (), _PROOF | _SECOND),
    Name.PASSWORD: Row(Password, {"password": "PASSWORD"}, (), _SECOND),
    Name.PASSWORD_SRP: Row(PasswordSrp, {"password": ""}, (), _PROOF),
    Name.ADMIN_NO_SRP_AUTH: Row(AdminNoSrpAuth, {"password": "PASSWORD"}, (), _SECOND),
    Name.WEB_AUTHN: Row(WebAuthn, {"credential": "CREDENTIAL"}, (), _SECOND),
    Name.PASSWORD_VERIFIER: Row(PasswordVerifier, {}, (), _SECOND),
    Name.DEVICE_SRP_AUTH: Row(DeviceSrpAuth, {"device": ""}, (), frozenset({Name.DEVICE_PASSWORD_VERIFIER})),
    Name.DEVICE_PASSWORD_VERIFIER: Row(DevicePasswordVerifier, {}, (), _SECOND - {Name.DEVICE_SRP_AUTH}),
}

# Challenges that prove a password. The library answers them, but only where the table allows them: none leads back to
# itself without a person, so the service can't collect proof after proof.
AUTOMATIC: Final = frozenset(name for name, row in TABLE.items() if row.challenge.is_automatic)

# With these choices, the first message of USER_AUTH and the answer to SELECT_CHALLENGE already carry the first step of
# the chosen challenge, built from this argument.
CHOICES_WITH_PROOF: Final[Mapping[str, str]] = {
    Name.PASSWORD: "password",
    Name.PASSWORD_SRP: "password",
    Name.WEB_AUTHN: "credential",
}


def challenge_class(name: str) -> type[Challenge]:
    """Return the class of a challenge, or `UnknownChallenge` if the table doesn't have it."""
    row = TABLE.get(Name(name))
    return UnknownChallenge if row is None else row.challenge
