"""Which certificates are trusted, and what is said of those that are not."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._transport.certificates import Authorities
from cognito_idp._transport.lanes import LanePool
from cognito_idp.errors import ConfigError, ConnectError
from tests.support.answers import answer
from tests.support.tls import Authority

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support.kit import Kit
    from tests.support.server import Server

VARIABLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE")


def call(kit: Kit, url: str, **settings: Any) -> Any:
    """Make one call with a client of its own, without retries."""
    client = kit.client(endpoint_url=url, retry="off", **settings)
    try:
        return kit.run(client.call, "ListUsers")
    finally:
        kit.close(client)


@pytest.fixture
def server(serve: Serve, authority: Authority) -> Server:
    """Start a server with a certificate of the tests' authority."""
    return serve(answer(), tls=authority.server_context("127.0.0.1"))


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """Make an authority that vouched for nobody."""
    return Authority(tmp_path, "a stranger")


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_authority_of_ones_own(
    kit: Kit, server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The authorities in the file that `AWS_CA_BUNDLE` or `SSL_CERT_FILE` names are trusted."""
    monkeypatch.setenv(variable, str(authority.bundle))
    assert {} == call(kit, server.url)


@pytest.mark.parametrize("variable", [*VARIABLES, "SSL_CERT_DIR"])
def test_a_folder_of_authorities(
    kit: Kit, server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    """Each variable may name a folder in OpenSSL's form, whose files are named by a hash."""
    (tmp_path / authority.hashed_name).write_bytes(authority.bundle.read_bytes())
    monkeypatch.setenv(variable, str(tmp_path))
    assert {} == call(kit, server.url)


def test_aws_ca_bundle_comes_first(
    kit: Kit, server: Server, authority: Authority, stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where both are set, `AWS_CA_BUNDLE` counts."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(stranger.bundle))
    assert {} == call(kit, server.url)


@pytest.mark.parametrize("variable", [None, *VARIABLES])
def test_an_authority_that_is_not_trusted(
    kit: Kit, server: Server, stranger: Authority, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    """A server whose authority is not among those trusted gets no request, and the error says why."""
    if variable is not None:
        monkeypatch.setenv(variable, str(stranger.bundle))
    with pytest.raises(ConnectError, match=r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate") as caught:
        call(kit, server.url)
    assert not caught.value.sent
    assert [] == server.requests


def test_a_certificate_for_another_host(
    kit: Kit, serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate must be for the host that was asked for."""
    server = serve(answer(), tls=authority.server_context("127.0.0.2"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    with pytest.raises(ConnectError, match=r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate"):
        call(kit, server.url)
    assert [] == server.requests


def test_a_server_without_tls(kit: Kit, serve: Serve) -> None:
    """A server that answers https with plain http gets no request."""
    server = serve(answer(), greeting=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(ConnectError, match=r"SSL|InvalidContentType"):
        call(kit, server.url.replace("http:", "https:"))
    assert [] == server.requests


@pytest.mark.parametrize("variable", [*VARIABLES, "SSL_CERT_DIR"])
@pytest.mark.parametrize("fault", ["missing", "empty", "no certificates"])
def test_a_bundle_that_can_not_be_read(
    kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, fault: str
) -> None:
    """A bundle without a certificate is an error in the settings that names variable and file, on every call."""
    bundle = tmp_path / "bundle.pem"
    if fault != "missing":
        bundle.write_text("" if fault == "empty" else "-----BEGIN NOTHING-----\n")
    monkeypatch.setenv(variable, str(bundle))
    # One connection at most: a call that kept its place in the line would hold up the next one.
    transport = None if kit.kind == "sync" else LanePool(max_connections=1)
    client = kit.client(endpoint_url="https://127.0.0.1:1", timeout=5, transport=transport)
    for _ in range(3):
        with pytest.raises(ConfigError, match=f"{variable}='{bundle}': no certificates can be read from it"):
            kit.run(client.call, "ListUsers")
    kit.close(client)


def test_a_plain_endpoint_needs_no_certificates(
    kit: Kit, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """For an http endpoint nothing is read, so that a wrong bundle does no harm."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    assert {} == call(kit, serve(answer()).url)


def test_the_default_is_strict() -> None:
    """With nothing set, certificates and host names are checked against certifi's authorities."""
    context = Authorities().ssl_context()
    assert context.check_hostname
    assert ssl.CERT_REQUIRED is context.verify_mode
    assert 50 < len(context.get_ca_certs())
