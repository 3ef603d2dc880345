"""The transports that one suite runs over, and where a library makes one of them differ.

Each `Wire` is a kind of client (sync, asyncio, trio) over one transport. The default ones, which are asked for by name,
read proxies and certificates from the environment. A transport that a user brings along is configured by the user:
here, with the certificates that the environment names, and with no proxy.

What a library can't do stands in a table below, each with its reason; the tests expect exactly that.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from cognito_idp.errors import (
    DeadlineExceededError,
    InvalidResponseError,
    ProtocolError,
    ReadError,
    TransportError,
    WriteTimeoutError,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    Make = Callable[[ssl.SSLContext | bool], Any]


class Wire(NamedTuple):
    """A kind of client over a transport; `make` returns what it is given as `transport=`."""

    library: str
    kind: str
    make: Make
    needs: tuple[str, ...] = ()
    is_default: bool = False

    @property
    def name(self) -> str:
        """What a test's id shows."""
        return f"{self.library}-{self.kind}"

    @property
    def is_async(self) -> bool:
        """Whether the client is the async one."""
        return self.kind != "sync"


def _named(name: str | None) -> Make:
    return lambda _: name


def _httpx2(verify: ssl.SSLContext | bool) -> Any:
    import httpx2

    return httpx2.HTTPTransport(verify=verify)


def _async_httpx2(verify: ssl.SSLContext | bool) -> Any:
    import httpx2

    return httpx2.AsyncHTTPTransport(verify=verify)


def _aiohttp(verify: ssl.SSLContext | bool) -> Any:
    import httpx_aiohttp

    return httpx_aiohttp.AiohttpTransport(verify=verify)


WIRES = (
    Wire("httpx", "sync", _named("httpx"), is_default=True),
    Wire("httpx", "asyncio", _named("httpx"), is_default=True),
    Wire("httpx", "trio", _named("httpx"), is_default=True),
    Wire("stdlib", "sync", _named("stdlib"), is_default=True),
    Wire("stdlib", "asyncio", _named("stdlib"), is_default=True),
    Wire("httpx2", "sync", _httpx2, ("httpx2",)),
    Wire("httpx2", "asyncio", _async_httpx2, ("httpx2",)),
    Wire("httpx2", "trio", _async_httpx2, ("httpx2",)),
    Wire("httpx_aiohttp", "asyncio", _aiohttp, ("httpx_aiohttp", "aiohttp")),
)


def params(
    choice: Callable[[Wire], bool] = lambda _: True,
    *,
    always: bool = False,
    usual: Callable[[Wire], bool] = lambda wire: wire.is_default,
) -> list[Any]:
    """Return the chosen wires as parameters, with a skip where a library is missing.

    Unless `always`, all but the usual wires are left to the long run.
    """
    chosen = []
    for wire in filter(choice, WIRES):
        missing = [name for name in wire.needs if find_spec(name) is None]
        marks = [pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")]
        if not always and not usual(wire):
            marks.append(pytest.mark.long)
        if wire.kind == "trio":
            # See `tests.support.marks.left_unread`: what httpx leaves of an answer that was refused.
            marks.append(pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning"))
        if wire.library == "httpx_aiohttp":
            # aiohttp closes a connection whose peer takes no bytes only once they are sent, so its loop ends first.
            marks.append(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))
        chosen.append(pytest.param(wire, id=wire.name, marks=marks))
    return chosen


def over(choice: Callable[[Wire], bool], *, always: bool = False) -> pytest.MarkDecorator:
    """Run a test over some of the wires; `always` is as for `params`."""
    return pytest.mark.parametrize("rig", params(choice, always=always), indirect=True)


# What a library adds to a request without changing its meaning. None of it is signed.
ADDED_HEADERS = (("accept", "*/*"), ("connection", "keep-alive"))

# The error of a server that takes no bytes, and the limit that ends it. aiohttp has no limit for a write, so that only
# the limit of the whole call does.
WRITE_LIMIT: Mapping[str, tuple[type[TransportError], str]] = {
    "httpx": (WriteTimeoutError, "write"),
    "httpx2": (WriteTimeoutError, "write"),
    "stdlib": (WriteTimeoutError, "write"),
    "httpx_aiohttp": (DeadlineExceededError, "total"),
}

# Where the total limit can't break off a head that has begun: a blocking read has a limit of its own only.
BLOCKS_IN_HEAD = frozenset({"httpx2-sync"})

# What a head that never ends is: more than any library reads.
FLOODED_HEAD = (ProtocolError, InvalidResponseError)

# Faults that a library has another name for. To aiohttp, a body that ends too early is one that can't be read.
_OTHER_ERRORS: Mapping[tuple[str, str], type[TransportError]] = {
    ("httpx_aiohttp", "cut off"): ReadError,
    ("httpx_aiohttp", "cut off in chunks"): ReadError,
}


def expected_error(wire: Wire, fault: str, usual: type[TransportError]) -> type[TransportError]:
    """Return the class of error that a fault has over a wire."""
    return _OTHER_ERRORS.get((wire.library, fault), usual)
