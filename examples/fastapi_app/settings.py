"""The app's settings, from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import attrs
from cryptography.fernet import Fernet

from cognito_idp import AppClient, TrustedPool

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of the app.

    Args:
        app: the user pool and its app client.
        origin: where browsers find the app, such as `https://app.example.com`; must be https, except on this machine.
        cookie_keys: Fernet keys. The first key seals cookies and all keys open them, so that you can rotate keys.
        name: the app's name, which authenticator apps also show.
        endpoint_url: the service's URL, if not at AWS.
        jwks_uri: the URL of the pool's public keys, if not at AWS.
        domain: the pool's domain for managed login, as a prefix, a host name or a URL; None leaves that out.
        passkeys: whether people may use passkeys; the pool and the app client must allow them.
        session_seconds: the longest time that a person stays signed in.
        challenge_seconds: the time for one step of a sign-in; the app client's `AuthSessionValidity` (3 minutes).
        refresh_margin: how many seconds before its end an access token is replaced.

    Raises:
        ValueError: a setting can't be used.
    """

    app: AppClient
    origin: str
    cookie_keys: tuple[str, ...] = attrs.field(repr=False)
    name: str = "Example"
    endpoint_url: str | None = None
    jwks_uri: str | None = None
    domain: str | None = None
    passkeys: bool = False
    session_seconds: int = 12 * 60 * 60
    challenge_seconds: int = 3 * 60
    refresh_margin: float = 60.0

    def __attrs_post_init__(self) -> None:
        """Reject settings that are unsafe or can't work."""
        parts = urlsplit(self.origin)
        if self.origin != f"{parts.scheme}://{parts.netloc}" or not parts.hostname:
            msg = f"origin {self.origin!r} must be a scheme and a host, and end there: https://app.example.com"
            raise ValueError(msg)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            msg = f"origin {self.origin!r} must begin with https://, since cookies and passwords travel to it"
            raise ValueError(msg)
        if not self.cookie_keys:
            msg = "cookie_keys is empty; make a key with cryptography.fernet.Fernet.generate_key()"
            raise ValueError(msg)
        for key in self.cookie_keys:
            Fernet(key)

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the app over TLS."""
        return self.origin.startswith("https:")

    @property
    def trusted_pool(self) -> TrustedPool:
        """The pool whose tokens the app accepts."""
        return TrustedPool(self.app.user_pool_id, client_ids=self.app.client_id, jwks_uri=self.jwks_uri)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from environment variables, which README.md lists.

        Raises:
            ValueError: a variable is missing or can't be used.
        """
        needed = ("COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "APP_ORIGIN", "APP_COOKIE_KEYS")
        missing = [name for name in needed if not environ.get(name)]
        if missing:
            msg = f"not set in the environment: {', '.join(missing)}"
            raise ValueError(msg)
        return cls(
            app=AppClient(
                environ["COGNITO_USER_POOL_ID"],
                environ["COGNITO_CLIENT_ID"],
                environ.get("COGNITO_CLIENT_SECRET") or None,
            ),
            origin=environ["APP_ORIGIN"],
            cookie_keys=tuple(environ["APP_COOKIE_KEYS"].split()),
            name=environ.get("APP_NAME") or "Example",
            endpoint_url=environ.get("COGNITO_ENDPOINT_URL") or None,
            jwks_uri=environ.get("COGNITO_JWKS_URI") or None,
            domain=environ.get("COGNITO_DOMAIN") or None,
            passkeys=environ.get("APP_PASSKEYS") == "1",
        )
