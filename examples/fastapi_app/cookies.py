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
_MAX_PARTS = 3
"""Servers refuse requests whose headers are larger than 8 to 64 KB, with all cookies in them."""
_KNOWN_SECONDS = 180 * 24 * 60 * 60
_COUNTS = frozenset(str(count) for count in range(1, _MAX_PARTS + 1))


class CookieTooLargeError(ValueError):
    """A text is too large for the cookies that may carry it."""


@attrs.frozen
class SealedCookie:
    """A text in one cookie, or in several where it is too large for one: write, read and clear it."""

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
        size = _MAX_BYTES - len(self._part(_MAX_PARTS))
        parts = [value[start : start + size] for start in range(0, len(value), size)]
        if len(parts) > _MAX_PARTS:
            msg = f"the cookie {self.name} would have {len(value)} bytes, over {_MAX_PARTS * size}"
            raise CookieTooLargeError(msg)
        # The first part says how many there are, so that parts left from a longer text are never read.
        for number, part in enumerate((f"{len(parts)}{parts[0]}", *parts[1:])):
            response.set_cookie(
                self._part(number),
                part,
                max_age=self.max_age,
                secure=self.secure,
                httponly=True,
                samesite=self.same_site,
            )

    def read(self, request: Request) -> str | None:
        """Return the text, or None if the cookie is missing, too old, or not ours."""
        first = request.cookies.get(self.name, "")
        count = int(first[0]) if first[:1] in _COUNTS else 0
        value = "".join((first[1:], *(request.cookies.get(self._part(number), "") for number in range(1, count))))
        try:
            data = self._seal.decrypt_at_time(value, self.max_age, int(self._clock()))
        except (InvalidToken, ValueError):
            # Fernet raises ValueError for non-ASCII text.
            return None
        purpose, _, text = data.decode().partition(":")
        return text if purpose == self.purpose else None

    def clear(self, request: Request, response: Response) -> None:
        """Remove the cookie, with all its parts, from the browser."""
        for number in range(_MAX_PARTS):
            if number == 0 or self._part(number) in request.cookies:
                response.delete_cookie(self._part(number), secure=self.secure, httponly=True, samesite=self.same_site)

    def _part(self, number: int) -> str:
        return f"{self.name}-{number}" if number else self.name


@attrs.frozen
class Cookies:
    """The app's cookies.

    `session` is the id of a session. `challenge` is a sign-in that waits for an answer, or an authenticator app that is
    being set up. `pending` is the address of a person who still has to enter the code sent to it. `login` is a managed
    login that waits for its callback. `passkey` is a sign-in that waits for a passkey, beside another that may wait for
    an answer. `known` is the address of the person with passkeys who last signed in; it stays after the sign-out.
    """

    session: SealedCookie
    challenge: SealedCookie
    pending: SealedCookie
    login: SealedCookie
    passkey: SealedCookie
    known: SealedCookie


def cookies_of(settings: Settings, clock: Callable[[], float] = time.time) -> Cookies:
    """Return the cookies for the settings."""
    seal = MultiFernet([Fernet(key) for key in settings.cookie_keys])
    secure = settings.is_https
    return Cookies(
        # Lax: a person who follows a link in a mail stays signed in. The others are only for steps within the app.
        SealedCookie("session", settings.session_seconds, secure, "lax", seal, clock),
        SealedCookie("challenge", settings.challenge_seconds, secure, "strict", seal, clock),
        SealedCookie("pending", 60 * 60, secure, "strict", seal, clock),
        # Lax: the browser comes back from another site. A person may take a while there.
        SealedCookie("login", 60 * 60, secure, "lax", seal, clock),
        SealedCookie("passkey", settings.challenge_seconds, secure, "strict", seal, clock),
        SealedCookie("known", _KNOWN_SECONDS, secure, "lax", seal, clock),
    )
