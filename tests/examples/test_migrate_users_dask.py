from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from examples.migrate_users import parser
from examples.migration.job import Job
from examples.migration.rate import LEASE_SECONDS, Lease, TokenBucket
from examples.migration.rows import CantBeginError

from cognito_idp import Client
from cognito_idp.testing import ServerNotInstalledError, cognito_server

from ..support.server import PATIENCE
from .migrate_pool import some_users, write_users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from examples.migration.rows import Row

    from cognito_idp.testing import CognitoServer

distributed = pytest.importorskip("distributed", reason="the extra `examples` brings Dask")

# distributed leaves a socket open where the port that it was given for IPv4 is taken for IPv6, and tries another.
WARNINGS = ("-W", "error", "-W", "ignore:unclosed <socket.socket:ResourceWarning")


from examples import migrate_users_dask as module  # noqa: E402 - it needs Dask

ROOT = Path(__file__).resolve().parents[2]
RATE, BURST = 150.0, 5


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CognitoServer]:
    """A Cognito server, whose keys stand in the environment that workers inherit."""
    try:
        with cognito_server() as running:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", running.credentials.access_key_id)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", running.credentials.secret_access_key)
            monkeypatch.setenv("AWS_REGION", running.region)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "src"))))
            yield running
    except ServerNotInstalledError as error:
        pytest.skip(str(error))


def new_pool(server: CognitoServer, client: Client) -> list[str]:
    """Make a pool; return the options that name it."""
    made = client.create_user_pool(pool_name="people").user_pool
    assert made is not None
    assert made.id is not None
    return ["--user-pool-id", made.id, "--endpoint-url", server.endpoint_url]


def connected(server: CognitoServer) -> Client:
    """Return a client of the server."""
    return Client(server.region, credentials=server.credentials, endpoint_url=server.endpoint_url)


def usernames(client: Client, options: list[str]) -> list[str]:
    """Return the names of all users of the pool."""
    return sorted(user.username or "" for user in client.iter_list_users(user_pool_id=options[1]))


class Watching(module.Coordinator):
    """Keeps a record of all grants, and kills the worker that asks for the n-th lease, once it has used others.

    The scheduler, which lives in the test's process, gets a copy: `copy` is that one.
    """

    copy: ClassVar[Watching | None] = None
    nannies: ClassVar[Any] = None

    def __init__(self, rate: float, burst: int, *, kill_at: int) -> None:
        super().__init__(rate, burst)
        self.grants: list[tuple[float, int]] = []
        self.begun: list[tuple[str, str, int]] = []
        self.killed: str | None = None
        self._kill_at = kill_at

    async def start(self, scheduler: Any) -> None:
        """Begin."""
        await super().start(scheduler)
        self._bucket = TokenBucket(RATE, BURST, self._clock)
        Watching.copy = self

    def _clock(self) -> float:
        self._read = time.monotonic()
        return self._read

    def begin(self, shard: str, worker: str) -> int:
        """Record who begins what."""
        number: int = super().begin(shard, worker)
        self.begun.append((shard, worker, number))
        return number

    def lease(self, wanted: int, worker: str) -> Lease:
        """Record what is granted, and kill once."""
        lease: Lease = super().lease(wanted, worker)
        if lease.turns:
            self.grants.append((self._read, lease.turns))
        if self.killed is None and len(self.grants) >= self._kill_at:
            self.killed = worker
            (nanny,) = [nanny for nanny in self.nannies.values() if nanny.worker_address == worker]
            os.kill(nanny.pid, signal.SIGKILL)
        return lease


