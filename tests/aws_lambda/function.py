"""A function for tests: it makes one call that must not be repeated, by the client that the event names.

The environment names the engine (`ENGINE`). Under SnapStart, the clients are renewed after the restore.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from snapshot_restore_py import register_after_restore

from cognito_idp import AsyncClient, Client

ENGINE: Any = os.environ["ENGINE"]
CLIENT = Client(transport=ENGINE, retry="off")
ASYNC_CLIENT = AsyncClient(transport=ENGINE, retry="off")
RUNNER = asyncio.Runner()
CLIENT.warm_up("SignUp")
RUNNER.run(ASYNC_CLIENT.warm_up("SignUp"))


def renew() -> None:
    """Renew the clients."""
    CLIENT.renew()
    RUNNER.run(ASYNC_CLIENT.renew())


register_after_restore(renew)


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Sign a user up, and return the answer's most important member."""
    members: Any = {"client_id": "1example", "username": "mary", "password": event["password"]}
    answer = CLIENT.sign_up(**members) if event["client"] == "sync" else RUNNER.run(ASYNC_CLIENT.sign_up(**members))
    return {"confirmed": answer.user_confirmed}
