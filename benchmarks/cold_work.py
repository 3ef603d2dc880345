"""The programs that `benchmarks.cold_start` times, each in a fresh process.

`cold_work.py start URL NAME [MODULE ...]` imports the modules and makes the first call of a contestant.
`cold_work.py first-call URL ENGINE cold|warm` prints the wall and CPU seconds of our first call alone as JSON: after
the import and `Client()`, or after `warm_up` as well, which a Lambda function would call at its start.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# Needed since Python runs isolated (-I). Last on the path, so that no other import is found here.
sys.path.append(str(Path(__file__).parent.parent))


def start(url: str, name: str, *modules: str) -> None:
    """Import, and make a contestant, which sends its first call and checks the answer."""
    from benchmarks.contestants import SYNC

    for module in modules:
        import_module(module)
    SYNC[name](url)
    assert name != "cognito-idp-stdlib" or "httpx" not in sys.modules, "httpx was imported"


def first_call(url: str, engine: Any, beginning: str) -> None:
    """Time the first call alone."""
    import json
    from time import perf_counter, process_time

    from benchmarks.sync_calls import call_of, our_client
    from cognito_idp import AdminInitiateAuthRequest

    client = our_client(url, engine)
    warm_up = 0.0
    if beginning == "warm":
        began = perf_counter()
        client.warm_up(AdminInitiateAuthRequest)
        warm_up = perf_counter() - began
    wall, cpu = perf_counter(), process_time()
    call_of(client)
    wall, cpu = perf_counter() - wall, process_time() - cpu
    print(json.dumps({"wall": wall, "cpu": cpu, "warm_up": warm_up}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "start":
        start(*sys.argv[2:])
    else:
        first_call(*sys.argv[2:])
    # Exit at once: interpreter shutdown is not part of a cold start.
    os._exit(0)
