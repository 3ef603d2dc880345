"""Create the users of a CSV file in a user pool at a limited rate; a stopped run can be resumed.

    pip install '.[examples]'
    python -m examples.migrate_users users.csv --user-pool-id eu-west-1_EXAMPLE --rate 25

The file is UTF-8, and its first line names the columns: `username`; optionally `temporary_password` and `groups`
(separated by `;`); and attributes by name, such as `email`, `email_verified` or `custom:plan`. An empty cell means no
value. Users get a message only with `--invite`.

A journal next to the file records which rows were about to be sent and which are done. It is on the disk before a row
is sent, so you may kill the program at any point and run the same command again. A user who exists already counts as
done if, by the journal, an earlier attempt may have created it and it has every attribute of the row. Failed rows go
into a report, and the next run tries them again. Neither file holds a password.

At most `burst + rate x T` requests are sent in any T seconds, including retries. This doesn't count a request that is
sent again at once because the service refused its signature, which a wrong clock causes. Memory doesn't grow with the
file, except for 9 bytes per row that an earlier run sent.

The exit code is 0 if every row is done, 1 if some failed, 2 if it can't begin, 3 if it had to stop, and 130 after
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
    """Stop after the rows in flight on the first Ctrl-C or SIGTERM, and at once on the second."""
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
    """Return a client that doesn't retry by itself, since each attempt needs its own turn."""
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
    """Return the size of the bucket; by default, a tenth of a second's turns."""
    return arguments.burst or max(1, int(arguments.rate / 10))


def parser(description: str) -> argparse.ArgumentParser:
    """Return the parser with the shared options of the single process and the cluster."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    options.add_argument("file", type=Path, help="the users, as CSV")
    options.add_argument("--user-pool-id", required=True, help="where to create them")
    options.add_argument("--region", help="an AWS region, if neither the environment nor the pool's id tells")
    options.add_argument("--profile", help="a profile of the AWS config files")
    options.add_argument("--endpoint-url", help="a server other than AWS's")
    options.add_argument("--rate", type=_positive(float), default=20.0, help="requests a second; stay below your quota")
    options.add_argument(
        "--burst", type=_positive(int), help="requests that may go at once; a tenth of the rate if left out"
    )
    options.add_argument(
        "--concurrency", type=_positive(int), default=16, help="users in work at a time, in each process"
    )
    options.add_argument("--journal", type=Path, help="what was done; FILE.journal if left out")
    options.add_argument("--report", type=Path, help="what failed; FILE.failures.csv if left out")
    options.add_argument("--ignore", action="append", default=[], metavar="COLUMN", help="leave out a column")
    options.add_argument("--skip-existing", action="store_true", help="count every user who exists already as done")
    options.add_argument("--invite", action="store_true", help="let Cognito send each user an invitation")
    options.add_argument("--deliver", nargs="+", choices=("EMAIL", "SMS"), default=["EMAIL"], help="how to invite")
    options.add_argument("--dry-run", action="store_true", help="check the rows, and send nothing")
    return options


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value

    parse.__name__ = f"positive {kind.__name__}"
    return parse


def run(arguments: argparse.Namespace, migrate: Callable[[Job], Awaitable[None]] = migrate) -> int:
    """Run a migration, print the result, and return the exit code."""
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
