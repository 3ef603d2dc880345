"""How requests reach the network: short adapters over HTTP libraries, which only this folder imports, on first use.

The default is pyreqwest where it is installed (the extra `fast`), and httpx elsewhere, as well as on trio, and where
pyreqwest would trust other authorities beside those that `AWS_CA_BUNDLE`, `SSL_CERT_FILE` or `SSL_CERT_DIR` names.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ..errors import ConfigError
from .certificates import bundle_of

if TYPE_CHECKING:
    import httpx
    import httpx2

    from .adapter import Adapter, AsyncAdapter

    TransportLike: TypeAlias = Literal["httpx", "pyreqwest"] | httpx.BaseTransport | httpx2.BaseTransport
    AsyncTransportLike: TypeAlias = Literal["httpx", "pyreqwest"] | httpx.AsyncBaseTransport | httpx2.AsyncBaseTransport

_NAMES: Final = ("httpx", "pyreqwest")
_LIBRARIES: Final = ("httpx", "httpx2")


def make_transport(transport: TransportLike | None) -> Adapter:
    """Return an adapter over the given transport, or over a default one: the best, or that of a library by its name.

    Raises:
        ConfigError: it is no transport, or the library is not installed.
    """
    if transport is None or isinstance(transport, str):
        if _checked_name(transport) == "pyreqwest":
            from .pyreqwest_sync import PyreqwestTransport

            return PyreqwestTransport()
        import httpx

        from .httpx_default import RoutedTransport
        from .httpx_sync import HttpxTransport

        return HttpxTransport(RoutedTransport(), httpx)
    from .httpx_sync import HttpxTransport

    return HttpxTransport(transport, _library_of(transport, "BaseTransport"))


def make_async_transport(transport: AsyncTransportLike | None) -> AsyncAdapter:
    """Return an adapter over the given async transport, or over a default one, as `make_transport` does.

    Raises:
        ConfigError: it is no async transport, or the library is not installed.
    """
    if transport is None or isinstance(transport, str):
        if _checked_name(transport) == "pyreqwest":
            from .pyreqwest_async import AsyncPyreqwestTransport

            return AsyncPyreqwestTransport(is_named=transport is not None)
        import httpx

        from .httpx_async import AsyncHttpxTransport
        from .lanes import LanePool

        return AsyncHttpxTransport(LanePool(), httpx)
    from .httpx_async import AsyncHttpxTransport

    return AsyncHttpxTransport(transport, _library_of(transport, "AsyncBaseTransport"))


def transport_name(transport: object) -> str:
    """Return the name of what `make_transport` or `make_async_transport` would send through; nothing is imported.

    A default transport has the name of its library. One that a user brought along has its class's, such as
    `httpx_aiohttp.AiohttpTransport`.

    Raises:
        ConfigError: as those.
    """
    if transport is None or isinstance(transport, str):
        return _checked_name(transport)
    return f"{type(transport).__module__.partition('.')[0]}.{type(transport).__qualname__}"


def _checked_name(name: str | None) -> str:
    if name is None:
        return "pyreqwest" if _has_pyreqwest() and _trusts_only_what_it_should() else "httpx"
    if name not in _NAMES:
        msg = f"transport={name!r} is not known: it may be {_EXPECTED}"
        raise ConfigError(msg)
    if name == "pyreqwest" and not _has_pyreqwest():
        msg = "transport='pyreqwest' needs pyreqwest, which is not installed: pip install 'cognito-idp[fast]'"
        raise ConfigError(msg)
    return name


def _has_pyreqwest() -> bool:
    if "pyreqwest" in sys.modules:
        return True
    found = find_spec("pyreqwest")
    # A folder that an uninstall left behind counts as a package without an origin.
    return found is not None and found.origin is not None


def _trusts_only_what_it_should() -> bool:
    """Whether pyreqwest trusts the authorities that the environment names, and no others.

    It reads both SSL_CERT_FILE and SSL_CERT_DIR on Linux, and neither where the system itself checks certificates.
    """
    bundle = bundle_of()
    if bundle is None:
        return True
    read = [path for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if (path := os.environ.get(name))]
    return sys.platform not in ("darwin", "win32") and read == [bundle.path]


_EXPECTED: Final = "None, 'httpx', 'pyreqwest', or a transport of httpx or httpx2"


def _library_of(transport: object, base: str) -> Any:
    """Return the module whose requests a transport takes; whoever made the transport has imported it."""
    for name in _LIBRARIES:
        library = sys.modules.get(name)
        if library is not None and isinstance(transport, getattr(library, base)):
            return library
    other = "AsyncBaseTransport" if base == "BaseTransport" else "BaseTransport"
    given = f"{type(transport).__module__}.{type(transport).__qualname__}"
    hint = ""
    if any(isinstance(transport, getattr(sys.modules[name], other)) for name in _LIBRARIES if name in sys.modules):
        kind = "an async" if base == "BaseTransport" else "a sync"
        hint = f", which is {kind} transport"
    elif isinstance(transport, type):
        given, hint = f"the class {transport.__qualname__}", ", where an instance is meant"
    msg = f"transport={given}{hint}: it may be {_EXPECTED} ({base})"
    raise ConfigError(msg)
