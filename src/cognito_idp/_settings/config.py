"""The environment and the profile in use, and the settings that a client takes from them.

Environment variables take precedence over the profile's settings. The profile is the one passed as an argument, else
that of `AWS_DEFAULT_PROFILE` or `AWS_PROFILE` (boto3's order), else `default`.

Source: AWS SDKs and Tools Reference Guide, "Settings reference".
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from .._errors import ConfigError
from .._protocol.endpoint import ALLOW_HTTP, checked_url, is_host, same_host
from .._protocol.redaction import Record
from .files import expanded
from .shared import Setting, SharedConfig, line_of, load_config, text_setting, variable_setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._transport.certificates import Authorities

PROFILE_VARIABLES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
SERVICE_ID: Final = "Cognito Identity Provider"


def profile_in_use(environ: Mapping[str, str], profile: str | None) -> Setting | None:
    """Return the name of the chosen profile, and where it was chosen; None if it is the default profile.

    Raises:
        ConfigError: the variable that names it goes on with a key.
    """
    if profile is not None:
        return Setting(profile, "the profile argument")
    return next((found for name in PROFILE_VARIABLES if (found := variable_setting(environ, name))), None)


class Settings(Record):
    """A client's settings from its environment and its profile; None for a setting that neither has.

    `profile` is the profile in use, and `profile_is_argument` is true if it was passed as an argument.
    `endpoint_url_where` and `region_where` say where those were found; the region is not checked yet. `retry_mode` is
    `standard`, `adaptive` or `off`. `ca_bundle` is the profile's only: `_transport/certificates.py` decides what takes
    precedence over it. `http_hosts` are the hosts on other machines that plain http may be used for.
    """

    __slots__ = _fields = (
        "profile",
        "profile_is_argument",
        "region",
        "endpoint_url",
        "endpoint_url_where",
        "use_fips",
        "use_dualstack",
        "retry_mode",
        "max_attempts",
        "ua_app_id",
        "ca_bundle",
        "region_where",
        "http_hosts",
        "disable_clock_skew_correction",
    )

    def __init__(  # noqa: PLR0917 - one for each field
        self,
        profile: str,
        profile_is_argument: bool,
        region: str | None,
        endpoint_url: str | None,
        endpoint_url_where: str | None,
        use_fips: bool | None,
        use_dualstack: bool | None,
        retry_mode: str | None,
        max_attempts: int | None,
        ua_app_id: str | None,
        ca_bundle: Setting | None,
        region_where: str | None = None,
        http_hosts: frozenset[str] = frozenset(),
        disable_clock_skew_correction: bool | None = None,
    ) -> None:
        self.profile = profile
        self.profile_is_argument = profile_is_argument
        self.region = region
        self.endpoint_url = endpoint_url
        self.endpoint_url_where = endpoint_url_where
        self.use_fips = use_fips
        self.use_dualstack = use_dualstack
        self.retry_mode = retry_mode
        self.max_attempts = max_attempts
        self.ua_app_id = ua_app_id
        self.ca_bundle = ca_bundle
        self.region_where = region_where
        self.http_hosts = http_hosts
        self.disable_clock_skew_correction = disable_clock_skew_correction


def settings_from(
    environ: Mapping[str, str], profile: str | None = None, config: SharedConfig | None = None
) -> Settings:
    """Return a client's settings. This blocks if `config` is None, since it then reads the files.

    Raises:
        ConfigError: the profile does not exist, or a setting is invalid; the text says where it is.
    """
    config = load_config(environ) if config is None else config
    chosen = profile_in_use(environ, profile)
    if chosen is not None and not config.has_profile(chosen.text):
        msg = (
            f"{chosen.where} names the profile {chosen.text!r}, which does not exist: looked for "
            f"[profile {chosen.text}] "
            f"in {config.config_place}, and for [{chosen.text}] in {config.credentials_place}"
        )
        raise ConfigError(msg)
    name = "default" if chosen is None else chosen.text
    finder = Finder(environ, config, name)
    region = finder.find(("AWS_REGION", "AWS_DEFAULT_REGION"), "region")
    url = finder.endpoint_url(SERVICE_ID)
    app_id = finder.find(("AWS_SDK_UA_APP_ID",), "sdk_ua_app_id")
    return Settings(
        profile=name,
        profile_is_argument=profile is not None,
        region=None if region is None else region.text,
        endpoint_url=None if url is None else checked_url(url.text, allow_http=True, setting=url.where),
        endpoint_url_where=None if url is None else url.where,
        use_fips=finder.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
        use_dualstack=finder.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
        retry_mode=_retry_mode(finder.find(("AWS_RETRY_MODE",), "retry_mode")),
        max_attempts=_max_attempts(finder.find(("AWS_MAX_ATTEMPTS",), "max_attempts")),
        disable_clock_skew_correction=finder.flag("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction"),
        ua_app_id=None if app_id is None else app_id.text,
        ca_bundle=_ca_bundle(environ, config, name),
        region_where=None if region is None else region.where,
        http_hosts=http_hosts_of(finder.find((ALLOW_HTTP,), ALLOW_HTTP.lower())),
    )


def ca_bundle_in_use(environ: Mapping[str, str]) -> Setting | None:
    """Return the `ca_bundle` of the profile in use, for a program that has no client. This blocks.

    Raises:
        ConfigError: a shared file can't be read, or the setting is invalid.
    """
    profile = profile_in_use(environ, None)
    return _ca_bundle(environ, load_config(environ), "default" if profile is None else profile.text)


def authorities_in_use(environ: Mapping[str, str] = os.environ) -> Authorities:
    """Return the certificate authorities for a program without a client, from the environment and its profile.

    The shared files are read only if the profile's setting can apply.
    """
    from .._transport.certificates import Authorities, Bundle

    def bundle() -> Bundle | None:
        setting = ca_bundle_in_use(environ)
        return None if setting is None else Bundle(setting.where, setting.text)

    return Authorities(bundle, environ)


def _ca_bundle(environ: Mapping[str, str], config: SharedConfig, profile: str) -> Setting | None:
    setting = config.setting(profile, "ca_bundle")
    return None if setting is None else setting._replace(text=expanded(setting.text, environ))


class Finder(Record):
    """Looks up settings, first in the environment, then in one profile. An empty setting counts as missing."""

    __slots__ = _fields = ("environ", "config", "profile")

    def __init__(self, environ: Mapping[str, str], config: SharedConfig, profile: str) -> None:
        self.environ = environ
        self.config = config
        self.profile = profile

    def __repr__(self) -> str:
        """Show the profile only: the environment and the files contain secrets."""
        return f"Finder(profile={self.profile!r})"

    def variable(self, name: str) -> Setting | None:
        """Return an environment variable, or None if it is missing or empty.

        Raises:
            ConfigError: it goes on with a key.
        """
        return variable_setting(self.environ, name)

    def find(self, variables: tuple[str, ...], setting: str) -> Setting | None:
        """Return the first variable that is set, else the profile's setting.

        Raises:
            ConfigError: the setting is a block of settings, or goes on with a key.
        """
        variable = next((value for name in variables if (value := self.variable(name)) is not None), None)
        return variable or self.config.setting(self.profile, setting)

    def flag(self, variable: str, setting: str) -> bool | None:
        """Return a setting that is `true` or `false`, or None if it is missing.

        Raises:
            ConfigError: it is neither.
        """
        flag = self.find((variable,), setting)
        if flag is None:
            return None
        value = {"true": True, "false": False}.get(flag.text.lower())
        if value is None:
            msg = f"{flag.where} must be true or false, not {flag.text!r}"
            raise ConfigError(msg)
        return value

    def endpoint_url(self, service_id: str) -> Setting | None:
        """Return the URL that is configured for a service, by its id (`SSO OIDC`), or for all services.

        The order is: the service's variable, the variable for all services, the profile's `services` section, the
        profile's `endpoint_url`. `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` turns all of them off.

        Raises:
            ConfigError: the profile names a `services` section that does not exist, or a setting is invalid.
        """
        if self.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"):
            return None
        key = service_id.replace(" ", "_")
        return (
            self.variable(f"AWS_ENDPOINT_URL_{key.upper()}")
            or self.variable("AWS_ENDPOINT_URL")
            or self._endpoint_url_of_services(key.lower())
            or self.config.setting(self.profile, "endpoint_url")
        )

    def _endpoint_url_of_services(self, key: str) -> Setting | None:
        setting = self.config.setting(self.profile, "services")
        if setting is None:
            return None
        section = self.config.services.get(setting.text)
        if not section:
            msg = f"{setting.where} names [services {setting.text}], which does not exist there or is empty"
            msg += self.config.config_gaps
            raise ConfigError(msg)
        where = f"{key} of [services {setting.text}] in {self.config.config_file}"
        service = section.get(key) or {}
        if isinstance(service, str):
            where += line_of(service)
            msg = f"{where} must be a block of settings: indented lines such as `endpoint_url = https://...`"
            raise ConfigError(msg)
        return text_setting(service, "endpoint_url", f"endpoint_url in {where}")


def http_hosts_in(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the hosts that `COGNITO_IDP_ALLOW_HTTP` names, for a program that has no client.

    Raises:
        ConfigError: as `http_hosts_of`.
    """
    return http_hosts_of(variable_setting(environ, ALLOW_HTTP))


