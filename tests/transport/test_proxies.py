"""The proxies that the environment names, for both clients."""

from __future__ import annotations

import pickle
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from cognito_idp._transport.lanes import LanePool
from cognito_idp._transport.routes import proxy_for, proxy_of
from cognito_idp.errors import ConfigError, ProxyError
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


AWS = "https://cognito-idp.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("url", "no_proxy", "expected"),
    [
        (AWS, "", "http://proxy:1"),
        (AWS, "amazonaws.com", None),
        (AWS, ".amazonaws.com", None),
        (AWS, "aws.com", "http://proxy:1"),
        (AWS, "*", None),
        (AWS, "example.com, *.AmazonAWS.com ,", None),
        (AWS, "*.cognito-idp.eu-west-1.amazonaws.com", "http://proxy:1"),
        (AWS, "*amazonaws.com", "http://proxy:1"),
        (AWS, "*.aws.com", "http://proxy:1"),
        (AWS, "amazonaws.com:443, example.com", None),
        (AWS, "*.amazonaws.com:443", None),
        (AWS, "*.amazonaws.com:8443", "http://proxy:1"),
        (AWS, "0.0.0.0/0, ::/0", "http://proxy:1"),
        ("https://[::1]:4566", "::1", None),
        ("https://[::1]:4566", "[::1]:4566", None),
        ("https://[fd12::7]", "fd00::/8", None),
        ("https://[fe80::7]", "fd00::/8", "http://proxy:1"),
        ("https://[fd12::7]", "10.0.0.0/8", "http://proxy:1"),
        ("https://10.200.0.7:8443", "10.0.0.0/8", None),
        ("https://10.200.0.7", "example.com,10.1.2.3/8", None),
        ("https://10.200.0.7", "10.200.0.7/32", None),
        ("https://11.0.0.1", "10.0.0.0/8", "http://proxy:1"),
        ("https://10.200.0.7", "10.0.0.0/33, 10/8, /8, 10.0.0.0/, 10.0.0.0/a", "http://proxy:1"),
        ("https://10.200.0.7", "10.0.0.0/33, 10.0.0.0/8", None),
        ("https://10.example.com", "10.0.0.0/8", "http://proxy:1"),
        ("http://cognito-idp.eu-west-1.amazonaws.com", "", None),
        ("https://127.0.0.1:4566", "", "http://proxy:1"),
    ],
)
def test_which_proxy(monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str, expected: str | None) -> None:
    """`HTTPS_PROXY` is for https alone; `NO_PROXY` names hosts, domains and networks, and other entries are ignored."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert expected == proxy_for(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://proxy.example.com:3128", ("http", "proxy.example.com", 3128, None)),
        ("HTTP://Proxy.example.com/", ("http", "proxy.example.com", 80, None)),
        ("https://[fd00::1]", ("https", "fd00::1", 443, None)),
        ("http://mary:secret@p:1", ("http", "p", 1, "Basic bWFyeTpzZWNyZXQ=")),
        ("http://mary:sec%40r%2Fet%3A@p:1", ("http", "p", 1, f"Basic {b64encode(b'mary:sec@r/et:').decode()}")),
        ("http://mary:sec@ret@p:1", ("http", "p", 1, f"Basic {b64encode(b'mary:sec@ret').decode()}")),
        ("http://m\u00e4ry:@p:1", ("http", "p", 1, "Basic bcOkcnk6")),
        ("http://mary@p:1", ("http", "p", 1, "Basic bWFyeTo=")),
        ("http://@p:1", ("http", "p", 1, None)),
        ("socks5://mary:secret@p", ("socks5", "p", 1080, "Basic bWFyeTpzZWNyZXQ=")),
        ("socks5h://p:9", ("socks5h", "p", 9, None)),
        ("socks4://p", ("socks4", "p", 1080, None)),
    ],
)
def test_the_parts_of_a_proxy(url: str, expected: tuple[object, ...]) -> None:
    """A proxy's URL has a scheme, a host, a port and a user, percent-decoded; none of its secrets shows."""
    proxy = proxy_of(url)
    assert (*expected, url) == proxy
    assert hash(proxy) == hash(proxy_of(url))
    shown = f"[{proxy.host}]:{proxy.port}" if ":" in proxy.host else f"{proxy.host}:{proxy.port}"
    assert (shown, f"Proxy('{proxy.scheme}://{shown}')") == (proxy.shown, repr(proxy))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://mary:secret@p",
        "http://",
        "http://mary:secret@",
        "http://mary:secret@p:port",
        "http://mary:secret@p:70000",
        "http://mary:sec/ret@p",
        # Read otherwise, these would be host `mary`, and the port the start of the password.
        "http://mary:12/secret@p",
        "http://mary:12?secret@p",
        "http://mary:12#secret@p",
        "http://mary:secret@[::1",
        "http://mary:secret@p p",
        "http://mary:sec\udc80ret@p",
    ],
)
def test_what_is_no_proxy(url: str) -> None:
    """What is not the URL of a proxy is refused, and nothing of the error shows what may be a password."""
    with pytest.raises(ConfigError, match="it is not a URL such as http://host:port") as caught:
        proxy_of(url)
    assert "sec" not in str(caught.value)
    assert None is caught.value.__cause__ is caught.value.__context__


def test_a_proxy_that_refuses(kit: Kit, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that makes no tunnel is a failed connection: the service got nothing."""
    proxy = serve(answer(b"no", status=407))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    expected = f"{HOST}: proxy '127.0.0.1:{proxy.port}': it refused the connection with status 407: it asks for a user"
    with pytest.raises(ProxyError) as caught:
        call(kit, f"https://{HOST}")
    assert expected == str(caught.value)
    assert not caught.value.sent


def test_an_error_of_a_proxy_survives_a_pickle() -> None:
    """A `ProxyError` keeps its status, and whether it may be tried again, on the way to another process."""
    for status_code, is_retryable in ((407, False), (502, True), (None, True)):
        error = pickle.loads(pickle.dumps(ProxyError("text", status_code=status_code)))
        assert ("text", status_code, is_retryable) == (str(error), error.status_code, error.is_retryable)


def test_a_proxy_that_is_not_there(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that can't be reached is a failed connection."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(ProxyError):
        call(kit, f"https://{HOST}")


@pytest.mark.parametrize(
    ("proxy", "problem"),
    [
        ("ftp://mary:secret@proxy.example.com", "it is not a URL such as http://host:port"),
        ("http://mary:secret@proxy.example.com:port", "it is not a URL such as http://host:port"),
        ("http://mary:sec/ret@proxy.example.com", "it is not a URL such as http://host:port"),
        ("socks5://mary:secret@proxy.example.com", "socksio"),
        ("socks4://mary:secret@proxy.example.com", "httpx knows socks5 only"),
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
