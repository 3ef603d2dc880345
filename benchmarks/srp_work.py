"""The programs that `benchmarks.srp` runs in the contestants' environments; each prints one line of JSON.

`srp_work.py exchange NAME CALLS TIMESTAMP` computes exchanges one after another: the first of the process, one with a
known secret at `TIMESTAMP` (pycognito reads the clock itself), and then `CALLS` more.
`srp_work.py loop NAME ROUNDS` keeps 50 exchanges in flight on an asyncio loop, and times how late a task runs that
wants to run every millisecond.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from time import perf_counter, process_time
from typing import Any, Final

IN_FLIGHT: Final = 50
_TICK: Final = 0.001
# The time that a nearby service takes to answer.
_ANSWER: Final = 0.01
_POOL, _USER, _PASSWORD = "EXAMPLE01", "8a0f2a3c-5b7e-4d6f-9c1d-2e3f4a5b6c7d", "correct-horse-battery-staple"
_SRP_B: Final = "f6c76f03232c3a93a634f5e49a74efbf" * 24
_SALT: Final = "b704a27deb8cf5efec43a40eac5b60d2"
_BLOCK: Final = "iZY+s7lYj4/5me1dgBZ9QR0vYOoatfBh" * 50
_TIMESTAMP: Final = "Mon Feb 10 18:30:12 UTC 2025"
_SECRET_A: Final = 0x0F3C5A7E1B2D4C6F8A9B0C1D2E3F4A5B

# Takes the ephemeral secret (None draws one) and the time of the claim; returns the sent values.
Exchange = Callable[[int | None, str], dict[str, str]]


def cognito_idp() -> Exchange:
    """Return our exchange: `SRP_A`, and the claim."""
    from cognito_idp.sign_in.srp import SrpSession

    def exchange(secret_a: int | None, timestamp: str) -> dict[str, str]:
        session = SrpSession(secret_a)
        public = session.srp_a
        return {"SRP_A": public, "TIMESTAMP": timestamp, "claim": session.claim(**_challenge(timestamp))}

    return exchange


def pycognito() -> Exchange:
    """Return pycognito's exchange, without its calls to the service."""
    module: Any = import_module("pycognito.aws_srp")

    def exchange(secret_a: int | None, _: str) -> dict[str, str]:
        srp = module.AWSSRP(_USER, _PASSWORD, f"us-east-1_{_POOL}", "client", client=object())
        if secret_a is not None:
            srp.small_a_value = secret_a
            srp.large_a_value = srp.calculate_a()
        parameters = {
            "USERNAME": _USER,
            "USER_ID_FOR_SRP": _USER,
            "SALT": _SALT,
            "SRP_B": _SRP_B,
            "SECRET_BLOCK": _BLOCK,
        }
        sent = srp.get_auth_params()
        answer = srp.process_challenge(parameters, sent)
        claim = answer["PASSWORD_CLAIM_SIGNATURE"]
        return {"SRP_A": sent["SRP_A"], "TIMESTAMP": answer["TIMESTAMP"], "claim": claim}

    return exchange


def _challenge(timestamp: str) -> dict[str, str]:
    return {
        "pool_name": _POOL,
        "user_id": _USER,
        "password": _PASSWORD,
        "srp_b": _SRP_B,
        "salt": _SALT,
        "secret_block": _BLOCK,
        "timestamp": timestamp,
    }


_EXCHANGES: Final[dict[str, Callable[[], Exchange]]] = {"cognito-idp": cognito_idp, "pycognito": pycognito}


def time_exchanges(name: str, calls: int, timestamp: str) -> dict[str, Any]:
    """Return the CPU seconds of the first and of a later exchange, and what the one with a known secret sent."""
    exchange = _EXCHANGES[name]()
    started = process_time()
    exchange(None, timestamp)
    first = process_time() - started
    known = exchange(_SECRET_A, timestamp)
    started = process_time()
    for _ in range(calls):
        exchange(None, timestamp)
    return {"first": first, "cpu": (process_time() - started) / calls, "known": known}


async def _flows() -> Callable[[], Awaitable[object]]:
    from cognito_idp._flow.drive_async import AsyncDriver
    from cognito_idp.sign_in.srp import SrpSession

    class NoTransport:
        async def send(self, request: object) -> Any:
            raise NotImplementedError

    driver = AsyncDriver(NoTransport())

    async def sign_in() -> None:
        session = await driver.run(SrpSession.begin())
        await asyncio.sleep(_ANSWER)
        await driver.run(session.claim_flow(**_challenge(_TIMESTAMP)))

    return sign_in


def _in_threads(name: str) -> Callable[[], Awaitable[object]]:
    exchange = _EXCHANGES[name]()
    return lambda: asyncio.to_thread(exchange, None, _TIMESTAMP)


async def time_loop(name: str, rounds: int) -> dict[str, Any]:
    """Return for each round the ticking task's longest delay in seconds, and the CPU of an exchange."""
    idle = name == "idle"
    sign_in = await _flows() if name in ("flows", "idle") else _in_threads(name.removesuffix("-threads"))
    await sign_in()
    late, cpu = [], []
    for _ in range(rounds):
        delays: list[float] = []
        ticking = asyncio.create_task(_tick(delays))
        await asyncio.sleep(0.02)
        started = process_time()
        await (asyncio.sleep(1) if idle else asyncio.gather(*(sign_in() for _ in range(IN_FLIGHT))))
        cpu.append((process_time() - started) / IN_FLIGHT)
        ticking.cancel()
        late.append(max(delays))
    return {"late": late, "cpu": cpu}


async def _tick(delays: list[float]) -> None:
    last = perf_counter()
    while True:
        await asyncio.sleep(_TICK)
        now = perf_counter()
        delays.append(now - last - _TICK)
        last = now


def main() -> None:
    """Run one program."""
    program, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    in_loop = program == "loop"
    result = asyncio.run(time_loop(name, count)) if in_loop else time_exchanges(name, count, sys.argv[4])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
