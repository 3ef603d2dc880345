"""Build `Credentials` from JSON members in a service's answer or a file, with errors that show no value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .._errors import ConfigError, CredentialsError
from .types import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def temporary_credentials(
    members: Mapping[str, Any], names: tuple[str, str, str], expiration: object, where: str
) -> Credentials:
    """Return credentials from three required members and an expiration.

    `names` are the members' names for the access key id, the secret access key and the session token. `where` names the
    answer or file in errors.

    Raises:
        CredentialsError: a member is missing, or can't sign a request.
    """
    for name in names:
        text_member(members, name, where)
    at = moment(expiration, "the expiration", where)
    try:
        return Credentials(*(members[name] for name in names), expiration=at)
    except ConfigError as error:
        msg = f"{where}: {error}"
        raise CredentialsError(msg) from None


def text_member(members: Mapping[str, Any], name: str, where: str) -> str:
    """Return a member that must be a string and not empty.

    Raises:
        CredentialsError: it is missing, empty, or not a string.
    """
    value = members.get(name)
    if not isinstance(value, str) or not value:
        msg = f"{where} lacks {name}, or it is not a string"
        raise CredentialsError(msg)
    return value


def moment(value: object, name: str, where: str) -> datetime:
    """Return a time as an aware datetime in UTC.

    The value is ISO 8601 text or a number of milliseconds since 1970. Text may have `UTC` as its zone, which older
    versions of the AWS CLI write, or no zone, which means UTC.

    Raises:
        CredentialsError: it is neither.
    """
    try:
        if isinstance(value, str):
            text = f"{value.removesuffix('UTC')}+00:00" if value.endswith("UTC") else value
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    msg = f"{where}: {name} is not a time such as '2026-01-31T12:00:00Z'"
    raise CredentialsError(msg)


def utc_text(seconds: float) -> str:
    """Format seconds since 1970 as in the token files: `2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def lifetime(members: Mapping[str, Any], where: str) -> float:
    """Return `expiresIn`, in seconds.

    Raises:
        CredentialsError: it is missing, is not a number above 0, or exceeds ten years.
    """
    value = members.get("expiresIn")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LONGEST_LIFETIME:
        msg = f"{where} lacks expiresIn, or it is not a number of seconds"
        raise CredentialsError(msg)
    return value


# Ten years: a later expiration is a mistake, and may not fit into a datetime.
_LONGEST_LIFETIME = 10 * 366 * 86400
