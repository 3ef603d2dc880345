"""AWS credentials: the keys that sign requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from .._errors import ConfigError
from .._protocol.frames import guards_init
from .._protocol.redaction import redacted

if TYPE_CHECKING:
    from datetime import datetime

    from .._flow.effects import Flow


@guards_init
@attrs.define(frozen=True, slots=True)
class Credentials:
    """An access key id, its secret access key, and the session token that temporary credentials come with.

    `expiration` is an aware datetime, or None for keys that don't expire. The secret and the token never show in a
    `repr`.

    Raises:
        ConfigError: a part is empty, is no string, or holds white space or control characters (as a key that was copied
            with its line break does).
    """

    __module__ = "cognito_idp"

    access_key_id: str
    secret_access_key: str = attrs.field(repr=redacted)
    session_token: str | None = attrs.field(default=None, repr=redacted)
    expiration: datetime | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse what could never sign a request."""
        for name in ("access_key_id", "secret_access_key", "session_token"):
            value = getattr(self, name)
            if value is None and name == "session_token":
                continue
            if not isinstance(value, str) or not value:
                msg = f"Credentials.{name} must be a string that is not empty"
                raise ConfigError(msg)
            if not value.isascii() or not value.isprintable() or " " in value:
                msg = f"Credentials.{name} holds white space, control characters or characters outside ASCII"
                raise ConfigError(msg)


class CredentialSource(Protocol):
    """Where a client's credentials come from. Clients, threads and tasks may share one."""

    def get(self) -> Flow[Credentials]:
        """Return credentials that are good now.

        Raises:
            NoCredentialsError: none are configured.
            CredentialsError: they are configured, and can't be had.
        """
        ...

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Return other credentials after the service refused some as expired; the same ones if there are no others.

        Raises:
            CredentialsError: there should be others, and they can't be had.
        """
        ...


@attrs.frozen
class StaticCredentials:
    """The credentials that were handed to a client."""

    credentials: Credentials

    def get(self) -> Flow[Credentials]:
        """Return them."""
        return self.credentials
        yield

    def replace(self, rejected: Credentials) -> Flow[Credentials]:  # noqa: ARG002 - the protocol's parameter
        """Return them again: there are no others."""
        return self.credentials
        yield
