"""AWS credentials and where they come from.

To supply credentials yourself, pass the client a function that returns `Credentials` (plain, or async for an
`AsyncClient`), an object with `name` and the flow method `load(context)`, or a `ProviderChain` of these and of the
providers in this package. The client caches the credentials and renews them before they expire. To share one cache
among clients, pass them the same `CachedCredentials`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .assume_role import AssumeRoleProvider as AssumeRoleProvider
    from .cache import CachedCredentials as CachedCredentials
    from .chain import FunctionProvider as FunctionProvider
    from .chain import ProviderChain as ProviderChain
    from .chain import default_chain as default_chain
    from .container import ContainerProvider as ContainerProvider
    from .environment import EnvironmentProvider as EnvironmentProvider
    from .imds import InstanceMetadataProvider as InstanceMetadataProvider
    from .login import LoginProvider as LoginProvider
    from .process import ProcessProvider as ProcessProvider
    from .provider import Context as Context
    from .provider import NotConfigured as NotConfigured
    from .provider import Provider as Provider
    from .provider import make_context as make_context
    from .shared_file import ConfigFileProvider as ConfigFileProvider
    from .shared_file import SharedCredentialsFileProvider as SharedCredentialsFileProvider
    from .sso import SsoProvider as SsoProvider
    from .types import Credentials as Credentials
    from .types import CredentialSource as CredentialSource
    from .types import StaticCredentials as StaticCredentials
    from .web_identity import WebIdentityProvider as WebIdentityProvider
else:
    from .._structs.lazy import facade

    __getattr__, __dir__ = facade(
        __name__,
        {
            ".assume_role": "AssumeRoleProvider",
            ".cache": "CachedCredentials",
            ".chain": "FunctionProvider ProviderChain default_chain",
            ".container": "ContainerProvider",
            ".environment": "EnvironmentProvider",
            ".imds": "InstanceMetadataProvider",
            ".login": "LoginProvider",
            ".process": "ProcessProvider",
            ".provider": "Context NotConfigured Provider make_context",
            ".shared_file": "ConfigFileProvider SharedCredentialsFileProvider",
            ".sso": "SsoProvider",
            ".types": "CredentialSource Credentials StaticCredentials",
            ".web_identity": "WebIdentityProvider",
        },
    )
