"""An instance metadata service, version 2, on loopback: a handler for `Server`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.answers import answer

from .support import LATER, SECRET, TOKEN

if TYPE_CHECKING:
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received

SESSION = "session-token=="
ROLE = "my-role"
CREDENTIALS: dict[str, Any] = {
    "Code": "Success",
    "Type": "AWS-HMAC",
    "AccessKeyId": "ASIAIMDS",
    "SecretAccessKey": SECRET,
    "Token": TOKEN,
    "Expiration": LATER,
}
TOKEN_REQUEST = "PUT /latest/api/token"
ROLES_REQUEST = "GET /latest/meta-data/iam/security-credentials/"
CREDENTIALS_REQUEST = f"GET /latest/meta-data/iam/security-credentials/{ROLE}"


def imds(replaced: dict[str, Handler] | None = None, credentials: dict[str, Any] = CREDENTIALS) -> Handler:
    """Answer as the service does, but for the requests (method and path) that a handler is given for."""
    handlers: dict[str, Handler] = {
        TOKEN_REQUEST: answer(SESSION.encode()),
        ROLES_REQUEST: answer(ROLE.encode()),
        CREDENTIALS_REQUEST: answer(json.dumps(credentials).encode()),
        **(replaced or {}),
    }

    def handle(connection: Connection, request: Received) -> None:
        called = request.request_line.removesuffix(" HTTP/1.1")
        if called.startswith("PUT"):
            allowed = request.header("x-aws-ec2-metadata-token-ttl-seconds") == "21600"
        else:
            allowed = request.header("x-aws-ec2-metadata-token") == SESSION
        unknown = answer(b"", status=404 if allowed else 401)
        (handlers.get(called, unknown) if allowed else unknown)(connection, request)

    return handle
