"""A pool's domain that answers as a test says, and the logins that people begin there."""

from __future__ import annotations

import html
import re
from base64 import b64decode
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

import attrs
import httpx

from cognito_idp import AppClient, ManagedLogin
from cognito_idp.testing import TokenIssuer
from tests.support.responder import Responder

if TYPE_CHECKING:
    from cognito_idp import PendingLogin
    from tests.support.kit import Kit

POOL = "us-east-1_EXAMPLE"
PUBLIC_APP = AppClient(POOL, "1example23456789")
SECRET_APP = AppClient(POOL, "1example23456789", "s3cr3t-of-the-app")
REDIRECT_URI = "https://app.example.com/signed-in"
DOMAIN = "my-app"
PASSWORD = "Correct-Horse-1"
HOST = "my-app.auth.us-east-1.amazoncognito.com"


@cache
def issuer() -> TokenIssuer:
    """Return the pool that signs the tokens."""
    return TokenIssuer(POOL, PUBLIC_APP.client_id)


def login_of(app: AppClient = SECRET_APP, **settings: Any) -> ManagedLogin:
    """Return a login whose verifier knows the pool's keys."""
    settings = {
        "domain": DOMAIN,
        "redirect_uri": REDIRECT_URI,
        "verifier": issuer().verifier(token_use="id"),
        **settings,
    }
    return ManagedLogin(app, **settings)


def callback(pending: PendingLogin, *, without: str = "", **changes: str) -> str:
    """Return the URL that a browser comes back to, with changed parameters, and without one."""
    parameters = {"code": "the-code-of-the-login", "state": pending.state, **changes}
    return f"{REDIRECT_URI}?{urlencode({name: text for name, text in parameters.items() if name != without})}"


def tokens(pending: PendingLogin, *, without: str = "", **changes: Any) -> dict[str, Any]:
    """Return the members of the domain's answer to a code, with changes, and without one."""
    members = {
        "access_token": issuer().access_token("mary", scope="openid"),
        "id_token": issuer().id_token("mary", nonce=pending.nonce),
        "refresh_token": "the-refresh-token",
        "token_type": "Bearer",
        "expires_in": 3600,
        **changes,
    }
    return {name: value for name, value in members.items() if name != without}


def query_of(url: str) -> dict[str, str]:
    """Return the parameters of a URL, each of which it has once."""
    pairs = parse_qsl(urlsplit(url).query, strict_parsing=True)
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def form_of(request: httpx.Request) -> dict[str, str]:
    """Return the parameters of a form, each of which it has once."""
    assert "application/x-www-form-urlencoded" == request.headers["content-type"]
    return {name: text for name, (text,) in parse_qs(request.content.decode(), strict_parsing=True).items()}


def basic_of(request: httpx.Request) -> tuple[str, str]:
    """Return the id and the secret of an `authorization` header, as RFC 6749 (2.3.1) reads it."""
    kind, _, text = request.headers["authorization"].partition(" ")
    assert "Basic" == kind
    client_id, _, secret = b64decode(text).decode().partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


@attrs.frozen
class Domain:
    """A client whose network is a pool's domain that gives these answers, in turn."""

    kit: Kit
    client: Any
    responder: Responder

    @property
    def requests(self) -> list[httpx.Request]:
        """What was sent."""
        return self.responder.requests

    def complete(self, login: ManagedLogin, pending: PendingLogin, url: str | None = None) -> Any:
        """Complete a login."""
        return self.kit.run(self.client.complete_login, login, pending, callback(pending) if url is None else url)

    def flow(self, flow: Any) -> Any:
        """Run a flow through the client's driver."""
        return self.kit.run(self.client._run, flow)


def domain(kit: Kit, *answers: httpx.Response | dict[str, Any] | Exception, **settings: Any) -> Domain:
    """Return a domain with these answers; a dictionary is the JSON of a success."""
    made = [httpx.Response(200, json=each) if isinstance(each, dict) else each for each in answers]
    responder = Responder(*made)
    return Domain(kit, kit.client(respond=responder, **settings), responder)


def visit(url: str, username: str = "mary") -> str:
    """Sign a user in on ministack's page, and return the callback URL that the browser is sent to."""
    with httpx.Client(trust_env=False) as http:
        page = http.get(url)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        form = {name: html.unescape(text) for name, text in hidden.items()}
        answer = http.post(page.url.join("/login"), data={**form, "username": username, "password": PASSWORD})
    return answer.headers["location"]


def refusal(code: str, status: int = 400, **members: Any) -> httpx.Response:
    """Return an OAuth 2.0 error."""
    return httpx.Response(status, json={"error": code, **members})
