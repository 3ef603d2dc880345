"""Every sign-in that a server may have, begun and answered by boto3 and by our clients."""

from __future__ import annotations

import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
from botocore.exceptions import ClientError
from pycognito import AWSSRP

from cognito_idp import (
    AdminCreateUserRequest,
    AdminDisableUserRequest,
    AdminSetUserMFAPreferenceRequest,
    AdminSetUserPasswordRequest,
    AppClient,
    AssociateSoftwareTokenRequest,
    CreateUserPoolClientRequest,
    CreateUserPoolRequest,
    InitiateAuthRequest,
    ServiceError,
    SetUserMFAPreferenceRequest,
    SetUserPoolMfaConfigRequest,
    SignedIn,
    SMSMfaSettingsType,
    SoftwareTokenMfaConfigType,
    SoftwareTokenMfaSettingsType,
    VerifySoftwareTokenRequest,
    totp,
)
from cognito_idp.errors import InvalidResponseError, SignInError
from tests.integration.ministack import ALL_FLOWS, NEW_PASSWORD, PASSWORD, claims, secret_hash

from .journal import Journal, boto_error, by_boto, by_ours, our_error
from .servers import CODE

if TYPE_CHECKING:
    from cognito_idp._structs.struct import Request
    from tests.support.kit import Kit


@attrs.frozen
class SignIn:
    """One sign-in: what begins it, and what Cognito makes of it: challenges, then tokens or the code of an error."""

    name: str
    expected: str
    flow: str
    admin: bool = False
    user: str = "ready"
    app: str = "public"
    password: str = PASSWORD
    code: str = "right"

    @property
    def whose(self) -> str:
        """The kind of user; whose password changes is used once."""
        return f"{self.user}, {self.name}" if self.user == "invited" else self.user


# The flows that take a password, and whether an administrator begins them.
_FLOWS: Final = {
    "password": ("USER_PASSWORD_AUTH", False),
    "SRP": ("USER_SRP_AUTH", False),
    "admin password": ("ADMIN_USER_PASSWORD_AUTH", True),
    "admin NO_SRP": ("ADMIN_NO_SRP_AUTH", True),
    "admin SRP": ("USER_SRP_AUTH", True),
}
_CASES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "right": ("tokens", {}),
    "wrong password": ("NotAuthorizedException", {"password": NEW_PASSWORD}),
    "client secret": ("tokens", {"app": "secret"}),
    "wrong client secret": ("NotAuthorizedException", {"app": "wrong secret"}),
    "disabled": ("NotAuthorizedException", {"user": "disabled"}),
    "invited": ("NEW_PASSWORD_REQUIRED, tokens", {"user": "invited"}),
    "app code": ("SOFTWARE_TOKEN_MFA, tokens", {"user": "app"}),
    "wrong app code": ("SOFTWARE_TOKEN_MFA, CodeMismatchException", {"user": "app", "code": "wrong"}),
    "SMS code": ("SMS_MFA, tokens", {"user": "SMS"}),
    "choice": ("SELECT_MFA_TYPE, SOFTWARE_TOKEN_MFA, tokens", {"user": "app and SMS"}),
    "set-up": ("MFA_SETUP, tokens", {"app": "demanding"}),
}
SIGN_INS: Final = (
    *(
        SignIn(f"{flow}: {case}", expected, *_FLOWS[flow], **members)  # type: ignore[arg-type]
        for flow in _FLOWS
        for case, (expected, members) in _CASES.items()
    ),
    SignIn("refresh", "tokens", "REFRESH_TOKEN_AUTH"),
    SignIn("refresh: client secret", "tokens", "REFRESH_TOKEN_AUTH", app="secret"),
    SignIn("admin refresh", "tokens", "REFRESH_TOKEN_AUTH", admin=True),
    SignIn("custom", "CUSTOM_CHALLENGE, tokens", "CUSTOM_AUTH"),
    SignIn("choice-based", "PASSWORD_SRP, tokens", "USER_AUTH"),
)


class RefusedError(Exception):
    """A call before the sign-in was refused; the argument is what the server said."""


