"""Chains of credential providers: each is asked in turn, and a failure lists every answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from .._errors import CognitoIdpError, ConfigError, CredentialsError, NoCredentialsError
from .._flow.effects import call
from .._protocol.arguments import FUNCTION, Kind, check, check_given, described
from .provider import NotConfigured
from .types import Credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from .._flow.effects import Flow
    from .assume_role import MfaCode
    from .boto import BotoCredentials, BotoLike
    from .provider import Context, Provider

    # What a chain accepts; a function returns `Credentials` (or botocore's), or None if it does not apply.
    ProviderLike: TypeAlias = "Provider | Credentials | BotoLike | Function"
    Function: TypeAlias = Callable[[], Credentials | BotoLike | Awaitable[Credentials | BotoLike | None] | None]


_ITERABLE = Kind("an iterable of providers", lambda value: isinstance(value, Iterable) and not isinstance(value, str))


class ProviderChain:
    """Asks providers one after the other until one of them applies.

    A provider is an object with `name` and the flow method `load`, a plain or async function that returns `Credentials`
    (or None if it does not apply), a `Credentials` object, or a session or credentials of boto3. A chain inside a chain
    adds its providers to the outer one.
    """

    name = "chain"

    def __init__(self, providers: Iterable[ProviderLike]) -> None:
        """Build a chain that asks `providers` in this order.

        Raises:
            ConfigError: one of them is not a provider.
        """
        check(_ITERABLE, providers=providers)
        self.providers: tuple[Provider, ...] = ()
        for candidate in providers:
            provider = provider_of(candidate)
            self.providers += provider.providers if isinstance(provider, ProviderChain) else (provider,)

    def load(self, context: Context) -> Flow[Credentials]:
        """Return the credentials of the first provider that applies.

        Raises:
            NoCredentialsError: no provider applies; the text has one line for each provider's answer.
            CredentialsError: the first provider that applies fails.
        """
        _, credentials = yield from self.find(context)
        return credentials

    def find(self, context: Context) -> Flow[tuple[Provider, Credentials]]:
        """Return the first provider that applies, and its credentials; raise the same errors as `load`."""
        answers: list[str] = []
        for provider in self.providers:
            try:
                return provider, (yield from provider.load(context))
            except (NotConfigured, NoCredentialsError) as error:
                answers.append(f"{provider.name}: {error}")
        msg = "\n  ".join(["no credentials found; the providers answered:", *answers])
        raise NoCredentialsError(msg)


class FunctionProvider:
    """A plain or async function that returns `Credentials` (or botocore's), or None if it does not apply.

    The function takes no arguments. A sync client rejects an async function. A plain function should not block for long
    if an async client calls it.
    """

    def __init__(self, function: Function) -> None:
        check(FUNCTION, function=function)
        self.name = getattr(function, "__qualname__", type(function).__qualname__)
        self._function = function

    def load(self, context: Context) -> Flow[Credentials]:  # noqa: ARG002 - a parameter of the protocol
        """Call the function.

        Raises:
            NotConfigured: it returned None.
            CredentialsError: it raised an exception, kept as the `__cause__`, or returned something else.
        """
        try:
            result: Any = yield from call(self._function)
        except CognitoIdpError:
            raise
        except Exception as error:
            # The text stays in the cause: a foreign exception's message may contain a secret.
            msg = f"{self.name} raised {type(error).__name__}"
            raise CredentialsError(msg) from error
        if result is None:
            msg = "returned None"
            raise NotConfigured(msg)
        boto = None if isinstance(result, Credentials) else boto_credentials(result)
        if boto is not None:
            return (yield from boto.get())
        if not isinstance(result, Credentials):
            msg = f"{self.name} returned {type(result).__name__}, not Credentials"
            raise CredentialsError(msg)
        return result


class _FixedProvider:
    """Credentials that were passed in."""

    name = "Credentials"

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def load(self, context: Context) -> Flow[Credentials]:  # noqa: ARG002 - a parameter of the protocol
        """Return the credentials."""
        return self._credentials
        yield


# What people keep the keys in.
_KEYS: Final = (str, tuple, list, Mapping)


def provider_of(candidate: ProviderLike) -> Provider:
    """Return `candidate` as a provider.

    Raises:
        ConfigError: it can't be used as one.
    """
    if isinstance(candidate, Credentials):
        return _FixedProvider(candidate)
    if _is_provider(candidate):
        return candidate
    boto = boto_credentials(candidate)
    if boto is not None:
        return boto
    if callable(candidate) and not isinstance(candidate, type):
        return FunctionProvider(candidate)
    hint = "; pass Credentials(access_key_id, secret_access_key)" if isinstance(candidate, _KEYS) else ""
    msg = (
        f"{described(candidate)} is not a credential provider: it has no `load`, is not callable, and is not a "
        f"Credentials object{hint}"
    )
    raise ConfigError(msg)


def boto_credentials(candidate: object) -> BotoCredentials | None:
    """Return a source for a session or credentials of botocore or one of its relatives; None for anything else."""
    if isinstance(candidate, type) or not (
        hasattr(candidate, "get_credentials")
        or hasattr(candidate, "get_frozen_credentials")
        or all(hasattr(candidate, part) for part in ("access_key", "secret_key", "token"))
    ):
        return None
    from .boto import BotoCredentials

    return BotoCredentials(candidate)


def _is_provider(candidate: object) -> TypeGuard[Provider]:
    return hasattr(candidate, "load") and not isinstance(candidate, type)


def default_chain(mfa_code: MfaCode | None = None) -> ProviderChain:
    """Return the chain that a client uses by default: boto3's sources in boto3's order.

    If a role requires an MFA code, `mfa_code` is called with the serial number of the device.
    """
    check_given(FUNCTION, mfa_code=mfa_code)
    environment, container = _Late("environment", "EnvironmentProvider"), _Late("container", "ContainerProvider")
    metadata = _Late("imds", "InstanceMetadataProvider")
    # These read a profile: the one in use, or the source profile of a role.
    profile_providers = (
        _Late("web_identity", "WebIdentityProvider"),
        _Late("sso", "SsoProvider"),
        _Late("shared_file", "SharedCredentialsFileProvider"),
        _Late("login", "LoginProvider"),
        _Late("process", "ProcessProvider"),
        _Late("shared_file", "ConfigFileProvider"),
    )
    sources = {"Environment": environment, "EcsContainer": container, "Ec2InstanceMetadata": metadata}
    return ProviderChain(
        [
            environment,
            _Late("assume_role", "AssumeRoleProvider", profile_providers, sources, mfa_code),
            *profile_providers,
            container,
            metadata,
        ]
    )


class _Late:
    """A built-in provider that is imported when it is asked: most clients never reach the end of the chain."""

    def __init__(self, module: str, name: str, *arguments: Any) -> None:
        self._module = module
        self._class = name
        self._arguments = arguments
        self._loaded: Provider | None = None

    @property
    def name(self) -> str:
        """The name of the provider."""
        return self._provider().name

    def load(self, context: Context) -> Flow[Credentials]:
        """Ask the provider."""
        return self._provider().load(context)

    def _provider(self) -> Provider:
        provider = self._loaded
        if provider is None:
            from importlib import import_module

            provider = getattr(import_module(f".{self._module}", __package__), self._class)(*self._arguments)
            self._loaded = provider
        return provider
