"""The server that `kinds.py` calls: it behaves as each request asks, and counts requests by their mark."""

from __future__ import annotations

import gzip
import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.support.answers import JSON, answer, close, cut_off, drip, hang, hang_in_body, head, reset
from tests.support.hostile import Flood, garbage, redirect

if TYPE_CHECKING:
    from cognito_idp import Credentials
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received

THROTTLED = b'{"__type": "TooManyRequestsException", "message": "slow down"}'


class Misbehaving:
    """Handles requests: those that ask for a behaviour, and those of credential providers and of redirects."""

    def __init__(self, credentials: Credentials) -> None:
        self.url = ""
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._open: Counter[str] = Counter()
        self._keys = json.dumps(
            {
                "AccessKeyId": credentials.access_key_id,
                "SecretAccessKey": credentials.secret_access_key,
                "Token": "token",
                "Expiration": "2100-01-01T00:00:00Z",
            }
        ).encode()
        self._behaviours: dict[str, Handler] = {
            "": answer(),
            "500": answer(b'{"__type": "InternalErrorException"}', status=500),
            "bomb": _packed(b" " * 10_000_000),
            "close": close,
            "compressed": _packed(b'{"Unpacked": true}'),
            "cut off": cut_off(b'{"A": 1}', 3),
            "drip": drip(head(200, ("Content-Length", "1000000")) + b"{"),
            "flood": Flood(),
            "garbage": garbage,
            "hang": hang,
            "hang in body": hang_in_body,
            "large": answer(b" " * 200_000),
            "nested": answer(b'{"a":' * 8_000 + b"1" + b"}" * 8_000),
            "reset": reset,
            "throttled": answer(THROTTLED, status=400),
        }

    def __call__(self, connection: Connection, request: Received) -> None:
        """Handle a request."""
        path = request.request_line.split(" ")[1]
        members: dict[str, Any] = json.loads(request.body or b"{}")
        mark = str(members.get("Mark", path))
        with self._lock:
            self._counts[mark] += 1
            self._open[mark] += 1
        try:
            self._handler(path, members)(connection, request)
        finally:
            with self._lock:
                self._open[mark] -= 1

    def _handler(self, path: str, members: dict[str, Any]) -> Handler:
        if path == "/credentials":
            return answer(self._keys)
        if path.startswith("/absent"):
            return close
        facts: dict[str, Any] = {
            "count": {"Count": self._counts[str(members.get("Counted"))]},
            "open": {"Count": self._open[str(members.get("Counted"))]},
            "echo": {"Number": members.get("Number")},
        }
        behaviour = str(members.get("Behaviour", ""))
        if behaviour in facts:
            return answer(json.dumps(facts[behaviour]).encode())
        if behaviour == "redirect":
            return redirect(f"{self.url}/redirected", 307)
        return self._behaviours[behaviour]


def _packed(body: bytes) -> Handler:
    return answer(gzip.compress(body), headers=(("Content-Encoding", "gzip"), ("Content-Type", JSON)))
