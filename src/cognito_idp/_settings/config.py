"""The environment and the shared AWS files, and the settings that a client takes from them.

Environment variables take precedence over the profile's settings. The profile is the one passed as an argument, else
that of `AWS_DEFAULT_PROFILE` or `AWS_PROFILE` (boto3's order), else `default`. If both shared files have a profile, its
settings are merged, and the credentials file wins if they differ.

Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files" and "Settings reference".
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from .._errors import ConfigError
from .._protocol.endpoint import checked_url
from .files import expanded, read_file

if TYPE_CHECKING:
    from .._transport.certificates import Authorities
    from .ini import Section, Value

CONFIG_FILE: Final = "AWS_CONFIG_FILE"
CREDENTIALS_FILE: Final = "AWS_SHARED_CREDENTIALS_FILE"
PROFILE_VARIABLES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
SERVICE_ID: Final = "Cognito Identity Provider"
_LARGEST_FILE: Final = 4 * 1024 * 1024
_GAPS_SHOWN: Final = 5


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
    section maps the name of a setting to text, or to a mapping if the setting is a block. `config_problem` and
    `credentials_problem` say why a default file can't be read, and counts as empty. `passed_over` are the sections of
    the config file that are neither profiles, SSO sessions nor services, each with the reason.
    """

    config_file: str
    credentials_file: str
    config_profiles: Mapping[str, Section]
    credentials_profiles: Mapping[str, Section]
    sso_sessions: Mapping[str, Section]
    services: Mapping[str, Section]
    config_problem: str | None = None
    credentials_problem: str | None = None
    passed_over: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show the names of files and profiles only: the settings contain secrets."""
        profiles = sorted({*self.config_profiles, *self.credentials_profiles})
        return f"SharedConfig({self.config_file!r}, {self.credentials_file!r}, profiles={profiles})"

    @property
    def config_place(self) -> str:
        """The config file, for errors that say where something was looked for."""
        return f"{_place(self.config_file, CONFIG_FILE, self.config_problem)}{self.config_gaps}"

    @property
    def credentials_place(self) -> str:
        """The credentials file, for errors that say where something was looked for."""
        return _place(self.credentials_file, CREDENTIALS_FILE, self.credentials_problem)

    @property
    def config_gaps(self) -> str:
        """The sections of the config file that are passed over, for errors about something that is not there."""
        some = "; ".join(self.passed_over[:_GAPS_SHOWN])
        more = "; ..." if len(self.passed_over) > _GAPS_SHOWN else ""
        return f" (passed over there: {some}{more})" if some else ""

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
        section, where = self._find(profile, name)
        return text_setting(section, name, where)

    def where(self, profile: str, setting: str) -> str:
        """Describe for errors where a setting of a profile is; a missing one belongs in the config file."""
        section, where = self._find(profile, setting)
        return f"{where}{_line(section.get(setting))}"

    def _find(self, profile: str, setting: str) -> tuple[Section, str]:
        section, file = self.credentials_profiles.get(profile, {}), self.credentials_file
        if setting not in section:
            section, file = self.config_profiles.get(profile, {}), self.config_file
        return section, f"{setting} of profile {profile!r} in {file}"


def _place(file: str, variable: str, problem: str | None) -> str:
    if not file:
        return f"no file, since {variable} is empty"
    return file if problem is None else f"{file}, which can't be read: {problem}"


def text_setting(section: Section, name: str, where: str) -> Setting | None:
    """Return a setting of a section, or None if it is missing or empty. `where` is completed with the line.

    Raises:
        ConfigError: it is a block of settings, or has white space that no value of this setting can have.
    """
    value = section.get(name)
    if not value:
        return None
    where = f"{where}{_line(value)}"
    if not isinstance(value, str):
        msg = f"{where} must be a single value, not a block of settings"
        raise ConfigError(msg)
    if name in _WORDS and re.search(r"\s", value):
        msg = f"{where} must not contain white space, as in {value!r}"
        raise ConfigError(msg)
    return Setting(value, where)


# Settings that are sent as they are, and that never contain white space. They are no secrets.
_WORDS: Final = frozenset(
    {
        "external_id",
        "mfa_serial",
        "role_arn",
        "role_session_name",
        "sdk_ua_app_id",
        "sso_account_id",
        "sso_region",
        "sso_role_name",
        "sso_start_url",
    }
)


def _line(value: Value | None) -> str:
    """Return the line of a value, and what to know if it seems to end in a comment; both for errors."""
    first = next(iter(value.values()), None) if isinstance(value, Mapping) else value
    line = getattr(first, "line", None)
    if line is None:
        return ""
    hint = " (where a comment needs a line of its own)" if has_comment(value) else ""
    return f", line {line}{hint}"


def has_comment(value: object) -> bool:
    """Whether text seems to have a comment after a value. The files have no such comments: it is part of the value."""
    return isinstance(value, str) and re.search(r"\s[#;]", value) is not None


def load_config(environ: Mapping[str, str]) -> SharedConfig:
    """Read the shared files. This blocks.

    `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` override the default paths. A file that doesn't exist counts
    as empty, and so does a default file that can't be read, as in the home folder of another user.

    Raises:
        ConfigError: a file that a variable names can't be read, or a file can't be parsed.
    """
    config = _read(CONFIG_FILE, "~/.aws/config", environ)
    credentials = _read(CREDENTIALS_FILE, "~/.aws/credentials", environ)
    sections: dict[str, dict[str, Section]] = {"profile": {}, "sso-session": {}, "services": {}}
    passed_over = []
    for header, section in config.sections.items():
        kind, name = _kind_and_name(header)
        if kind is None:
            passed_over.append(f"{_line(header).removeprefix(', ')}, [{header}], {name}")
            _warn(config.path, header, passed_over[-1])
        else:
            sections[kind][name] = section
    return SharedConfig(
        config.path,
        credentials.path,
        config_profiles=sections["profile"],
        credentials_profiles=credentials.sections,
        sso_sessions=sections["sso-session"],
        services=sections["services"],
        config_problem=config.problem,
        credentials_problem=credentials.problem,
        passed_over=tuple(passed_over),
    )


class _File(NamedTuple):
    path: str
    sections: dict[str, Section]
    problem: str | None = None


def _read(variable: str, default: str, environ: Mapping[str, str]) -> _File:
    path = expanded(environ.get(variable, default), environ)
    try:
        data = read_file(path, _LARGEST_FILE)
    except FileNotFoundError:
        return _File(path, {})
    except OSError as error:
        if variable not in environ:
            return _File(path, {}, error.strerror)
        if isinstance(error, NotADirectoryError | IsADirectoryError):
            return _File(path, {})
        msg = f"{path} can't be read: {error.strerror}; set {variable} in the environment to use another file"
        raise ConfigError(msg) from error
    return _File(path, _sections(data, path))


def _sections(data: bytes, path: str) -> dict[str, Section]:
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


_KINDS: Final = ("profile", "sso-session", "services")
# What seems to be one of the sections that are read. Programs have sections of their own, such as [plugins].
_SEEMS_KNOWN: Final = re.compile(r"\W*(profile|sso.?session|services?|default)", re.IGNORECASE)


def _kind_and_name(header: str) -> tuple[str | None, str]:
    """Split `profile x`, `profile "x y"`, `sso-session x` or `services x`; else return None and what is wrong."""
    if header == "default":
        return "profile", header
    kind = next((kind for kind in _KINDS if header.startswith(kind)), None)
    if kind is None:
        return None, "is neither [default] nor [profile NAME], [sso-session NAME] or [services NAME]"
    words = header.split()
    if re.search(r"""['"\\]""", header):
        import shlex

        try:
            words = shlex.split(header)
        except ValueError:
            return None, "has a quote or a backslash that nothing follows; enclose the name in double quotes"
    if len(words) != 2:  # noqa: PLR2004 - the kind and the name
        return None, f"needs one name after {kind}; enclose a name with white space in double quotes"
    return kind, words[1]


def _warn(path: str, header: str, problem: str) -> None:
    if _SEEMS_KNOWN.match(header):
        import logging

        logging.getLogger(__name__).warning("a section of %s is passed over: %s", path, problem)


def profile_in_use(environ: Mapping[str, str], profile: str | None) -> Setting | None:
    """Return the name of the chosen profile, and where it was chosen; None if it is the default profile."""
    if profile is not None:
        return Setting(profile, "the profile argument")
    variables = ((name, environ.get(name)) for name in PROFILE_VARIABLES)
    return next((Setting(value, f"{name} in the environment") for name, value in variables if value), None)


class Settings(NamedTuple):
    """A client's settings from its environment and its profile; None for a setting that neither has.

    `profile` is the profile in use, and `profile_is_argument` is true if it was passed as an argument.
    `endpoint_url_where` and `region_where` say where those were found; the region is not checked yet. `retry_mode` is
    `standard`, `adaptive` or `off`. `ca_bundle` is the profile's only: `_transport/certificates.py` decides what takes
    precedence over it.
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
    region_where: str | None = None


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
        ua_app_id=None if app_id is None else app_id.text,
        ca_bundle=_ca_bundle(environ, config, name),
        region_where=None if region is None else region.where,
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
            msg += self.config.config_gaps
            raise ConfigError(msg)
        where = f"{key} of [services {setting.text}] in {self.config.config_file}"
        service = section.get(key) or {}
        if isinstance(service, str):
            msg = f"{where}{_line(service)} must be a block of settings: indented lines such as `endpoint_url = https://...`"
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