def http_hosts_of(setting: Setting | None) -> frozenset[str]:
    """Return the hosts in a setting: names or addresses, without ports, separated by commas. No pattern means many.

    Raises:
        ConfigError: an entry is not the name or the address of a host.
    """
    entries = [] if setting is None else [entry.strip() for entry in setting.text.split(",")]
    for entry in entries:
        if entry.lower() in _NO_HOSTS or not is_host(entry):
            msg = (
                f"{setting.where if setting else ''} must name hosts, such as 'localstack' or 'localstack,10.0.0.7'; "
                f"{entry!r} is not the name or the address of a host"
            )
            raise ConfigError(msg)
    return frozenset(map(same_host, entries))


# Whoever writes these means a switch. There is none: plain http is allowed by host.
_NO_HOSTS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "all", "any", "none"})


# Only boto3 has the mode `legacy`; it becomes the mode that all SDKs share.
_RETRY_MODES: Final = {"standard": "standard", "adaptive": "adaptive", "off": "off", "legacy": "standard"}


def _retry_mode(setting: Setting | None) -> str | None:
    if setting is None:
        return None
    mode = _RETRY_MODES.get(setting.text.lower())
    if mode is None:
        msg = f"{setting.where} must be one of {', '.join(_RETRY_MODES)}, not {setting.text!r}"
        raise ConfigError(msg)
    return mode


def _max_attempts(setting: Setting | None) -> int | None:
    if setting is None:
        return None
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", setting.text):
        msg = f"{setting.where} must be a whole number of at least 1, not {setting.text!r}"
        raise ConfigError(msg)
    return int(setting.text)
