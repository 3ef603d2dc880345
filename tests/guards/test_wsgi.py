"""The WSGI middleware: what a server hands over, and what the application finds."""

from __future__ import annotations

from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from cognito_idp import ConfigError
from cognito_idp.guards.wsgi import TokenMiddleware
from tests.tokens.issuing import REASON
from tests.tokens.refused import GOOD

from .asked import verifier

pytest.importorskip("jwt", reason=REASON)


class Application:
    """A WSGI application that notes what it is called with."""

    def __init__(self) -> None:
        self.environs: list[dict[str, Any]] = []

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        """Note the environ."""
        self.environs.append(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"orders"]


def ask(app: Any, **environ: Any) -> tuple[str, dict[str, str], bytes]:
    """Call an application as a server that keeps to PEP 3333, and have wsgiref check that it does, too."""
    setup_testing_defaults(environ)
    environ.setdefault("QUERY_STRING", "")
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        started.extend((status, dict(headers)))
        return lambda _: None

    chunks = validator(app)(environ, start_response)
    body = b"".join(chunks)
    chunks.close()  # type: ignore[attr-defined]
    return started[0], started[1], body


def guarded(**settings: Any) -> tuple[Application, TokenMiddleware]:
    """Return an application and its guard."""
    app = Application()
    return app, TokenMiddleware(app, verifier(is_async=False), **settings)


def test_a_refusal_keeps_to_the_protocol() -> None:
    """A refusal is an answer as PEP 3333 has it: phrase, headers, and a body of the length that it names."""
    app, guard = guarded()
    status, headers, body = ask(guard)
    assert ("401 Unauthorized", str(len(body))) == (status, headers["Content-Length"])
    assert [] == app.environs
    status, head, nothing = ask(guard, REQUEST_METHOD="HEAD")
    assert ("401 Unauthorized", headers, b"") == (status, head, nothing)


def test_what_the_application_finds() -> None:
    """The application gets its own answer through, and finds the claims where no header can put any."""
    app, guard = guarded()
    assert b"orders" == ask(guard, HTTP_AUTHORIZATION=f"Bearer {GOOD}", HTTP_COGNITO_IDP_CLAIMS="forged")[2]
    assert "mary" == app.environs[0]["cognito_idp.claims"].username


def test_no_token_where_none_is_required() -> None:
    """On exempt paths, and where a token is not required, the claims are None, and the header is not read there."""
    app, guard = guarded(exempt=["/health", "/über", "/"])
    for path in ("/health", "/über".encode().decode("latin-1"), ""):
        ask(guard, PATH_INFO=path, SCRIPT_NAME="/api", HTTP_AUTHORIZATION="Bearer x")
    optional, guard = guarded(required=False)
    ask(guard)
    assert [None] * 4 == [environ["cognito_idp.claims"] for environ in (*app.environs, *optional.environs)]


def test_an_async_verifier() -> None:
    """An `AsyncTokenVerifier` can't be waited for here, and is refused with the class to use."""
    with pytest.raises(ConfigError, match=r"^verifier= takes a TokenVerifier, not AsyncTokenVerifier$"):
        TokenMiddleware(Application(), verifier(is_async=True))
