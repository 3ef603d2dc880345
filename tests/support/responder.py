"""A service without a network: for `httpx.MockTransport`."""

from __future__ import annotations

from typing import Any

import httpx


class Responder:
    """Stands for the service: keeps the requests, and answers them in turn; the last answer stays."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.requests: list[httpx.Request] = []
        self._answers = list(answers) or [httpx.Response(200, json={})]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.requests.append(request)
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(found, Exception):
            raise found
        return found


def error(code: str, status: int = 400, *, headers: dict[str, str] | None = None) -> httpx.Response:
    """Return an error answer as the service writes it."""
    return httpx.Response(status, json={"__type": code, "message": "text"}, headers=headers)


def success(members: dict[str, Any] | None = None) -> httpx.Response:
    """Return a successful answer."""
    return httpx.Response(200, json=members or {}, headers={"x-amzn-requestid": "request-1"})
