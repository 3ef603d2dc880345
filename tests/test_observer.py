"""What an observer is told of calls, on both clients; and what it can't do to them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import httpx
import pytest

from cognito_idp import Credentials, ListUsersRequest
from cognito_idp._call.events import (
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    CallStarted,
    CredentialsRefreshed,
    RetryScheduled,
)
from cognito_idp.errors import ConfigError, CredentialsError, InvalidResponseError, TooManyRequestsException
from tests.support.kit import CREDENTIALS, FakeTime
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from cognito_idp._call.events import Event
    from cognito_idp._flow.effects import Flow
    from tests.support.kit import Kit

REQUEST = ListUsersRequest(user_pool_id="us-east-1_a")
URL = "https://cognito-idp.us-east-1.amazonaws.com"


@pytest.fixture
def events() -> list[Event]:
    """Collect events."""
    return []


def observed(kit: Kit, events: list[Event], *answers: httpx.Response | Exception, **settings: Any) -> Any:
    """Make a client whose time moves only when it waits, and whose calls have the id `id-1`."""
    return kit.client(
        respond=Responder(*answers),
        time=FakeTime(),
        options={"random": lambda: 0.5, "new_id": lambda: "id-1"},
        observer=events.append,
        **settings,
    )


def named(kind: Any, **values: Any) -> Any:
    """Make an event of the one call that these tests make."""
    return kind(operation="ListUsers", call_id="id-1", **values)


def test_a_call(kit: Kit, events: list[Event]) -> None:
    """A call that succeeds tells five things, in order, with the id of AWS's answer."""
    client = observed(kit, events, success())
    kit.run(client.send, REQUEST)
    assert [
        named(CallStarted, region="us-east-1", url=URL),
        named(CredentialsRefreshed, expiration=None),
        named(AttemptStarted, attempt=1),
        named(AttemptEnded, attempt=1, seconds=0.0, status_code=200, request_id="request-1", error=None),
        named(CallEnded, attempts=1, seconds=0.0, status_code=200, request_id="request-1", error=None),
    ] == events


def test_a_retry(kit: Kit, events: list[Event]) -> None:
    """A throttle and a lost connection are told with their codes and the waits after them."""
    answers = (error("TooManyRequestsException"), httpx.ConnectError("refused"), success())
    kit.run(observed(kit, events, *answers).send, REQUEST)
    told = [event for event in events if isinstance(event, AttemptEnded | RetryScheduled | CallEnded)]
    throttle = "TooManyRequestsException"
    assert [
        named(AttemptEnded, attempt=1, seconds=0.0, status_code=400, request_id=None, error=throttle),
        named(RetryScheduled, attempt=1, delay=0.5, error=throttle),
        named(AttemptEnded, attempt=2, seconds=0.0, status_code=None, request_id=None, error="ConnectError"),
        named(RetryScheduled, attempt=2, delay=0.05, error="ConnectError"),
        named(AttemptEnded, attempt=3, seconds=0.0, status_code=200, request_id="request-1", error=None),
        named(CallEnded, attempts=3, seconds=pytest.approx(0.55), status_code=200, request_id="request-1", error=None),
    ] == told


def test_a_failure(kit: Kit, events: list[Event]) -> None:
    """A call that fails ends with the service's code."""
    client = observed(kit, events, error("TooManyRequestsException"), retry="off")
    with pytest.raises(TooManyRequestsException):
        kit.run(client.send, REQUEST)
    expected = named(
        CallEnded, attempts=1, seconds=0.0, status_code=400, request_id=None, error="TooManyRequestsException"
    )
    assert expected == events[-1]


def test_an_answer_that_does_not_fit(kit: Kit, events: list[Event]) -> None:
    """An answer that can't be read as its struct ends the call with an error, though the attempt succeeded."""
    with pytest.raises(InvalidResponseError):
        kit.run(observed(kit, events, success({"Users": 1})).send, REQUEST)
    assert [None, "InvalidResponseError"] == [
        event.error for event in events if isinstance(event, AttemptEnded | CallEnded)
    ]


def test_without_credentials(kit: Kit, events: list[Event]) -> None:
    """A call that can't be signed ends before its first attempt begins."""

    class Nothing:
        def get(self) -> Flow[Credentials]:
            msg = "none"
            raise CredentialsError(msg)
            yield

        def replace(self, rejected: Credentials) -> Flow[Credentials]:
            return rejected
            yield

    client = observed(kit, events, success(), credentials=Nothing())
    with pytest.raises(CredentialsError):
        kit.run(client.send, REQUEST)
    assert [
        named(CallStarted, region="us-east-1", url=URL),
        named(CallEnded, attempts=0, seconds=0.0, status_code=None, request_id=None, error="CredentialsError"),
    ] == events


