"""Servers below HTTP: a function for the raw socket of each connection, and names with several addresses."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pytest


@contextmanager
def raw_server(script: Callable[[socket.socket], object]) -> Iterator[int]:
    """Yield the port of a server that runs a function for each connection, one after the other, and then closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    raw, _ = listener.accept()
                except OSError:
                    return
                with raw, suppress(OSError):
                    script(raw)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join()


def until_closed(raw: socket.socket) -> None:
    """Read until the client closes, and answer nothing."""
    while raw.recv(65536):
        pass


def resolve_to(monkeypatch: pytest.MonkeyPatch, ports: Sequence[int]) -> None:
    """Have every name resolve to these ports of this machine, in turn."""
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port)) for port in ports]
    original: Any = socket.getaddrinfo

    def resolve(host: str, *arguments: Any, **settings: Any) -> Any:
        return addresses if host == "service.example" else original(host, *arguments, **settings)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
