"""The endpoint of a call, from region, FIPS and dual-stack settings, by AWS's rules for the service."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from .._errors import ConfigError

SERVICE = "cognito-idp"


class Endpoint(NamedTuple):
    """An absolute URL without query or trailing slash, and the region to sign requests for."""

    url: str
    signing_region: str | None

    @property
    def host(self) -> str:
        """The value of the `host` header: the name, and the port unless it is the scheme's default."""
        parts = urlsplit(self.url)
        name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        default = {"https": 443, "http": 80}[parts.scheme]
        return name if parts.port in (None, default) else f"{name}:{parts.port}"

    @property
    def path(self) -> str:
        """The path of the URL as sent."""
        return urlsplit(self.url).path or "/"


class Target(NamedTuple):
    """The target of a call: the endpoint's parts as a request needs them, and the region to sign for."""

    url: str
    host: str
    path: str
    region: str | None


@lru_cache(maxsize=64)
def target_of(endpoint: Endpoint) -> Target:
    """Split an endpoint into its parts, once."""
    return Target(endpoint.url, endpoint.host, endpoint.path, endpoint.signing_region)


class Partition(NamedTuple):
    """A group of regions with its own domain names; `regions` is a regular expression."""

    name: str
    regions: str
    dns_suffix: str
    dual_stack_dns_suffix: str


PARTITIONS: Final[tuple[Partition, ...]] = (
    Partition("aws", r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+", "amazonaws.com", "api.aws"),
    Partition("aws-cn", r"cn-\w+-\d+", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    Partition("aws-us-gov", r"us-gov-\w+-\d+", "amazonaws.com", "api.aws"),
    Partition("aws-iso", r"us-iso-\w+-\d+", "c2s.ic.gov", "api.aws.ic.gov"),
    Partition("aws-iso-b", r"us-isob-\w+-\d+", "sc2s.sgov.gov", "api.aws.scloud"),
    Partition("aws-iso-e", r"eu-isoe-\w+-\d+", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    Partition("aws-iso-f", r"us-isof-\w+-\d+", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    Partition("aws-eusc", r"eusc-(de)-\w+-\d+", "amazonaws.eu", "api.amazonwebservices.eu"),
)
_FALLBACK = PARTITIONS[0]

# In these regions, the plain name of the FIPS endpoint answers on both IP versions.
_FIPS_DUAL_STACK_PLAIN = frozenset({"us-east-1", "us-east-2", "us-west-1", "us-west-2"})
_HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def check_region(region: str) -> str:
    """Return a region if it can be a label of a host name, whether this version knows it or not.

    Raises:
        ConfigError: it can't.
    """
    if not _HOST_LABEL.fullmatch(region):
        msg = f"region {region!r} can't be part of a host name; a region looks like 'eu-west-1'"
        raise ConfigError(msg)
    return region


def partition_of(region: str) -> Partition:
    """Return the partition of a region. A region that no partition claims counts as `aws`."""
    return next((partition for partition in PARTITIONS if re.fullmatch(partition.regions, region)), _FALLBACK)


def resolve(
    region: str | None,
    *,
    use_fips: bool = False,
    use_dualstack: bool = False,
    endpoint_url: str | None = None,
    allow_http: bool = False,
) -> Endpoint:
    """Return the endpoint for a region, or the custom one. A custom one can't be combined with FIPS or dual-stack.

    Raises:
        ConfigError: the region can't be part of a host name, the settings conflict, or the URL can't be used.
    """
    if region is not None:
        check_region(region)
    if endpoint_url is not None:
        if use_fips or use_dualstack:
            setting = "FIPS" if use_fips else "dual-stack"
            msg = f"a custom endpoint URL and the {setting} setting can't be combined: the URL already says where to go"
            raise ConfigError(msg)
        return Endpoint(checked_url(endpoint_url, allow_http=allow_http), region)
    if region is None:
        msg = "an endpoint needs a region or an endpoint URL"
        raise ConfigError(msg)
    host = f"{SERVICE}-fips" if use_fips else SERVICE
    return Endpoint(f"https://{host}.{region}.{_dns_suffix(region, fips=use_fips, dualstack=use_dualstack)}", region)


def _dns_suffix(region: str, *, fips: bool, dualstack: bool) -> str:
    partition = partition_of(region)
    plain_answers_both = region in _FIPS_DUAL_STACK_PLAIN if fips else partition.name == "aws"
    if dualstack and not plain_answers_both:
        return partition.dual_stack_dns_suffix
    return partition.dns_suffix


def checked_url(url: str, *, allow_http: bool = False, setting: str = "endpoint_url") -> str:
    """Return a custom endpoint URL without trailing slashes.

    Raises:
        ConfigError: it is not an absolute http or https URL; it has a query, a fragment or a user name; or it is plain
            http to another machine and `allow_http` is false, since that would send passwords unencrypted.
    """
    if not isinstance(url, str):
        msg = f"{setting} must be a str, not {type(url).__name__}"
        raise ConfigError(msg)
    problem = _url_problem(url, allow_http=allow_http)
    if problem is not None:
        msg = f"{setting} {_without_userinfo(url)!r} {problem}"
        raise ConfigError(msg)
    return url.rstrip("/")


def _url_problem(url: str, *, allow_http: bool) -> str | None:
    try:
        parts = urlsplit(url)
        port_is_readable = parts.port != 0
    except ValueError:
        # Not the parser's own message, which may quote a part of the password.
        return "can't be read as a URL"
    checks = (
        (parts.scheme in ("http", "https"), "has no scheme: it must begin with https:// (or http://)"),
        (bool(parts.hostname), "has no host"),
        (port_is_readable, "has port 0"),
        (is_plain_or_bracketed(parts.netloc), "has something before an IPv6 address, or between it and its port"),
        (parts.username is None and parts.password is None, "has a user name or password in it"),
        (not parts.query and "?" not in url, "has a query"),
        (not parts.fragment and "#" not in url, "has a fragment"),
        (url.isascii() and url.isprintable() and " " not in url, "has characters that must be percent-encoded"),
        (is_host(parts), "has a host that is neither a name nor an address"),
        (
            allow_http or parts.scheme == "https" or is_loopback(parts.hostname or ""),
            "is plain http to another machine, which would expose secrets; pass allow_http=True to allow it",
        ),
    )
    return next((problem for fine, problem in checks if not fine), None)


_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?")


def is_host(parts: SplitResult) -> bool:
    """Whether a URL's host is a name, an IPv4 address, or an IPv6 address in brackets without a zone."""
    host = parts.hostname or ""
    is_bracketed = "[" in parts.netloc.rpartition("@")[2]
    try:
        return (ip_address(host).version == _IPV6) == is_bracketed and "%" not in host
    except ValueError:
        return not is_bracketed and _HOST.fullmatch(host) is not None and not _NUMBERS.fullmatch(host)


_IPV6 = 6


# An invalid address such as 999.1.1.1 is not a name either (RFC 3986, 3.2.2).
_NUMBERS = re.compile(r"[0-9.]+")


def is_plain_or_bracketed(netloc: str) -> bool:
    """Whether brackets, if any, enclose the whole host. Other parsers would take text around them for the host."""
    return re.fullmatch(r"[^\[\]]*|(.*@)?\[[^\[\]]*\](:[0-9]*)?", netloc) is not None


def _without_userinfo(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
