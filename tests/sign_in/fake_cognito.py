"""A small Cognito for tests, which speaks the service's JSON over `httpx.MockTransport`, for sync and async clients.

It is strict where the real one may not be: it takes no parameter that it did not ask for, a session is good for one
answer to one challenge, an admin sign-in goes on as one, and exactly the admin calls are signed. Of a user it keeps an
SRP verifier and never the password; the arithmetic is `rfc5054_server`'s. What a user is asked after the first factor
is the user's `plan`; a test may also force what comes next, as an evil service would.
"""

from __future__ import annotations

import hmac
import json
import threading
from base64 import b64encode
from typing import TYPE_CHECKING, Any, ClassVar

import httpx

from .fake_accounts import (
    CODE,
    CREDENTIAL,
    MFA,
    TOKENS,
    RefusedError,
    Talk,
    TokenDesk,
    User,
    deny,
    enrolled,
    refuse,
    totp_now,
)
from .rfc5054_server import Account, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_idp import AppClient

# Where the answer to a challenge carries the code.
_CODES = {
    "SMS_MFA": "SMS_MFA_CODE",
    "SMS_OTP": "SMS_OTP_CODE",
    "EMAIL_OTP": "EMAIL_OTP_CODE",
    "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
    "PIGEON_POST": "FEATHER",
}
_FORCED_SRP_A = "2"


