"""Runs the example of a Worker with a stand-in for Cloudflare's module `workers`, and prints its answers."""

from __future__ import annotations

import json
import os
import runpy
import sys
from types import ModuleType, SimpleNamespace
from typing import Any


class WorkerEntrypoint:
    """Stands for Cloudflare's class."""

    def __init__(self, env: Any) -> None:
        self.env = env


class Response:
    """Stands for Cloudflare's class."""

    def __init__(self, body: str, *, status: int, headers: dict[str, str]) -> None:
        self.body, self.status, self.headers = body, status, headers


class Request:
    """Stands for what the runtime hands over."""

    def __init__(self, method: str, path: str, body: Any = None, **headers: str) -> None:
        self.method, self.url, self.headers = method, f"https://worker.example/{path}", headers
        self._body = json.dumps(body)

    async def text(self) -> str:
        """Return the body."""
        return self._body


async def main() -> None:
    """Sign in, ask who that is, and be refused."""
    module: Any = ModuleType("workers")
    module.WorkerEntrypoint, module.Response = WorkerEntrypoint, Response
    sys.modules["workers"] = module
    worker = runpy.run_path("/worker/src/entry.py")["Default"](SimpleNamespace(**json.loads(os.environ["BINDINGS"])))

    async def ask(*arguments: Any, **headers: str) -> dict[str, Any]:
        response = await worker.fetch(Request(*arguments, **headers))
        answer: dict[str, Any] = {"status": response.status, **json.loads(response.body)}
        print("ANSWER", json.dumps(answer))
        return answer

    mary = {"username": "mary", "password": "Correct-Horse-1"}
    signed_in = await ask("POST", "sign-in", mary)
    await ask("GET", "me?x=1", authorization=f"Bearer {signed_in['access_token']}")
    await ask("GET", "me", authorization=f"Bearer {signed_in['access_token'][:-8]}AAAAAAAA")
    await ask("GET", "me")
    await ask("POST", "sign-in", {**mary, "password": "wrong"})
    challenge = await ask("POST", "sign-in", {**mary, "username": "anna"})
    await ask("POST", "respond", {"state": challenge["state"], "new_password": "Battery-Staple-2"})
    await ask("POST", "respond", {"state": challenge["state"][:-4], "new_password": "Battery-Staple-2"})
    await ask("GET", "elsewhere")
