"""Where STS, SSO, SSO OIDC and sign-in are: held against botocore's own endpoint rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.endpoint_provider
import botocore.exceptions
import botocore.loaders
import pytest

from cognito_idp._protocol.endpoint import Endpoint, real_region
from cognito_idp.credentials.service_endpoint import SIGNIN, SSO, SSO_OIDC, STS, Service, default_endpoint, endpoint_for
from cognito_idp.errors import ConfigError

from .remote import Home

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = {"sts": STS, "sso": SSO, "sso-oidc": SSO_OIDC, "signin": SIGNIN}
REGIONS = (
    "us-east-1",
    "eu-west-1",
    "cn-north-1",
    "us-gov-west-1",
    "us-gov-east-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
    "us-isof-south-1",
    "eusc-de-east-1",
    "xx-nowhere-9",
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Make a home folder without a configured endpoint."""
    made = Home(tmp_path / "home", "")
    made.write("config", "[default]\n")
    return made


@pytest.mark.parametrize("name", SERVICES)
def test_against_botocore(name: str) -> None:
    """Each service's endpoint in each partition, with and without FIPS and dual-stack, is that of botocore's rules."""
    loader = botocore.loaders.Loader()
    rules = botocore.endpoint_provider.EndpointProvider(
        loader.load_service_model(name, "endpoint-rule-set-1"), loader.load_data("partitions")
    )
    for region in REGIONS:
        for fips in (False, True):
            for dualstack in (False, True):
                expected = _expected(rules, region, fips=fips, dualstack=dualstack)
                found = default_endpoint(SERVICES[name], region, use_fips=fips, use_dualstack=dualstack)
                assert expected == found.url
                assert region == found.signing_region


def _expected(rules: Any, region: str, *, fips: bool, dualstack: bool) -> str:
    url: str = rules.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dualstack).url
    return url


