"""AWS credentials: the keys that sign requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from .._errors import ConfigError
from .._protocol.arguments import MOMENT, check, check_given, instance_of
from .._protocol.redaction import Record, redacted
from .._protocol.tracebacks import guards_init

if TYPE_CHECKING:
    from datetime import datetime

    from .._flow.effects import Flow


@guards_init
@attrs.define(frozen=True, slots=True, eq=False)
class Credentials(Record):
    """An access key id, its secret access key, and the session token of temporary credentials.

    `expiration` is an aware datetime, or None for keys that don't expire. A `repr` never shows the secret or the token.

    Raises:
        ConfigError: a part is empty, is not a string, or contains white space or control characters (a copied key may
            end with a line break); or the access key id contains what ends it in a signature: `,`, `/` or `=`.
    """

    __module__ = "cognito_idp"

    _fields = ("access_key_id", "secret_access_key", "session_token", "expiration")

    access_key_id: str
    secret_access_key: str = attrs.field(repr=redacted)
    session_token: str | None = attrs.field(default=None, repr=redacted)
    expiration: datetime | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name in ("access_key_id", "secret_access_key", "session_token"):
            value = getattr(self, name)
            if value is None and name == "session_token":
                continue
            if not isinstance(value, str) or not value:
                msg = f"Credentials.{name} must be a string and not empty"
                raise ConfigError(msg)
            if not value.isascii() or not value.isprintable() or " " in value:
                msg = f"Credentials.{name} contains white space, control characters or non-ASCII characters"
                raise ConfigError(msg)
        # It is shown and sent as it is, and what a missing line break joins to it is a key.
        if not {",", "/", "="}.isdisjoint(self.access_key_id):
            msg = "Credentials.access_key_id contains a comma, a slash or an equals sign"
            raise ConfigError(msg)
        check_given(MOMENT, expiration=self.expiration)


_CREDENTIALS = instance_of(Credentials, "Credentials")


class CredentialSource(Protocol):
    """The source of a client's credentials. Clients, threads and tasks may share one."""

    def get(self) -> Flow[Credentials]:
        """Return credentials that are valid now.

        Raises:
            NoCredentialsError: no credentials are configured.
            CredentialsError: credentials are configured, but can't be loaded.
        """
        ...

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Return new credentials after the service rejected some as expired; the same ones if there are no others.

        Raises:
            CredentialsError: new credentials should exist, but can't be loaded.
        """
        ...


class StaticCredentials(Record):
    """A source that always returns the same credentials."""

    __slots__ = _fields = ("credentials",)

    def __init__(self, credentials: Credentials) -> None:
        check(_CREDENTIALS, credentials=credentials)
        self.credentials = credentials

    def get(self) -> Flow[Credentials]:
        """Return the credentials."""
        return self.credentials
        yield

    def replace(self, rejected: Credentials) -> Flow[Credentials]:  # noqa: ARG002 - a parameter of the protocol
        """Return the same credentials: there are no others."""
        return self.credentials
        yield
