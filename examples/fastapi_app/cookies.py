"""Cookies that a browser keeps for us but can neither read nor change, each for one purpose.

Fernet (AES-CBC and HMAC-SHA256) seals them with the time, so an old cookie is refused even if a browser kept it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import attrs
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from starlette.requests import Request
    from starlette.responses import Response

    from .settings import Settings

_MAX_BYTES = 4000
"""Browsers silently drop a larger cookie (RFC 6265, 6.1: 4096 bytes with its name and attributes)."""


class CookieTooLargeError(ValueError):
    """A cookie is too large for browsers to keep."""


@attrs.frozen
class SealedCookie:
    """One cookie: write, read and clear it."""

    purpose: str
    max_age: int
    secure: bool
    same_site: Literal["lax", "strict"]
    _seal: MultiFernet = attrs.field(repr=False)
    _clock: Callable[[], float] = time.time

    @property
    def name(self) -> str:
        """The cookie's name. With the prefix, browsers accept it only over TLS and for this host alone."""
        return f"__Host-{self.purpose}" if self.secure else self.purpose

    def write(self, response: Response, text: str) -> None:
        """Store a text in the browser.

        Raises:
            CookieTooLargeError: browsers would drop it.
        """
        # The purpose is sealed in, or one cookie's value would be valid in place of another's.
        value = self._seal.encrypt_at_time(f"{self.purpose}:{text}".encode(), int(self._clock())).decode("ascii")
        if len(self.name) + len(value) > _MAX_BYTES:
            msg = f"the cookie {self.name} would have {len(value)} bytes, over {_MAX_BYTES}"
            raise CookieTooLargeError(msg)
        response.set_cookie(
            self.name, value, max_age=self.max_age, secure=self.secure, httponly=True, samesite=self.same_site
        )

    def read(self, request: Request) -> str | None:
        """Return the text, or None if the cookie is missing, too old, or not ours."""
        try:
            data = self._seal.decrypt_at_time(request.cookies.get(self.name, ""), self.max_age, int(self._clock()))
        except (InvalidToken, ValueError):
            # Fernet raises ValueError for non-ASCII text.
            return None
        purpose, _, text = data.decode().partition(":")
        return text if purpose == self.purpose else None

    def clear(self, response: Response) -> None:
        """Remove the cookie from the browser."""
        response.delete_cookie(self.name, secure=self.secure, httponly=True, samesite=self.same_site)


@attrs.frozen
class Cookies:
    """The app's cookies.

    `session` is the id of a session. `challenge` is a sign-in that waits for an answer, or an authenticator app that is
    being set up. `pending` is the address of a person who still has to enter the code sent to it.
    """

    session: SealedCookie
    challenge: SealedCookie
    pending: SealedCookie


def cookies_of(settings: Settings, clock: Callable[[], float] = time.time) -> Cookies:
    """Return the cookies for the settings."""
    seal = MultiFernet([Fernet(key) for key in settings.cookie_keys])
    secure = settings.is_https
    return Cookies(
        # Lax: a person who follows a link in a mail stays signed in. The others are only for steps within the app.
        SealedCookie("session", settings.session_seconds, secure, "lax", seal, clock),
        SealedCookie("challenge", settings.challenge_seconds, secure, "strict", seal, clock),
        SealedCookie("pending", 60 * 60, secure, "strict", seal, clock),
    )
