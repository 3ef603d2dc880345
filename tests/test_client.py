"""What a client is told, shares, refuses, and does when it is closed; each claim holds for both clients."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import (
    AdminInitiateAuthRequest,
    Client,
    InitiateAuthRequest,
    ListUsersRequest,
    StandardRetry,
    Timeout,
)
from cognito_idp._call.base_client import Link
from cognito_idp.errors import (
    ClientClosedError,
    ConfigError,
    ReadError,
    RequestValidationError,
    UnknownOperationException,
)
from tests.support.kit import CREDENTIALS, FakeTime, link_of, options_of
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from tests.support.kit import Kit

LIST_USERS = ListUsersRequest(user_pool_id="eu-west-1_a")
PUBLIC = InitiateAuthRequest(client_id="client", auth_flow="USER_SRP_AUTH")


class Closing(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that counts how often it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - the base's parameter
        """Answer."""
        return success({"Users": []})

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        return self.handle_request(request)

    def close(self) -> None:
        """Count."""
        self.closed += 1

    async def aclose(self) -> None:
        """Count."""
        self.closed += 1


# Closing


UNCLOSED = """
import asyncio, gc, warnings
from cognito_idp import AsyncClient, Client, TokenVerifier
from cognito_idp.testing import StubTransport

warnings.simplefilter("always")

class Mine(Client):
    def __init__(self, **settings):
        super().__init__("us-east-1", **settings)

def opened(client):
    client._link.open()
    return client

def left(make):
    with warnings.catch_warnings(record=True) as seen:
        made = make()
        copy = made.with_options(timeout=1) if hasattr(made, "with_options") else None
        del made, copy
        gc.collect()
    print([str(each.message) for each in seen if each.category is ResourceWarning])

for transport in ("httpx", "stdlib"):
    left(lambda: opened(Mine(transport=transport)))
    left(lambda: opened(AsyncClient("us-east-1", transport=transport)))
left(lambda: Mine())
left(lambda: StubTransport().client())
def closed():
    with opened(Mine()) as client:
        return client
left(closed)
"""


@pytest.mark.slow
def test_a_client_that_nobody_closed() -> None:
    """A client that holds connections and is dropped warns once, with its class and the line that made it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run((sys.executable, "-c", UNCLOSED), env=environment, capture_output=True, text=True, check=True)
    lines = UNCLOSED.splitlines()
    mine, others = (lines.index(line) + 1 for line in lines if "super()" in line or "AsyncClient(" in line)
    text = "['unclosed {}, made at <string>:{}; use it as a context manager, or close it']"
    both = [text.format("Mine", mine), text.format("AsyncClient", others)]
    assert [*both, *both, "[]", "[]", "[]"] == done.stdout.splitlines()
    assert "" == done.stderr


def test_a_closed_client_says_so(kit: Kit) -> None:
    """After it was closed, nothing can be sent through a client nor through its copies, and each way says so."""
    transport = Closing()
    client = kit.client(transport=transport)
    copy = client.with_options(timeout=5)
    kit.run(client.send, LIST_USERS)
    kit.close(client)
    for closed in (client, copy):
        for use in (
            lambda closed=closed: kit.run(closed.send, LIST_USERS),
            lambda closed=closed: kit.run(closed.call, "ListUsers"),
            lambda closed=closed: kit.run(closed.list_users, user_pool_id="eu-west-1_a"),
            lambda closed=closed: kit.collect(closed.paginate(LIST_USERS)),
            lambda closed=closed: kit.collect(closed.iter_list_users(user_pool_id="eu-west-1_a")),
        ):
            with pytest.raises(ClientClosedError, match="this client is closed; make a new one"):
                use()
    assert repr(client).endswith(", closed)")
    assert 1 == transport.closed


def test_closing_twice(kit: Kit) -> None:
    """Closing a client again, or its copy, does nothing."""
    transport = Closing()
    client = kit.client(transport=transport)
    kit.run(client.send, LIST_USERS)
    for each in (client, client.with_options(), client):
        kit.close(each)
    assert 1 == transport.closed


def test_closing_before_the_first_call(kit: Kit) -> None:
    """A client that never sent anything never made its adapter, and can be closed; its transport is closed, too."""
    transport = Closing()
    client = kit.client(transport=transport)
    kit.close(client)
    with pytest.raises(ClientClosedError):
        kit.run(client.send, LIST_USERS)
    assert 1 == transport.closed


def test_a_with_block_closes(kit: Kit) -> None:
    """A `with` block, or an `async with` block, gives the client and closes it at its end."""
    transport = Closing()
    client = kit.client(transport=transport)

    def block() -> Any:
        with client as entered:
            assert entered is client
            return entered.send(LIST_USERS)

    async def async_block() -> Any:
        async with client as entered:
            assert entered is client
            return await entered.send(LIST_USERS)

    assert () == kit.run(block if kit.kind == "sync" else async_block).users
    assert 1 == transport.closed


