"""A loopback HTTP/1.1 server that gives one and the same answer to every request, as cheaply as Python can.

Under `/echo` it answers with the user name that the request holds, which shows whether answers reach those who asked.

`python -m benchmarks.server` prints its URL and serves until its standard input ends, so that it never outlives the
benchmark that started it.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import subprocess
import sys
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING

from .data import CONTENT_TYPE, ECHO_PATH, RESPONSE_BODY

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
_ECHO = f"POST {ECHO_PATH}".encode()
_CONTENT_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@contextmanager
def running_server() -> Iterator[str]:
    """Run the server in a process of its own, and give its URL."""
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            msg = f"the server did not start: {' '.join(command)}"
            raise RuntimeError(msg)
        yield url


def answer(body: bytes = RESPONSE_BODY) -> bytes:
    """Return a whole answer, with the headers that Cognito sends."""
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
    """One keep-alive connection; requests may come in pieces."""

    def __init__(self, peer: socket.socket, reply: bytes) -> None:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer = peer
        self._reply = reply
        self._received = b""

    def serve(self) -> bool:
        """Read what has come, answer each whole request, and say whether the connection is still open."""
        try:
            chunk = self._peer.recv(65_536)
            self._received += chunk
            while size := _request_size(self._received):
                request, self._received = self._received[:size], self._received[size:]
                self._peer.sendall(_echo(request) if request.startswith(_ECHO) else self._reply)
        except ConnectionError:
            chunk = b""
        if not chunk:
            self._peer.close()
        return bool(chunk)


def _request_size(received: bytes) -> int:
    """Return the size of the first request, 0 while it is not whole."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return 0
    match = _CONTENT_LENGTH.search(received, 0, head)
    size = head + 4 + (0 if match is None else int(match[1]))
    return size if len(received) >= size else 0


def main() -> None:
    """Serve on a free port until standard input ends."""
    reply = answer()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener, selectors.DefaultSelector() as selector:
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        selector.register(sys.stdin, selectors.EVENT_READ)
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if isinstance(key.data, _Connection):
                    # Unregistered by number, since a closed socket has none any more.
                    if not key.data.serve():
                        selector.unregister(key.fd)
                elif key.fileobj is listener:
                    peer = listener.accept()[0]
                    selector.register(peer, selectors.EVENT_READ, _Connection(peer, reply))
                else:
                    return


if __name__ == "__main__":
    main()
