"""Rules for every request: headers that restrict browsers, and no form posts from other sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .settings import Settings

# The whole form is read into memory, whoever sends it.
_MAX_BODY_BYTES: Final = 64 * 1024
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS: Final = {
    # No scripts, or only those of our own files, so that injected text can do nothing, and no styles except our file's.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    # Not "no-referrer": with it, browsers also leave the origin out of form posts.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Security:
    """ASGI middleware. API calls may come from anywhere: they carry a bearer token, and cookies don't count there."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._origin = settings.origin
        self._headers = dict(_HEADERS)
        if settings.passkeys:
            self._headers["Content-Security-Policy"] += "; script-src 'self'; connect-src 'self'"
        if settings.is_https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse forged requests, and add the headers to each answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if not scope["path"].startswith("/static/"):
                    # Pages hold data for this person only, such as a QR code.
                    headers["Cache-Control"] = "no-store"
            await send(message)

        taken = 0

        async def receive_a_little() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > _MAX_BODY_BYTES:
                raise HTTPException(413, "This is too much.")
            return message

        app = _forged if self._is_forged(scope) else self._app
        await app(scope, receive_a_little, send_with_headers)

    def _is_forged(self, scope: Scope) -> bool:
        if scope["method"] in _SAFE or scope["path"].startswith("/api/"):
            return False
        headers = Headers(scope=scope)
        # All current browsers send one of the two with a form post.
        origin = headers.get("origin")
        return origin != self._origin if origin else headers.get("sec-fetch-site") != "same-origin"


_forged = PlainTextResponse("This form was sent from another site.\n", 403)
