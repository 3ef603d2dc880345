"""The way over a real connection, on which other libraries log, too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cognito_idp import to_wire
from cognito_idp.errors import CognitoIdpError
from tests.conformance.values import request_classes
from tests.support.answers import answer, close, cut_off, html_503
from tests.support.kit import FakeTime

from .conftest import CREDENTIALS, MARKS
from .values import marked

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.kit import Kit

    from .search import Search

CLS = next(cls for cls in request_classes() if cls.operation.name == "AdminInitiateAuth")
BODY = json.dumps(to_wire(marked(CLS.operation.response_type, MARKS))).encode()
HANDLERS = {"answer": answer(BODY), "cut-off": cut_off(BODY, 40), "closed": close, "page": html_503()}


@pytest.mark.parametrize("way", list(HANDLERS))
def test_no_library_logs_a_secret(kit: Kit, serve: Serve, search: Search, way: str) -> None:
    """With every logger at DEBUG, neither we nor the HTTP library nor the event loop log a secret of a call."""
    server = serve(HANDLERS[way])
    client = kit.client(endpoint_url=server.url, credentials=CREDENTIALS, time=FakeTime())
    try:
        search.value(kit.run(client.send, marked(CLS, MARKS)), way)
    except CognitoIdpError as error:
        search.error(error, way)
    kit.close(client)
    # What was looked for did go over the wire.
    assert CREDENTIALS.session_token == server.requests[0].header("x-amz-security-token")
