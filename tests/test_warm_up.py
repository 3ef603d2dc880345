"""Getting ready before the first call: connection, credentials, hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cattrs import BaseConverter

from cognito_idp import AdminInitiateAuthRequest
from cognito_idp.errors import ConfigError, ConnectError, NoRegionError
from tests.support.answers import answer
from tests.support.kit import CREDENTIALS
from tests.support.responder import Responder

if TYPE_CHECKING:
    from cognito_idp import Credentials
    from cognito_idp._flow.effects import Flow
    from tests.conftest import Serve
    from tests.support.kit import Kit


class Counted:
    """A source of credentials that counts how often it is asked."""

    def __init__(self) -> None:
        self.count = 0

    def get(self) -> Flow[Credentials]:
        """Return credentials."""
        self.count += 1
        return CREDENTIALS
        yield

    def replace(self, rejected: Credentials) -> Flow[Credentials]:
        """Return the same."""
        return rejected
        yield


def test_the_first_call_uses_the_connection(fresh_kit: Kit, serve: Serve) -> None:
    """The connection that warming up opened is the one that the first call is sent over."""
    server = serve(answer())
    client = fresh_kit.client(endpoint_url=server.url)
    fresh_kit.run(client.warm_up)
    fresh_kit.run(client.list_users, user_pool_id="us-east-1_a")
    fresh_kit.close(client)
    assert (1, 2) == (server.accepted, len(server.requests))


def test_what_is_sent(kit: Kit) -> None:
    """One unsigned GET of the endpoint's root goes out, with nothing of the credentials in it."""
    service = Responder(httpx.Response(404))
    kit.run(kit.client(respond=service).warm_up, "AdminInitiateAuth")
    (request,) = service.requests
    assert ("GET", "https://cognito-idp.us-east-1.amazonaws.com") == (request.method, str(request.url))
    assert {"host", "accept-encoding", "user-agent"} == set(request.headers)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ((), 1),
        (("AdminInitiateAuth",), 1),
        (("InitiateAuth",), 0),
        (("InitiateAuth", AdminInitiateAuthRequest), 1),
        (("GetClientToken", "GetDerivedToken"), 0),
    ],
)
def test_credentials(kit: Kit, operations: tuple[Any, ...], expected: int) -> None:
    """Credentials are loaded when a named operation is signed, or none is named; never for unsigned ones alone."""
    source = Counted()
    kit.run(kit.client(respond=Responder(), credentials=source).warm_up, *operations)
    assert expected == source.count


def test_hooks_are_made(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """After warming up, a call of the named operation makes no hook any more, not for nested structs either."""
    kit.run(kit.client(respond=Responder()).warm_up, "CreateUserPool")
    for get_hook in ("get_structure_hook", "get_unstructure_hook"):
        monkeypatch.setattr(BaseConverter, get_hook, _must_not_be_asked)
    pool = {"Id": "us-east-1_a", "Policies": {"PasswordPolicy": {"MinimumLength": 8}}}
    service = Responder(httpx.Response(200, json={"UserPool": pool}))
    response = kit.run(kit.client(respond=service).create_user_pool, pool_name="p", user_pool_tags={"a": "b"})
    assert 8 == response.user_pool.policies.password_policy.minimum_length


def _must_not_be_asked(*_: Any) -> Any:
    msg = "asked for a hook during a call"
    raise AssertionError(msg)


@pytest.mark.parametrize("operation", ["NoSuchOperation", "UserType", "", int])
def test_an_unknown_operation(kit: Kit, operation: Any) -> None:
    """A name that is none of an operation is refused before anything is sent."""
    service = Responder()
    with pytest.raises(ConfigError, match="is not an operation; name one as AWS does"):
        kit.run(kit.client(respond=service).warm_up, operation)
    assert [] == service.requests


def test_without_a_region(kit: Kit) -> None:
    """A client that takes the region from each call's pool has no endpoint to connect to, and says so."""
    with pytest.raises(NoRegionError):
        kit.run(kit.client(None, respond=Responder()).warm_up)


def test_no_connection(kit: Kit) -> None:
    """A connection that can't be made is an error that the program can see at its start."""
    with pytest.raises(ConnectError):
        kit.run(kit.client(respond=Responder(httpx.ConnectError("refused"))).warm_up)


def test_an_answer_that_is_refused(kit: Kit) -> None:
    """An answer that no call would take is good enough here."""
    packed = httpx.Response(200, headers={"content-encoding": "gzip"}, content=b"")
    assert None is kit.run(kit.client(respond=Responder(packed)).warm_up)
