"""Every operation, with a mark in each secret member and in the credentials, through whatever may happen to it."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from cognito_idp import Client, errors, to_wire
from cognito_idp.errors import CognitoIdpError, ServiceError
from tests.conformance.values import methods, request_classes
from tests.support.kit import FakeTime

from .conftest import CREDENTIALS, MARKS, NOW
from .values import marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cognito_idp._structs.struct import Request
    from tests.support.kit import Kit

    from .search import Search

    Respond = Callable[[httpx.Request], httpx.Response]

OPERATIONS = request_classes()
METHODS = {name.replace("_", ""): name for name in methods(Client)}
REQUESTS = {cls: marked(cls, MARKS) for cls in OPERATIONS}
RESPONSES = {cls: marked(cls.operation.response_type, MARKS) for cls in OPERATIONS}
SERVICE_ERRORS = [
    found
    for name in errors.__all__
    if isinstance(found := getattr(errors, name), type) and issubclass(found, ServiceError)
]


def answered(cls: type[Request[Any]]) -> bytes:
    """Return the body of the proper answer."""
    return json.dumps(to_wire(RESPONSES[cls])).encode()


def members_of(request: Request[Any]) -> dict[str, Any]:
    """Return the arguments of the method that makes such a request."""
    return {member.name: getattr(request, member.name) for member in request._members}


def always(status: int, body: bytes, **headers: str) -> Respond:
    """Answer each request alike."""
    return lambda _: httpx.Response(status, content=body, headers=headers)


def echo(status: int, form: Callable[[bytes], bytes]) -> Respond:
    """Answer with the request's own body in some form, as the error page of a proxy may."""
    return lambda request: httpx.Response(status, content=form(request.read()))


def failing(error: Exception) -> Respond:
    """Fail as a transport does that has the request at hand."""

    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(error, httpx.RequestError):
            error.request = request
        raise error

    return respond


def next_of(answers: Iterator[httpx.Response]) -> Respond:
    """Answer in turn."""
    return lambda _: next(answers)


def refusing(error: type[ServiceError]) -> Respond:
    """Answer with an error of the service."""
    return always(400, json.dumps({"__type": error.__name__, "message": "text"}).encode())


def misshapen(cls: type[Request[Any]]) -> bytes:
    """Return the proper answer with each value in a list, where it does not belong."""
    return json.dumps({name: [value] for name, value in to_wire(RESPONSES[cls]).items()}).encode()


WAYS: dict[str, Callable[[type[Request[Any]]], Respond]] = {
    "answer": lambda cls: always(200, answered(cls)),
    "answer-misshapen": lambda cls: always(200, misshapen(cls)),
    "answer-cut-off": lambda cls: always(200, answered(cls)[:-1]),
    "answer-with-status-500": lambda cls: always(500, answered(cls)),
    "answer-compressed": lambda cls: always(200, answered(cls), **{"content-encoding": "odd"}),
    "service-error": lambda _: always(400, b'{"__type": "NotAuthorizedException", "message": "no"}'),
    "throttle": lambda _: always(400, b'{"__type": "TooManyRequestsException", "message": "slow"}'),
    "expired-credentials": lambda _: always(400, b'{"__type": "ExpiredTokenException", "message": "old"}'),
    "echo": lambda _: echo(200, lambda body: b"you said " + body),
    "echo-in-a-list": lambda _: echo(200, lambda body: b"[" + body + b"]"),
    "no-connection": lambda _: failing(httpx.ConnectError("All connection attempts failed")),
    "broken": lambda _: failing(httpx.ReadError("")),
    "timeout": lambda _: failing(httpx.ReadTimeout("The read operation timed out")),
    "fault-of-the-transport": lambda _: failing(RuntimeError("a bug")),
}


def call_all(kit: Kit, operations: list[type[Request[Any]]], way: str, search: Search) -> None:
    """Call operations by their methods, and look at what comes of it."""
    for cls in operations:
        _call(kit, cls, WAYS[way](cls), search, f"{cls.operation.name}, {way}")


def _call(kit: Kit, cls: type[Request[Any]], respond: Respond, search: Search, where: str) -> None:
    client = kit.client(respond=respond, credentials=CREDENTIALS, clock=lambda: NOW, time=FakeTime())
    request = REQUESTS[cls]
    search.value(client, where)
    search.value(request, where)
    method = getattr(client, METHODS[cls.operation.name.lower()])
    try:
        response = kit.run(method, **members_of(request))
    except (CognitoIdpError, RuntimeError) as error:
        search.error(error, where)
    else:
        search.value(response, where)
        search.value(response.metadata, where)
    kit.close(client)


@pytest.mark.parametrize("way", list(WAYS))
def test_every_operation(sync_kit: Kit, way: str, search: Search) -> None:
    """Whatever becomes of a call, no operation shows a secret."""
    call_all(sync_kit, OPERATIONS, way, search)


@pytest.mark.parametrize("way", list(WAYS))
def test_some_operations(kit: Kit, way: str, search: Search) -> None:
    """Whatever becomes of a call, neither client shows a secret."""
    call_all(kit, OPERATIONS[::10], way, search)


@pytest.mark.long
@pytest.mark.parametrize("way", list(WAYS))
def test_every_operation_of_both_clients(kit: Kit, way: str, search: Search) -> None:
    """Whatever becomes of a call, no operation of either client shows a secret."""
    call_all(kit, OPERATIONS, way, search)