async def migrate_and_kill(job: Job) -> Watching:
    """Run a job on two workers of this machine, of which one is killed in the middle of a shard."""
    coordinator = Watching(RATE, BURST, kill_at=30)
    async with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, asynchronous=True
        ) as cluster,
        distributed.Client(cluster, asynchronous=True) as dask,
    ):
        Watching.nannies = cluster.workers
        await module.share_out(job, dask, coordinator)
    assert Watching.copy is not None
    return Watching.copy


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is Unix's")
def test_a_worker_killed_in_the_middle_loses_nothing(server: CognitoServer, tmp_path: Path) -> None:
    """Every user exists once, the journal says that all are done, none failed, and the rate was kept over all workers.

    One worker of two was killed with SIGKILL in the middle of a shard, which another one began again.
    """
    users = some_users(300)
    file = write_users(tmp_path / "users.csv", users)
    with connected(server) as client:
        options = new_pool(server, client)
        arguments = parser("").parse_args([str(file), *options, "--concurrency", "4"])
        arguments.journal, arguments.report = tmp_path / "journal", tmp_path / "failures.csv"

        with Job(arguments) as job:
            coordinator = asyncio.run(migrate_and_kill(job))
        assert (300, 0, None) == (job.done, job.failed, job.stop.reason), job.summary()
        assert sorted(name for name, _ in users) == usernames(client, options)

    assert coordinator.killed is not None
    again = [shard for shard, _, number in coordinator.begun if number > 1]
    assert again
    assert {coordinator.killed} >= {
        worker for shard, worker, number in coordinator.begun if (shard, number) == (again[0], 1)
    }
    lines = (tmp_path / "journal").read_text().splitlines()
    done = sorted(int(line.split()[1]) for line in lines if line.startswith("done "))
    assert list(range(2, 302)) == done
    assert ["line,username,code,reason"] == arguments.report.read_text().splitlines()

    # Each request needs a turn, so what was granted bounds what was sent.
    assert sum(turns for _, turns in coordinator.grants) >= len(users)
    for seconds in (0.0, 0.1, 0.5, 1.0):
        for start, _ in coordinator.grants:
            granted = sum(turns for at, turns in coordinator.grants if start <= at <= start + seconds)
            assert granted <= BURST + RATE * seconds + 1e-6


@pytest.mark.long
def test_the_command_works_and_resumes(server: CognitoServer, tmp_path: Path) -> None:
    """The command makes a cluster of its own over TLS, reports what failed, and does the rest at the next run."""
    rows = [("mary", "", "Correct-Horse-1"), ("bob", "", "short"), ("ann", "", "Correct-Horse-2")]
    file = write_users(tmp_path / "users.csv", rows, ("username", "email", "temporary_password"))

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *WARNINGS, "-m", "examples.migrate_users_dask", str(file), *options, "--workers", "1"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    with connected(server) as client:
        options = new_pool(server, client)
        first = run()
        assert ("", 1) == (first.stderr, first.returncode)
        assert "2 created, 1 failed, 0 done before" in first.stdout
        write_users(
            file, [rows[0], ("bob", "", "Correct-Horse-3"), rows[2]], ("username", "email", "temporary_password")
        )
        second = run()
        assert ("", 0) == (second.stderr, second.returncode)
        assert "1 created, 0 failed, 2 done before" in second.stdout
        assert ["ann", "bob", "mary"] == usernames(client, options)
    written = [path.read_text("utf-8") for path in tmp_path.iterdir() if path != file]
    assert not any("Correct-Horse" in text or "short\n" in text for text in written)


class Handlers:
    """What a coordinator needs of a scheduler."""

    def __init__(self) -> None:
        self.handlers: dict[str, Any] = {}


def test_the_coordinator_counts_beginnings_until_a_shard_is_over() -> None:
    """A shard that is begun again is told so; once it is forgotten, so is the count."""
    coordinator = module.Coordinator(10.0, 2)
    scheduler = Handlers()
    asyncio.run(coordinator.start(scheduler))
    begin = scheduler.handlers["migration_begin"]
    assert [1, 1, 2] == [begin(shard=shard, worker="w") for shard in ("a", "b", "a")]
    coordinator.transition("a", "processing", "memory")
    assert 3 == begin(shard="a", worker="w")
    coordinator.transition("a", "released", "forgotten")
    assert 1 == begin(shard="a", worker="w")


def test_all_workers_draw_on_one_bucket() -> None:
    """What one worker got is not there for another, and nobody asks again at once."""
    coordinator = module.Coordinator(0.001, 3)
    scheduler = Handlers()
    asyncio.run(coordinator.start(scheduler))
    lease = scheduler.handlers["migration_lease"]
    assert (2, 1, 0) == tuple(lease(wanted=2, worker=worker).turns for worker in ("a", "b", "c"))
    assert lease(wanted=1, worker="c").wait >= module.POLL_SECONDS
    assert module.POLL_SECONDS < LEASE_SECONDS


