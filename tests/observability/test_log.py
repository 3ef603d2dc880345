"""The log lines of `LoggingObserver`."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import httpx
import pytest

from cognito_idp import Client, ListUsersRequest
from cognito_idp._call.events import CallEnded
from cognito_idp.errors import ConfigError, ResourceNotFoundException
from cognito_idp.observability import LoggingObserver, combined
from tests.sign_in.fake_accounts import CODE, PASSWORD, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.sign_in.party import SECRET_APP
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


def test_a_member_that_can_not_be_read(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """What was left out of an answer is a line that names the member and shows no value."""
    members = {"Users": [{"Username": "mary", "Enabled": "hunter2"}]}
    client = kit.client(
        respond=Responder(success(members)), observer=LoggingObserver(), options={"new_id": lambda: "id-1"}
    )
    with caplog.at_level(logging.DEBUG, "cognito_idp.calls"):
        kit.run(client.send, REQUEST)
    assert (
        "ListUsers id-1: the answer's UserType.enabled was left out: it must be true or false, not str"
        in caplog.messages
    )
    assert "hunter2" not in caplog.text


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


def test_levels(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """A retry is a warning and the end of a call an information, where the rest is for debugging."""
    client = kit.client(
        respond=Responder(httpx.ConnectError("refused"), success()), time=FakeTime(), observer=LoggingObserver()
    )
    with caplog.at_level(logging.DEBUG, "cognito_idp.calls"):
        kit.run(client.send, REQUEST)
    levels = {type(record.__dict__["cognito_idp_event"]).__name__: record.levelname for record in caplog.records}
    special = {"RetryScheduled": "WARNING", "CallEnded": "INFO"}
    assert {name: special.get(name, "DEBUG") for name in levels} == levels
    assert special.keys() < levels.keys()


def test_a_sign_in(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """Each step of a sign-in has a line for its beginning and one for what came of it."""
    client = kit.client(
        respond=FakeCognito(SECRET_APP, user("SMS_MFA")),
        time=FakeTime(),
        options={"new_id": lambda: "id-1"},
        observer=LoggingObserver(),
    )
    with caplog.at_level(logging.DEBUG, "cognito_idp.calls"):
        challenge = kit.run(partial(client.sign_in, SECRET_APP, username="mary", password=PASSWORD))
        kit.run(partial(client.respond, SECRET_APP, challenge, code=CODE))
    steps = [message for message in caplog.messages if message.startswith(("SignIn", "Respond "))]
    assert [
        "SignIn id-1: a step of a sign-in started: USER_SRP_AUTH",
        "SignIn id-1: the step of the sign-in ended after 0.0 ms: asked for SMS_MFA",
        "Respond id-1: a step of a sign-in started: SMS_MFA",
        "Respond id-1: the step of the sign-in ended after 0.0 ms: tokens",
    ] == steps


PROGRAM = """
import asyncio
import sys
from cognito_idp import GetUserRequest, GetUserResponse
from cognito_idp.testing import StubTransport

stub, seen = StubTransport(), []
stub.add(GetUserResponse(username="mary"), to=GetUserRequest, times=3)
stub.client(observer=seen.append).get_user(access_token="token")
async def main():
    await stub.async_client().get_user(access_token="token")
asyncio.run(main())
stub.client().with_options(observer=seen.append).get_user(access_token="token")
print(len(seen))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("level", "lines"), [("debug", 12), ("INFO", 3), ("warning", 0), ("", 0)])
def test_the_environment_turns_it_on(level: str, lines: int) -> None:
    """The variable gives every client and copy log lines from its level on, beside an observer that it may have."""
    environment = {**os.environ, "COGNITO_IDP_LOG": level, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run((sys.executable, "-c", PROGRAM), env=environment, capture_output=True, text=True, check=True)
    assert "8\n" == done.stdout
    assert lines == len(done.stderr.splitlines()), done.stderr
    assert all(":cognito_idp.calls:GetUser " in line for line in done.stderr.splitlines())


def test_a_level_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another value of the variable is refused, and not shown: it may be in the wrong place."""
    monkeypatch.setenv("COGNITO_IDP_LOG", "hunter2")
    with pytest.raises(ConfigError, match="COGNITO_IDP_LOG must be debug, info, warning or empty"):
        Client("us-east-1")


@pytest.mark.parametrize(
    ("level", "meant"), [("warn", "warning"), ("1", "debug"), ("true", "debug"), ("DEBUGG", "debug"), ("inof", "info")]
)
def test_a_level_that_is_nearly_one(level: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other variables take, and a misspelt level, are refused with the level that was probably meant."""
    monkeypatch.setenv("COGNITO_IDP_LOG", level)
    with pytest.raises(ConfigError, match=rf"warning or empty; did you mean {meant}\?$"):
        Client("us-east-1")


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
