"""The form for each sign-in challenge, and the call that answers it: one function for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cognito_idp import (
    CodeChallenge,
    CustomChallenge,
    EmailOtp,
    MfaSetup,
    NewPasswordRequired,
    Password,
    PasswordSrp,
    SelectChallenge,
    SelectMfaType,
    SmsMfa,
    SmsOtp,
    TotpSetup,
)

from .pages import CODE, NEW_PASSWORD, PASSWORD, Choice, Field, Form, Link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cognito_idp import AppClient, AsyncClient, Challenge, Outcome

_ACTION: Final = "/sign-in/challenge"
_BACK: Final = (Link("/sign-in", "Begin again"),)
_LABELS: Final[Mapping[str, str]] = {
    "EMAIL_OTP": "A code by e-mail",
    "PASSWORD": "Your password",
    "PASSWORD_SRP": "Your password",
    "SMS_MFA": "A code by text message",
    "SMS_OTP": "A code by text message",
    "SOFTWARE_TOKEN_MFA": "An authenticator app",
}
"""The choices offered here. Passkeys are missing: they have a button of their own, at the sign-in."""


class UnsupportedChallengeError(Exception):
    """This app has no form for a challenge."""


def form_for(  # noqa: PLR0911 - one return per challenge
    challenge: Challenge, app_name: str, address: str
) -> Form:
    """Return the form for a challenge; `address` is what the person signs in with.

    Raises:
        UnsupportedChallengeError: the challenge has no form.
    """
    match challenge:
        case TotpSetup():
            return totp_form(challenge, app_name, address, _ACTION, _BACK)
        case CodeChallenge():
            return _form("One more step", _where_the_code_is(challenge), CODE)
        case SelectMfaType(options=options) | SelectChallenge(options=options):
            return _choice("How do you want to prove that it is you?", options)
        case MfaSetup(options=options):
            return _choice("Your account needs a second proof besides the password.", options)
        case NewPasswordRequired(required_attributes=names):
            attributes = (Field(f"attribute.{name}", name.replace("_", " ").capitalize()) for name in names)
            return _form("Choose a password", "The one that you have is temporary.", NEW_PASSWORD, *attributes)
        case Password() | PasswordSrp():
            return _form("Your password", "", PASSWORD)
        case CustomChallenge(parameters=parameters):
            return _form("One more step", parameters.get("question", ""), Field("answer", "Answer"))
    raise UnsupportedChallengeError(challenge.name)


async def answer(  # noqa: PLR0911
    client: AsyncClient, app: AppClient, challenge: Challenge, fields: Mapping[str, str], address: str
) -> Outcome:
    """Answer a challenge with the form's input.

    Raises:
        UnsupportedChallengeError: the challenge has no form.
        CognitoIdpError: the answer is wrong, or can't be sent.
    """
    match challenge:
        case CodeChallenge():
            return await client.respond(app, challenge, code="".join(fields.get("code", "").split()))
        case MfaSetup() if fields.get("choice") == "EMAIL_OTP":
            return await client.respond(app, challenge, email=address)
        case MfaSetup():
            return await client.set_up_totp(app, challenge)
        case SelectMfaType() | SelectChallenge():
            return await client.respond(app, challenge, choice=fields.get("choice", ""))
        case NewPasswordRequired(required_attributes=names):
            attributes = {name: fields.get(f"attribute.{name}", "") for name in names}
            return await client.respond(
                app, challenge, new_password=fields.get("new_password", ""), attributes=attributes
            )
        case Password() | PasswordSrp():
            return await client.respond(app, challenge, password=fields.get("password", ""))
        case CustomChallenge():
            return await client.respond(app, challenge, answer=fields.get("answer", ""))
    raise UnsupportedChallengeError(challenge.name)


def totp_form(setup: TotpSetup, app_name: str, address: str, action: str, links: tuple[Link, ...]) -> Form:
    """Return the form that shows a QR code for an authenticator app and asks for the app's code."""
    return Form(
        title="Set up your authenticator app",
        intro="Scan the picture with the app on your phone, then type in the code that it shows.",
        action=action,
        submit="Confirm",
        fields=(CODE,),
        links=links,
        totp_uri=setup.uri(issuer=app_name, account=address),
        totp_secret=setup.secret_code,
    )


def _where_the_code_is(challenge: CodeChallenge) -> str:
    to = f" to {challenge.destination}" if challenge.destination else ""
    match challenge:
        case SmsMfa() | SmsOtp():
            return f"We sent a code{to} by text message."
        case EmailOtp():
            return f"We sent a code{to} by e-mail."
    return "Type in the code that your authenticator app shows."


def _form(title: str, intro: str, *fields: Field) -> Form:
    return Form(title=title, intro=intro, action=_ACTION, submit="Continue", fields=fields, links=_BACK)


def _choice(intro: str, options: tuple[str, ...]) -> Form:
    choices = tuple(Choice(option, _LABELS[option]) for option in options if option in _LABELS)
    if not choices:
        raise UnsupportedChallengeError(", ".join(options) or "nothing to choose from")
    return Form(title="One more step", intro=intro, action=_ACTION, submit="Continue", choices=choices, links=_BACK)
