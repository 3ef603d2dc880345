"""The protocol of credential providers, and the context that they read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from .._errors import ConfigError, CredentialsError
from .._protocol.arguments import FUNCTION, MAPPING, TEXT, Kind, check, check_given
from .._protocol.redaction import Record
from .._settings.config import Finder, settings_from
from .._settings.shared import SharedConfig, load_config
from .types import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .._flow.effects import Flow
    from .._protocol.endpoint import AllowHttp


class NotConfigured(CredentialsError):
    """A provider does not apply; the text says what it looked for. The chain tries the next provider."""


class Context(Record):
    """Everything that a provider may read; it reads nothing else from its surroundings.

    `environ` holds the environment variables, `config` the shared config and credentials files, and `profile` the name
    of the profile in use. `profile_is_explicit` is true if the profile was passed as an argument, which takes the keys
    in the environment out of the chain (`AWS_PROFILE` doesn't). `region` is the client's region. `clock` returns the
    time in seconds since 1970, `random` a number in [0, 1). `settings_profile` is the profile whose endpoint settings
    apply, if it differs from `profile`: a role's source profile is loaded with the settings of the profile in use.
    `allow_http` permits endpoints that are plain http to another machine: all, or those of the hosts in a set.
    """

    __slots__ = _fields = (
        "environ",
        "config",
        "profile",
        "profile_is_explicit",
        "region",
        "clock",
        "random",
        "settings_profile",
        "allow_http",
    )

    def __init__(  # noqa: PLR0917 - one for each field
        self,
        environ: Mapping[str, str],
        config: SharedConfig,
        profile: str,
        profile_is_explicit: bool,
        region: str | None,
        clock: Callable[[], float],
        random: Callable[[], float],
        settings_profile: str | None = None,
        allow_http: AllowHttp = False,
    ) -> None:
        self.environ = environ
        self.config = config
        self.profile = profile
        self.profile_is_explicit = profile_is_explicit
        self.region = region
        self.clock = clock
        self.random = random
        self.settings_profile = settings_profile
        self.allow_http = allow_http

    @property
    def finder(self) -> Finder:
        """A lookup of settings in the environment and the profile."""
        return Finder(self.environ, self.config, self.profile)

    def __repr__(self) -> str:
        """Show the profile and the region only: the environment and the files contain secrets."""
        return f"Context(profile={self.profile!r}, region={self.region!r})"


def make_context(
    environ: Mapping[str, str],
    *,
    clock: Callable[[], float],
    random: Callable[[], float],
    profile: str | None = None,
    region: str | None = None,
) -> Context:
    """Read the shared files and return a context. This blocks.

    `region` defaults to the region in the settings.

    Raises:
        ConfigError: a file or a setting is invalid, or the profile does not exist.
    """
    check(MAPPING, environ=environ)
    check(FUNCTION, clock=clock, random=random)
    check_given(TEXT, profile=profile, region=region)
    config = load_config(environ)
    settings = settings_from(environ, profile, config)
    return Context(
        environ,
        config,
        settings.profile,
        settings.profile_is_argument,
        region or settings.region,
        clock,
        random,
        allow_http=settings.http_hosts,
    )


PROVIDERS: Final = Kind(
    "a sequence of providers",
    lambda value: isinstance(value, list | tuple) and all(hasattr(provider, "load") for provider in value),
)


class Provider(Protocol):
    """One way to get credentials."""

    @property
    def name(self) -> str:
        """The provider's name in the error that lists what every provider answered."""
        ...

    def load(self, context: Context) -> Flow[Credentials]:
        """Return fresh credentials.

        Raises:
            NotConfigured: this provider does not apply here.
            CredentialsError: it applies, but fails; the chain stops.
        """
        ...


def checked_credentials(
    where: str,
    access_key_id: str,
    secret_access_key: str,
    session_token: str | None,
    expiration: datetime | None = None,
) -> Credentials:
    """Return `Credentials` made of these parts.

    Raises:
        CredentialsError: a part can't sign a request; the text names `where` the credentials come from.
    """
    try:
        return Credentials(access_key_id, secret_access_key, session_token, expiration=expiration)
    except ConfigError as error:
        msg = f"{where}: {error}"
        raise CredentialsError(msg) from None
