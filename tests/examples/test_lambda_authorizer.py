"""The example authorizers, as Lambda runs them: imported once, then called for each event."""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp.testing import TokenIssuer
from tests.support.answers import answer
from tests.tokens.issuing import REASON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Serve

pytest.importorskip("jwt", reason=REASON)

MODULE = "examples.lambda_authorizer"
ISSUER = TokenIssuer()


@pytest.fixture
def authorizer(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Import the module anew, with its keys on a server of this machine; close it at the end."""
    server = serve(answer(json.dumps(dict(ISSUER.pool.jwks or {})).encode()))
    monkeypatch.setenv("USER_POOL_ID", "us-east-1_EXAMPLE")
    monkeypatch.setenv("CLIENT_ID", "1example23456789")
    monkeypatch.setenv("JWKS_URI", f"{server.url}/jwks.json")
    sys.modules.pop(MODULE, None)
    module = importlib.import_module(MODULE)
    yield module
    module.VERIFIER.close()
    sys.modules.pop(MODULE, None)
    assert 1 == len(server.requests)


def test_handlers(authorizer: Any) -> None:
    """Both handlers let a good token through, with keys that they fetched once, and hold back what is for admins."""
    arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders"
    token = ISSUER.access_token("mary", groups=["staff"])
    event = {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": arn}
    answers = [authorizer.handler(event, None) for _ in range(2)]
    assert ["Allow"] * 2 == [each["policyDocument"]["Statement"][0]["Effect"] for each in answers]
    allowed = authorizer.graphql_handler({"authorizationToken": token}, None)
    assert (True, ["Mutation.deleteOrder"]) == (allowed["isAuthorized"], allowed["deniedFields"])
    admin = ISSUER.access_token("anna", groups=["admins"])
    assert [] == authorizer.graphql_handler({"authorizationToken": admin}, None)["deniedFields"]
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorizer.handler({**event, "authorizationToken": "Bearer x"}, None)
