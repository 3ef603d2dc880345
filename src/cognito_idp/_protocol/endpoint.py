"""The endpoint of a call, from region, FIPS and dual-stack settings, by AWS's rules for the service."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from .._errors import ConfigError
from .redaction import Record

SERVICE = "cognito-idp"

# The setting that names hosts for plain http.
ALLOW_HTTP: Final = "COGNITO_IDP_ALLOW_HTTP"
_TO_ALLOW_HTTP: Final = f"to allow it, pass allow_http=True or name the host in {ALLOW_HTTP}"
# Plain http to other machines: to all or none of them, or to the hosts with these names and addresses.
AllowHttp: TypeAlias = bool | frozenset[str]


class Endpoint(Record):
    """An absolute URL without a query, and the region to sign requests for."""

    __slots__ = _fields = ("url", "signing_region")

    def __init__(self, url: str, signing_region: str | None) -> None:
        self.url = url
        self.signing_region = signing_region

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

    def below(self, path: str) -> str:
        """Return the URL of a path, which begins with a slash, below this one."""
        return f"{self.url.removesuffix('/')}{path}"


class Target(Record):
    """The target of a call: the endpoint's parts as a request needs them, and the region to sign for."""

    __slots__ = _fields = ("url", "host", "path", "region")

    def __init__(self, url: str, host: str, path: str, region: str | None) -> None:
        self.url = url
        self.host = host
        self.path = path
        self.region = region


@lru_cache(maxsize=64)
def target_of(endpoint: Endpoint) -> Target:
    """Split an endpoint into its parts, once."""
    return Target(endpoint.url, endpoint.host, endpoint.path, endpoint.signing_region)


class Partition(Record):
    """A group of regions with its own domain names; `regions` is a regular expression."""

    __slots__ = _fields = ("name", "regions", "dns_suffix", "dual_stack_dns_suffix")

    def __init__(self, name: str, regions: str, dns_suffix: str, dual_stack_dns_suffix: str) -> None:
        self.name = name
        self.regions = regions
        self.dns_suffix = dns_suffix
        self.dual_stack_dns_suffix = dual_stack_dns_suffix


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
_LABEL_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
_MOST_LABEL_CHARACTERS = 63


def check_region(region: str) -> str:
    """Return a region if it can be a label of a host name, whether this version knows it or not.

    Raises:
        ConfigError: it can't.
    """
    if not _is_host_label(region):
        raise _no_region(region, "region")
    return region


def real_region(region: str, setting: str = "region") -> tuple[str, bool]:
    """Return a region, and whether it was named as that of FIPS endpoints: `fips-us-east-1` or `us-east-1-fips`.

    boto3 reads such names in this way.

    Raises:
        ConfigError: it can't be part of a host name; the text names the `setting`.
    """
    real = region.replace("fips-", "").replace("-fips", "")
    if not _is_host_label(real):
        raise _no_region(region, setting)
    return real, real != region


def _is_host_label(text: str) -> bool:
    # Not a regular expression: every client checks its region, and compiling one takes a cold start 0.2 ms.
    return (
        0 < len(text) <= _MOST_LABEL_CHARACTERS
        and not text.strip(_LABEL_CHARACTERS)
        and not text.startswith("-")
        and not text.endswith("-")
    )


def _no_region(region: str, setting: str) -> ConfigError:
    return ConfigError(f"{setting} {region!r} can't be part of a host name; a region looks like 'eu-west-1'")


def partition_of(region: str) -> Partition:
    """Return the partition of a region. A region that no partition claims counts as `aws`."""
    return next((partition for partition in PARTITIONS if re.fullmatch(partition.regions, region)), _FALLBACK)


