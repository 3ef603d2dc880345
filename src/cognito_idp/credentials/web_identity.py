"""Credentials of a role that trusts an identity provider whose token is in a file, as on EKS and in CI systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._errors import ConfigError, CredentialsError
from .._flow.effects import offload
from .._settings.config import Finder
from .._settings.files import expanded, read_file
from .provider import NotConfigured

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .._settings.shared import Setting
    from .provider import Context
    from .types import Credentials

_TOKEN_FILE, _ROLE, _SESSION_NAME = "web_identity_token_file", "role_arn", "role_session_name"
_VARIABLES: Final = {name: f"AWS_{name.upper()}" for name in (_TOKEN_FILE, _ROLE, _SESSION_NAME)}
# STS accepts tokens of at most 20,000 characters.
_LARGEST: Final = 20_000
_LARGEST_FILE: Final = 64 * 1024


class WebIdentityProvider:
    """Exchanges a token file for the credentials of a role.

    `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and `AWS_ROLE_SESSION_NAME` take precedence over the settings
    `web_identity_token_file`, `role_arn` and `role_session_name` of the profile. If the profile was passed as an
    argument, only its settings apply.
    """

    name = "assume-role-with-web-identity"

    def load(self, context: Context) -> Flow[Credentials]:
        """Read the token file again, and return the role's credentials.

        Raises:
            NotConfigured: no token file is configured.
            ConfigError: a token file is configured, but no role.
            CredentialsError: the file can't be read or contains no token, or STS refuses.
        """
        file = _find(context, _TOKEN_FILE)
        if file is None:
            variable = "" if context.profile_is_explicit else f"{_VARIABLES[_TOKEN_FILE]} is not set, and "
            msg = f"{variable}profile {context.profile!r} has no {_TOKEN_FILE}"
            raise NotConfigured(msg)
        role = _find(context, _ROLE)
        if role is None:
            variable = "" if context.profile_is_explicit else f" or {_VARIABLES[_ROLE]}"
            msg = f"{file.where} is set without a role: set {context.config.where(context.profile, _ROLE)}{variable}"
            raise ConfigError(msg)
        from .sts import assume_role, session_name

        path = expanded(file.text, context.environ)
        token = yield from offload(lambda: _read(path, file.where))
        name = _find(context, _SESSION_NAME)
        parameters = {
            "RoleArn": role.text,
            "RoleSessionName": session_name(context) if name is None else name.text,
            "WebIdentityToken": token,
        }
        origin = f"{file.where}, {role.where} {role.text!r}"
        return (yield from assume_role(context, None, parameters, origin))


def _find(context: Context, name: str) -> Setting | None:
    variables = () if context.profile_is_explicit else (_VARIABLES[name],)
    return Finder(context.environ, context.config, context.profile).find(variables, name)


def _read(path: str, where: str) -> str:
    try:
        content = read_file(path, _LARGEST_FILE)
    except OSError as error:
        msg = f"{where}: the token file {path!r} can't be read: {error.strerror}"
        raise CredentialsError(msg) from None
    # Editors and shells end a file with one line break; a line break inside means two values or a broken one.
    token = content.removesuffix(b"\n").removesuffix(b"\r")
    if not token:
        problem = "is empty"
    elif len(token) > _LARGEST:
        problem = f"contains more than {_LARGEST:,} characters"
    elif not (token.isascii() and token.decode("latin-1").isprintable() and b" " not in token):
        problem = "contains a line break, white space or other characters that no token contains"
    else:
        return token.decode("ascii")
    msg = f"{where}: the token file {path!r} {problem}"
    raise CredentialsError(msg)
