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
# In boto3's order: the old name counts where both are set.
_TOKENS: Final = ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN")
_EXPIRATION: Final = "AWS_CREDENTIAL_EXPIRATION"


class EnvironmentProvider:
    """`AWS_ACCESS_KEY_ID` and its companions, unless a profile was named as an argument.

    The session token is in `AWS_SESSION_TOKEN` (or, of old, `AWS_SECURITY_TOKEN`), and `AWS_CREDENTIAL_EXPIRATION` may
    say until when the keys are good: then the variables are read again in time.
    """

    name = "environment"

    def load(self, context: Context) -> Flow[Credentials]:
        """Return what the variables hold.

        Raises:
            NotConfigured: `AWS_ACCESS_KEY_ID` is not set, or a profile was named.
            CredentialsError: the secret access key is missing, or a variable's value can't be used.
        """
        environ = context.environ
        if context.profile_is_explicit:
            msg = f"left out, since the profile {context.profile!r} was asked for"
            raise NotConfigured(msg)
        access_key_id, secret = environ.get(_ID), environ.get(_SECRET)
        if not access_key_id:
            msg = f"{_ID} is not set" + (f", though {_SECRET} is" if secret else "")
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
