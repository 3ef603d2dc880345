"""An app client of a user pool, as a sign-in needs it."""

from __future__ import annotations

import attrs

from .._errors import ConfigError
from .._protocol.arguments import TEXT, typed, typed_or_none
from .._protocol.pool_id import UserPoolId
from .._protocol.redaction import redacted
from .._protocol.tracebacks import guards_init
from .client_secret import secret_hash


@guards_init
@attrs.frozen
class AppClient:
    """A user pool, one of its app clients, and the client's secret if it has one. `repr` hides the secret.

    Raises:
        ConfigError: the pool id doesn't look like `eu-west-1_AbCdEfGhI`, or the client id or the secret is empty.
    """

    __module__ = "cognito_idp"

    user_pool_id: str
    client_id: str = attrs.field(validator=typed(TEXT))
    client_secret: str | None = attrs.field(default=None, repr=redacted, validator=typed_or_none(TEXT))

    def __attrs_post_init__(self) -> None:
        UserPoolId.parse(self.user_pool_id)
        if not self.client_id or self.client_secret == "":
            msg = "client_id and client_secret must not be empty; a client without a secret has client_secret=None"
            raise ConfigError(msg)

    @property
    def region(self) -> str | None:
        """The region that the pool's id begins with. None if it begins with another word, as on a local server."""
        return UserPoolId.parse(self.user_pool_id).region

    @property
    def pool_name(self) -> str:
        """The part of the pool's id after the region, which SRP calculations use."""
        return UserPoolId.parse(self.user_pool_id).name

    def hash_for(self, username: str) -> dict[str, str]:
        """Return the `SECRET_HASH` parameter for the name that is sent. Empty for a client without a secret."""
        if self.client_secret is None:
            return {}
        return {"SECRET_HASH": secret_hash(username, self.client_id, self.client_secret)}
