"""Credentials of a role that IAM Identity Center (SSO) grants to a signed-in user.

A profile names the account and the role. It configures the sign-in either through `sso_session`, which names a section,
or in the older form with `sso_start_url` and `sso_region` in the profile itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from .._errors import ConfigError, CredentialsError
from .._settings.shared import text_setting
from .provider import NotConfigured
from .service_call import FAILURES, ServiceCall, common_headers, http_request, invoke_service, read_json
from .service_endpoint import SSO, endpoint_for
from .sso_token import SsoSession, access_token
from .temporary import temporary_credentials

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .provider import Context
    from .types import Credentials

_ACCOUNT, _ROLE, _SESSION = "sso_account_id", "sso_role_name", "sso_session"
_START_URL, _REGION = "sso_start_url", "sso_region"
_NAMES: Final = ("accessKeyId", "secretAccessKey", "sessionToken")


class SsoProvider:
    """Gets the credentials of a profile's `sso_role_name` in its `sso_account_id`."""

    name = "sso"

    def load(self, context: Context) -> Flow[Credentials]:
        """Return the credentials of the profile's role, with the token of the last `aws sso login`.

        Raises:
            NotConfigured: the profile has neither `sso_account_id` nor `sso_role_name`.
            ConfigError: a setting is missing, or two settings contradict each other.
            CredentialsError: there is no valid token, or the role is not granted; the text says what to do.
        """
        role = _role(context)
        origin = f"profile {context.profile!r}"
        try:
            token = yield from access_token(context, role.session)
            return (yield from _role_credentials(context, role, token))
        except CredentialsError as error:
            msg = f"{origin}: {error}; to sign in, run: aws sso login --profile {context.profile}"
            raise CredentialsError(msg) from error


class _Role(NamedTuple):
    session: SsoSession
    account_id: str
    name: str


def _role(context: Context) -> _Role:
    config, profile = context.config, context.profile
    account, role = config.setting(profile, _ACCOUNT), config.setting(profile, _ROLE)
    if account is None and role is None:
        msg = f"profile {profile!r} has neither {_ACCOUNT} nor {_ROLE}"
        raise NotConfigured(msg)
    session = config.setting(profile, _SESSION)
    values = {name: config.setting(profile, name) for name in (_START_URL, _REGION)}
    if session is not None:
        section = config.sso_sessions.get(session.text)
        if section is None:
            msg = f"{session.where} names [sso-session {session.text}], which does not exist there{config.config_gaps}"
            raise ConfigError(msg)
        for name, own in values.items():
            shared = text_setting(section, name, f"{name} of [sso-session {session.text}] in {config.config_file}")
            if own is not None and shared is not None and own.text != shared.text:
                msg = f"{own.where} is {own.text!r}, but {shared.where} is {shared.text!r}: they must be the same"
                raise ConfigError(msg)
            values[name] = shared or own
    settings = {_ACCOUNT: account, _ROLE: role, **values}
    texts = {name: setting.text for name, setting in settings.items() if setting is not None}
    missing = [config.where(profile, name) for name in settings if name not in texts]
    if missing:
        msg = f"SSO needs {', '.join(settings)}; missing: {', '.join(missing)}"
        raise ConfigError(msg)
    sign_in = SsoSession(None if session is None else session.text, texts[_START_URL], texts[_REGION])
    return _Role(sign_in, texts[_ACCOUNT], texts[_ROLE])


def _role_credentials(context: Context, role: _Role, token: str) -> Flow[Credentials]:
    if not (token.isascii() and token.isprintable()):
        msg = "the access token in the token file contains characters that a header can't contain"
        raise CredentialsError(msg)
    endpoint = endpoint_for(context, SSO, role.session.region)
    query = urlencode({"role_name": role.name, "account_id": role.account_id})
    headers = (*common_headers(endpoint.host), ("x-amz-sso_bearer_token", token))
    call = ServiceCall(
        "GetRoleCredentials",
        http_request("GET", endpoint.below(f"/federation/credentials?{query}"), headers),
        secrets=(token,),
    )
    try:
        answer = yield from invoke_service(call, read_json, context)
    except FAILURES as error:
        msg = f"SSO returned no credentials for the role {role.name!r} in the account {role.account_id}: {error}"
        raise CredentialsError(msg) from error
    members: Any = answer.get("roleCredentials")
    if not isinstance(members, dict):
        members = {}
    return temporary_credentials(members, _NAMES, members.get("expiration"), "the answer of SSO")
