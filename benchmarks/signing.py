"""Time signing one AdminInitiateAuth, with our functions and with botocore's."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from . import environments
from .race import median_ratio, race
from .report import Column, Report, Target, arguments, finish

if TYPE_CHECKING:
    from pathlib import Path

_CALLS = 2_000
_TARGET_US = 8.0
_TARGET_RATIO = 0.15
_TITLES = {
    "cognito-idp-sign": "cognito_idp._protocol.sigv4.sign",
    "cognito-idp-date-and-sign": "the same, and writing the date, as botocore does",
    "botocore-sign": "botocore.auth.SigV4Auth.add_auth",
}
_COLUMNS = (
    Column("title", "one signature, warm"),
    Column("cpu_us", "CPU µs", ".2f"),
    Column("cpu_ratio", "of botocore", ".3f"),
)


def measure(envs: Path, *, rounds: int) -> Report:
    """Run both and report."""
    plain = environments.install(environments.plain(), envs)
    boto3 = environments.install(environments.boto3(), envs)
    contestants = {name: boto3 if name == "botocore-sign" else plain for name in _TITLES}
    samples = race(contestants, "", environments.clean_environ(envs), rounds=rounds, calls=_CALLS)
    cpu = {name: [sample.cpu * 1e6 for sample in of_one] for name, of_one in samples.items()}
    rows = [
        {
            "name": name,
            "title": title,
            "cpu_us": median(cpu[name]),
            "cpu_ratio": median_ratio(cpu[name], cpu["botocore-sign"]),
        }
        for name, title in _TITLES.items()
    ]
    return Report(
        title="CPU time of signing one call (SigV4)",
        columns=_COLUMNS,
        rows=rows,
        targets=[
            Target("signing alone: CPU", median(cpu["cognito-idp-sign"]), _TARGET_US, "µs"),
            Target(
                "signing, and writing the date: CPU of botocore's SigV4Auth",
                median_ratio(cpu["cognito-idp-date-and-sign"], cpu["botocore-sign"]),
                _TARGET_RATIO,
            ),
        ],
        environments=[plain, boto3],
        notes=[f"{rounds} rounds of {_CALLS:,} signatures each; medians over the rounds, ratios within each round"],
    )


def main() -> None:
    """Run the command."""
    settings = arguments("signing", __doc__, rounds=25).parse_args()
    finish(measure(settings.envs, rounds=settings.rounds), settings)


if __name__ == "__main__":
    main()
