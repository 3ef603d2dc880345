"""One sign-in, from InitiateAuth to tokens or a challenge, as flows.

A `Conversation` holds the arguments of one call of `sign_in` or `respond`. It sends each step, and answers the
challenges that only need a password or a device. The rules are in `machine.py`.

Observers and retry policies run below the flows that send (`invoke`), and may look at their frames. So these flows keep
secrets in structs and in `Opaque` only. Plain methods, which have ended by then, build the structs.
"""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import attrs

from .._call.invoke import invoke
from .._errors import SignInAnswerError, SignInError, UnexpectedChallengeError
from .._protocol.redaction import Opaque, personal
from ..model.exceptions import ResourceNotFoundException
from ..types import (
    AdminInitiateAuthRequest,
    AdminRespondToAuthChallengeRequest,
    AuthFlowType,
    ChallengeNameType,
    InitiateAuthRequest,
    RespondToAuthChallengeRequest,
)
from .answers import checked_answer, checked_start, row_of
from .machine import AUTOMATIC, TABLE, challenge_class
from .outcomes import Challenge, TotpSetup, UnknownChallenge
from .signed_in import Device, SignedIn, Tokens
from .srp import SrpSession, timestamp_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._call.options import Options
    from .._flow.effects import Flow
    from .._protocol.app_client import AppClient
    from .._structs.struct import Request
    from ..types import (
        AdminInitiateAuthResponse,
        AdminRespondToAuthChallengeResponse,
        AnalyticsMetadataType,
        AuthenticationResultType,
        ContextDataType,
        InitiateAuthResponse,
        RespondToAuthChallengeResponse,
        UserContextDataType,
    )
    from .outcomes import Outcome

    Answer = (
        AdminInitiateAuthResponse
        | AdminRespondToAuthChallengeResponse
        | InitiateAuthResponse
        | RespondToAuthChallengeResponse
    )

_DEVICE_PASSWORD_BYTES = 40


@attrs.frozen
class Extras:
    """What every step carries besides the answer: data for Lambda triggers, threat protection and analytics."""

    client_metadata: Mapping[str, str] | None = None
    context_data: ContextDataType | UserContextDataType | None = None
    analytics_metadata: AnalyticsMetadataType | None = None


