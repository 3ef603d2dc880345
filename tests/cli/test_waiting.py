"""`--wait`: the command ends when what it began has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cognito_idp._call.waiters import WAITERS
from cognito_idp.cli.app import run
from cognito_idp.cli.catalog import operation_names, request_of
from cognito_idp.cli.settings import Settings
from cognito_idp.cli.waiting import BEGINS
from tests.support.kit import FakeTime, Kit

from .support import Result, Service, Terminal, over_http

if TYPE_CHECKING:
    from tests.conftest import Serve

POOL = ("--user-pool-id", "us-east-1_a")
START_IMPORT = ("start-user-import-job", *POOL, "--job-id", "job-1")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
RESTORE_ID = "01234567-89ab-cdef-0123-456789abcdef"


def job(state: str, **more: Any) -> dict[str, Any]:
    """Return an answer about an import job."""
    return {"UserImportJob": {"JobId": "job-1", "Status": state, **more}}


def wait(*args: str, respond: Any, time: FakeTime | None = None) -> Result:
    """Run a command line whose client's time moves only when it waits."""
    time = time or FakeTime()

    def make(region: str | None, **settings: Any) -> Any:
        given = {name: value for name, value in settings.items() if value is not None}
        return Kit("sync", None).client(region or "us-east-1", respond=respond, time=time, **given)

    with CliRunner().isolation() as (out, err, _):
        code = run(args, Settings(make_client=make))
        return Result(code, out.getvalue().decode(), err.getvalue().decode())


@pytest.mark.parametrize("command", BEGINS)
def test_the_table(command: str) -> None:
    """Each command of the table is an operation, its waiter exists, and so do the members that it is looked for by."""
    assert command in operation_names()
    waiter, sources = BEGINS[command]
    request = request_of(command)
    looks_with = request_of(_kebab(WAITERS[waiter].request.removesuffix("Request")))
    taken = {member.name for member in looks_with._members if member.required} | {WAITERS[waiter].item} - {None}
    assert taken == {source.rpartition(".")[2] for source in sources}
    for source in sources:
        struct: Any = request
        if "." in source:
            holder = source.partition(".")[0]
            (shape,) = [m.shape for m in request.operation.response_type._members if m.name == holder]
            struct = shape.struct
        assert source.rpartition(".")[2] in {member.name for member in struct._members}


def _kebab(operation: str) -> str:
    (name,) = [name for name in operation_names() if name.replace("-", "") == operation.lower()]
    return name


def test_every_waiter_has_a_command() -> None:
    """Whatever can be waited for is begun by a command that offers it."""
    assert set(WAITERS) == {waiter for waiter, _ in BEGINS.values()}


def test_until_it_has_succeeded() -> None:
    """The last answer is printed, and the states are told line by line, each once."""
    service = Service(job("Pending"), job("Pending"), job("InProgress"), job("InProgress"), job("Succeeded"))
    result = wait(*START_IMPORT, "--wait", respond=service)

    assert 0 == result.code
    assert "Succeeded" == result.data["UserImportJob"]["Status"]
    assert ["StartUserImportJob"] + ["DescribeUserImportJob"] * 4 == [operation for operation, _ in service.sent]
    assert [
        "Waiting for UserImportJobSucceeded (user_pool_id=us-east-1_a, job_id=job-1). Ctrl-C ends the waiting only.",
        "Pending",
        "InProgress",
        "Succeeded",
    ] == [line.partition(" after ")[0] for line in result.err.splitlines()[:4]]


def test_without_it_nothing_is_waited_for() -> None:
    """Without the option the command ends with the operation's own answer."""
    service = Service(job("Pending"))
    result = wait(*START_IMPORT, respond=service)

    assert (0, 1) == (result.code, len(service.sent))
    assert "Pending" == result.data["UserImportJob"]["Status"]
    assert "" == result.err


