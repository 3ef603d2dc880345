"""The way over a real connection, on which other libraries log, and have frames, too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import Timeout, to_wire
from cognito_idp.errors import CognitoIdpError
from tests.conformance.values import request_classes
from tests.support.answers import answer, close, cut_off, hang_in_body, html_503, reset
from tests.support.hostile import deaf_port
from tests.support.kit import FakeTime, kit_of
from tests.transport.behaviour.wires import WIRES, params

from .conftest import CREDENTIALS, MARKS
from .values import marked

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.kit import Kit
    from tests.transport.behaviour.wires import Wire

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


FAILURES = {
    "cut-off": cut_off(BODY, len(BODY) - 20),
    "stalled": hang_in_body,
    "reset": reset,
    "refused": answer(BODY, status=400),
}


def fail(wire: Wire, search: Search, case: str, url: str, timeout: Any = 1.0) -> None:
    """Make a call that fails, over some transport."""
    with kit_of(wire.kind) as kit:
        client = kit.client(
            endpoint_url=url,
            allow_http=True,
            transport=wire.make(False),
            credentials=CREDENTIALS,
            retry="off",
            timeout=timeout,
        )
        with pytest.raises(CognitoIdpError) as caught:
            kit.run(client.send, marked(CLS, MARKS))
        search.error(caught.value, case)
        kit.close(client)


@pytest.mark.parametrize("wire", params())
@pytest.mark.parametrize("way", list(FAILURES))
def test_no_frame_of_a_library_shows_a_secret(wire: Wire, serve: Serve, search: Search, way: str) -> None:
    """Whatever breaks off an exchange, and over whatever transport, no frame holds the body, the tokens or the keys."""
    fail(wire, search, way, serve(FAILURES[way]).url)


@pytest.mark.parametrize("wire", params())
def test_a_request_that_nobody_takes(wire: Wire, search: Search) -> None:
    """A server that takes no connection, or no bytes, leaves the request in no frame."""
    with deaf_port() as port:
        fail(wire, search, "deaf", f"http://127.0.0.1:{port}", timeout=Timeout(total=0.5, connect=0.2, write=0.2))


@pytest.mark.parametrize("wire", params(lambda wire: wire.is_default))
@pytest.mark.parametrize("scheme", ["http", "gopher"])
def test_a_proxys_password(
    wire: Wire, serve: Serve, search: Search, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """A proxy that refuses, or whose scheme is unknown, has its password in no frame and no message."""
    proxy = serve(answer(b"", status=407))
    password = MARKS(20)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", f"{scheme}://mary:{password}@"))
    fail(wire, search, f"proxy {scheme}", "https://192.0.2.1:8443")


def test_the_wires_are_all_there() -> None:
    """The transports that are searched are those of the behaviour suite."""
    assert {"httpx", "stdlib", "httpx2", "httpx_aiohttp"} == {wire.library for wire in WIRES}
