"""Clients that can't be made, and calls that are broken off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp import AsyncClient, Credentials
from cognito_idp.errors import CognitoIdpError, ConfigError
from tests.support.answers import hang
from tests.transport.behaviour.wires import params

from .conftest import CREDENTIALS, MARKS
from .test_failures import BODY, CLS, sends, stall
from .values import marked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support.kit import Kit
    from tests.support.server import Server
    from tests.transport.behaviour.wires import Wire

    from .search import Search

KEYS = f"aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {MARKS(40)}\n"
FILES = {
    "not UTF-8": f"[default]\n{KEYS}\xff".encode("latin-1"),
    "a NUL": f"[default]\n{KEYS}\0".encode(),
    "no section": KEYS.encode(),
    "no setting": f"[default]\n{KEYS}{MARKS(40)}".encode(),
    "no number": f"[default]\n{KEYS}max_attempts = many".encode(),
    "no region": f"[default]\n{KEYS}region = not/a/region".encode(),
    "a password in a URL": f"[default]\n{KEYS}region = eu-west-1\nendpoint_url = http://me:{MARKS(20)}@h".encode(),
}


@pytest.mark.parametrize("case", list(FILES))
def test_a_config_file_that_can_not_be_used(
    kit: Kit, search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """A client whose settings are wrong leaves nothing of the files in any frame, though it has read the keys."""
    path = tmp_path / "config"
    path.write_bytes(FILES[case])
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    with pytest.raises(ConfigError) as caught:
        kit.client(None, credentials=None)
    search.error(caught.value, case)


def test_an_argument_that_can_not_be_used(kit: Kit, search: Search) -> None:
    """A client whose arguments are wrong doesn't show the credentials among them."""
    with pytest.raises(ConfigError) as caught:
        kit.client("not/a/region", credentials=Credentials("AKIDEXAMPLE", MARKS(40), MARKS(40)))
    search.error(caught.value, "region")


async def broken_off(client: AsyncClient, request: Any, server: Server, way: str) -> BaseException:
    """Break a call off while the server is silent, and return what the caller gets."""
    try:
        if way == "timeout":
            async with asyncio.timeout(0.1):
                await client.send(request)
        else:
            task = asyncio.ensure_future(client.send(request))
            del request
            await asyncio.to_thread(server.wait_for, lambda: bool(server.requests))
            task.cancel()
            await task
    except BaseException as error:  # noqa: BLE001 - a CancelledError is none of the others
        return error
    raise AssertionError


@pytest.mark.parametrize("wire", params(lambda wire: wire.kind == "asyncio"))
@pytest.mark.parametrize("way", ["timeout", "cancelled"])
@pytest.mark.parametrize("handler", [hang, sends(b"HTTP/1.1 200 OK\r\n\r\n" + BODY[:-20], stall)])
def test_a_call_that_is_broken_off(wire: Wire, serve: Serve, search: Search, way: str, handler: Any) -> None:
    """A call that its caller cancels leaves no secret in the frames of the cancellation."""
    server = serve(handler)

    async def main() -> None:
        async with AsyncClient(
            "us-east-1", endpoint_url=server.url, credentials=CREDENTIALS, transport=wire.make(False), timeout=5
        ) as client:
            error = await broken_off(client, marked(CLS, MARKS), server, way)
            assert not isinstance(error, CognitoIdpError)
            search.error(error, way)

    asyncio.run(main())