def test_an_id_of_the_answer() -> None:
    """What the beginning's answer names is waited for."""
    service = Service(
        {"Restoration": {"RestoreId": RESTORE_ID, "RestoreStatus": "PREVIEW_GENERATING"}},
        {"Restoration": {"RestoreId": RESTORE_ID, "RestoreStatus": "PREVIEW_GENERATED"}},
    )
    args = ("initiate-point-in-time-recovery", *POOL, "--restore-timestamp", "2026-01-01T00:00:00Z", "--wait")
    result = wait(*args, "--query", "Restoration.RestoreStatus", respond=service)

    assert (0, '"PREVIEW_GENERATED"\n') == (result.code, result.out)
    assert ("DescribePointInTimeRecovery", {"UserPoolId": "us-east-1_a", "RestoreId": RESTORE_ID}) == service.sent[-1]
    assert f"restore_id={RESTORE_ID}" in result.err


def test_a_bad_end() -> None:
    """A wait that ends badly prints the last answer, which says why, and its exit code is 255."""
    service = Service(job("Pending"), job("Failed", CompletionMessage="The header is wrong."))
    result = wait(*START_IMPORT, "--wait", respond=service)

    assert 255 == result.code
    assert "The header is wrong." == result.data["UserImportJob"]["CompletionMessage"]
    assert "WaitFailedError: waited for UserImportJobSucceeded, but the state is Failed" in result.err


def test_the_limit() -> None:
    """`--wait SECONDS` is the limit of the wait; its exit code is 255, too."""
    time = FakeTime()
    result = wait(*START_IMPORT, "--wait", "50", respond=Service(job("Pending")), time=time)

    assert 255 == result.code
    assert "has not come within 50 s: the last state is Pending" in result.err
    assert 0 < sum(time.waits) <= 50


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((*START_IMPORT, "--wait", "0"), "'--wait'"),
        ((*START_IMPORT, "--wait", "long"), "'--wait'"),
        (("list-users", *POOL, "--wait"), "No such option"),
    ],
)
def test_wrong_command_lines(args: tuple[str, ...], expected: str) -> None:
    """A limit is a number of seconds above 0, and only what begins something can be waited for."""
    service = Service({})
    result = wait(*args, respond=service)

    assert 252 == result.code
    assert expected in result.err
    assert [] == service.sent


def test_the_option_before_others() -> None:
    """`--wait` without a number may stand before another option."""
    result = wait("start-user-import-job", "--wait", *POOL, "--job-id", "job-1", respond=Service(job("Succeeded")))

    assert 0 == result.code


def test_debug_shows_each_look() -> None:
    """`--debug` prints the events of the wait as well."""
    result = wait(*START_IMPORT, "--wait", "--debug", respond=Service(job("Pending"), job("Succeeded")))

    assert "debug: WaitProgressed operation=DescribeUserImportJob" in result.err
    assert "debug: CallEnded operation=StartUserImportJob" in result.err


def test_a_state_with_control_characters() -> None:
    """What the service calls a state can't write to the terminal."""
    result = wait(*START_IMPORT, "--wait", "9", respond=Service(job("Pending"), job("\x1b[2JNew\n")))

    assert "\x1b" not in result.err
    assert " [2JNew  after 0 s" in result.err


def test_ctrl_c() -> None:
    """Ctrl-C ends the waiting with exit code 130."""

    class Interrupted(FakeTime):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            raise KeyboardInterrupt

    result = wait(*START_IMPORT, "--wait", respond=Service(job("Pending")), time=Interrupted())

    assert 130 == result.code
    assert "" == result.out


@pytest.mark.slow
def test_a_bar_at_a_terminal(serve: Serve) -> None:
    """At a terminal a bar shows the state."""
    server = serve(over_http(Service(job("Succeeded"))))
    with Terminal(*START_IMPORT, "--wait", "--endpoint-url", server.url, **KEYS) as terminal:
        code = terminal.end()

    assert 0 == code
    assert "UserImportJobSucceeded: Succeeded" in terminal.shown
    assert '"Status": "Succeeded"' in terminal.shown
