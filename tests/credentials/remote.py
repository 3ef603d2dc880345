"""What the tests of the remote providers share: a home folder with AWS files, and flows over a real transport."""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from datetime import UTC, datetime
from hashlib import sha1, sha256
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from cognito_idp.credentials import make_context
from cognito_idp.errors import CognitoIdpError

from .fake_aws import NOW
from .support import perform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cognito_idp._flow.effects import Flow
    from cognito_idp.credentials import Context

    from ..support.kit import FakeTime, Kit
    from .fake_aws import FakeAws

REGION = "eu-west-1"
# Every secret in these tests' files, requests and answers holds one of these words.
MARKERS = ("SECRET", "TOKENWEB", "SSOACCESS", "SSOREFRESH", "LOGINREFRESH", "LOGINTOKEN", "PRIVATE KEY", "424242")


class Home:
    """A home folder, and the environment of a process that has it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.environ = {
            "HOME": str(folder),
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        (folder / ".aws").mkdir(parents=True)

    def write(self, name: str, text: str) -> Path:
        """Write a file below `.aws`."""
        path = self.folder / ".aws" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def sso_token(self, key: str, **changes: Any) -> Path:
        """Write a token file of an sso-session or a start URL; a change to None leaves a member out."""
        token = {
            "startUrl": "https://example.awsapps.com/start",
            "region": REGION,
            "accessToken": "SSOACCESS1",
            "expiresAt": text_of(NOW + 3600),
            "refreshToken": "SSOREFRESH1",
            "clientId": "CLIENT",
            "clientSecret": "SECRETCLIENT",
            "registrationExpiresAt": text_of(NOW + 86400),
            **changes,
        }
        kept = {name: value for name, value in token.items() if value is not None}
        return self.write(str(self.sso_token_path(key)), json.dumps(kept))

    def sso_token_path(self, key: str) -> Path:
        """Return where the token of an sso-session or a start URL is kept."""
        return self.folder / ".aws" / "sso" / "cache" / f"{sha1(key.encode()).hexdigest()}.json"

    def login_token(self, session: str, pem: str, **changes: Any) -> Path:
        """Write the token file of an `aws login` session; a change to None leaves a member out."""
        expires_at = changes.pop("expires_at", text_of(NOW + 600))
        token = {
            "accessToken": {
                "accessKeyId": "ASIALOGIN1",
                "secretAccessKey": "SECRETLOGIN1",
                "sessionToken": "LOGINTOKEN1",
                "accountId": "111122223333",
                "expiresAt": expires_at,
            },
            "tokenType": "aws_sigv4",
            "refreshToken": "LOGINREFRESH1",
            "clientId": "arn:aws:signin:::devtools/same-device",
            "dpopKey": pem,
            **changes,
        }
        kept = {name: value for name, value in token.items() if value is not None}
        return self.write(f"login/cache/{sha256(session.encode()).hexdigest()}.json", json.dumps(kept))

    def context(
        self, profile: str | None = None, environ: Mapping[str, str] | None = None, *, now: float = NOW
    ) -> Context:
        """Return what a provider sees, under additional variables."""
        return make_context({**self.environ, **(environ or {})}, clock=lambda: now, random=lambda: 0.5, profile=profile)


def text_of(seconds: float) -> str:
    """Return a time as the AWS CLI writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pem_of(key: Any, form: PrivateFormat = PrivateFormat.TraditionalOpenSSL, password: bytes | None = None) -> str:
    """Return a private key as text."""
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    text: bytes = key.private_bytes(Encoding.PEM, form, encryption)
    return text.decode()


def failure(kit: Kit, flow: Flow[Any], time: FakeTime | None = None) -> CognitoIdpError:
    """Run a flow that must fail; no secret may stand anywhere in the error, nor in what a log would show of it."""
    with pytest.raises(CognitoIdpError) as caught:
        perform(kit, flow, time)
    shown = "".join(traceback.format_exception(caught.value))
    assert [] == [marker for marker in MARKERS if marker in shown]
    return caught.value


_BOTOCORE = """
import json, os, sys
import botocore.credentials, botocore.session

def ask(profile, environ):
    session = botocore.session.Session(profile=profile)
    session.get_component("credential_provider").get_provider("assume-role")._prompter = lambda text: "424242"
    try:
        keys = session.get_credentials().get_frozen_credentials()
    except Exception as error:
        return {"error": type(error).__name__}
    return {"access_key": keys.access_key, "secret_key": keys.secret_key, "token": keys.token}

exec(os.environ.pop("BEFORE", ""))
answers = []
for profile, environ in json.loads(sys.argv[1]):
    os.environ.update(environ)
    answers.append(ask(profile, environ))
    for name in environ:
        del os.environ[name]
print(json.dumps(answers))
"""


def botocore_answers(home: Home, asked: list[tuple[str | None, dict[str, str]]], before: str = "") -> list[Any]:
    """Ask botocore, in a process of its own, for the credentials of profiles under additional variables."""
    done = subprocess.run(
        [sys.executable, "-c", _BOTOCORE, json.dumps(asked)],
        env={**home.environ, "BEFORE": before, "PATH": ""},
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def our_answers(kit: Kit, home: Home, asked: list[tuple[str | None, dict[str, str]]], now: float) -> list[Any]:
    """Ask our own chain the same; where it fails, the answer is the kind of error."""
    from cognito_idp.credentials import default_chain

    answers: list[Any] = []
    for profile, environ in asked:
        try:
            flow = default_chain(lambda _: "424242").load(home.context(profile, environ, now=now))
            found = perform(kit, flow)
        except CognitoIdpError as error:
            answers.append({"error": type(error).__name__})
        else:
            answers.append(
                {
                    "access_key": found.access_key_id,
                    "secret_key": found.secret_access_key,
                    "token": found.session_token,
                }
            )
    return answers


def fake_keys(aws: FakeAws, access_key_id: str) -> tuple[str, str, str | None]:
    """Return keys that the fake has given out, as a tuple to compare with."""
    key = aws.keys[access_key_id]
    return access_key_id, key.secret, key.token
