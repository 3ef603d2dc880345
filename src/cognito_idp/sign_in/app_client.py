"""An app client of a user pool: what a sign-in needs to know of it."""

from __future__ import annotations

import re
from typing import Final

import attrs

from .._errors import ConfigError
from .._protocol.frames import guards_init
from .._protocol.redaction import redacted
from .secret_hash import secret_hash

_POOL_ID: Final = re.compile(r"[a-z0-9-]+_[0-9A-Za-z]+")


@guards_init
@attrs.frozen
class AppClient:
    """A user pool, one of its app clients, and that client's secret if it has one. The secret never shows in a `repr`.

    Raises:
        ConfigError: the pool id is not of the form `us-east-1_EXAMPLE`, or the client id or the secret is empty.
    """

    user_pool_id: str
    client_id: str
    client_secret: str | None = attrs.field(default=None, repr=redacted)

    def __attrs_post_init__(self) -> None:
        """Refuse what could never sign a user in."""
        if not _POOL_ID.fullmatch(str(self.user_pool_id)):
            msg = f"user_pool_id {self.user_pool_id!r} is not of the form 'us-east-1_EXAMPLE'"
            raise ConfigError(msg)
        if not self.client_id or self.client_secret == "":
            msg = "client_id must not be empty, and neither must client_secret: None stands for a client without one"
            raise ConfigError(msg)

    @property
    def region(self) -> str:
        """The part of the pool's id before the name, which is its region for every pool at AWS."""
        return self.user_pool_id.partition("_")[0]

    @property
    def pool_name(self) -> str:
        """The part of the pool's id after the region, which SRP calculations use."""
        return self.user_pool_id.partition("_")[2]

    def hash_for(self, username: str) -> dict[str, str]:
        """Return the `SECRET_HASH` parameter for a name that is sent; nothing for a client without a secret."""
        if self.client_secret is None:
            return {}
        return {"SECRET_HASH": secret_hash(username, self.client_id, self.client_secret)}