def test_a_with_block_closes_after_a_failure(kit: Kit) -> None:
    """A failure inside the block comes out, and the client is closed."""
    transport = Closing()
    client = kit.client(transport=transport)

    def block() -> None:
        with client:
            client.send(LIST_USERS)
            raise LookupError

    async def async_block() -> None:
        async with client:
            await client.send(LIST_USERS)
            raise LookupError

    with pytest.raises(LookupError):
        kit.run(block if kit.kind == "sync" else async_block)
    assert 1 == transport.closed


def test_closed_between_two_attempts(kit: Kit) -> None:
    """A call whose client is closed while it waits for its next attempt ends with an error that says so."""

    class ClosingTime(FakeTime):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            client.close()

        async def sleep_async(self, seconds: float) -> None:
            self.waits.append(seconds)
            await client.aclose()

    service, time = Responder(httpx.ReadError("reset")), ClosingTime()
    client = kit.client(respond=service, time=time)
    with pytest.raises(ClientClosedError, match="closed during the call"):
        kit.run(client.send, LIST_USERS)
    assert (1, 1) == (len(time.waits), len(service.requests))


def test_the_first_use_by_many_threads_makes_one_transport() -> None:
    """However many threads use a client for the first time at once, one transport is made."""
    start = threading.Barrier(8)
    made: list[object] = []

    def connect() -> tuple[Any, Any]:
        transport = object()
        made.append(transport)
        return transport, transport

    link = Link(connect)
    opened: list[object] = []

    def work() -> None:
        start.wait()
        opened.append(link.open())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made * 8 == opened
    assert (made[0], made[0]) == link.close()
    assert None is link.close()


# Copies


def test_a_copy_shares_the_transport(kit: Kit) -> None:
    """A copy sends through the same transport, with its own limits; the original keeps its own."""
    service = Responder()
    client = kit.client(respond=service, timeout=Timeout(read=30))
    copy = client.with_options(timeout=Timeout(read=1))
    assert type(copy) is type(client)
    for each in (client, copy, client):
        kit.run(each.send, LIST_USERS)
    assert [30, 1, 30] == [request.extensions["timeout"]["read"] for request in service.requests]
    assert link_of(client) is link_of(copy)
    assert options_of(client).credentials is options_of(copy).credentials


def test_a_copy_shares_the_retry_quota(kit: Kit) -> None:
    """Unless it has a policy of its own, a copy draws on the original's quota."""
    service = Responder(httpx.ReadError("reset"))
    client = kit.client(respond=service, time=FakeTime())
    sharing, own = client.with_options(timeout=60), client.with_options(retry="standard")

    def attempts(each: Any) -> int:
        with pytest.raises(ReadError) as caught:
            kit.run(each.send, LIST_USERS)
        return caught.value.attempts

    # 18 calls use the quota of 35 retries up.
    assert [3] * 17 + [2] == [attempts(client) for _ in range(18)]
    assert (1, 3, 1) == (attempts(sharing), attempts(own), attempts(client))


def test_what_is_not_changed_stays(kit: Kit) -> None:
    """`with_options` changes what it is given, and None among that means the default."""
    policy = StandardRetry(7)
    client = kit.client("eu-west-1", timeout=5, retry=policy, max_response_bytes=99)
    same = client.with_options()
    for name in ("timeout", "retry", "max_response_bytes", "region", "credentials"):
        assert getattr(options_of(client), name) is getattr(options_of(same), name)
    changed = client.with_options(timeout=None, retry=None, max_response_bytes=7)
    assert Timeout() == options_of(changed).timeout
    assert 3 == options_of(changed).retry.max_attempts
    assert 7 == options_of(changed).max_response_bytes
    assert "eu-west-1" == changed.region


def test_a_copy_with_settings_that_can_not_be_used(kit: Kit) -> None:
    """A copy refuses what the client itself would refuse."""
    client = kit.client()
    for settings in ({"timeout": -1}, {"retry": "often"}):
        with pytest.raises(ConfigError):
            client.with_options(**settings)


# Requests


@pytest.mark.parametrize("request_", [None, "ListUsers", {"UserPoolId": "x"}, ListUsersRequest, 5])
def test_sending_what_is_no_request(kit: Kit, request_: Any) -> None:
    """`send` and `paginate` take request structs, and say so of anything else."""
    client = kit.client()
    with pytest.raises(TypeError, match=r"send\(\) takes a request struct such as AdminInitiateAuthRequest, not "):
        kit.run(client.send, request_)
    with pytest.raises(TypeError, match=r"paginate\(\) takes a request struct such as ListUsersRequest, not "):
        kit.collect(client.paginate(request_))


