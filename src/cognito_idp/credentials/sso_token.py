"""The access token of an SSO sign-in (`aws sso login`): cached in a file, and refreshed if possible.

The file is `~/.aws/sso/cache/<sha1>.json`. The hash is that of the sso-session's name, or of the start URL in the older
form of configuration. Only tokens of an sso-session can be refreshed.
"""

from __future__ import annotations

import json
from hashlib import sha1
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .._errors import CredentialsError
from .._flow.effects import finish, offload
from .._settings.files import expanded
from .service_call import FAILURES, ServiceCall, common_headers, http_request, invoke_service, read_json
from .service_endpoint import SSO_OIDC, endpoint_for
from .temporary import lifetime, moment, text_member, utc_text
from .token_file import can_replace, read_token, refresh_of, write_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._flow.effects import Flow
    from .provider import Context

_DIRECTORY: Final = "~/.aws/sso/cache"
# With fewer seconds left, a token is refreshed.
_REFRESH_BELOW: Final = 15 * 60
_NEEDED_TO_REFRESH: Final = ("refreshToken", "clientId", "clientSecret", "registrationExpiresAt")


class SsoSession(NamedTuple):
    """The sign-in settings of a profile; `name` is None in the older form, which has no sso-session."""

    name: str | None
    start_url: str
    region: str


def token_path(environ: Mapping[str, str], session: SsoSession) -> str:
    """Return the path of a sign-in's token file."""
    key = sha1((session.name or session.start_url).encode(), usedforsecurity=False).hexdigest()
    return expanded(f"{_DIRECTORY}/{key}.json", environ)


def access_token(context: Context, session: SsoSession) -> Flow[str]:
    """Return an access token that is valid now; refresh it and write it back if it expires within 15 minutes.

    Raises:
        CredentialsError: there is no token, or it has expired and can't be refreshed.
        ConfigError: the region or an endpoint setting is invalid.
    """
    path = token_path(context.environ, session)
    token = yield from offload(lambda: read_token(path))
    remaining = _remaining(token, path, context)
    if session.name is not None and remaining < _REFRESH_BELOW:
        try:
            # Finished even if the caller leaves: a rotated refresh token must be written back.
            token = yield from finish(_refreshed(context, session, path), refresh_of(path))
        except CredentialsError:
            # The file's token serves while it is valid, and another process may have refreshed it meanwhile.
            token = yield from offload(lambda: read_token(path))
            if _remaining(token, path, context) <= 0:
                raise
    elif remaining <= 0:
        msg = f"the token in {path!r} has expired"
        raise CredentialsError(msg)
    return text_member(token, "accessToken", f"token file {path!r}")


def _remaining(token: Mapping[str, Any], path: str, context: Context) -> float:
    where = f"token file {path!r}"
    text_member(token, "accessToken", where)
    return moment(token.get("expiresAt"), "expiresAt", where).timestamp() - context.clock()


def _refreshed(context: Context, session: SsoSession, path: str) -> Flow[dict[str, Any]]:
    """Exchange the refresh token for a new access token, and replace the file, unless that has just been done."""
    token = yield from offload(lambda: read_token(path))
    if _remaining(token, path, context) >= _REFRESH_BELOW:
        return token
    state = f"the token in {path!r} has expired or will within {_REFRESH_BELOW // 60} minutes, and can't be refreshed"
    missing = [name for name in _NEEDED_TO_REFRESH if not isinstance(token.get(name), str) or not token[name]]
    if missing:
        msg = f"{state}: the file lacks {', '.join(missing)}"
        raise CredentialsError(msg)
    registered_until = moment(token["registrationExpiresAt"], "registrationExpiresAt", f"token file {path!r}")
    if registered_until.timestamp() <= context.clock():
        msg = f"{state}: the registration of the client expired at {registered_until:%Y-%m-%dT%H:%M:%SZ}"
        raise CredentialsError(msg)
    if not (yield from offload(lambda: can_replace(path))):
        msg = f"{state}: its folder takes no new file, and the new token must be saved there"
        raise CredentialsError(msg)
    members = {"grantType": "refresh_token", **{name: token[name] for name in _NEEDED_TO_REFRESH[:3]}}
    endpoint = endpoint_for(context, SSO_OIDC, session.region)
    body = json.dumps(members).encode()
    call = ServiceCall(
        "CreateToken",
        http_request("POST", endpoint.below("/token"), common_headers(endpoint.host, body), body),
        secrets=(token["accessToken"], token["refreshToken"], token["clientSecret"]),
        once=True,
    )
    sent_at = context.clock()
    try:
        answer = yield from invoke_service(call, read_json, context)
    except FAILURES as error:
        msg = f"{state}: {error}"
        raise CredentialsError(msg) from error
    where = "the answer of SSO OIDC"
    fresh = {
        **token,
        "startUrl": session.start_url,
        "region": session.region,
        "accessToken": text_member(answer, "accessToken", where),
        "expiresAt": utc_text(sent_at + lifetime(answer, where)),
        # Without a new refresh token in the answer, the old one stays valid (RFC 6749, section 6).
        "refreshToken": answer.get("refreshToken") or token["refreshToken"],
    }
    yield from offload(lambda: write_token(path, fresh))
    return fresh
