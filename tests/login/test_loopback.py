"""The token endpoint over real connections: redirects, pages, and answers that are slow, endless or huge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import InvalidResponseError, SignedIn, Timeout, TimeoutError_, TransportError
from tests.support.answers import answer, close, drip, hang, head, html_503

from .support import callback, login_of, tokens

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.kit import Kit

ENGINES = ("httpx", "stdlib")


def engines_of(kit: Kit) -> tuple[str, ...]:
    """Return the engines of a kind of client."""
    return ENGINES if kit.kind != "trio" else ENGINES[:1]


def test_a_login_over_a_connection(kit: Kit, serve: Serve) -> None:
    """Each engine carries a login to its end, with one request."""
    for engine in engines_of(kit):
        pending = login_of().begin()
        server = serve(answer(json.dumps(tokens(pending)).encode()))
        login = login_of(domain=server.url)
        client = kit.client(transport=engine)
        assert isinstance(kit.run(client.complete_login, login, pending, callback(pending)), SignedIn)
        (request,) = server.requests
        assert "POST /oauth2/token HTTP/1.1" == request.request_line


def redirect(status: int, url: str) -> Handler:
    """Answer with a redirect."""
    data = head(status, ("Location", url), ("Content-Length", "0"))
    return lambda connection, _: connection.send(data)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(kit: Kit, serve: Serve, status: int) -> None:
    """A redirect of the token endpoint is an error, and nothing is sent to where it leads."""
    for engine in engines_of(kit):
        elsewhere = serve(answer())
        server = serve(redirect(status, f"{elsewhere.url}/oauth2/token"))
        login = login_of(domain=server.url)
        pending = login.begin()
        with pytest.raises(InvalidResponseError, match="a redirect, which is not followed"):
            kit.run(kit.client(transport=engine).complete_login, login, pending, callback(pending))
        assert (1, 0) == (len(server.requests), len(elsewhere.requests))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (html_503(), InvalidResponseError),
        (answer(b"x" * 2_000_000), InvalidResponseError),
        (close, TransportError),
        (hang, TimeoutError_),
        (drip(head(200, ("Content-Length", "100000"))), TimeoutError_),
    ],
)
def test_an_answer_that_is_none(kit: Kit, serve: Serve, handler: Handler, error: type[Exception]) -> None:
    """Pages, huge, endless and missing answers end within the client's limits, and the code was sent once."""
    client: Any = kit.client(transport="stdlib" if kit.kind == "sync" else "httpx", timeout=Timeout(total=0.3))
    server = serve(handler)
    login = login_of(domain=server.url)
    pending = login.begin()
    with pytest.raises(error):
        kit.run(client.complete_login, login, pending, callback(pending))
    assert 1 == len(server.requests)
