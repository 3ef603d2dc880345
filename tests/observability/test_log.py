"""The log lines of `LoggingObserver`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import httpx
import pytest

from cognito_idp import ListUsersRequest
from cognito_idp._call.events import CallEnded
from cognito_idp.errors import ResourceNotFoundException
from cognito_idp.observability import LoggingObserver, combined
from tests.support.kit import FakeTime
from tests.support.responder import Responder, error, success

if TYPE_CHECKING:
    from cognito_idp._call.events import Event
    from tests.support.kit import Kit

REQUEST = ListUsersRequest(user_pool_id="us-east-1_a")


def test_lines(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """A call with a retry writes a line for each of its events, with attempt, latency, status and request id."""
    client = kit.client(
        respond=Responder(httpx.ConnectError("refused"), success()),
        time=FakeTime(),
        options={"random": lambda: 0.5, "new_id": lambda: "id-1"},
        observer=LoggingObserver(),
    )
    with caplog.at_level(logging.DEBUG, "cognito_idp.calls"):
        kit.run(client.send, REQUEST)
    assert [
        "ListUsers id-1: call to https://cognito-idp.us-east-1.amazonaws.com, region us-east-1",
        "ListUsers id-1: signed with new credentials",
        "ListUsers id-1: attempt 1 started",
        "ListUsers id-1: attempt 1 ended after 0.0 ms: ConnectError",
        "ListUsers id-1: attempt 1 failed with ConnectError; the next one in 25.0 ms",
        "ListUsers id-1: attempt 2 started",
        "ListUsers id-1: attempt 2 ended after 0.0 ms: success, HTTP status 200, request id request-1",
        "ListUsers id-1: ended after 25.0 ms and 2 attempts: success, HTTP status 200, request id request-1",
    ] == [record.getMessage() for record in caplog.records if record.name == "cognito_idp.calls"]


def test_lines_of_a_wait(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """A wait writes a line for each look, with the state, the time so far and the next pause."""
    answers = [
        success(),
        success({"UserImportJob": {"Status": "Bad\nforged"}}),
        success({"UserImportJob": {"Status": "Succeeded"}}),
    ]
    client = kit.client(
        respond=Responder(*answers),
        time=FakeTime(),
        options={"random": lambda: 0.5, "new_id": lambda: "id-1"},
        observer=LoggingObserver(),
    )
    with caplog.at_level(logging.DEBUG, "cognito_idp.calls"):
        kit.run(client.wait_for, "UserImportJobSucceeded", user_pool_id="us-east-1_a", job_id="j")
    name = "DescribeUserImportJob id-1: waiting for UserImportJobSucceeded"
    assert [
        f"{name}, look 1 after 0.0 s: not there; the next one in 2.0 s",
        f"{name}, look 2 after 2.0 s: Bad forged; the next one in 3.0 s",
        f"{name}, look 3 after 5.0 s: Succeeded; the wait is over",
    ] == [message for message in caplog.messages if "waiting for" in message]


def test_one_line_each(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """A code or an id with line breaks in it can't forge a line of its own."""
    response = error("Bad\nforged", headers={})
    client = kit.client(respond=Responder(response), observer=LoggingObserver(), retry="off")
    with caplog.at_level(logging.DEBUG, "cognito_idp.calls"), pytest.raises(Exception, match="text"):
        kit.run(client.send, REQUEST)
    assert not [message for message in caplog.messages if "\n" in message]


def test_logger_and_level(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """A logger and a level of the user's are used, and each record carries its event."""
    logger = logging.getLogger("tests.calls")
    client = kit.client(respond=Responder(success()), observer=LoggingObserver(logger, logging.INFO))
    with caplog.at_level(logging.INFO, "tests.calls"):
        kit.run(client.send, REQUEST)
    record = caplog.records[-1]
    assert ("tests.calls", logging.INFO) == (record.name, record.levelno)
    assert isinstance(record.__dict__["cognito_idp_event"], CallEnded)


def test_combined(kit: Kit) -> None:
    """Several observers get the same events in the same order."""
    first: list[Event] = []
    second: list[Event] = []
    client = kit.client(
        respond=Responder(error("ResourceNotFoundException")), observer=combined(first.append, second.append)
    )
    with pytest.raises(ResourceNotFoundException):
        kit.run(client.send, REQUEST)
    assert 5 == len(first)
    assert first == second
