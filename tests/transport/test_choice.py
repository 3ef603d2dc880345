"""What may be given as `transport=`, what is the default, and what is said of everything else."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp._transport import make_async_transport, make_transport, transport_name
from cognito_idp.errors import ConfigError
from tests.support.answers import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve

MAKERS = pytest.mark.parametrize("make", [make_transport, make_async_transport])


@MAKERS
def test_the_default(make: Callable[[Any], Any]) -> None:
    """The default is httpx, whatever is installed."""
    assert "httpx" == transport_name(None) == make(None).name


@pytest.mark.parametrize("name", ["httpx", "stdlib"])
@MAKERS
def test_an_engine_by_name(make: Callable[[Any], Any], name: str) -> None:
    """Each engine can be asked for by its name."""
    assert name == transport_name(name) == make(name).name


def test_the_name_of_a_transport_of_ones_own() -> None:
    """A transport that a user brought along has the name of its class."""
    assert "httpx.MockTransport" == transport_name(httpx.MockTransport(lambda _: httpx.Response(200)))


@pytest.mark.parametrize("make", [make_transport, make_async_transport, transport_name])
def test_an_unknown_name(make: Callable[[Any], Any]) -> None:
    """A name that is none is an error that says which there are."""
    with pytest.raises(ConfigError, match=r"transport='requests' is not known: it may be None, 'httpx', 'stdlib'"):
        make("requests")


@pytest.mark.parametrize(
    ("make", "given", "expected"),
    [
        (make_transport, object(), r"transport=builtins\.object: it may be None, 'httpx', .* \(BaseTransport\)"),
        (make_transport, httpx.AsyncHTTPTransport(), "which is an async transport: it may be"),
        (make_async_transport, httpx.HTTPTransport(), "which is a sync transport: it may be"),
        (make_async_transport, httpx.AsyncHTTPTransport, "the class AsyncHTTPTransport, which must be an instance"),
        (make_transport, httpx.Client(), r"transport=httpx\.Client: it may be"),
    ],
)
def test_what_is_no_transport(make: Callable[[Any], Any], given: object, expected: str) -> None:
    """Anything else is an error that says what was given and what may be."""
    with pytest.raises(ConfigError, match=expected):
        make(given)


HTTPX2 = """
import asyncio, sys
import httpx2
from cognito_idp import AsyncClient, Client, Credentials
settings = {"credentials": Credentials("AKIDEXAMPLE", "secret"), "endpoint_url": sys.argv[1]}
with Client("us-east-1", transport=httpx2.HTTPTransport(), **settings) as client:
    print(client.call("ListUsers"), client._link.transport.name)
async def main():
    async with AsyncClient("us-east-1", transport=httpx2.AsyncHTTPTransport(), **settings) as client:
        print(await client.call("ListUsers"))
asyncio.run(main())
print("httpx" in sys.modules)
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("httpx2") is None, reason="httpx2 is not installed")
def test_a_transport_of_httpx2_needs_no_httpx(serve: Serve) -> None:
    """A transport of httpx2's gets requests of httpx2's, and httpx is not imported."""
    ended = subprocess.run(
        [sys.executable, "-c", HTTPX2, serve(answer()).url], capture_output=True, text=True, timeout=20, check=False
    )
    assert ("{} httpx2\n{}\nFalse\n", "", 0) == (ended.stdout, ended.stderr, ended.returncode)
