from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from examples.migration.job import Job

from cognito_idp import Client
from examples import migrate_users

from ..support.answers import answer
from ..support.server import Connection, Received, Server
from .migrate_pool import POOL, FakePool, Killed, some_users, write_users

if TYPE_CHECKING:
    import httpx

    from cognito_idp.testing import CognitoServer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> FakePool:
    """A pool in memory, which the command sends to."""
    made = FakePool()
    monkeypatch.setattr(migrate_users, "client_of", made.client)
    return made


def command(file: Path, *options: str, pool: str = POOL) -> int:
    """Run the command in this process, at a rate that no test has to wait for."""
    arguments = [str(file), "--user-pool-id", pool, "--rate", "1e6", "--burst", "1000", *options]
    return migrate_users.run(migrate_users.parser("").parse_args(arguments))


def failures(file: Path) -> list[list[str]]:
    """Return the rows of the report below its header."""
    with file.with_name(f"{file.name}.failures.csv").open(encoding="utf-8", newline="") as report:
        header, *rows = csv.reader(report)
    assert ["line", "username", "code", "reason"] == header
    return rows


def created(pool: FakePool) -> list[str]:
    """Return the usernames in the order in which creation was asked for."""
    return [members["Username"] for operation, members in pool.calls if operation == "AdminCreateUser"]


