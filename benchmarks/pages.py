"""Walk over a million made-up users with `iter_list_users`, and tell the speed and the peak of memory.

A transport without a network makes each page when it is asked for; its cost is part of the figures.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from time import perf_counter, process_time
from typing import Any

import httpx

from cognito_idp import Client, Credentials

from . import data
from .report import Column, Report, Target, finish

_USERS = 1_000_000
_EARLY = 100_000
_PAGE = 60
_TARGET_MIB = 1.0
_COLUMNS = (
    Column("users", "users walked", ",d"),
    Column("wall_s", "wall s", ".1f"),
    Column("cpu_s", "CPU s", ".1f"),
    Column("users_a_second", "users a second", ",.0f"),
    Column("peak_mib", "peak RSS MiB", ".2f"),
)


class NullTransport(httpx.BaseTransport):
    """Answers ListUsers for a pool of so many users."""

    def __init__(self, users: int) -> None:
        self._users = users

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer with the page that the token names: the number of its first user."""
        first = int(json.loads(request.read()).get("PaginationToken", "0"))
        end = min(first + _PAGE, self._users)
        page: dict[str, Any] = {"Users": [_user(number) for number in range(first, end)]}
        if end < self._users:
            page["PaginationToken"] = str(end)
        return httpx.Response(200, json=page)


def _user(number: int) -> dict[str, Any]:
    return {
        "Username": f"user-{number:09}",
        "Attributes": [
            {"Name": "sub", "Value": f"00000000-0000-4000-8000-{number:012}"},
            {"Name": "email", "Value": f"user-{number:09}@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
        "UserCreateDate": 1_700_000_000.5,
        "UserLastModifiedDate": 1_700_000_001.5,
        "Enabled": True,
        "UserStatus": "CONFIRMED",
    }


def _peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def measure(users: int) -> Report:
    """Walk, and report."""
    early = min(_EARLY, users)
    rows: list[dict[str, Any]] = []
    credentials = Credentials(data.ACCESS_KEY_ID, data.SECRET_ACCESS_KEY)
    with Client(data.REGION, credentials=credentials, transport=NullTransport(users)) as client:
        wall, cpu = perf_counter(), process_time()
        walked = 0
        for walked, _ in enumerate(client.iter_list_users(user_pool_id=data.POOL_ID, limit=_PAGE), 1):
            if walked in (early, users):
                seconds = perf_counter() - wall
                rows.append(
                    {
                        "users": walked,
                        "wall_s": seconds,
                        "cpu_s": process_time() - cpu,
                        "users_a_second": walked / seconds,
                        "peak_mib": _peak_mib(),
                    }
                )
    assert walked == users
    return Report(
        title="A walk over the users of a pool with iter_list_users",
        columns=_COLUMNS,
        rows=rows,
        targets=[
            Target(f"growth after {early:,} users", rows[-1]["peak_mib"] - rows[0]["peak_mib"], _TARGET_MIB, "MiB")
        ],
        environments=[],
        notes=[f"pages of {_PAGE} users with three attributes each; making them is part of the time"],
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        msg = f"must be at least 1, not {number}"
        raise argparse.ArgumentTypeError(msg)
    return number


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--users", type=_positive, default=_USERS, help="how many users are walked (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--assert", action="store_true", dest="strict", help="exit with 1 if a target is missed")
    settings = parser.parse_args()
    finish(measure(settings.users), settings)


if __name__ == "__main__":
    main()
