"""The judges: Cognito servers by others. moto and cognito-local have environments of their own, made on first use.

The environments lie in `build/judges`, and are kept. Nothing of them is visible to the tests' own Python.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import attrs
import boto3
import pytest
from benchmarks.environments import Environment, clean_environ, install
from botocore.config import Config

from cognito_idp import Credentials
from cognito_idp.testing import cognito_server

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION: Final = "us-east-1"
FOLDER: Final = Path(__file__).resolve().parents[2] / "build" / "judges"
# moto's extra `server` would bring what its other services need.
MOTO: Final = Environment("moto", ("moto[cognitoidp]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"))
# moto takes an app's code in its own half minute alone, so that one in some hundred would come too late.
_MOTO_PROGRAM: Final = """
from moto.cognitoidp import utils
from moto.server import main
utils.verify_totp.__defaults__ = (1,)
main()
"""
COGNITO_LOCAL: Final = "cognito-local@5.3.0"
# The code of every message: moto takes any, cognito-local is told it.
CODE: Final = "123456"
_LISTENS: Final = re.compile(r"unning on (http://127\.0\.0\.1:\d+)")
_START_SECONDS: Final = 120
_POLICY: Final = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "cognito-idp:*", "Resource": "*"}}


@attrs.frozen
class Judge:
    """A running server: where it is, keys that may do everything, and what it printed so far."""

    name: str
    endpoint_url: str
    credentials: Credentials
    printed: list[str]

    def boto(self, service: str = "cognito-idp", credentials: Credentials | None = None) -> Any:
        """Return boto3's client of the server, which tries nothing twice."""
        keys = credentials or self.credentials
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def settings(self) -> dict[str, Any]:
        """Return the settings of our client of the server, which tries nothing twice."""
        return {"region": REGION, "credentials": self.credentials, "endpoint_url": self.endpoint_url, "retry": "off"}


@contextmanager
def ministack() -> Iterator[Judge]:
    """Run ministack, which checks signatures and proofs."""
    with cognito_server(region=REGION) as server:
        yield Judge("ministack", server.endpoint_url, server.credentials, [])


@contextmanager
def moto() -> Iterator[Judge]:
    """Run moto, which believes everybody."""
    with _moto() as judge:
        yield judge


@contextmanager
def moto_iam() -> Iterator[Judge]:
    """Run moto, which checks signatures and policies from its fourth call on; the first three make a user and keys."""
    with _moto(INITIAL_NO_AUTH_ACTION_COUNT="3") as judge:
        iam = judge.boto("iam")
        iam.create_user(UserName="judge")
        iam.put_user_policy(UserName="judge", PolicyName="cognito", PolicyDocument=json.dumps(_POLICY))
        key = iam.create_access_key(UserName="judge")["AccessKey"]
        iam.close()
        yield attrs.evolve(
            judge, name="moto with IAM", credentials=Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        )


@contextmanager
def cognito_local() -> Iterator[Judge]:
    """Run cognito-local, which believes everybody."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("cognito-local is not asked: npm or node is missing")
    home = FOLDER / COGNITO_LOCAL
    with _alone():
        if not (home / "whole").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            command = [npm, "install", "--prefix", str(home), "--no-package-lock", "--no-save", "--ignore-scripts"]
            _install([*command, "--no-audit", "--no-fund", COGNITO_LOCAL], "cognito-local")
            (home / "whole").touch()
    program = home / "node_modules" / "cognito-local" / "lib" / "bin" / "start.js"
    with _running("cognito-local", [node, str(program)], HOST="127.0.0.1", PORT="0", CODE=CODE) as judge:
        yield judge


JUDGES: Final = {"ministack": ministack, "moto": moto, "moto with IAM": moto_iam, "cognito-local": cognito_local}


@contextmanager
def _moto(**variables: str) -> Iterator[Judge]:
    with _alone():
        try:
            python = install(MOTO, FOLDER).python
        except subprocess.CalledProcessError as error:
            pytest.skip(f"moto is not asked: it could not be installed ({error})")
    command = [str(python), "-c", _MOTO_PROGRAM, "-H", "127.0.0.1", "-p", "0"]
    with _running("moto", command, MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP="true", **variables) as judge:
        yield judge


@contextmanager
def _alone() -> Iterator[None]:
    """Keep the other processes of the session out of `build/judges`."""
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(command: list[str], name: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{name} is not asked: it could not be installed ({done.stderr.strip()[-500:]})")


@contextmanager
def _running(name: str, command: list[str], **variables: str) -> Iterator[Judge]:
    """Run a server on a free port, which it prints, in a folder of its own until the block ends."""
    with TemporaryDirectory(prefix="cognito-idp-judge-") as folder:
        environ = {**clean_environ(Path(folder)), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", **variables}
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        printed: list[str] = []
        address: list[str] = []
        listens = threading.Event()

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                printed.append(line)
                if not address and (match := _LISTENS.search(line)):
                    address.append(match[1])
                    listens.set()
            listens.set()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            listens.wait(_START_SECONDS)
            assert address, f"{name} does not listen; it printed:\n{''.join(printed)}"
            yield Judge(name, address[0], Credentials("test", "test"), printed)
        finally:
            process.kill()
            process.wait()
            reader.join()
            if process.stdout is not None:
                process.stdout.close()
