"""A sign-in at a terminal: each challenge becomes a prompt."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

import attrs

from .._errors import one_line
from .._protocol.foreign_json import parsed_json
from .._protocol.redaction import redacted
from ..errors import (
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    InvalidPasswordException,
    PasswordHistoryPolicyViolationException,
    SignInAnswerError,
)
from ..sign_in.machine import CHOICES_WITH_PROOF
from ..sign_in.outcomes import (
    AdminNoSrpAuth,
    CodeChallenge,
    CustomChallenge,
    MfaSetup,
    NewPasswordRequired,
    Password,
    PasswordSrp,
    SelectChallenge,
    SelectMfaType,
    SoftwareTokenMfa,
    TotpSetup,
    UnknownChallenge,
    WebAuthn,
)
from ..sign_in.signed_in import SignedIn
from ..types import ChallengeNameType
from .failures import InputError, text_of
from .inputs import ask, ask_secret, choose
from .streams import err

if TYPE_CHECKING:
    from typing import Any

    from .._protocol.app_client import AppClient
    from ..client import Client
    from ..sign_in.outcomes import Challenge, Outcome
    from ..sign_in.signed_in import Device
    from .settings import Settings

# The session survives these errors, so the person may try again.
_TRY_AGAIN: Final = (
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    InvalidPasswordException,
    PasswordHistoryPolicyViolationException,
)
_APP: Final = ChallengeNameType.SOFTWARE_TOKEN_MFA.value
_EMAIL: Final = ChallengeNameType.EMAIL_OTP.value


@attrs.frozen(kw_only=True)
class Walk:
    """Guides a person through the challenges of one sign-in."""

    client: Client
    app: AppClient
    settings: Settings
    device: Device | None
    password: str | None = attrs.field(repr=redacted)
    issuer: str
    metadata: dict[str, str] | None

    def through(self, outcome: Outcome) -> SignedIn:
        """Prompt until there are tokens."""
        while not isinstance(outcome, SignedIn):
            try:
                outcome = self._step(outcome)
            except _TRY_AGAIN as error:
                _say(text_of(error, self.settings.secrets), "Try again, or end it with Ctrl-C.")
            except SignInAnswerError as error:
                raise InputError(text_of(error, self.settings.secrets)) from None
        return outcome

    def _step(self, challenge: Challenge) -> Outcome:
        if isinstance(challenge, MfaSetup):
            return self._set_up(challenge)
        return self._respond(challenge, **self._answer(challenge))

    def _respond(self, challenge: Challenge, **answer: Any) -> Outcome:
        return self.client.respond(self.app, challenge, device=self.device, client_metadata=self.metadata, **answer)

    def _answer(self, challenge: Challenge) -> dict[str, Any]:  # noqa: PLR0911 - one for each challenge
        match challenge:
            case CodeChallenge():
                return {"code": self._secret(_code_wanted(challenge))}
            case SelectMfaType(options=options):
                return {"choice": choose("Second factor", options)}
            case SelectChallenge(options=options):
                return self._first_factor(choose("Sign in with", options))
            case NewPasswordRequired():
                return self._new_password(challenge)
            case Password() | PasswordSrp() | AdminNoSrpAuth():
                return {"password": self.password or self._secret("Password")}
            case CustomChallenge():
                _say("The pool asks:", *_described(challenge))
                return {"answer": self._secret("Answer")}
            case WebAuthn():
                return {"credential": self._passkey(challenge)}
            case UnknownChallenge():
                _say(f"This version does not know the challenge {one_line(challenge.name)}.", *_described(challenge))
                return {"responses": self._responses()}
        msg = f"the pool asks for {one_line(challenge.name)}, which a remembered device answers; give its --device-file"
        raise InputError(msg)

    def _secret(self, what: str, *, twice: bool = False) -> str:
        answer = ask_secret(what, twice=twice)
        self.settings.secrets.add(answer)
        return answer

    def _first_factor(self, choice: str) -> dict[str, Any]:
        if CHOICES_WITH_PROOF.get(choice) != "password":
            return {"choice": choice}
        return {"choice": choice, "password": self.password or self._secret("Password")}

    def _new_password(self, challenge: NewPasswordRequired) -> dict[str, Any]:
        _say("The password must be changed.")
        known = challenge.user_attributes
        attributes = {name: ask(name, default=known.get(name)) for name in challenge.required_attributes}
        return {"new_password": self._secret("New password", twice=True), "attributes": attributes or None}

    def _passkey(self, challenge: WebAuthn) -> dict[str, Any]:
        _say(
            "A passkey needs a browser. On a page of the passkey's site, call navigator.credentials.get with these "
            "options, and save the credential's toJSON() in a file:",
            one_line(json.dumps(challenge.request_options)),
        )
        argument = self.settings.inputs.read("passkey", f"@{ask('File')}")
        try:
            credential: dict[str, Any] = parsed_json(argument.text("passkey"))
        except ValueError:
            msg = "the file with the passkey's credential is not JSON"
        else:
            return credential
        raise InputError(msg)

    def _responses(self) -> dict[str, str]:
        responses: dict[str, str] = {}
        while name := ask("Name of a response (empty after the last one)", default=""):
            responses[name] = self._secret(name)
        return responses

    def _set_up(self, challenge: MfaSetup) -> Outcome:
        offered = tuple(option for option in challenge.options if option in (_APP, _EMAIL))
        if not challenge.options:
            offered = (_APP,)
        if not offered:
            names = one_line(", ".join(challenge.options))
            msg = f"the pool demands a second factor that can't be set up here: {names}"
            raise InputError(msg)
        _say("The pool demands a second factor, and there is none yet.")
        if choose("Set up", offered) == _EMAIL:
            return self._respond(challenge, email=ask("Email address for the codes"))
        setup = self.client.set_up_totp(self.app, challenge)
        self.settings.secrets.add(setup.secret_code)
        self._draw(setup)
        return setup

    def _draw(self, setup: TotpSetup) -> None:
        import segno

        _say("Scan this with an authenticator app:")
        code = segno.make_qr(setup.uri(issuer=self.issuer))
        # Half blocks need Unicode; without it the drawing is twice as tall.
        code.terminal(out=sys.stderr, compact="utf" in (sys.stderr.encoding or "").lower())
        if self.settings.show_secrets:
            _say(f"Or type this key into it: {setup.secret_code}")
        else:
            _say("Without a camera, run it again with --show-secrets to see the key.")


def _say(*lines: str) -> None:
    for line in lines:
        err(line)


def _code_wanted(challenge: CodeChallenge) -> str:
    if isinstance(challenge, TotpSetup):
        return "Code that the app shows"
    if isinstance(challenge, SoftwareTokenMfa):
        name = challenge.device_name
        return f"Code of the authenticator app{f' ({one_line(name)})' if name else ''}"
    where = " to ".join(one_line(part) for part in (challenge.medium, challenge.destination) if part)
    return f"Code that was sent{f' by {where}' if where else ''}"


def _described(challenge: Challenge) -> list[str]:
    return [f"  {one_line(name)}: {one_line(value)}" for name, value in challenge.parameters.items()]