class FakeCognito(TokenDesk):
    """The service, for one app client and one user; it is the handler of an `httpx.MockTransport`."""

    def __init__(self, app: AppClient, user: User, *, rotates: bool = False, remembers_devices: bool = False) -> None:
        super().__init__(app.client_secret, rotates=rotates, remembers_devices=remembers_devices)
        self.app = app
        self.user = user
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.forced: list[str] = []
        """What comes next instead of what should: names of challenges, or `TOKENS`."""
        self.scripted: dict[str, list[RefusedError | dict[str, Any]]] = {}
        """What the next calls of an operation, or the next answers to a challenge, get instead of what they should."""
        self.parameters: dict[str, str | None] = {}
        """Changes to the parameters of each challenge from now on; None takes one away."""
        self.before: Callable[[str], None] = lambda _: None
        """Called with the operation before each answer."""
        self._talks: dict[str, Talk] = {}
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        body = json.loads(request.content)
        self._check_signature(operation, body, request.headers.get("authorization"))
        self.before(operation)
        with self._lock:
            self.sent.append((operation, body))
            try:
                return httpx.Response(
                    200, json=self._scripted(operation, body) or self._OPERATIONS[operation](self, body)
                )
            except RefusedError as refused:
                return httpx.Response(400, json={"__type": refused.code, "message": refused.message})

    def _scripted(self, operation: str, body: dict[str, Any]) -> dict[str, Any] | None:
        for name in (operation, body.get("ChallengeName", "")):
            if self.scripted.get(name):
                answer = self.scripted[name].pop(0)
                if isinstance(answer, RefusedError):
                    raise answer
                return answer
        return None

    @property
    def operations(self) -> list[str]:
        """The names of the operations that were called so far; for answers, the challenge as well."""
        return [" ".join(filter(None, (operation, body.get("ChallengeName")))) for operation, body in self.sent]

    # -- what every request is checked for ------------------------------------------------------------------------

    def _check_signature(self, operation: str, body: dict[str, Any], authorization: str | None) -> None:
        assert operation.startswith("Admin") == ("UserPoolId" in body)
        if operation.startswith("Admin"):
            assert authorization is not None
            assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
            assert body["UserPoolId"] == self.app.user_pool_id
        else:
            assert authorization is None
        if "ClientId" in body and body["ClientId"] != self.app.client_id:
            raise AssertionError(body["ClientId"])

    def _check_secret_hash(self, parameters: dict[str, str], username: str) -> None:
        secret = self.app.client_secret
        if secret is None:
            assert "SECRET_HASH" not in parameters
            return
        mac = hmac.digest(secret.encode(), f"{username}{self.app.client_id}".encode(), "sha256")
        if parameters.get("SECRET_HASH") != b64encode(mac).decode():
            deny("Unable to verify secret hash for client")

    def _check_device(self, talk: Talk, parameters: dict[str, str]) -> None:
        talk.device_key = parameters.get("DEVICE_KEY", talk.device_key)
        if talk.device_key is not None and talk.user.devices.get(talk.device_key) is None:
            talk.device_key = None
            refuse("ResourceNotFoundException", "Device does not exist.")

    # -- the beginning of a sign-in -------------------------------------------------------------------------------

    def _initiate(self, body: dict[str, Any]) -> dict[str, Any]:
        flow, parameters = body["AuthFlow"], body["AuthParameters"]
        admin = "UserPoolId" in body
        if flow in ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"):
            self._check_secret_hash(parameters, self.user.name)
            return self.refresh(parameters["REFRESH_TOKEN"], parameters.get("DEVICE_KEY"))
        if parameters["USERNAME"] not in (self.user.name, *self.user.aliases):
            refuse("UserNotFoundException", "User does not exist.")
        self._check_secret_hash(parameters, parameters["USERNAME"])
        talk = Talk(user=self.user, admin=admin, flow=flow, plan=list(self.user.plan), device_key=None)
        self._check_device(talk, parameters)
        if flow == "USER_SRP_AUTH":
            assert "SRP_A" in parameters
            return self._chosen(talk, "PASSWORD_SRP", parameters)
        if flow == "CUSTOM_AUTH":
            assert parameters.get("CHALLENGE_NAME") == ("SRP_A" if "SRP_A" in parameters else None)
            return self._chosen(talk, "PASSWORD_SRP", parameters) if "SRP_A" in parameters else self._go_on(talk)
        if flow == "USER_AUTH":
            assert body.get("Session") in (None, "session-of-ConfirmSignUp")
            return self._chosen(talk, parameters.get("PREFERRED_CHALLENGE"), parameters)
        assert flow in (("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH") if admin else ("USER_PASSWORD_AUTH",))
        return self._chosen(talk, "PASSWORD", parameters)

    def _chosen(self, talk: Talk, choice: str | None, parameters: dict[str, str]) -> dict[str, Any]:
        """Go on with a first factor, whose first step may have come along, and nothing of another one."""
        first = {"PASSWORD": "PASSWORD", "PASSWORD_SRP": "SRP_A", "WEB_AUTHN": "CREDENTIAL"}.get(choice or "")
        assert {"PASSWORD", "SRP_A", "CREDENTIAL"} & set(parameters) <= {first}
        if choice is None:
            return self._ask(talk, "SELECT_CHALLENGE")
        if choice == "PASSWORD" and "PASSWORD" in parameters:
            return self._with_password(talk, parameters)
        if choice == "PASSWORD_SRP" and "SRP_A" in parameters:
            return self._ask(talk, "PASSWORD_VERIFIER", parameters["SRP_A"])
        if choice == "WEB_AUTHN" and "CREDENTIAL" in parameters:
            return self._with_passkey(talk, parameters)
        return self._ask(talk, choice)

    # -- asking ---------------------------------------------------------------------------------------------------

    def _go_on(self, talk: Talk) -> dict[str, Any]:
        """Ask what the plan says; a device that is known makes a second factor unnecessary."""
        if not talk.passed:
            talk.passed = True
            if self.remembers_devices and talk.device_key is not None:
                talk.plan = [*(name for name in talk.plan if name not in MFA), "DEVICE_SRP_AUTH"]
        if self.forced or talk.plan:
            return self._ask(talk, talk.plan.pop(0) if talk.plan else TOKENS)
        return self.tokens(talk)

    def _ask(self, talk: Talk, name: str, srp_a: str | None = None) -> dict[str, Any]:
        if self.forced:
            name = self.forced.pop(0)
        if name == TOKENS:
            return self.tokens(talk)
        talk.challenge = name
        number = next(self.numbers)
        session: str | None = f"session-{number:020}"
        if name == "PASSWORD_VERIFIER":
            talk.exchange = self._exchange(talk.user.account, srp_a or _FORCED_SRP_A, number)
        elif name == "DEVICE_PASSWORD_VERIFIER":
            account = talk.user.devices.get(talk.device_key or "") or talk.user.account
            talk.exchange = self._exchange(account, srp_a or _FORCED_SRP_A, number)
        if name == "PASSWORD_VERIFIER" and talk.flow == "USER_SRP_AUTH":
            assert talk.exchange is not None
            self._talks[talk.exchange.secret_block] = talk
            session = None
        else:
            assert session is not None
            self._talks[session] = talk
            self.secrets.add(session)
        changed = {**self._parameters_of(talk), **self.parameters}
        parameters = {key: value for key, value in changed.items() if value is not None}
        answer: dict[str, Any] = {"ChallengeName": name, "Session": session, "ChallengeParameters": parameters}
        if name == "SELECT_CHALLENGE":
            answer["AvailableChallenges"] = list(talk.user.factors)
        return answer

    def _exchange(self, account: Account, srp_a: str, number: int) -> Exchange:
        secret_block = b64encode(f"secret block {number:020}".encode()).decode()
        self.secrets.add(secret_block)
        return Exchange(account, srp_a, secret_b=0xFEDCBA9876543210 + number, secret_block=secret_block)

    def _parameters_of(self, talk: Talk) -> dict[str, str]:
        if talk.challenge == "CUSTOM_CHALLENGE":
            return {"USERNAME": talk.user.name, "question": "How many roads?"}
        parameters = {"USER_ID_FOR_SRP": talk.user.name}
        if talk.challenge.endswith("PASSWORD_VERIFIER") and talk.exchange is not None:
            exchange = talk.exchange
            parameters |= {"SALT": exchange.salt, "SRP_B": exchange.srp_b, "SECRET_BLOCK": exchange.secret_block}
            if talk.challenge == "DEVICE_PASSWORD_VERIFIER":
                parameters = {**parameters, "USERNAME": talk.user.name, "DEVICE_KEY": talk.device_key or ""}
                del parameters["USER_ID_FOR_SRP"]
        sent = {
            "SMS_MFA": {"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******1234"},
            "SMS_OTP": {"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******1234"},
            "EMAIL_OTP": {"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "m***@e***"},
            "SOFTWARE_TOKEN_MFA": {"FRIENDLY_DEVICE_NAME": "phone"},
            "SELECT_MFA_TYPE": {"MFAS_CAN_CHOOSE": json.dumps(MFA)},
            "MFA_SETUP": {"MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]'},
            "NEW_PASSWORD_REQUIRED": {
                "requiredAttributes": json.dumps([f"userAttributes.{name}" for name in talk.user.required_attributes]),
                "userAttributes": '{"email": "mary@example.com"}',
            },
            "WEB_AUTHN": {"CREDENTIAL_REQUEST_OPTIONS": '{"challenge": "Y2hhbGxlbmdl", "rpId": "example.com"}'},
        }
        return parameters | sent.get(talk.challenge, {})

    # -- answers --------------------------------------------------------------------------------------------------

    def _respond(self, body: dict[str, Any]) -> dict[str, Any]:
        name, responses = body["ChallengeName"], body["ChallengeResponses"]
        key = body.get("Session") or responses.get("PASSWORD_CLAIM_SECRET_BLOCK")
        talk = self._talk(key, name)
        assert talk.admin == ("UserPoolId" in body)
        assert responses["USERNAME"] == talk.user.name
        self._check_secret_hash(responses, responses["USERNAME"])
        self._check_device(talk, responses)
        given = {k: v for k, v in responses.items() if k not in ("USERNAME", "SECRET_HASH", "DEVICE_KEY")}
        answered = self._ANSWERS.get(name) or FakeCognito._with_code
        answer: dict[str, Any] = answered(self, talk, given)
        del self._talks[key]
        return answer

    def _talk(self, key: str, challenge: str) -> Talk:
        talk = self._talks.get(key)
        if talk is None:
            deny("Invalid session for the user.")
        assert talk.challenge == challenge, f"the session is for {talk.challenge}, and {challenge} was answered"
        return talk

    def _with_proof(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        assert set(given) == {"PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"}
        assert talk.exchange is not None
        assert given["PASSWORD_CLAIM_SECRET_BLOCK"] == talk.exchange.secret_block
        if not talk.exchange.accepts(given["PASSWORD_CLAIM_SIGNATURE"], given["TIMESTAMP"]):
            deny()
        return self._go_on(talk)

    def _with_srp_a(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        assert set(given) == {"SRP_A"}
        proof = "DEVICE_PASSWORD_VERIFIER" if talk.challenge == "DEVICE_SRP_AUTH" else "PASSWORD_VERIFIER"
        return self._ask(talk, proof, given["SRP_A"])

    def _with_choice(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        choice = given.pop("ANSWER")
        assert choice in talk.user.factors
        return self._chosen(talk, choice, given)

    def _with_mfa_type(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        assert set(given) == {"ANSWER"}
        assert given["ANSWER"] in MFA
        return self._ask(talk, given["ANSWER"])

    def _with_answer(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        assert set(given) == {"ANSWER"}
        if given["ANSWER"] != "42":
            deny("Incorrect answer")
        return self._go_on(talk)

    def _with_code(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        name = _CODES[talk.challenge]
        assert set(given) == {name}
        if given[name] != CODE:
            refuse("CodeMismatchException", "Invalid code received for user")
        return self._go_on(talk)

    def _with_password(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        if not talk.user.knows(given["PASSWORD"]):
            deny()
        return self._go_on(talk)

    def _with_passkey(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        if json.loads(given["CREDENTIAL"]) != CREDENTIAL:
            deny("Passkey is wrong")
        return self._go_on(talk)

    def _with_new_password(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        names = {f"userAttributes.{name}" for name in talk.user.required_attributes}
        if not names <= set(given):
            refuse("InvalidParameterException", "Missing required attributes")
        assert all(name == "NEW_PASSWORD" or name.startswith("userAttributes.") for name in given)
        talk.user.account = enrolled(talk.user.account.identity, given["NEW_PASSWORD"], talk.user.account.salt + 1)
        return self._go_on(talk)

    # -- an authenticator app -------------------------------------------------------------------------------------

    def _associate(self, body: dict[str, Any]) -> dict[str, Any]:
        talk = self._talk(body["Session"], "MFA_SETUP")
        del self._talks[body["Session"]]
        talk.secret_code = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
        self.secrets.add(talk.secret_code)
        return {"SecretCode": talk.secret_code, "Session": self._renewed(talk)}

    def _verify(self, body: dict[str, Any]) -> dict[str, Any]:
        talk = self._talk(body["Session"], "MFA_SETUP")
        assert talk.secret_code is not None
        if body["UserCode"] != totp_now(talk.secret_code):
            refuse("EnableSoftwareTokenMFAException", "Code mismatch")
        del self._talks[body["Session"]]
        talk.is_set_up = True
        return {"Status": "SUCCESS", "Session": self._renewed(talk)}

    def _renewed(self, talk: Talk) -> str:
        session = f"session-{next(self.numbers):020}"
        self._talks[session] = talk
        self.secrets.add(session)
        return session

    def _set_up(self, talk: Talk, given: dict[str, str]) -> dict[str, Any]:
        if "EMAIL" in given:
            assert set(given) == {"EMAIL"}
            return self._ask(talk, "EMAIL_OTP")
        assert not given
        if not talk.is_set_up:
            refuse("InvalidParameterException", "No factor was set up")
        return self._go_on(talk)

    _ANSWERS: ClassVar[dict[str, Callable[[Any, Talk, dict[str, str]], dict[str, Any]]]] = {
        "PASSWORD_VERIFIER": _with_proof,
        "DEVICE_PASSWORD_VERIFIER": _with_proof,
        "DEVICE_SRP_AUTH": _with_srp_a,
        "PASSWORD_SRP": _with_srp_a,
        "SELECT_CHALLENGE": _with_choice,
        "SELECT_MFA_TYPE": _with_mfa_type,
        "PASSWORD": _with_password,
        "ADMIN_NO_SRP_AUTH": _with_password,
        "WEB_AUTHN": _with_passkey,
        "NEW_PASSWORD_REQUIRED": _with_new_password,
        "MFA_SETUP": _set_up,
        "CUSTOM_CHALLENGE": _with_answer,
    }
    _OPERATIONS: ClassVar[dict[str, Callable[[Any, dict[str, Any]], dict[str, Any]]]] = {
        "InitiateAuth": _initiate,
        "AdminInitiateAuth": _initiate,
        "RespondToAuthChallenge": _respond,
        "AdminRespondToAuthChallenge": _respond,
        "AssociateSoftwareToken": _associate,
        "VerifySoftwareToken": _verify,
        "ConfirmDevice": TokenDesk.confirm_device,
        "GetTokensFromRefreshToken": TokenDesk.get_tokens,
        "RevokeToken": TokenDesk.revoke,
        "GlobalSignOut": TokenDesk.sign_out,
    }