@pytest.mark.parametrize("service", SERVICES.values())
@pytest.mark.parametrize(
    ("environ", "config", "expected"),
    [
        ({"AWS_ENDPOINT_URL_{}": "https://a/"}, "endpoint_url = https://b", "https://a"),
        ({"AWS_ENDPOINT_URL": "https://a"}, "services = s", "https://a"),
        ({}, "services = s\nendpoint_url = https://b", "https://in-services"),
        ({}, "endpoint_url = https://b/path/", "https://b/path/"),
        ({"AWS_ENDPOINT_URL": "https://a", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "", None),
    ],
)
def test_configured(home: Home, service: Service, environ: dict[str, str], config: str, expected: str | None) -> None:
    """A URL comes from the service's variable, the common one, the profile's `services` section, or its own setting."""
    key = service.id.replace(" ", "_")
    services = f"[services s]\n{key.lower()} =\n  endpoint_url = https://in-services\n"
    home.write("config", f"[default]\n{config}\n{services}")
    named = {name.format(key.upper()): value for name, value in environ.items()}
    found = endpoint_for(home.context(environ=named), service, "eu-west-1")
    assert (expected or default_endpoint(service, "eu-west-1").url) == found.url
    assert "eu-west-1" == found.signing_region


@pytest.mark.parametrize(
    ("environ", "region", "expected"),
    [
        ({}, None, ("https://sts.amazonaws.com", "us-east-1")),
        ({"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, None, ("https://sts.amazonaws.com", "us-east-1")),
        ({"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, "eu-west-1", ("https://sts.amazonaws.com", "us-east-1")),
        (
            {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"},
            "eu-south-1",
            ("https://sts.eu-south-1.amazonaws.com", "eu-south-1"),
        ),
        ({"AWS_STS_REGIONAL_ENDPOINTS": "regional"}, "eu-west-1", ("https://sts.eu-west-1.amazonaws.com", "eu-west-1")),
        (
            {"AWS_STS_REGIONAL_ENDPOINTS": "legacy", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
            "eu-west-1",
            ("https://sts.eu-west-1.api.aws", "eu-west-1"),
        ),
        ({"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"}, None, ("http://127.0.0.1:1", "us-east-1")),
    ],
)
def test_global_sts(home: Home, environ: dict[str, str], region: str | None, expected: tuple[str, str]) -> None:
    """STS is called at its global endpoint where there is no region, or where the older setting asks for it."""
    found = endpoint_for(home.context(environ=environ), STS, region)
    assert expected == (found.url, found.signing_region)


@pytest.mark.parametrize("service", SERVICES.values())
@pytest.mark.parametrize(
    ("environ", "config", "region", "part"),
    [
        (
            {"AWS_STS_REGIONAL_ENDPOINTS": "global"},
            "",
            "eu-west-1",
            "AWS_STS_REGIONAL_ENDPOINTS in the environment must be",
        ),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, "", None, " needs a region: looked at AWS_REGION"),
        ({}, "", "eu-west-1.evil.example/", "can't be part of a host name"),
        ({}, "endpoint_url = http://sts.example", "eu-west-1", "endpoint_url of profile 'default' in "),
        (
            {"AWS_ENDPOINT_URL": "https://a", "AWS_USE_FIPS_ENDPOINT": "true"},
            "",
            "eu-west-1",
            "AWS_ENDPOINT_URL in the environment and the FIPS setting can't be combined",
        ),
        (
            {"AWS_ENDPOINT_URL": "https://a"},
            "use_dualstack_endpoint = true",
            "eu-west-1",
            "AWS_ENDPOINT_URL in the environment and the dual-stack setting can't be combined",
        ),
    ],
)
def test_unusable(
    home: Home, service: Service, environ: dict[str, str], config: str, region: str | None, part: str
) -> None:
    """A setting that can't be used is an error that says where it stands."""
    home.write("config", f"[default]\n{config}\n")
    context = home.context(environ=environ)
    if "STS" in part and service is not STS:
        assert endpoint_for(context, service, region).url
        return
    with pytest.raises(ConfigError) as caught:
        endpoint_for(context, service, region)
    assert part in str(caught.value)


@pytest.mark.parametrize("service", SERVICES.values())
@pytest.mark.parametrize("place", ["variable", "profile"])
def test_plain_http_to_named_hosts(home: Home, service: Service, place: str) -> None:
    """The setting that names hosts for plain http holds for the endpoints of credentials, too."""
    line = "cognito_idp_allow_http = localstack\n" if place == "profile" else ""
    key = service.id.replace(" ", "_").lower()
    home.write(
        "config",
        f"[default]\n{line}services = s\n[services s]\n{key} =\n  endpoint_url = http://localstack:4566/x/\n",
    )
    named = {"AWS_ENDPOINT_URL": "", "COGNITO_IDP_ALLOW_HTTP": "localstack" if place == "variable" else ""}
    assert "http://localstack:4566/x/" == endpoint_for(home.context(environ=named), service, "eu-west-1").url
    with pytest.raises(ConfigError, match="name the host in COGNITO_IDP_ALLOW_HTTP"):
        endpoint_for(home.context(environ={**named, "COGNITO_IDP_ALLOW_HTTP": "other"}), service, "eu-west-1")


@pytest.mark.parametrize("service", SERVICES.values())
@pytest.mark.parametrize("region", ["fips-us-east-1", "us-gov-west-1-fips"])
def test_names_of_fips_endpoints(home: Home, service: Service, region: str) -> None:
    """A region that is named as that of FIPS endpoints means these, unless a URL is configured."""
    real, _ = real_region(region)
    context = home.context(environ={"AWS_ENDPOINT_URL": ""})
    found = endpoint_for(context, service, region)
    assert (default_endpoint(service, real, use_fips=True).url, real) == (found.url, found.signing_region)
    context = home.context(environ={"AWS_ENDPOINT_URL": "https://a"})
    assert Endpoint("https://a", real) == endpoint_for(context, service, region)


def test_a_region_that_is_none(home: Home) -> None:
    """A region of a profile that is none is named by its profile, file and line."""
    path = home.write("config", "[default]\nregion = eu-west-1 # home\n")
    context = home.context(environ={"AWS_ENDPOINT_URL": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": ""})
    with pytest.raises(ConfigError) as caught:
        endpoint_for(context, STS, context.region)
    assert str(caught.value).startswith(
        f"region of profile 'default' in {path}, line 2 (where a comment needs a line of"
    )


def test_plain_http(home: Home) -> None:
    """Plain http to another machine is for those who ask for it."""
    context = home.context(environ={"AWS_ENDPOINT_URL": "http://localstack:4566"})
    assert "http://localstack:4566" == endpoint_for(context._replace(allow_http=True), STS, "eu-west-1").url
    with pytest.raises(ConfigError, match="is plain http to another machine"):
        endpoint_for(context, STS, "eu-west-1")
