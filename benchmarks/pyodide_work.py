"""The program that `benchmarks.pyodide` runs in Pyodide: prints the milliseconds of its steps as JSON.

What is compiled was compiled by an earlier run, with `COMPILE` in the environment.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from time import perf_counter


async def main() -> None:
    """Import, and make two calls over `fetch`."""
    if "COMPILE" in os.environ:
        import compileall

        for folder in sys.path[:3]:
            compileall.compile_dir(folder, quiet=2, maxlevels=20)
        return
    # The runtime loads its HTTP client with the first `fetch`, which is nobody's cost but its own.
    fetched = perf_counter()
    fetch = import_module("js").fetch
    await (await fetch(os.environ["URL"])).text()
    began = perf_counter()
    import attrs  # noqa: F401 - the floor
    import cattrs  # noqa: F401

    libraries = perf_counter()
    from cognito_idp import AsyncClient, Credentials, preload

    client = AsyncClient("us-east-1", endpoint_url=os.environ["URL"], credentials=Credentials("AKIDEXAMPLE", "secret"))
    made = perf_counter()
    if "PRELOAD" in os.environ:
        preload("AdminInitiateAuth", asynchronous=True)
    loaded = perf_counter()
    moments = [loaded]
    for _ in range(2):
        await client.admin_initiate_auth(
            user_pool_id="us-east-1_EXAMPLE",
            client_id="1example23456789",
            auth_flow="ADMIN_USER_PASSWORD_AUTH",
            auth_parameters={"USERNAME": "mary", "PASSWORD": "Correct-Horse-1"},
        )
        moments.append(perf_counter())
    await client.aclose()
    steps = {
        "fetch": began - fetched,
        "libraries": libraries - began,
        "client": made - libraries,
        "preload": loaded - made,
        "first": moments[1] - moments[0],
        "second": moments[2] - moments[1],
    }
    print("STEPS", json.dumps({name: seconds * 1000 for name, seconds in steps.items()}))
