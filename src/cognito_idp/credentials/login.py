"""Credentials of an `aws login` session: the setting `login_session`, and the AWS CLI's file for that session.

The file contains credentials that are valid for 15 minutes, and a refresh token for the sign-in service. The refresh
token is bound to the key that signs the DPoP proof of the request. Each answer contains the next refresh token, so it
must be written back.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from .._errors import CredentialsError, ServiceError
from .._flow.effects import finish, offload
from .._settings.files import expanded
from .provider import NotConfigured
from .service_call import FAILURES, ServiceCall, common_headers, http_request, invoke_service, read_json
from .service_endpoint import SIGNIN, endpoint_for
from .temporary import lifetime, temporary_credentials, text_member, utc_text
from .token_file import can_replace, read_token, refresh_of, write_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._flow.effects import Flow
    from .provider import Context
    from .types import Credentials

_DIRECTORY_VARIABLE: Final = "AWS_LOGIN_CACHE_DIRECTORY"
_DIRECTORY: Final = "~/.aws/login/cache"
_NAMES: Final = ("accessKeyId", "secretAccessKey", "sessionToken")
# With fewer seconds left, the credentials in the file are refreshed.
_REFRESH_BELOW: Final = 5 * 60
_REASONS: Final[Mapping[str, str]] = {
    "TOKEN_EXPIRED": "the session has expired",
    "USER_CREDENTIALS_CHANGED": "the user's password has changed since the sign-in",
    "INSUFFICIENT_PERMISSIONS": "the user lacks the permission signin:CreateOAuth2Token",
}


def _random_id() -> str:
    return os.urandom(16).hex()


class LoginProvider:
    """Reads the file of a profile's `login_session`. `new_id` returns a unique id for each DPoP proof."""

    name = "login"

    def __init__(self, new_id: Callable[[], str] = _random_id) -> None:
        self._new_id = new_id

    def load(self, context: Context) -> Flow[Credentials]:
        """Return the credentials in the session's file; refresh and write them back if they expire within 5 minutes.

        Raises:
            NotConfigured: the profile has no `login_session`.
            CredentialsError: the file can't be read, or the refresh fails; the text says what to do.
            ConfigError: the region or an endpoint setting is invalid.
        """
        session = context.config.setting(context.profile, "login_session")
        if session is None:
            msg = f"profile {context.profile!r} has no login_session"
            raise NotConfigured(msg)
        path = token_path(context.environ, session.text)
        try:
            return (yield from self._credentials(context, path))
        except CredentialsError as error:
            msg = f"profile {context.profile!r}: {error}; to sign in, run: aws login --profile {context.profile}"
            raise CredentialsError(msg) from error

    def _credentials(self, context: Context, path: str) -> Flow[Credentials]:
        token = yield from offload(lambda: read_token(path))
        credentials = _credentials_in(token, path)
        if _remaining(credentials, context) > _REFRESH_BELOW:
            return credentials
        try:
            # Finished even if the caller leaves: a rotated refresh token must be written back.
            token = yield from finish(self._refreshed(context, path), refresh_of(path))
        except CredentialsError:
            # The file's credentials serve while they are valid, and another process may have refreshed them meanwhile.
            credentials = _credentials_in((yield from offload(lambda: read_token(path))), path)
            if _remaining(credentials, context) <= 0:
                raise
            return credentials
        return _credentials_in(token, path)

    def _refreshed(self, context: Context, path: str) -> Flow[dict[str, Any]]:
        """Exchange the refresh token for new credentials, and replace the file, unless that has just been done."""
        token = yield from offload(lambda: read_token(path))
        if _remaining(_credentials_in(token, path), context) > _REFRESH_BELOW:
            return token
        file = f"token file {path!r}"
        refresh_token, client_id, key = (
            text_member(token, name, file) for name in ("refreshToken", "clientId", "dpopKey")
        )
        state = f"the credentials in {path!r} have expired or soon will, and can't be refreshed"
        if not (yield from offload(lambda: can_replace(path))):
            msg = f"{state}: its folder takes no new file, and the new credentials must be saved there"
            raise CredentialsError(msg)
        # The session belongs to one region, which may differ from the client's; older files don't name it.
        region = token.get("signInRegion")
        endpoint = endpoint_for(context, SIGNIN, region if isinstance(region, str) and region else context.region)
        url, sent_at = endpoint.below("/v1/token"), context.clock()
        dpop = yield from offload(lambda: _proof(key, url, int(sent_at), self._new_id()))
        members = {"clientId": client_id, "grantType": "refresh_token", "refreshToken": refresh_token}
        body = json.dumps(members).encode()
        headers = (*common_headers(endpoint.host, body), ("dpop", dpop))
        call = ServiceCall(
            "CreateOAuth2Token",
            http_request("POST", url, headers, body),
            secrets=(refresh_token, dpop, *(token["accessToken"][name] for name in _NAMES)),
            once=True,
        )
        try:
            answer = yield from invoke_service(call, read_json, context)
        except FAILURES as error:
            reason = _REASONS.get(str(error.members.get("error"))) if isinstance(error, ServiceError) else None
            msg = f"{state}: {f'{reason}: ' if reason else ''}{error}"
            raise CredentialsError(msg) from error
        where = "the answer of the sign-in service"
        access_token: Any = answer.get("accessToken")
        expires_at = utc_text(sent_at + lifetime(answer, where))
        access_token = access_token if isinstance(access_token, dict) else {}
        fresh = {
            **token,
            "accessToken": {
                **token["accessToken"],
                **{name: text_member(access_token, name, where) for name in _NAMES},
                "expiresAt": expires_at,
            },
            "refreshToken": text_member(answer, "refreshToken", where),
        }
        yield from offload(lambda: write_token(path, fresh))
        return fresh


def token_path(environ: Mapping[str, str], session: str) -> str:
    """Return the path of a session's token file."""
    directory = environ.get(_DIRECTORY_VARIABLE) or _DIRECTORY
    return f"{expanded(directory, environ)}/{sha256(session.encode()).hexdigest()}.json"


def _proof(key: str, url: str, issued_at: int, jti: str) -> str:
    from .dpop import proof

    return proof(key, method="POST", url=url, issued_at=issued_at, jti=jti)


def _credentials_in(token: Mapping[str, Any], path: str) -> Credentials:
    members: Any = token.get("accessToken")
    if not isinstance(members, dict):
        members = {}
    return temporary_credentials(members, _NAMES, members.get("expiresAt"), f"token file {path!r}")


def _remaining(credentials: Credentials, context: Context) -> float:
    expiration = credentials.expiration
    return 0.0 if expiration is None else expiration.timestamp() - context.clock()