class FakeCluster:
    """What sharing out needs of Dask's client; `answer` gives each shard's result, or the error that it ends with.

    Nothing is answered until `gather` shards are there.
    """

    id = "run"

    def __init__(self, answer: Callable[[list[Row]], module.ShardResult | Exception], *, gather: int = 1) -> None:
        self._gather, self._gathered = gather, asyncio.Event()
        self.registered: list[Any] = []
        self.in_flight = self.most_in_flight = 0
        self._answer = answer

    async def register_plugin(self, plugin: Any) -> None:
        """Take the coordinator."""
        self.registered.append(plugin.name)

    async def unregister_scheduler_plugin(self, name: str) -> None:
        """Give it back."""
        self.registered.remove(name)

    def scheduler_info(self) -> dict[str, Any]:
        """Say that there are two workers."""
        return {"workers": {"a": {}, "b": {}}}

    async def submit(self, _: Any, __: str, rows: list[Row], *___: Any, **____: Any) -> module.ShardResult:
        """Settle a shard."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if self.in_flight == self._gather:
            self._gathered.set()
        await asyncio.wait_for(self._gathered.wait(), PATIENCE)
        for _turn in range(3):  # in which one more could come, if one more were sent
            await asyncio.to_thread(lambda: None)
        self.in_flight -= 1
        result = self._answer(rows)
        if isinstance(result, Exception):
            raise result
        return result


def share_out(file: Path, cluster: FakeCluster) -> Job:
    """Run a job on a fake cluster."""
    arguments = parser("").parse_args([str(file), "--user-pool-id", "us-east-1_EXAMPLE"])
    arguments.journal, arguments.report = file.with_suffix(".journal"), file.with_suffix(".failures")
    with Job(arguments) as job:
        asyncio.run(module.share_out(job, cluster, module.Coordinator(10.0, 1)))  # type: ignore[arg-type]
    assert [] == cluster.registered
    return job


def all_done(rows: list[Row]) -> module.ShardResult:
    """Return the result of a shard whose rows are all done."""
    return module.ShardResult([(place, None) for place in range(len(rows))], None)


def test_few_shards_are_with_the_cluster_at_a_time(tmp_path: Path) -> None:
    """However long the file is, each worker has two shards at most, and all rows are settled."""
    cluster = FakeCluster(all_done, gather=2 * module.SHARDS_A_WORKER)
    job = share_out(write_users(tmp_path / "users.csv", some_users(1000)), cluster)
    assert (1000, 0, 0) == (job.done, job.failed, job.exit_code)
    assert 2 * module.SHARDS_A_WORKER == cluster.most_in_flight


def test_a_shard_that_brings_workers_down_stops_the_run(tmp_path: Path) -> None:
    """Its rows are not settled, so that the next run finds them in doubt; the command ends with 3."""
    deadly = distributed.KilledWorker("shard", None, 3)
    file = write_users(tmp_path / "users.csv", some_users(1000))
    job = share_out(file, FakeCluster(lambda rows: deadly if rows[0].line == 52 else all_done(rows)))
    assert 3 == job.exit_code
    assert "several workers died over the 25 rows from line 52" == job.stop.reason
    assert 50 <= job.done < 1000
    doubtful: list[int] = []

    def settle_the_rest(rows: list[Row]) -> module.ShardResult:
        doubtful.extend(row.line for row in rows if row.in_doubt)
        return all_done(rows)

    rest = share_out(file, FakeCluster(settle_the_rest))
    assert (1000, 0) == (rest.done + rest.skipped, rest.exit_code)
    assert list(range(52, 77)) == [line for line in sorted(doubtful) if line in range(52, 77)]


def test_a_worker_that_can_not_go_on_stops_the_run(tmp_path: Path) -> None:
    """What a shard says of why no further row would succeed is the reason of the whole run."""
    file = write_users(tmp_path / "users.csv", some_users(500))
    job = share_out(file, FakeCluster(lambda _: module.ShardResult([], "AccessDeniedException")))
    assert ("AccessDeniedException", 3, 0) == (job.stop.reason, job.exit_code, job.done)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("tls://10.0.0.5:8786", True),
        ("tcp://127.0.0.1:8786", True),
        ("tcp://10.0.0.5:8786", False),
        ("10.0.0.5:8786", False),
        ("ws://scheduler.example.com", False),
    ],
)
def test_passwords_do_not_cross_the_network_in_the_clear(address: str, *, allowed: bool) -> None:
    """A scheduler on another machine is refused unless it speaks TLS."""
    if allowed:
        module.check_address(address)
        return
    with pytest.raises(CantBeginError, match="in the clear"):
        module.check_address(address)
