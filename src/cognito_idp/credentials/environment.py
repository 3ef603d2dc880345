"""Credentials from environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._errors import CredentialsError
from .provider import NotConfigured, checked_credentials
from .temporary import moment

if TYPE_CHECKING:
    from .._flow.effects import Flow
    from .provider import Context
    from .types import Credentials

_ID: Final = "AWS_ACCESS_KEY_ID"
_SECRET: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the variable's name
# boto3's order: the old name wins if both are set.
_TOKENS: Final = ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN")
_EXPIRATION: Final = "AWS_CREDENTIAL_EXPIRATION"


class EnvironmentProvider:
    """Reads `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, unless a profile was passed as an argument.

    The session token is in `AWS_SESSION_TOKEN` (formerly `AWS_SECURITY_TOKEN`). If `AWS_CREDENTIAL_EXPIRATION` says
    when the keys expire, the variables are read again in time.
    """

    name = "environment"

    def load(self, context: Context) -> Flow[Credentials]:
        """Return the credentials in the variables.

        Raises:
            NotConfigured: `AWS_ACCESS_KEY_ID` is not set, or a profile was passed as an argument.
            CredentialsError: the secret access key is missing, or a variable's value is invalid.
        """
        environ = context.environ
        if context.profile_is_explicit:
            msg = f"skipped, since the profile {context.profile!r} was passed as an argument"
            raise NotConfigured(msg)
        access_key_id, secret = environ.get(_ID), environ.get(_SECRET)
        if not access_key_id:
            msg = f"{_ID} is not set" + (f", but {_SECRET} is" if secret else "")
            raise NotConfigured(msg)
        if not secret:
            msg = f"{_ID} is set in the environment, but {_SECRET} is not"
            raise CredentialsError(msg)
        token = next((value for name in _TOKENS if (value := environ.get(name))), None)
        text = environ.get(_EXPIRATION)
        expiration = moment(text, _EXPIRATION, "environment") if text else None
        where = f"the environment ({_ID}, {_SECRET}, {_TOKENS[1]})"
        return checked_credentials(where, access_key_id, secret, token, expiration)
        yield
