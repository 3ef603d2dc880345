"""The endpoints of the services that issue credentials: STS, the SSO portal, SSO OIDC and sign-in.

Source: the endpoint rules in botocore 1.44.5 for `sts`, `sso`, `sso-oidc` and `signin`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .._errors import ConfigError
from .._protocol.endpoint import Endpoint, check_region, checked_url, partition_of, real_region
from .._settings.config import Finder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from .._protocol.endpoint import Partition
    from .provider import Context


class Service(NamedTuple):
    """An AWS service: its id in settings (`AWS_ENDPOINT_URL_SSO_OIDC`), and its name in host names."""

    id: str
    host: str
    # Whether its plain host names in GovCloud are FIPS endpoints.
    gov_is_fips: bool = False


STS: Final = Service("STS", "sts", gov_is_fips=True)
SSO: Final = Service("SSO", "portal.sso", gov_is_fips=True)
SSO_OIDC: Final = Service("SSO OIDC", "oidc", gov_is_fips=True)
SIGNIN: Final = Service("Signin", "signin")

# The sign-in service uses the domain of each partition's console.
_SIGNIN_DOMAINS: Final[Mapping[str, str]] = {
    "aws": "aws.amazon.com",
    "aws-cn": "amazonaws.cn",
    "aws-us-gov": "amazonaws-us-gov.com",
    "aws-iso": "c2shome.ic.gov",
    "aws-iso-b": "sc2shome.sgov.gov",
    "aws-iso-e": "csphome.adc-e.uk",
    "aws-iso-f": "csphome.hci.ic.gov",
    "aws-eusc": "amazonaws-eusc.eu",
}
_GLOBAL_STS: Final = Endpoint("https://sts.amazonaws.com", "us-east-1")
# The regions that `sts_regional_endpoints = legacy` sends to the global endpoint: those opened before 2019.
_LEGACY_STS_REGIONS: Final = (
    r"ap-(northeast-1|south-1|southeast-[12])|ca-central-1|eu-(central-1|north-1|west-[123])|sa-east-1"
    r"|us-(east|west)-[12]"
)


def endpoint_for(context: Context, service: Service, region: str | None) -> Endpoint:
    """Return the endpoint that the environment or the profile in use configures, or else the default.

    Raises:
        ConfigError: a setting is invalid; the text says where it is.
    """
    finder = Finder(context.environ, context.config, context.settings_profile or context.profile)
    use_fips = finder.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") or False
    use_dualstack = finder.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint") or False
    is_fips = False
    if region is not None:
        region, is_fips = real_region(region, _region_setting(finder, region))
    custom = finder.endpoint_url(service.id)
    if custom is not None:
        if use_fips or use_dualstack:
            setting = "FIPS" if use_fips else "dual-stack"
            msg = f"{custom.where} and the {setting} setting can't be combined: the URL already says where to go"
            raise ConfigError(msg)
        url = checked_url(custom.text, allow_http=context.allow_http, setting=custom.where)
        return Endpoint(url, region or _GLOBAL_STS.signing_region)
    use_fips = use_fips or is_fips
    if service is STS and not use_fips and not use_dualstack and _is_global(region, finder):
        return _GLOBAL_STS
    return default_endpoint(service, region, use_fips=use_fips, use_dualstack=use_dualstack)


def _region_setting(finder: Finder, region: str) -> str:
    setting = finder.find(("AWS_REGION", "AWS_DEFAULT_REGION"), "region")
    return setting.where if setting is not None and setting.text == region else "region"


def _is_global(region: str | None, finder: Finder) -> bool:
    """Check for the global endpoint of STS: it applies without a region, or with `sts_regional_endpoints = legacy`."""
    setting = finder.find(("AWS_STS_REGIONAL_ENDPOINTS",), "sts_regional_endpoints")
    if setting is not None and setting.text not in ("legacy", "regional"):
        msg = f"{setting.where} must be legacy or regional, not {setting.text!r}"
        raise ConfigError(msg)
    return region is None or (
        setting is not None and setting.text == "legacy" and re.fullmatch(_LEGACY_STS_REGIONS, region) is not None
    )


def default_endpoint(
    service: Service, region: str | None, *, use_fips: bool = False, use_dualstack: bool = False
) -> Endpoint:
    """Return the endpoint of a service in a region.

    Raises:
        ConfigError: the region is missing, or is not a valid part of a host name.
    """
    if region is None:
        msg = (
            f"{service.id} needs a region: looked at AWS_REGION and AWS_DEFAULT_REGION in the environment, and at the "
            "region of the profile"
        )
        raise ConfigError(msg)
    partition = partition_of(check_region(region))
    is_gov = partition.name == "aws-us-gov"
    if service is SIGNIN and not use_dualstack and (is_gov or not use_fips):
        host = _signin_host(region, partition, use_fips=use_fips)
    else:
        suffix = partition.dual_stack_dns_suffix if use_dualstack else partition.dns_suffix
        plain = not use_fips or (is_gov and service.gov_is_fips and not use_dualstack)
        host = f"{service.host}{'' if plain else '-fips'}.{region}.{suffix}"
    return Endpoint(f"https://{host}", region)


def _signin_host(region: str, partition: Partition, *, use_fips: bool) -> str:
    domain = _SIGNIN_DOMAINS[partition.name]
    if use_fips and region == "us-gov-west-1":
        return f"signin-fips.{domain}"
    return f"{region}.signin{'-fips' if use_fips else ''}.{domain}"
