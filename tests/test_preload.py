"""Loading what a first call needs ahead of time: a first call after it imports nothing, and compiles nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp import AppClient
from cognito_idp.testing import TokenIssuer
from tests.sign_in.fake_accounts import PASSWORD, user
from tests.sign_in.fake_cognito import FakeCognito
from tests.support.answers import answer

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.server import Connection, Received
    from tests.support.tls import Authority

APP = AppClient("us-east-1_EXAMPLE", "1example23456789", "secret")
PROGRAM = Path(__file__).with_name("preloaded.py")


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("engine", ["httpx", "stdlib"])
def test_a_first_call_imports_and_compiles_nothing(serve: Serve, authority: Authority, engine: str, kind: str) -> None:
    """After `preload`, sign-ins by password and SRP and a verification over TLS import nothing and compile nothing."""
    fake, issuer = FakeCognito(APP, user()), TokenIssuer()

    def handle(connection: Connection, received: Received) -> None:
        if received.request_line.startswith("GET"):
            answer(json.dumps(issuer.pool.jwks).encode())(connection, received)
        else:
            response = fake(httpx.Request("POST", "https://a", headers=received.headers, content=received.body))
            answer(response.content, status=response.status_code)(connection, received)

    server = serve(handle, tls=authority.server_context("127.0.0.1"))
    facts: Any = {
        "url": server.url,
        "app": ["us-east-1_EXAMPLE", "1example23456789", "secret"],
        "password": PASSWORD,
        "token": issuer.access_token("mary"),
        "issuer": issuer._issuer,
    }
    done = subprocess.run(
        [sys.executable, "-P", str(PROGRAM), engine, kind, json.dumps(facts)],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "AWS_CA_BUNDLE": str(authority.bundle), "AWS_CONFIG_FILE": "/dev/null"},
    )
    assert {"imported": [], "compiled": []} == json.loads(done.stdout)