@attrs.define
class Side:
    """One of those who sign in: a pool with users, app clients and secrets of its own."""

    name: str
    _journal: Journal = attrs.field(factory=Journal, init=False)
    _apps: dict[str, AppClient] = attrs.field(factory=dict, init=False)
    _secrets: dict[str, str] = attrs.field(factory=dict, init=False)
    # The users by kind and pool, with the error of the server that has no such user.
    _users: dict[tuple[str, str], dict[str, Any]] = attrs.field(factory=dict, init=False)

    def send(self, request: Request[Any]) -> dict[str, Any]:
        """Send a request, and return the answer or the error."""
        raise NotImplementedError

    def begin(self, sign_in: SignIn, app: AppClient, username: str, parameters: dict[str, str]) -> dict[str, Any]:
        """Sign in to the end, and return the challenges and what came of them."""
        raise NotImplementedError

    def lived(self) -> Journal:
        """Sign in in every way."""
        for sign_in in SIGN_INS:
            try:
                answer = self._signed_in(sign_in)
            except RefusedError as refused:
                answer = {"challenges": [], **refused.args[0]}
            self._journal.note(sign_in.name, answer)
        return self._journal

    def newcomer(self) -> tuple[AppClient, str]:
        """Return an app client without a secret, and the name of a user of its pool."""
        app = self._app("public")
        return app, self._user("ready", app.user_pool_id)

    def _signed_in(self, sign_in: SignIn) -> dict[str, Any]:
        app = self._app(sign_in.app)
        username = self._user(sign_in.whose, app.user_pool_id)
        # A custom sign-in with a password would prove it first.
        parameters = {} if sign_in.flow == "CUSTOM_AUTH" else {"password": sign_in.password}
        if sign_in.flow == "REFRESH_TOKEN_AUTH":
            tokens = self._tokens(app, username)
            parameters = {"refresh_token": tokens["RefreshToken"]}
            # The secret is proven with the user's own name, no alias.
            username = claims(tokens["AccessToken"])["username"]
        return self.begin(sign_in, app, username, parameters)

    def _must(self, request: Request[Any]) -> dict[str, Any]:
        answer = self.send(request)
        if "error" in answer:
            raise RefusedError(answer)
        return answer

    def _app(self, kind: str) -> AppClient:
        if kind == "wrong secret":
            return attrs.evolve(self._app("secret"), client_secret="another-secret-of-ours")
        if kind not in self._apps:
            self._apps[kind] = self._new_app(kind)
        return self._apps[kind]

    def _new_app(self, kind: str) -> AppClient:
        pool = self._app("public").user_pool_id if kind == "secret" else self._new_pool(kind)
        made = self._must(
            CreateUserPoolClientRequest(
                user_pool_id=pool,
                client_name=kind,
                generate_secret=kind == "secret",
                explicit_auth_flows=[*ALL_FLOWS, "ALLOW_CUSTOM_AUTH"],
            )
        )["UserPoolClient"]
        self._journal.call(made["ClientId"], f"client {kind}")
        return AppClient(pool, made["ClientId"], made.get("ClientSecret"))

    def _new_pool(self, kind: str) -> str:
        made = self._must(CreateUserPoolRequest(pool_name=kind, username_attributes=["email"]))
        pool: str = made["UserPool"]["Id"]
        self._journal.call(pool, "pool")
        self._must(
            SetUserPoolMfaConfigRequest(
                user_pool_id=pool,
                mfa_configuration="ON" if kind == "demanding" else "OPTIONAL",
                software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
            )
        )
        return pool

    def _user(self, kind: str, pool: str) -> str:
        username = f"{kind.replace(' ', '-').replace(',', '').replace(':', '')}@{self.name}.example.com".lower()
        if (kind, pool) not in self._users:
            self._journal.call(username, kind)
            try:
                self._new_user(kind, username, pool)
                self._users[kind, pool] = {}
            except RefusedError as refused:
                self._users[kind, pool] = refused.args[0]
        if error := self._users[kind, pool]:
            raise RefusedError(error)
        return username

    def _new_user(self, kind: str, username: str, pool: str) -> None:
        who: dict[str, Any] = {"user_pool_id": pool, "username": username}
        attributes = {"email": username, "email_verified": "true", "phone_number": "+15550100"}
        self._must(
            AdminCreateUserRequest(
                **who, message_action="SUPPRESS", temporary_password=PASSWORD, user_attributes=attributes
            )
        )
        if not kind.startswith("invited"):
            self._must(AdminSetUserPasswordRequest(**who, password=PASSWORD, permanent=True))
        if kind == "disabled":
            self._must(AdminDisableUserRequest(**who))
        if kind not in ("app", "SMS", "app and SMS"):
            return
        token = self._tokens(self._app("public"), username)["AccessToken"]
        preferences: dict[str, Any] = {}
        if "app" in kind:
            secret = self._must(AssociateSoftwareTokenRequest(access_token=token))["SecretCode"]
            self._secrets[kind] = secret
            self._must(VerifySoftwareTokenRequest(access_token=token, user_code=totp(secret, time.time())))
            preferences["software_token_mfa_settings"] = SoftwareTokenMfaSettingsType(
                enabled=True, preferred_mfa=kind == "app"
            )
        if "SMS" in kind:
            preferences["sms_mfa_settings"] = SMSMfaSettingsType(enabled=True, preferred_mfa=kind == "SMS")
        # Each server has one of these, and not every one has the other.
        if "error" in self.send(AdminSetUserMFAPreferenceRequest(**who, **preferences)):
            self._must(SetUserMFAPreferenceRequest(access_token=token, **preferences))

    def _tokens(self, app: AppClient, username: str) -> dict[str, Any]:
        parameters = {"USERNAME": username, "PASSWORD": PASSWORD}
        if app.client_secret:
            parameters["SECRET_HASH"] = secret_hash(username, app.client_id, app.client_secret)
        request = InitiateAuthRequest(
            client_id=app.client_id, auth_flow="USER_PASSWORD_AUTH", auth_parameters=parameters
        )
        tokens: dict[str, Any] = self._must(request)["AuthenticationResult"]
        return tokens

    def _code(self, sign_in: SignIn) -> str:
        secret = self._secrets[sign_in.whose]
        if sign_in.code == "right":
            return totp(secret, time.time())
        near = {totp(secret, time.time() + 30 * n) for n in range(-3, 4)}
        return next(code for code in map("{:06d}".format, range(10)) if code not in near)


