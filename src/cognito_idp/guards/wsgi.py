"""The guard of WSGI applications: Flask, Django and others. It needs none of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .._protocol.arguments import check
from .._protocol.redaction import Opaque
from ._core import VERIFIER, Guard, Paths, Presented, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from ..tokens.names import Names
    from ..tokens.verify import TokenVerifier
    from ._core import DemandsOrNone

__all__ = ["TokenMiddleware"]


class TokenMiddleware:
    """WSGI middleware: requests need a good token.

    ```
    app.wsgi_app = TokenMiddleware(app.wsgi_app, verifier, exempt="/health")  # Flask
    ```

    The application finds the claims in `environ["cognito_idp.claims"]`; None if there was no token and none was
    required.

    Args:
        app: the application.
        verifier: the verifier of the tokens.
        exempt: paths where no token is read: `"/health"` is that path alone, `"/static/*"` everything below
            `/static/`, and neither `/static/` nor `/static`. They are relative to where the application is mounted.
        scopes: scopes that the token must have, all of them, as for a `Guard`.
        groups: groups that the user must be in, all of them.
        cookie: the name of a cookie that may hold the token.
        required: False lets requests without a token through, with None for claims.

    Raises:
        ConfigError: a setting can't be used.
    """

    def __init__(
        self,
        app: WSGIApplication,
        verifier: TokenVerifier[Any],
        *,
        exempt: Names = (),
        **demands: Unpack[DemandsOrNone],
    ) -> None:
        check(VERIFIER, verifier=verifier)
        self._app = app
        self._verifier = verifier
        self._guard = Guard(**demands)
        self._exempt = Paths(exempt)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let a request through, or refuse it."""
        # The environ holds the token, and a user's transport runs below, or the application's own code.
        call = Opaque([(environ, start_response)])
        del environ, start_response
        outcome = None
        if _path(call.value[0][0]) not in self._exempt:
            outcome = self._guard.check(self._verifier, _presented(call.value[0][0]))
        if isinstance(outcome, Refusal):
            return _refuse(outcome, *call.value.pop())
        call.value[0][0]["cognito_idp.claims"] = outcome
        return self._app(*call.value.pop())


def _presented(environ: WSGIEnvironment) -> Presented:
    return Presented(*([environ[name]] if name in environ else [] for name in ("HTTP_AUTHORIZATION", "HTTP_COOKIE")))


def _path(environ: WSGIEnvironment) -> str:
    # PEP 3333 has the bytes of the path as Latin-1.
    path: str = environ.get("PATH_INFO") or "/"
    return path.encode("latin-1").decode(errors="replace")


def _refuse(refusal: Refusal, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    headers = {**refusal.headers, "Content-Length": str(len(refusal.body))}
    start_response(f"{refusal.status} {HTTPStatus(refusal.status).phrase}", list(headers.items()))
    return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else refusal.body]