@attrs.define(kw_only=True)
class Conversation:
    """One call's part of a sign-in. It lives as long as the call, and its `repr` hides secrets."""

    options: Options = attrs.field(repr=False)
    app: AppClient
    admin: bool
    username: str = attrs.field(default="", repr=personal)
    password: Opaque[str | None] = attrs.field(factory=lambda: Opaque(None))
    device: Device | None = None
    extras: Extras = attrs.field(factory=Extras, repr=False)
    device_dropped: bool = False
    _srp: SrpSession | None = attrs.field(default=None, init=False, repr=False)

    def begin(self, flow: AuthFlowType, arguments: Opaque[dict[str, Any]]) -> Flow[Outcome]:
        """Start a sign-in. If the service doesn't know the device, drop it and start once more.

        Raises:
            SignInAnswerError: the arguments don't fit the flow.
            SignInError: the service's answers don't make sense.
        """
        start = checked_start(flow, admin=self.admin, arguments={**arguments.value, "device": self.device})
        try:
            answer = yield from self._started(flow, arguments)
            return (yield from self._continued(answer, start.leads_to, str(flow)))
        except ResourceNotFoundException as error:
            if not self._drops_device(error):
                raise
        self.username = arguments.value["username"] or ""
        answer = yield from self._started(flow, arguments)
        return (yield from self._continued(answer, start.leads_to, str(flow)))

    def answer(self, challenge: Challenge, arguments: Opaque[dict[str, Any]]) -> Flow[Outcome]:
        """Answer a challenge. If the service doesn't know the device, drop it and answer once more.

        Raises:
            SignInAnswerError: the answer doesn't fit the challenge.
            SignInError: the service's answers don't make sense.
        """
        parameters = Opaque(checked_answer(challenge, {**arguments.value, "device": self.device}))
        proves_device = challenge.name == ChallengeNameType.DEVICE_SRP_AUTH
        chooses_srp = ChallengeNameType.PASSWORD_SRP in (challenge.name, arguments.value["choice"])
        if proves_device or (chooses_srp and self.password.value is not None):
            parameters.value["SRP_A"] = yield from self._srp_a()
        session: Opaque[str | None] = Opaque(challenge.session)
        if isinstance(challenge, TotpSetup):
            session = Opaque((yield from self._verified(challenge, arguments)))
        answer = None
        try:
            answer = yield from self._respond(challenge.name, session, parameters)
        except ResourceNotFoundException as error:
            if proves_device or not self._drops_device(error):
                raise
        if answer is None:
            answer = yield from self._respond(challenge.name, session, parameters)
        row = row_of(challenge)
        leads_to = frozenset(ChallengeNameType) if row is None else row.leads_to
        return (yield from self._continued(answer, leads_to, challenge.name))

    def _drops_device(self, error: ResourceNotFoundException) -> bool:
        """Forget the device if the error says that the service doesn't know it; return whether that is so."""
        if self.device is None or "device" not in error.message.lower():
            return False
        self.device, self.device_dropped = None, True
        return True

    # -- the steps ------------------------------------------------------------------------------------------------

    def _started(self, flow: AuthFlowType, arguments: Opaque[dict[str, Any]]) -> Flow[Answer]:
        answer: Answer = yield from invoke((yield from self._start(flow, arguments.value)), self.options)
        return answer

    def _start(self, flow: AuthFlowType, arguments: Mapping[str, Any]) -> Flow[Request[Any]]:
        common: dict[str, Any] = {
            "client_id": self.app.client_id,
            "auth_flow": flow,
            "auth_parameters": (yield from self._start_parameters(flow, arguments)),
            "client_metadata": self.extras.client_metadata,
            "analytics_metadata": self.extras.analytics_metadata,
            "session": arguments["session"],
        }
        if self.admin:
            common |= {"user_pool_id": self.app.user_pool_id, "context_data": self.extras.context_data}
            return AdminInitiateAuthRequest(**common)
        common["user_context_data"] = self.extras.context_data
        return InitiateAuthRequest(**common)

    def _start_parameters(self, flow: AuthFlowType, arguments: Mapping[str, Any]) -> Flow[dict[str, str]]:
        parameters: dict[str, str] = {}
        password = self.password.value
        if self.username:
            parameters |= {"USERNAME": self.username, **self.app.hash_for(self.username)}
        if self.device is not None:
            parameters["DEVICE_KEY"] = self.device.key
        refresh_token, preferred = arguments["refresh_token"], arguments["preferred_challenge"]
        if refresh_token is not None:
            if not self.username and self.app.client_secret is not None:
                msg = f"flow {flow} needs username= with an app client that has a secret: SECRET_HASH needs both"
                raise SignInAnswerError(msg)
            parameters["REFRESH_TOKEN"] = refresh_token
        if flow == AuthFlowType.USER_AUTH and preferred is None and password is not None:
            preferred = ChallengeNameType.PASSWORD_SRP
        if preferred is not None:
            parameters["PREFERRED_CHALLENGE"] = str(preferred)
        if password is None:
            return parameters
        if flow in _FLOWS_WITH_SRP or preferred == ChallengeNameType.PASSWORD_SRP:
            parameters["SRP_A"] = yield from self._srp_a()
            if flow == AuthFlowType.CUSTOM_AUTH:
                parameters["CHALLENGE_NAME"] = "SRP_A"
        else:
            parameters["PASSWORD"] = password
        return parameters

    def _respond(self, name: str, session: Opaque[str | None], parameters: Opaque[dict[str, str]]) -> Flow[Answer]:
        request = self._response(name, session.value, parameters.value)
        answer: Answer = yield from invoke(request, self.options)
        return answer

    def _response(self, name: str, session: str | None, parameters: Mapping[str, str]) -> Request[Any]:
        username = parameters.get("USERNAME", self.username)
        responses = {"USERNAME": username, **self.app.hash_for(username), **parameters}
        if self.device is not None:
            responses["DEVICE_KEY"] = self.device.key
        common: dict[str, Any] = {
            "client_id": self.app.client_id,
            "challenge_name": name,
            "session": session,
            "challenge_responses": responses,
            "client_metadata": self.extras.client_metadata,
            "analytics_metadata": self.extras.analytics_metadata,
        }
        if self.admin:
            common |= {"user_pool_id": self.app.user_pool_id, "context_data": self.extras.context_data}
            return AdminRespondToAuthChallengeRequest(**common)
        common["user_context_data"] = self.extras.context_data
        return RespondToAuthChallengeRequest(**common)

    def _continued(self, answer: Answer, leads_to: frozenset[ChallengeNameType], after: str) -> Flow[Outcome]:
        """Answer what the library can answer, until there are tokens or a challenge for a person."""
        while True:
            name = answer.challenge_name
            if not name:
                return self._signed_in(answer.authentication_result)
            parameters = Opaque(answer.challenge_parameters or {})
            self.username = _username(parameters.value) or self.username
            if name in AUTOMATIC and name not in leads_to:
                msg = f"{after} was answered with {name}, which can't follow it; no proof was sent"
                raise UnexpectedChallengeError(msg)
            proof = (yield from self._proof(name, parameters.value)) if name in AUTOMATIC else None
            if proof is None:
                return self._challenge(answer, name, parameters.value)
            answer = yield from self._respond(name, Opaque(answer.session), proof)
            leads_to, after = TABLE[name].leads_to, str(name)

    # -- proofs ---------------------------------------------------------------------------------------------------

    def _proof(self, name: ChallengeNameType, parameters: Mapping[str, str]) -> Flow[Opaque[dict[str, str]] | None]:
        """Return the answer to a challenge that the library answers, or None if this call lacks what it takes."""
        device, password = self.device, self.password.value
        if name == ChallengeNameType.DEVICE_SRP_AUTH:
            return None if device is None else Opaque({"SRP_A": (yield from self._srp_a())})
        # Each exchange serves for one proof only.
        srp, self._srp = self._srp, None
        if srp is None:
            return None
        if name == ChallengeNameType.DEVICE_PASSWORD_VERIFIER and device is not None:
            return (yield from self._claim(srp, name, parameters, device.group_key, device.key, device.password))
        if name == ChallengeNameType.PASSWORD_VERIFIER and password is not None:
            user_id = _needed(parameters, "USER_ID_FOR_SRP", name)
            return (yield from self._claim(srp, name, parameters, self.app.pool_name, user_id, password))
        return None

    def _srp_a(self) -> Flow[str]:
        self._srp = yield from SrpSession.begin()
        return self._srp.srp_a

    def _claim(
        self,
        srp: SrpSession,
        name: ChallengeNameType,
        parameters: Mapping[str, str],
        group: str,
        user_id: str,
        password: str,
    ) -> Flow[Opaque[dict[str, str]]]:
        skew = self.options.clock_skew
        timestamp = timestamp_of(self.options.clock() + (0.0 if skew is None else skew.offset))
        secret_block = _needed(parameters, "SECRET_BLOCK", name)
        signature = yield from srp.claim_flow(
            pool_name=group,
            user_id=user_id,
            password=password,
            srp_b=_needed(parameters, "SRP_B", name),
            salt=_needed(parameters, "SALT", name),
            secret_block=secret_block,
            timestamp=timestamp,
        )
        return Opaque(
            {
                "PASSWORD_CLAIM_SIGNATURE": signature,
                "PASSWORD_CLAIM_SECRET_BLOCK": secret_block,
                "TIMESTAMP": timestamp,
            }
        )

    def _verified(self, setup: TotpSetup, arguments: Opaque[dict[str, Any]]) -> Flow[str | None]:
        from ..types import VerifySoftwareTokenRequest, VerifySoftwareTokenResponseType

        request = VerifySoftwareTokenRequest(session=setup.session, user_code=arguments.value["code"])
        verified = yield from invoke(request, self.options)
        if verified.status != VerifySoftwareTokenResponseType.SUCCESS:
            msg = "the service did not accept the authenticator app"
            raise SignInError(msg)
        return verified.session or setup.session

    # -- results --------------------------------------------------------------------------------------------------

    def _challenge(self, answer: Answer, name: ChallengeNameType, parameters: Mapping[str, str]) -> Outcome:
        fields: dict[str, Any] = {
            "client_id": self.app.client_id,
            "username": self.username,
            "session": answer.session,
            "parameters": dict(parameters),
            "available": answer.available_challenges or (),
            "admin": self.admin,
            "device_dropped": self.device_dropped,
        }
        cls = challenge_class(name)
        challenge = UnknownChallenge(unknown_name=str(name), **fields) if cls is UnknownChallenge else cls(**fields)
        return cast("Outcome", challenge)

    def _signed_in(self, result: AuthenticationResultType | None) -> SignedIn:
        if result is None:
            msg = "the service answered with neither tokens nor a challenge"
            raise SignInError(msg)
        metadata = result.new_device_metadata
        new_device = None
        if metadata is not None and metadata.device_key and metadata.device_group_key:
            password = b64encode(self.options.token_bytes(_DEVICE_PASSWORD_BYTES)).decode("ascii")
            new_device = Device(key=metadata.device_key, group_key=metadata.device_group_key, password=password)
        tokens = tokens_of(result, self.options)
        return SignedIn(tokens=tokens, new_device=new_device, device_dropped=self.device_dropped)