def test_a_wrong_argument_is_told_before_anything_is_sent(kit: Kit) -> None:
    """Missing and wrong arguments of a method are one error, and nothing is sent."""
    service = Responder()
    client = kit.client(respond=service)
    with pytest.raises(RequestValidationError) as caught:
        kit.run(client.admin_initiate_auth, user_pool_id="", auth_flow=5)
    assert {
        "AdminInitiateAuthRequest.user_pool_id",
        "AdminInitiateAuthRequest.client_id",
        "AdminInitiateAuthRequest.auth_flow",
    } == {fault.member for fault in caught.value.faults}
    assert [] == service.requests


# Operations by name


@pytest.mark.parametrize(
    ("operation", "signed", "expected"),
    [
        ("ListUsers", None, True),
        ("InitiateAuth", None, False),
        ("NeverHeardOf", None, True),
        ("ListUsers", False, False),
        ("InitiateAuth", True, True),
        ("NeverHeardOf", False, False),
    ],
)
def test_which_calls_are_signed(kit: Kit, operation: str, *, signed: bool | None, expected: bool) -> None:
    """`call` signs what this version knows to be signed and what it does not know, unless it is told."""
    service = Responder()
    kit.run(kit.client(respond=service).call, operation, {}, signed=signed)
    assert expected is ("authorization" in service.requests[0].headers)


def test_an_operation_that_the_service_does_not_know(kit: Kit) -> None:
    """The service's answer to an unknown name is an exception as any other."""
    client = kit.client(respond=Responder(error("UnknownOperationException")))
    with pytest.raises(UnknownOperationException) as caught:
        kit.run(client.call, "NeverHeardOf")
    assert "NeverHeardOf" == caught.value.operation


@pytest.mark.parametrize(
    "name", ["", "listUsers", "list_users", "List Users", "ListUsers\r\nX: y", "Lïst", "A" * 200, 5]
)
def test_a_name_that_is_none(kit: Kit, name: Any) -> None:
    """What can't be the name of an operation is refused before anything is sent."""
    service = Responder()
    with pytest.raises(RequestValidationError, match="must be the name of an operation, such as 'ListUsers'"):
        kit.run(kit.client(respond=service).call, name)
    assert [] == service.requests


@pytest.mark.parametrize(
    "members",
    [
        ["UserPoolId"],
        "UserPoolId",
        {5: "x"},
        {"A": b"secret"},
        {"A": {"B": {"secret"}}},
        {"A": float("nan")},
        {"A": [float("inf")]},
        {"A": {("secret",): 1}},
        {"A": object},
    ],
    ids=repr,
)
def test_members_that_are_not_json(kit: Kit, members: Any) -> None:
    """What JSON can't say is refused before anything is sent, and the error does not show it."""
    service = Responder()
    with pytest.raises(RequestValidationError, match=r"call is not valid: call\.members: ") as caught:
        kit.run(kit.client(respond=service).call, "ListUsers", members)
    assert "secret" not in str(caught.value)
    assert [] == service.requests


def test_members_that_go_round_in_circles(kit: Kit) -> None:
    """Members that hold themselves, and those nested too deep, are refused, too."""
    circle: dict[str, Any] = {}
    circle["A"] = [circle]
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"A": deep}
    for members in (circle, deep):
        with pytest.raises(RequestValidationError, match="can't be written as JSON"):
            kit.run(kit.client().call, "ListUsers", members)


@pytest.mark.parametrize("members", [None, {}, MappingProxyType({})])
def test_no_members(kit: Kit, members: Any) -> None:
    """No members are an empty object; any mapping will do."""
    service = Responder()
    kit.run(kit.client(respond=service).call, "ListUsers", members)
    assert b"{}" == service.requests[0].content


def test_requests_are_as_good_for_one_client_as_for_another() -> None:
    """A request struct is plain data: threads, tasks and clients may send the same one."""
    request = AdminInitiateAuthRequest(user_pool_id="us-east-1_a", client_id="c", auth_flow="USER_AUTH")
    services = [Responder(), Responder()]
    for service in services:
        Client("us-east-1", credentials=CREDENTIALS, transport=httpx.MockTransport(service)).send(request)
    assert services[0].requests[0].content == services[1].requests[0].content


def test_the_name_of_the_transport(kit: Kit) -> None:
    """A client tells what it sends through: httpx by default, or what was given."""
    assert "httpx" == kit.client().transport_name
    assert "httpx" == kit.client(transport="httpx").transport_name
    assert "stdlib" == kit.client(transport="stdlib").transport_name
    assert "httpx.MockTransport" == kit.client(respond=Responder()).transport_name


def test_the_name_of_the_transport_in_use(kit: Kit) -> None:
    """A call changes nothing about the name of a transport that was given."""
    client = kit.client(respond=Responder())
    kit.run(client.list_users, user_pool_id="us-east-1_a")
    assert "httpx.MockTransport" == client.transport_name
