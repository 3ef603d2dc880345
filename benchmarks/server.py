"""A loopback HTTP/1.1 server that gives the same answer to every request, as cheaply as Python can.

Under `/echo` it answers with the request's username, which shows whether each caller gets its own answer.

`python -m benchmarks.server FOLDER` needs `cryptography`. It writes the authorities to trust to `bundle.pem`, prints
two URLs (https and http), and serves until its standard input ends, so that it never outlives its parent.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import ssl
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from email.utils import formatdate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from . import environments
from .data import CONTENT_TYPE, ECHO_PATH, HOST, RESPONSE_BODY
from .environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_ECHO = f"POST {ECHO_PATH}".encode()
_CONTENT_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Server(NamedTuple):
    """A running server: its URLs, and the environment variables that make a contestant trust its certificate."""

    https: str
    http: str
    environ: dict[str, str]


@contextmanager
def running_server(envs: Path) -> Iterator[Server]:
    """Run the server in its own process, with a certificate from its own authority."""
    plain = environments.install(environments.plain(), envs)
    with TemporaryDirectory() as folder:
        command = [str(plain.python), "-m", "benchmarks.server", folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            urls = process.stdout.readline().split() if process.stdout else []
            if not urls:
                msg = f"the server did not start: {' '.join(command)}"
                raise RuntimeError(msg)
            # AWS's clients and ours read the first; OpenSSL and httpx read the second, for all others.
            bundle = dict.fromkeys(("AWS_CA_BUNDLE", "SSL_CERT_FILE"), f"{folder}/bundle.pem")
            yield Server(urls[0], urls[1], environments.clean_environ(envs) | bundle)


def answer(body: bytes = RESPONSE_BODY) -> bytes:
    """Return a complete answer, with Cognito's headers."""
    head = (
        "HTTP/1.1 200 OK\r\n"
        f"Date: {formatdate(usegmt=True)}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: keep-alive\r\n"
        "x-amzn-RequestId: 0f3c5a7e-1b2d-4c6f-8a9b-0c1d2e3f4a5b\r\n"
        "\r\n"
    )
    return head.encode() + body


def _echo(request: bytes) -> bytes:
    name = json.loads(request.partition(b"\r\n\r\n")[2])["AuthParameters"]["USERNAME"]
    return answer(json.dumps({"ChallengeParameters": {"USERNAME": name}}).encode())


class _Connection:
    """One keep-alive connection, plain or TLS; requests may come in pieces."""

    def __init__(self, peer: socket.socket, context: ssl.SSLContext | None, reply: bytes) -> None:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tls: ssl.SSLSocket | None = None
        if context is not None:
            # The first reads do the handshake, and none of them waits for a client.
            peer.setblocking(False)
            self._tls = context.wrap_socket(peer, server_side=True, do_handshake_on_connect=False)
        self.peer = self._tls or peer
        self._reply = reply
        self._received = b""

    def serve(self) -> bool:
        """Read available bytes, answer each complete request, and return whether the connection is still open."""
        try:
            while chunk := self.peer.recv(65_536):
                self._received += chunk
                while size := _request_size(self._received):
                    request, self._received = self._received[:size], self._received[size:]
                    # This never blocks: a client that waits for each answer leaves room for it.
                    self.peer.sendall(_echo(request) if request.startswith(_ECHO) else self._reply)
                if not (self._tls and self._tls.pending()):
                    return True
        except ssl.SSLWantReadError:
            return True
        except (ConnectionError, ssl.SSLError):
            pass
        self.peer.close()
        return False


def _request_size(received: bytes) -> int:
    """Return the size of the first request, or 0 while it is incomplete."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return 0
    match = _CONTENT_LENGTH.search(received, 0, head)
    size = head + 4 + (0 if match is None else int(match[1]))
    return size if len(received) >= size else 0


def _certified(folder: Path) -> ssl.SSLContext:
    """Return TLS settings with a certificate from a new authority, which the folder's `bundle.pem` holds.

    The bundle also holds certifi's certificates, so that it is as long as usual: a cold start includes reading it.
    """
    import certifi
    from tests.support.tls import Authority

    authority = Authority(folder, "benchmarks")
    (folder / "bundle.pem").write_bytes(Path(certifi.where()).read_bytes() + authority.bundle.read_bytes())
    return authority.server_context(HOST)


def main() -> None:
    """Serve on two free ports until standard input ends."""
    context = _certified(Path(sys.argv[1]))
    reply = answer()
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        selector.register(sys.stdin, selectors.EVENT_READ)
        for scheme, settings in (("https", context), ("http", None)):
            listener = stack.enter_context(socket.create_server((HOST, 0), backlog=1024))
            selector.register(listener, selectors.EVENT_READ, settings)
            sys.stdout.write(f"{scheme}://{HOST}:{listener.getsockname()[1]} ")
        sys.stdout.write("\n")
        sys.stdout.flush()
        while True:
            for key, _ in selector.select():
                if isinstance(key.data, _Connection):
                    # Unregistered by number, since a closed socket no longer has one.
                    if not key.data.serve():
                        selector.unregister(key.fd)
                elif isinstance(key.fileobj, socket.socket):
                    connection = _Connection(key.fileobj.accept()[0], key.data, reply)
                    selector.register(connection.peer, selectors.EVENT_READ, connection)
                else:
                    return


if __name__ == "__main__":
    main()