_FLOWS_WITH_SRP = frozenset({AuthFlowType.USER_SRP_AUTH, AuthFlowType.CUSTOM_AUTH})


def _username(parameters: Mapping[str, str]) -> str | None:
    # Cognito sends the same name in both. Where a server's differ, it knows the user by the second only in SRP.
    return parameters.get("USERNAME") or parameters.get("USER_ID_FOR_SRP")


def _needed(parameters: Mapping[str, str], name: str, challenge: str) -> str:
    value = parameters.get(name)
    if not value:
        msg = f"the service's {challenge} lacks {name}"
        raise SignInError(msg)
    return value


def tokens_of(result: AuthenticationResultType, options: Options) -> Tokens:
    """Return the tokens of an answer, with the time when the access token expires.

    Raises:
        SignInError: there is no access token.
    """
    if not result.access_token:
        msg = "the service answered without an access token"
        raise SignInError(msg)
    expires_at = None
    if result.expires_in is not None:
        # A time that no datetime can hold counts as missing, so that the tokens are not lost.
        with suppress(OverflowError, ValueError, OSError):
            expires_at = datetime.fromtimestamp(options.clock(), UTC) + timedelta(seconds=result.expires_in)
    return Tokens(
        access_token=result.access_token,
        id_token=result.id_token,
        refresh_token=result.refresh_token,
        token_type=result.token_type,
        expires_at=expires_at,
    )
