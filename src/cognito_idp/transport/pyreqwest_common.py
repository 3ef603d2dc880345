"""What the sync and the async adapter over pyreqwest share: its clients, each made for a route and for some limits.

A client of pyreqwest's is a pool with its own certificates, proxy and time limits. It does nothing by itself here: it
follows no redirect, repeats nothing, keeps no cookies and unpacks nothing.

Where it differs from httpx: the limit for a read counts from the start of an exchange until the head of the answer is
there. The authorities of `AWS_CA_BUNDLE` are trusted beside the system's own, or beside those of both `SSL_CERT_FILE`
and `SSL_CERT_DIR`, not in their place, which is why such settings make httpx the default; without a setting it is the
system's authorities that are trusted, not certifi's.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pyreqwest.exceptions import BuilderError
from pyreqwest.proxy import ProxyBuilder

from .._version import __version__
from ..errors import ClientClosedError
from .adapter import CLOSED
from .certificates import bundle_of
from .incoming import Incoming, check_outgoing
from .pyreqwest_errors import causes_of
from .routes import KEEPALIVE_SECONDS, MAX_CONNECTIONS, NO_PROXY_URL, Route, route_of, unusable_proxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyreqwest.response import BaseResponse

    from ..wire import Headers, HttpRequest, Limits
    from .certificates import Bundle

ClientT = TypeVar("ClientT")

# A body up to this size fits into the kernel's buffers, so that sending it takes no time of its own.
_QUICKLY_SENT = 64 * 1024
# Routes and sets of limits that a program uses at a time; more of them begin anew.
_MOST_CLIENTS = 64
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")
_PROXY = re.compile(r"(https?|socks5h?)://([^/@]*@)?([^/@:\[\]]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?/?")


class Made(Generic[ClientT]):
    """A client, and the limits that it was made with; None is no limit of that kind.

    Calls hold this object and not the client, whose idle connections stay open for as long as anything holds it: the
    traceback of an error, for example.
    """

    __slots__ = ("client", "connect", "read", "write")

    def __init__(self, client: ClientT, connect: float | None, read: float | None, write: float | None) -> None:
        """Keep them together."""
        self.client: ClientT | None = client
        self.connect = connect
        self.read = read
        self.write = write

    def fits(
        self, connect: float | None, read: float | None, write: float | None, total: float | None, _: int = 0
    ) -> bool:
        """Whether the client is one for such limits.

        A limit that the total one comes before has no effect, so that calls with any total can share connections.
        """
        return (
            _alike(self.connect, connect, total) and _alike(self.read, read, total) and _alike(self.write, write, total)
        )


def _alike(one: float | None, other: float | None, total: float | None) -> bool:
    return one == other or (total is not None and (one is None or one >= total) and (other is None or other >= total))


class Clients(Generic[ClientT]):
    """The clients of one transport. Threads may share them."""

    def __init__(self, make_builder: Callable[[], Any], max_connections: int | None) -> None:
        """Take the class of the clients' builders, and how many calls at once each client lets through."""
        self._make_builder = make_builder
        self._max_connections = max_connections
        self._lock = threading.Lock()
        self._is_closed = False
        self._made: dict[Route, list[Made[ClientT]]] = {}
        self._routes: dict[str, Route] = {}
        # The client of the last call, and what it was chosen by: calls mostly are alike.
        self._last: tuple[str, Limits, bool, Made[ClientT]] | None = None

    def for_request(self, request: HttpRequest) -> Made[ClientT]:
        """Return the client for a request.

        Raises:
            ConfigError: the certificates or the proxy that the environment names can't be used.
            ForkedError: a client was made before this process was forked.
            ClientClosedError: `drop` was called.
        """
        is_quick = len(request.body) <= _QUICKLY_SENT
        last = self._last
        if (
            last is not None
            and request.url == last[0]
            and is_quick is last[2]
            and (request.limits is last[1] or (is_quick and last[3].fits(*request.limits)))
        ):
            return last[3]
        with self._lock:
            if self._is_closed:
                raise ClientClosedError(CLOSED)
            made = self._find(request, is_quick=is_quick)
        self._last = (request.url, request.limits, is_quick, made)
        return made

    def _find(self, request: HttpRequest, *, is_quick: bool) -> Made[ClientT]:
        route = self._routes.get(request.url)
        if route is None:
            if len(self._routes) >= _MOST_CLIENTS:
                self._routes.clear()
            route = self._routes[request.url] = route_of(request.url)
        connect, read, write, total, _ = request.limits
        if not is_quick:
            # pyreqwest's limit for reads runs while the body is sent, too.
            read = None if read is None or write is None else read + write
        some = self._made.setdefault(route, [])
        for made in some:
            if made.fits(connect, read, write, total):
                return made
        if len(some) >= _MOST_CLIENTS:
            some.clear()
        needed = [
            None if total is not None and limit is not None and limit >= total else limit
            for limit in (connect, read, write)
        ]
        some.append(Made(self._make(route, *needed), *needed))
        return some[-1]

    def _make(self, route: Route, connect: float | None, read: float | None, write: float | None) -> ClientT:
        def builder() -> Any:
            return self._builder(route, connect, read, write)

        if route.scheme == "https" or (route.proxy or "").startswith("https:"):
            client: ClientT = _with_certificates(builder)
            return client
        # A route is for one scheme, so this client never sees an https URL; to load the authorities would cost 5 ms.
        return _built(builder().danger_accept_invalid_certs(True))  # type: ignore[no-any-return]

    def _builder(self, route: Route, connect: float | None, read: float | None, write: float | None) -> Any:
        builder = (
            self._make_builder()
            .user_agent(f"cognito-idp/{__version__}")  # where a request has none
            .follow_redirects(False)
            .referer(False)
            .gzip(False)
            .brotli(False)
            .zstd(False)
            .deflate(False)
            .http1_lower_case_headers()
            .max_connections(self._max_connections)
            .pool_max_idle_per_host(MAX_CONNECTIONS)
            .pool_idle_timeout(timedelta(seconds=KEEPALIVE_SECONDS))
        )
        # pyreqwest would read the environment by rules of its own.
        builder = builder.no_proxy() if route.proxy is None else builder.proxy(_proxy(route.proxy))
        if connect is not None:
            builder = builder.connect_timeout(timedelta(seconds=connect)).pool_timeout(timedelta(seconds=connect))
        if read is not None:
            builder = builder.read_timeout(timedelta(seconds=read))
        if write is not None and sys.platform == "linux":
            # TCP_USER_TIMEOUT, the kernel's own limit for bytes that the other side doesn't take.
            builder = builder.tcp_user_timeout(timedelta(seconds=write))
        return builder

    def drop(self) -> list[ClientT]:
        """Forget all clients for good, and return them."""
        with self._lock:
            self._is_closed = True
            some = [made for each in self._made.values() for made in each]
            self._made = {}
            self._last = None
        clients = [made.client for made in some if made.client is not None]
        for made in some:
            made.client = None
        return clients


