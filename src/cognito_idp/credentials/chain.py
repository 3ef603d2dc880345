"""The places where credentials are looked for, in order, and what each of them answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from .._errors import CognitoIdpError, ConfigError, CredentialsError, NoCredentialsError
from .._flow.effects import call
from .provider import NotConfigured
from .types import Credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from typing import TypeAlias

    from .._flow.effects import Flow
    from .assume_role import MfaCode
    from .provider import Context, Provider

    # What may stand in a chain; a function returns `Credentials`, or None where it does not apply.
    ProviderLike: TypeAlias = (
        "Provider | Credentials | Callable[[], Credentials | Awaitable[Credentials | None] | None]"
    )


class ProviderChain:
    """Asks providers one after the other until one of them applies.

    A provider is an object with `name` and the flow method `load`, a plain or async function that returns `Credentials`
    (or None where it does not apply), or `Credentials` themselves. The providers of a chain within a chain become part
    of the outer one.
    """

    name = "chain"

    def __init__(self, providers: Iterable[ProviderLike]) -> None:
        """Take the providers in the order in which they are asked.

        Raises:
            ConfigError: one of them is none.
        """
        self.providers: tuple[Provider, ...] = ()
        for given in providers:
            provider = provider_of(given)
            self.providers += provider.providers if isinstance(provider, ProviderChain) else (provider,)

    def load(self, context: Context) -> Flow[Credentials]:
        """Return the credentials of the first provider that applies.

        Raises:
            NoCredentialsError: none does; the text says what each of them answered, on a line of its own.
            CredentialsError: the first one that applies fails.
        """
        _, credentials = yield from self.find(context)
        return credentials

    def find(self, context: Context) -> Flow[tuple[Provider, Credentials]]:
        """Return the first provider that applies, and its credentials; raises as `load` does."""
        answers: list[str] = []
        for provider in self.providers:
            try:
                return provider, (yield from provider.load(context))
            except (NotConfigured, NoCredentialsError) as error:
                answers.append(f"{provider.name}: {error}")
        msg = "\n  ".join(["no credentials; what was asked, and what it answered:", *answers])
        raise NoCredentialsError(msg)


class FunctionProvider:
    """A plain or async function of the user's that returns `Credentials`, or None where it does not apply.

    A sync client refuses an async one. A plain one should not block for long where an async client calls it.
    """

    def __init__(self, function: Callable[[], Credentials | Awaitable[Credentials | None] | None]) -> None:
        """Take the function; it has no parameters."""
        self.name = getattr(function, "__qualname__", type(function).__qualname__)
        self._function = function

    def load(self, context: Context) -> Flow[Credentials]:  # noqa: ARG002 - the protocol's parameter
        """Call the function.

        Raises:
            NotConfigured: it returned None.
            CredentialsError: it failed, which is the `__cause__`, or it returned something else.
        """
        try:
            found: Any = yield from call(self._function)
        except CognitoIdpError:
            raise
        except Exception as error:
            # The text stays in the cause: what a stranger's exception says may hold a secret.
            msg = f"{self.name} raised {type(error).__name__}"
            raise CredentialsError(msg) from error
        if found is None:
            msg = "returned None"
            raise NotConfigured(msg)
        if not isinstance(found, Credentials):
            msg = f"{self.name} returned {type(found).__name__}, not Credentials"
            raise CredentialsError(msg)
        return found


class _FixedProvider:
    """Credentials that were handed over."""

    name = "Credentials"

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def load(self, context: Context) -> Flow[Credentials]:  # noqa: ARG002 - the protocol's parameter
        """Return them."""
        return self._credentials
        yield


def provider_of(given: ProviderLike) -> Provider:
    """Return what was given as a provider.

    Raises:
        ConfigError: it can't be one.
    """
    if isinstance(given, Credentials):
        return _FixedProvider(given)
    if _is_provider(given):
        return given
    if callable(given):
        return FunctionProvider(given)
    msg = f"{type(given).__name__} is no credential provider: it has no `load`, can't be called, and is no Credentials"
    raise ConfigError(msg)


def _is_provider(given: object) -> TypeGuard[Provider]:
    return hasattr(given, "load")


def default_chain(mfa_code: MfaCode | None = None) -> ProviderChain:
    """Return the chain that a client uses where it was given nothing: boto3's places in boto3's order.

    `mfa_code` is called with the serial number of an MFA device where a role asks for its code.
    """
    environment, container = _Late("environment", "EnvironmentProvider"), _Late("container", "ContainerProvider")
    metadata = _Late("imds", "InstanceMetadataProvider")
    # These look at a profile, be it the one in use or one that a role's profile names as its source.
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
    """A provider of ours that is imported when it is asked: most clients never come to the end of the chain."""

    def __init__(self, module: str, name: str, *arguments: Any) -> None:
        self._module = module
        self._class = name
        self._arguments = arguments
        self._made: Provider | None = None

    @property
    def name(self) -> str:
        """The provider's own name."""
        return self._provider().name

    def load(self, context: Context) -> Flow[Credentials]:
        """Ask the provider."""
        return self._provider().load(context)

    def _provider(self) -> Provider:
        made = self._made
        if made is None:
            from importlib import import_module

            made = getattr(import_module(f".{self._module}", __package__), self._class)(*self._arguments)
            self._made = made
        return made
