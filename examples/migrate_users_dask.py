"""Create the users of a CSV file in a user pool from many processes or machines, with one rate limit for all of them.

    pip install '.[examples]'
    python -m examples.migrate_users_dask users.csv --user-pool-id eu-west-1_EXAMPLE --rate 100 --workers 4
    python -m examples.migrate_users_dask users.csv --user-pool-id eu-west-1_EXAMPLE --rate 100 \
        --scheduler tls://10.0.0.5:8786

It does what `migrate_users` does, with the same file, journal, report, exit codes and code. This process reads the
file and keeps the journal; Dask's workers create the users, one shard of rows at a time. If you use an existing
cluster, its scheduler and workers need this package and the folder above `examples` on their path, and they take AWS
credentials from their own environment. Rows hold temporary passwords, so the cluster's address must be `tls://` (the
certificates come from Dask's own configuration). The workers that `--workers` starts on this machine use TLS too.

Rate: a quota belongs to the account, so there is one bucket, in the scheduler, which every worker depends on. Before it
sends, a worker asks the scheduler for a lease on some requests. The lease ends `LEASE_SECONDS` after the worker asked,
by the worker's clock. So even if workers join, die, stall or idle, at most `burst + rate x (T + LEASE_SECONDS)`
requests are sent in any T seconds. Nothing is allotted in advance: an idle worker takes nothing, and the lease of a
dead worker is lost, not used twice.

Dying workers: Dask gives the shard to another worker. The scheduler counts how often a shard was started. From the
second time on, every row of the shard is in doubt: a user who exists already counts as done if it has every attribute
of the row. A shard that kills several workers stops the run; the journal knows its rows.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import attrs
import distributed
from distributed.diagnostics.plugin import SchedulerPlugin

from .migrate_users import ask_to_stop_on_signals, burst_of, client_of, parser, run
from .migration.create import Creator, Stop, work
from .migration.rate import Lease, TokenBucket, Turns
from .migration.rows import CantBeginError, Failure, Row

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    from .migration.job import Job

SHARD_ROWS = 25
SHARDS_A_WORKER = 2
# How often a worker asks while no turns are available.
POLL_SECONDS = 0.05
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Coordinator(SchedulerPlugin):
    """Holds the bucket of all workers and counts how often each shard was started. It lives in Dask's scheduler."""

    name = "migration"

    def __init__(self, rate: float, burst: int) -> None:
        """Take the limit: `rate` requests per second, `burst` at once."""
        self._rate, self._burst = rate, burst
        self._begun: dict[str, int] = {}

    async def start(self, scheduler: Any) -> None:
        """Start answering workers."""
        self._bucket = TokenBucket(self._rate, self._burst)
        scheduler.handlers.update(migration_begin=self.begin, migration_lease=self.lease)

    def begin(self, shard: str, worker: str) -> int:  # noqa: ARG002 - for observers
        """Return how often a shard was started, including this time."""
        self._begun[shard] = self._begun.get(shard, 0) + 1
        return self._begun[shard]

    def lease(self, wanted: int, worker: str) -> Lease:  # noqa: ARG002 - for observers
        """Grant some of the requested turns."""
        lease = self._bucket.take(wanted)
        return lease if lease.turns else Lease(0, max(lease.wait, POLL_SECONDS))

    def transition(self, key: Any, start: Any, finish: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002
        """Forget a finished shard."""
        if finish == "forgotten":
            self._begun.pop(key, None)


class ShardResult(NamedTuple):
    """The outcome of the rows, by their position in the shard; rows that are missing were not settled, for a reason."""

    settled: list[tuple[int, Failure | None]]
    stopped: str | None


async def migrate_shard(shard: str, rows: list[Row], options: argparse.Namespace) -> ShardResult:
    """Create the users of a shard. This runs on a worker's event loop."""
    worker = distributed.get_worker()
    begun = await worker.scheduler.migration_begin(shard=shard, worker=worker.address)
    if begun > 1:
        rows = [attrs.evolve(row, in_doubt=True) for row in rows]
    places = {row.line: place for place, row in enumerate(rows)}
    settled: list[tuple[int, Failure | None]] = []
    stop = Stop()

    async def ask(wanted: int) -> Lease:
        return Lease(*await worker.scheduler.migration_lease(wanted=wanted, worker=worker.address))

    async def each() -> AsyncIterator[Row]:
        for row in rows:
            yield row

    def settle(row: Row, failure: Failure | None) -> None:
        settled.append((places[row.line], failure))

    async with client_of(options) as client:
        creator = Creator(client, Turns(ask), skip_existing=options.skip_existing)
        await work(each(), creator.create, settle, concurrency=options.concurrency, stop=stop)
    return ShardResult(settled, stop.reason)


async def migrate(job: Job) -> None:
    """Create the users with a cluster."""
    options = job.arguments
    if options.scheduler:
        check_address(options.scheduler)
        async with _dask(options.scheduler) as dask:
            await share_out(job, dask, Coordinator(options.rate, burst_of(options)))
        return
    async with (
        distributed.LocalCluster(  # type: ignore[no-untyped-call] # Dask's own
            n_workers=options.workers,
            threads_per_worker=1,
            processes=True,
            security=True,
            dashboard_address=None,
            asynchronous=True,
        ) as cluster,
        _dask(cluster) as dask,
    ):
        await share_out(job, dask, Coordinator(options.rate, burst_of(options)))


def _dask(cluster: Any) -> distributed.Client:
    return distributed.Client(cluster, asynchronous=True)  # type: ignore[no-untyped-call] # Dask's own


def check_address(address: str) -> None:
    """Refuse a scheduler that would receive passwords in the clear.

    Raises:
        CantBeginError: the address is neither `tls://` nor on this machine.
    """
    url = urlsplit(address)
    if url.scheme != "tls" and url.hostname not in LOOPBACK:
        msg = f"--scheduler {address}: temporary passwords would cross the network in the clear; use a tls:// address"
        raise CantBeginError(msg)


async def share_out(job: Job, dask: distributed.Client, coordinator: Coordinator) -> None:
    """Give the rows to the workers, a few shards per worker at a time, and settle the results."""
    options = job.arguments
    ask_to_stop_on_signals(job.stop)
    await dask.register_plugin(coordinator)

    async def fly(rows: list[Row]) -> None:
        key = f"users-from-line-{rows[0].line}-of-run-{dask.id}"
        try:
            result: ShardResult = await dask.submit(migrate_shard, key, rows, options, key=key, pure=False)
        except distributed.KilledWorker:
            job.stop(f"several workers died over the {len(rows)} rows from line {rows[0].line}")
            return
        for place, failure in result.settled:
            job.settle(rows[place], failure)
        if result.stopped is not None:
            job.stop(result.stopped)

    flights: set[asyncio.Task[None]] = set()
    try:
        async with asyncio.TaskGroup() as tasks, aclosing(job.pending(SHARD_ROWS)) as shards:
            async for rows in shards:
                flight = tasks.create_task(fly(rows))
                flights.add(flight)
                flight.add_done_callback(flights.discard)
                while len(flights) >= SHARDS_A_WORKER * max(1, len(dask.scheduler_info()["workers"])):
                    await asyncio.wait(flights, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await dask.unregister_scheduler_plugin(coordinator.name)


def main() -> int:
    """Run the command and return its exit code."""
    options = parser((__doc__ or "").partition("\n")[0])
    options.add_argument("--workers", type=int, default=2, help="processes to start on this machine")
    options.add_argument("--scheduler", help="the address of a running cluster's scheduler, instead of --workers")
    return run(options.parse_args(), migrate)


if __name__ == "__main__":
    sys.exit(main())
