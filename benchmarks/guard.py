"""Time a guarded request to a FastAPI route, with a known key: by our guards, and by fastapi-cognito.

All take turns in one process, where the route is called as a server calls it, without a server or a network.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from statistics import median
from tempfile import NamedTemporaryFile
from time import process_time
from typing import TYPE_CHECKING, Any

from . import environments
from .environments import ROOT
from .race import median_ratio
from .report import Column, Report, Target, arguments, finish
from .verify import CLIENT, POOL, issue, jwks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    Call = Callable[[], Awaitable[object]]

_CALLS = 300
_OK = 200
_TARGET_RATIO = 1.0
_BASELINE = "fastapi-cognito"
_ROUTE = "route"
_TITLES = {
    _ROUTE: "the route, open to everybody",
    "require": "guards.fastapi.require, AsyncTokenVerifier",
    "require in a thread": "guards.fastapi.require, TokenVerifier",
    "middleware": "guards.asgi.TokenMiddleware",
    _BASELINE: "fastapi-cognito, auth_required",
    "verifier": "AsyncTokenVerifier.verify alone",
}
_COLUMNS = (
    Column("title", "one request, warm"),
    Column("cpu_us", "CPU µs", ".1f"),
    Column("guard_us", "of it the guard", ".1f"),
    Column("cpu_ratio", "of fastapi-cognito's", ".3f"),
)


def measure(envs: Path, *, rounds: int) -> Report:
    """Run all and report."""
    installed = environments.install(environments.guard(), envs)
    done = subprocess.run(
        [str(installed.python), "-m", "benchmarks.guard", "--take-turns", str(rounds)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
        env=environments.clean_environ(envs),
    )
    samples: dict[str, list[float]] = json.loads(done.stdout)
    ratios = {name: median_ratio(cpu, samples[_BASELINE]) for name, cpu in samples.items()}
    rows = [
        {
            "name": name,
            "title": title,
            "cpu_us": median(samples[name]) * 1e6,
            "guard_us": None if name in (_ROUTE, "verifier") else _above_the_route(samples, name),
            "cpu_ratio": None if name == "verifier" else ratios[name],
        }
        for name, title in _TITLES.items()
    ]
    version = installed.versions["fastapi-cognito"]
    return Report(
        title="CPU time of one request to a FastAPI route that needs an access token (RS256, 2,048 bits)",
        columns=_COLUMNS,
        rows=rows,
        targets=[Target(f"a guarded request: CPU of fastapi-cognito {version}'s", ratios["require"], _TARGET_RATIO)],
        environments=[installed],
        notes=[
            f"{rounds} rounds of {_CALLS:,} requests each, in turns; medians over the rounds, ratios within each",
            "fastapi-cognito checks the signature, the expiry and the app client; our verifier more",
        ],
    )


def _above_the_route(samples: dict[str, list[float]], name: str) -> float:
    pairs = zip(samples[name], samples[_ROUTE], strict=True)
    return median(guarded - plain for guarded, plain in pairs) * 1e6


async def _take_turns(rounds: int) -> dict[str, list[float]]:
    """Run every contestant in every round, in alternating order, after one round that doesn't count."""
    with NamedTemporaryFile("w", suffix=".json") as keys:
        token = issue()
        json.dump(jwks(token.key), keys)
        keys.flush()
        contestants = _contestants(token.text, jwks(token.key), keys.name)
        samples: dict[str, list[float]] = {name: [] for name in contestants}
        for number in range(-1, rounds):
            for name in contestants if number % 2 == 0 else reversed(contestants):
                start = process_time()
                for _ in range(_CALLS):
                    await contestants[name]()
                if number >= 0:
                    samples[name].append((process_time() - start) / _CALLS)
    return samples


def _contestants(token: str, keys: dict[str, Any], keys_file: str) -> dict[str, Call]:
    """Return functions that make one request each."""
    from fastapi import Depends, FastAPI
    from fastapi_cognito import CognitoAuth, CognitoSettings

    from cognito_idp import AsyncTokenVerifier, TokenVerifier, TrustedPool
    from cognito_idp.guards.asgi import TokenMiddleware
    from cognito_idp.guards.fastapi import require

    pool = TrustedPool(POOL, client_ids=CLIENT, jwks=keys)
    verifier = AsyncTokenVerifier(pool, token_use="access")

    def app_with(dependency: Any = None) -> FastAPI:
        app = FastAPI(dependencies=[] if dependency is None else [Depends(dependency)])

        @app.get("/orders")
        async def orders() -> str:
            return "orders"

        return app

    theirs = CognitoAuth(
        CognitoSettings(
            check_expiration=True,
            jwt_header_prefix="Bearer",
            jwt_header_name="Authorization",
            userpools={
                "eu": {"region": "eu-west-1", "userpool_id": POOL, "app_client_id": CLIENT, "jwks_url": keys_file}
            },
        )
    )
    return {
        _ROUTE: _request(app_with(), token),
        "require": _request(app_with(require(verifier)), token),
        "require in a thread": _request(app_with(require(TokenVerifier(pool, token_use="access"))), token),
        "middleware": _request(TokenMiddleware(app_with(), verifier), token),
        _BASELINE: _request(app_with(theirs.auth_required), token),
        "verifier": lambda: verifier.verify(token),
    }


def _request(app: Any, token: str) -> Call:
    """Return a function that calls an app as a server does, and checks that it answers."""
    headers = [(b"host", b"127.0.0.1"), (b"accept", b"*/*"), (b"authorization", f"Bearer {token}".encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/orders",
        "raw_path": b"/orders",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", _OK) == _OK, message

    async def call() -> None:
        await app({**scope, "state": {}}, receive, send)

    return call


def main() -> None:
    """Run the command."""
    if sys.argv[1:2] == ["--take-turns"]:
        json.dump(asyncio.run(_take_turns(int(sys.argv[2]))), sys.stdout)
        return
    settings = arguments("guard", __doc__, rounds=25).parse_args()
    finish(measure(settings.envs, rounds=settings.rounds), settings)


if __name__ == "__main__":
    main()
