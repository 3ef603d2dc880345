"""The proxies that the environment names, for both clients."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp.errors import ConfigError, ConnectError
from cognito_idp.transport.lanes import LanePool
from cognito_idp.transport.routes import proxy_for
from tests.support.answers import answer, tunnel

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.kit import Kit
    from tests.support.server import Server
    from tests.support.tls import Authority

# A host that does not exist: whoever reaches the server went through the proxy.
HOST = "cognito-idp.example.invalid"


def call(kit: Kit, url: str, **settings: Any) -> Any:
    """Make one call with a client of its own, without retries."""
    client = kit.client(endpoint_url=url, retry="off", allow_http=True, **settings)
    try:
        return kit.run(client.call, "ListUsers")
    finally:
        kit.close(client)


@pytest.fixture
def target(serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Start a server with TLS whose certificate is trusted."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    return serve(answer(b'{"Users": []}'), tls=authority.server_context("127.0.0.1", "192.0.2.1"))


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_through_a_tunnel(
    kit: Kit, serve: Serve, target: Server, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """An https call asks the proxy for a tunnel to its host, and shakes hands with that host inside."""
    proxy = serve(tunnel(target.port))
    monkeypatch.setenv(variable, proxy.url)
    assert {"Users": []} == call(kit, "https://192.0.2.1:8443")
    assert ["CONNECT 192.0.2.1:8443 HTTP/1.1"] == [request.request_line for request in proxy.requests]
    assert ["192.0.2.1:8443"] == [request.header("host") for request in target.requests]


def test_the_proxy_sees_nothing_of_the_call(
    kit: Kit, serve: Serve, target: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy gets its own credentials and neither the signature nor the body; the host does not get the proxy's."""
    proxy = serve(tunnel(target.port))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://mary:secret@"))
    call(kit, "https://192.0.2.1:8443")
    expected = f"Basic {b64encode(b'mary:secret').decode()}"
    assert expected == proxy.requests[0].header("proxy-authorization")
    assert None is proxy.requests[0].header("authorization")
    assert b"" == proxy.requests[0].body
    assert None is target.requests[0].header("proxy-authorization")


def test_http_is_forwarded(kit: Kit, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain http call hands the proxy its whole URL."""
    proxy = serve(answer(b'{"Users": []}'))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    assert {"Users": []} == call(kit, f"http://{HOST}")
    assert f"POST http://{HOST}/ HTTP/1.1" == proxy.requests[0].request_line
    assert HOST == proxy.requests[0].header("host")


def test_a_proxy_without_a_scheme(kit: Kit, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy given as host and port alone is an http one."""
    proxy = serve(answer())
    monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{proxy.port}")
    call(kit, f"http://{HOST}")
    assert 1 == len(proxy.requests)


@pytest.mark.parametrize("form", ["127.0.0.1", "127.0.0.1:{port}", "example.com, 127.0.0.1", "*"])
def test_no_proxy(kit: Kit, target: Server, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """A host that `NO_PROXY` names, with or without its port, is reached directly."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", form.format(port=target.port))
    assert {"Users": []} == call(kit, target.url)


@pytest.mark.parametrize("form", ["127.0.0.2", "127.0.0.1:{other}", "example.com"])
def test_no_proxy_for_somebody_else(
    kit: Kit, serve: Serve, target: Server, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """`NO_PROXY` says nothing of other hosts and other ports."""
    proxy = serve(tunnel(target.port))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", form.format(other=target.port + 1))
    call(kit, target.url)
    assert (1, 1) == (len(proxy.requests), len(target.requests))


def test_plain_http_stays_on_the_machine(kit: Kit, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http to this machine goes past every proxy, which would carry it off unencrypted."""
    server = serve(answer())
    for variable in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert {} == call(kit, server.url)


@pytest.mark.parametrize(
    ("url", "no_proxy", "expected"),
    [
        ("https://cognito-idp.eu-west-1.amazonaws.com", "", "http://proxy:1"),
        ("https://cognito-idp.eu-west-1.amazonaws.com", "amazonaws.com", None),
        ("https://cognito-idp.eu-west-1.amazonaws.com", ".amazonaws.com", None),
        ("https://cognito-idp.eu-west-1.amazonaws.com", "aws.com", "http://proxy:1"),
        ("https://[::1]:4566", "::1", None),
        ("https://[::1]:4566", "[::1]:4566", None),
        ("http://cognito-idp.eu-west-1.amazonaws.com", "", None),
        ("https://127.0.0.1:4566", "", "http://proxy:1"),
    ],
)
def test_which_proxy(monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str, expected: str | None) -> None:
    """`HTTPS_PROXY` is for https alone, and `NO_PROXY` names hosts or whole domains."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert expected == proxy_for(url)


def test_a_proxy_that_refuses(kit: Kit, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that makes no tunnel is a failed connection: the service got nothing."""
    monkeypatch.setenv("HTTPS_PROXY", serve(answer(b"no", status=407)).url)
    with pytest.raises(ConnectError, match=r"407|proxy authorization required") as caught:
        call(kit, f"https://{HOST}")
    assert not caught.value.sent


def test_a_proxy_that_is_not_there(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that can't be reached is a failed connection."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(ConnectError):
        call(kit, f"https://{HOST}")


@pytest.mark.parametrize(
    ("proxy", "problem"),
    [
        ("ftp://mary:secret@proxy.example.com", "it is not a URL such as http://host:port"),
        ("http://mary:secret@proxy.example.com:port", "it is not a URL such as http://host:port"),
        ("http://mary:sec/ret@proxy.example.com", "it is not a URL such as http://host:port"),
        ("socks5://mary:secret@proxy.example.com", "socksio"),
    ],
)
def test_a_proxy_that_can_not_be_used(kit: Kit, monkeypatch: pytest.MonkeyPatch, proxy: str, problem: str) -> None:
    """A proxy of an unknown kind is an error in the settings that does not show its password, on every call."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    transport = "httpx" if kit.kind == "sync" else LanePool(max_connections=1)
    client = kit.client(endpoint_url=f"https://{HOST}", timeout=5, transport=transport)
    for _ in range(3):
        with pytest.raises(ConfigError, match=r"the proxy 'proxy\.example\.com") as caught:
            kit.run(client.call, "ListUsers")
        assert problem in str(caught.value)
        assert "sec" not in str(caught.value)
        assert None is caught.value.__cause__ is caught.value.__context__
    kit.close(client)
