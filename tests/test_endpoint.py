from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_idp import ConfigError
from cognito_idp._protocol.endpoint import Endpoint, checked_url, is_loopback, partition_of, real_region, resolve
from tests.vectors import vectors


@pytest.mark.parametrize("case", vectors("endpoints", "documentation", 57, cases="testCases"))
def test_resolves_as_the_rules_of_the_service_say(case: dict[str, Any]) -> None:
    """Region, FIPS, dual-stack and custom endpoint give the URL, or the refusal, of AWS's published cases."""
    parameters, expected = case.get("params", {}), case["expect"]
    settings = {
        "use_fips": parameters.get("UseFIPS", False),
        "use_dualstack": parameters.get("UseDualStack", False),
        "endpoint_url": parameters.get("Endpoint"),
    }
    if "error" in expected:
        with pytest.raises(ConfigError):
            resolve(parameters.get("Region"), **settings)
    else:
        endpoint = resolve(parameters.get("Region"), **settings)
        assert Endpoint(expected["endpoint"]["url"], parameters.get("Region")) == endpoint


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"use_fips": True}, "the FIPS setting can't be combined"),
        ({"use_dualstack": True}, "the dual-stack setting can't be combined"),
    ],
)
def test_a_custom_url_excludes_the_switches(settings: dict[str, bool], said: str) -> None:
    """The refusal names the setting that a custom endpoint can't be combined with."""
    with pytest.raises(ConfigError, match=said):
        resolve("eu-west-1", endpoint_url="https://example.com", **settings)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("mx-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
        ("xx-newland-1", "aws"),
        ("local", "aws"),
        ("eu-west-1-extra", "aws"),
    ],
)
def test_partition_of_a_region(region: str, partition: str) -> None:
    """A region belongs to the partition that claims its whole name; one that none claims counts as `aws`."""
    assert partition == partition_of(region).name


def test_an_unknown_region_falls_back_to_aws() -> None:
    """A region newer than this version works under AWS's main domain."""
    assert Endpoint("https://cognito-idp.xx-new-9.amazonaws.com", "xx-new-9") == resolve("xx-new-9")


@pytest.mark.parametrize(
    "region",
    ["", " ", "eu west", "eu-west-1.evil.example", "eu-west-1/", "eu@x", "-eu", "eu-", "EU-WEST", "é", "a\n"],
)
def test_a_region_that_could_change_the_host_is_refused(region: str) -> None:
    """Text that is no DNS label is refused by a message that shows it and what a region looks like."""
    with pytest.raises(ConfigError) as caught:
        resolve(region)
    assert f"region {region!r} can't be part of a host name; a region looks like 'eu-west-1'" == str(caught.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("example.com", "has no scheme"),
        ("example.com:8080", "has no scheme"),
        ("ftp://example.com", "has no scheme"),
        ("//example.com", "has no scheme"),
        ("", "has no scheme"),
        ("https://", "has no host"),
        ("https:///path", "has no host"),
        ("https://:443", "has no host"),
        ("https://example.com:0", "has port 0"),
        ("https://example.com:65536", "can't be read as a URL"),
        ("https://example.com:x", "can't be read as a URL"),
        ("https://[::1", "can't be read as a URL"),
        ("https://user@example.com", "has a user name or password in it"),
        ("https://:pass@example.com", "has a user name or password in it"),
        ("https://@example.com", "has a user name or password in it"),
        ("https://example.com?a=b", "has a query"),
        ("https://example.com/?", "has a query"),
        ("https://example.com#part", "has a fragment"),
        ("https://example.com/#", "has a fragment"),
        ("https://exämple.com", "has characters that must be percent-encoded"),
        ("https://example.com/a b", "has characters that must be percent-encoded"),
        ("https://example.com/a\x7f", "has characters that must be percent-encoded"),
        ("http://example.com", "is plain http to another machine"),
        ("http://127.0.0.1.example.com", "is plain http to another machine"),
        ("http://10.0.0.1", "is plain http to another machine"),
        ("http://localhost.example.com", "is plain http to another machine"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, said: str) -> None:
    """The refusal names the setting and what is wrong with the URL."""
    with pytest.raises(ConfigError, match=r"^endpoint_url '") as caught:
        checked_url(url)
    assert said in str(caught.value)


@pytest.mark.parametrize("url", ["https://me:hunter2@example.com", "https://me:hunter2@[::1", "https://hunter2@h?q"])
def test_a_refused_url_does_not_show_its_password(url: str) -> None:
    """What stands before the `@` never gets into the error's text."""
    with pytest.raises(ConfigError) as caught:
        checked_url(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:4566", "http://127.0.0.1", "http://127.1.2.3:1", "http://[::1]:80", "http://a.localhost:9"],
)
def test_plain_http_to_this_machine_is_fine(url: str) -> None:
    """Loopback addresses and `localhost` need no TLS."""
    assert url == checked_url(url)


def test_plain_http_elsewhere_must_be_asked_for() -> None:
    """`allow_http` lets plain http through to another machine."""
    assert checked_url("http://server:8080/", allow_http=True) == "http://server:8080"


HOSTS = frozenset({"localstack", "10.0.0.7", "fd00::7"})


@pytest.mark.parametrize(
    "url",
    ["http://localstack:4566", "http://LocalStack/a/", "http://10.0.0.7:80", "http://[FD00:0::7]:1", "https://other"],
)
def test_plain_http_to_named_hosts(url: str) -> None:
    """Plain http is let through to the hosts that are named, on any port."""
    assert url == checked_url(url, allow_http=HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "http://localstack.example.com",
        "http://x.localstack",
        "http://localstack.",
        "http://localstack@other",
        "http://other/localstack",
        "http://10.0.0.70",
        "http://[fd00::8]",
        "http://mylocalstack",
    ],
)
def test_plain_http_to_other_hosts(url: str) -> None:
    """A host is permitted by its whole name alone, and the refusal names the setting."""
    with pytest.raises(ConfigError) as caught:
        checked_url(url, allow_http=HOSTS)
    if "@" not in url:
        assert "pass allow_http=True or name the host in COGNITO_IDP_ALLOW_HTTP" in str(caught.value)