def test_a_second_run_sends_nothing(pool: FakePool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything is done by the first run; the second one knows it."""
    file = write_users(tmp_path / "users.csv", some_users(250))
    assert 0 == command(file)
    assert sorted(name for name, _ in some_users(250)) == sorted(pool.users)
    pool.calls.clear()
    assert 0 == command(file)
    assert [] == pool.calls
    assert "0 created, 0 failed, 250 done before" in capsys.readouterr().out


def test_failed_rows_are_reported_and_tried_again(pool: FakePool, tmp_path: Path) -> None:
    """What failed stands in the report with its line, and is done by a run after the row was mended."""
    users = some_users(5)
    file = write_users(tmp_path / "users.csv", [*users[:2], ("", "no-name@example.com"), *users[2:]])
    pool.users["user1"] = {"email": "somebody@example.com"}
    assert 1 == command(file)
    assert [["3", "user1", "UsernameExistsException"], ["4", "", "BadRow"]] == sorted(row[:3] for row in failures(file))

    write_users(file, [users[0], ("user1b", "u@example.com"), ("eve", "eve@example.com"), *users[2:]])
    pool.calls.clear()
    assert 0 == command(file)
    assert ["eve", "user1b"] == sorted(created(pool))
    assert [] == failures(file)


def test_rows_may_be_added_and_moved(pool: FakePool, tmp_path: Path) -> None:
    """A file that grew at its end is gone on with there."""
    users = some_users(8)
    file = write_users(tmp_path / "users.csv", users[:5])
    assert 0 == command(file)
    write_users(file, users)
    pool.calls.clear()
    assert 0 == command(file)
    assert ["user5", "user6", "user7"] == sorted(created(pool))


def test_a_dry_run_sends_nothing(pool: FakePool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It reports bad rows, and leaves no journal."""
    file = write_users(tmp_path / "users.csv", [*some_users(3), ("x", "y", "z")])
    assert 1 == command(file, "--dry-run")
    assert [] == pool.calls
    assert [["5", "", "BadRow", "3 cells under 2 columns"]] == failures(file)
    assert "3 can be created, 1 failed" in capsys.readouterr().out
    assert not (tmp_path / "users.csv.journal").exists()


@pytest.mark.usefixtures("pool")
def test_what_keeps_it_from_beginning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is missing or no file of users ends with 2 and one line."""
    assert 2 == command(tmp_path / "none.csv")
    assert f"{tmp_path / 'none.csv'} can't be opened: No such file or directory\n" == capsys.readouterr().err
    assert 2 == command(write_users(tmp_path / "users.csv", [], header=("name",)))
    assert "there is no column 'username'" in capsys.readouterr().err


def test_a_stop_names_its_reason_and_the_way_on(
    pool: FakePool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no row can succeed, it ends with 3 and says why."""
    file = write_users(tmp_path / "users.csv", some_users(500))
    assert 3 == command(file, pool="us-east-1_OTHER")
    out = capsys.readouterr().out
    assert "stopped: ResourceNotFoundException" in out
    assert "run the same command to go on" in out
    assert len(pool.calls) < 500


def test_a_full_disk_stops_the_run(
    pool: FakePool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the journal can't be written, nothing more is sent; the next run loses nothing."""
    file = write_users(tmp_path / "users.csv", some_users(300))
    fsync = os.fsync
    budget = iter(range(4))

    def full(descriptor: int) -> None:
        if next(budget, None) is None:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr("examples.migration.journal.os.fsync", full)
        assert 3 == command(file)
    assert "stopped: [Errno 28] No space left on device" in capsys.readouterr().out
    assert 0 < len(pool.users) < 300
    assert 0 == command(file)
    assert (300, []) == (len(pool.users), failures(file))


def test_passwords_are_in_no_file_and_no_output(
    pool: FakePool, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither journal, report, output nor log has a temporary password, of good rows and bad ones."""
    header = ("username", "temporary_password")
    rows = [(f"user{number}", f"Marked-Secret-{number}") for number in range(5)]
    file = write_users(tmp_path / "users.csv", [*rows, ("", "Marked-Secret-x"), ("a", "Marked-Secret-y", "b")], header)
    pool.users["user3"] = {}
    with caplog.at_level("DEBUG"):
        assert 1 == command(file)
    assert "Marked-Secret-1" in json.dumps(pool.calls)
    written = [path.read_text("utf-8") for path in tmp_path.iterdir() if path != file]
    seen = [*written, caplog.text, *capsys.readouterr()]
    assert len(written) == 2
    assert not any("Marked-Secret" in text for text in seen)


class Mortal:
    """Ends the process, as far as this test can, at the n-th of the things that it does to the world.

    These are requests, before and after they take effect, and writes to the journal, of which half gets through.
    """

    def __init__(self, dies_at: int) -> None:
        self.steps = 0
        self.dies_at = dies_at

    def step(self, *_: Any) -> httpx.Response | None:
        """Do a thing, or die, and stay dead."""
        self.steps += 1
        if self.steps >= self.dies_at:
            raise Killed
        return None

    def write(self, file: int, data: bytes) -> int:
        """Write, or write a half and die."""
        self.steps += 1
        if self.steps == self.dies_at:
            os_write(file, data[: len(data) // 2])
        if self.steps >= self.dies_at:
            raise Killed
        return os_write(file, data)


os_write = os.write


@pytest.mark.long
@pytest.mark.parametrize("concurrency", ["1", "3"])
def test_killed_at_any_point_it_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, concurrency: str
) -> None:
    """Wherever it was killed, the next run leaves every user created once, in its group, and no failure."""
    header = ("username", "email", "groups")
    users = [(name, email, "staff") for name, email in some_users(5)]
    for dies_at in range(1, 1000):
        file = write_users(tmp_path / f"users{dies_at}.csv", users, header)
        pool, mortal = FakePool(), Mortal(dies_at)
        with monkeypatch.context() as patch:
            patch.setattr(migrate_users, "client_of", pool.client)
            patch.setattr(Job.pending, "__defaults__", (2,))
            patch.setattr("examples.migration.journal.os.write", mortal.write)
            pool.before = pool.after = mortal.step
            try:
                assert 0 == command(file, "--concurrency", concurrency)
            except BaseExceptionGroup as group:
                if group.split(Killed)[1] is not None:
                    raise
            except Killed:
                pass
            else:
                break
        with monkeypatch.context() as patch:
            patch.setattr(migrate_users, "client_of", pool.client)
            pool.before = pool.after = lambda *_: None
            assert 0 == command(file), f"after a kill at step {dies_at}"
            assert [] == failures(file)
            assert {name: {"email": email} for name, email, _ in users} == pool.users
            assert set(pool.users) == pool.groups["staff"]
            pool.calls.clear()
            assert 0 == command(file)
            assert [] == pool.calls
    # A header, three batches of intentions, five users and five groups before and after, and five ends.
    assert 1 + 3 + 20 + 5 + 1 == dies_at


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that sends to this machine."""
    return {**os.environ, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "no_proxy": "127.0.0.1", **more}


def process(
    file: Path, url: str, pool: str, *, rate: str = "1e4", burst: str = "100", **environ: str
) -> subprocess.Popen[str]:
    """Run the command in a process of its own."""
    options = ["--user-pool-id", pool, "--endpoint-url", url, "--concurrency", "4", "--rate", rate, "--burst", burst]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "examples.migrate_users", str(file), *options],
        cwd=ROOT,
        env=environment(**environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Relay:
    """A loopback server that creates users, and sends a signal to the process at the n-th request."""

    def __init__(self, at: int, number: signal.Signals) -> None:
        self.users: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._at, self._number = at, number

    def handle(self, connection: Connection, request: Received) -> None:
        """Create, signal, answer."""
        self.users.append(json.loads(request.body)["Username"])
        if len(self.users) == self._at:
            assert self.process is not None
            self.process.send_signal(self._number)
        answer(b'{"User": {}}')(connection, request)


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C finishes the rows in flight, ends with 130, and says how to go on; the next run does the rest once."""
    file = write_users(tmp_path / "users.csv", some_users(1000))
    relay = Relay(50, number)
    with Server(relay.handle) as server:
        relay.process = process(file, server.url, POOL)
        out, err = relay.process.communicate(timeout=60)
        assert ("", 130) == (err, relay.process.returncode)
        assert "stopped: interrupted\nrun the same command to go on" in out
        assert 50 <= len(relay.users) < 1000
        again = process(file, server.url, POOL)
        out, err = again.communicate(timeout=60)
    assert ("", 0) == (err, again.returncode)
    assert sorted(name for name, _ in some_users(1000)) == sorted(relay.users)


@pytest.mark.long
def test_it_survives_kill_9_against_a_real_server(cognito_server: CognitoServer, tmp_path: Path) -> None:
    """Killed with SIGKILL in the middle and run again, it leaves every user in the pool once, and reports nothing."""
    keys = {
        "AWS_ACCESS_KEY_ID": cognito_server.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": cognito_server.credentials.secret_access_key,
        "AWS_REGION": cognito_server.region,
    }
    header = ("username", "email", "temporary_password", "groups")
    users = [(name, email, "Correct-Horse-1", "staff" if name.endswith("5") else "") for name, email in some_users(120)]
    file = write_users(tmp_path / "users.csv", users, header)
    with Client(
        cognito_server.region, credentials=cognito_server.credentials, endpoint_url=cognito_server.endpoint_url
    ) as client:
        made = client.create_user_pool(pool_name="people").user_pool
        assert made is not None
        assert made.id is not None
        client.create_group(user_pool_id=made.id, group_name="staff")

        # After 50 requests its bucket is empty for a quarter of an hour, so that it can't be done too soon.
        victim = process(file, cognito_server.endpoint_url, made.id, rate="0.001", burst="50", **keys)
        while len(client.list_users(user_pool_id=made.id, limit=60).users or ()) < 30:
            assert victim.poll() is None
        victim.kill()
        victim.communicate()
        assert -signal.SIGKILL == victim.returncode

        again = process(file, cognito_server.endpoint_url, made.id, **keys)
        out, err = again.communicate(timeout=60)
        found = sorted(user.username or "" for user in client.iter_list_users(user_pool_id=made.id))
        staff = {u.username for u in client.iter_list_users_in_group(user_pool_id=made.id, group_name="staff")}
    assert ("", 0) == (err, again.returncode), out
    assert sorted(name for name, *_ in users) == found
    assert {name for name, *_, group in users if group} == staff
    assert [] == failures(file)