def test_every_service_error(sync_kit: Kit, search: Search) -> None:
    """No error of the service shows a secret of the call that it answers."""
    for number, error in enumerate(SERVICE_ERRORS):
        _call(sync_kit, OPERATIONS[number % len(OPERATIONS)], refusing(error), search, error.__name__)


@pytest.mark.long
@pytest.mark.parametrize("cls", OPERATIONS, ids=lambda cls: cls.operation.name)
def test_every_service_error_of_every_operation(sync_kit: Kit, cls: type[Request[Any]], search: Search) -> None:
    """No error of the service shows a secret of the call that it answers, whatever the operation."""
    for error in SERVICE_ERRORS:
        _call(sync_kit, cls, refusing(error), search, f"{cls.operation.name}, {error.__name__}")


@pytest.mark.slow
@pytest.mark.parametrize(
    "form",
    [
        lambda body: b"<pre>" + html.escape(body.decode()).encode() + b"</pre>",
        lambda body: quote(body).encode(),
        lambda body: repr(body).encode(),
        lambda body: json.dumps({"message": "unreadable", "body": body.decode()}).encode(),
        lambda body: json.dumps({"message": {"body": body.decode()}}).encode(),
    ],
    ids=["html", "url", "python", "json-in-json", "json-deep"],
)
def test_an_echo_in_another_form(sync_kit: Kit, form: Callable[[bytes], bytes], search: Search) -> None:
    """A page that repeats the request, encoded in one way or another, shows no secret when it can't be read."""
    for cls in OPERATIONS:
        _call(sync_kit, cls, echo(502, form), search, f"{cls.operation.name}, echo")


def test_the_time_limit(kit: Kit, search: Search) -> None:
    """A call whose time limit passes while it waits for another attempt shows no secret."""
    for cls in OPERATIONS[::10]:
        time = FakeTime()

        def respond(_: httpx.Request, time: FakeTime = time) -> httpx.Response:
            time.now += 100
            return httpx.Response(503)

        client = kit.client(respond=respond, credentials=CREDENTIALS, time=time, timeout=5.0)
        with pytest.raises(CognitoIdpError) as caught:
            kit.run(client.send, REQUESTS[cls])
        search.error(caught.value, cls.operation.name)
        kit.close(client)


@pytest.mark.slow
def test_faults_of_a_request(kit: Kit, search: Search) -> None:
    """A request that is refused before it is sent shows no secret, whatever is wrong with it."""
    client = kit.client(respond=always(200, b"{}"), credentials=CREDENTIALS)
    for cls in OPERATIONS:
        members = members_of(REQUESTS[cls])
        method = getattr(client, METHODS[cls.operation.name.lower()])
        for wrong in ({**members, "no_such_member": MARKS()}, {name: [[value]] for name, value in members.items()}):
            if wrong:
                with pytest.raises(CognitoIdpError) as caught:
                    kit.run(method, **wrong)
                search.error(caught.value, f"{cls.operation.name}, refused")
    kit.close(client)


def test_a_secret_that_is_too_long(kit: Kit, search: Search) -> None:
    """A request with a secret beyond its bound shows none of it."""
    client = kit.client(respond=always(200, b"{}"), credentials=CREDENTIALS)
    for method, members in (
        (client.change_password, {"access_token": MARKS(), "proposed_password": MARKS(300)}),
        (client.initiate_auth, {"auth_parameters": {"PASSWORD": MARKS(140_000)}, "session": MARKS(5000)}),
    ):
        with pytest.raises(CognitoIdpError) as caught:
            kit.run(method, **members)
        search.error(caught.value, "too long")
    kit.close(client)


def test_calls_by_wire_names(kit: Kit, search: Search) -> None:
    """A call by name shows no secret, whether it is answered, refused by the service, or not sent at all."""
    cls = next(cls for cls in OPERATIONS if cls.operation.name == "AdminInitiateAuth")
    for way, respond in WAYS.items():
        client = kit.client(respond=respond(cls), credentials=CREDENTIALS, clock=lambda: NOW, time=FakeTime())
        try:
            kit.run(client.call, "AdminInitiateAuth", to_wire(REQUESTS[cls]))
        except (CognitoIdpError, RuntimeError) as error:
            search.error(error, f"call, {way}")
        for members in ({"Password": object(), "Code": MARKS()}, {"Password": [MARKS(), float("nan")]}, [MARKS()]):
            with pytest.raises(CognitoIdpError) as caught:
                kit.run(client.call, "SignUp", members)
            search.error(caught.value, "call, refused")
            with pytest.raises(CognitoIdpError) as caught:
                kit.collect(client.call_pages("ListThings", members, input_token="NextToken"))
            search.error(caught.value, "call_pages, refused")
        kit.close(client)


def test_pages(kit: Kit, search: Search) -> None:
    """A walk over pages that fails in the middle shows no secret of the pages before."""
    listed = [cls for cls in OPERATIONS if cls.operation.pages is not None]
    assert listed
    for cls in listed:
        answers = iter([httpx.Response(200, content=answered(cls)), httpx.Response(400, json={"__type": "Odd"})])
        client = kit.client(respond=next_of(answers), credentials=CREDENTIALS)
        with pytest.raises(CognitoIdpError) as caught:
            kit.collect(client.paginate(REQUESTS[cls]))
        search.error(caught.value, f"{cls.operation.name}, pages")
        kit.close(client)
