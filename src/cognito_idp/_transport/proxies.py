"""The route of a URL, for every library: direct, or through a proxy that the environment names."""

from __future__ import annotations

import os
from base64 import b64encode
from functools import lru_cache
from ipaddress import ip_address, ip_network
from urllib.parse import unquote_to_bytes, urlsplit

from .._errors import ConfigError, ProxyError
from .._protocol.endpoint import has_host, is_loopback, is_plain_or_bracketed
from .._protocol.redaction import Record

DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(Record):
    """Where a URL leads: IPv6 hosts have no brackets, and the port is None if it is the scheme's default."""

    __slots__ = _fields = ("scheme", "host", "port")

    def __init__(self, scheme: str, host: str, port: int | None) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port

    @property
    def shown(self) -> str:
        """The host, and the port if it isn't the scheme's default, for messages."""
        if self.port is None:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@lru_cache(maxsize=32)
def origin_of(url: str) -> Origin:
    """Return where a URL leads, cached since a client uses only a few."""
    parts = urlsplit(url)
    port = None if parts.port == DEFAULT_PORTS.get(parts.scheme) else parts.port
    return Origin(parts.scheme, parts.hostname or "", port)


class Proxy(Record):
    """A proxy that the environment names.

    `scheme` is `http`, `https`, `socks4`, `socks5` or `socks5h`. `authorization` is the value of a Proxy-Authorization
    header (RFC 7617), or None without a user. `url` is as in the environment. `authorization` and `url` are secrets.
    """

    __slots__ = _fields = ("scheme", "host", "port", "authorization", "url")

    def __init__(self, scheme: str, host: str, port: int, authorization: str | None, url: str) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.authorization = authorization
        self.url = url

    @property
    def shown(self) -> str:
        """The host and port, without the password."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        """Leave out the user and the password."""
        return f"Proxy('{self.scheme}://{self.shown}')"


class Route(Record):
    """How a URL is reached. URLs with equal routes can share connection settings."""

    __slots__ = _fields = ("scheme", "proxy")

    def __init__(self, scheme: str, proxy: Proxy | None) -> None:
        self.scheme = scheme
        self.proxy = proxy


PROXY_AUTHENTICATION_REQUIRED = 407
NO_PROXY_URL = "it is not a URL such as http://host:port"


def unusable_proxy(url: str, problem: str) -> ConfigError:
    """Return the error for an unusable proxy; don't raise it while handling an error that shows the password."""
    shown = url.rpartition("@")[2]
    return ConfigError(f"the proxy {shown!r} that the environment names can't be used: {problem}")


def at_proxy(proxy: Proxy, host: str, problem: str) -> str:
    """Return the text for an error at a proxy on the way to a host."""
    return f"{host}: proxy {proxy.shown!r}: {problem}"


def refused_by_proxy(proxy: Proxy, status_code: int, host: str) -> ProxyError:
    """Return the error for a proxy that refused; none of its own text is shown."""
    problem = f"it refused the connection with status {status_code}"
    if status_code == PROXY_AUTHENTICATION_REQUIRED:
        problem += ": it doesn't accept the user or password" if proxy.authorization else ": it asks for a user"
    return ProxyError(at_proxy(proxy, host, problem), status_code=status_code)


def route_of(url: str) -> Route:
    """Return the route of a URL.

    Raises:
        ConfigError: the environment names a proxy whose URL can't be used.
    """
    proxy = proxy_for(url)
    return Route(origin_of(url).scheme, None if proxy is None else proxy_of(proxy))


_PROXY_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks5": 1080, "socks5h": 1080}


def proxy_of(url: str) -> Proxy:
    """Parse the URL of a proxy.

    Raises:
        ConfigError: it is not a URL, or its scheme is unknown.
    """
    proxy = _parsed_proxy(url)
    if proxy is None:
        raise unusable_proxy(url, NO_PROXY_URL)
    return proxy


def _parsed_proxy(url: str) -> Proxy | None:
    try:
        parts = urlsplit(url)
        user, _, host_and_port = parts.netloc.rpartition("@")
        port = _PROXY_PORTS[parts.scheme] if parts.port is None else parts.port
        name, _, password = map(unquote_to_bytes, user.partition(":"))
    except (KeyError, ValueError):
        return None
    host = parts.hostname
    # An @ after the host belongs to a password that contains a slash, which should have been percent-encoded.
    if not host or "@" in parts.path + parts.query + parts.fragment or not host.isprintable() or " " in host:
        return None
    if not is_plain_or_bracketed(host_and_port) or ("[" in host_and_port and not has_host(parts)):
        return None
    authorization = f"Basic {b64encode(name + b':' + password).decode('ascii')}" if user else None
    return Proxy(parts.scheme, host, port, authorization, url)


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for a URL (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).

    Entries of `NO_PROXY` are hosts, which include their subdomains and may have a port; `*.example.com`; networks such
    as `10.0.0.0/8`; or a single `*` for everything.
    """
    origin = origin_of(url)
    if origin.scheme == "http" and _is_local(origin.host):
        return None
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    # This module imports half of the standard library, which a cold start without a proxy doesn't need.
    from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

    proxies = getproxies_environment()
    proxy: str | None = proxies.get(origin.scheme) or proxies.get("all")
    if not proxy or any(proxy_bypass_environment(name, proxies) for name in _names(origin)):
        return None
    if any(_is_excepted(origin, entry.strip().lower()) for entry in proxies.get("no", "").split(",")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _names(origin: Origin) -> tuple[str, str]:
    """Return the host alone and with its port: an entry may have a port, and only then is IPv6 in brackets."""
    shown = f"[{origin.host}]" if ":" in origin.host else origin.host
    return origin.host, f"{shown}:{origin.port or DEFAULT_PORTS[origin.scheme]}"


def _is_excepted(origin: Origin, entry: str) -> bool:
    """Return whether a `NO_PROXY` entry covers a host, in one of the forms that the standard library doesn't know.

    They are `10.0.0.0/8` and `*.example.com`; the latter doesn't cover `example.com` itself.
    """
    if entry.startswith("*."):
        return any(name.endswith(entry[1:]) for name in _names(origin))
    if "/" not in entry:
        return False
    try:
        return ip_address(origin.host) in ip_network(entry, strict=False)
    except ValueError:
        return False


def _is_local(host: str) -> bool:
    """Return whether plain http to a host is allowed because it stays on this machine, as it wouldn't with a proxy.

    This covers the machine itself and the link-local addresses of the container and instance metadata services.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return is_loopback(host)
    return address.is_loopback or any(address in network for network in _METADATA_NETWORKS)


_METADATA_NETWORKS = (ip_network("169.254.0.0/16"), ip_network("fd00:ec2::/32"))
