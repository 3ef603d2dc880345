"""A Cognito server on this machine: ministack (the extra `local`) in a separate process.

It checks signatures, passwords and secret hashes, and signs its tokens: a request that it accepts is signed and encoded
correctly. It writes only to a temporary folder, which is deleted when it stops.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, fromstring

import attrs

from .._protocol.ids import random_uuid
from .._protocol.sigv4 import amz_date, sign
from .._version import install_command
from ..credentials.types import Credentials
from ..errors import CognitoIdpError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..async_client import AsyncClient
    from ..client import Client
    from ..tokens.pools import TrustedPool

_HOST: Final = "127.0.0.1"
# The server's process needs these variables. It gets no others, such as those for AWS credentials and proxies.
_KEPT: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH", "SYSTEMROOT")
_PORT_ATTEMPTS = 5
_POLL_SECONDS = 0.05
_HEALTH_SECONDS = 1.0
_KEY_SECONDS = 10.0
_STOP_SECONDS = 5.0
_LOG_LINES = 20

# The server treats this key as the account's root user.
_ROOT: Final = Credentials("test", "test")
_USER = "cognito-idp-testing"
_POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "cognito-idp:*", "Resource": "*"}}'


class ServerNotInstalledError(CognitoIdpError, ImportError):
    """The server is not installed; the text names the extra that installs it."""


class ServerStartError(CognitoIdpError):
    """The server did not start; the text says why, and ends with the server's last output."""


@attrs.frozen
class CognitoServer:
    """A running server: its URL, the region of its user pools, and keys that may call every operation of the service.

    The server checks signatures made with these keys.
    """

    endpoint_url: str
    region: str
    credentials: Credentials

    def client(self, **settings: Any) -> Client:
        """Return a client of this server; `settings` are those of `Client`."""
        from ..client import Client

        return Client(**self._settings() | settings)

    def async_client(self, **settings: Any) -> AsyncClient:
        """Return an async client of this server; `settings` are those of `AsyncClient`."""
        from ..async_client import AsyncClient

        return AsyncClient(**self._settings() | settings)

    def trusted_pool(self, user_pool_id: str, *, client_ids: str | Iterable[str] | None = None) -> TrustedPool:
        """Return a pool of this server for a token verifier. None as `client_ids` accepts tokens of every app client.

        The pool's tokens name AWS as their issuer, as real ones do, but the keys come from this server.
        """
        from ..tokens.pools import TrustedPool

        jwks_uri = keys_address(self.endpoint_url, user_pool_id)
        return TrustedPool(user_pool_id, client_ids=client_ids, jwks_uri=jwks_uri)

    def _settings(self) -> dict[str, Any]:
        return {"region": self.region, "credentials": self.credentials, "endpoint_url": self.endpoint_url}


def keys_address(endpoint_url: str, user_pool_id: str) -> str:
    """Return where a server has the keys that sign a pool's tokens."""
    return f"{endpoint_url}/{user_pool_id}/.well-known/jwks.json"


@contextmanager
def cognito_server(
    *, region: str = "us-east-1", timeout: float = 30.0, port: int | None = None
) -> Iterator[CognitoServer]:
    """Run a Cognito server on a port of 127.0.0.1, a free one unless `port` says which, while a `with` block runs.

    It starts empty, opens no other port, and leaves nothing behind. It may take `timeout` seconds to start.

    ```
    with cognito_server() as server, server.client() as client:
        client.create_user_pool(pool_name="people")
    ```

    Raises:
        ServerNotInstalledError: ministack is not installed.
        ServerStartError: the server did not start in time, or the port can't be used.
    """
    if find_spec("ministack") is None:
        msg = f"the local Cognito server needs ministack, which is not installed: {install_command('local')}"
        raise ServerNotInstalledError(msg)
    if port:
        _check_port(port)
    # -P keeps the program's folder, which would otherwise come first, out of its module search path.
    command = (sys.executable, "-P", str(Path(__file__).with_name("launcher.py")))
    with (
        TemporaryDirectory(prefix="cognito-idp-") as folder,
        _running(command, Path(folder), region, timeout, port) as used,
    ):
        yield CognitoServer(f"http://{_HOST}:{used}", region, _new_access_key(used))


