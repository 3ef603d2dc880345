"""The time limit of a whole exchange, kept inside httpx's sync connections.

httpcore has a limit for each read and each write. A server that sends the head of its answer byte by byte keeps within
it for ever, and a sync caller can't break off a read that waits. So each wait here ends when the exchange must end.
"""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

# Small enough for a socket's buffer, so that a slow reader takes one wait for it.
_PIECE = 16 * 1024


class EndOfExchange:
    """When the exchange ends that a connection is used for, in seconds of a monotonic clock."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = inf

    def shortened(self, seconds: float | None, late: type[Exception]) -> float | None:
        """Return a limit, cut off at the end of the exchange.

        Raises:
            Exception: `late`, if the exchange is over.
        """
        if self.at == inf:
            return seconds
        remaining = self.at - time.monotonic()
        if remaining <= 0:
            msg = "the limit of the whole call passed"
            raise late(msg)
        return remaining if seconds is None or remaining < seconds else seconds


def keep_time(transport: Any, end: EndOfExchange) -> None:
    """Make the connections of an httpx transport keep to the end of an exchange.

    httpx has no setting for this. Without the private attributes, this does nothing.
    """
    pool: Any = getattr(transport, "_pool", None)
    backend = getattr(pool, "_network_backend", None)
    if isinstance(backend, httpcore.NetworkBackend):
        pool._network_backend = _TimedBackend(backend, end)  # noqa: SLF001 - see above


class _TimedBackend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, end: EndOfExchange) -> None:
        self._inner = inner
        self._end = end

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._end.shortened(timeout, httpcore.ConnectTimeout)
        stream = self._inner.connect_tcp(host, port, seconds, local_address, socket_options)
        return _TimedStream(stream, self._end)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, end: EndOfExchange) -> None:
        self._inner = inner
        self._end = end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._end.shortened(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._inner.write(piece, self._end.shortened(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._end.shortened(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._end)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
