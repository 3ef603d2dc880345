"""The environment and the shared AWS files, and the settings that a client takes from them.

Environment variables take precedence over the profile's settings. The profile is the one passed as an argument, else
that of `AWS_DEFAULT_PROFILE` or `AWS_PROFILE` (boto3's order), else `default`. If both shared files have a profile, its
settings are merged, and the credentials file wins if they differ.

Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files" and "Settings reference".
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from .._errors import ConfigError
from .._protocol.endpoint import checked_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._transport.certificates import Authorities
    from .ini import Section

CONFIG_FILE: Final = "AWS_CONFIG_FILE"
CREDENTIALS_FILE: Final = "AWS_SHARED_CREDENTIALS_FILE"
PROFILE_VARIABLES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
SERVICE_ID: Final = "Cognito Identity Provider"


class Setting(NamedTuple):
    """The text of a setting, and where it is, for errors."""

    text: str
    where: str

    def __repr__(self) -> str:
        """Show only where the setting is: the text may be a secret."""
        return f"Setting({self.where})"


class SharedConfig(NamedTuple):
    """The content of the shared config file and the shared credentials file.

    `config_profiles` and `credentials_profiles` are the profiles of each file, by name; `profile` merges them. A
    section maps the name of a setting to text, or to a mapping if the setting is a block.
    """

    config_file: str
    credentials_file: str
    config_profiles: Mapping[str, Section]
    credentials_profiles: Mapping[str, Section]
    sso_sessions: Mapping[str, Section]
    services: Mapping[str, Section]

    def __repr__(self) -> str:
        """Show the names of files and profiles only: the settings contain secrets."""
        profiles = sorted({*self.config_profiles, *self.credentials_profiles})
        return f"SharedConfig({self.config_file!r}, {self.credentials_file!r}, profiles={profiles})"

    def has_profile(self, name: str) -> bool:
        """Check that one of the files has this profile."""
        return name in self.config_profiles or name in self.credentials_profiles

    def profile(self, name: str) -> Section:
        """Return the merged settings of a profile; empty if neither file has it."""
        return {**self.config_profiles.get(name, {}), **self.credentials_profiles.get(name, {})}

    def setting(self, profile: str, name: str) -> Setting | None:
        """Return a setting of a profile, or None if it is missing or empty.

        Raises:
            ConfigError: it is a block of settings.
        """
        return text_setting(self.profile(profile), name, self.where(profile, name))

    def where(self, profile: str, setting: str) -> str:
        """Describe for errors where a setting of a profile is; a missing one belongs in the config file."""
        in_credentials = setting in self.credentials_profiles.get(profile, {})
        file = self.credentials_file if in_credentials else self.config_file
        return f"{setting} of profile {profile!r} in {file}"


def text_setting(section: Section, name: str, where: str) -> Setting | None:
    """Return a setting of a section, or None if it is missing or empty.

    Raises:
        ConfigError: it is a block of settings.
    """
    value = section.get(name)
    if value is None or isinstance(value, str):
        return Setting(value, where) if value else None
    msg = f"{where} must be a single value, not a block of settings"
    raise ConfigError(msg)


def load_config(environ: Mapping[str, str]) -> SharedConfig:
    """Read the shared files. This blocks.

    `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` override the default paths. A file that doesn't exist counts
    as empty.

    Raises:
        ConfigError: a file can't be read or parsed.
    """
    config_file = expanded(environ.get(CONFIG_FILE, "~/.aws/config"), environ)
    credentials_file = expanded(environ.get(CREDENTIALS_FILE, "~/.aws/credentials"), environ)
    sections: dict[str, dict[str, Section]] = {"profile": {}, "sso-session": {}, "services": {}}
    for header, section in _sections(config_file, CONFIG_FILE).items():
        kind, name = ("profile", header) if header == "default" else _kind_and_name(header)
        if kind is not None:
            sections[kind][name] = section
    return SharedConfig(
        config_file,
        credentials_file,
        config_profiles=sections["profile"],
        credentials_profiles=_sections(credentials_file, CREDENTIALS_FILE),
        sso_sessions=sections["sso-session"],
        services=sections["services"],
    )


def _sections(path: str, variable: str) -> dict[str, Section]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib would cost the cold start 2 ms
            data = file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return {}
    except OSError as error:
        msg = f"{path} can't be read: {error.strerror}; set {variable} in the environment to use another file"
        raise ConfigError(msg) from error
    from .ini import parse_ini

    at, problem = data.find(b"\0"), "a NUL, which no path or key can contain; the file may not be UTF-8"
    if at < 0:
        try:
            return parse_ini(data.decode("utf-8-sig"), path)
        except UnicodeDecodeError as error:
            at, problem = error.start, "not UTF-8"
    # Raised outside the handler: a UnicodeDecodeError as __context__ would hold the whole file.
    line = data.count(b"\n", 0, at) + 1
    msg = f"{path}, line {line}: {problem}"
    raise ConfigError(msg)


def _kind_and_name(header: str) -> tuple[str | None, str]:
    """Split `profile x`, `profile "x y"`, `sso-session x` or `services x`; other sections have no kind."""
    kind = next((kind for kind in ("profile", "sso-session", "services") if header.startswith(kind)), None)
    if kind is None:
        return None, ""
    words = header.split()
    if re.search(r"""['"\\]""", header):
        import shlex

        try:
            words = shlex.split(header)
        except ValueError:
            return None, ""
    return (kind, words[1]) if len(words) == 2 else (None, "")  # noqa: PLR2004 - the kind and the name


def expanded(path: str, environ: Mapping[str, str]) -> str:
    """Return a path with variables and a leading `~` expanded from `environ`, not from the process's environment."""
    path = re.sub(r"\$(?:(\w+)|\{([^}]*)\})", lambda match: environ.get(match[1] or match[2], match[0]), path)
    home = environ.get("USERPROFILE" if os.name == "nt" else "HOME")
    if home and (path == "~" or path.startswith(("~/", "~\\" if os.name == "nt" else "~/"))):
        return home.rstrip("/") + path[1:]
    return os.path.expanduser(path)  # noqa: PTH111 - see `_sections`


def profile_in_use(environ: Mapping[str, str], profile: str | None) -> Setting | None:
    """Return the name of the chosen profile, and where it was chosen; None if it is the default profile."""
    if profile is not None:
        return Setting(profile, "the profile argument")
    variables = ((name, environ.get(name)) for name in PROFILE_VARIABLES)
    return next((Setting(value, f"{name} in the environment") for name, value in variables if value), None)


class Settings(NamedTuple):
    """A client's settings from its environment and its profile; None for a setting that neither has.

    `profile` is the profile in use, and `profile_is_argument` is true if it was passed as an argument.
    `endpoint_url_where` says where the URL was found. `retry_mode` is `standard`, `adaptive` or `off`. `ca_bundle` is
    the profile's only: `_transport/certificates.py` decides what takes precedence over it.
    """

    profile: str
    profile_is_argument: bool
    region: str | None
    endpoint_url: str | None
    endpoint_url_where: str | None
    use_fips: bool | None
    use_dualstack: bool | None
    retry_mode: str | None
    max_attempts: int | None
    ua_app_id: str | None
    ca_bundle: Setting | None
    disable_clock_skew_correction: bool | None = None


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
            f"in {config.config_file or f'no file, since {CONFIG_FILE} is empty'}, and for [{chosen.text}] in "
            f"{config.credentials_file or f'no file, since {CREDENTIALS_FILE} is empty'}"
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


class Finder(NamedTuple):
    """Looks up settings, first in the environment, then in one profile. An empty setting counts as missing."""

    environ: Mapping[str, str]
    config: SharedConfig
    profile: str

    def __repr__(self) -> str:
        """Show the profile only: the environment and the files contain secrets."""
        return f"Finder(profile={self.profile!r})"

    def variable(self, name: str) -> Setting | None:
        """Return an environment variable, or None if it is missing or empty."""
        value = self.environ.get(name)
        return Setting(value, f"{name} in the environment") if value else None

    def find(self, variables: tuple[str, ...], setting: str) -> Setting | None:
        """Return the first variable that is set, else the profile's setting.

        Raises:
            ConfigError: the profile's setting is a block of settings.
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
            raise ConfigError(msg)
        where = f"{key} of [services {setting.text}] in {self.config.config_file}"
        service = section.get(key) or {}
        if isinstance(service, str):
            msg = f"{where} must be a block of settings: indented lines such as `endpoint_url = https://...`"
            raise ConfigError(msg)
        return text_setting(service, "endpoint_url", f"endpoint_url in {where}")


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
