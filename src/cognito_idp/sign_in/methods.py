"""The sign-in methods of the sync client.

Its async twin is generated from it: run `python -m cognito_idp_codegen --twins` after a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .._protocol.redaction import Opaque
from .._protocol.tracebacks import clears_frames
from .calls import answer_flow, remember_device_flow, set_up_totp_flow, sign_in_flow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._call.options import Options
    from .._flow.effects import Flow
    from .._protocol.app_client import AppClient
    from ..model.choices import AuthFlowTypeValue, ChallengeNameTypeValue
    from ..types import AnalyticsMetadataType, AuthFlowType, ChallengeNameType, ContextDataType, UserContextDataType
    from .outcomes import Challenge, MfaSetup, Outcome, TotpSetup
    from .signed_in import Device

R = TypeVar("R")


class SignIn:
    """The sign-in methods of `Client`."""

    _options: Options

    def _run(self, flow: Flow[R]) -> R:
        raise NotImplementedError

    @clears_frames
    def sign_in(
        self,
        app: AppClient,
        *,
        username: str | None = None,
        password: str | None = None,
        flow: AuthFlowType | AuthFlowTypeValue | str | None = None,
        admin: bool = False,
        device: Device | None = None,
        preferred_challenge: ChallengeNameType | ChallengeNameTypeValue | str | None = None,
        refresh_token: str | None = None,
        session: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        context_data: ContextDataType | UserContextDataType | None = None,
        analytics_metadata: AnalyticsMetadataType | None = None,
    ) -> Outcome:
        """Start a sign-in, and go on until you have `SignedIn` or a challenge that a person must answer.

        Args:
            app: the pool, the app client, and its secret if it has one.
            username: the user's name, or an alias such as an email address. `REFRESH_TOKEN_AUTH` needs it only if the
                app client has a secret, and then takes no alias.
            password: the user's password. Only the flows with `PASSWORD` in their name send it; the others prove it
                with SRP.
            flow: how to sign in. None: `USER_SRP_AUTH`.
            admin: use AdminInitiateAuth, signed with AWS credentials, instead of the public InitiateAuth.
            device: a remembered device. If the service no longer knows it, the client starts once more without it, and
                the outcome says so.
            preferred_challenge: for `USER_AUTH`, the first factor to ask for. With a password: `PASSWORD` or
                `PASSWORD_SRP`, which is the default then.
            refresh_token: for `REFRESH_TOKEN_AUTH`.
            session: for `USER_AUTH`, the session that ConfirmSignUp returned.
            client_metadata: key-value pairs for the pool's Lambda triggers.
            context_data: data for threat protection: `ContextDataType` if admin, else `UserContextDataType`.
            analytics_metadata: an Amazon Pinpoint endpoint.

        Raises:
            SignInAnswerError: the arguments don't fit the flow; nothing was sent.
            NotAuthorizedException: the password is wrong, or the user may not sign in.
            SignInError: the service's answers don't make sense.
            CognitoIdpError: as for `send`.
        """
        steps = sign_in_flow(
            self._options,
            app,
            flow,
            admin=admin,
            device=device,
            arguments=Opaque(
                {
                    "username": username,
                    "password": password,
                    "preferred_challenge": preferred_challenge,
                    "refresh_token": refresh_token,
                    "session": session,
                }
            ),
            extras=(client_metadata, context_data, analytics_metadata),
        )
        del password, refresh_token, session  # the user's own transport may run below
        return self._run(steps)

    @clears_frames
    def respond(
        self,
        app: AppClient,
        challenge: Challenge,
        *,
        code: str | None = None,
        choice: ChallengeNameType | ChallengeNameTypeValue | str | None = None,
        password: str | None = None,
        new_password: str | None = None,
        attributes: Mapping[str, str] | None = None,
        answer: str | None = None,
        email: str | None = None,
        credential: str | Mapping[str, Any] | None = None,
        responses: Mapping[str, str] | None = None,
        device: Device | None = None,
        client_metadata: Mapping[str, str] | None = None,
        context_data: ContextDataType | UserContextDataType | None = None,
        analytics_metadata: AnalyticsMetadataType | None = None,
    ) -> Outcome:
        """Answer a challenge, and go on as `sign_in` does. Each challenge's class says which arguments it takes.

        Args:
            app: the app client that started the sign-in.
            challenge: a challenge from `sign_in`, `respond` or `challenge_from_state`.
            code: the code that was sent, or that the authenticator app shows.
            choice: one of the challenge's `options`.
            password: the password, if the challenge or the choice asks for it.
            new_password: the password to use from now on.
            attributes: the user's attributes by name, to go with a new password.
            answer: the answer to a custom challenge.
            email: the address for codes by email, if the pool demands MFA.
            credential: the browser's answer to a passkey challenge, as JSON or parsed.
            responses: for an `UnknownChallenge`, the service's own parameters.
            device: a remembered device. If the service no longer knows it, the client answers once more without it, and
                the outcome says so.
            client_metadata: key-value pairs for the pool's Lambda triggers.
            context_data: as for `sign_in`.
            analytics_metadata: an Amazon Pinpoint endpoint.

        Raises:
            SignInAnswerError: the answer doesn't fit the challenge; nothing was sent.
            SignInStateError: the challenge belongs to another app client.
            CodeMismatchException: the code is wrong. While you set up an app, it is `EnableSoftwareTokenMFAException`.
            NotAuthorizedException: the session has expired, or the password is wrong.
            SignInError: the service's answers don't make sense.
            CognitoIdpError: as for `send`.
        """
        steps = answer_flow(
            self._options,
            app,
            challenge,
            device=device,
            arguments=Opaque(
                {
                    "code": code,
                    "choice": choice,
                    "password": password,
                    "new_password": new_password,
                    "attributes": attributes,
                    "answer": answer,
                    "email": email,
                    "credential": credential,
                    "responses": responses,
                }
            ),
            extras=(client_metadata, context_data, analytics_metadata),
        )
        del code, password, new_password, attributes, answer, credential, responses
        return self._run(steps)

    @clears_frames
    def set_up_totp(self, app: AppClient, challenge: MfaSetup) -> TotpSetup:
        """Start to set up an authenticator app, if the pool demands MFA.

        Show the user the `uri` of the result as a QR code, then answer with the `code=` that the app shows.

        Raises:
            SignInError: the service sent no secret.
            CognitoIdpError: as for `send`.
        """
        return self._run(set_up_totp_flow(self._options, app, challenge))

    @clears_frames
    def remember_device(self, app: AppClient, *, access_token: str, device: Device, name: str | None = None) -> bool:
        """Ask the service to remember the `new_device` of a sign-in. The user can tell devices apart by `name`.

        Returns whether the user must still agree; if so, call `update_device_status`.

        Raises:
            CognitoIdpError: as for `send`.
        """
        steps = remember_device_flow(self._options, app, Opaque(access_token), device, name)
        del access_token
        return self._run(steps)
