"""Creates the users of a CSV file in a user pool, at a bounded rate; what was stopped is resumed where it was.

    pip install '.[examples]'
    python -m examples.migrate_users users.csv --user-pool-id eu-west-1_EXAMPLE --rate 25

The file is UTF-8, and its first line names the columns: `username`; where wanted `temporary_password` and `groups`
(separated by `;`); and attributes by their names, such as `email`, `email_verified` or `custom:plan`. An empty cell is
no value. Nobody is sent a message unless `--invite` says so.

A journal beside the file says which rows were about to be sent, and which are done. It is on the disk before a row is
sent, so the program may be killed at any point: run the same command again. A user who exists already counts as done
if an earlier attempt may have created it, by the journal, and it has every attribute of the row. Rows that failed stand
in a report, and are tried again by the next run. Neither file holds a password.

No more than `burst + rate x T` requests are sent in any T seconds, retries included. A request that is sent again at
once because the service refused its signature, which a wrong clock leads to, is not counted. Memory does not grow with
the file, but for 9 bytes a row that an earlier run sent.

It ends with 0 when every row is done, 1 when some failed, 2 when it can't begin, 3 when it had to stop, and 130 after
Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cognito_idp import AsyncClient, ConfigError

from .migration.create import Creator, Stop, work
from .migration.job import CANT_BEGIN, INTERRUPTED, Job
from .migration.rate import Lease, TokenBucket, Turns
from .migration.rows import CantBeginError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from .migration.rows import Row


def ask_to_stop_on_signals(stop: Stop) -> None:
    """End after the rows in flight at the first Ctrl-C or SIGTERM, at once at the second."""
    task = asyncio.current_task()
    assert task is not None

    def heard() -> None:
        if stop.reason is None:
            stop("interrupted", INTERRUPTED)
        else:
            task.cancel()

    with suppress(NotImplementedError):  # Windows, where Ctrl-C is a KeyboardInterrupt
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, heard)


def client_of(arguments: argparse.Namespace) -> AsyncClient:
    """Return a client that does not retry by itself: each attempt has its turn."""
    return AsyncClient(arguments.region, profile=arguments.profile, endpoint_url=arguments.endpoint_url, retry="off")


async def migrate(job: Job) -> None:
    """Create the users from this process."""
    options = job.arguments
    bucket = TokenBucket(options.rate, burst_of(options))

    async def ask(wanted: int) -> Lease:
        return bucket.take(wanted)

    async def rows() -> AsyncGenerator[Row, None]:
        async with aclosing(job.pending()) as batches:
            async for batch in batches:
                for row in batch:
                    yield row

    ask_to_stop_on_signals(job.stop)
    async with client_of(options) as client, aclosing(rows()) as pending:
        creator = Creator(client, Turns(ask), skip_existing=options.skip_existing)
        await work(pending, creator.create, job.settle, concurrency=options.concurrency, stop=job.stop)


def burst_of(arguments: argparse.Namespace) -> int:
    """Return the size of the bucket: a tenth of a second's turns unless given."""
    return arguments.burst or max(1, int(arguments.rate / 10))


def parser(description: str) -> argparse.ArgumentParser:
    """Return the options that one process and a cluster have in common."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    made.add_argument("file", type=Path, help="the users, as CSV")
    made.add_argument("--user-pool-id", required=True, help="where to create them")
    made.add_argument("--region", help="an AWS region, if neither the environment nor the pool's id tells")
    made.add_argument("--profile", help="a profile of the AWS config files")
    made.add_argument("--endpoint-url", help="a server other than AWS's")
    made.add_argument("--rate", type=_positive(float), default=20.0, help="requests a second; stay below your quota")
    made.add_argument(
        "--burst", type=_positive(int), help="requests that may go at once; a tenth of the rate if left out"
    )
    made.add_argument("--concurrency", type=_positive(int), default=16, help="users in work at a time, in each process")
    made.add_argument("--journal", type=Path, help="what was done; FILE.journal if left out")
    made.add_argument("--report", type=Path, help="what failed; FILE.failures.csv if left out")
    made.add_argument("--ignore", action="append", default=[], metavar="COLUMN", help="leave out a column")
    made.add_argument("--skip-existing", action="store_true", help="count every user who exists already as done")
    made.add_argument("--invite", action="store_true", help="let Cognito send each user an invitation")
    made.add_argument("--deliver", nargs="+", choices=("EMAIL", "SMS"), default=["EMAIL"], help="how to invite")
    made.add_argument("--dry-run", action="store_true", help="check the rows, and send nothing")
    return made


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value

    parse.__name__ = f"positive {kind.__name__}"
    return parse


def run(arguments: argparse.Namespace, migrate: Callable[[Job], Awaitable[None]] = migrate) -> int:
    """Run a migration, print what came of it, and return the exit code."""
    file: Path = arguments.file
    arguments.journal = arguments.journal or file.with_name(f"{file.name}.journal")
    arguments.report = arguments.report or file.with_name(f"{file.name}.failures.csv")
    job = Job(arguments)

    async def main() -> None:
        await migrate(job)

    try:
        with job:
            if arguments.dry_run:
                job.check()
            else:
                try:
                    asyncio.run(main())
                except* OSError as errors:
                    job.stop(str(errors.exceptions[0]))
    except (CantBeginError, ConfigError) as error:
        print(error, file=sys.stderr)
        return CANT_BEGIN
    except (KeyboardInterrupt, asyncio.CancelledError):
        job.stop("interrupted", INTERRUPTED)
    except OSError as error:
        job.stop(str(error))
    print(job.summary())
    return job.exit_code


if __name__ == "__main__":
    sys.exit(run(parser(__doc__.partition("\n")[0]).parse_args()))
