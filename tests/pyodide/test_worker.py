"""The example of a Worker does in Pyodide what it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cognito_idp.testing import cognito_server
from tests.integration.ministack import ALL_FLOWS, PASSWORD, add_user, given, new_pool

from .prepare import ROOT
from .test_kinds import run

if TYPE_CHECKING:
    from .prepare import Prepared

pytestmark = [pytest.mark.long, pytest.mark.pyodide]


def test_the_worker(pyodide: Prepared) -> None:
    """It signs in by SRP, verifies the token, answers a challenge from its state, and refuses what is wrong."""
    with cognito_server() as server, server.client() as client, new_pool(client) as pool:
        add_user(client, pool)
        client.admin_create_user(
            user_pool_id=pool.id, username="anna", temporary_password=PASSWORD, message_action="SUPPRESS"
        )
        app = given(
            client.create_user_pool_client(
                user_pool_id=pool.id, client_name="worker", generate_secret=True, explicit_auth_flows=ALL_FLOWS
            ).user_pool_client
        )
        bindings = {
            "USER_POOL_ID": pool.id,
            "CLIENT_ID": app.client_id,
            "CLIENT_SECRET": app.client_secret,
            "COGNITO_ENDPOINT": server.endpoint_url,
        }
        folders = {ROOT / "examples" / "worker": "/worker"}
        output = run(pyodide, "worker.py", folders, {"BINDINGS": json.dumps(bindings)})
    answers = [json.loads(line.removeprefix("ANSWER ")) for line in output.splitlines() if line.startswith("ANSWER ")]
    assert [200, 200, 401, 401, 401, 200, 200, 400, 404] == [answer["status"] for answer in answers], answers
    assert "mary" == answers[1]["username"]
    assert "TokenSignatureError" == answers[2]["error"]
    assert "NotAuthorizedException" == answers[4]["error"]
    assert "NEW_PASSWORD_REQUIRED" == answers[5]["challenge"]
    assert answers[6]["access_token"]
