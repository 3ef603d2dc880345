"""A machine's tokens from the token endpoint of the pool's domain, by the client-credentials grant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from cognito_idp import (
    AppClient,
    AsyncMachineSession,
    Client,
    ConfigError,
    InvalidClientError,
    InvalidResponseError,
    InvalidScopeError,
    MachineSession,
    TokenEndpoint,
    TokenVerifier,
    TrustedPool,
)
from cognito_idp.login import ManagedLogin
from tests.integration.ministack import given, new_pool, settings
from tests.support.answers import answer, head, in_turn

from .issuing import REASON
from .machine_party import APP, LIFE, machine_party

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cognito_idp.testing import CognitoServer
    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.kit import Kit
    from tests.support.server import Connection, Received

OTHER = AppClient(APP.user_pool_id, "other", APP.client_secret)


def granting(**members: Any) -> Handler:
    """Issue a token for each request, numbered by how many came over its connection."""
    issued: list[str] = []

    def handle(connection: Connection, request: Received) -> None:
        issued.append(f"token-{len(issued) + 1}")
        body = {"access_token": issued[-1], "token_type": "Bearer", "expires_in": LIFE, **members}
        answer(json.dumps(body).encode())(connection, request)

    return handle


def refusing(code: str) -> Handler:
    """Refuse with an error code."""
    return answer(json.dumps({"error": code}).encode(), status=400)


def endpoint_at(url: str, kind: str = "endpoint") -> Any:
    """Return what `endpoint=` takes: a token endpoint, or a login that has one."""
    if kind == "login":
        return ManagedLogin(APP, domain=url, redirect_uri="https://app.example.com/back")
    return TokenEndpoint(APP, domain=url)


@pytest.mark.parametrize("kind", ["endpoint", "login"])
def test_a_token_from_the_domain(kit: Kit, serve: Serve, kind: str) -> None:
    """The tokens come by the client-credentials grant, with the scopes and the resource, and are kept as others are."""
    server = serve(granting())
    party = machine_party(
        kit,
        client={"respond": None},
        scopes="b/write a/read",
        resource="https://api.example.com",
        endpoint=endpoint_at(server.url, kind),
    )
    assert ["token-1"] * 3 == [party.token() for _ in range(3)]
    party.go(LIFE - 60)
    assert "token-2" == party.token()
    kit.close(party.client)
    assert 2 == len(server.requests)
    request = server.requests[0]
    assert "POST /oauth2/token HTTP/1.1" == request.request_line
    form = {"grant_type": "client_credentials", "scope": "a/read b/write", "resource": "https://api.example.com"}
    assert form == dict(parse_qsl(request.body.decode()))


def test_without_scopes(kit: Kit, serve: Serve) -> None:
    """Without scopes and a resource, the form names neither."""
    server = serve(granting())
    party = machine_party(kit, client={"respond": None}, endpoint=endpoint_at(server.url))
    party.token()
    kit.close(party.client)
    assert b"grant_type=client_credentials" == server.requests[0].body


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (refusing("invalid_client"), InvalidClientError),
        (refusing("invalid_scope"), InvalidScopeError),
        (answer(b"<html>", status=503), InvalidResponseError),
        (answer(b'{"access_token": "t", "token_type": "DPoP"}'), InvalidResponseError),
        (
            lambda connection, _: connection.send(head(302, ("Location", "/"), ("Content-Length", "0"))),
            InvalidResponseError,
        ),
    ],
)
def test_a_refusal(kit: Kit, serve: Serve, handler: Handler, expected: type[Exception]) -> None:
    """What the endpoint refuses comes through; while the old token is good, that stays in use."""
    good = granting()

    server = serve(in_turn(good, handler, good, handler))
    party = machine_party(kit, client={"respond": None}, endpoint=endpoint_at(server.url))
    assert "token-1" == party.token()
    party.go(LIFE - 60)
    assert "token-1" == party.token()
    party.go(60)
    assert "token-2" == party.token()
    party.go(LIFE)
    with pytest.raises(expected):
        party.token()
    kit.close(party.client)
    assert 4 == len(server.requests)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"endpoint": "my-app"}, "endpoint= takes a TokenEndpoint or a ManagedLogin, not str"),
        ({"endpoint": TokenEndpoint}, "endpoint= takes a TokenEndpoint or a ManagedLogin, not the class TokenEndpoint"),
        (
            {"endpoint": TokenEndpoint(OTHER, domain="my-app")},
            r"endpoint= has another AppClient than app= \(pool, client id or secret\)",
        ),
        ({"resource": "https://api.example.com"}, "resource= needs endpoint=: GetClientToken issues no token for"),
    ],
)
def test_settings_that_can_not_work(kit: Kit, arguments: dict[str, Any], message: str) -> None:
    """What can get no token is refused when the session is made."""
    with pytest.raises(ConfigError, match=message):
        machine_party(kit, **arguments)


@pytest.fixture(scope="session")
def machine(cognito_server: CognitoServer) -> Iterator[AppClient]:
    """An app client of a server of others that may use the client-credentials grant."""
    with Client(**settings(cognito_server)) as client, new_pool(client) as pool:
        client.create_resource_server(
            user_pool_id=pool.id, identifier="orders", name="orders", scopes={"read": "Read", "write": "Write"}
        )
        made = given(
            client.create_user_pool_client(
                user_pool_id=pool.id,
                client_name="machine",
                generate_secret=True,
                allowed_oauth_flows=["client_credentials"],
                allowed_oauth_flows_user_pool_client=True,
                allowed_oauth_scopes=["orders/read", "orders/write"],
            ).user_pool_client
        )
        yield AppClient(pool.id, given(made.client_id), made.client_secret)


@pytest.mark.slow
def test_against_a_server(kit: Kit, cognito_server: CognitoServer, machine: AppClient) -> None:
    """A server of others grants a token with the scopes that were asked for, and its keys verify it."""
    pytest.importorskip("jwt", reason=REASON)
    client = kit.client(**settings(cognito_server))
    cls: Any = MachineSession if kit.kind == "sync" else AsyncMachineSession
    url = cognito_server.endpoint_url
    session = cls(client, machine, scopes="orders/read", endpoint=TokenEndpoint(machine, domain=url))
    token = kit.run(session.access_token)
    assert token == kit.run(session.access_token)
    refused = cls(client, machine, scopes="nothing", endpoint=TokenEndpoint(machine, domain=url))
    with pytest.raises(InvalidScopeError):
        kit.run(refused.access_token)
    kit.close(client)
    keys = f"{url}/{machine.user_pool_id}/.well-known/jwks.json"
    pool = TrustedPool(machine.user_pool_id, client_ids=machine, jwks_uri=keys)
    with TokenVerifier(pool, token_use="access", required_scopes="orders/read") as verifier:
        claims = verifier.verify(token)
    assert (machine.client_id, frozenset({"orders/read"})) == (claims.client_id, frozenset(claims.scope))
