"""The proxies that the environment names, over the default transports; others are configured by who brings them."""

from __future__ import annotations

import re
import traceback
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from cognito_idp import Timeout
from cognito_idp.errors import (
    ConfigError,
    ConnectError,
    ConnectTimeoutError,
    DeadlineExceededError,
    InvalidResponseError,
    ProxyError,
    TransportError,
)
from cognito_idp.testing import NoWaitRetry
from tests.support.answers import answer, close, hang, in_turn, reset, tunnel
from tests.support.hostile import drip_head, garbage

from .wires import over

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support.answers import Handler
    from tests.support.server import Connection, Received, Server
    from tests.support.tls import Authority

    from .rig import Rig

# A host that does not exist: whoever reaches the server went through the proxy.
HOST = "cognito-idp.example.invalid"
DEFAULTS = over(lambda wire: wire.is_default)


@pytest.fixture
def target(serve: Serve, trusted: Authority) -> Server:
    """Start a server with TLS whose certificate is trusted, for an address that nobody has, too."""
    return serve(answer(b'{"Users": []}'), tls=trusted.server_context("127.0.0.1", "192.0.2.1"))


@DEFAULTS
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_through_a_tunnel(
    rig: Rig, serve: Serve, target: Server, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """An https call asks the proxy for a tunnel to its host, and shakes hands with that host inside, once."""
    proxy = serve(tunnel(target.port))
    monkeypatch.setenv(variable, proxy.url)
    client = rig.client("https://192.0.2.1:8443")
    for _ in range(2):
        assert {"Users": []} == rig.call(client)
    assert ["CONNECT 192.0.2.1:8443 HTTP/1.1"] == [request.request_line for request in proxy.requests]
    assert ["192.0.2.1:8443"] * 2 == [request.header("host") for request in target.requests]


@DEFAULTS
def test_the_proxy_sees_nothing_of_the_call(
    rig: Rig, serve: Serve, target: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy gets its own credentials and neither the signature nor the body; the host does not get the proxy's."""
    proxy = serve(tunnel(target.port))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://mary:sec%40ret@"))
    rig.call_once("https://192.0.2.1:8443")
    expected = f"Basic {b64encode(b'mary:sec@ret').decode()}"
    assert expected == proxy.requests[0].header("proxy-authorization")
    assert None is proxy.requests[0].header("authorization")
    assert b"" == proxy.requests[0].body
    assert None is target.requests[0].header("proxy-authorization")


@DEFAULTS
def test_a_tunnel_does_not_lower_the_guard(
    rig: Rig, serve: Serve, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a tunnel, too, the certificate must be for the host of the URL."""
    other = serve(answer(), tls=trusted.server_context("127.0.0.1"))
    monkeypatch.setenv("HTTPS_PROXY", serve(tunnel(other.port)).url)
    with pytest.raises(ConnectError, match=r"^192\.0\.2\.1:8443: .*(?i:certificate)") as caught:
        rig.call_once("https://192.0.2.1:8443")
    assert ConnectError is type(caught.value)
    assert [] == other.requests


@DEFAULTS
def test_a_proxy_behind_tls(
    rig: Rig, serve: Serve, target: Server, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy may be an https one; its certificate is checked like any other."""
    proxy = serve(tunnel(target.port), tls=trusted.server_context("127.0.0.1"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    assert {"Users": []} == rig.call_once("https://192.0.2.1:8443")
    impostor = serve(tunnel(target.port), tls=trusted.server_context("127.0.0.2"))
    monkeypatch.setenv("HTTPS_PROXY", impostor.url)
    with pytest.raises(
        ProxyError, match=rf"^192\.0\.2\.1:8443: proxy '127\.0\.0\.1:{impostor.port}': .*(?i:certificate)"
    ):
        rig.call_once("https://192.0.2.1:8443")
    assert [] == impostor.requests


@DEFAULTS
def test_a_failure_behind_the_tunnel(
    rig: Rig, serve: Serve, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong at the host, at the end of a tunnel that was used before, is not laid at the proxy's door."""
    server = serve(in_turn(answer(), close), tls=trusted.server_context("192.0.2.1"))
    monkeypatch.setenv("HTTPS_PROXY", serve(tunnel(server.port)).url)
    client = rig.client("https://192.0.2.1:8443")
    assert {} == rig.call(client)
    with pytest.raises(TransportError, match=r"^192\.0\.2\.1:8443: (?!proxy)") as caught:
        rig.call(client)
    assert (False, True) == (isinstance(caught.value, ConnectError), caught.value.sent)


@DEFAULTS
def test_a_failure_of_a_forwarded_call(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain-http call that the proxy took and didn't answer may have been passed on."""
    monkeypatch.setenv("HTTP_PROXY", serve(close).url)
    with pytest.raises(TransportError) as caught:
        rig.call_once(f"http://{HOST}")
    assert (False, True) == (isinstance(caught.value, ConnectError), caught.value.sent)


@DEFAULTS
@pytest.mark.parametrize("form", ["{url}", "127.0.0.1:{port}"])
def test_http_is_forwarded(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """A plain http call hands the proxy its whole URL; a proxy given as host and port alone is an http one."""
    proxy = serve(answer(b'{"Users": []}'))
    monkeypatch.setenv("HTTP_PROXY", form.format(url=proxy.url, port=proxy.port))
    assert {"Users": []} == rig.call_once(f"http://{HOST}")
    assert f"POST http://{HOST}/ HTTP/1.1" == proxy.requests[0].request_line
    assert HOST == proxy.requests[0].header("host")


@DEFAULTS
@pytest.mark.parametrize("form", ["127.0.0.1", "127.0.0.1:{port}", "example.com, 127.0.0.1", "*", "127.0.0.0/8"])
def test_no_proxy(rig: Rig, target: Server, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """A host that `NO_PROXY` names, with or without its port or by its network, is reached directly."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", form.format(port=target.port))
    assert {"Users": []} == rig.call_once(target.url)


@DEFAULTS
@pytest.mark.parametrize("form", ["127.0.0.2", "127.0.0.1:{other}", "example.com", "10.0.0.0/8", "127.0.0.1/33"])
def test_no_proxy_for_somebody_else(
    rig: Rig, serve: Serve, target: Server, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """`NO_PROXY` says nothing of other hosts, other ports and other networks."""
    proxy = serve(tunnel(target.port))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", form.format(other=target.port + 1))
    rig.call_once(target.url)
    assert (1, 1) == (len(proxy.requests), len(target.requests))


def test_plain_http_stays_on_the_machine(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http to this machine goes past every proxy, which would carry it off unencrypted."""
    for variable in ("HTTP_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert {} == rig.call_once(serve(answer()).url)


def at(port: int) -> str:
    """Return what an error says of a proxy on this machine, as a pattern."""
    return rf"{re.escape(HOST)}: proxy '127\.0\.0\.1:{port}': "


def echo(connection: Connection, request: Received) -> None:
    """Be a proxy that refuses, and repeats its user's password in the reason."""
    connection.send(f"HTTP/1.1 403 {request.header('proxy-authorization')}\r\nContent-Length: 0\r\n\r\n".encode())


def echo_garbage(connection: Connection, request: Received) -> None:
    """Be a proxy that repeats its user's password in place of an answer."""
    connection.send(f"{request.header('proxy-authorization')}\r\n\r\n".encode())
    connection.close()


@DEFAULTS
@pytest.mark.parametrize(
    ("handler", "status_code"),
    [
        (answer(b"no", status=407), 407),
        (answer(b"no", status=502), 502),
        (answer(b"no", status=302, headers=(("Location", "https://127.0.0.1:1/"),)), 302),
        (echo, 403),
        (close, None),
        (reset, None),
        (garbage, None),
        (echo_garbage, None),
    ],
    ids=["407", "502", "redirect", "password in the reason", "closed", "reset", "garbage", "password as garbage"],
)
def test_a_proxy_that_makes_no_tunnel(
    rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch, handler: Handler, status_code: int | None
) -> None:
    """Without a tunnel nothing is sent; the error names the proxy, and no word of it shows the proxy's password."""
    proxy = serve(handler)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://mary:pass-word@"))
    with pytest.raises(ProxyError, match=at(proxy.port)) as caught:
        rig.call_once(f"https://{HOST}")
    assert status_code == caught.value.status_code
    hint = ": it doesn't accept the user or password" if status_code == 407 else ""
    assert status_code is None or f"it refused the connection with status {status_code}{hint}" in str(caught.value)
    assert not caught.value.sent
    assert ["CONNECT"] == [request.request_line.split()[0] for request in proxy.requests]
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "pass-word" not in shown
    assert b64encode(b"mary:pass-word").decode() not in shown


@DEFAULTS
@pytest.mark.parametrize(("status", "attempts"), [(407, 1), (502, 3)])
@pytest.mark.parametrize("operation", ["ListUsers", "SignUp"])
def test_a_407_is_not_tried_again(
    rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch, operation: str, status: int, attempts: int
) -> None:
    """A wrong password of the proxy stays wrong; another refusal may pass, and nothing has reached the service."""
    proxy = serve(answer(b"no", status=status))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    client = rig.client(f"https://{HOST}", retry=NoWaitRetry())
    hint = ": it asks for a user" if status == 407 else ""
    words = f"it refused the connection with status {status}{hint}$"
    with pytest.raises(ProxyError, match=at(proxy.port) + words) as caught:
        rig.kit.run(client.call, operation, {})
    assert (attempts, attempts) == (caught.value.attempts, len(proxy.requests))


@DEFAULTS
def test_a_407_for_plain_http(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 407 for a request that the proxy should have passed on is the proxy's, and the service got nothing."""
    proxy = serve(answer(b"pass-word", status=407))
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("://", "://mary:pass-word@"))
    client = rig.client(f"http://{HOST}", retry=NoWaitRetry())
    with pytest.raises(ProxyError, match=at(proxy.port)) as caught:
        rig.call(client)
    assert (407, False, 1) == (caught.value.status_code, caught.value.sent, len(proxy.requests))
    assert "pass-word" not in "".join(traceback.format_exception(caught.value))


@DEFAULTS
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_407_of_somebody_else(
    rig: Rig, serve: Serve, trusted: Authority, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Without a proxy, and from the host at the end of a tunnel, a 407 is an answer like any other."""
    tls = trusted.server_context("127.0.0.1") if scheme == "https" else None
    server = serve(answer(b"no", status=407), tls=tls)
    monkeypatch.setenv("HTTPS_PROXY", serve(tunnel(server.port)).url)
    with pytest.raises(InvalidResponseError) as caught:
        rig.call_once(server.url)
    assert 407 == caught.value.status_code


@DEFAULTS
def test_a_502_for_plain_http(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a 502 for a request that was to be passed on is the proxy's can't be known, so it may have been sent."""
    monkeypatch.setenv("HTTP_PROXY", serve(answer(b"no", status=502)).url)
    with pytest.raises(InvalidResponseError) as caught:
        rig.call_once(f"http://{HOST}")
    assert 502 == caught.value.status_code


@DEFAULTS
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there(rig: Rig, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """A proxy that can't be reached is named, without its password, and nothing was sent."""
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", "http://mary:pass-word@127.0.0.1:1")
    with pytest.raises(ProxyError, match=at(1)) as caught:
        rig.call_once(f"{scheme}://{HOST}")
    assert (None, False, True) == (caught.value.status_code, caught.value.sent, caught.value.is_retryable)
    assert "pass-word" not in "".join(traceback.format_exception(caught.value))


@DEFAULTS
def test_a_proxy_without_tls(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is asked for TLS and speaks plain http is sent nothing, the password least of all."""
    proxy = serve(answer(), greeting=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", "https://mary:pass-word@"))
    with pytest.raises(ProxyError, match=at(proxy.port)) as caught:
        rig.call_once(f"https://{HOST}")
    assert "pass-word" not in "".join(traceback.format_exception(caught.value))
    assert [] == proxy.requests


@DEFAULTS
@pytest.mark.parametrize(
    "proxy",
    [
        "ftp://mary:secret@proxy.example.com",
        "http://mary:secret@proxy.example.com:port",
        "http://mary:sec/ret@proxy.example.com",
    ],
)
def test_a_proxy_that_can_not_be_used(rig: Rig, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """A proxy of an unknown kind is an error in the settings that does not show its password, on every call."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    client = rig.client(f"https://{HOST}")
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"the proxy 'proxy\.example\.com") as caught:
            rig.call(client)
        assert "sec" not in "".join(traceback.format_exception_only(caught.value))
        assert None is caught.value.__cause__ is caught.value.__context__


@DEFAULTS
def test_the_connect_limit_of_a_proxy(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that takes the request for a tunnel and says nothing is given up, and nothing was sent."""
    proxy = serve(hang)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(ConnectTimeoutError, match=at(proxy.port)) as caught:
        rig.call_once(f"https://{HOST}", timeout=Timeout(connect=0.05, read=0.05))
    assert not caught.value.sent


@DEFAULTS
@pytest.mark.usefixtures("trusted")
def test_a_proxy_that_drips(rig: Rig, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that sends the head of its answer byte by byte, without end, holds a call no longer than its limit."""
    proxy = serve(drip_head())
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(DeadlineExceededError):
        rig.call_once("https://192.0.2.1:8443", timeout=0.05)
    proxy.wait_for(lambda: proxy.open == 0)
