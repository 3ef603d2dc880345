"""Every place that takes a URL refuses what it can't use by an error of ours, whatever the URL."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cognito_idp import Client, CognitoIdpError, ConfigError, Credentials, TokenVerifier, TrustedPool
from cognito_idp._protocol.endpoint import checked_url
from cognito_idp._transport.proxies import proxy_of
from cognito_idp.credentials import ContainerProvider, InstanceMetadataProvider
from cognito_idp.errors import CredentialsError
from tests.support.kit import CREDENTIALS
from tests.tokens.issuing import CLIENT, POOL, token

if TYPE_CHECKING:
    from collections.abc import Callable

# Text that parsers of URLs disagree about, or that only some of them refuse.
HOSTS = (
    *("localhost", "127.0.0.1", "example.com", "[::1]", "::1", "[::1", "::1]", "[", "][", "[]", "", "*"),
    *("[::1]evil.example", "evil[::1]", "[::1].evil", "[::1]:80:80", "[[::1]]", "a[b]c", "[::g]", "[1::2::3]"),
    *("[fe80::1%25eth0]", "[fe80::1%eth0]", "[v1.x]", "[127.0.0.1]", "[::ffff:1.2.3.4]", "%5B::1%5D"),
    *("999.1.1.1", "127.1", "0x7f.1", "a..b", ".a", "a.", "-a", "xn--", "\u00fc.example", "a\u3002b", "\uff10"),
    *("ex%61mple.com", "a" * 64 + ".com", "a." * 130 + "b", " ", "a b", "a\tb", "a\\b", "\u0661.0.0.1", "a\u200b"),
)
PORTS = ("", ":", ":80", ":0", ":65536", ":99999", ":-1", ":\u00b2", ":+1", ":1_0", ": 80", ":" + "9" * 5000, ":\u0663")
URLS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "HTTP://", "https:/", "//", "", "ftp://"]),
    st.sampled_from(["", "", "", "u:p@", "[x]@", "a@b@", "%ff%00@"]),
    st.sampled_from(HOSTS),
    st.sampled_from(PORTS),
    st.sampled_from(["", "/a", "?q=[", "#f", "/\\", "/@x", "/[]", "/\n", "/%zz"]),
) | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
PLAIN = [f"http://{host}{port}" for host in HOSTS for port in ("", ":80")] + [
    f"http://localhost{port}" for port in PORTS
]

ENGINES = ("httpx", "stdlib")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is resolved and no connection is made."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def call(engine: str, url: str | None = None, credentials: Any = CREDENTIALS) -> None:
    """Make a signed call, which must end in an error of ours."""
    settings: dict[str, Any] = {"transport": engine, "credentials": credentials, "allow_http": True, "retry": "off"}
    with pytest.raises(CognitoIdpError), Client("us-east-1", endpoint_url=url, **settings) as client:
        client.list_user_pools(max_results=1)


def verify(engine: Any, issued: str, **settings: Any) -> None:
    """Verify a token, which must end in an error of ours: no keys can be fetched."""
    try:
        pool = TrustedPool(POOL, client_ids=CLIENT, allow_http=True, **settings)
    except ConfigError:
        return
    with pytest.raises(CognitoIdpError), TokenVerifier(pool, token_use="access", transport=engine) as verifier:
        verifier.verify(issued)


def with_variable(name: str, **settings: Any) -> Callable[[str, str], None]:
    """Return a function that makes a call with a URL in a variable of the environment."""

    def function(engine: str, url: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_EC2_METADATA_DISABLED", "false")
            patch.setenv(name, url)
            if name == "NO_PROXY":
                patch.setenv("ALL_PROXY", "http://127.0.0.1:9")
            call(engine, **settings)

    return function


GOOD = token()
# By the place that takes a URL. The providers' pauses between attempts would take too long for many URLs.
PLACES: dict[str, Callable[[str, str], None]] = {
    "endpoint_url": call,
    "AWS_ENDPOINT_URL": with_variable("AWS_ENDPOINT_URL"),
    "HTTPS_PROXY": with_variable("HTTPS_PROXY"),
    "HTTP_PROXY": with_variable("HTTP_PROXY", url="http://example.com"),
    "ALL_PROXY": with_variable("ALL_PROXY"),
    "NO_PROXY": with_variable("NO_PROXY"),
    "NO_PROXY for IPv6": with_variable("NO_PROXY", url="https://[fd00::1]:8443"),
    "AWS_EC2_METADATA_SERVICE_ENDPOINT": with_variable(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT", credentials=InstanceMetadataProvider()
    ),
    "issuer": lambda engine, url: verify(engine, token(iss=url), issuer=url),
    "jwks_uri": lambda engine, url: verify(engine, GOOD, jwks_uri=url),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("place", PLACES)
def test_hosts_and_ports(engine: str, place: str) -> None:
    """Each odd host and port ends in an error of ours, in each place, over both engines."""
    for url in PLAIN:
        PLACES[place](engine, url)


@pytest.mark.parametrize("place", PLACES)
@given(url=URLS, engine=st.sampled_from(ENGINES))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_any_url(place: str, url: str, engine: str) -> None:
    """So does any URL that can stand there, and any text."""
    try:
        os.fsencode(url)
    except UnicodeEncodeError:
        return
    PLACES[place](engine, url)


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"])
@given(url=st.sampled_from(PLAIN) | URLS | st.sampled_from(["[::1]", "[::1]evil.example", "@evil.example", ":99999"]))
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_any_url_of_a_container(variable: str, url: str) -> None:
    """A container's URL is asked as it is or refused, so that no library below meets one that it can't read."""
    import httpx

    from cognito_idp.credentials.container import _checked_url

    whole = url if "FULL" in variable else f"http://169.254.170.2{url}"
    try:
        accepted = _checked_url(whole, variable, allow_http=False)
    except CredentialsError:
        return
    assert whole == accepted
    httpx.Request("GET", accepted)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "url",
    [
        "http://[::1]evil.example/",
        "http://evil.example[::1]/",
        "http://[::1",
        "http://[v1.x]/",
        "https://[fe80::1%25lo]/",
    ],
)
def test_a_container_behind_brackets(engine: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only looks like this machine is refused before anything is asked, and the error names the variable."""
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
    with (
        Client("us-east-1", transport=engine, credentials=ContainerProvider()) as client,  # type: ignore[arg-type]
        pytest.raises(CredentialsError, match="AWS_CONTAINER_CREDENTIALS_FULL_URI is not"),
    ):
        client.list_user_pools(max_results=1)


@pytest.mark.parametrize("url", [None, 5, b"https://example.com", ["https://example.com"], object()])
def test_a_url_that_is_no_text(url: Any) -> None:
    """Another type than `str` is an error of ours that names the setting."""
    with pytest.raises(ConfigError, match=f"endpoint_url= takes a string, not {type(url).__name__}"):
        checked_url(url)
    if url is not None:
        with pytest.raises(ConfigError, match="endpoint_url= takes a string"):
            Client("us-east-1", endpoint_url=url, credentials=Credentials("a", "b"))
        with pytest.raises(ConfigError, match="jwks_uri= takes a string"):
            TrustedPool(POOL, client_ids=CLIENT, jwks_uri=url)


@pytest.mark.parametrize("host", ["[::1]evil", "evil[::1]", "[v1.x]", "[fe80::1%25eth0]", "[127.0.0.1]", "[]"])
def test_a_proxy_behind_brackets(host: str) -> None:
    """A proxy whose brackets hold no IPv6 address, or not the whole host, is refused."""
    with pytest.raises(ConfigError, match="is not a URL"):
        proxy_of(f"http://user:pass[1]@{host}:3128")
    assert "::1" == proxy_of("http://user:pass@[::1]:3128").host
