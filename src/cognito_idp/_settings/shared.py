"""The shared config and credentials files: `~/.aws/config` and `~/.aws/credentials`.

If both have a profile, its settings are merged, and the credentials file wins if they differ.

Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Self

from .._errors import ConfigError
from .._protocol.redaction import Record
from .files import expanded, read_file, shown_header, swallowed_key

if TYPE_CHECKING:
    from .ini import Section, Value

CONFIG_FILE: Final = "AWS_CONFIG_FILE"
CREDENTIALS_FILE: Final = "AWS_SHARED_CREDENTIALS_FILE"
_LARGEST_FILE: Final = 4 * 1024 * 1024
_GAPS_SHOWN: Final = 5


class Setting(Record):
    """The text of a setting, and where it is, for errors."""

    __slots__ = _fields = ("text", "where")

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where

    def __repr__(self) -> str:
        """Show only where the setting is: the text may be a secret."""
        return f"Setting({self.where})"

    def alone(self) -> Self:
        """Return this setting, whose text may be shown, unless it goes on with a key: a line break is missing then.

        Raises:
            ConfigError: it does.
        """
        swallowed = swallowed_key(self.text)
        if swallowed is not None:
            msg = f"{self.where} goes on with {swallowed[1]} on the same line; each needs a line of its own"
            raise ConfigError(msg)
        return self


class SharedConfig(Record):
    """The content of the shared config file and the shared credentials file.

    `config_profiles` and `credentials_profiles` are the profiles of each file, by name; `profile` merges them. A
    section maps the name of a setting to text, or to a mapping if the setting is a block. `config_problem` and
    `credentials_problem` say why a default file can't be read, and counts as empty. `passed_over` are the sections of
    the config file that are neither profiles, SSO sessions nor services, each with the reason.
    """

    __slots__ = _fields = (
        "config_file",
        "credentials_file",
        "config_profiles",
        "credentials_profiles",
        "sso_sessions",
        "services",
        "config_problem",
        "credentials_problem",
        "passed_over",
    )

    def __init__(  # noqa: PLR0917 - one for each field
        self,
        config_file: str,
        credentials_file: str,
        config_profiles: Mapping[str, Section],
        credentials_profiles: Mapping[str, Section],
        sso_sessions: Mapping[str, Section],
        services: Mapping[str, Section],
        config_problem: str | None = None,
        credentials_problem: str | None = None,
        passed_over: tuple[str, ...] = (),
    ) -> None:
        self.config_file = config_file
        self.credentials_file = credentials_file
        self.config_profiles = config_profiles
        self.credentials_profiles = credentials_profiles
        self.sso_sessions = sso_sessions
        self.services = services
        self.config_problem = config_problem
        self.credentials_problem = credentials_problem
        self.passed_over = passed_over

    def __repr__(self) -> str:
        """Show the names of files and profiles only: the settings contain secrets."""
        profiles = sorted({shown_header(name) for name in (*self.config_profiles, *self.credentials_profiles)})
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
            ConfigError: as `text_setting`.
        """
        section, where = self._find(profile, name)
        return text_setting(section, name, where)

    def where(self, profile: str, setting: str) -> str:
        """Describe for errors where a setting of a profile is; a missing one belongs in the config file."""
        section, where = self._find(profile, setting)
        return f"{where}{line_of(section.get(setting))}"

    def _find(self, profile: str, setting: str) -> tuple[Section, str]:
        section, file = self.credentials_profiles.get(profile, {}), self.credentials_file
        if setting not in section:
            section, file = self.config_profiles.get(profile, {}), self.config_file
        return section, f"{setting} of profile {profile!r} in {file}"


def _place(file: str, variable: str, problem: str | None) -> str:
    if not file:
        return f"no file, since {variable} is empty"
    return file if problem is None else f"{file}, which can't be read: {problem}"


def variable_setting(environ: Mapping[str, str], name: str) -> Setting | None:
    """Return an environment variable as a setting, or None if it is missing or empty.

    Raises:
        ConfigError: it goes on with a key.
    """
    value = environ.get(name)
    return Setting(value, f"{name} in the environment").alone() if value else None


def text_setting(section: Section, name: str, where: str) -> Setting | None:
    """Return a setting of a section, or None if it is missing or empty. `where` is completed with the line.

    Raises:
        ConfigError: it is a block of settings, or has line breaks, white space or a key that its value can't have.
    """
    value = section.get(name)
    if not value:
        return None
    where = f"{where}{line_of(value)}"
    if not isinstance(value, str):
        msg = f"{where} must be a single value, not a block of settings"
        raise ConfigError(msg)
    if name in _NOT_SHOWN:
        return Setting(value, where)
    if "\n" in value:
        # Not shown: the next line may be that of a secret.
        msg = f"{where} goes on over several lines; a setting of its own must not be indented"
        raise ConfigError(msg)
    setting = Setting(value, where).alone()
    if name in _WORDS and re.search(r"\s", value):
        msg = f"{where} must not contain white space, as in {value!r}"
        raise ConfigError(msg)
    return setting


# A command is split into words, wherever its lines end, and no error shows it.
_NOT_SHOWN: Final = frozenset({"credential_process"})
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


def line_of(value: Value | None) -> str:
    """Return for errors on which line a value or a header is, and what to know if it seems to end in a comment."""
    first = next(iter(value.values()), None) if isinstance(value, Mapping) else value
    line = getattr(first, "line", None)
    if line is None:
        return ""
    seems_commented = isinstance(value, str) and re.search(r"\s[#;]", value) is not None
    hint = " (where a comment needs a line of its own)" if seems_commented else ""
    return f", line {line}{hint}"


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
            passed_over.append(f"{line_of(header).removeprefix(', ')}, [{shown_header(header)}], {name}")
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


class _File(Record):
    __slots__ = _fields = ("path", "sections", "problem")

    def __init__(self, path: str, sections: dict[str, Section], problem: str | None = None) -> None:
        self.path = path
        self.sections = sections
        self.problem = problem


def _read(variable: str, default: str, environ: Mapping[str, str]) -> _File:
    named = variable_setting(environ, variable)
    path = expanded(named.text if named is not None else environ.get(variable, default), environ)
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
_SEEMS_KNOWN: Final = r"(?i)\W*(profile|sso.?session|services?|default)"


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
    if re.match(_SEEMS_KNOWN, header):
        import logging

        logging.getLogger(__name__).warning("a section of %s is passed over: %s", path, problem)