def test_credentials_are_told_when_they_change(kit: Kit, events: list[Event]) -> None:
    """The first call tells of its credentials, later ones only of other credentials; copies of the client know, too."""
    given = [CREDENTIALS, CREDENTIALS, attrs.evolve(CREDENTIALS, session_token="token"), CREDENTIALS]

    class Changing:
        def get(self) -> Flow[Credentials]:
            return given.pop(0)
            yield

        def replace(self, rejected: Credentials) -> Flow[Credentials]:
            return rejected
            yield

    client = observed(kit, events, success(), credentials=Changing())
    for _ in range(3):
        kit.run(client.send, REQUEST)
        events.append(named(CallStarted, region=None, url=""))
    kit.run(client.with_options(timeout=5.0).send, REQUEST)
    marks = [
        "refreshed" if isinstance(event, CredentialsRefreshed) else "call"
        for event in events
        if isinstance(event, CredentialsRefreshed) or getattr(event, "url", None) == ""
    ]
    assert ["refreshed", "call", "call", "refreshed", "call", "refreshed"] == marks


def test_a_copy_with_another_observer(kit: Kit, events: list[Event]) -> None:
    """A copy of a client may have an observer of its own, or none."""
    others: list[Event] = []
    client = observed(kit, events, success())
    kit.run(client.with_options(observer=others.append).send, REQUEST)
    kit.run(client.with_options(observer=None).send, REQUEST)
    assert (0, 5) == (len(events), len(others))


def test_an_unsigned_call_tells_of_no_credentials(kit: Kit, events: list[Event]) -> None:
    """Operations that are not signed touch no credentials."""
    kit.run(observed(kit, events, success()).initiate_auth, client_id="c", auth_flow="USER_AUTH")
    assert not [event for event in events if isinstance(event, CredentialsRefreshed)]


def test_every_page_is_a_call(kit: Kit, events: list[Event]) -> None:
    """Each page of a walk is told as a call of its own."""
    pages = (success({"Users": [], "PaginationToken": "next"}), success({"Users": []}))
    kit.collect(observed(kit, events, *pages).iter_list_users(user_pool_id="us-east-1_a"))
    assert 2 == len([event for event in events if isinstance(event, CallEnded)])


def test_a_call_by_name(kit: Kit, events: list[Event]) -> None:
    """`client.call` is told, too."""
    kit.run(observed(kit, events, success()).call, "NewOperation", {})
    assert {"NewOperation"} == {event.operation for event in events}


def test_an_observer_that_fails(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """What an observer raises is logged by its class, without its text, and the call goes on."""

    def fail(event: Event) -> None:
        msg = f"secret in {event}"
        raise RuntimeError(msg)

    client = kit.client(respond=Responder(success()), observer=fail)
    with caplog.at_level(logging.WARNING):
        kit.run(client.send, REQUEST)
    assert 5 == len(caplog.messages)
    assert "the observer raised RuntimeError for CallStarted; the call goes on" == caplog.messages[0]


def test_what_is_no_function_is_refused() -> None:
    """An observer that can't be called is a ConfigError when the client is made."""
    from cognito_idp import Client

    with pytest.raises(ConfigError, match="observer= takes a plain function of one argument, the event, not int"):
        Client("us-east-1", observer=3)  # type: ignore[arg-type]


def test_a_cancelled_call(events: list[Event], anyio_backend: str) -> None:
    """A cancelled call tells that its attempt and the call itself were broken off."""

    async def main() -> None:
        from cognito_idp import AsyncClient

        async def hang(_: httpx.Request) -> httpx.Response:
            scope.cancel()
            await anyio.sleep_forever()
            raise AssertionError

        async with AsyncClient(
            "us-east-1", credentials=CREDENTIALS, transport=httpx.MockTransport(hang), observer=events.append
        ) as client:
            with anyio.CancelScope() as scope:
                await client.send(REQUEST)

    anyio.run(main, backend=anyio_backend)
    assert ["Cancelled", "Cancelled"] == [
        event.error for event in events if isinstance(event, AttemptEnded | CallEnded)
    ]


def test_events_show_no_secrets(kit: Kit, events: list[Event]) -> None:
    """No event holds a password, a key, a token, a signature, or the text of an error."""
    marks = {name: f"mark-of-{name}" for name in ("password", "key", "session", "answer", "text")}
    credentials = Credentials("AKIDEXAMPLE", marks["key"], marks["session"])
    answers = (
        httpx.Response(429, json={"__type": "Strange", "message": marks["text"]}),
        httpx.ConnectError(marks["text"]),
        success({"AuthenticationResult": {"AccessToken": marks["answer"]}}),
    )
    client = observed(kit, events, *answers, credentials=credentials)
    kit.run(
        client.admin_initiate_auth,
        user_pool_id="us-east-1_a",
        client_id="c",
        auth_flow="ADMIN_USER_PASSWORD_AUTH",
        auth_parameters={"PASSWORD": marks["password"]},
    )
    assert "mark-of" not in repr(events)
    assert 3 == len([event for event in events if isinstance(event, AttemptEnded)])
