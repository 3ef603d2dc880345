"""The certificate authorities that are trusted: which ones, when they are read, and who shares them."""

from __future__ import annotations

import errno
import os
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import certifi
import pytest

from cognito_idp._settings.config import authorities_in_use
from cognito_idp._transport.certificates import Authorities, Bundle
from cognito_idp._transport.lanes import LanePool
from cognito_idp.errors import ConfigError
from tests.support.kit import kit_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.tls import Authority


def subjects(context: ssl.SSLContext) -> set[str]:
    """Return the common names of the authorities that a context trusts."""
    entries: Any = context.get_ca_certs()
    return {dict(part[0] for part in entry["subject"]).get("commonName", "") for entry in entries}


def named(setting: str, bundle: Path) -> Authorities:
    """Return the authorities of an environment that names a bundle."""
    return Authorities(environ={setting: str(bundle)})


def profile(folder: Path, text: str, **variables: str) -> dict[str, str]:
    """Return an environment with a shared config file."""
    (folder / "config").write_text(text)
    return {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": "", **variables}


def test_a_context_is_strict(authority: Authority) -> None:
    """Certificates and host names are checked, TLS is 1.2 or newer, and an end without its announcement is an error."""
    context = named("AWS_CA_BUNDLE", authority.bundle).ssl_context()
    assert {"authority of the tests"} == subjects(context)
    assert context.check_hostname
    assert ssl.CERT_REQUIRED is context.verify_mode
    assert ssl.TLSVersion.TLSv1_2 <= context.minimum_version
    assert not context.options & ssl.OP_IGNORE_UNEXPECTED_EOF


def test_what_is_empty_counts_as_missing(authority: Authority) -> None:
    """A variable that is set to nothing leaves it to the next one."""
    environ = {"AWS_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": str(authority.bundle)}
    assert {"authority of the tests"} == subjects(Authorities(environ=environ).ssl_context())


def test_nothing_is_read_before_it_is_needed(tmp_path: Path) -> None:
    """A bundle that isn't there does no harm until TLS is spoken; it may be there by then."""
    authorities = named("AWS_CA_BUNDLE", tmp_path / "bundle.pem")
    with pytest.raises(ConfigError, match="AWS_CA_BUNDLE "):
        authorities.ssl_context()
    (tmp_path / "bundle.pem").write_bytes(_pem_of_certifi())
    assert subjects(authorities.ssl_context())


def _pem_of_certifi() -> bytes:
    end = b"-----END CERTIFICATE-----\n"
    with open(certifi.where(), "rb") as file:  # noqa: PTH123 - one line
        return file.read().partition(end)[0] + end


def test_clients_share_a_context(authority: Authority, tmp_path: Path) -> None:
    """Equal authorities are one context, whichever setting names them, until the bundle changes."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(authority.bundle.read_bytes())
    first = named("AWS_CA_BUNDLE", bundle)
    assert first.ssl_context() is first.ssl_context()
    assert first.ssl_context() is named("SSL_CERT_FILE", bundle).ssl_context()
    assert first.ssl_context() is Authorities(Bundle("a profile", str(bundle)), {}).ssl_context()
    assert first.ssl_context() is not named("AWS_CA_BUNDLE", authority.bundle).ssl_context()
    bundle.write_bytes(_pem_of_certifi())
    assert {"authority of the tests"} == subjects(first.ssl_context())
    assert {"authority of the tests"} != subjects(named("AWS_CA_BUNDLE", bundle).ssl_context())


def test_threads_read_a_bundle_once(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen threads that need the same authorities at once have them read once."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(authority.bundle.read_bytes())
    reads, start, make = [], threading.Barrier(16), ssl.create_default_context

    def counted(**settings: Any) -> ssl.SSLContext:
        reads.append(settings)
        return make(**settings)

    def context(_: int) -> ssl.SSLContext:
        start.wait()
        return named("AWS_CA_BUNDLE", bundle).ssl_context()

    monkeypatch.setattr(ssl, "create_default_context", counted)
    with ThreadPoolExecutor(16) as pool:
        contexts = set(pool.map(context, range(16)))
    assert (1, 1) == (len(contexts), len(reads))


PROGRAM = """
import sys
from cognito_idp._transport.certificates import Authorities
assert "ssl" not in sys.modules
print(len(Authorities(environ={}).ssl_context().get_ca_certs()), "certifi" in sys.modules)
"""


def test_certifi_s_authorities_are_the_default() -> None:
    """With nothing set they are all of certifi's, which is not imported for it: that would take 10 ms."""
    output = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout
    expected = len(ssl.create_default_context(cafile=certifi.where()).get_ca_certs())
    assert [str(expected), "False"] == output.split()


def test_the_default_is_strict() -> None:
    """With nothing set, certificates and host names are checked."""
    context = Authorities(environ={}).ssl_context()
    assert context.check_hostname
    assert ssl.CERT_REQUIRED is context.verify_mode


def test_a_certifi_that_was_told_otherwise(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a program has given certifi another file, that one counts."""
    monkeypatch.setattr(certifi, "where", lambda: str(authority.bundle))
    assert {"authority of the tests"} == subjects(Authorities(environ={}).ssl_context())


def test_a_certifi_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file lies beside certifi, as in Debian's package or in a zip file, it is asked for one."""
    expected = subjects(Authorities(environ={}).ssl_context())
    monkeypatch.delitem(sys.modules, "certifi")
    monkeypatch.setattr(os.path, "isfile", lambda _: False)
    assert expected == subjects(Authorities(environ={}).ssl_context())
    assert "certifi" in sys.modules


def test_a_certifi_that_can_not_be_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where certifi is in a zip file and no folder takes a copy of its file, its text is read, once."""
    expected = subjects(Authorities(environ={}).ssl_context())

    def where() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(certifi, "where", where)
    first, second = (Authorities(environ={}).ssl_context() for _ in range(2))
    assert expected == subjects(first)
    assert first is second


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_the_profile_in_use(authority: Authority, tmp_path: Path, name: str) -> None:
    """A program without a client trusts the `ca_bundle` of the profile that the environment names, or of `default`."""
    text = f"[default]\nca_bundle = {authority.bundle}\n[profile one]\nca_bundle = $FOLDER/missing.pem\n"
    environ = profile(tmp_path, text, FOLDER=str(tmp_path))
    assert {"authority of the tests"} == subjects(authorities_in_use(environ).ssl_context())
    where = f"ca_bundle of profile 'one' in {tmp_path}/config, line 4"
    problem = f"^{where} '{tmp_path}/missing.pem': no certificates can be read"
    with pytest.raises(ConfigError, match=problem):
        authorities_in_use({**environ, name: "one"}).ssl_context()


def test_a_file_that_can_not_be_read(authority: Authority, tmp_path: Path) -> None:
    """The shared files are read only where the profile can count, so that a wrong one does no harm elsewhere."""
    environ = profile(tmp_path, "this is no section")
    with pytest.raises(ConfigError, match=r"config, line 1"):
        authorities_in_use(environ).ssl_context()
    environ["AWS_CA_BUNDLE"] = str(authority.bundle)
    assert {"authority of the tests"} == subjects(authorities_in_use(environ).ssl_context())


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_a_bundle_that_can_not_be_read_leaves_its_place(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that fails for its bundle leaves its place in the line, so that the next one fails for the same reason."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with kit_of(kind) as kit:
        client = kit.client(endpoint_url="https://127.0.0.1:1", timeout=5, transport=LanePool(max_connections=1))
        for _ in range(3):
            with pytest.raises(ConfigError, match="no certificates can be read from it"):
                kit.run(client.call, "ListUsers")
        kit.close(client)


@pytest.mark.skipif(os.name == "nt", reason="pipes with names are those of Unix")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe in the place of a bundle is refused; OpenSSL would wait for its writer."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match=r"AWS_CA_BUNDLE '.*pipe': .*it is neither a file nor a folder"):
        Authorities(environ={"AWS_CA_BUNDLE": str(tmp_path / "pipe")}).ssl_context()
