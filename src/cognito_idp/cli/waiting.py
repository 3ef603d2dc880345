"""`--wait`: wait for the end of what a command only begins, with a bar at a terminal and lines elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from .._errors import WaitError, one_line
from .settings import print_event
from .streams import console, err, shows_bars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .._call.events import Event, WaitProgressed
    from .._structs.struct import Request
    from ..client import Client
    from .settings import Settings

DEFAULT_SECONDS: Final = 3600.0

# What each command begins: the waiter, and where its arguments come from: members of the request, or, as a path, of the
# answer.
BEGINS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "create-user-pool-domain": ("UserPoolDomainActive", ("domain",)),
    "update-user-pool-domain": ("UserPoolDomainActive", ("domain",)),
    "delete-user-pool-domain": ("UserPoolDomainDeleted", ("domain",)),
    "create-user-pool-replica": ("UserPoolReplicaCreated", ("user_pool_id", "region_name")),
    "delete-user-pool-replica": ("UserPoolReplicaDeleted", ("user_pool_id", "region_name")),
    "initiate-point-in-time-recovery": (
        "PointInTimeRecoveryPreviewGenerated",
        ("user_pool_id", "restoration.restore_id"),
    ),
    "start-point-in-time-recovery": ("PointInTimeRecoveryCompleted", ("user_pool_id", "restore_id")),
    "start-user-import-job": ("UserImportJobSucceeded", ("user_pool_id", "job_id")),
    "stop-user-import-job": ("UserImportJobStopped", ("user_pool_id", "job_id")),
}


def wait_option(command: str) -> click.Option:
    """Return the option of a command that begins something."""
    waiter, _ = BEGINS[command]
    return click.Option(
        ["--wait"],
        is_flag=False,
        flag_value=DEFAULT_SECONDS,
        default=None,
        type=click.FloatRange(min=0, min_open=True),
        metavar="[SECONDS]",
        help=f"Wait for {waiter}, an hour unless SECONDS are given, and print the last answer.",
    )


def waited(
    settings: Settings, client: Client, command: str, request: Request[Any], response: Any, seconds: float
) -> tuple[Any, WaitError | None]:
    """Wait for the end of what a command began; return the last answer, and the error if it ended badly or too late."""
    from ..observability import combined

    waiter, sources = BEGINS[command]
    arguments = dict(_argument(source, request, response) for source in sources)
    shown = one_line(", ".join(f"{name}={value}" for name, value in arguments.items()))
    # With the ids, so that whoever breaks off can look for the end later.
    err(f"Waiting for {waiter} ({shown}). Ctrl-C ends the waiting only.")
    with _progress(settings, waiter, seconds) as step:
        watching = client.with_options(observer=combined(step, print_event) if settings.debug else step)
        try:
            wait_for: Any = watching.wait_for
            return wait_for(waiter, timeout=seconds, **arguments), None
        except WaitError as error:
            return error.response, error


def _argument(source: str, request: Request[Any], response: Any) -> tuple[str, Any]:
    *holders, name = source.split(".")
    value: Any = response if holders else request
    for holder in holders:
        value = getattr(value, holder)
    return name, getattr(value, name, None)


@contextmanager
def _progress(settings: Settings, waiter: str, seconds: float) -> Iterator[Callable[[Event], None]]:
    """Yield an observer that shows how far a wait has come."""
    from ..observability import WaitProgressed

    if not shows_bars():
        states: list[str] = []

        def tell(event: Event) -> None:
            if isinstance(event, WaitProgressed) and [_state(event)] != states[-1:]:
                states.append(_state(event))
                err(f"{states[-1]} after {event.seconds:.0f} s")

        yield tell
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    # The bar is the time that the limit leaves: nobody knows how long the rest will take.
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=console(no_color=settings.no_color, stderr=True),
        transient=True,
    )
    task = bar.add_task(waiter, total=seconds)

    def step(event: Event) -> None:
        if isinstance(event, WaitProgressed):
            bar.update(task, description=f"{waiter}: {_state(event)}", completed=event.seconds, refresh=True)

    with bar:
        yield step


def _state(event: WaitProgressed) -> str:
    return "not there" if event.state is None else one_line(event.state)