@attrs.define
class Theirs(Side):
    """boto3, with pycognito for what is proven by SRP."""

    _boto: Any = attrs.field(kw_only=True)
    _srp: Any = attrs.field(default=None, init=False)

    def send(self, request: Request[Any]) -> dict[str, Any]:
        """Send a request through boto3."""
        return by_boto(self._boto, request)

    def begin(self, sign_in: SignIn, app: AppClient, username: str, parameters: dict[str, str]) -> dict[str, Any]:
        """Do by hand what the documentation asks for."""
        challenges: list[Any] = []
        own_name = username
        who = {"ClientId": app.client_id, **({"UserPoolId": app.user_pool_id} if sign_in.admin else {})}
        begin, respond = self._boto.initiate_auth, self._boto.respond_to_auth_challenge
        if sign_in.admin:
            begin, respond = self._boto.admin_initiate_auth, self._boto.admin_respond_to_auth_challenge
        try:
            answer = begin(**who, AuthFlow=sign_in.flow, AuthParameters=self._begun(sign_in, app, username, parameters))
            while name := answer.get("ChallengeName"):
                asked = answer.get("ChallengeParameters", {})
                if name != "PASSWORD_VERIFIER":
                    challenges.append([name, asked])
                # The name of the user, no alias, from the first challenge that says it.
                own_name = asked.get("USER_ID_FOR_SRP") or asked.get("USERNAME") or own_name
                session = {"Session": answer["Session"]} if "Session" in answer else {}
                responses = self._responses(sign_in, app, own_name, answer)
                answer = respond(**who, **session, ChallengeName=name, ChallengeResponses=responses)
        except ClientError as error:
            return {"challenges": challenges, **boto_error(error)}
        result = answer.get("AuthenticationResult")
        return {"challenges": challenges, "tokens": result and _tokens_of(result, "ExpiresIn" in result)}

    def _begun(self, sign_in: SignIn, app: AppClient, username: str, parameters: dict[str, str]) -> dict[str, str]:
        if sign_in.flow == "REFRESH_TOKEN_AUTH":
            begun = {"REFRESH_TOKEN": parameters["refresh_token"]}
        elif sign_in.flow == "USER_SRP_AUTH":
            self._srp = AWSSRP(username, sign_in.password, app.user_pool_id, app.client_id, client=self._boto)
            begun = self._srp.get_auth_params()
        else:
            begun = {"USERNAME": username} | {name.upper(): value for name, value in parameters.items()}
        return begun | _proof(app, username)

    def _responses(self, sign_in: SignIn, app: AppClient, name: str, answer: dict[str, Any]) -> dict[str, str]:
        responses = {"USERNAME": name}
        match answer["ChallengeName"]:
            case "PASSWORD_VERIFIER":
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)  # utcnow
                    responses = self._srp.process_challenge(answer["ChallengeParameters"], {"USERNAME": name})
                name = responses["USERNAME"]
            case "NEW_PASSWORD_REQUIRED":
                responses["NEW_PASSWORD"] = NEW_PASSWORD
            case "SOFTWARE_TOKEN_MFA":
                responses["SOFTWARE_TOKEN_MFA_CODE"] = self._code(sign_in)
            case "SMS_MFA":
                responses["SMS_MFA_CODE"] = CODE
            case "SELECT_MFA_TYPE":
                responses["ANSWER"] = "SOFTWARE_TOKEN_MFA"
            case "MFA_SETUP":
                session = answer["Session"]
                secret = self._boto.associate_software_token(Session=session)["SecretCode"]
                self._boto.verify_software_token(Session=session, UserCode=totp(secret, time.time()))
            case "CUSTOM_CHALLENGE":
                responses["ANSWER"] = "42"
            case other:
                raise AssertionError(other)
        return responses | _proof(app, name)


