"""The sign-in as methods of the sync client.

Its async twin is generated from it: run `python -m cognito_idp_codegen --twins` after a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .._protocol.frames import clears_frames
from .._protocol.redaction import Opaque
from .calls import answer_flow, remember_device_flow, set_up_totp_flow, sign_in_flow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._call.options import Options
    from .._flow.effects import Flow
    from ..types import AnalyticsMetadataType, AuthFlowType, ChallengeNameType, ContextDataType, UserContextDataType
    from .app_client import AppClient
    from .outcomes import Challenge, Device, MfaSetup, Outcome, TotpSetup

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
        flow: AuthFlowType | str | None = None,
        admin: bool = False,
        device: Device | None = None,
        preferred_challenge: ChallengeNameType | str | None = None,
        refresh_token: str | None = None,
        session: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        context_data: ContextDataType | UserContextDataType | None = None,
        analytics_metadata: AnalyticsMetadataType | None = None,
    ) -> Outcome:
        """Begin a sign-in, and go as far as password and device lead: to `SignedIn`, or a challenge for a person.

        Args:
            app: the pool, the app client, and its secret if it has one.
            username: the user's name, or an alias such as an email address. `REFRESH_TOKEN_AUTH` needs the name itself,
                and only where the app client has a secret.
            password: the user's password. Only the flows with `PASSWORD` in their name send it; the others prove it
                (SRP).
            flow: how to sign in. None: `USER_SRP_AUTH`.
            admin: go through AdminInitiateAuth, signed with AWS credentials, instead of the public InitiateAuth.
            device: a remembered device. If the service does not know it any more, it is dropped, the sign-in begun once
                more without it, and the outcome says so.
            preferred_challenge: for `USER_AUTH`, the first factor to ask for; with a password `PASSWORD` or, as None
                means then, `PASSWORD_SRP`.
            refresh_token: for `REFRESH_TOKEN_AUTH`.
            session: for `USER_AUTH`, what ConfirmSignUp returned.
            client_metadata: key-value pairs for the pool's Lambda triggers.
            context_data: what threat protection needs: `ContextDataType` if admin, else `UserContextDataType`.
            analytics_metadata: an Amazon Pinpoint endpoint.

        Raises:
            SignInAnswerError: what was given doesn't fit the flow; nothing was sent.
            NotAuthorizedException: the password is wrong, or the user may not sign in.
            SignInError: the service's answers don't make sense.
            CognitoIdpError: as for `send`.
        """
        begun = sign_in_flow(
            self._options,
            app,
            flow,
            admin=admin,
            device=device,
            given=Opaque(
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
        del password, refresh_token, session  # a transport of the user's runs below
        return self._run(begun)

    @clears_frames
    def respond(
        self,
        app: AppClient,
        challenge: Challenge,
        *,
        code: str | None = None,
        choice: str | None = None,
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
        """Answer a challenge, and go on as `sign_in` does. Each challenge's class says which of the arguments it takes.

        Args:
            app: the app client that the sign-in began with.
            challenge: what `sign_in` or `respond` returned, or `challenge_from_state` restored.
            code: the code that was sent or that the authenticator app shows.
            choice: one of the challenge's `options`.
            password: the password, where a challenge or a choice asks for it.
            new_password: the password to take from now on.
            attributes: attributes of the user, by name, that a new password comes with.
            answer: the answer to a custom challenge.
            email: the address that codes are to be sent to, where the pool demands MFA.
            credential: what the browser made of a passkey challenge, as JSON or parsed.
            responses: for an `UnknownChallenge`, the service's own parameters.
            device: a remembered device. If the service does not know it any more, the answer is given once more without
                it, and the outcome says so.
            client_metadata: key-value pairs for the pool's Lambda triggers.
            context_data: as for `sign_in`.
            analytics_metadata: an Amazon Pinpoint endpoint.

        Raises:
            SignInAnswerError: the answer doesn't fit the challenge; nothing was sent.
            SignInStateError: the challenge is of another app client.
            CodeMismatchException: the code is wrong; `EnableSoftwareTokenMFAException` while an app is set up.
            NotAuthorizedException: the session has expired, or the password is wrong.
            SignInError: the service's answers don't make sense.
            CognitoIdpError: as for `send`.
        """
        answered = answer_flow(
            self._options,
            app,
            challenge,
            device=device,
            given=Opaque(
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
        return self._run(answered)

    @clears_frames
    def set_up_totp(self, app: AppClient, challenge: MfaSetup) -> TotpSetup:
        """Begin to set up an authenticator app where the pool demands MFA.

        Show the user what it returns (`uri` as a QR code), and answer it with the `code=` that the app shows then.

        Raises:
            SignInError: the service sent no secret.
            CognitoIdpError: as for `send`.
        """
        return self._run(set_up_totp_flow(self._options, app, challenge))

    @clears_frames
    def remember_device(self, app: AppClient, *, access_token: str, device: Device, name: str | None = None) -> bool:
        """Have the service remember the `new_device` of a sign-in; `name` is for the user to tell devices apart.

        Returns whether the user must still agree (then call `update_device_status`).

        Raises:
            CognitoIdpError: as for `send`.
        """
        remembered = remember_device_flow(self._options, app, Opaque(access_token), device, name)
        del access_token
        return self._run(remembered)
