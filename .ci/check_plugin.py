"""Run in the gate's clean environment, with the oldest pytest and pluggy that the plugin promises to work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_idp import AdminGetUserRequest, AdminGetUserResponse

if TYPE_CHECKING:
    import pytest

    from cognito_idp.testing import StubTransport

pytest_plugins = "pytester"

MARY = AdminGetUserRequest(user_pool_id="eu-west-1_EXAMPLE", username="mary")
FAILS = """
from cognito_idp import AdminGetUserResponse

def test_swallowed(cognito_stub):
    try:
        cognito_stub.client().get_user(access_token="token")
    except Exception:
        pass
    assert False

def test_leftover(cognito_stub):
    cognito_stub.add(AdminGetUserResponse(username="mary"))
"""


def test_a_stub(cognito_stub: StubTransport) -> None:
    """Pytest finds the fixture by itself, and it answers."""
    cognito_stub.add(AdminGetUserResponse(username="mary"))
    assert cognito_stub.client().send(MARY).username == "mary"


def test_failures(pytester: pytest.Pytester) -> None:
    """A failing test shows the call that was not expected; a leftover answer fails the test that queued it."""
    pytester.makepyfile(FAILS)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1, passed=1, errors=1)
    result.stdout.fnmatch_lines_random(["unexpected call: GetUserRequest(*", "*LeftoverAnswersError*"])
