"""A typed client for Amazon Cognito user pools that speaks the service's protocol itself.

Every name below loads on first use. Importing the package costs next to nothing, and a call loads only the family of
its operation.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import errors as errors
    from . import types as types
    from ._attributes import attributes_of as attributes_of
    from ._attributes import user_filter as user_filter
    from ._call.retry import AdaptiveRetry as AdaptiveRetry
    from ._call.retry import NoRetry as NoRetry
    from ._call.retry import StandardRetry as StandardRetry
    from ._errors import *  # noqa: F403
    from ._preload import preload as preload
    from ._protocol.oauth_errors import *  # noqa: F403
    from ._protocol.service_errors import *  # noqa: F403
    from ._reveal import reveal as reveal
    from ._structs.convert import from_wire as from_wire
    from ._structs.convert import to_wire as to_wire
    from ._structs.empty import EmptyResponse as EmptyResponse
    from ._structs.struct import ResponseMetadata as ResponseMetadata
    from ._transport.limits import Timeout as Timeout
    from ._updates import updated as updated
    from ._user_errors import *  # noqa: F403
    from ._version import __version__ as __version__
    from .async_client import AsyncClient as AsyncClient
    from .client import Client as Client
    from .credentials.types import Credentials as Credentials
    from .errors import *  # noqa: F403
    from .login import *  # noqa: F403
    from .model.exceptions import *  # noqa: F403
    from .sign_in import *  # noqa: F403
    from .tokens import *  # noqa: F403
    from .types import *  # noqa: F403
else:
    from ._structs.lazy import facade

    __getattr__, __dir__ = facade(
        __name__,
        {
            "._attributes": "attributes_of user_filter",
            "._call.retry": "AdaptiveRetry NoRetry StandardRetry",
            "._preload": "preload",
            "._reveal": "reveal",
            "._structs.convert": "from_wire to_wire",
            "._structs.empty": "EmptyResponse",
            "._structs.struct": "ResponseMetadata",
            "._transport.limits": "Timeout",
            "._updates": "updated",
            "._version": "__version__",
            ".async_client": "AsyncClient",
            ".client": "Client",
            ".credentials.types": "Credentials",
        },
        # The errors last: they are three modules, and whoever names a struct needs none of them.
        facades=("sign_in", "tokens", "login", "types", "errors"),
    )
