r"""The id of a user pool, such as `eu-west-1_AbCdEfGhI`: its form, its region, and the issuers of its tokens.

Source: Amazon Cognito user pools API reference, `UserPoolId`: `[\w-]+_[0-9a-zA-Z]+`, 55 characters at most. If there
are several underscores, that pattern doesn't say where the name begins, and an SRP proof depends on the name. So we
allow only one: no region has any.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from .._errors import ConfigError
from .endpoint import check_region, partition_of

_ID: Final = re.compile(r"(?P<prefix>[a-z0-9-]+)_(?P<name>[0-9A-Za-z]+)")
_LONGEST: Final = 55
# The form of AWS's region names. On a local server, an id may begin with another word: `local_AbCdEf`.
_REGION: Final = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d+", re.ASCII)
# A pool's tokens name one of these hosts as their issuer, depending on its `IssuerConfiguration`.
_ISSUER_HOSTS: Final = ("cognito-idp", "issuer-cognito-idp")


class UserPoolId(NamedTuple):
    """The parts of a user pool's id. `region` is None if the id doesn't begin with one, as on a local server."""

    text: str
    region: str | None
    name: str

    @classmethod
    def parse(cls, text: object) -> UserPoolId:
        """Parse an id.

        Raises:
            ConfigError: it is not the id of a user pool.
        """
        pool_id = cls.find(text)
        if pool_id is None:
            msg = f"user_pool_id {text!r} is not the id of a user pool; one looks like 'eu-west-1_AbCdEfGhI'"
            raise ConfigError(msg)
        return pool_id

    @classmethod
    def find(cls, text: object) -> UserPoolId | None:
        """Parse an id; return None if it is not a pool's id."""
        match = _ID.fullmatch(text) if isinstance(text, str) and len(text) <= _LONGEST else None
        if match is None:
            return None
        prefix = match["prefix"]
        return cls(match[0], prefix if _REGION.fullmatch(prefix) else None, match["name"])

    def issuers_in(self, region: str) -> tuple[str, ...]:
        """Return the issuers (`iss`) of the pool's tokens in its own region or a replica's.

        Raises:
            ConfigError: the region can't be part of a host name.
        """
        suffix = partition_of(check_region(region)).dns_suffix
        return tuple(f"https://{host}.{region}.{suffix}/{self.text}" for host in _ISSUER_HOSTS)