@contextmanager
def _running(
    command: Sequence[str], folder: Path, region: str, timeout: float, fixed: int | None = None
) -> Iterator[int]:
    """Run the server for the duration of the block, and yield its port."""
    deadline = time.monotonic() + timeout
    log = folder / "server.log"
    for attempts_left in reversed(range(_PORT_ATTEMPTS)):
        port, name = fixed or _free_port(), random_uuid()
        environment = _environment(folder, region, port, name)
        with log.open("wb") as output, _process(command, folder, environment, output) as process:
            problem = _problem_at_start(process, port, name, deadline)
            if problem is None:
                yield port
                return
        text = log.read_text("utf-8", "replace")
        # Another process can take the port before the server starts, so try another one.
        if fixed or "already in use" not in text or not attempts_left:
            printed = "".join(f"\n  {line}" for line in text.splitlines()[-_LOG_LINES:]) or " nothing"
            msg = f"the local Cognito server ({' '.join(command)}) {problem}; it printed:{printed}"
            raise ServerStartError(msg)


@contextmanager
def _process(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], output: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for the duration of the block; then terminate it, and kill it if that doesn't help."""
    process = subprocess.Popen(  # noqa: S603 - this module builds the command
        command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
        finally:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()


def _environment(folder: Path, region: str, port: int, name: str) -> dict[str, str]:
    files = {
        "HOME": folder,
        "S3_DATA_DIR": folder / "s3",
        "STATE_DIR": folder / "state",
        "TEMP": folder,
        "TMP": folder,
        "TMPDIR": folder,
    }
    return {
        **{variable: os.environ[variable] for variable in _KEPT if variable in os.environ},
        **{variable: str(path) for variable, path in files.items()},
        "AUTH": "true",
        "BIND_HOST": _HOST,
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "WARNING",
        # The health page shows the edition, so another server can't be mistaken for this one.
        "MINISTACK_EDITION": name,
        "MINISTACK_REGION": region,
        # By default the server opens more ports, and removes the containers of other servers.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder / 'no-docker'}",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _check_port(port: int) -> None:
    """Raise `ServerStartError` for a port that can't be listened on: the server itself would crash on it."""
    with socket.socket() as probe:
        # Connections that have just ended keep nobody from listening. Windows would share the port of another listener.
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            why = "is already in use" if taken else f"can't be used ({getattr(error, 'strerror', None) or error})"
            msg = f"port {port} of {_HOST} {why}; choose another, or none for any free one"
        else:
            return
    raise ServerStartError(msg)


def _problem_at_start(process: subprocess.Popen[bytes], port: int, name: str, deadline: float) -> str | None:
    """Wait for the health page of the server with this name; return a description of the problem if it fails."""
    while process.poll() is None:
        if _health(port).get("edition") == name:
            return None
        if time.monotonic() > deadline:
            return "did not answer in time"
        time.sleep(_POLL_SECONDS)
    return f"ended with exit code {process.returncode}"


def _health(port: int) -> dict[str, object]:
    try:
        health = json.loads(_exchange(port, "GET", "/_ministack/health", timeout=_HEALTH_SECONDS)[1])
    except (OSError, HTTPException, ValueError):
        return {}
    return health if isinstance(health, dict) else {}


def _new_access_key(port: int) -> Credentials:
    """Create an IAM user who may call the service, and keys: the server doesn't check the root user's signatures."""
    _iam(port, "CreateUser", UserName=_USER)
    _iam(port, "PutUserPolicy", UserName=_USER, PolicyName="cognito-idp", PolicyDocument=_POLICY)
    answer = _iam(port, "CreateAccessKey", UserName=_USER)
    return Credentials(answer.findtext(".//{*}AccessKeyId", ""), answer.findtext(".//{*}SecretAccessKey", ""))


def _iam(port: int, action: str, **parameters: str) -> Element:
    """Call an operation of IAM's query API, signed."""
    body = urlencode({"Action": action, "Version": "2010-05-08", **parameters}).encode("ascii")
    headers = sign(
        "POST",
        "/",
        "",
        (("host", f"{_HOST}:{port}"), ("content-type", "application/x-www-form-urlencoded")),
        body,
        credentials=_ROOT,
        amz_date=amz_date(int(time.time())),
        region="us-east-1",
        service="iam",
    )
    status, answer = _exchange(port, "POST", "/", body, headers, timeout=_KEY_SECONDS)
    if status != HTTPStatus.OK:
        msg = f"the local Cognito server created no keys: {action} returned HTTP status {status}: {answer[:500]!r}"
        raise ServerStartError(msg)
    return fromstring(answer)  # noqa: S314 - the answer comes from the local server


def _exchange(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Sequence[tuple[str, str]] = (),
    *,
    timeout: float,
) -> tuple[int, bytes]:
    """Send one request, without a proxy."""
    connection = HTTPConnection(_HOST, port, timeout=timeout)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
