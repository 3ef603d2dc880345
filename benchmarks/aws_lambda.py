"""Run functions under AWS's Lambda runtime client: the first invocation with 1/14 of a processor, calls after freezes.

A function of 128 MB has about 1/14 of a processor (AWS Lambda developer guide, "Configure Lambda function memory":
1,769 MB have one). The init has a whole one. Here the function's process is stopped for 13 of each 14 parts of the
time. The Runtime API is the test suite's own, on loopback; the service answers over TLS.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.aws_lambda.runtime import Function, RuntimeApi

from . import data, environments
from .environments import ROOT
from .race import median_ratio
from .report import Column, Report, Target, arguments, finish
from .server import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .environments import Installed
    from .server import Server

_SHARE: Final = 14
_SLICE_SECONDS: Final = 0.005
_PATIENCE: Final = 120.0
_BASE: Final = "boto3"
# Title, and environment.
_CONTESTANTS: Final = {
    "nothing": ("nothing: Python and the runtime client", environments.lambda_ours),
    "httpx": ("cognito_idp, warm_up in the init", environments.lambda_ours),
    "async-httpx": ("cognito_idp, async, warm_up in the init", environments.lambda_ours),
    "stdlib": ("cognito_idp over stdlib, warm_up in the init", environments.lambda_ours),
    "async-stdlib": ("cognito_idp over stdlib, async, warm_up in the init", environments.lambda_ours),
    "stdlib-cold": ("cognito_idp over stdlib, a Client() in the init", environments.lambda_ours),
    "boto3": ("boto3, a client in the init", environments.lambda_boto3),
    "boto3-warm": ("boto3, a client and a call in the init", environments.lambda_boto3),
}
# Those whose next call after a freeze is to succeed.
_FROZEN: Final = ("httpx", "async-httpx", "stdlib", "async-stdlib", "boto3")
_TARGETS: Final = {"httpx": 0.2, "stdlib": 0.15}
_COLUMNS: Final = (
    Column("title", "one function"),
    Column("init_cpu_ms", "init CPU ms", ".0f"),
    Column("source_cpu_ms", "from source", ".0f"),
    Column("first_ms", "first invocation ms", ".0f"),
    Column("first_ratio", "of boto3", ".2f"),
    Column("first_cpu_ms", "its CPU ms", ".1f"),
    Column("cpu_ratio", "of boto3", ".2f"),
    Column("second_ms", "second ms", ".0f"),
    Column("freezes", "after freezes"),
)


class _Costs(NamedTuple):
    """Seconds: CPU of the init, compiled and from source; wall and CPU of the first invocation; wall of the second."""

    init_cpu: float
    source_cpu: float
    first: float
    first_cpu: float
    second: float


def measure(envs: Path, *, rounds: int, freezes: tuple[float, ...] = (3.0, 65.0)) -> Report:
    """Run all functions and report."""
    installed = environments.install_all({name: home for name, (_, home) in _CONTESTANTS.items()}, envs)
    costs: dict[str, list[_Costs]] = {name: [] for name in _CONTESTANTS}
    with running_server(envs) as server:
        with TemporaryDirectory() as folder:
            sources = {home.name: _sources(home, Path(folder)) for home in environments.distinct(installed.values())}
            for _ in range(rounds):
                for name, of_one in costs.items():
                    home = installed[name]
                    source_cpu = _init_from_source(name, home, sources[home.name], server)
                    of_one.append(_start(name, home, server, source_cpu))
        frozen = {seconds: _freeze(installed, server, seconds) for seconds in freezes}
    rows = {name: _row(name, costs, frozen) for name in _CONTESTANTS}
    failures = sum(outcome != "answer" for outcomes in frozen.values() for outcome in outcomes.values())
    return Report(
        title=f"AWS Lambda: the first invocation with 1/{_SHARE} of a processor, and the next call after a freeze",
        columns=_COLUMNS,
        rows=list(rows.values()),
        targets=[
            *(
                Target(f"first invocation, {name}: CPU time, as a share of boto3's", rows[name]["cpu_ratio"], bound)
                for name, bound in _TARGETS.items()
            ),
            Target("calls that failed after a freeze", failures, 0),
        ],
        environments=environments.distinct(installed.values()),
        notes=[
            f"{rounds} processes each, in turn, under awslambdaric; medians, ratios within each round",
            "from source: the packages without .pyc files, as in a bundle that was made without them",
            f"after the init, a process runs for {_SLICE_SECONDS * 1e3:g} ms and stops for {_SHARE - 1} times as long",
            "wall times of invocations therefore come in steps of such a round",
            "freezes: SIGSTOP for so many seconds, without retries by boto3 or ours; the server keeps its connections",
        ],
    )


@contextmanager
def _running(
    name: str, home: Installed, server: Server, *folders: Path, arguments: tuple[str, ...] = ()
) -> Iterator[tuple[RuntimeApi, Function]]:
    """Start a function, and yield it when its init is over."""
    environ = {
        **server.environ,
        "AWS_ACCESS_KEY_ID": data.ACCESS_KEY_ID,
        "AWS_DEFAULT_REGION": data.REGION,
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.https,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_REGION": data.REGION,
        "AWS_SECRET_ACCESS_KEY": data.SECRET_ACCESS_KEY,
        "CONTESTANT": name,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    del environ["HOME"]
    handler = "benchmarks.lambda_function.handler"
    with (
        RuntimeApi() as api,
        Function(handler, api, environ, *folders, ROOT, python=home.python, arguments=arguments) as function,
    ):
        assert api.started.wait(_PATIENCE), name
        yield api, function


def _sources(home: Installed, folder: Path) -> Path:
    """Copy an environment's packages without what Python compiled."""
    return Path(copytree(home.packages, folder / home.name, ignore=ignore_patterns("__pycache__", "pip")))


