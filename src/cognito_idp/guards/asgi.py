"""The guard of ASGI applications: Starlette, Litestar, Quart, Django and others. It needs none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from .._protocol.arguments import check
from .._protocol.redaction import Opaque
from ._core import ASYNC_VERIFIER, Guard, Paths, Presented, Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias, Unpack

    from ..tokens.async_verify import AsyncTokenVerifier
    from ..tokens.names import Names
    from ._core import DemandsOrNone

    # Each framework has types of its own for the three arguments.
    App: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

__all__ = ["TokenMiddleware"]

POLICY_VIOLATION: Final = 1008
_ANSWER: Final = "websocket.http.response"


class TokenMiddleware:
    """ASGI middleware: HTTP requests and WebSockets need a good token.

    ```
    app = TokenMiddleware(app, verifier, exempt="/health")
    ```

    The application finds the claims in `scope["state"]["claims"]`, which is `request.state.claims` in Starlette and
    Litestar; None if there was no token and none was required. A WebSocket is refused before it is accepted: the client
    gets the status of the refusal if the server offers the extension `websocket.http.response`, else 403.

    Args:
        app: the application.
        verifier: the verifier of the tokens.
        exempt: paths where no token is read: `"/health"` is that path alone, `"/static/*"` everything below
            `/static/`, and neither `/static/` nor `/static`. They are relative to where the application is mounted.
            Nothing is exempt below a mount that `root_path` doesn't show, as in Litestar.
        scopes: scopes that the token must have, all of them, as for a `Guard`.
        groups: groups that the user must be in, all of them.
        cookie: the name of a cookie that may hold the token.
        required: False lets requests without a token through, with None for claims.

    Raises:
        ConfigError: a setting can't be used; a `TokenVerifier` would block the event loop.
    """

    def __init__(
        self,
        app: App,
        verifier: AsyncTokenVerifier[Any],
        *,
        exempt: Names = (),
        **demands: Unpack[DemandsOrNone],
    ) -> None:
        check(ASYNC_VERIFIER, verifier=verifier)
        self._app = app
        self._verifier = verifier
        self._guard = Guard(**demands)
        self._exempt = Paths(exempt)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a request through, or refuse it."""
        # The headers hold the token, and a user's transport runs below, or the application's own code.
        call = Opaque([(scope, receive, send)])
        del scope, receive, send
        if call.value[0][0]["type"] in ("http", "websocket"):
            outcome = None
            if _path(call.value[0][0]) not in self._exempt:
                outcome = await self._guard.check_async(self._verifier, _presented(call.value[0][0]))
            if isinstance(outcome, Refusal):
                await _refuse(outcome, *call.value.pop())
                return
            call.value[0][0].setdefault("state", {})["claims"] = outcome
        await self._app(*call.value.pop())


def _presented(scope: Any) -> Presented:
    headers: dict[bytes, list[str]] = {b"authorization": [], b"cookie": []}
    for name, value in scope["headers"]:
        if (values := headers.get(name.lower())) is not None:
            values.append(value.decode("latin-1"))
    return Presented(headers[b"authorization"], headers[b"cookie"])


def _path(scope: Any) -> str:
    """Return the path below the mount; nothing if frameworks cut it in different places.

    Some servers leave the mount out of the path, against the specification. Then Litestar cuts at the first place
    where the path has the text of the mount. With Daphne, a header of the client's names the mount.
    """
    path: str = scope["path"]
    root: str = scope.get("root_path") or ""
    if _is_below_another_mount(scope, path, root):
        return ""
    if not root or root not in path:
        return path
    below = path.removeprefix(root)
    return below if below != path and below.startswith("/") else ""


def _is_below_another_mount(scope: Any, path: str, root: str) -> bool:
    """Return whether a framework has cut more from the path than `root_path` says.

    Litestar routes before its middleware runs. For a mounted application it leaves the path below the mount, which may
    look like an exempt one. Its paths have no slash at their end, or one, so only the segments are compared.
    """
    raw: bytes | None = scope.get("raw_path")
    if not raw:  # Mangum has none
        return bool(getattr(scope.get("route_handler"), "is_mount", False))
    whole = unquote_to_bytes(raw.partition(b"?")[0]).decode(errors="replace")
    return _segments(path) not in (_segments(whole), _segments(whole.removeprefix(root)))


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def takes_answers(scope: Any) -> bool:
    """Return whether a refusal is an HTTP answer; else the WebSocket is closed before it is accepted."""
    return scope["type"] == "http" or _ANSWER in (scope.get("extensions") or {})


async def _refuse(refusal: Refusal, scope: Any, _: Any, send: Any) -> None:
    if not takes_answers(scope):
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": refusal.error})
        return
    kind = _ANSWER if scope["type"] == "websocket" else "http.response"
    headers = {**refusal.headers, "Content-Length": str(len(refusal.body))}
    lines = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": lines})
    await send({"type": f"{kind}.body", "body": b"" if scope.get("method") == "HEAD" else refusal.body})
