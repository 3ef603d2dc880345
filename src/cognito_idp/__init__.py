"""A typed client for Amazon Cognito user pools that speaks the service's protocol itself.

Every name below is loaded when it is first used: importing the package costs next to nothing, and a call loads only the
family of operations that it belongs to.
"""

from typing import TYPE_CHECKING, Any

from . import errors as _errors
from . import types as _types

if TYPE_CHECKING:
    from ._version import __version__ as __version__
    from .async_client import AsyncClient as AsyncClient
    from .client import Client as Client
    from .common_errors import *  # noqa: F403
    from .convert import from_wire as from_wire
    from .convert import to_wire as to_wire
    from .credentials.types import Credentials as Credentials
    from .errors import *  # noqa: F403
    from .model.exceptions import *  # noqa: F403
    from .retry import NoRetry as NoRetry
    from .retry import StandardRetry as StandardRetry
    from .struct import EmptyResponse as EmptyResponse
    from .struct import ResponseMetadata as ResponseMetadata
    from .transport.limits import Timeout as Timeout
    from .types import *  # noqa: F403
else:
    from importlib import import_module

    _HOMES = {
        "AsyncClient": "async_client",
        "Client": "client",
        "Credentials": "credentials.types",
        "EmptyResponse": "struct",
        "NoRetry": "retry",
        "ResponseMetadata": "struct",
        "StandardRetry": "retry",
        "Timeout": "transport.limits",
        "__version__": "_version",
        "from_wire": "convert",
        "to_wire": "convert",
    }

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            found = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        elif name in _errors.__all__:
            found = getattr(_errors, name)
        elif name in _types.__all__:
            found = getattr(_types, name)
        else:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg, name=name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "AsyncClient",
    "Client",
    "Credentials",
    "EmptyResponse",
    "NoRetry",
    "ResponseMetadata",
    "StandardRetry",
    "Timeout",
    "__version__",
    "from_wire",
    "to_wire",
]
__all__ += _errors.__all__
__all__ += _types.__all__
