"""Keys in a profile of the shared credentials file or of the shared config file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .._errors import CredentialsError
from .._settings.shared import text_setting
from .provider import NotConfigured, checked_credentials

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .._settings.ini import Section
    from .provider import Context
    from .types import Credentials

_ID: Final = "aws_access_key_id"
_SECRET: Final = "aws_secret_access_key"  # noqa: S105 - the setting's name
# boto3's order: the old name wins if both are set.
_TOKENS: Final = ("aws_security_token", "aws_session_token")


class SharedCredentialsFileProvider:
    """Reads the keys of a profile in the shared credentials file (`~/.aws/credentials`)."""

    name = "shared credentials file"

    def load(self, context: Context) -> Flow[Credentials]:
        """Return the keys of the profile in use.

        Raises:
            NotConfigured: the profile has no keys in this file.
            CredentialsError: the secret access key is missing, or a value is invalid.
        """
        config = context.config
        section, place = config.credentials_profiles.get(context.profile), config.credentials_place
        return _keys(section, context.profile, config.credentials_file, place)
        yield


class ConfigFileProvider:
    """Reads the keys of a profile in the shared config file (`~/.aws/config`)."""

    name = "shared config file"

    def load(self, context: Context) -> Flow[Credentials]:
        """Return the keys of the profile in use.

        Raises:
            NotConfigured: the profile has no keys in this file.
            CredentialsError: the secret access key is missing, or a value is invalid.
        """
        config = context.config
        section, place = config.config_profiles.get(context.profile), config.config_place
        return _keys(section, context.profile, config.config_file, place)
        yield


def _keys(section: Section | None, profile: str, file: str, place: str) -> Credentials:
    if section is None or _ID not in section:
        msg = f"no {_ID} for profile {profile!r} in {place}"
        raise NotConfigured(msg)
    where = f"profile {profile!r} in {file}"
    settings = {name: text_setting(section, name, f"{name} of {where}") for name in (_ID, _SECRET, *_TOKENS)}
    for name, setting in settings.items():
        if setting is None and name in (_ID, _SECRET):
            msg = f"{where}: {name} is missing or empty"
            raise CredentialsError(msg)
        if setting is not None and re.search(r"\s", setting.text):
            msg = f"{setting.where} contains white space"
            raise CredentialsError(msg)
    values = [None if setting is None else setting.text for setting in settings.values()]
    access_key_id, secret, old_token, token = values
    return checked_credentials(where, access_key_id or "", secret or "", old_token or token)