@pytest.mark.parametrize(
    ("host", "is_this_machine"),
    [
        ("localhost", True),
        ("x.localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("notlocalhost", False),
        ("localhost.", False),
        ("", False),
    ],
)
def test_loopback(host: str, is_this_machine: bool) -> None:
    """Only names and addresses that can't leave the machine count as loopback."""
    assert is_this_machine == is_loopback(host)


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://example.com", "example.com", "/"),
        ("https://EXAMPLE.com", "example.com", "/"),
        ("https://example.com:443", "example.com", "/"),
        ("http://localhost:80", "localhost", "/"),
        ("https://example.com:8443/base", "example.com:8443", "/base"),
        ("https://example.com:80", "example.com:80", "/"),
        ("http://localhost:443", "localhost:443", "/"),
        ("https://[::1]", "[::1]", "/"),
        ("https://[::1]:443", "[::1]", "/"),
        ("https://[2001:DB8::1]:8443/a/b%20c", "[2001:db8::1]:8443", "/a/b%20c"),
    ],
)
def test_host_header_and_path(url: str, host: str, path: str) -> None:
    """The host header leaves out the scheme's own port and keeps the brackets of an IPv6 address."""
    endpoint = Endpoint(url, "eu-west-1")
    assert (host, path) == (endpoint.host, endpoint.path)


@pytest.mark.parametrize("url", ["https://example.com/", "https://example.com///", "https://example.com"])
def test_a_slash_without_a_path_is_cut(url: str) -> None:
    """An endpoint without a path has one spelling, whether or not its URL was given with a slash."""
    assert Endpoint("https://example.com", "eu-west-1") == resolve("eu-west-1", endpoint_url=url)


@pytest.mark.parametrize(
    "url", ["https://example.com/prefix", "https://example.com/prefix/", "https://example.com/a//"]
)
def test_a_path_is_kept(url: str) -> None:
    """A path stays as it is, with or without a slash at its end."""
    endpoint = resolve("eu-west-1", endpoint_url=url)
    assert (url, urlsplit(url).path) == (endpoint.url, endpoint.path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", "https://example.com/token"),
        ("https://example.com/prefix", "https://example.com/prefix/token"),
        ("https://example.com/prefix/", "https://example.com/prefix/token"),
    ],
)
def test_a_path_below_an_endpoint(url: str, expected: str) -> None:
    """One slash is between an endpoint and a path below it."""
    assert expected == Endpoint(url, None).below("/token")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("eu-west-1", ("eu-west-1", False)),
        ("fips-us-east-1", ("us-east-1", True)),
        ("us-east-1-fips", ("us-east-1", True)),
        ("us-gov-fips-west-1", ("us-gov-west-1", True)),
    ],
)
def test_names_of_fips_endpoints(name: str, expected: tuple[str, bool]) -> None:
    """A region may be named as that of FIPS endpoints."""
    assert expected == real_region(name)


@pytest.mark.parametrize("name", ["fips-", "-fips", "fips-a.b", "eu-west-1  # home"])
def test_a_name_that_hides_no_region(name: str) -> None:
    """What is left of a region's name must be a region; the error shows the name as it was given."""
    with pytest.raises(ConfigError) as caught:
        real_region(name, "setting x")
    assert f"setting x {name!r} can't be part of a host name; a region looks like 'eu-west-1'" == str(caught.value)


pieces = st.sampled_from(["https://", "http://", "@", ":", "/", "?", "#", "\\", "[", "]", "::1", "h", "80", "%40", " "])
urls = st.one_of(st.lists(pieces, max_size=8).map("".join), st.text(max_size=12).map("https://".__add__), st.text())


@settings(deadline=None)
@given(url=urls, allow_http=st.booleans())
def test_what_passes_names_a_host_and_nothing_secret(url: str, *, allow_http: bool) -> None:
    """A URL that is let through has a scheme and a host, and neither user name, password, query nor fragment."""
    try:
        passed = checked_url(url, allow_http=allow_http)
    except ConfigError:
        return
    parts = urlsplit(passed)
    assert (None, None, "", "") == (parts.username, parts.password, parts.query, parts.fragment)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert not set("?#@ ") & set(parts.netloc + parts.query)
    assert parts.scheme == "https" or allow_http or is_loopback(parts.hostname)
