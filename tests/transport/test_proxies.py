"""Which proxy the environment names for a URL, and what a proxy's URL says; `behaviour` calls through them."""

from __future__ import annotations

import pickle
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from cognito_idp._transport.lanes import LanePool
from cognito_idp._transport.proxies import proxy_for, proxy_of
from cognito_idp.errors import ConfigError, ProxyError

if TYPE_CHECKING:
    from tests.support.kit import Kit

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
    assert (*expected, url) == (proxy.scheme, proxy.host, proxy.port, proxy.authorization, proxy.url)
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
def test_what_is_not_a_proxy(url: str) -> None:
    """What is not the URL of a proxy is refused, and nothing of the error shows what may be a password."""
    with pytest.raises(ConfigError, match="it is not a URL such as http://host:port") as caught:
        proxy_of(url)
    assert "sec" not in str(caught.value)
    assert None is caught.value.__cause__ is caught.value.__context__


def test_an_error_of_a_proxy_survives_a_pickle() -> None:
    """A `ProxyError` keeps its status, and whether it may be tried again, on the way to another process."""
    for status_code, is_retryable in ((407, False), (502, True), (None, True)):
        error = pickle.loads(pickle.dumps(ProxyError("text", status_code=status_code)))
        assert ("text", status_code, is_retryable) == (str(error), error.status_code, error.is_retryable)


@pytest.mark.parametrize(
    ("proxy", "problem"),
    [
        ("ftp://mary:secret@proxy.example.com", "it is not a URL such as http://host:port"),
        ("socks5://mary:secret@proxy.example.com", "socksio"),
        ("socks4://mary:secret@proxy.example.com", "httpx knows socks5 only"),
    ],
)
def test_a_proxy_that_can_not_be_used(kit: Kit, monkeypatch: pytest.MonkeyPatch, proxy: str, problem: str) -> None:
    """A proxy that httpx can't use is an error in the settings, without its password; the call leaves its place."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    # One connection at most: a call that kept its place in the line would hold up the next one.
    transport = "httpx" if kit.kind == "sync" else LanePool(max_connections=1)
    client = kit.client(endpoint_url="https://cognito-idp.example.invalid", timeout=5, transport=transport)
    for _ in range(3):
        with pytest.raises(ConfigError, match=r"the proxy 'proxy\.example\.com") as caught:
            kit.run(client.call, "ListUsers")
        assert problem in str(caught.value)
        assert "sec" not in str(caught.value)
        assert None is caught.value.__cause__ is caught.value.__context__
    kit.close(client)