@attrs.define
class Ours(Side):
    """A client of ours."""

    _kit: Kit = attrs.field(kw_only=True)
    _client: Any = attrs.field(kw_only=True)

    def send(self, request: Request[Any]) -> dict[str, Any]:
        """Send a request."""
        return by_ours(self._kit, self._client, request)

    def begin(self, sign_in: SignIn, app: AppClient, username: str, parameters: dict[str, str]) -> dict[str, Any]:
        """Let the client do it."""
        challenges: list[Any] = []
        respond = partial(self._kit.run, self._client.respond, app)
        try:
            outcome = self._kit.run(
                self._client.sign_in, app, username=username, flow=sign_in.flow, admin=sign_in.admin, **parameters
            )
            while not isinstance(outcome, SignedIn):
                challenges.append([outcome.name, outcome.parameters])
                match outcome.name:
                    case "NEW_PASSWORD_REQUIRED":
                        outcome = respond(outcome, new_password=NEW_PASSWORD)
                    case "SOFTWARE_TOKEN_MFA":
                        outcome = respond(outcome, code=self._code(sign_in))
                    case "SMS_MFA":
                        outcome = respond(outcome, code=CODE)
                    case "SELECT_MFA_TYPE":
                        outcome = respond(outcome, choice="SOFTWARE_TOKEN_MFA")
                    case "MFA_SETUP":
                        setup = self._kit.run(self._client.set_up_totp, app, outcome)
                        outcome = respond(setup, code=totp(setup.secret_code, time.time()))
                    case "CUSTOM_CHALLENGE":
                        outcome = respond(outcome, answer="42")
                    case other:
                        raise AssertionError(other)
        except (ServiceError, InvalidResponseError) as error:
            return {"challenges": challenges, **our_error(error)}
        except SignInError:
            # The server answered with neither tokens nor a challenge.
            return {"challenges": challenges, "tokens": None}
        tokens = outcome.tokens
        result = {
            "AccessToken": tokens.access_token,
            "IdToken": tokens.id_token,
            "RefreshToken": tokens.refresh_token,
            "TokenType": tokens.token_type,
        }
        return {"challenges": challenges, "tokens": _tokens_of(result, tokens.expires_at is not None)}


def _proof(app: AppClient, username: str) -> dict[str, str]:
    if app.client_secret is None:
        return {}
    return {"SECRET_HASH": secret_hash(username, app.client_id, app.client_secret)}


def _tokens_of(result: dict[str, Any], has_end: bool) -> dict[str, Any]:
    tokens = {name: result[name] for name in ("AccessToken", "IdToken") if result.get(name)}
    return tokens | {
        "refresh token": bool(result.get("RefreshToken")),
        "TokenType": result.get("TokenType"),
        "has an end": has_end,
    }


def summary(answer: dict[str, Any]) -> str:
    """Return a sign-in in short: the challenges, and the tokens or the error's code."""
    end = answer.get("error") or ("tokens" if answer["tokens"] else "nothing")
    return ", ".join([*(name for name, _ in answer["challenges"]), end])
