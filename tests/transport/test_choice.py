"""What may be given as `transport=`, what is the default, and what is said of everything else."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cognito_idp.errors import ConfigError
from cognito_idp.transport import make_async_transport, make_transport, transport_name
from tests.support.answers import answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Serve

needs_pyreqwest = pytest.mark.skipif(find_spec("pyreqwest") is None, reason="pyreqwest is not installed")
MAKERS = pytest.mark.parametrize("make", [make_transport, make_async_transport])


@pytest.fixture
def _no_pyreqwest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make as if pyreqwest were not installed."""
    monkeypatch.delitem(sys.modules, "pyreqwest", raising=False)
    monkeypatch.setattr("cognito_idp.transport.find_spec", lambda _: None)


@needs_pyreqwest
@MAKERS
def test_the_default_is_pyreqwest(make: Callable[[Any], Any]) -> None:
    """Where pyreqwest is installed, it is the default."""
    assert "pyreqwest" == transport_name(None) == make(None).name


@pytest.mark.usefixtures("_no_pyreqwest")
@MAKERS
def test_the_default_without_pyreqwest(make: Callable[[Any], Any]) -> None:
    """Elsewhere, httpx is."""
    assert "httpx" == transport_name(None) == make(None).name


def test_what_an_uninstall_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder of its name is no pyreqwest."""
    monkeypatch.delitem(sys.modules, "pyreqwest", raising=False)
    (tmp_path / "pyreqwest").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert "httpx" == transport_name(None)


@pytest.mark.usefixtures("_no_pyreqwest")
@pytest.mark.parametrize("make", [make_transport, make_async_transport, transport_name])
def test_pyreqwest_by_name_where_it_is_missing(make: Callable[[Any], Any]) -> None:
    """Asked for by its name where it is missing, it is an error that names the extra."""
    with pytest.raises(ConfigError, match=r"not installed: pip install 'cognito-idp\[fast\]'"):
        make("pyreqwest")


@needs_pyreqwest
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"AWS_CA_BUNDLE": "/a.pem"}, "httpx"),
        ({"AWS_CA_BUNDLE": "/a.pem", "SSL_CERT_FILE": "/b.pem"}, "httpx"),
        ({"AWS_CA_BUNDLE": "/a.pem", "SSL_CERT_FILE": "/a.pem"}, "pyreqwest"),
        ({"AWS_CA_BUNDLE": "/a.pem", "SSL_CERT_FILE": "/a.pem", "SSL_CERT_DIR": "/b"}, "httpx"),
        ({"SSL_CERT_FILE": "/a.pem", "SSL_CERT_DIR": "/b"}, "httpx"),
        ({"SSL_CERT_FILE": "/a.pem"}, "pyreqwest"),
        ({"SSL_CERT_DIR": "/b"}, "pyreqwest"),
        ({"AWS_CA_BUNDLE": ""}, "pyreqwest"),
    ],
)
def test_authorities_of_ones_own(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    """The default never trusts more authorities than the environment says, as pyreqwest would for `AWS_CA_BUNDLE`."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert expected == transport_name(None) == make_transport(None).name
    assert "pyreqwest" == transport_name("pyreqwest") == make_transport("pyreqwest").name


@needs_pyreqwest
@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_authorities_where_the_system_checks_certificates(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """Where the system checks certificates for pyreqwest, a variable that names others makes httpx the default."""
    monkeypatch.setattr("cognito_idp.transport.sys.platform", platform)
    assert "pyreqwest" == transport_name(None)
    monkeypatch.setenv("SSL_CERT_FILE", "/a.pem")
    assert "httpx" == transport_name(None)


@MAKERS
def test_httpx_by_name(make: Callable[[Any], Any]) -> None:
    """Httpx can be asked for wherever it isn't the default."""
    assert "httpx" == transport_name("httpx") == make("httpx").name


def test_the_name_of_a_transport_of_ones_own() -> None:
    """A transport that a user brought along has the name of its class."""
    assert "httpx.MockTransport" == transport_name(httpx.MockTransport(lambda _: httpx.Response(200)))


@pytest.mark.parametrize("make", [make_transport, make_async_transport, transport_name])
def test_an_unknown_name(make: Callable[[Any], Any]) -> None:
    """A name that is none is an error that says which there are."""
    with pytest.raises(ConfigError, match=r"transport='requests' is not known: it may be None, 'httpx', 'pyreqwest'"):
        make("requests")


@pytest.mark.parametrize(
    ("make", "given", "expected"),
    [
        (make_transport, object(), r"transport=builtins\.object: it may be None, 'httpx', .* \(BaseTransport\)"),
        (make_transport, httpx.AsyncHTTPTransport(), "which is an async transport: it may be"),
        (make_async_transport, httpx.HTTPTransport(), "which is a sync transport: it may be"),
        (make_async_transport, httpx.AsyncHTTPTransport, "the class AsyncHTTPTransport, where an instance is meant"),
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


@pytest.mark.skipif(find_spec("httpx2") is None, reason="httpx2 is not installed")
def test_a_transport_of_httpx2_needs_no_httpx(serve: Serve) -> None:
    """A transport of httpx2's gets requests of httpx2's, and httpx is not imported."""
    ended = subprocess.run(
        [sys.executable, "-c", HTTPX2, serve(answer()).url], capture_output=True, text=True, timeout=20, check=False
    )
    assert ("{} httpx2\n{}\nFalse\n", "", 0) == (ended.stdout, ended.stderr, ended.returncode)