def _init_from_source(name: str, home: Installed, sources: Path, server: Server) -> float:
    """Return the CPU time of the init where only Python itself is compiled."""
    with _running(name, home, server, sources, arguments=("-S",)) as (_, function):
        return _cpu(function.pid)


def _start(name: str, home: Installed, server: Server, source_cpu: float) -> _Costs:
    with _running(name, home, server) as (api, function), _rationed(function.pid):
        init_cpu = _cpu(function.pid)
        began, cpu = perf_counter(), _cpu(function.pid)
        _check(name, api)
        first, first_cpu = perf_counter() - began, _cpu(function.pid) - cpu
        began = perf_counter()
        _check(name, api)
        return _Costs(init_cpu, source_cpu, first, first_cpu, perf_counter() - began)


def _check(name: str, api: RuntimeApi) -> None:
    outcome = api.invoke({}, seconds=_PATIENCE)
    if outcome != ("response", True):
        msg = f"{name}: {outcome}"
        raise RuntimeError(msg)


def _cpu(pid: int) -> float:
    """Return the CPU time of all threads of a process that still run, in seconds."""
    return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


@contextmanager
def _rationed(pid: int) -> Iterator[None]:
    """Let a process run for one part of each 14 only."""
    over = threading.Event()

    def ration() -> None:
        while not over.is_set():
            os.kill(pid, signal.SIGSTOP)
            over.wait(_SLICE_SECONDS * (_SHARE - 1))
            os.kill(pid, signal.SIGCONT)
            over.wait(_SLICE_SECONDS)

    thread = threading.Thread(target=ration)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _freeze(installed: dict[str, Installed], server: Server, seconds: float) -> dict[str, str]:
    """Freeze one function of each kind for so long, all at once, and return what becomes of the next call."""
    with ExitStack() as stack:
        functions = {name: stack.enter_context(_running(name, installed[name], server)) for name in _FROZEN}
        for name, (api, function) in functions.items():
            _check(name, api)
            function.freeze()
        threading.Event().wait(seconds)
        outcomes = {}
        for name, (api, function) in functions.items():
            function.thaw()
            outcome = api.invoke({}, seconds=_PATIENCE)
            outcomes[name] = "answer" if outcome == ("response", True) else f"{outcome.kind}: {outcome.body}"
        return outcomes


def _row(name: str, costs: dict[str, list[_Costs]], frozen: dict[float, dict[str, str]]) -> dict[str, Any]:
    ours, theirs = costs[name], costs[_BASE]
    return {
        "name": name,
        "title": _CONTESTANTS[name][0],
        "init_cpu_ms": median(cost.init_cpu for cost in ours) * 1e3,
        "source_cpu_ms": median(cost.source_cpu for cost in ours) * 1e3,
        "first_ms": median(cost.first for cost in ours) * 1e3,
        "first_ratio": median_ratio([cost.first for cost in ours], [cost.first for cost in theirs]),
        "first_cpu_ms": median(cost.first_cpu for cost in ours) * 1e3,
        "cpu_ratio": median_ratio([cost.first_cpu for cost in ours], [cost.first_cpu for cost in theirs]),
        "second_ms": median(cost.second for cost in ours) * 1e3,
        "freezes": ", ".join(
            f"{seconds:g} s: {outcomes[name]}" for seconds, outcomes in frozen.items() if name in outcomes
        ),
    }


def main() -> None:
    """Run the command."""
    settings = arguments("aws_lambda", __doc__, rounds=7).parse_args()
    finish(measure(settings.envs, rounds=settings.rounds), settings)


if __name__ == "__main__":
    main()
