"""Which certificates are trusted, and that nothing is sent to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cognito_idp.errors import ConfigError, ConnectError
from tests.support.answers import answer
from tests.support.tls import Authority

from .wires import over

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support.server import Server

    from .rig import Rig

VARIABLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture
def server(serve: Serve, authority: Authority) -> Server:
    """Start a server with a certificate of the tests' authority."""
    return serve(answer(), tls=authority.server_context("127.0.0.1"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make an authority that vouched for nobody."""
    return Authority(tmp_path_factory.mktemp("stranger"), "a stranger")


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_authority_of_ones_own(
    rig: Rig, server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The authorities in the file that `AWS_CA_BUNDLE` or `SSL_CERT_FILE` names are trusted; connections are kept."""
    monkeypatch.setenv(variable, str(authority.bundle))
    client = rig.client(server.url)
    for _ in range(3):
        assert {} == rig.call(client)
    assert 1 == server.accepted


@pytest.mark.parametrize("variable", [*VARIABLES, "SSL_CERT_DIR"])
def test_a_folder_of_authorities(
    rig: Rig, server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    """Each variable may name a folder in OpenSSL's form, whose files are named by a hash."""
    (tmp_path / authority.hashed_name).write_bytes(authority.bundle.read_bytes())
    monkeypatch.setenv(variable, str(tmp_path))
    assert {} == rig.call_once(server.url)


def test_a_bundle_of_several(
    rig: Rig, server: Server, authority: Authority, stranger: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every certificate in a bundle counts, whatever text stands between them."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(b"# a stranger\n" + stranger.bundle.read_bytes() + b"\n# ours\n" + authority.bundle.read_bytes())
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    assert {} == rig.call_once(server.url)


@over(lambda wire: wire.is_default)
def test_aws_ca_bundle_comes_first(
    rig: Rig, server: Server, authority: Authority, stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where both are set, `AWS_CA_BUNDLE` counts."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(stranger.bundle))
    assert {} == rig.call_once(server.url)


@pytest.mark.parametrize("variable", [None, *VARIABLES])
def test_an_authority_that_is_not_trusted(
    rig: Rig, server: Server, stranger: Authority, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    """A server whose authority is not among those trusted gets no request, and the error speaks of the certificate."""
    if variable is not None:
        monkeypatch.setenv(variable, str(stranger.bundle))
    with pytest.raises(ConnectError, match=r"(?i)certificate") as caught:
        rig.call_once(server.url)
    assert ConnectError is type(caught.value)
    assert not caught.value.sent
    assert [] == server.requests


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_host(rig: Rig, serve: Serve, authority: Authority) -> None:
    """A certificate must be for the host that was asked for."""
    server = serve(answer(), tls=authority.server_context("127.0.0.2"))
    with pytest.raises(ConnectError, match=r"(?i)certificate") as caught:
        rig.call_once(server.url)
    assert not caught.value.sent
    assert [] == server.requests


@pytest.mark.usefixtures("trusted")
def test_a_server_without_tls(rig: Rig, serve: Serve) -> None:
    """A server that answers https with plain http gets no request."""
    server = serve(answer(), greeting=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(ConnectError) as caught:
        rig.call_once(server.url.replace("http:", "https:"))
    assert not caught.value.sent
    assert [] == server.requests


@over(lambda wire: wire.is_default)
@pytest.mark.parametrize("variable", [*VARIABLES, "SSL_CERT_DIR"])
@pytest.mark.parametrize("fault", ["missing", "empty", "no certificates"])
def test_a_bundle_that_can_not_be_read(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, fault: str
) -> None:
    """A bundle without a certificate is an error in the settings that names variable and file, on every call."""
    bundle = tmp_path / "bundle.pem"
    if fault != "missing":
        bundle.write_text("" if fault == "empty" else "-----BEGIN NOTHING-----\n")
    monkeypatch.setenv(variable, str(bundle))
    client = rig.client("https://127.0.0.1:1")
    for _ in range(2):
        with pytest.raises(ConfigError, match=f"{variable}='{bundle}': no certificates can be read from it"):
            rig.call(client)


@over(lambda wire: wire.is_default)
def test_a_plain_endpoint_needs_no_certificates(
    rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """For an http endpoint nothing is read, so that a wrong bundle does no harm."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    assert {} == rig.call_once(serve(answer()).url)
