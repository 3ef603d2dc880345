"""Walk a million made-up users with `iter_list_users`: speed compared with boto3's paginator, and memory."""

from __future__ import annotations

import argparse
import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

from . import environments
from .environments import ROOT
from .pages_work import PAGE
from .race import median_ratio
from .report import Column, Report, Target, arguments, finish

if TYPE_CHECKING:
    from pathlib import Path

    from .environments import Installed

_USERS: Final = 1_000_000
# In a round of the race, both walk this many times fewer users.
_SHARE: Final = 20
_TARGET_MIB: Final = 1.0
_TARGET_RATIO: Final = 2.0
_WALKERS: Final = {
    "cognito-idp": ("cognito_idp's iter_list_users", environments.plain),
    "boto3": ("boto3's paginator", environments.boto3),
}
_COLUMNS: Final = (
    Column("title", "walk"),
    Column("users", "users", ",d"),
    Column("wall_s", "wall s", ".1f"),
    Column("cpu_s", "CPU s", ".1f"),
    Column("users_a_second", "users a second", ",.0f"),
    Column("ratio", "of boto3", ".2f"),
    Column("peak_mib", "peak RSS MiB", ".2f"),
)


def measure(envs: Path, *, rounds: int, users: int = _USERS) -> Report:
    """Walk, and report."""
    installed = environments.install_all({name: home for name, (_, home) in _WALKERS.items()}, envs)
    race: dict[str, list[dict[str, float]]] = {name: [] for name in _WALKERS}
    for _ in range(rounds):
        for name, of_one in race.items():
            of_one.append(_walk(name, installed[name], envs, users // _SHARE)[-1])
    cpu = {name: [point["cpu"] for point in of_one] for name, of_one in race.items()}
    ratio = median_ratio(cpu["boto3"], cpu["cognito-idp"])
    rows = [
        _row(name, sorted(of_one, key=lambda point: point["cpu"])[len(of_one) // 2]) for name, of_one in race.items()
    ]
    rows[0]["ratio"] = ratio
    early, late = _walk("cognito-idp", installed["cognito-idp"], envs, users)
    return Report(
        title="A walk over the users of a pool",
        columns=_COLUMNS,
        rows=[*rows, _row("cognito-idp", early), _row("cognito-idp", late)],
        targets=[
            Target("users a second through iter_list_users: of boto3's paginator", ratio, _TARGET_RATIO, at_least=True),
            Target(
                f"growth of memory from {users // 10:,} to {users:,} users",
                (late["peak"] - early["peak"]) / 2**20,
                _TARGET_MIB,
                "MiB",
            ),
        ],
        environments=environments.distinct(installed.values()),
        notes=[
            f"pages of {PAGE} users with three attributes each, made below the client without a network",
            f"both in turn, {rounds} rounds in fresh processes (medians), then one long walk",
            "users a second of CPU time: neither of them waits for anything",
        ],
    )


def _walk(name: str, installed: Installed, envs: Path, users: int) -> list[dict[str, float]]:
    command = [str(installed.python), "-m", "benchmarks.pages_work", name, str(users)]
    environ = environments.clean_environ(envs)
    done = subprocess.run(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, check=True)
    points: list[dict[str, float]] = json.loads(done.stdout)
    return points


def _row(name: str, point: dict[str, float]) -> dict[str, Any]:
    return {
        "name": name,
        "title": _WALKERS[name][0],
        "users": point["users"],
        "wall_s": point["wall"],
        "cpu_s": point["cpu"],
        "users_a_second": point["users"] / point["cpu"],
        "peak_mib": point["peak"] / 2**20,
    }


def _enough(text: str) -> int:
    number = int(text)
    if number < _SHARE * 10:
        msg = f"must be at least {_SHARE * 10}, not {number}"
        raise argparse.ArgumentTypeError(msg)
    return number


def main() -> None:
    """Run the command."""
    parser = arguments("pages", __doc__, rounds=5)
    parser.add_argument("--users", type=_enough, default=_USERS, help="how many users are walked (%(default)s)")
    settings = parser.parse_args()
    finish(measure(settings.envs, rounds=settings.rounds, users=settings.users), settings)


if __name__ == "__main__":
    main()