class ForkedError(Exception):
    """pyreqwest's threads don't live in this process, which was forked from the one that they were started in."""


def _built(builder: Any) -> Any:
    try:
        return builder.build()
    except RuntimeError as error:
        raise ForkedError from error


def _with_certificates(builder: Callable[[], Any]) -> Any:
    bundle = bundle_of()
    if bundle is None:
        try:
            return _built(builder())
        except BuilderError:
            # A small container image may have no authorities of its own. httpx brings some along.
            import certifi

            return _built(builder().add_root_certificate_pem(certifi.contents().encode()))
    try:
        # pyreqwest itself reads what SSL_CERT_FILE and SSL_CERT_DIR name, and nothing else of the system's then.
        return _built(builder().add_root_certificate_pem(_contents(bundle)))
    except BuilderError as error:
        raise bundle.unusable(causes_of(error)[-1]) from error


def _contents(bundle: Bundle) -> bytes:
    try:
        if bundle.is_folder:
            names = [name for name in sorted(os.listdir(bundle.path)) if _HASHED_NAME.fullmatch(name)]  # noqa: PTH208
            pem = b"\n".join([_read(os.path.join(bundle.path, name)) for name in names])  # noqa: PTH118
        else:
            pem = _read(bundle.path)
    except OSError as error:
        raise bundle.unusable(error) from error
    if b"-----BEGIN CERTIFICATE-----" not in pem and not bundle.is_folder:
        problem = "there is no certificate in it"
        raise bundle.unusable(problem)
    return pem


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib would cost the cold start 2 ms
        return file.read()


def _proxy(url: str) -> ProxyBuilder:
    if _PROXY.fullmatch(url):
        try:
            return ProxyBuilder.all(url)
        except ValueError:
            pass
    raise unusable_proxy(url, NO_PROXY_URL)


def builder_of(made: Made[Any], request: HttpRequest) -> Any:
    """Return the builder of an exchange, for a client of either kind.

    Raises:
        ConfigError: a header would end its line early.
        ClientClosedError: the client was dropped.
    """
    check_outgoing(request.headers)
    client = made.client
    if client is None:
        raise ClientClosedError(CLOSED)
    builder = client.request(request.method, request.url).headers(request.headers)
    if request.body:
        builder = builder.body_bytes(request.body)
    total = request.limits.total
    return builder if total is None else builder.timeout(timedelta(seconds=total))


def incoming(response: BaseResponse, limit: int) -> Incoming:
    """Begin an answer from its head.

    Raises:
        InvalidResponseError: the body is compressed, or said to be larger than the limit.
    """
    try:
        headers = tuple(response.headers.items())
    except ValueError:
        answer = Incoming(response.status, _ascii_headers(response), limit)
        # A header that is left out may be the one that says how long the body is.
        answer.is_bounded = False
        return answer
    return Incoming(response.status, headers, limit)


def _ascii_headers(response: BaseResponse) -> Headers:
    """Return the headers whose values are ASCII; pyreqwest doesn't show others."""
    headers: list[tuple[str, str]] = []
    for name in dict.fromkeys(response.headers.keys()):
        with contextlib.suppress(ValueError):
            headers += [(name, value) for value in response.headers.getall(name)]
    return tuple(headers)
