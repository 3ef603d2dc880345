"""Credentials from environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from ..errors import CredentialsError, NoCredentialsError
from .types import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..flow.effects import Flow

_ID, _SECRET, _TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"


@attrs.frozen
class EnvironmentCredentials:
    """`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, read anew for each call."""

    environ: Mapping[str, str] = attrs.field(repr=False)

    def get(self) -> Flow[Credentials]:
        """Return what the variables hold.

        Raises:
            NoCredentialsError: `AWS_ACCESS_KEY_ID` is not set.
            CredentialsError: only one half of the pair is set.
        """
        access_key_id, secret = self.environ.get(_ID), self.environ.get(_SECRET)
        if not access_key_id and not secret:
            msg = f"no credentials: pass Credentials to the client, or set {_ID} and {_SECRET} in the environment"
            raise NoCredentialsError(msg)
        if not access_key_id or not secret:
            given, missing = (_ID, _SECRET) if access_key_id else (_SECRET, _ID)
            msg = f"{given} is set in the environment, but {missing} is not"
            raise CredentialsError(msg)
        return Credentials(access_key_id, secret, self.environ.get(_TOKEN) or None)
        yield

    def replace(self, rejected: Credentials) -> Flow[Credentials]:  # noqa: ARG002 - the protocol's parameter
        """Read the variables again."""
        return self.get()
