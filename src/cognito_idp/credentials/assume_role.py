"""Credentials of the role in a profile's `role_arn`, which STS issues in exchange for source credentials.

The source credentials come from another profile (`source_profile`), which may have a role and a source profile itself,
or from one of the places that `credential_source` can name.

Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .._errors import CognitoIdpError, ConfigError, CredentialsError
from .._flow.effects import call
from .._protocol.arguments import FUNCTION, MAPPING, check, check_given
from .provider import PROVIDERS, NotConfigured

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from typing import Final, TypeAlias

    from .._flow.effects import Flow
    from .provider import Context, Provider
    from .types import Credentials

    MfaCode: TypeAlias = Callable[[str], str | Awaitable[str]]

_ROLE, _SOURCE_PROFILE, _CREDENTIAL_SOURCE = "role_arn", "source_profile", "credential_source"
_STATIC_KEYS: Final = ("aws_access_key_id", "aws_secret_access_key")
# Settings that STS receives unchanged, and their names there.
_PARAMETERS: Final = {"external_id": "ExternalId", "mfa_serial": "SerialNumber"}
_CODE_LENGTH: Final = 6


class AssumeRoleProvider:
    """Assumes a profile's `role_arn` with the credentials of its `source_profile` or `credential_source`.

    `profile_providers` are asked, in order, for the credentials of a source profile without a role. `sources` are the
    providers that `credential_source` can name, by that name (`Environment`, `Ec2InstanceMetadata`, `EcsContainer`).
    `mfa_code` is called with the serial number of an MFA device and returns the six digits that it shows now; with an
    async client it may return an awaitable.
    """

    name = "assume-role"

    def __init__(
        self,
        profile_providers: Sequence[Provider],
        sources: Mapping[str, Provider],
        mfa_code: MfaCode | None = None,
    ) -> None:
        check(PROVIDERS, profile_providers=profile_providers)
        check(MAPPING, sources=sources)
        check_given(FUNCTION, mfa_code=mfa_code)
        self._profile_providers = profile_providers
        self._sources = sources
        self._mfa_code = mfa_code

    def load(self, context: Context) -> Flow[Credentials]:
        """Return the credentials of the profile's role, after assuming every role on the way to it.

        Raises:
            NotConfigured: the profile has no `role_arn`, or one that belongs to `web_identity_token_file`.
            ConfigError: a setting is missing or invalid, or the source profiles form a cycle.
            CredentialsError: a source has no credentials, or STS refuses.
        """
        if not _names_role(context, context.profile):
            msg = f"profile {context.profile!r} has no {_ROLE}"
            if context.config.setting(context.profile, _ROLE) is not None:
                msg = f"the {_ROLE} of profile {context.profile!r} belongs to its web_identity_token_file"
            raise NotConfigured(msg)
        settings_profile = context.settings_profile or context.profile
        return (yield from self._assumed(context._replace(settings_profile=settings_profile), ()))

    def _assumed(self, context: Context, seen: tuple[str, ...]) -> Flow[Credentials]:
        from .sts import assume_role, session_name

        role = _role(context)
        if role.credential_source is not None:
            source = yield from self._from_place(context, role.credential_source)
        else:
            source = yield from self._from_profile(context, role.source_profile or "", (*seen, context.profile))
        parameters = {**role.parameters, "RoleSessionName": role.session_name or session_name(context)}
        serial = parameters.get("SerialNumber")
        if serial is not None:
            parameters["TokenCode"] = yield from self._code(context.profile, serial)
        origin = f"profile {context.profile!r}, {_ROLE} {role.arn!r}"
        return (yield from assume_role(context, source, {"RoleArn": role.arn, **parameters}, origin))

    def _from_place(self, context: Context, place: str) -> Flow[Credentials]:
        provider = self._sources.get(place)
        where = context.config.where(context.profile, _CREDENTIAL_SOURCE)
        if provider is None:
            msg = f"{where} must be one of {', '.join(sorted(self._sources))}, not {place!r}"
            raise ConfigError(msg)
        try:
            # `credential_source` names the environment, so its keys apply even if the profile is an argument.
            return (yield from provider.load(context._replace(profile_is_explicit=False)))
        except NotConfigured as error:
            msg = f"{where} is {place}, which has no credentials: {error}"
            raise CredentialsError(msg) from error

    def _from_profile(self, context: Context, profile: str, seen: tuple[str, ...]) -> Flow[Credentials]:
        where = context.config.where(context.profile, _SOURCE_PROFILE)
        if not context.config.has_profile(profile):
            msg = f"{where} names the profile {profile!r}, which does not exist{context.config.config_gaps}"
            raise ConfigError(msg)
        source = context._replace(profile=profile, profile_is_explicit=True)
        has_keys = any(context.config.setting(profile, key) is not None for key in _STATIC_KEYS)
        # A profile may come up again only if it names itself as its source and has keys.
        if profile in seen and not (has_keys and profile == context.profile):
            cycle = " -> ".join((*seen, profile))
            msg = f"{where} closes a cycle of source profiles, none of which has credentials: {cycle}"
            raise ConfigError(msg)
        if not has_keys and _names_role(context, profile):
            return (yield from self._assumed(source, seen))
        answers = []
        for provider in self._profile_providers:
            try:
                return (yield from provider.load(source))
            except NotConfigured as error:
                answers.append(f"{provider.name}: {error}")
        msg = f"{where} names the profile {profile!r}, which has no credentials: {'; '.join(answers)}"
        raise CredentialsError(msg)

    def _code(self, profile: str, serial: str) -> Flow[str]:
        mfa_code = self._mfa_code
        if mfa_code is None:
            msg = (
                f"profile {profile!r} has mfa_serial {serial!r}, which needs a code from the device for each refresh: "
                "pass the provider an `mfa_code` function that returns it"
            )
            raise CredentialsError(msg)
        code: object
        try:
            code = yield from call(lambda: mfa_code(serial))
        except CognitoIdpError:
            raise
        except Exception as error:
            msg = f"profile {profile!r}: the mfa_code function failed: {type(error).__name__}: {error}"
            raise CredentialsError(msg) from error
        digits = code.strip() if isinstance(code, str) else ""
        if not (digits.isascii() and digits.isdigit() and len(digits) == _CODE_LENGTH):
            msg = f"profile {profile!r}: the mfa_code function must return the six digits that {serial!r} shows"
            raise CredentialsError(msg)
        return digits


class _Role(NamedTuple):
    arn: str
    source_profile: str | None
    credential_source: str | None
    session_name: str | None
    parameters: dict[str, str]


def _names_role(context: Context, profile: str) -> bool:
    setting = context.config.setting
    return setting(profile, _ROLE) is not None and setting(profile, "web_identity_token_file") is None


def _role(context: Context) -> _Role:
    """Return the checked settings of a profile with `role_arn`."""
    config, profile = context.config, context.profile
    names = (_ROLE, _SOURCE_PROFILE, _CREDENTIAL_SOURCE, "role_session_name", *_PARAMETERS)
    settings = {name: setting.text for name in names if (setting := config.setting(profile, name)) is not None}
    where = config.where(profile, _ROLE)
    if (_SOURCE_PROFILE in settings) == (_CREDENTIAL_SOURCE in settings):
        which = "both" if _SOURCE_PROFILE in settings else "neither"
        msg = f"{where} needs exactly one of {_SOURCE_PROFILE} and {_CREDENTIAL_SOURCE}; the profile has {which}"
        raise ConfigError(msg)
    parameters = {theirs: settings[ours] for ours, theirs in _PARAMETERS.items() if ours in settings}
    duration = config.setting(profile, "duration_seconds")
    if duration is not None:
        if not (duration.text.isascii() and duration.text.isdigit()):
            msg = f"{duration.where} must be a whole number of seconds, not {duration.text!r}"
            raise ConfigError(msg)
        parameters["DurationSeconds"] = duration.text
    return _Role(
        settings[_ROLE],
        settings.get(_SOURCE_PROFILE),
        settings.get(_CREDENTIAL_SOURCE),
        settings.get("role_session_name"),
        parameters,
    )
