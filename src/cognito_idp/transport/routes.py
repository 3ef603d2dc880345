"""Which way a URL takes, whatever the library: directly, or through a proxy that the environment names."""

from __future__ import annotations

import os
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from ..endpoint import is_loopback
from ..errors import ConfigError

MAX_CONNECTIONS = 100

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Where a URL leads: the host without the brackets of an IPv6 address, the port None where it is the scheme's."""

    scheme: str
    host: str
    port: int | None


@lru_cache(maxsize=32)
def origin_of(url: str) -> Origin:
    """Return where a URL leads; a client has few URLs."""
    parts = urlsplit(url)
    port = None if parts.port == _DEFAULT_PORTS.get(parts.scheme) else parts.port
    return Origin(parts.scheme, parts.hostname or "", port)


class Route(NamedTuple):
    """How a URL is reached. URLs with equal routes can share connections' settings."""

    scheme: str
    proxy: str | None

    def __repr__(self) -> str:
        """Leave out what may be a password."""
        return f"Route({self.scheme!r}, proxy={self.proxy and without_password(self.proxy)!r})"


def without_password(proxy: str) -> str:
    """Return a proxy's URL as it may be shown: without what stands before an @."""
    return proxy.rpartition("@")[2]


NO_PROXY_URL = "it is not a URL such as http://host:port"


def unusable_proxy(proxy: str, problem: str) -> ConfigError:
    """Return the error for a proxy that can't be used; raise it where no error is handled that shows the password."""
    return ConfigError(f"the proxy {without_password(proxy)!r} that the environment names can't be used: {problem}")


def route_of(url: str) -> Route:
    """Return the route of a URL."""
    return Route(origin_of(url).scheme, proxy_for(url))


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for a URL (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`)."""
    origin = origin_of(url)
    if origin.scheme == "http" and _is_local(origin.host):
        return None
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    # Half of the standard library comes with this module, which a cold start without a proxy can do without.
    from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

    proxies = getproxies_environment()
    proxy: str | None = proxies.get(origin.scheme) or proxies.get("all")
    if not proxy or any(proxy_bypass_environment(name, proxies) for name in _names(origin)):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _names(origin: Origin) -> tuple[str, str]:
    """Return the host alone and with its port: an entry may name one, and only then does IPv6 stand in brackets."""
    shown = f"[{origin.host}]" if ":" in origin.host else origin.host
    return origin.host, shown if origin.port is None else f"{shown}:{origin.port}"


def _is_local(host: str) -> bool:
    """Whether plain http may be spoken to a host because it stays on the machine, which a proxy would end.

    That is the machine itself, and the link-local addresses of the container and instance metadata services.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return is_loopback(host)
    return address.is_loopback or any(address in network for network in _METADATA_NETWORKS)


_METADATA_NETWORKS = (ip_network("169.254.0.0/16"), ip_network("fd00:ec2::/32"))
