"""Run the app against a Cognito server on this machine: `python -m examples.fastapi_app [PORT]`.

It prints the mails that the service would send, including their codes.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from cognito_idp.testing import ServerNotInstalledError, ServerStartError

from .app import create_app
from .local import local_cognito

if TYPE_CHECKING:
    from .local import Local

_HOST = "127.0.0.1"
_PORT = 8000
_POLL_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """Run until interrupted, and return the exit code."""
    parser = argparse.ArgumentParser("python -m examples.fastapi_app", description="Run the app on this machine.")
    parser.add_argument("port", nargs="?", type=int, default=_PORT, help=f"the port to listen on ({_PORT})")
    port: int = parser.parse_args(arguments).port
    try:
        # Taken first: a browser that comes early waits for the answer.
        listener = socket.create_server((_HOST, port))
    except (OSError, OverflowError) as error:
        print(f"port {port} can't be used: {error}", file=sys.stderr)
        return 1
    # Our calls stay on this machine, so they bypass any proxy.
    os.environ["no_proxy"] = _HOST
    stopped = threading.Event()
    try:
        with listener, local_cognito(f"http://{_HOST}:{port}") as local:
            print(f"Open {local.settings.origin} in a browser. Mails are shown here; Ctrl+C stops.", flush=True)
            postman = threading.Thread(target=print_mails, args=(local, stopped))
            postman.start()
            try:
                server = uvicorn.Server(uvicorn.Config(create_app(local.settings), log_level="warning"))
                with suppress(KeyboardInterrupt):
                    server.run(sockets=[listener])
                if not server.started:
                    return 1
            finally:
                stopped.set()
                postman.join()
    except (ServerNotInstalledError, ServerStartError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def print_mails(local: Local, stopped: threading.Event) -> None:
    """Print each mail once."""
    shown = 0
    while not stopped.wait(_POLL_SECONDS):
        mails = local.mails()
        for mail in mails[shown:]:
            print(f"mail to {mail.to}: {mail.text}", flush=True)
        shown = len(mails)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