def resolve(
    region: str | None,
    *,
    use_fips: bool = False,
    use_dualstack: bool = False,
    endpoint_url: str | None = None,
    allow_http: AllowHttp = False,
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


# In AWS GovCloud (US), the domains of user pools are FIPS endpoints, and there are no others.
_DOMAINS_ARE_FIPS: Final = "aws-us-gov"


def domain_url(domain: str, region: str | None, *, use_fips: bool = False, allow_http: AllowHttp = False) -> str:
    """Return the URL of a user pool's domain: from a prefix at amazoncognito.com, a host name, or a URL.

    Sources: Cognito developer guide, "Configuring a user pool domain"; AWS GovCloud (US) user guide, "Amazon Cognito".

    Raises:
        ConfigError: it is none of these; a prefix comes without a region, or is in a partition whose domains are not
            published; or FIPS is asked for where the domain already says where to go.
    """
    if "://" in domain or "." in domain:
        if use_fips:
            msg = "use_fips=True can't be combined with a domain of your own: it already says where to go"
            raise ConfigError(msg)
        if "://" in domain:
            return checked_url(domain, allow_http=allow_http, setting="domain")
        if is_host(domain):
            return f"https://{domain}"
    elif _is_host_label(domain):
        if region is None:
            msg = f"domain {domain!r} is a prefix, so it needs a region: pass region=, or the whole host name or URL"
            raise ConfigError(msg)
        partition = partition_of(check_region(region)).name
        if partition not in ("aws", _DOMAINS_ARE_FIPS):
            msg = (
                f"domain {domain!r} is a prefix, and AWS doesn't publish where those of {region} lie: pass a host name"
            )
            raise ConfigError(msg)
        label = "auth-fips" if use_fips or partition == _DOMAINS_ARE_FIPS else "auth"
        return f"https://{domain}.{label}.{region}.amazoncognito.com"
    shown = _without_userinfo(domain)
    msg = f"domain {shown!r} is neither a prefix ('my-app'), nor a host name ('auth.example.com'), nor a URL"
    raise ConfigError(msg)


def checked_url(url: str, *, allow_http: AllowHttp = False, setting: str = "endpoint_url") -> str:
    """Return a custom endpoint URL as it is, but for the slash that stands alone for the path.

    Raises:
        ConfigError: it is not an absolute http or https URL; it has a query, a fragment or a user name; or it is plain
            http to another machine that `allow_http` does not permit, since that would send passwords unencrypted.
    """
    if not isinstance(url, str):
        msg = f"{setting}= takes a string, not {type(url).__name__}"
        raise ConfigError(msg)
    problem = _url_problem(url, allow_http=allow_http)
    if problem is not None:
        msg = f"{setting} {_without_userinfo(url)!r} {problem}"
        raise ConfigError(msg)
    return url if urlsplit(url).path.strip("/") else url.rstrip("/")


def _url_problem(url: str, *, allow_http: AllowHttp) -> str | None:
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
        (has_host(parts), "has a host that is neither a name nor an address"),
        (
            parts.scheme == "https" or may_be_plain_http(parts.hostname or "", allow_http),
            f"is plain http to another machine, which would expose secrets; {_TO_ALLOW_HTTP}",
        ),
    )
    return next((problem for fine, problem in checks if not fine), None)


_HOST = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?"


def has_host(parts: SplitResult) -> bool:
    """Whether a URL's host is a name, an IPv4 address, or an IPv6 address in brackets without a zone."""
    host = parts.hostname or ""
    is_bracketed = "[" in parts.netloc.rpartition("@")[2]
    return is_host(host) and (":" in host) == is_bracketed


def is_host(host: str) -> bool:
    """Whether text is the name or the address of a host. An address has no zone, which means something here alone."""
    try:
        ip_address(host)
    except ValueError:
        return re.fullmatch(_HOST, host) is not None and host.strip(_NUMBERS) != ""
    return "%" not in host


# An invalid address such as 999.1.1.1 is not a name either (RFC 3986, 3.2.2).
_NUMBERS = "0123456789."


def is_plain_or_bracketed(netloc: str) -> bool:
    """Whether brackets, if any, enclose the whole host. Other parsers would take text around them for the host."""
    if "[" not in netloc and "]" not in netloc:  # compiling takes a cold start a part of a millisecond
        return True
    return re.fullmatch(r"(.*@)?\[[^\[\]]*\](:[0-9]*)?", netloc) is not None


def _without_userinfo(url: str) -> str:
    """Return a URL that may be malformed without all that stands before its last `@`, but for a scheme."""
    before, _, rest = url.rpartition("@")
    scheme, separator, _ = before.partition("://")
    return f"{scheme}{separator}{rest}" if separator and scheme.isalnum() else rest


def may_be_plain_http(host: str, allow_http: AllowHttp) -> bool:
    """Whether a host may be sent secrets by plain http: it is this machine, or it is permitted."""
    return is_loopback(host) or (allow_http if isinstance(allow_http, bool) else same_host(host) in allow_http)


def same_host(host: str) -> str:
    """Return the one spelling of a host's name or address."""
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower()


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
