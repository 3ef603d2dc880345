"""Which certificates are trusted, and that nothing is sent to the others."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from cognito_idp.errors import ConfigError, ConnectError
from tests.support.answers import answer
from tests.support.tls import Authority

from .wires import over

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support.server import Connection, Received, Server

    from .rig import Rig

VARIABLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
DEFAULTS = over(lambda wire: wire.is_default)
# The setting of a profile, between the variables that come before and after it.
PROFILE = "ca_bundle"
ORDER = ("AWS_CA_BUNDLE", PROFILE, "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, Path], None]:
    """Name a bundle in the environment, or in the profile that it names."""

    def set_to(setting: str, path: Path) -> None:
        if setting != PROFILE:
            monkeypatch.setenv(setting, str(path))
            return
        (tmp_path / "config").write_text(f"[profile one]\nca_bundle = {path}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_PROFILE", "one")

    return set_to


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
    """The authorities in the file that a variable names are trusted; connections are kept."""
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


@DEFAULTS
@pytest.mark.parametrize("setting", ORDER)
def test_the_order_is_that_of_boto3(
    rig: Rig,
    server: Server,
    authority: Authority,
    stranger: Authority,
    configure: Callable[[str, Path], None],
    setting: str,
) -> None:
    """A setting counts before those that follow it, and alone: the authorities that they name are not trusted."""
    for later in ORDER[ORDER.index(setting) + 1 :]:
        configure(later, stranger.bundle)
    configure(setting, authority.bundle)
    assert {} == rig.call_once(server.url)
    for later in ORDER[ORDER.index(setting) + 1 :]:
        configure(later, authority.bundle)
    configure(setting, stranger.bundle)
    with pytest.raises(ConnectError, match=r"(?i)certificate"):
        rig.call_once(server.url)


@DEFAULTS
def test_a_profile_that_is_named_as_an_argument(
    rig: Rig, server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The `ca_bundle` is that of the client's own profile, and its path may begin with a tilde."""
    (tmp_path / "config").write_text("[default]\nca_bundle = /missing.pem\n[profile one]\nca_bundle = ~/ours.pem\n")
    (tmp_path / "ours.pem").write_bytes(authority.bundle.read_bytes())
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert {} == rig.call_once(server.url, profile="one")


@DEFAULTS
def test_credentials_are_fetched_with_the_same_authorities(
    rig: Rig,
    serve: Serve,
    authority: Authority,
    configure: Callable[[str, Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A service that hands out credentials is trusted by the same rule as Cognito."""
    keys = {"AccessKeyId": "AKID", "SecretAccessKey": "s", "Token": "t", "Expiration": "2100-01-01T00:00:00Z"}
    container = serve(answer(json.dumps(keys).encode()), tls=authority.server_context("127.0.0.1"))
    server = serve(answer(), tls=authority.server_context("127.0.0.1"))
    configure(PROFILE, authority.bundle)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{container.url}/keys")
    assert {} == rig.call_once(server.url, credentials=None)
    assert (1, 1) == (len(container.requests), len(server.requests))


@DEFAULTS
def test_http_1_1_is_negotiated(rig: Rig, serve: Serve, trusted: Authority) -> None:
    """A server that speaks HTTP/2, too, is told that HTTP/1.1 it will be."""
    context = trusted.server_context("127.0.0.1")
    context.set_alpn_protocols(["h2", "http/1.1"])
    spoken = []

    def handle(connection: Connection, request: Received) -> None:
        spoken.append(connection._socket.selected_alpn_protocol())  # type: ignore[attr-defined]
        answer()(connection, request)

    assert {} == rig.call_once(serve(handle, tls=context).url)
    assert ["http/1.1"] == spoken


@DEFAULTS
def test_a_bundle_that_changed(
    rig: Rig, server: Server, authority: Authority, stranger: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A client that is made after a bundle was replaced trusts what stands there now."""
    bundle = tmp_path / "bundle.pem"
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    bundle.write_bytes(stranger.bundle.read_bytes())
    with pytest.raises(ConnectError, match=r"(?i)certificate"):
        rig.call_once(server.url)
    (tmp_path / "new.pem").write_bytes(authority.bundle.read_bytes())
    (tmp_path / "new.pem").replace(bundle)
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
    with pytest.raises(ConnectError, match=r"SSL|InvalidContentType") as caught:
        rig.call_once(server.url.replace("http:", "https:"))
    assert not caught.value.sent
    assert [] == server.requests


@DEFAULTS
@pytest.mark.parametrize("setting", ORDER)
@pytest.mark.parametrize("fault", ["missing", "empty", "no certificates", "an empty folder"])
def test_a_bundle_that_can_not_be_read(
    rig: Rig, tmp_path: Path, configure: Callable[[str, Path], None], setting: str, fault: str
) -> None:
    """A bundle without a certificate is an error in the settings that names setting and file, on every call."""
    bundle = tmp_path / "bundle.pem"
    if fault == "an empty folder":
        bundle.mkdir()
    elif fault != "missing":
        bundle.write_text("" if fault == "empty" else "-----BEGIN NOTHING-----\n")
    configure(setting, bundle)
    where = f"ca_bundle of profile 'one' in {tmp_path / 'config'}, line 2" if setting == PROFILE else setting
    client = rig.client("https://127.0.0.1:1")
    for _ in range(2):
        with pytest.raises(ConfigError, match=re.escape(f"{where} '{bundle}': no certificates can be read from it: ")):
            rig.call(client)


@DEFAULTS
def test_a_plain_endpoint_needs_no_certificates(
    rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """For an http endpoint nothing is read, so that a wrong bundle does no harm."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    assert {} == rig.call_once(serve(answer()).url)
