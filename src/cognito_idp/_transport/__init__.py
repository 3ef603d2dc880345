"""How requests reach the network: over httpx, sockets of our own, JavaScript's `fetch`, or the user's transport.

Only this folder imports an HTTP library or opens a socket, and each module does so only on first use.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from .._errors import ConfigError
from .._flow.platform import on_emscripten
from .._protocol.arguments import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import httpx
    import httpx2

    from .adapter import Adapter, AsyncAdapter
    from .certificates import Authorities

    Engine: TypeAlias = Literal["httpx", "stdlib", "fetch"]
    TransportLike: TypeAlias = Engine | httpx.BaseTransport | httpx2.BaseTransport
    AsyncTransportLike: TypeAlias = Engine | httpx.AsyncBaseTransport | httpx2.AsyncBaseTransport

_NAMES: Final = ("httpx", "stdlib", "fetch")
_LIBRARIES: Final = ("httpx", "httpx2")


def make_transport(transport: TransportLike | None, authorities: Authorities | None = None) -> Adapter:
    """Return an adapter over a transport or a named engine; None means httpx, and `fetch` under Pyodide.

    Engines trust `authorities`; None means those that the environment names.

    Raises:
        ConfigError: it is not a transport, or the engine is unknown or can't run here.
    """
    if transport is None or isinstance(transport, str):
        name = _checked_name(transport)
        if name == "fetch":
            from .fetch import FetchTransport

            return FetchTransport()
        if name == "stdlib":
            from .certificates import Authorities
            from .stdlib_sync import StdlibTransport

            return StdlibTransport(authorities or Authorities())
        import httpx

        from .httpx_default import RoutedTransport
        from .httpx_sync import HttpxTransport

        return HttpxTransport(RoutedTransport(authorities=authorities), httpx)
    from .httpx_sync import HttpxTransport

    return HttpxTransport(transport, _library_of(transport, "BaseTransport"))


def make_async_transport(transport: AsyncTransportLike | None, authorities: Authorities | None = None) -> AsyncAdapter:
    """Return an adapter over an async transport or a named engine; None means httpx, and `fetch` under Pyodide.

    Engines trust `authorities`; None means those that the environment names.

    Raises:
        ConfigError: it is not an async transport, or the engine is unknown or can't run here.
    """
    if transport is None or isinstance(transport, str):
        name = _checked_name(transport)
        if name == "fetch":
            from .fetch import AsyncFetchTransport

            return AsyncFetchTransport()
        if name == "stdlib":
            from .certificates import Authorities
            from .stdlib_async import AsyncStdlibTransport

            return AsyncStdlibTransport(authorities or Authorities())
        import httpx

        from .httpx_async import AsyncHttpxTransport
        from .lanes import LanePool

        return AsyncHttpxTransport(LanePool(authorities=authorities), httpx)
    from .httpx_async import AsyncHttpxTransport

    return AsyncHttpxTransport(transport, _library_of(transport, "AsyncBaseTransport"))


def load_engine(transport: object) -> None:
    """Load the modules of a named engine, and those that it loads when it connects; None means httpx.

    Raises:
        ConfigError: the engine is unknown.
    """
    if transport is None or isinstance(transport, str):
        _load(_ENGINES[_checked_name(transport)])


def load_async_engine(transport: object) -> None:
    """Load the modules of a named async engine, and those that it loads when it connects; None means httpx.

    Raises:
        ConfigError: the engine is unknown.
    """
    if transport is None or isinstance(transport, str):
        _load(_ASYNC_ENGINES[_checked_name(transport)])
    if not on_emscripten():  # it has no threads, and one event loop
        _load(_IN_A_LOOP)


_ENGINES: Final[Mapping[str, tuple[str, ...]]] = {
    "httpx": ("httpx", ".httpx_default", ".httpx_sync", "certifi", "encodings.idna"),
    "stdlib": (".certificates", ".stdlib_sync", "encodings.idna"),
    "fetch": (".fetch",),
}
_ASYNC_ENGINES: Final[Mapping[str, tuple[str, ...]]] = {
    "httpx": ("httpx", ".httpx_async", ".lanes", "certifi", "httpcore._backends.anyio"),
    "stdlib": (".certificates", ".stdlib_async"),
    "fetch": (".fetch",),
}
# What drivers, event loops and sockets load when they are used; the codec encodes the names of hosts.
_IN_A_LOOP: Final = ("anyio.to_thread", "anyio._backends._asyncio", "concurrent.futures.thread", "encodings.idna")


def _load(modules: Iterable[str]) -> None:
    for module in modules:
        try:
            import_module(module, __name__)
        except ImportError:
            # The private modules of other libraries may move. Then a first call loads what replaces them.
            if "._" not in module:
                raise


def reseed() -> None:
    """Add the system's randomness to OpenSSL's, whose state all copies share that are restored from one snapshot."""
    add = getattr(sys.modules.get("ssl"), "RAND_add", None)
    if add is not None:
        add(os.urandom(_SEED_BYTES), _SEED_BYTES)


_SEED_BYTES: Final = 48


def transport_name(transport: object) -> str:
    """Return the name of what `make_transport` or `make_async_transport` would use, without importing it.

    An engine has its own name; a user's transport goes by its class, such as `httpx_aiohttp.AiohttpTransport`.

    Raises:
        ConfigError: the engine is unknown or can't run here.
    """
    if transport is None or isinstance(transport, str):
        return _checked_name(transport)
    return f"{type(transport).__module__.partition('.')[0]}.{type(transport).__qualname__}"


def check_transport(transport: object) -> None:
    """Check a `transport=` as far as that is possible without importing an HTTP library.

    Raises:
        ConfigError: it is neither the name of an engine nor a transport.
    """
    if transport is None or isinstance(transport, str):
        _checked_name(transport)
    elif isinstance(transport, type) or not any(hasattr(transport, name) for name in _METHODS):
        msg = f"transport={described(transport)} is not a transport: it may be {_EXPECTED}"
        raise ConfigError(msg)


_METHODS: Final = ("handle_request", "handle_async_request")


def _checked_name(name: str | None) -> str:
    has_fetch = on_emscripten()
    if name is None:
        return "fetch" if has_fetch else "httpx"
    if name not in _NAMES:
        msg = f"transport={name!r} is not known: it may be {_EXPECTED}"
        raise ConfigError(msg)
    if has_fetch != (name == "fetch"):
        msg = f"transport={name!r} {_NO_SOCKETS if has_fetch else _NO_FETCH}"
        raise ConfigError(msg)
    return name


_EXPECTED: Final = "None, 'httpx', 'stdlib', 'fetch' (under Pyodide), or a transport of httpx or httpx2"
_NO_SOCKETS: Final = "needs sockets, which Pyodide doesn't have: leave it out, and JavaScript's fetch is used"
_NO_FETCH: Final = "needs JavaScript's fetch, which only Pyodide has: use 'httpx', the default, or 'stdlib'"


def _library_of(transport: object, base: str) -> Any:
    """Return the module whose requests a transport takes; making the transport has imported it."""
    for name in _LIBRARIES:
        library = sys.modules.get(name)
        if library is not None and isinstance(transport, getattr(library, base)):
            return library
    other = "AsyncBaseTransport" if base == "BaseTransport" else "BaseTransport"
    description = f"{type(transport).__module__}.{type(transport).__qualname__}"
    hint = ""
    if any(isinstance(transport, getattr(sys.modules[name], other)) for name in _LIBRARIES if name in sys.modules):
        kind = "an async" if base == "BaseTransport" else "a sync"
        hint = f", which is {kind} transport"
    elif isinstance(transport, type):
        description, hint = f"the class {transport.__qualname__}", ", which must be an instance"
    msg = f"transport={description}{hint}: it may be {_EXPECTED} ({base})"
    raise ConfigError(msg)
